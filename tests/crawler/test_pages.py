"""Article pages: what is stored of good and bad ones, what is tried again, and who is asked how often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row

from crawler.child import Worker
from crawler.clock import from_ms
from crawler.pages import MAX_PAGE_BYTES
from tests.builders import NOW
from tests.crawler.crawling import PROSE, Crawled, Desk, a_feed
from tests.crawler.test_worker import SLOW_PAGE
from tests.e2e.program import a_source, page
from tests.newsroom import Newsroom

RSS = "application/rss+xml"
SUMMARY = "What the feed says of it."
FULL = f"{PROSE}The page goes on."
SECRET = "Bearer canary-71c2"
EMPTY_PAGE = "<!doctype html><html><body><div id='app'></div><script>render()</script></body></html>"

# Behaviour of each page -> (its text, tried again after, cause)
BAD_PAGES: Mapping[str, tuple[str, timedelta | None, str]] = {
    "missing": ("/404", timedelta(hours=1), "404 not found"),
    "gone": ("/410", timedelta(hours=1), "410 gone"),
    "challenge": ("/403-challenge", timedelta(hours=1), "403 challenge page"),
    "hang": ("/hang", timedelta(hours=1), "no answer in time"),
    "reset": ("/rst", timedelta(hours=1), "broken answer: [Errno 104] Connection reset by peer"),
    "busy": ("/429?retry_after=7200", timedelta(hours=2), "429 too many requests"),
    "to-front": ("/redirect?to=/", None, "no article text on the page"),
    "to-login": ("/302-login", None, "no article text on the page"),
    "big": (f"/big?bytes={MAX_PAGE_BYTES + 1}", None, "answer too large"),
    "gzip-bomb": ("/gzip-bomb?bytes=8388608", None, "answer too large"),
}
BAD_DOCUMENTS: Mapping[str, tuple[bytes, str, str]] = {
    "script-only": (EMPTY_PAGE.encode(), "text/html", "no article text on the page"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"x" * 4000, "application/pdf", ""),
    "freezer": (SLOW_PAGE, "text/html", "too slow: not parsed within 2 s"),
}


@dataclass(frozen=True, slots=True)
class Pages:
    """Crawls of one desk: now, and when pages are due again. One page is mended before the second."""

    desk: Desk
    newsroom: Newsroom
    elsewhere: Newsroom
    crawls: tuple[Crawled, ...]
    first_entries: Mapping[str, Row[Any]]

    def article(self, name: str) -> Row[Any]:
        """Return the only article of a source, or the article of an entry of the source ``press``."""
        if any(source.id == name for source in self.desk.config.sources):
            (found,) = self.desk.articles(name)
            return found
        articles = zip(self.desk.entries("press"), self.desk.articles("press"), strict=True)
        return next(article for row, article in articles if row.title == f"News of {name}")

    def entry(self, name: str) -> Row[Any]:
        """Return an entry of the source ``press``."""
        return next(row for row in self.desk.entries("press") if row.title == f"News of {name}")

    def hits(self, name: str) -> int:
        """Return how often a page was asked for, in all crawls."""
        return len(self.newsroom.requests_for(f"/press/{name}"))


def publish(newsroom: Newsroom, elsewhere: Newsroom) -> list[dict[str, Any]]:
    """Serve feeds and pages; return the sources."""

    def item(name: str, link: str = "", **more: str) -> dict[str, str]:
        link = link or newsroom.url(f"/press/{name}")
        return {"title": f"News of {name}", "link": link, "summary": SUMMARY, **more}

    def source(name: str, *items: dict[str, str], **more: Any) -> dict[str, Any]:
        newsroom.add(f"/feed/{name}", a_feed(*items), RSS)
        return a_source(name, newsroom.url(f"/feed/{name}"), **more)

    newsroom.robots("User-agent: *\nDisallow: /press/forbidden\n")
    newsroom.add("/", page("Front page", PROSE))
    for name, (behaviour, _, _) in BAD_PAGES.items():
        newsroom.behave(f"/press/{name}", behaviour)
    for name, (body, content_type, _) in BAD_DOCUMENTS.items():
        newsroom.add(f"/press/{name}", body, content_type)
    for name in ("fine", "forbidden", "shared", "of-feed", "of-auto", "needed"):
        newsroom.add(f"/press/{name}", page(f"News of {name}", FULL))
    newsroom.behave("/press/moved-shared", "/301?to=/press/at-last")
    newsroom.add("/press/at-last", page("News of moved", FULL))
    newsroom.behave("/press/leaves", f"/302?to={elsewhere.url('/caught')}")
    for path in ("/caught", "/linked"):
        elsewhere.add(path, page("News elsewhere", FULL))
    names = [*BAD_PAGES, *BAD_DOCUMENTS, "fine", "forbidden"]
    secret = {"headers": {"Authorization": SECRET, "X-Key": SECRET, "Accept-Language": "my"}}
    return [
        source("press", *(item(name) for name in names)),
        source("wire", item("shared")),
        source("copy", item("shared")),
        source("wire-moved", item("moved-shared")),
        source("copy-moved", item("moved-shared")),
        source("feed", item("of-feed", content=PROSE), full_text="feed"),
        source("feed-without", item("unread"), full_text="feed"),
        source("feed-other", item("needed"), full_text="feed"),
        source("auto", item("of-auto", content=PROSE), full_text="auto"),
        source("auto-teaser", item("needed", content="A teaser. " * 4), full_text="auto"),
        source("no-link", item("nothing", link="javascript:alert(1)")),
        source(
            "secretive",
            item("leaves"),
            item("linked", link=elsewhere.url("/linked")),
            item("own", link=newsroom.url("/press/own")),
            **secret,
        ),
    ]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Crawl now, and again after 1, 7 and 24 hours, with a parser deadline of 2 s instead of 8."""
    with Newsroom() as newsroom, Newsroom() as elsewhere, pytest.MonkeyPatch.context() as patch:
        patch.setattr("crawler.spider.Worker", partial(Worker, deadline_s=2.0))
        sources = publish(newsroom, elsewhere)
        with Desk.open(tmp_path_factory.mktemp("pages"), sources) as desk:
            crawls = [desk.crawl()]
            first_entries = {row.title: row for row in desk.entries("press")}
            newsroom.add("/press/missing", page("News of missing", FULL))
            for name in ("hang", "reset"):  # the second time they fail faster
                newsroom.behave(f"/press/{name}", "/404")
            crawls += [desk.crawl("press", after=timedelta(hours=hours)) for hours in (1, 6, 17)]
            yield Pages(desk, newsroom, elsewhere, tuple(crawls), first_entries)


