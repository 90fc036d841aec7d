"""What a walk through an archive stores, on every database: never told, never in a run's way, never news kept back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from alerts.records.archive import Archive
from crawler.archive.store import ArchiveStore, Walk
from crawler.archive.trip import plan_trips
from crawler.config import Source
from crawler.db.schema import article, backfill, entry, source_state
from crawler.errors import StoreError
from crawler.model import FeedEntry
from crawler.records.arrival import Arrival
from crawler.records.store import PollResult, Store
from tests.builders import NOW, a_poll, an_article, an_entry
from tests.database import examine_all, rows

SOURCE = "irrawaddy-en"
SINCE = NOW - timedelta(days=60)
HOUR = timedelta(hours=1)
FEED = "https://news.example/feed"


@pytest.fixture
def walked(store: Store) -> ArchiveStore:
    return ArchiveStore(store.engine, store.first_run_window)


def a_walk(**changes: Any) -> Walk:
    facts: dict[str, Any] = {"addresses": [f"{FEED}?paged=2"]} | changes
    return Walk(SOURCE, FEED, SINCE, NOW, **facts)


def bring(
    walked: ArchiveStore, *entries: FeedEntry, now: datetime = NOW, published: datetime | None = None
) -> list[int]:
    """Store *entries* and their articles as a walk does; return the articles' ids."""
    walk = a_walk()
    walked.save_walk(walk)
    return [
        walked.save_article(
            pending, an_article(text=f"{pending.entry.url} near Loikaw.", published=published), now
        )
        for pending in walked.save_archived(walk, entries, FEED, now)
    ]


def poll(store: Store, *entries: FeedEntry, now: datetime, gap: str | None = None) -> int:
    """Let a run poll the source at *now*; return how many entries its pages are to be asked for."""
    before = store.poll_state(SOURCE)
    known = {"first_polled_at": before.first_polled_at, "last_item_at": before.last_item_at}
    result = a_poll(*entries, source_id=SOURCE, **known)
    return len(store.save_poll(PollResult(result.state, result.entries), now, gap=gap))


def alerts(archive: Archive) -> int:
    return len(archive.pending_stories("desk"))


@pytest.mark.parametrize("age", [timedelta(minutes=5), timedelta(days=40), None])
@pytest.mark.parametrize(("told", "number"), [(False, 0), (True, 1)])
def test_only_told_articles_are_queued(
    walked: ArchiveStore, archive: Archive, age: timedelta | None, told: bool, number: int
) -> None:
    walked.told = told
    published = None if age is None else NOW - age
    bring(walked, an_entry(1, published=published), published=published)
    examine_all(archive, {"desk": ["loikaw"]})
    assert alerts(archive) == number
    assert rows(walked.engine, select(article.c.backlog)) == [(1 - number,)]


