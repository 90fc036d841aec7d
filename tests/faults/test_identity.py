"""One article is one, whatever its address, identifier or site becomes; and no two articles become one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from unicodedata import normalize

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crawler.db.schema import article, entry
from crawler.model import FeedEntry
from crawler.records.identity import KnownEntry, entry_identity, find_moved
from crawler.records.store import PollResult, Store
from crawler.urls import identity_key
from tests.builders import NOW, a_poll, an_article, an_entry
from tests.crawler.crawling import PROSE
from tests.database import rows

LATER = NOW + timedelta(minutes=30)
POLLED = {"first_polled_at": NOW - timedelta(days=30), "last_item_at": NOW - timedelta(days=1)}
STORY = "https://hills.example/2025/11/story"
SLUG = (
    "\u1000\u103b\u1031\u102c\u1004\u103a\u1038-\u00e9cole"  # school, in Burmese and with an accented letter
)
DECOMPOSED = normalize("NFD", SLUG)

TWINS = [
    (STORY, "http://hills.example/2025/11/story"),
    (STORY, "https://www.hills.example/2025/11/story/"),
    (STORY, "https://m.hills.example/2025/11/story"),
    (STORY, "https://amp.hills.example/2025/11/story"),
    (STORY, "https://mobile.hills.example:443/2025/11/story"),
    (STORY, "http://hills.example:80/2025/11/story"),
    (STORY, "https://HILLS.example./2025//11/story"),
    (STORY, STORY + "/amp"),
    (STORY, STORY + "/amp/"),
    (STORY, STORY + "?amp=1"),
    (STORY, STORY + "?outputType=amp"),
    (STORY, "https://hills.example/amp/2025/11/story"),
    (STORY, STORY + "/print/"),
    (STORY, STORY + "?print=1"),
    (STORY, STORY + "?m=1"),
    (STORY, STORY + "/index.html"),
    (STORY, STORY + "/index.htm"),
    (STORY, STORY + "/index.php"),
    (STORY, STORY + "?utm_source=rss&utm_medium=feed&fbclid=Iw&gclid=1&mc_cid=2"),
    (STORY, STORY + "#comments"),
    (STORY, STORY + "?amp"),
    (STORY, STORY + ".lite"),
    (STORY, STORY + "?gclid=1&ref=home"),
    (STORY, "https://hills.example/2025/11/%73tory"),
    (STORY + ".html", STORY + ".lite.html"),
    (STORY + ".html", STORY + ".amp.html"),
    (STORY + "?id=7&lang=my", STORY + "?lang=my&id=7&utm_campaign=x"),
    (f"https://hills.example/news/{SLUG}", f"https://hills.example/news/{DECOMPOSED}"),
    (
        "https://hills.example/%E1%80%9E%E1%80%90%E1%80%84%E1%80%BA%E1%80%B8",
        "https://hills.example/သတင်း",  # news
    ),
    ("https://hills.example/%e1%80%9e", "https://hills.example/%E1%80%9E"),
    ("https://xn--80ak6aa92e.example/a", "https://\u0430\u0440\u0440\u04cf\u0435.example/a"),
]
OTHERS = [
    (STORY, "https://hills.example/2025/11/story-2"),
    (STORY, "https://hills.example/2025/11/story/2"),
    (STORY, "https://hills.example/2025/12/story"),
    (STORY, "https://other.example/2025/11/story"),
    (STORY, "https://news.hills.example/2025/11/story"),  # another edition, not another name of the host
    (STORY, "https://hills.example:8443/2025/11/story"),
    ("https://hills.example/?p=1", "https://hills.example/?p=2"),
    ("https://hills.example/?p=1", "https://hills.example/?page_id=1"),
    ("https://hills.example/story.php?id=1", "https://hills.example/story.php?id=11"),
    (STORY + "?lang=my", STORY + "?lang=en"),
    (STORY, "https://hills.example/2025/11/Story"),  # some servers tell them apart
    ("https://hills.example/print", "https://hills.example/amp"),
    ("https://hills.example/news/print", "https://hills.example/news"),
    ("https://hills.example/a/amplify", "https://hills.example/a"),
    ("https://hills.example/camp", "https://hills.example/c"),
    ("https://hills.example/a.php?cid=1", "https://hills.example/a.php?cid=2"),
    ("https://hills.example/show?gallery=1", "https://hills.example/show?gallery=2"),
    ("https://hills.example/?1234", "https://hills.example/?1235"),
    ("https://hills.example/story/2", "https://hills.example/story/3"),
]


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_a03_twins_of_an_address_have_one_key(one: str, other: str) -> None:
    assert identity_key(one) == identity_key(other)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_addresses_of_two_articles_have_two_keys(one: str, other: str) -> None:
    assert identity_key(one) != identity_key(other)


SLUGS = st.text(alphabet="abcdefgxyz0123456789-သတင်း", min_size=1, max_size=12).map(lambda text: f"s{text}e")
NUMBERS = st.integers(min_value=0, max_value=10**9)


@settings(deadline=None, max_examples=200)
@given(one=SLUGS, other=SLUGS, year=st.integers(2000, 2030))
def test_other_slugs_stay_apart(one: str, other: str, year: int) -> None:
    assume(normalize("NFC", one) != normalize("NFC", other))
    for shape in ("{}", "{}/", "{}.html", "{}/amp", "amp/news/{}", "{}/print", "{}?print=1", "{}?id=4"):
        addresses = [f"https://hills.example/{year}/{shape.format(slug)}" for slug in (one, other)]
        assert identity_key(addresses[0]) != identity_key(addresses[1])


@settings(deadline=None, max_examples=200)
@given(
    one=NUMBERS,
    other=NUMBERS,
    name=st.sampled_from(["p", "id", "post", "article_id", "newsid", "story", "aid", "nid", "cid", "v"]),
)
def test_other_numbers_stay_apart(one: int, other: int, name: str) -> None:
    assume(one != other)
    for shape in ("?{}={}", "story.php?{}={}", "news?lang=my&{}={}", "news?{}={}&utm_source=rss", "a/{}/{}"):
        addresses = [f"https://hills.example/{shape.format(name, number)}" for number in (one, other)]
        assert identity_key(addresses[0]) != identity_key(addresses[1])


# -- entries that come again under another identity ----------------------------------------------------------------


def poll(store: Store, *entries: FeedEntry) -> int:
    """Poll a source that has been polled before; return how many entries were new."""
    return len(store.save_poll(a_poll(*entries, **POLLED), LATER))


def at(host: str, number: int, **more: str | None) -> FeedEntry:
    return an_entry(number, url=f"https://{host}/2026/11/clashes-{number}.html", guid=None, **more)


def test_site_that_moves_to_another_host_tells_nothing_twice(store: Store) -> None:
    assert poll(store, at("old.example", 2), at("old.example", 1)) == 2
    assert poll(store, at("new.example", 3), at("new.example", 2), at("new.example", 1)) == 1
    assert poll(store, at("new.example", 3), at("new.example", 2)) == 0
    assert poll(store, at("old.example", 2), at("old.example", 1)) == 0, "and it may move back"


def test_feed_of_many_outlets_keeps_what_has_the_same_path_on_two_of_them(store: Store) -> None:
    twin = at("two.example", 1)
    assert poll(store, at("one.example", 1), at("three.example", 5)) == 2
    assert poll(store, twin, at("three.example", 5)) == 1
    assert poll(store, replace(at("four.example", 1), title="Another title")) == 1


@pytest.mark.parametrize(
    "guid", ["https://news.example/?p=17", "tag:news.example,2026-11-22:17", "17 at https://a.b"]
)
def test_address_that_was_changed_is_known_by_its_lasting_identifier(store: Store, guid: str) -> None:
    before = an_entry(1, guid=guid)
    assert poll(store, before, an_entry(2)) == 2
    after = replace(before, url="https://news.example/a/better-slug", title="A better headline")
    assert poll(store, an_entry(3), after, an_entry(2)) == 1
    assert poll(store, after) == 0
    (row,) = rows(store.engine, select(entry).where(entry.c.guid == guid))
    assert row.url == after.url


def test_f20_identifier_that_two_items_share_makes_them_no_one(store: Store) -> None:
    shared = "https://news.example/?p=1"
    assert poll(store, an_entry(1, guid=shared), an_entry(2, guid=shared)) == 2
    assert poll(store, an_entry(3, guid=shared), an_entry(4, guid=shared), an_entry(2, guid=shared)) == 2


def test_f20_identifiers_that_number_the_places_of_a_feed_swallow_no_article(store: Store) -> None:
    """Item 1 is always the newest one: its identifier says nothing."""
    assert poll(store, an_entry(1, guid="item-1")) == 1
    newer = an_entry(2, guid="item-1", published=NOW)
    assert poll(store, newer) == 1
    daily = an_entry(3, guid="item-1", title=newer.title, published=NOW + timedelta(days=1))
    assert poll(store, daily) == 1


def test_f20_item_without_link_and_identifier_is_known_by_its_words(store: Store) -> None:
    items = [FeedEntry("Curfew", summary=f"From {hour} o'clock.") for hour in (6, 8)]
    assert poll(store, *items) == 2
    assert poll(store, *reversed(items)) == 0


def test_f21_items_without_link_whose_identifiers_change_are_not_new(store: Store) -> None:
    def fetch(number: int) -> tuple[FeedEntry, ...]:
        return tuple(FeedEntry(f"Note {n}", guid=f"{number}-{n}", summary="Words.") for n in (3, 2, 1))

    assert poll(store, *fetch(0)) == 3
    assert [poll(store, *fetch(number)) for number in (1, 2, 3)] == [0, 0, 0]
    assert poll(store, FeedEntry("Note 4", guid="4-4", summary="Words."), *fetch(4)) == 1


def test_f21_items_of_the_same_words_stay_apart_where_identifiers_last(store: Store) -> None:
    """Four headlines "Weather" without link or text are four, for the feed numbers them."""
    assert poll(store, FeedEntry("Weather", guid="w1"), FeedEntry("Weather", guid="w2")) == 2
    assert poll(store, FeedEntry("Weather", guid="w3"), FeedEntry("Weather", guid="w2")) == 1


HEADLINE = "Residents return to the hills above the lake"


def carried(store: Store, route: str, *entries: FeedEntry) -> int:
    """Poll a source by one of its routes; return how many entries were new."""
    return len(store.save_poll(a_poll(*entries, url=route, **POLLED), LATER))


@pytest.mark.parametrize("title", [HEADLINE, "Residents’ return – to the hills “above” the lake"])
def test_report_that_two_routes_carry_under_two_addresses_is_one(store: Store, title: str) -> None:
    found = FeedEntry(title, "https://aggregator.example/rss/CBMi", published=NOW - timedelta(hours=1))
    plain = title.replace("’", "'").replace("–", "-").replace("“", '"').replace("”", '"')
    own = FeedEntry(plain, "https://paper.example/2026/hills", published=NOW - timedelta(hours=3))
    assert carried(store, "https://aggregator.example/search", found) == 1
    assert carried(store, "https://paper.example/feed", own) == 0
    assert carried(store, "https://aggregator.example/search", found) == 0
    assert len(rows(store.engine, select(entry.c.id))) == 1


@pytest.mark.parametrize(
    ("title", "hours", "route"),
    [
        ("Weather", 0, "https://paper.example/feed"),  # too short to tell
        (HEADLINE, 24, "https://paper.example/feed"),  # the same headline on another day
        (HEADLINE[:30], None, "https://paper.example/feed"),  # no date to confirm it, and not that long
        (HEADLINE, 0, "https://aggregator.example/search"),  # the same route gives it twice
    ],
)
def test_equal_headlines_are_two_reports_where_they_may_be(
    store: Store, title: str, hours: int | None, route: str
) -> None:
    date = None if hours is None else NOW + timedelta(hours=hours)
    known = FeedEntry(title, "https://aggregator.example/rss/CBMi", published=NOW)
    other = FeedEntry(title, "https://paper.example/2026/hills", published=date)
    assert carried(store, "https://aggregator.example/search", known) == 1
    assert carried(store, route, other) == 1


def test_summary_of_an_aggregator_is_read_at_its_own_address_when_that_route_is_back(store: Store) -> None:
    found = FeedEntry(HEADLINE, "https://aggregator.example/rss/CBMi", summary="In brief.", published=NOW)
    (pending,) = store.save_poll(a_poll(found, url="https://aggregator.example/search", **POLLED), LATER)
    store.save_article(pending, an_article(origin="summary", title=HEADLINE, text="In brief."), LATER)
    assert store.pending_entries(["irrawaddy-en"], LATER) == ()
    own = FeedEntry(HEADLINE, "https://paper.example/2026/hills", published=NOW)
    assert carried(store, "https://paper.example/feed", own) == 0
    (again,) = store.pending_entries(["irrawaddy-en"], LATER)
    assert again.entry.url == own.url
    article_id = store.save_article(
        again, an_article(title=HEADLINE, text=PROSE, canonical_url=own.url), LATER
    )
    ((kept_id, text),) = rows(store.engine, select(article.c.id, article.c.text))
    assert (kept_id, text) == (article_id, PROSE)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_no_two_entries_are_found_to_be_one_known_entry(data: st.DataObject) -> None:
    """Whatever a feed holds, each known entry is met by one item at most, and a held one by none."""
    words = st.sampled_from(["", "a", "b"])
    links = st.sampled_from(
        [None, "https://h.example/", *(f"https://{h}.example/2026/x/{n}" for h in "hk" for n in "12")]
    )
    guids = st.sampled_from([None, "g", "https://h.example/?p=1", "https://h.example/?p=2"])
    items = st.lists(st.builds(FeedEntry, title=words, url=links, guid=guids, summary=words), max_size=6)
    document = {entry_identity(item): item for item in data.draw(items)}
    known = {entry_identity(item): item for item in data.draw(items)}
    held = frozenset(document.keys() & known.keys())
    moved = find_moved(document, held, [KnownEntry(*pair) for pair in known.items()], "r", NOW)
    assert len(set(moved.values())) == len(moved)
    assert not moved.keys() & held
    assert set(moved.values()) <= known.keys() - document.keys()


# -- articles ------------------------------------------------------------------------------------------------------


def keep(
    store: Store, item: FeedEntry, text: str = PROSE, source_id: str = "irrawaddy-en", **more: str
) -> int:
    (pending,) = store.save_poll(a_poll(item, source_id=source_id, **POLLED), LATER)
    return store.save_article(pending, an_article(text=text, title=item.title, **more), LATER)


def test_f21_text_that_an_outlet_brings_again_under_another_address_is_no_news(store: Store) -> None:
    first = keep(store, an_entry(1))
    again = replace(an_entry(1), url="https://news.example/moved/7781", guid="other")
    assert keep(store, again) == first
    assert len(rows(store.engine, select(article.c.id))) == 1


def test_a03_permalink_that_the_page_declares_joins_a_plain_address(store: Store) -> None:
    permalink = "https://news.example/2026/11/22/clashes"
    first = keep(store, FeedEntry("Clashes", url="https://news.example/?p=77"), canonical_url=permalink)
    assert (
        keep(store, FeedEntry("Clashes", url=permalink + "/"), "Other words.", canonical_url=permalink)
        == first
    )


def test_copies_by_other_outlets_and_short_notes_stay_articles_of_their_own(store: Store) -> None:
    first = keep(store, an_entry(1))
    copied = keep(store, replace(an_entry(1), url="https://copy.example/clashes"), source_id="copy")
    notes = [
        keep(store, FeedEntry("Curfew", url=f"https://news.example/note/{n}"), "Extended.") for n in (1, 2)
    ]
    assert len({first, copied, *notes}) == 4


def test_entries_that_link_to_the_front_page_do_not_become_one_article(store: Store) -> None:
    items = [FeedEntry(f"Note {number}", url="https://news.example/", guid=str(number)) for number in (1, 2)]
    new = store.save_poll(PollResult(a_poll(**POLLED).state, tuple(items)), LATER)
    ids = [store.save_article(pending, an_article(text="Words.", origin="summary"), LATER) for pending in new]
    assert len(set(ids)) == 2