def test_good_page_gives_the_article_its_text(pages: Pages) -> None:
    article = pages.article("fine")
    assert article.text.split() == FULL.split()
    assert (article.title, article.origin, article.revision) == ("News of fine", "page", 1)
    assert (pages.hits("fine"), pages.entry("fine").state) == (1, "settled")


@pytest.mark.parametrize("name", BAD_PAGES)
def test_a01_page_that_cannot_be_had_gives_the_summary_now_and_is_tried_later_where_that_helps(
    name: str, pages: Pages
) -> None:
    _, wait, cause = BAD_PAGES[name]
    row = pages.first_entries[f"News of {name}"]
    assert (row.attempts, row.problem) == (1, cause)
    assert row.article_id is not None
    if wait is None:
        assert (row.state, row.next_attempt_at) == ("settled", None)
    else:
        assert row.state == "retry"
        assert from_ms(row.next_attempt_at) == NOW + wait
    if name != "missing":
        assert (pages.article(name).text, pages.article(name).origin) == (SUMMARY, "summary")


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
def test_page_without_readable_article_gives_the_summary_for_good(name: str, pages: Pages) -> None:
    row = pages.first_entries[f"News of {name}"]
    assert row.state == "settled"
    assert BAD_DOCUMENTS[name][2] in row.problem
    assert row.problem
    assert (pages.article(name).text, pages.article(name).origin) == (SUMMARY, "summary")
    assert pages.hits(name) == 1


def test_a01_page_that_comes_back_replaces_the_summary_and_raises_the_revision(pages: Pages) -> None:
    article = pages.article("missing")
    assert article.text.split() == FULL.split()
    assert (article.origin, article.revision) == ("page", 2)
    assert from_ms(article.first_seen_at) == NOW
    row = pages.entry("missing")
    assert (row.state, row.problem, row.attempts) == ("settled", None, 2)
    assert pages.crawls[1].report.fetched == 1


def test_a01_page_that_stays_away_is_asked_four_times_in_a_day_then_left(pages: Pages) -> None:
    assert pages.hits("gone") == 4
    row = pages.entry("gone")
    assert (row.state, row.attempts, row.next_attempt_at) == ("settled", 4, None)
    assert pages.article("gone").revision == 1


