"""The crawl's memory keeps its promises on every database: nothing lost, nothing twice, all of a poll or none of it."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, select

from alerts.records.archive import Archive
from crawler.db.engine import open_engine, state_marker
from crawler.db.schema import article, entry
from crawler.errors import StoreError
from crawler.model import FeedEntry, PollState, Validators
from crawler.records.store import RobotsCopy, Store
from tests.builders import NOW, a_poll, an_article, an_entry
from tests.database import keep_article, keep_entry, rows

LATER = NOW + timedelta(minutes=30)
POLLED: dict[str, Any] = {"first_polled_at": NOW - timedelta(days=30)}  # no first poll: no backlog


def count(engine: Engine, table: object) -> int:
    return int(rows(engine, select(func.count()).select_from(table))[0][0])  # type: ignore[arg-type]  # a Table


def titles(engine: Engine) -> list[str]:
    return [row.title for row in rows(engine, select(entry.c.title).order_by(entry.c.id))]


# -- polls ------------------------------------------------------------------------------------------------------


def test_entries_and_validators_are_stored_together(store: Store) -> None:
    new = store.save_poll(a_poll(an_entry(2), an_entry(1)), NOW)
    assert [item.entry.guid for item in new] == ["https://news.example/?p=1", "https://news.example/?p=2"]
    state = store.poll_states()["irrawaddy-en"]
    assert (state.validators.etag, state.first_polled_at, state.last_item_at) == ('"v1"', NOW, NOW)
    assert state.url == "https://news.example/irrawaddy-en/feed"


def test_what_is_read_back_is_what_was_stored(store: Store) -> None:
    item = an_entry(
        1,
        author="Ko Thet",
        content="Full text.",
        title="လွိုင်ကော် တိုက်ပွဲ",  # fighting in Loikaw
    )
    (new,) = store.save_poll(a_poll(item), NOW)
    assert store.pending_entries(["irrawaddy-en"], NOW) == (new,)
    state = replace(
        a_poll().state,
        route=1,
        next_poll_at=LATER,
        first_polled_at=NOW,
        last_item_at=NOW,
        unconditional_at=NOW - timedelta(hours=2),
    )
    store.save_poll(replace(a_poll(), state=state), LATER)
    assert store.poll_states()["irrawaddy-en"] == state


@pytest.mark.parametrize("table", ["entry", "source_state"])
def test_failure_inside_a_poll_leaves_neither_entries_nor_validators(store: Store, table: str) -> None:
    def fail(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith((f"INSERT INTO {table}", f"UPDATE {table}")):
            writes.append(statement)
            if len(writes) == 2 or table == "source_state":
                raise StoreError("the disk went away")

    store.save_poll(a_poll(an_entry(1), **POLLED), NOW)
    writes: list[str] = []
    event.listen(store.engine, "before_cursor_execute", fail)
    newer = a_poll(an_entry(3), an_entry(2), an_entry(1), **POLLED, validators=Validators('"v2"'))
    with pytest.raises(StoreError, match="the disk went away"):
        store.save_poll(newer, LATER)
    event.remove(store.engine, "before_cursor_execute", fail)
    assert count(store.engine, entry) == 1
    assert store.poll_states()["irrawaddy-en"].validators.etag == '"v1"'
    assert len(store.save_poll(newer, LATER)) == 2
    assert store.poll_states()["irrawaddy-en"].validators.etag == '"v2"'


def test_failed_poll_keeps_validators_and_first_success(store: Store) -> None:
    store.save_poll(a_poll(an_entry(1)), NOW)
    failed = PollState(
        "irrawaddy-en", failures=2, failing_since=NOW, problem="HTTP 503\x00\ud800", next_poll_at=LATER
    )
    store.save_failures([failed, PollState("new-source", failures=1, failing_since=LATER, problem="DNS")])
    state = store.poll_states()["irrawaddy-en"]
    assert (state.failures, state.failing_since, state.problem) == (2, NOW, "HTTP 503")
    assert (state.validators.etag, state.first_polled_at, state.next_poll_at) == ('"v1"', NOW, LATER)
    assert store.poll_states()["new-source"].first_polled_at is None


def test_first_poll_after_failures_is_still_the_first(store: Store) -> None:
    store.save_failures([PollState("irrawaddy-en", failures=1, failing_since=NOW, problem="DNS")])
    state = replace(store.poll_states()["irrawaddy-en"], failures=0)
    (new,) = store.save_poll(replace(a_poll(an_entry(1, published=NOW - timedelta(days=3)))), LATER)
    assert state.first_polled_at is None
    store.save_article(new, an_article(), LATER)
    assert rows(store.engine, select(article.c.backlog)) == [(1,)]


def test_f23_reordered_feed_yields_nothing_new(store: Store) -> None:
    feed = [an_entry(number) for number in range(1, 5)]
    assert len(store.save_poll(a_poll(*feed), NOW)) == 4
    for order in itertools.islice(itertools.permutations(feed), 0, 24, 5):
        assert store.save_poll(a_poll(*order, **POLLED), LATER) == ()
    assert count(store.engine, entry) == 4


def test_f21_guids_that_change_at_every_fetch_yield_nothing_new(store: Store) -> None:
    for fetch in range(3):
        new = store.save_poll(a_poll(an_entry(1, guid=f"random-{fetch}")), NOW)
        assert len(new) == (1 if fetch == 0 else 0)


def test_f20_entries_that_share_a_guid_are_both_kept(store: Store) -> None:
    feed = a_poll(an_entry(1, guid="same"), an_entry(2, guid="same"), **POLLED)
    assert len(store.save_poll(feed, NOW)) == 2
    unlinked = (an_entry(number, guid="same", url=None) for number in (3, 4))
    assert len(store.save_poll(a_poll(*unlinked, **POLLED), NOW)) == 2


def test_a03_links_that_differ_only_in_tracking_are_one_entry(store: Store) -> None:
    twin = an_entry(1, url="http://www.news.example/2026/11/clashes-1.html?utm_source=rss#top", guid="other")
    assert len(store.save_poll(a_poll(an_entry(1), twin), NOW)) == 1
    assert store.save_poll(a_poll(twin, **POLLED), LATER) == ()


@pytest.mark.parametrize(
    "item",
    [
        FeedEntry("Only a title"),
        FeedEntry("", summary="Only a summary"),
        FeedEntry("Title and GUID", guid="g-1"),
        FeedEntry("Link to the front page", url="https://news.example/", guid="g-2"),
        FeedEntry("Link to the front page and nothing else", url="https://news.example"),
        FeedEntry("Link only", url="https://news.example/a"),
        FeedEntry("Query", url="https://news.example/?p=17"),
    ],
    ids=lambda item: item.title or "summary",
)
def test_poor_entries_are_kept_once_and_become_articles(store: Store, item: FeedEntry) -> None:
    other = replace(
        item, title=f"{item.title} (2)", url=item.url and f"{item.url}2", guid=item.guid and "g-3"
    )
    first = store.save_poll(a_poll(item, other), NOW)
    assert len(first) == 2
    assert store.save_poll(a_poll(other, item), LATER) == ()
    ids = {store.save_article(pending, an_article(title=item.title), NOW) for pending in first}
    assert len(ids) == 2


@pytest.mark.parametrize("part", ["guid", "url"])
def test_identity_of_any_length_is_kept_once(store: Store, part: str) -> None:
    noise = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(140))  # does not compress
    letters = noise.translate({ord(digit): chr(0x1000 + int(digit, 16)) for digit in "0123456789abcdef"})
    items = [
        FeedEntry("Long", guid=noise + end)
        if part == "guid"
        else FeedEntry("Long", url=f"https://news.example/{letters[:1900]}{end}")
        for end in "ab"
    ]
    new = store.save_poll(a_poll(*items), NOW)
    assert len(new) == 2
    assert store.save_poll(a_poll(*items, **POLLED), LATER) == ()
    assert len({store.save_article(pending, an_article(canonical_url=None), NOW) for pending in new}) == 2


def test_a07_what_no_database_can_hold_is_stripped_everywhere(store: Store) -> None:
    dirt = "\x00\ud800x\udfff"
    item = FeedEntry(
        title=f"Loikaw{dirt}",
        url=f"https://news.example/a{dirt}",
        guid=f"g{dirt}",
        summary=dirt,
        content=dirt,
        author=dirt,
    )
    poor = FeedEntry(title=f"Demoso{dirt}", guid=f"g{dirt}")
    result = replace(
        a_poll(poor, item), state=replace(a_poll().state, validators=Validators(f'"{dirt}"', dirt))
    )
    new = store.save_poll(result, NOW)
    assert titles(store.engine) == ["Loikawx", "Demosox"]
    assert store.pending_entries(["irrawaddy-en"], NOW) == new
    found = an_article(
        title=dirt, text=f"Fighting{dirt}", author=dirt, canonical_url=f"https://news.example/b{dirt}"
    )
    for pending in new:
        store.save_article(pending, replace(found, language=f"en{dirt}"), NOW, problem=dirt)
    assert {row.text for row in rows(store.engine, select(article.c.text))} == {"Fightingx"}
    assert store.save_poll(result, LATER) == ()


def test_feed_of_two_thousand_entries_is_one_poll(store: Store) -> None:
    feed = [an_entry(number) for number in range(2000, 0, -1)]
    new = store.save_poll(a_poll(*feed), NOW)
    assert [item.entry.title for item in new] == [item.title for item in reversed(feed)]
    assert [item.entry_id for item in new] == sorted(item.entry_id for item in new)
    assert store.save_poll(a_poll(*feed, **POLLED), LATER) == ()
    assert len(store.pending_entries(["irrawaddy-en"], NOW)) == 2000


@pytest.mark.parametrize("year", [1, 1969, 2569, 9999])
def test_f22_absurd_dates_come_back_as_they_were(store: Store, year: int) -> None:
    moment = datetime(year, 6, 1, 12, tzinfo=UTC)
    store.save_poll(a_poll(an_entry(1, published=moment)), NOW)
    assert store.pending_entries(["irrawaddy-en"], NOW)[0].entry.published == moment


# -- entries on their way -----------------------------------------------------------------------------------------


def test_pending_entries_are_those_of_the_asked_sources_that_are_due_oldest_first(store: Store) -> None:
    first, second = keep_entry(store, 1), keep_entry(store, 2)
    other = keep_entry(store, 3, source_id="mizzima")
    assert store.pending_entries(["irrawaddy-en"], NOW) == (first, second)
    assert store.pending_entries(["mizzima", "irrawaddy-en"], NOW) == (first, second, other)
    assert store.pending_entries([], NOW) == ()
    store.save_article(first, an_article(origin="summary"), NOW, retry_at=LATER, problem="HTTP 503")
    assert store.pending_entries(["irrawaddy-en"], NOW) == (second,)
    assert [item.entry_id for item in store.pending_entries(["irrawaddy-en"], LATER)] == [
        first.entry_id,
        second.entry_id,
    ]
    store.save_article(first, an_article(), LATER)
    assert store.pending_entries(["irrawaddy-en"], LATER) == (second,)


def test_attempts_are_counted_before_the_work(store: Store) -> None:
    pending = keep_entry(store)
    assert [store.count_attempt(pending.entry_id) for _ in range(3)] == [1, 2, 3]
    assert store.pending_entries(["irrawaddy-en"], NOW)[0].attempts == 3


# -- articles -----------------------------------------------------------------------------------------------------


def test_a03_two_sources_with_one_address_give_one_article(store: Store) -> None:
    mine = keep_article(store, 1)
    theirs = keep_article(store, 1, LATER, source_id="aggregator", text="Another wording.")
    assert mine == theirs
    (kept,) = rows(store.engine, select(article))
    assert (kept.source_id, kept.revision, kept.text) == (
        "irrawaddy-en",
        1,
        "Number 1: fighting near Loikaw went on.",
    )
    linked = select(entry.c.source_id).where(entry.c.article_id == mine).order_by(entry.c.id)
    assert rows(store.engine, linked) == [("irrawaddy-en",), ("aggregator",)]


def test_a03_canonical_address_joins_the_twins_of_a_page(store: Store) -> None:
    canonical = "https://news.example/story"
    assert keep_article(store, 1, canonical_url=canonical) == keep_article(store, 2, canonical_url=canonical)


def test_later_fuller_text_replaces_the_summary_and_raises_the_revision(store: Store) -> None:
    pending = keep_entry(store)
    teaser = an_article(origin="summary", text="Teaser.")
    first = store.save_article(pending, teaser, NOW, retry_at=LATER, problem="HTTP 503")
    assert store.save_article(pending, an_article(text="Teaser."), LATER, retry_at=LATER) == first
    assert rows(store.engine, select(article.c.revision)) == [(1,)]
    full = an_article(text="The whole article.", canonical_url="https://news.example/moved/elsewhere")
    assert store.save_article(pending, full, LATER) == first
    (kept,) = rows(store.engine, select(article))
    assert (kept.revision, kept.text, kept.origin) == (2, "The whole article.", "page")
    assert kept.first_seen_at == int(NOW.timestamp() * 1000)


def test_page_that_fails_after_it_was_read_does_not_take_its_text_away(store: Store) -> None:
    pending = keep_entry(store)
    store.save_article(pending, an_article(text="The whole article."), NOW, retry_at=LATER)
    store.save_article(pending, an_article(text="Teaser.", origin="summary"), LATER)
    assert [row.text for row in rows(store.engine, select(article.c.text))] == ["The whole article."]


@pytest.mark.parametrize("origin", ["feed", "summary"])
def test_page_replaces_what_a_feed_said_whoever_brings_it(store: Store, origin: str) -> None:
    told = keep_article(store, 1, origin=origin, text="In brief.")
    assert keep_article(store, 1, LATER, source_id="aggregator", text="The whole article.") == told
    (kept,) = rows(store.engine, select(article))
    assert (kept.source_id, kept.origin, kept.text, kept.revision) == (
        "irrawaddy-en",
        "page",
        "The whole article.",
        2,
    )
    keep_article(store, 1, LATER, source_id="third", origin="feed", text="A feed's own words.")
    assert [row.text for row in rows(store.engine, select(article.c.text))] == ["The whole article."]


@pytest.mark.parametrize(
    ("age", "first_poll", "backlog"),
    [
        (timedelta(hours=23), True, 0),
        (timedelta(hours=25), True, 1),
        (timedelta(days=400), False, 0),
        (None, True, 0),
        (timedelta(hours=-5), True, 0),
    ],
)
def test_first_run_window_marks_old_articles_of_a_new_source(
    store: Store, age: timedelta | None, first_poll: bool, backlog: int
) -> None:
    published = None if age is None else NOW - age
    state = {} if first_poll else POLLED
    (pending,) = store.save_poll(a_poll(an_entry(1, published=published), **state), NOW)
    store.save_article(pending, an_article(published=published), NOW)
    assert rows(store.engine, select(article.c.backlog)) == [(backlog,)]


def test_date_of_the_page_counts_where_the_feed_has_none(store: Store) -> None:
    (pending,) = store.save_poll(a_poll(an_entry(1, published=None)), NOW)
    store.save_article(pending, an_article(published=NOW - timedelta(days=9)), NOW)
    assert rows(store.engine, select(article.c.backlog)) == [(1,)]


# -- retention ----------------------------------------------------------------------------------------------------


def test_purge_blanks_old_texts_and_nothing_comes_back(store: Store, archive: Archive) -> None:
    old = keep_article(store, 1, NOW - timedelta(days=100), author="Ko Thet")
    new = keep_article(store, 2, NOW)
    assert store.purge(NOW - timedelta(days=90)) == 1
    assert store.purge(NOW - timedelta(days=90)) == 0
    texts = {row.id: (row.text, row.author) for row in rows(store.engine, select(article))}
    assert texts == {old: ("", None), new: ("Number 2: fighting near Loikaw went on.", "Staff")}
    kept = {row.article_id: (row.summary, row.content) for row in rows(store.engine, select(entry))}
    assert kept[old] == ("", "")
    assert kept[new][0] != ""
    assert store.save_poll(a_poll(an_entry(1), an_entry(2), **POLLED), LATER) == ()
    assert keep_article(store, 1, LATER, source_id="aggregator") == old


# -- robots.txt ---------------------------------------------------------------------------------------------------


def test_robots_copies_are_kept_byte_for_byte_and_replaced(store: Store) -> None:
    assert store.robots_copies() == {}
    refused = RobotsCopy(200, b"User-agent: *\nDisallow: /\x00\xff", NOW)
    store.save_robots("https://news.example:443", refused)
    store.save_robots("https://other.example:443", RobotsCopy(0, b"", NOW))
    assert store.robots_copies()["https://news.example:443"] == refused
    store.save_robots("https://news.example:443", RobotsCopy(404, b"", LATER))
    assert store.robots_copies() == {
        "https://news.example:443": RobotsCopy(404, b"", LATER),
        "https://other.example:443": RobotsCopy(0, b"", NOW),
    }


# -- addresses ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("not a url", "is not a database URL"),
        ("oracle+nothing://user:hunter2@host/db", "no driver for"),
        ("postgresql+psycopg://user:hunter2@127.0.0.1:1/db", "cannot open"),
    ],
)
def test_address_that_cannot_be_used_is_refused_without_its_password(url: str, says: str) -> None:
    with pytest.raises(StoreError, match=says) as caught:
        open_engine(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["newswatch.db", "news.a", "news.b", "news", "newswatch"])
def test_marker_stands_beside_its_database_and_survives_its_deletion(tmp_path: Path, name: str) -> None:
    Store.open(f"sqlite:///{tmp_path / name}").engine.dispose()
    marker = state_marker(tmp_path / name)
    for file in tmp_path.glob(f"{name}*" if "." in name else name):
        file.unlink()
    assert list(tmp_path.iterdir()) == [marker]


def test_no_two_databases_of_a_folder_share_a_marker(tmp_path: Path) -> None:
    names = ("newswatch.db", "newswatch", "news.a", "news.b", "news")
    assert len({state_marker(tmp_path / name) for name in names}) == len(names)
    assert state_marker(tmp_path / "newswatch.db").name == "newswatch.initialised"  # docs/configuration.md


def test_publisher_of_what_an_aggregator_carries_is_kept(store: Store) -> None:
    (carried,) = store.save_poll(a_poll(an_entry(1, publisher="Hill Courier\x00")), NOW)
    assert carried.entry.publisher == "Hill Courier"
    store.save_article(carried, an_article(publisher="Hill Courier", text="a"), NOW)
    fuller = an_article(text="a longer text")  # of another source, which carries nobody
    (own,) = store.save_poll(replace(a_poll(an_entry(1)), state=PollState("dvb")), LATER)
    store.save_article(own, fuller, LATER)
    assert rows(store.engine, select(article.c.publisher)) == [("Hill Courier",)]
