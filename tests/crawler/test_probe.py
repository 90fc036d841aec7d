"""Trying sources: what a site says of other ways to its news, which is better, and how each is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from crawler.config import CrawlConfig
from crawler.discovery.autodiscovery import find_home, read_home, read_robots, usual_places
from crawler.discovery.probe import TIME_IS_UP, SourceProbe, probe_sources
from crawler.discovery.routechoice import (
    RouteProbe,
    is_foreign,
    judge_text,
    newest_of,
    suggest_routes,
    write_routes,
)
from crawler.model import FeedEntry
from tests.builders import NOW
from tests.crawler.crawling import Desk, a_feed, told
from tests.e2e.program import a_source
from tests.newsroom import Newsroom

pytestmark = pytest.mark.slow  # dozens of probes on loopback

FEED = "application/rss+xml"
HOME = "https://outlet.example/"
DATED = format_datetime(NOW - timedelta(hours=2))


def a_route(kind: str = "feed", url: str = "https://outlet.example/feed", **more: Any) -> RouteProbe:
    return RouteProbe(kind, url, **{"items": 10, "newest": NOW, "text": "excerpt", **more})


# -- a home page -------------------------------------------------------------------------------------------------


def test_home_page_names_feeds_wordpress_and_a_channel() -> None:
    page = read_home(
        b"""<!doctype html><meta content="WordPress 6.4.2" name="generator">
        <link rel="alternate" type="application/rss+xml" title="News" href="/feed/">
        <link rel='alternate' type='application/rss+xml' href='/comments/feed/'>
        <link rel=alternate type=application/atom+xml href=atom.xml?a=1&amp;b=2>
        <link rel="alternate" type="application/json+oembed" href="/wp-json/oembed/1.0/embed">
        <!-- <link rel="alternate" type="application/rss+xml" href="/old/"> -->
        <script>var x = '<a href="https://t.me/in_script">';</script>
        <a href="https://t.me/share/url?url=x">share</a> <a href="https://t.me/+AbCdEf">group</a>
        <a class="icon" href="https://t.me/outlet_news">Telegram</a>""",
        {"link": '<https://outlet.example/wp-json/>; rel="https://api.w.org/"'},
        HOME,
    )
    assert page.cms == "WordPress 6.4.2 (generator)"
    assert [feed.url for feed in page.feeds] == [
        "https://outlet.example/feed/",
        "https://outlet.example/atom.xml?a=1&b=2",
    ]
    assert page.wordpress and page.wordpress.url == "https://outlet.example"
    assert [channel.url for channel in page.channels] == ["https://t.me/s/outlet_news"]


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        ("<meta name='Generator' content='Drupal 10 (https://www.drupal.org)'>", {}, "Drupal 10 (generator)"),
        ("<p>", {"x-drupal-cache": "HIT"}, "Drupal (header x-drupal-cache)"),
        ("<img src='/wp-content/x.png'>", {}, "WordPress (paths: wp-content)"),
        ("<script src='/_next/static/a.js'>", {}, "Next.js (paths: _next/static)"),
        ("<p>", {"x-powered-by": "PHP/8.2"}, None),
        ("<p>", {"x-powered-by": "Craft CMS"}, "Craft CMS (header x-powered-by)"),
        ("<p>", {}, None),
    ],
)
def test_cms_is_told_with_how_it_was_recognised(
    body: str, headers: Mapping[str, str], expected: str | None
) -> None:
    assert read_home(body.encode(), headers, HOME).cms == expected


def test_rest_interface_by_query_stays_one() -> None:
    page = read_home(b"<link rel='https://api.w.org/' href='https://outlet.example/?rest_route=/'>", {}, HOME)
    assert page.wordpress and page.wordpress.url == "https://outlet.example/?rest_route=/"


@pytest.mark.parametrize(
    "body",
    [
        b"<!--" * 300_000,
        b"<script" * 150_000,
        b"<a " * 400_000,
        b"<a href=" * 150_000,
        b"<link " + b"x=" * 500_000,
    ],
    ids=["comments", "scripts", "tags", "values", "attributes"],
)
def test_hostile_home_page_is_read_in_no_time(body: bytes) -> None:
    begun = time.monotonic()
    read_home(body, {}, HOME)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("href", ["javascript:alert(1)", "http://[", "file:///etc/passwd", "ftp://x/feed"])
def test_addresses_that_are_none_are_passed_over(href: str) -> None:
    page = read_home(f'<link rel=alternate type=application/rss+xml href="{href}">'.encode(), {}, HOME)
    assert page.feeds == ()


@pytest.mark.parametrize(
    ("kind", "url", "home"),
    [
        ("feed", "https://outlet.example/feed/", HOME),
        ("feed", "https://outlet.example/en/feed", "https://outlet.example/en/"),
        ("feed", "https://outlet.example/rss.xml", HOME),
        ("wordpress", "https://outlet.example/en", "https://outlet.example/en/"),
        ("wordpress", "https://outlet.example/wp-json/wp/v2/posts", HOME),
        ("feed", "https://news.google.com/rss/search?q=x", None),
        ("telegram", "https://t.me/s/outlet", None),
    ],
)
def test_home_of_a_route(kind: str, url: str, home: str | None) -> None:
    assert find_home(kind, url) == home


def test_robots_says_allowed_delay_and_sitemaps() -> None:
    text = b"Sitemap: /map.xml\nSitemap: javascript:x\nUser-agent: *\nDisallow: /feed\nCrawl-delay: 10\n"
    word = read_robots(200, text, "https://outlet.example/feed", "newswatch")
    assert (word.allowed, word.delay_s) == (False, 10.0)
    assert [item.url for item in word.sitemaps] == ["https://outlet.example/map.xml"]
    assert read_robots(200, text, "https://outlet.example/x", "newswatch").allowed
    assert read_robots(404, text, "https://outlet.example/feed", "newswatch").allowed
    assert not read_robots(503, b"", HOME, "newswatch").allowed


def test_usual_feeds_stand_below_the_section_sitemaps_at_the_root() -> None:
    section = "https://outlet.example/en/"
    assert usual_places(section, "feed")[0].url == "https://outlet.example/en/feed/"
    assert usual_places(section, "sitemap")[0].url == "https://outlet.example/news-sitemap.xml"


# -- which route is better ---------------------------------------------------------------------------------------


def test_text_and_newest_of_entries() -> None:
    long, short, bare = FeedEntry("t", content="x" * 700), FeedEntry("t", summary="x" * 90), FeedEntry("t")
    assert judge_text([long, long, bare]) == "full text"
    assert judge_text([long, short, bare, bare]) == "excerpt"
    assert judge_text([bare, bare, short]) == "titles only"
    assert judge_text([]) is None
    ahead = FeedEntry("t", published=NOW + timedelta(hours=6))
    assert newest_of([ahead, bare], NOW) == NOW
    assert newest_of([bare], NOW) is None


def test_other_edition_is_recognised_by_its_script() -> None:
    burmese = [FeedEntry("လွိုင်ကော်မြို့")] * 2  # town of Loikaw
    assert is_foreign(burmese, "en")
    assert not is_foreign(burmese, "my")
    assert is_foreign([FeedEntry("Loikaw")], "my")


def test_nothing_is_proposed_for_a_good_first_route() -> None:
    found = [a_route("wordpress", "https://outlet.example"), a_route("sitemap", text="titles only")]
    assert suggest_routes([a_route()], found) is None


@pytest.mark.parametrize(
    ("first", "found", "reason"),
    [
        (a_route(problem="403 forbidden", items=0), a_route("wordpress"), "does not serve (403 forbidden)"),
        (a_route(stale="stale: old"), a_route("sitemap"), "does not serve (stale: old)"),
        (a_route(url="https://news.google.com/rss/search?q=x"), a_route(), "is a search"),
        (a_route("listing", text="titles only"), a_route(), "tells more of an entry"),
        (
            a_route(newest=NOW - timedelta(days=5)),
            a_route(text="full text"),
            "ahead of the first route by 5 days",
        ),
        (
            a_route(text="titles only"),
            a_route(text="full text"),
            "carries full text, the first route titles only",
        ),
    ],
)
def test_better_route_is_proposed_with_its_reason(first: RouteProbe, found: RouteProbe, reason: str) -> None:
    suggestion = suggest_routes([first], [replace(found, found_by="test")])
    assert suggestion is not None
    assert reason in suggestion.reason
    assert [route.found_by for route in suggestion.routes] == ["test", None]


def test_route_of_another_edition_is_never_proposed() -> None:
    broken = a_route(problem="404 not found", items=0)
    assert suggest_routes([broken], [a_route(foreign=True)]) is None


def test_proposed_yaml_says_what_it_means() -> None:
    broken = a_route(problem="404 not found", items=0)
    odd = a_route(url='https://outlet.example/?q="${HOME}": #x', found_by="named in robots.txt")
    suggestion = suggest_routes([broken], [odd])
    assert suggestion
    read = yaml.safe_load("\n".join(write_routes(suggestion)))
    assert [route["url"] for route in read["routes"]] == [odd.url.replace("${", "$${"), broken.url]


# -- asking ------------------------------------------------------------------------------------------------------


def probe(config: CrawlConfig, budget_s: float = 30.0) -> dict[str, SourceProbe]:
    probes = asyncio.run(probe_sources(config, config.sources, NOW, budget_s=budget_s))
    return {item.source_id: item for item in probes}


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, SourceProbe], Newsroom]]:
    with Newsroom() as main, Newsroom() as closed:
        main.add("/", "<link rel=alternate type=application/rss+xml href=/whole><p>/wp-content/")
        main.add("/whole", a_feed(*(told(name, date=DATED) for name in "abc")), FEED)
        main.add("/short", a_feed(told("x", content="", summary="Just a line.", date=DATED)), FEED)
        main.add("/old", a_feed(told("x", date="Mon, 05 Jan 2015 10:00:00 GMT")), FEED)
        main.robots("User-agent: *\nDisallow: /private\nSitemap: /map.xml\n")
        main.add(
            "/map.xml",
            "<sitemapindex><sitemap><loc>/part.xml</loc></sitemap></sitemapindex>",
            "application/xml",
        )
        main.add("/part.xml", "<urlset><url><loc>/2026/11/a-story</loc></url></urlset>", "application/xml")
        closed.behave("/robots.txt", "/503")
        routes: Sequence[Mapping[str, str]] = [
            {"kind": "feed", "url": main.url("/gone")},
            {"kind": "feed", "url": main.url("/short")},
        ]
        desk = Desk.open(
            tmp_path_factory.mktemp("probe"),
            [
                a_source("short", main.url("/short")),
                a_source("old", main.url("/old")),
                a_source("fallback", "", routes=routes),
                a_source("private", main.url("/private/feed")),
                a_source("closed", closed.url("/feed")),
                a_source("offline", "http://127.0.0.1:9/feed"),
            ],
        )
        with desk:
            yield probe(desk.config), main


def test_working_source_tells_items_age_and_text(probed: tuple[dict[str, SourceProbe], Newsroom]) -> None:
    source = probed[0]["short"]
    (route,) = source.routes
    assert source.works and source.answered and source.is_complete
    assert (route.status, route.items, route.text) == ("works", 1, "titles only")
    assert route.newest == NOW - timedelta(hours=2)
    assert (source.cms, source.robots) == ("WordPress (paths: wp-content)", "allowed")


def test_other_routes_are_found_tried_and_proposed(probed: tuple[dict[str, SourceProbe], Newsroom]) -> None:
    source, main = probed[0]["short"], probed[1]
    assert [(route.kind, route.url, route.items) for route in source.found] == [
        ("feed", main.url("/whole"), 3),
        ("sitemap", main.url("/map.xml"), 1),
    ]
    assert source.suggestion
    assert source.suggestion.reason == "it carries full text, the first route titles only"


def test_stale_route_does_not_serve(probed: tuple[dict[str, SourceProbe], Newsroom]) -> None:
    source = probed[0]["old"]
    assert not source.works
    assert source.routes[0].status == "stale: its newest entry is of 2015-01-05"
    assert source.suggestion and source.suggestion.routes[0].url == probed[1].url("/whole")


def test_every_configured_route_is_tried(probed: tuple[dict[str, SourceProbe], Newsroom]) -> None:
    source = probed[0]["fallback"]
    assert [route.status for route in source.routes] == ["404 not found", "works"]
    assert source.works
    assert source.suggestion and source.suggestion.routes[-1].url.endswith("/gone")


def test_robots_is_obeyed_and_told(probed: tuple[dict[str, SourceProbe], Newsroom]) -> None:
    sources, main = probed
    assert sources["private"].robots == "forbids route 1"
    assert sources["private"].routes[0].status == "robots.txt forbids this address"
    assert not [request for request in main.requests if request.path.startswith("/private")]
    assert "503" in sources["closed"].routes[0].status
    assert sources["closed"].answered


def test_silent_host_is_asked_once_and_nothing_is_guessed(
    probed: tuple[dict[str, SourceProbe], Newsroom],
) -> None:
    source = probed[0]["offline"]
    assert not source.answered
    assert (source.routes[0].status, source.home_problem) == ("connection refused", "connection refused")
    assert source.found == ()


def test_time_budget_ends_the_asking(tmp_path: Path) -> None:
    with Newsroom() as newsroom:
        routes = [{"kind": "feed", "url": newsroom.url(path)} for path in ("/hang", "/feed")]
        with Desk.open(tmp_path, [a_source("slow", "", routes=routes)]) as desk:
            begun = time.monotonic()
            source = probe(desk.config, budget_s=1.0)["slow"]
            assert time.monotonic() - begun < 6
    assert not source.is_complete
    assert not source.fails
    assert [route.problem for route in source.routes] == [TIME_IS_UP, TIME_IS_UP]
    assert source.suggestion is None
