"""``newswatch run`` on an outlet that has no feed, only a page of headlines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import pytest

from crawler.clock import utc_now
from tests.chatroom import Chatroom
from tests.e2e.newsdesk import TOLD, UNTOLD, slack, told_in
from tests.e2e.program import Program, a_source, page
from tests.newsroom import Newsroom

pytestmark = pytest.mark.slow  # a dozen starts of the program


def a_listing(articles: Sequence[Mapping[str, str]]) -> str:
    """Return a category page: a menu, one card an article, a rail with an old story about the town."""
    now = utc_now().isoformat()
    cards = "".join(
        f"<article class='post'><a href='/2026/{item['id']}-of-the-day.html'><img alt=''></a><h2 class='entry-title'>"
        f"<a href='/2026/{item['id']}-of-the-day.html'>{escape(item['title'])}</a></h2><time datetime='{now}'></time>"
        f"<a href='/2026/{item['id']}-of-the-day.html'>Read more</a></article>"
        for item in articles
    )
    return (
        "<!doctype html><html><head><title>News - Outlet</title></head><body class='archive'>"
        "<nav><a href='/tag/loikaw'>Loikaw</a></nav><main>"
        f"{cards}</main><div class='box'><h3>Most read</h3><ul><li><a href='/2019/old-fire-in-loikaw-town.html'>"
        "The old fire in Loikaw town, remembered</a></li></ul></div></body></html>"
    )


def serve(newsroom: Newsroom, articles: Sequence[Mapping[str, str]]) -> str:
    """Serve a listing of *articles* and their pages; return the listing's address."""
    for item in articles:
        body = page(item["title"], item["text"], item.get("language", "en"))
        newsroom.add(f"/2026/{item['id']}-of-the-day.html", body)
    newsroom.add("/2019/old-fire-in-loikaw-town.html", page("The old fire", "A fire in Loikaw town. " * 20))
    return newsroom.add("/news", a_listing(articles))


def a_program(home: Path, url: str, chatroom: Chatroom) -> Program:
    program = Program(home)
    source = a_source("outlet", url, routes=[{"kind": "listing", "url": url}])
    program.configure([source], [slack(chatroom)])
    return program


def test_headlines_of_a_page_become_articles_that_match(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = a_program(tmp_path, serve(newsroom, [*TOLD, *UNTOLD]), chatroom)
    done = program.run()
    assert done.status == 0, done.err
    assert done.report["entries"] == {"seen": 5, "new": 5}
    assert done.report["articles"] == {"fetched": 5, "from_feed": 0, "summary_only": 0, "failed": 0}
    assert done.report["matches"] == {"loikaw": 2, "operation-1111": 1}
    assert told_in(chatroom.posts) == {item["id"]: 1 for item in TOLD} | {item["id"]: 0 for item in UNTOLD}
    assert newsroom.requests_for("/2019/old-fire-in-loikaw-town.html") == ()

    newsroom.add("/news", a_listing([*UNTOLD, *TOLD]))  # another order, the same articles
    again = program.run()
    assert again.report["entries"] == {"seen": 5, "new": 0}
    assert again.report["deliveries"]["sent"] == 0


def test_selectors_stay_here_and_find_the_links(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    url = f"{serve(newsroom, TOLD[:1])}#links=h2.entry-title>a"
    done = a_program(tmp_path, url, chatroom).run()
    assert done.report["entries"] == {"seen": 1, "new": 1}
    assert done.report["matches"]["loikaw"] == 1
    assert all(
        "#" not in request.target and "entry-title" not in request.target for request in newsroom.requests
    )


def test_article_given_as_listing_is_a_problem_in_words(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    story = "".join(f"<p>{'The road to the lake stayed open, a driver said. ' * 4}</p>" for _ in range(6))
    related = a_listing(TOLD).partition("<main>")[2]
    url = newsroom.add("/2026/one.html", f"<html><title>Road open</title><body>{story}<div>{related}")
    done = a_program(tmp_path, url, chatroom).run()
    assert [problem["problem"] for problem in done.report["problems"]] == [
        "an article, not a page that lists articles: 'Road open'"
    ]
    assert not any(told_in(chatroom.posts).values())
