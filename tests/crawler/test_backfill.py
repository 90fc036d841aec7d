"""Archives of every kind are walked back to a date, each page once, and the walk knows when it is at the end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crawler.archive import spider as archivespider
from crawler.archive.store import ArchiveStore
from crawler.archive.trip import Trip, plan_trips
from crawler.archive.walk import walk_back
from crawler.model import CrawlReport
from crawler.net import robots
from crawler.parse.shards import cut_sitemap, is_over
from tests.builders import NOW
from tests.crawler.crawling import QUICK, Desk, a_feed, told
from tests.e2e.program import a_source, page
from tests.newsroom import Newsroom

pytestmark = pytest.mark.slow  # a dozen crawls of archives

RSS = "application/rss+xml; charset=utf-8"
WORDPRESS = "<generator>https://wordpress.org/?v=6.8</generator>"
SINCE = NOW - timedelta(days=100)
PAGE = 5
PROSE = "Volunteers said that the road had been open since the morning and that lorries with rice came.\n" * 5


@dataclass(frozen=True, slots=True)
class Walked:
    """How a walk over one source ended."""

    trip: Trip
    report: CrawlReport
    store: ArchiveStore


def walk(
    desk: Desk, since: datetime = SINCE, *, articles: int = 0, settings: Mapping[str, object] = QUICK
) -> Walked:
    """Walk the archive of the desk's only source; stop when *articles* have come, unless that is 0."""
    store = ArchiveStore(desk.store.engine, desk.store.first_run_window)
    (trip,) = plan_trips(store, desk.config.sources, since, desk.now)

    async def go() -> CrawlReport:
        stop = asyncio.Event()

        async def stop_soon() -> None:
            while not articles or store.settled["paper"] < articles:
                await asyncio.sleep(0.02)
            stop.set()

        stopping = asyncio.create_task(stop_soon())
        report, problems = await walk_back(
            desk.config, store, lambda: desk.now, [trip], deadline_s=60, stop=stop, settings=settings
        )
        stopping.cancel()
        assert problems == ()
        return report

    return Walked(trip, asyncio.run(go()), store)


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as running:
        yield running


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archivespider, "WAITS_S", (0.1, 0.1, 0.1))


def at(home: Path, *routes: tuple[str, str], **more: Any) -> Desk:
    written = [{"kind": kind, "url": url} for kind, url in routes]
    return Desk.open(home, [a_source("paper", "", routes=written, **({"full_text": "feed"} | more))])


