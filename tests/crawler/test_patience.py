"""Pages in hard times: an outage of ours, a slow host, a parser that cannot start; and which page comes first."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.crawler.crawling import PROSE, QUICK, Desk, a_feed
from tests.e2e.program import a_source, page
from tests.newsroom import Exchange, Newsroom

RSS = "application/rss+xml"
HOUR = timedelta(hours=1)


class DawdlingNewsroom(Newsroom):
    """Answer ``/late…`` after 1.2 seconds."""

    def answer(self, exchange: Exchange) -> None:
        if not exchange.request.path.startswith("/late") or exchange.pause(1.2):
            super().answer(exchange)


def publish(newsroom: Newsroom, *names: str) -> str:
    """Serve a feed that lists *names* and their pages; return its address."""
    for name in names:
        newsroom.add(f"/press/{name}", page(f"News of {name}", f"{PROSE}{name}"))
    items = [{"title": name, "link": newsroom.url(f"/press/{name}")} for name in names]
    return newsroom.add("/feed", a_feed(*items), RSS)


def asked(newsroom: Newsroom) -> list[str]:
    return [request.path for request in newsroom.requests if request.path.startswith("/press/")]


def states(desk: Desk) -> list[tuple[str, int]]:
    return [(row.state, row.attempts) for row in desk.entries("press")]


@pytest.mark.parametrize("feed_too", [True, False], ids=["feed-and-pages", "pages-only"])
def test_outage_of_ours_costs_a_page_none_of_its_tries(tmp_path: Path, feed_too: bool) -> None:
    with Newsroom() as newsroom:
        source = a_source("press", publish(newsroom, "one", "two"), every="6h")
        newsroom.behave("/press/one", "/503")
        newsroom.behave("/press/two", "/503")
        desk = Desk.open(tmp_path, [source])
        desk.crawl()
    with desk:
        assert states(desk) == [("retry", 1), ("retry", 1)]
        before = desk.state("press"), desk.entries("press")
        crawled = desk.crawl(after=HOUR, force=feed_too)
        assert crawled.report.unreachable
        assert crawled.report.due == int(feed_too)
        assert (desk.state("press"), desk.entries("press")) == before


def test_page_that_alone_is_silent_counts_a_try_and_is_told_by_its_summary(
    tmp_path: Path, newsroom: Newsroom
) -> None:
    source = a_source("press", publish(newsroom, "one", "two"))
    newsroom.behave("/press/one", "/rst")
    with Desk.open(tmp_path, [source]) as desk:
        crawled = desk.crawl()
        assert not crawled.report.unreachable
        assert (crawled.report.summary_only, crawled.report.fetched) == (1, 1)
        assert sorted(states(desk)) == [("retry", 1), ("settled", 1)]


def test_newest_article_is_asked_for_first_and_rows_are_kept_oldest_first(
    tmp_path: Path, newsroom: Newsroom
) -> None:
    names = [f"n{number}" for number in range(9)]  # as feeds do: the newest first
    source = a_source("press", publish(newsroom, *names))
    with Desk.open(tmp_path, [source]) as desk:
        desk.crawl(settings={**QUICK, "CONCURRENT_REQUESTS_PER_DOMAIN": 1})
        assert asked(newsroom) == [f"/press/{name}" for name in names]
        assert [row.title for row in desk.entries("press")] == names[::-1]


def test_slow_host_holds_a_crawl_for_a_few_pages_and_the_next_takes_the_rest(
    tmp_path: Path, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.net.robots.MAX_WAITING_S", 0.5)  # instead of a minute
    newsroom.robots("User-agent: *\nCrawl-delay: 0.4\n")
    source = a_source("press", publish(newsroom, "n1", "n2", "n3", "n4", "n5"), every="6h")
    newsroom.behave("/press/n1", "/301?to=/press/moved")  # a redirect that was begun is followed
    newsroom.add("/press/moved", page("News of n1", PROSE))
    with Desk.open(tmp_path, [source]) as desk:
        first = desk.crawl()
        assert sorted(asked(newsroom)) == ["/press/moved", "/press/n1", "/press/n2", "/press/n3"]
        assert states(desk) == [("new", 0)] * 2 + [("settled", 1)] * 3
        assert (first.problems, first.log) == ({}, ())
        desk.crawl(after=HOUR, force=False)
        assert states(desk) == [("settled", 1)] * 5
        assert {row.origin for row in desk.articles("press")} == {"page"}


def test_parser_that_cannot_start_costs_a_try_and_not_the_article(
    tmp_path: Path, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = a_source("press", publish(newsroom, "one"), every="12h")
    newsroom.behave("/press/one", "/503")
    with Desk.open(tmp_path, [source]) as desk:
        desk.crawl()
        newsroom.add("/press/one", page("News of one", PROSE))
        with monkeypatch.context() as patch:
            patch.setattr(sys, "executable", str(tmp_path / "missing"))
            desk.crawl(after=HOUR, force=False)
        (row,) = desk.entries("press")
        assert (row.state, row.attempts) == ("retry", 2)
        assert row.problem == "the parser did not start: No such file or directory"
        desk.crawl(after=6 * HOUR, force=False)
        assert states(desk) == [("settled", 3)]
        assert [row.origin for row in desk.articles("press")] == ["page"]
        assert desk.now == NOW + 7 * HOUR


def test_f12_deadline_of_redirects_counts_the_first_answer_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.net.download.CHAIN_DEADLINE_S", 2.0)
    with DawdlingNewsroom() as newsroom:
        newsroom.behave("/late", "/302?to=/late-feed")
        newsroom.add("/late-feed", a_feed(), RSS)
        sources = [a_source("moved", newsroom.url("/late")), a_source("late", newsroom.url("/late-feed"))]
        with Desk.open(tmp_path, sources) as desk:
            crawled = desk.crawl()
    assert crawled.cause("moved") == "no answer in time"  # 1.2 and 1.2 seconds
    assert crawled.cause("late") == ""


def test_deadline_of_redirects_does_not_count_the_wait_for_our_turn(
    tmp_path: Path, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.net.download.CHAIN_DEADLINE_S", 1.0)
    newsroom.behave("/moved", "/hops?n=3")
    with Desk.open(tmp_path, [a_source("press", newsroom.url("/moved"))], delay="0.6s") as desk:
        assert desk.crawl().cause("press").startswith("HTML page, not a feed")
