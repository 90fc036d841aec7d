"""Politeness: robots.txt obeyed and kept for a day, one request at a time, delays, and who we say we are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.crawler.crawling import Crawled, Desk, a_feed, told
from tests.e2e.program import a_source
from tests.newsroom import Newsroom

RSS = "application/rss+xml"
DISALLOW = "User-agent: *\nDisallow: /feed\n"
FORBIDDEN = "robots.txt forbids this address"
UNAVAILABLE = "robots.txt answered 503: a no for now (RFC 9309 §2.3.1.4)"

# origin -> (its robots.txt, the cause of failure, "" when the feed is read)
TEXTS: Mapping[str, tuple[str, str]] = {
    "allows-all": ("User-agent: *\nDisallow:\n", ""),
    "empty": ("", ""),
    "disallows": (DISALLOW, FORBIDDEN),
    "disallows-us": ("User-agent: *\nAllow: /\n\nUser-agent: NewsWatch\nDisallow: /\n", FORBIDDEN),
    "disallows-another": ("User-agent: otherbot\nDisallow: /\n", ""),
    "longest-rule-wins": ("User-agent: *\nDisallow: /\nAllow: /feed\n", ""),
    "wildcard": ("User-agent: *\nDisallow: /*eed$\n", FORBIDDEN),
    "byte-order-mark": ("\ufeff" + DISALLOW, FORBIDDEN),
    "huge": (DISALLOW + "# filling\n" * 70_000, FORBIDDEN),
    "html": ("<!doctype html><title>Welcome</title>", ""),
}
BEHAVIOURS: Mapping[str, tuple[str, str]] = {
    "404": ("/404", ""),
    "403": ("/403", ""),
    "429": ("/429", ""),
    "503": ("/503", UNAVAILABLE),
    "moved-to-no": ("/301?to=/elsewhere/robots.txt", FORBIDDEN),
    "reset": ("/rst", "broken answer: [Errno 104] Connection reset by peer"),
    "hang": ("/hang", "no answer in time"),
}
CAUSES = {name: cause for name, (_, cause) in {**TEXTS, **BEHAVIOURS}.items()}


@dataclass(frozen=True, slots=True)
class Visits:
    """Crawls at 0 min, 20 min, 40 min and 24 h. Counts of robots.txt requests after each, by origin."""

    desk: Desk
    newsrooms: Mapping[str, Newsroom]
    first: Crawled
    asked: tuple[Mapping[str, int], ...]


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    """Visit one origin for each robots.txt."""
    with ExitStack() as stack:
        newsrooms = {name: stack.enter_context(Newsroom()) for name in CAUSES}
        for name, newsroom in newsrooms.items():
            newsroom.add("/feed", a_feed(told(name)), RSS)
            if name in TEXTS:
                newsroom.robots(TEXTS[name][0])
            else:
                newsroom.behave("/robots.txt", BEHAVIOURS[name][0])
        newsrooms["moved-to-no"].add("/elsewhere/robots.txt", DISALLOW, "text/plain")
        sources = [
            a_source(name, newsroom.url("/feed"), full_text="feed") for name, newsroom in newsrooms.items()
        ]
        desk = stack.enter_context(Desk.open(tmp_path_factory.mktemp("robots"), sources))

        def count() -> dict[str, int]:
            return {name: len(newsroom.requests_for("/robots.txt")) for name, newsroom in newsrooms.items()}

        first, asked = desk.crawl(), [count()]
        newsrooms["hang"].behave("/robots.txt", "/404")
        newsrooms["503"].behave("/robots.txt", "/404")
        for wait in (timedelta(minutes=20), timedelta(minutes=20), timedelta(hours=23, minutes=20)):
            desk.crawl(after=wait)
            asked.append(count())
        yield Visits(desk, newsrooms, first, tuple(asked))


@pytest.mark.parametrize("name", CAUSES)
def test_a14_robots_txt_is_obeyed(name: str, visits: Visits) -> None:
    assert visits.first.cause(name) == CAUSES[name]
    read = name in ("503", "hang") or not CAUSES[name]  # these two were mended later
    assert bool(visits.newsrooms[name].requests_for("/feed")) is read


def test_robots_txt_is_asked_once_a_day(visits: Visits) -> None:
    kept = [name for name in CAUSES if name not in ("503", "hang", "reset")]
    assert {name: [counts[name] for counts in visits.asked] for name in kept} == {
        name: [1, 1, 1, 2] for name in kept
    }


def test_a14_robots_txt_that_fails_is_asked_again_sooner(visits: Visits) -> None:
    # A server error after half an hour; no answer at all at the next crawl, where every try is made twice.
    assert [counts["503"] for counts in visits.asked] == [1, 1, 2, 2]
    assert [counts["reset"] for counts in visits.asked] == [2, 4, 6, 8]
    assert [counts["hang"] for counts in visits.asked] == [2, 3, 3, 3]


def test_every_request_says_who_we_are_and_whom_to_ask(visits: Visits) -> None:
    requests = [request for newsroom in visits.newsrooms.values() for request in newsroom.requests]
    assert {request.headers["user-agent"] for request in requests} == {
        "newswatch/0.1 (+https://example.org/tests)"
    }
    assert {request.method for request in requests} == {"GET"}
    assert not any("referer" in request.headers or "cookie" in request.headers for request in requests)


@pytest.mark.parametrize(
    ("delay", "robots", "behaviour", "least_s"),
    [
        (
            "0s",
            "",
            "/hang?seconds=0.3",
            0.3,
        ),  # one connection a host: an answer is awaited before the next request
        ("0.4s", "", "/404", 0.4),
        ("0.1s", "User-agent: *\nCrawl-delay: 0.6\n", "/404", 0.6),
        ("0.6s", "User-agent: *\nCrawl-delay: 0.1\n", "/404", 0.6),
    ],
)
def test_requests_to_one_host_keep_their_distance(
    delay: str, robots: str, behaviour: str, least_s: float, tmp_path: Path, newsroom: Newsroom
) -> None:
    newsroom.robots(robots)
    names = ("one", "two", "three")
    sources = [a_source(name, newsroom.behave(f"/{name}", behaviour)) for name in names]
    with Desk.open(tmp_path, sources, delay=delay) as desk:
        crawled = desk.crawl(settings={})
    assert set(crawled.problems) == set(names)
    times = [request.at_s for request in newsroom.requests]
    gaps = [later - earlier for earlier, later in pairwise(times[1:])]
    assert len(gaps) == 2
    assert min(gaps) >= least_s - 0.05


def test_a_redirect_is_counted_to_the_host_that_it_leads_to(tmp_path: Path, newsroom: Newsroom) -> None:
    with Newsroom() as other:
        other.robots(DISALLOW)
        newsroom.behave("/feed", f"/302?to={other.url('/feed')}")
        with Desk.open(tmp_path, [a_source("one", newsroom.url("/feed"))]) as desk:
            assert desk.crawl().cause("one") == FORBIDDEN
        assert other.requests_for("/feed") == ()
