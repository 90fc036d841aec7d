"""Entries that scrolled away between two polls are read back from older pages, and never told as news twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.cadence.polling import GAP_TRIED_FOR, MOST_OLDER_PAGES, OLDER_PAGES_A_RUN
from tests.builders import NOW
from tests.crawler.crawling import Desk, a_feed, told
from tests.e2e.program import a_source
from tests.newsroom import Newsroom

RSS = "application/rss+xml; charset=utf-8"
WORDPRESS = "<generator>https://wordpress.org/?v=6.8</generator>"
PAGE = 5  # entries a page


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as running:
        yield running


@pytest.fixture
def desk(newsroom: Newsroom, tmp_path: Path) -> Iterator[Desk]:
    source = a_source("paper", newsroom.url("/feed"), full_text="feed")
    with Desk.open(tmp_path, [source]) as opened:
        yield opened


def publish(newsroom: Newsroom, names: Sequence[str]) -> None:
    """Serve *names*, the newest first, as a WordPress feed of pages."""
    for page in range(0, max(len(names), 1), PAGE):
        body = a_feed(*map(told, names[page : page + PAGE]), newest=WORDPRESS)
        newsroom.add("/feed" if page == 0 else f"/feed?paged={page // PAGE + 1}", body, RSS)
    newsroom.add(f"/feed?paged={-(-len(names) // PAGE) + 1}", "", status=404)


def names(first: int, last: int) -> list[str]:
    return [f"item-{number}" for number in range(last, first - 1, -1)]


def titles(desk: Desk) -> set[str]:
    return {row.title for row in desk.entries("paper")}


def test_a_first_poll_reads_no_archive(newsroom: Newsroom, desk: Desk) -> None:
    publish(newsroom, names(1, 30))
    desk.crawl()
    assert len(desk.entries("paper")) == PAGE
    assert [request.target for request in newsroom.requests_for("/feed")] == ["/feed"]


def test_f24_what_scrolled_away_is_read_back_until_known_entries_come(newsroom: Newsroom, desk: Desk) -> None:
    publish(newsroom, names(1, 10))
    desk.crawl()
    publish(newsroom, names(1, 23))
    newsroom.forget_requests()
    crawled = desk.crawl(after=timedelta(hours=6))
    assert titles(desk) == {f"News of item-{number}" for number in range(6, 24)}
    asked = [request.target for request in newsroom.requests_for("/feed")]
    assert asked == ["/feed", "/feed?paged=2", "/feed?paged=3"]  # item 10 is on the third
    assert crawled.report.entries_new == 13
    state = desk.state("paper")
    assert state is not None
    assert (state.gap, state.gap_pages) == (None, 0)
    assert not any(row.backlog for row in desk.articles("paper"))


def test_overlap_asks_for_nothing_older(newsroom: Newsroom, desk: Desk) -> None:
    publish(newsroom, names(1, 10))
    desk.crawl()
    publish(newsroom, names(1, 14))
    newsroom.forget_requests()
    desk.crawl(after=timedelta(hours=1))
    assert [request.target for request in newsroom.requests_for("/feed")] == ["/feed"]


@pytest.mark.parametrize("status", [503, 520])
def test_f24_a_gap_that_could_not_be_read_is_taken_up_by_the_next_poll(
    newsroom: Newsroom, desk: Desk, status: int
) -> None:
    publish(newsroom, names(1, 10))
    desk.crawl()
    publish(newsroom, names(1, 23))
    newsroom.add("/feed?paged=3", "", status=status)
    desk.crawl(after=timedelta(hours=6))
    state = desk.state("paper")
    assert state is not None
    assert str(state.gap).endswith("/feed?paged=3")
    publish(newsroom, names(1, 25))  # two more: everything has moved on by two
    desk.crawl(after=timedelta(hours=1))
    assert titles(desk) == {f"News of item-{number}" for number in range(6, 26)}


def test_f24_an_archive_without_end_is_left_and_said(newsroom: Newsroom, desk: Desk) -> None:
    publish(newsroom, names(1, PAGE))
    desk.crawl()
    publish(newsroom, names(100, 100 + PAGE * (MOST_OLDER_PAGES + 4)))
    crawled = desk.crawl(after=timedelta(days=9))
    assert len(newsroom.requests_for("/feed")) == 2 + OLDER_PAGES_A_RUN
    assert crawled.cause("paper") == ""
    for _ in range(MOST_OLDER_PAGES // OLDER_PAGES_A_RUN - 1):
        crawled = desk.crawl(after=timedelta(minutes=30))
    older = [request for request in newsroom.requests_for("/feed") if "paged=" in request.target]
    assert len(older) == MOST_OLDER_PAGES
    assert "the oldest of them were not read" in crawled.cause("paper")
    state = desk.state("paper")
    assert state is not None
    assert state.gap is None


def test_the_end_of_the_archive_ends_the_gap(newsroom: Newsroom, desk: Desk) -> None:
    publish(newsroom, names(1, PAGE))
    desk.crawl()
    publish(newsroom, names(100, 106))  # the old ones are gone
    crawled = desk.crawl(after=timedelta(days=1))
    assert crawled.cause("paper") == ""
    assert len(desk.entries("paper")) == PAGE + 7


def test_a_stale_route_gives_way_to_the_next_and_is_asked_first_again(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    old = a_feed({**told("old"), "date": "Thu, 02 Nov 2023 08:00:00 GMT"})
    newsroom.add("/dead", old, RSS)
    newsroom.add("/alive", a_feed(told("new")), RSS)
    routes = [{"kind": "feed", "url": newsroom.url(path)} for path in ("/dead", "/alive")]
    with Desk.open(tmp_path, [a_source("paper", "", routes=routes, full_text="feed")]) as desk:
        desk.crawl()
        assert [row.title for row in desk.entries("paper")] == ["News of new"]
        assert desk.entries("paper")[0].route == newsroom.url("/alive")
        newsroom.add("/dead", a_feed(told("revived"), told("new")), RSS)
        desk.crawl(after=timedelta(hours=1))
        state = desk.state("paper")
        assert state is not None
        assert state.route == 0
        assert {row.title for row in desk.entries("paper")} == {"News of new", "News of revived"}


def test_f06_route_that_became_empty_gives_way_to_the_next_and_is_asked_first_again(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    newsroom.add("/first", a_feed(told("a")), RSS)
    newsroom.add("/second", a_feed(told("a"), told("b")), RSS)
    routes = [{"kind": "feed", "url": newsroom.url(path)} for path in ("/first", "/second")]
    with Desk.open(tmp_path, [a_source("paper", "", routes=routes, full_text="feed")]) as desk:
        desk.crawl()
        newsroom.add("/first", a_feed(), RSS)
        served = []
        for _ in range(4):
            desk.crawl(after=timedelta(hours=1))
            state = desk.state("paper")
            assert state is not None
            served.append(state.route)
        assert served == [0, 0, 0, 1]
        assert titles(desk) == {"News of a", "News of b"}
        newsroom.add("/first", a_feed(told("c"), told("a")), RSS)
        assert desk.crawl(after=timedelta(hours=1)).report.entries_new == 1
        state = desk.state("paper")
        assert state is not None
        assert state.route == 0


def test_what_another_route_brings_from_before_is_no_news(newsroom: Newsroom, tmp_path: Path) -> None:
    week_ago = (NOW - timedelta(days=7)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    newsroom.add("/first", a_feed(told("a")), RSS)
    newsroom.add("/second", a_feed({**told("b"), "date": week_ago}, told("c")), RSS)
    routes = [{"kind": "feed", "url": newsroom.url(path)} for path in ("/first", "/second")]
    with Desk.open(tmp_path, [a_source("paper", "", routes=routes, full_text="feed")]) as desk:
        desk.crawl()
        newsroom.add("/first", "", status=404)
        desk.crawl(after=timedelta(hours=1))
        backlog = {row.title: bool(row.backlog) for row in desk.articles("paper")}
        assert backlog == {"News of a": False, "News of b": True, "News of c": False}


def test_a_stale_feed_without_another_route_is_read_and_said(newsroom: Newsroom, desk: Desk) -> None:
    newsroom.add("/feed", a_feed({**told("old"), "date": "Thu, 02 Nov 2023 08:00:00 GMT"}), RSS)
    crawled = desk.crawl()
    assert crawled.cause("paper") == "stale: its newest entry is of 2023-11-02"
    assert crawled.report.failed == 0
    assert len(desk.entries("paper")) == 1


OPENSEARCH = "http://a9.com/-/spec/opensearchrss/1.0/"


def a_page(newsroom: Newsroom, kind: str, last: int, page: int) -> None:
    """Serve page *page* (from 0) of the items from *last* down to 1, two a page, in the way of *kind*."""
    start, more = 2 * page, last > 2 * page + 2
    shown = [f"{kind}-{number}" for number in range(last - start, max(last - start - 2, 0), -1)]
    if kind == "json":
        items = [{"id": name, "title": f"News of {name}"} for name in shown]
        following = {"next_url": newsroom.url(f"/json?page={page + 1}")} if more else {}
        body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items} | following)
        newsroom.add(f"/json?page={page}" if page else "/json", body, "application/feed+json")
    elif kind == "archived":
        link = f'<link xmlns="http://www.w3.org/2005/Atom" rel="prev-archive" href="/archived-{page + 1}"/>'
        body = a_feed(*map(told, shown), newest=link if more else "")
        newsroom.add(f"/archived-{page}" if page else "/archived", body, RSS)
    else:
        counts = {"totalResults": last, "startIndex": start + 1, "itemsPerPage": 2}
        elements = "".join(
            f'<openSearch:{name} xmlns:openSearch="{OPENSEARCH}">{count}</openSearch:{name}>'
            for name, count in counts.items()
        )
        body = a_feed(*map(told, shown), newest=f"<generator>Blogger</generator>{elements}")
        newsroom.add(f"/blogger?start-index={start + 1}&max-results=2" if page else "/blogger", body, RSS)


def test_every_way_of_paging_is_followed_back_to_known_entries(newsroom: Newsroom, tmp_path: Path) -> None:
    kinds = ("blogger", "archived", "json")
    sources = [a_source(kind, newsroom.url(f"/{kind}"), full_text="feed") for kind in kinds]
    with Desk.open(tmp_path, sources) as desk:
        for last in (4, 11):
            for kind in kinds:
                for page in range((last + 1) // 2):
                    a_page(newsroom, kind, last, page)
            desk.crawl(after=timedelta(hours=6))
        for kind in kinds:  # 4 and 3 were known: what is older is not asked for
            found = {row.title for row in desk.entries(kind)}
            assert found == {f"News of {kind}-{number}" for number in range(3, 12)}, kind


def dated(name: str, hours_ago: float) -> dict[str, str]:
    return {**told(name), "date": (NOW - timedelta(hours=hours_ago)).strftime("%a, %d %b %Y %H:%M:%S GMT")}


def test_what_cannot_be_read_back_is_said_to_be_missing_perhaps(newsroom: Newsroom, desk: Desk) -> None:
    newsroom.add("/feed", a_feed(*[dated(f"old-{number}", 2) for number in range(PAGE)]), RSS)
    desk.crawl()
    newsroom.add("/feed", a_feed(*[dated(f"new-{number}", -0.5) for number in range(PAGE)]), RSS)
    crawled = desk.crawl(after=timedelta(hours=1))
    assert crawled.cause("paper").startswith("possible gap")
    assert crawled.report.failed == 0
    assert desk.crawl(after=timedelta(hours=1)).problems == {}


def test_page_that_reaches_back_before_the_last_poll_or_shows_next_to_nothing_is_no_gap(
    newsroom: Newsroom, desk: Desk
) -> None:
    newsroom.add("/feed", a_feed(dated("old", 30)), RSS)
    desk.crawl()
    newsroom.add("/feed", a_feed(dated("new", -0.5)), RSS)  # a search of the last day
    assert desk.crawl(after=timedelta(hours=1)).problems == {}
    late = [dated(f"late-{number}", -1) for number in range(PAGE)]
    newsroom.add("/feed", a_feed(*late, dated("found late", 5)), RSS)
    assert desk.crawl(after=timedelta(hours=1)).problems == {}


def test_server_that_asked_for_time_is_passed_over_while_another_serves(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    with Newsroom() as mirror:
        newsroom.behave("/busy", "/429?retry_after=7200")
        newsroom.add("/busy-too", a_feed(told("never")), RSS)
        mirror.add("/feed", a_feed(told("a")), RSS)
        addresses = (newsroom.url("/busy"), newsroom.url("/busy-too"), mirror.url("/feed"))
        routes = [{"kind": "feed", "url": url} for url in addresses]
        with Desk.open(
            tmp_path, [a_source("paper", "", routes=routes, full_text="feed", every="15m")]
        ) as desk:
            for _ in range(3):
                crawled = desk.crawl(after=timedelta(minutes=15))
                assert (crawled.report.failed, crawled.report.polled) == (0, 1)
            assert (len(newsroom.requests_for("/busy")), len(mirror.requests_for("/feed"))) == (1, 3)
            mirror.add("/feed", "", status=404)
            desk.crawl(after=timedelta(minutes=15))
            assert [len(newsroom.requests_for(path)) for path in ("/busy", "/busy-too")] == [1, 0]
            state = desk.store.poll_state("paper")
            assert state.problem == "404 not found"
            newsroom.add("/busy", a_feed(told("b")), RSS)
            desk.crawl(after=timedelta(hours=2))
            assert {row.title for row in desk.entries("paper")} == {"News of a", "News of b"}


def test_page_that_is_refused_is_tried_for_a_day_and_then_said_to_be_missing(
    newsroom: Newsroom, desk: Desk
) -> None:
    publish(newsroom, names(1, PAGE))
    desk.crawl()
    publish(newsroom, names(10, 10 + 2 * PAGE))
    newsroom.add("/feed?paged=2", "", status=403)
    assert desk.crawl(after=timedelta(hours=1)).problems == {}
    publish(newsroom, names(1, 10 + 2 * PAGE))
    desk.crawl(after=timedelta(hours=1))
    assert titles(desk) == {f"News of item-{number}" for number in range(1, 11 + 2 * PAGE)}
    publish(newsroom, names(100, 100 + 2 * PAGE))
    newsroom.add("/feed?paged=2", "", status=403)
    desk.crawl(after=timedelta(hours=1))
    crawled = desk.crawl(after=GAP_TRIED_FOR)
    assert "the oldest of them were not read" in crawled.cause("paper")
    state = desk.state("paper")
    assert state is not None
    assert state.gap is None


def test_page_that_was_cut_off_is_read_again(newsroom: Newsroom, desk: Desk) -> None:
    publish(newsroom, names(1, PAGE))
    desk.crawl()
    publish(newsroom, names(4, 4 + 3 * PAGE))
    whole = a_feed(*map(told, names(5 + PAGE, 4 + 2 * PAGE)), newest=WORDPRESS)
    newsroom.add("/feed?paged=2", whole[: len(whole) // 2], RSS)
    desk.crawl(after=timedelta(hours=1))
    state = desk.state("paper")
    assert state is not None
    assert str(state.gap).endswith("/feed?paged=2")
    newsroom.add("/feed?paged=2", whole, RSS)
    desk.crawl(after=timedelta(hours=1))
    assert titles(desk) == {f"News of item-{number}" for number in range(1, 5 + 3 * PAGE)}