def test_page_and_place_are_stored_together_or_not_at_all(walked: ArchiveStore) -> None:
    def fail(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE backfill"):
            raise StoreError("the disk went away")

    walked.save_walk(a_walk())
    event.listen(walked.engine, "before_cursor_execute", fail)
    further = a_walk(addresses=[f"{FEED}?paged=3"], pages=1)
    with pytest.raises(StoreError, match="the disk went away"):
        walked.save_archived(further, [an_entry(1)], FEED, NOW)
    event.remove(walked.engine, "before_cursor_execute", fail)
    assert rows(walked.engine, select(entry.c.id)) == []
    assert walked.walks()[SOURCE].addresses == [f"{FEED}?paged=2"]
    assert len(walked.save_archived(further, [an_entry(1)], FEED, NOW)) == 1
    assert walked.walks()[SOURCE] == further


def test_unread_pages_are_the_next_walks_and_failed_ones_the_runs(walked: ArchiveStore) -> None:
    walk = a_walk()
    walked.save_walk(walk)
    waiting, failed = walked.save_archived(walk, [an_entry(2), an_entry(1)], FEED, NOW)
    walked.save_article(failed, an_article(text="Summary."), NOW, retry_at=NOW + HOUR, problem="503")
    assert walked.pending_archived([SOURCE]) == (waiting,)
    left = Store(walked.engine).pending_entries([SOURCE], NOW + HOUR)
    assert [item.entry_id for item in left] == [failed.entry_id]
    Store(walked.engine).save_article(left[0], an_article(text="The whole text."), NOW + HOUR)
    assert rows(walked.engine, select(article.c.text, article.c.backlog)) == [("The whole text.", 1)]


def test_undated_article_of_before_is_forgotten(walked: ArchiveStore) -> None:
    walked.since = {SOURCE: SINCE}
    undated = [an_entry(number, published=None) for number in (1, 2)]
    bring(walked, undated[0], published=SINCE - timedelta(days=1))
    bring(walked, undated[1], published=SINCE)
    assert [row.url for row in rows(walked.engine, select(entry.c.url))] == [undated[1].url]
    assert (walked.let_go[SOURCE], len(rows(walked.engine, select(article.c.id)))) == (1, 1)


def test_what_another_source_told_by_summary_is_not_told_anew_by_an_archive(
    store: Store, walked: ArchiveStore, archive: Archive
) -> None:
    item = an_entry(1)
    (pending,) = store.save_poll(
        a_poll(item, source_id="other", first_polled_at=NOW - timedelta(days=9)), NOW
    )
    store.save_article(pending, an_article(text="Summary.", origin="summary"), NOW)
    examine_all(archive, {"desk": ["loikaw"]}, topic=None)
    bring(walked, item)
    examine_all(archive, {"desk": ["loikaw"]})
    assert alerts(archive) == 0


def test_walk_leaves_the_poll_state_alone(store: Store, walked: ArchiveStore) -> None:
    poll(store, an_entry(1), now=NOW)
    before = rows(store.engine, select(source_state))
    bring(walked, an_entry(3), an_entry(2), an_entry(1), now=NOW + HOUR)
    assert rows(store.engine, select(source_state)) == before
    arrivals = rows(store.engine, select(entry.c.first_poll).order_by(entry.c.id))
    assert [row[0] for row in arrivals] == [Arrival.FIRST_POLL, Arrival.ARCHIVED, Arrival.ARCHIVED]


# -- what a walk brought before a run came to it ----------------------------------------------------------------


def test_news_that_a_walk_met_first_is_told_by_the_run(
    store: Store, walked: ArchiveStore, archive: Archive
) -> None:
    old = an_entry(1, published=NOW - timedelta(days=3))
    poll(store, old, now=NOW)
    fresh = an_entry(2, published=NOW + HOUR)
    bring(walked, fresh, old, now=NOW + 2 * HOUR, published=fresh.published)
    examine_all(archive, {"desk": ["loikaw"]})
    assert alerts(archive) == 0
    assert poll(store, fresh, old, now=NOW + 3 * HOUR) == 0  # nothing to be read again
    examine_all(archive, {"desk": ["loikaw"]})
    assert alerts(archive) == 1
    assert store.poll_state(SOURCE).last_item_at == NOW + 3 * HOUR
    poll(store, fresh, old, now=NOW + 4 * HOUR)
    assert store.poll_state(SOURCE).last_item_at == NOW + 3 * HOUR  # once


def test_unread_page_that_a_run_meets_is_read_by_it(store: Store, walked: ArchiveStore) -> None:
    poll(store, an_entry(1), now=NOW)
    walk = a_walk()
    walked.save_walk(walk)
    walked.save_archived(walk, [an_entry(2, published=NOW)], FEED, NOW)
    assert poll(store, an_entry(2, published=NOW), an_entry(1), now=NOW + HOUR) == 1
    assert len(store.pending_entries([SOURCE], NOW + HOUR)) == 2
    assert walked.pending_archived([SOURCE]) == ()


def test_first_poll_tells_of_an_archive_what_is_young_only(
    store: Store, walked: ArchiveStore, archive: Archive
) -> None:
    young = an_entry(1, published=NOW - HOUR)
    old = an_entry(2, published=NOW - timedelta(days=5))
    bring(walked, young, published=young.published)
    bring(walked, old, published=old.published)
    poll(store, young, old, now=NOW + HOUR)
    examine_all(archive, {"desk": ["loikaw"]})
    stories = archive.pending_stories("desk")
    assert [story.reports[0].article.url for story in stories] == [young.url]


def test_old_article_of_an_archive_on_a_listing_is_no_news(
    store: Store, walked: ArchiveStore, archive: Archive
) -> None:
    poll(store, an_entry(1), now=NOW)
    old = an_entry(2, published=None)
    bring(walked, old, published=NOW - timedelta(days=50))  # its page said so
    poll(store, old, an_entry(1), now=NOW + HOUR)
    examine_all(archive, {"desk": ["loikaw"]})
    assert alerts(archive) == 0


def test_archive_closes_no_gap(store: Store, walked: ArchiveStore) -> None:
    poll(store, an_entry(1), now=NOW)
    later = NOW + timedelta(days=3)
    missed = [an_entry(number, published=NOW + number * HOUR) for number in range(40, 10, -1)]
    bring(walked, *missed, an_entry(1), now=later)
    poll(store, *missed[:10], now=later + HOUR, gap="page-2")
    assert store.poll_state(SOURCE).gap == "page-2"
    _, has_met = store.save_older(SOURCE, missed[10:20], "page-3", later + HOUR)
    assert not has_met
    _, has_met = store.save_older(SOURCE, [*missed[20:], an_entry(1)], "page-4", later + HOUR)
    assert has_met
    live = rows(store.engine, select(entry.c.id).where(entry.c.first_poll == Arrival.LIVE))
    assert len(live) == len(missed)


# -- which walks go on ------------------------------------------------------------------------------------------


def a_source(name: str, **more: Any) -> Source:
    routes = [{"kind": "feed", "url": f"https://{name}.example/feed"}]
    facts = {"id": name, "name": name, "language": "en", "perspective": "independent", "routes": routes}
    return Source.model_validate(facts | more)


def finish(walked: ArchiveStore, name: str, now: datetime) -> None:
    walk = walked.walks()[name]
    walk.finished, walk.addresses = now, []
    walked.save_walk(walk)


def test_command_given_again_goes_on_and_spares_what_is_done(walked: ArchiveStore) -> None:
    sources = [a_source("one"), a_source("two")]
    first = plan_trips(walked, sources, SINCE, NOW)
    assert [trip.is_resumed for trip in first] == [False, False]
    finish(walked, "one", NOW + HOUR)
    first[1].walk.addresses = ["https://two.example/feed?paged=7"]
    walked.save_archived(first[1].walk, [], FEED, NOW)
    (again,) = plan_trips(walked, sources, SINCE + HOUR, NOW + HOUR)  # "30d" an hour later
    assert (again.source.id, again.is_resumed) == ("two", True)
    assert again.walk.addresses == ["https://two.example/feed?paged=7"]


def test_command_whose_walks_are_done_walks_anew(walked: ArchiveStore) -> None:
    sources = [a_source("one")]
    plan_trips(walked, sources, SINCE, NOW)
    finish(walked, "one", NOW + HOUR)
    (anew,) = plan_trips(walked, sources, SINCE, NOW + 2 * HOUR)
    assert (anew.is_resumed, anew.walk.addresses) == (False, ["https://one.example/feed"])


def test_walk_that_is_to_reach_further_back_begins_anew(walked: ArchiveStore) -> None:
    (trip,) = plan_trips(walked, [a_source("one")], SINCE, NOW)
    trip.walk.addresses = ["https://one.example/feed?paged=3"]
    walked.save_walk(trip.walk)
    (further,) = plan_trips(walked, [a_source("one")], SINCE - timedelta(days=300), NOW)
    assert not further.is_resumed
    assert rows(walked.engine, select(backfill.c.next)) == [('["https://one.example/feed"]',)]


def test_walk_on_a_route_that_was_edited_away_begins_anew(walked: ArchiveStore) -> None:
    plan_trips(walked, [a_source("one")], SINCE, NOW)
    moved = a_source("one", routes=[{"kind": "feed", "url": "https://one.example/new"}])
    (trip,) = plan_trips(walked, [moved], SINCE, NOW)
    assert (trip.is_resumed, trip.walk.route) == (False, "https://one.example/new")
