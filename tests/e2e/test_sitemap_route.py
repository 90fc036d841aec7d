"""``newswatch run`` on outlets that have a sitemap and no feed."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from html import escape

import pytest

from crawler.clock import utc_now
from tests.chatroom import Chatroom
from tests.e2e.newsdesk import TOLD, UNTOLD, slack, told_in
from tests.e2e.program import Finished, Program, a_source, page
from tests.newsroom import Newsroom

pytestmark = pytest.mark.slow  # a dozen starts of the program


def publish_pages(newsroom: Newsroom, folder: str, articles: Sequence[Mapping[str, str]]) -> list[str]:
    """Serve *articles* as pages below *folder*; return their addresses."""
    return [
        newsroom.add(f"{folder}/{item['id']}", page(item["title"], item["text"], item.get("language", "en")))
        for item in articles
    ]


def an_index(*addresses: str) -> str:
    return (
        f"<sitemapindex>{''.join(f'<sitemap><loc>{url}</loc></sitemap>' for url in addresses)}</sitemapindex>"
    )


def a_urlset(addresses: Sequence[str], titles: Sequence[str] = ()) -> str:
    """Return a sitemap of *addresses*, the newest last; a news sitemap where there are *titles*."""
    now, urls = utc_now(), []
    for index, address in enumerate(addresses):
        stamp = (now - timedelta(minutes=len(addresses) - index)).isoformat(timespec="seconds")
        news = (
            f"<news:news><news:publication_date>{stamp}</news:publication_date>"
            f"<news:title>{escape(titles[index])}</news:title></news:news>"
            if titles
            else ""
        )
        urls.append(f"<url><loc>{escape(address)}</loc><lastmod>{stamp}</lastmod>{news}</url>")
    return (
        "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' "
        f"xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'>{''.join(urls)}</urlset>"
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, Finished, Newsroom, Chatroom]]:
    """Run once: a sitemap without titles, an index of news sitemaps of two editions, and a log-in page."""
    with Newsroom() as newsroom, Chatroom() as chatroom:
        plain = publish_pages(newsroom, "/plain", [TOLD[0], UNTOLD[0]])
        sections = [newsroom.url("/"), newsroom.url("/tag/loikaw"), newsroom.url("/plain.jpg")]
        newsroom.add("/plain.xml", a_urlset([*plain, *sections]), "application/xml")
        kept = publish_pages(newsroom, "/burmese", [TOLD[1], TOLD[2], UNTOLD[1]])
        titles = [TOLD[1]["title"], TOLD[2]["title"], UNTOLD[1]["title"]]
        packed = gzip.compress(a_urlset([*kept, newsroom.url("/english/x")], [*titles, "Loikaw"]).encode())
        shards = [
            newsroom.add("/news-1.xml.gz", packed, "application/gzip"),
            newsroom.add("/news-2.xml.gz", a_urlset([newsroom.url("/english/y")], ["Loikaw"]), "text/xml"),
            newsroom.url("/video-sitemap.xml"),
        ]
        index = newsroom.add("/index.xml", an_index(*shards), "text/xml")
        program = Program(tmp_path_factory.mktemp("sitemap"))
        login = newsroom.add("/login.xml", "<!doctype html><title>Log in</title>")
        lines = newsroom.add("/lines.txt", publish_pages(newsroom, "/lines", [UNTOLD[0]])[0], "text/plain")
        routes = {
            "plain": [newsroom.url("/plain.xml")],
            "edition": [f"{index}#/burmese/"],
            "broken": [login],
            "mended": [login, lines],
        }
        program.configure(
            [
                a_source(name, urls[0], routes=[{"kind": "sitemap", "url": url} for url in urls])
                for name, urls in routes.items()
            ],
            [slack(chatroom)],
        )
        yield program, program.run(), newsroom, chatroom


def test_articles_of_a_sitemap_match_and_are_told(
    ran: tuple[Program, Finished, Newsroom, Chatroom],
) -> None:
    _, first, _, chatroom = ran
    assert first.status == 0, first.err
    assert first.report["sources"] == {"due": 4, "polled": 4, "not_modified": 0, "failed": 1}
    assert first.report["entries"] == {"seen": 6, "new": 6}
    assert first.report["articles"]["fetched"] == 6
    assert first.report["matches"] == {"loikaw": 2, "operation-1111": 1}
    assert told_in(chatroom.posts) == {item["id"]: 1 for item in TOLD} | {item["id"]: 0 for item in UNTOLD}


def test_title_comes_from_the_page_where_the_sitemap_has_none(
    ran: tuple[Program, Finished, Newsroom, Chatroom],
) -> None:
    program, *_ = ran
    rows = program.rows("SELECT e.title, a.title FROM entry e JOIN article a ON a.id = e.article_id")
    titles = {item["title"] for item in (*TOLD, *UNTOLD)}
    assert {told or shown for told, shown in rows} == titles
    assert sorted(told for told, _ in rows)[:3] == ["", "", ""]  # of the plain sitemap and the list of lines
    assert {shown for _, shown in rows} == titles


def test_nothing_is_asked_that_is_no_article_of_the_kept_edition(
    ran: tuple[Program, Finished, Newsroom, Chatroom],
) -> None:
    _, _, newsroom, _ = ran
    asked = {request.path for request in newsroom.requests}
    assert {"/index.xml", "/news-1.xml.gz", "/news-2.xml.gz"} <= asked
    assert not asked & {"/", "/tag/loikaw", "/plain.jpg", "/english/x", "/english/y", "/video-sitemap.xml"}


def test_second_run_finds_nothing_new(ran: tuple[Program, Finished, Newsroom, Chatroom]) -> None:
    program, *_, chatroom = ran
    before = len(chatroom.posts)
    again = program.run()
    assert again.report["entries"]["new"] == 0
    assert len(chatroom.posts) == before


def test_page_instead_of_a_sitemap_is_named_and_the_next_route_serves(
    ran: tuple[Program, Finished, Newsroom, Chatroom],
) -> None:
    program, first, *_ = ran
    assert [(problem["source"], problem["problem"]) for problem in first.report["problems"]] == [
        ("broken", "login page, not a sitemap: Log in")
    ]
    assert program.rows("SELECT count(*) FROM entry WHERE source_id = 'mended'") == [(1,)]