def test_first_crawl_counts_every_article_once(pages: Pages) -> None:
    report = pages.crawls[0].report
    assert report.failed == 0
    assert report.article_failures == 0
    assert report.from_feed == 2  # the sources feed and auto
    # and: robots.txt forbids; no link; /press/own is a 404; two sources that read no pages
    assert report.summary_only == len(BAD_PAGES) + len(BAD_DOCUMENTS) + 5
    # fine, shared, needed, moved-shared, and two of the secretive source
    assert report.fetched == 6
    assert pages.crawls[0].log == ()


def test_a14_page_that_robots_txt_forbids_is_not_asked_for(pages: Pages) -> None:
    assert pages.hits("forbidden") == 0
    row = pages.entry("forbidden")
    assert (row.state, row.problem) == ("settled", "robots.txt forbids this address")
    assert pages.article("forbidden").text == SUMMARY


@pytest.mark.parametrize(
    ("one", "other", "name"), [("wire", "copy", "shared"), ("wire-moved", "copy-moved", "moved-shared")]
)
def test_two_sources_with_one_address_cost_one_request_and_make_one_article(
    one: str, other: str, name: str, pages: Pages
) -> None:
    assert pages.hits(name) == 1
    assert pages.article(one).id == pages.article(other).id
    assert pages.article(one).origin == "page"


@pytest.mark.parametrize(("source", "page_name"), [("feed", "of-feed"), ("auto", "of-auto")])
def test_feed_with_full_text_costs_no_page_request(source: str, page_name: str, pages: Pages) -> None:
    assert pages.hits(page_name) == 0
    article = pages.article(source)
    assert (article.origin, article.text.split()) == ("feed", PROSE.split())


def test_feed_without_full_text_is_told_by_its_summary_where_pages_are_not_to_be_read(pages: Pages) -> None:
    assert pages.hits("unread") == 0
    assert pages.article("feed-without").text == SUMMARY


def test_teaser_in_the_feed_is_no_full_text(pages: Pages) -> None:
    assert pages.article("auto-teaser").origin == "page"
    assert pages.article("auto-teaser").text.split() == FULL.split()


def test_source_that_reads_pages_betters_the_summary_of_one_that_does_not(pages: Pages) -> None:
    assert pages.article("feed-other").id == pages.article("auto-teaser").id
    assert pages.hits("needed") == 1


def test_a13_entry_without_a_web_address_is_told_by_its_summary(pages: Pages) -> None:
    article = pages.article("no-link")
    assert (article.url, article.text, article.origin) == (None, SUMMARY, "summary")


def test_credentials_go_to_the_configured_origin_only(pages: Pages) -> None:
    for path in ("/feed/secretive", "/press/leaves", "/press/own"):
        (request,) = pages.newsroom.requests_for(path)
        assert (request.headers["authorization"], request.headers["x-key"]) == (SECRET, SECRET)
    for path in ("/caught", "/linked"):  # by a redirect, by a link
        (request,) = pages.elsewhere.requests_for(path)
        assert not {"authorization", "x-key"} & request.headers.keys()
        assert request.headers["accept-language"] == "my"


@pytest.mark.slow
def test_time_budget_ends_the_crawl_and_what_was_under_way_is_left_for_the_next(
    tmp_path: Path, newsroom: Newsroom
) -> None:
    newsroom.behave("/slow", "/hang")
    newsroom.add("/quick", page("News of quick", FULL))
    items = [{"title": name, "link": newsroom.url(f"/{name}")} for name in ("slow", "quick")]
    newsroom.add("/feed", a_feed(*items), RSS)
    sources = [
        a_source(name, newsroom.url(f"/{path}"))
        for name, path in {"a": "feed", "b": "hang", "c": "404"}.items()
    ]
    with Desk.open(tmp_path, sources) as desk:
        patient = {"DOWNLOAD_TIMEOUT": 60, "CONCURRENT_REQUESTS_PER_DOMAIN": 4}
        crawled = desk.crawl(settings=patient, deadline_s=3.0)
        assert crawled.seconds < 20
        assert crawled.log == ()
        assert {row.title: (row.state, row.attempts) for row in desk.entries("a")} == {
            "quick": ("settled", 1),
            "slow": ("new", 0),
        }
        assert desk.state("b") is None  # not read, so not failed
        failed = desk.state("c")
        assert failed is not None and failed.failures == 1  # known before the time was up
        assert (crawled.report.due, crawled.report.polled, crawled.report.failed) == (3, 2, 1)
        newsroom.add("/slow", page("News of slow", FULL))
        desk.crawl("a")
        assert [row.state for row in desk.entries("a")] == ["settled", "settled"]
        assert {row.origin for row in desk.articles("a")} == {"page"}