def day(number: int) -> str:
    """Return the date of a feed's item: one a day, number 0 an hour ago."""
    return (NOW - timedelta(days=number, hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")


def publish(newsroom: Newsroom, numbers: Sequence[int], newest: str = WORDPRESS) -> str:
    """Serve items of the days *numbers* as a WordPress feed of pages; return its address."""
    items = [{**told(f"day-{number}"), "date": day(number)} for number in numbers]
    for start in range(0, len(items), PAGE):
        path = "/feed" if start == 0 else f"/feed?paged={start // PAGE + 1}"
        newsroom.add(path, a_feed(*items[start : start + PAGE], newest=newest), RSS)
    newsroom.add(f"/feed?paged={-(-len(items) // PAGE) + 1}", "", status=404)
    return newsroom.url("/feed")


def titles(desk: Desk) -> list[str]:
    return sorted(row.title for row in desk.entries("paper"))


def asked(newsroom: Newsroom, path: str) -> list[str]:
    return [request.target for request in newsroom.requests_for(path)]


# -- feeds ------------------------------------------------------------------------------------------------------


def test_feed_is_walked_to_the_date_and_no_further(newsroom: Newsroom, tmp_path: Path) -> None:
    with at(tmp_path, ("feed", publish(newsroom, range(60)))) as desk:
        walked = walk(desk, NOW - timedelta(days=12))
        assert titles(desk) == sorted(f"News of day-{number}" for number in range(12))
        assert asked(newsroom, "/feed")[-1] == "/feed?paged=4"  # the first page that lies before
        assert (walked.trip.reached, walked.trip.walk.finished) == (True, NOW)
        assert all(row.backlog for row in desk.articles("paper"))
        assert desk.state("paper") is None


def test_feed_that_ends_is_done_and_known_entries_are_not_read_again(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    with at(tmp_path, ("feed", publish(newsroom, range(13)))) as desk:
        desk.crawl()
        walked = walk(desk)
        assert len(titles(desk)) == 13
        assert walked.report.entries_new == 8
        assert walked.trip.walk.finished == NOW
        newsroom.forget_requests()
        assert walk(desk).report.entries_new == 0
        assert len(asked(newsroom, "/feed")) == 4  # the command was given anew: pages, no articles


def test_page_that_repeats_ends_the_walk(newsroom: Newsroom, tmp_path: Path) -> None:
    body = a_feed(*({**told(f"day-{number}"), "date": day(number)} for number in range(5)), newest=WORDPRESS)
    newsroom.add("/feed", body, RSS)  # whatever page is asked for
    with at(tmp_path, ("feed", newsroom.url("/feed"))) as desk:
        walked = walk(desk)
        assert asked(newsroom, "/feed") == ["/feed", "/feed?paged=2", "/feed?paged=3"]
        assert walked.trip.walk.finished == NOW


@pytest.mark.parametrize("status", [503, 429])
def test_page_that_fails_for_a_while_is_asked_again(newsroom: Newsroom, tmp_path: Path, status: int) -> None:
    url = publish(newsroom, range(20))
    newsroom.add("/feed?paged=3", "", status=status)
    with at(tmp_path, ("feed", url)) as desk:
        stopped = walk(desk)
        assert stopped.trip.walk.finished is None
        assert f"{status}" in stopped.trip.note
        assert len(titles(desk)) == 2 * PAGE
        assert asked(newsroom, "/feed").count("/feed?paged=3") == 1 + len(archivespider.WAITS_S)
        publish(newsroom, range(20))
        newsroom.forget_requests()
        again = walk(desk)
        assert again.trip.is_resumed
        assert asked(newsroom, "/feed") == ["/feed?paged=3", "/feed?paged=4", "/feed?paged=5"]
        assert len(titles(desk)) == 20


def test_refusal_on_the_way_is_no_end(newsroom: Newsroom, tmp_path: Path) -> None:
    url = publish(newsroom, range(20))
    newsroom.add("/feed?paged=3", "", status=403)
    with at(tmp_path, ("feed", url)) as desk:
        walked = walk(desk)
        assert walked.trip.walk.finished is None
        assert walked.trip.walk.addresses == [newsroom.url("/feed?paged=3")]
        assert walked.trip.note == "403 forbidden (page 3 of feed)"


def test_feed_without_older_pages_leaves_the_past_to_the_next_route(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    single = publish(newsroom, range(3), newest="")
    shard = "".join(
        f"<url><loc>{newsroom.url(f'/2026/08/{number:02}/story')}</loc></url>" for number in range(1, 29)
    )
    newsroom.add("/sitemap.xml", f"<urlset>{shard}</urlset>", "application/xml")
    with at(tmp_path, ("sitemap", newsroom.url("/sitemap.xml")), ("feed", single)) as desk:
        walked = walk(desk)
        kept = [row.url for row in desk.entries("paper") if "/2026/08/" in row.url]
        assert sorted(kept) == [newsroom.url(f"/2026/08/{number:02}/story") for number in range(15, 29)]
        assert walked.trip.walk.route.endswith("/sitemap.xml")


# -- other kinds ------------------------------------------------------------------------------------------------


def posts(newsroom: Newsroom, numbers: Sequence[int]) -> str:
    return json.dumps(
        [
            {
                "id": number,
                "link": newsroom.url(f"/story-{number}/"),
                "date_gmt": f"{NOW - timedelta(days=number):%Y-%m-%dT%H:%M:%S}",
                "title": {"rendered": f"Story {number}"},
                "content": {"rendered": f"<p>{PROSE}</p>"},
            }
            for number in numbers
        ]
    )


def test_wordpress_behind_a_firewall_is_asked_by_its_other_spelling_and_ends_with_400(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    newsroom.add("/wp-json/wp/v2/posts", "<html>403</html>", status=403)

    def serve(exchange: Any) -> None:
        number = int(exchange.request.query["page"])
        # a plugin gives ten a page whatever is asked for
        body = posts(newsroom, range(1 + (number - 1) * 10, 1 + number * 10))
        status, text = (200, body) if number < 4 else (400, '{"code":"rest_post_invalid_page_number"}')
        headers = {"Content-Type": "application/json", "X-WP-TotalPages": "9"}
        exchange.respond(status, text.encode(), headers)

    answer = newsroom.answer
    newsroom.answer = lambda exchange: (  # type: ignore[method-assign]  # a site of its own
        serve(exchange) if "rest_route" in exchange.request.query else answer(exchange)
    )
    with at(tmp_path, ("wordpress", newsroom.base_url)) as desk:
        walked = walk(desk)
        assert len(titles(desk)) == 30
        assert walked.trip.walk.finished == NOW
        queries = [request.query for request in newsroom.requests if "rest_route" in request.query]
        assert {query["per_page"] for query in queries} == {"50"}
        assert [query["page"] for query in queries] == ["1", "2", "3", "4"]


def test_sitemap_index_is_walked_through_every_shard_of_the_period(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    def shard(name: str, count: int, lastmod: str) -> str:
        listed = "".join(
            f"<url><loc>{newsroom.url(f'/news/{name}-{number}')}</loc><lastmod>{lastmod}</lastmod></url>"
            for number in range(count)
        )
        newsroom.add(f"/{name}.xml", f"<urlset>{listed}</urlset>", "application/xml")
        return f"<sitemap><loc>{newsroom.url(f'/{name}.xml')}</loc><lastmod>{lastmod}</lastmod></sitemap>"

    names = [f"post-sitemap{number}" for number in range(1, 9)]
    index = "".join(shard(name, 230 if name.endswith("1") else 3, "2026-11-01") for name in names)
    index += shard("post-sitemap-2025-01", 5, "2026-11-01") + shard("post-sitemap0", 5, "2024-01-01")
    newsroom.add("/index.xml", f"<sitemapindex>{index}</sitemapindex>", "application/xml")
    with at(tmp_path, ("sitemap", newsroom.url("/index.xml"))) as desk:
        walked = walk(desk)
        assert len(desk.entries("paper")) == 230 + 7 * 3
        assert walked.trip.walk.pages == 9
        assert not newsroom.requests_for("/post-sitemap-2025-01.xml")
        assert not newsroom.requests_for("/post-sitemap0.xml")


def test_telegram_channel_is_walked_to_its_first_post(newsroom: Newsroom, tmp_path: Path) -> None:
    def preview(numbers: Sequence[int]) -> str:
        shown = "".join(
            '<div class="tgme_widget_message_wrap"><div class="tgme_widget_message" '
            f'data-post="hillside/{number}"><div class="tgme_widget_message_text js-message_text">Post {number}.'
            '</div><a class="tgme_widget_message_date">'
            f'<time datetime="{(NOW - timedelta(hours=99 - number)).isoformat()}"></time></a></div></div>'
            for number in numbers
        )
        return f'<html><title>Hillside</title><section class="tgme_channel_history">{shown}</section></html>'

    newsroom.add("/s/hillside", preview(range(21, 31)))
    newsroom.add("/s/hillside?before=21", preview(range(11, 21)))
    photos = preview(range(6, 11)).replace("tgme_widget_message_text", "tgme_widget_message_photo")
    newsroom.add("/s/hillside?before=11", photos)
    newsroom.add("/s/hillside?before=6", preview(range(1, 6)))
    with at(tmp_path, ("telegram", newsroom.url("/s/hillside"))) as desk:
        walked = walk(desk)
        assert len(desk.entries("paper")) == 25
        assert walked.trip.walk.finished == NOW


def a_listing(newsroom: Newsroom, number: int, last: int, ages: Sequence[int]) -> str:
    """Serve page *number* of a listing without dates, and its articles, which are so many days old."""
    cards = ""
    for age in ages:
        title = f"A longer headline of the story that is {age} days old"
        html = page(title, PROSE).decode()
        meta = f"<meta property='article:published_time' content='{(NOW - timedelta(days=age)).isoformat()}'>"
        newsroom.add(f"/news/story-{age}", html.replace("</head>", f"{meta}</head>"))
        cards += (
            f"<article class='card'><h3><a href='/news/story-{age}'>{title}</a></h3><p>{PROSE}</p></article>"
        )
    pager = f"<a class='next' rel='next' href='/news/page/{number + 1}/'>Next</a>" if number < last else ""
    body = f"<!doctype html><html><head><title>News</title></head><body><main>{cards}</main>{pager}</body></html>"
    path = "/news/" if number == 1 else f"/news/page/{number}/"
    newsroom.add(path, body)
    return newsroom.url(path)


def test_undated_articles_of_before_are_left_out_and_end_the_walk(newsroom: Newsroom, tmp_path: Path) -> None:
    for number in range(9, 0, -1):
        first = a_listing(newsroom, number, 9, range((number - 1) * 8, number * 8))
    with at(tmp_path, ("listing", first), full_text="page") as desk:
        walked = walk(desk, NOW - timedelta(days=12, hours=1))
        assert sorted(row.published_at for row in desk.articles("paper"))[0] == pytest.approx(
            (NOW - timedelta(days=12)).timestamp() * 1000
        )
        assert len(desk.entries("paper")) == len(desk.articles("paper")) == 13
        assert walked.trip.walk.finished == NOW
        assert walked.store.let_go["paper"] >= archivespider.MOST_LET_GO
        assert not newsroom.requests_for("/news/page/9/")


def test_slow_host_is_waited_for_and_a_walk_cut_short_goes_on_with_its_pages(
    newsroom: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robots, "MAX_WAITING_S", 1.0)  # a run would leave all but three pages to the next
    items = []
    for number in range(20):
        link = newsroom.add(f"/day-{number}", page(f"News of day-{number}", PROSE))
        items.append({"title": f"News of day-{number}", "link": link, "date": day(number)})
    newsroom.add("/feed", a_feed(*items), RSS)
    newsroom.robots("User-agent: *\nCrawl-delay: 0.5\n")
    with at(tmp_path, ("feed", newsroom.url("/feed")), full_text="page") as desk:
        one_at_a_time = {**QUICK, "CONCURRENT_REQUESTS_PER_DOMAIN": 1}
        walk(desk, articles=robots.LEAST_PAGES + 1, settings=one_at_a_time)
        read = sum(row.state == "settled" for row in desk.entries("paper"))
        assert robots.LEAST_PAGES < read < 20
        newsroom.forget_requests()
        walk(desk, settings=one_at_a_time)
        assert [row.origin for row in desk.articles("paper")] == ["page"] * 20
        pages = [request for request in newsroom.requests if request.path.startswith("/day-")]
        assert len(pages) == 20 - read
        assert min(later.at_s - earlier.at_s for earlier, later in pairwise(pages)) > 0.4


# -- long sitemaps ----------------------------------------------------------------------------------------------


def test_cut_sitemap_keeps_the_period_newest_first() -> None:
    urls = [
        f"<url><loc>https://a.example/{number}</loc><lastmod>20{number % 26 + 1:02}-05-05</lastmod></url>"
        for number in range(520)
    ]
    body = f"<?xml version='1.0'?><!-- <url> --><urlset>{''.join(urls)}</urlset>".encode()
    documents = cut_sitemap(body, datetime(2016, 1, 1, tzinfo=UTC))
    assert [document.count(b"<loc>") for document in documents] == [200, 20]
    assert b"2026-05-05" in documents[0]
    assert b"2026-05-05" not in documents[1]
    assert cut_sitemap(body, datetime(2027, 1, 1, tzinfo=UTC)) == ()
    assert cut_sitemap(b"<rss/>", SINCE) == (b"<rss/>",)


@pytest.mark.parametrize(
    ("address", "over"),
    [
        ("https://a.example/sitemap-posttype-post.2021-03.xml", True),
        ("https://a.example/sitemap-2023-10.xml", True),
        ("https://a.example/sitemap-2023-11.xml", False),
        ("https://a.example/sitemap/2022.xml", True),
        ("https://a.example/sitemap/2023/index.xml", False),
        ("https://a.example/post-sitemap2021.xml", False),
        ("https://a.example/sitemap.xml?yyyy=2020&mm=12", True),
    ],
)
def test_shard_of_a_period_that_is_over(address: str, over: bool) -> None:
    assert is_over(address, datetime(2023, 11, 11, tzinfo=UTC)) is over
