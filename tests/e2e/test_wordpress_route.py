"""A run reads a site by WordPress' REST interface: its posts are matched and told as a feed's entries are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from crawler.clock import utc_now
from tests.chatroom import Chatroom
from tests.e2e.newsdesk import FILLER, TOLD, UNTOLD, slack
from tests.e2e.program import Finished, Program, a_source, page, rss
from tests.newsroom import Newsroom

pytestmark = pytest.mark.slow  # a dozen starts of the program

JSON = "application/json; charset=UTF-8"
FIREWALL = b"<!DOCTYPE html><title>403 Forbidden</title><h1>Forbidden</h1>"


def posts(newsroom: Newsroom, site: str, articles: Sequence[Mapping[str, str]]) -> bytes:
    """Return WordPress' answer for *articles*, published now by the site's clock and in GMT."""
    now = utc_now().strftime("%Y-%m-%dT%H:%M:%S")
    return json.dumps(
        [
            {
                "id": number,
                "guid": {"rendered": newsroom.url(f"{site}/?p={number}")},
                "link": newsroom.url(f"{site}/{item['id']}/"),
                "date": now,
                "date_gmt": now,
                "title": {"rendered": item["title"]},
                "excerpt": {"rendered": "<p>More inside &hellip;</p>", "protected": False},
                "content": {
                    "rendered": "".join(f"<p>{line}</p>" for line in item["text"].split("\n")),
                    "protected": False,
                },
            }
            for number, item in enumerate(articles, 1)
        ]
    ).encode()


def wordpress(name: str, url: str, **more: Any) -> dict[str, Any]:
    return a_source(name, url, routes=[{"kind": "wordpress", "url": url}], **more)


@dataclass(frozen=True, slots=True)
class Ran:
    """A run on four sites, and what came of it."""

    program: Program
    newsroom: Newsroom
    chatroom: Chatroom
    first: Finished
    told: tuple[str, ...]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    with Newsroom() as newsroom, Chatroom() as chatroom:
        # Pages that can be read; PHP's warnings before the posts.
        for item in (TOLD[0], UNTOLD[0]):
            newsroom.add(f"/open/{item['id']}/", page(item["title"], item["text"]))
        warned = b"<br />\n<b>Warning</b>: Undefined array key [0] in x.php<br />\n\xef\xbb\xbf"
        newsroom.add(
            "/open/wp-json/wp/v2/posts", warned + posts(newsroom, "/open", (TOLD[0], UNTOLD[0])), JSON
        )
        # A firewall before feed and pages, and only the other spelling let through: the posts' own text is all.
        for path in ("/guarded/feed/", f"/guarded/{TOLD[2]['id']}/", "/guarded/wp-json/wp/v2/posts"):
            newsroom.add(path, FIREWALL, status=403)
        newsroom.add("/guarded/", posts(newsroom, "/guarded", (TOLD[2], UNTOLD[1])), JSON)
        # The interface switched off by a plugin that answers 200.
        off = b'{"code":"rest_disabled","message":"The REST API is disabled.","data":{"status":401}}'
        newsroom.add("/off/wp-json/wp/v2/posts", off, JSON)
        # A feed that fails after the first run: its posts come again by the interface.
        newsroom.add(f"/both/{TOLD[1]['id']}/", page(TOLD[1]["title"], TOLD[1]["text"]))
        newsroom.add("/both/wp-json/wp/v2/posts", posts(newsroom, "/both", (TOLD[1],)), JSON)
        item = {"title": TOLD[1]["title"], "link": newsroom.url(f"/both/{TOLD[1]['id']}/")}
        newsroom.add("/both/feed/", rss([item]), "application/rss+xml")

        program = Program(tmp_path_factory.mktemp("wordpress"))
        guarded = [
            {"kind": "feed", "url": newsroom.url("/guarded/feed/")},
            {"kind": "wordpress", "url": newsroom.url("/guarded")},
            {"kind": "wordpress", "url": newsroom.url("/guarded/?rest_route=/")},
        ]
        both = [
            {"kind": "feed", "url": newsroom.url("/both/feed/")},
            {"kind": "wordpress", "url": newsroom.url("/both")},
        ]
        program.configure(
            [
                wordpress("open", newsroom.url("/open")),
                wordpress("off", newsroom.url("/off")),
                a_source("guarded", "", routes=guarded, language="my"),
                a_source("both", "", routes=both),
            ],
            [slack(chatroom)],
        )
        first = program.run()
        told = tuple(post.request.body.decode() for post in chatroom.posts)
        yield Ran(program, newsroom, chatroom, first, told)


def test_posts_become_articles_and_are_told(ran: Ran) -> None:
    assert ran.first.status == 0, ran.first.err
    counts = {item["id"]: sum(item["title"] in text for text in ran.told) for item in (*TOLD, *UNTOLD)}
    assert counts == {"clinic": 1, "anniversary": 1, "road": 1, "north": 0, "shopping": 0}
    articles = dict(ran.program.rows("SELECT title, origin FROM article"))
    assert articles[TOLD[0]["title"]] == "page"
    assert len(articles) == 5


def test_refused_pages_leave_the_posts_own_text(ran: Ran) -> None:
    rows = ran.program.rows("SELECT title, text FROM article WHERE source_id = 'guarded'")
    texts = dict(rows)
    assert texts[TOLD[2]["title"]] == TOLD[2]["text"]
    assert FILLER in texts[UNTOLD[1]["title"]]


def test_answer_asked_for_is_small_and_newest_first(ran: Ran) -> None:
    (request, *_) = ran.newsroom.requests_for("/open/wp-json/wp/v2/posts")
    assert request.query == {
        "per_page": "20",
        "orderby": "date",
        "order": "desc",
        "_fields": "id,guid,link,date,date_gmt,title,excerpt,content",
    }
    assert request.headers["accept"].startswith("application/json")
    asked = [request.query.get("rest_route") for request in ran.newsroom.requests_for("/guarded/")]
    assert asked[0] == "/wp/v2/posts"


def test_error_with_status_200_is_the_sources_problem(ran: Ran) -> None:
    problems = {problem["source"]: problem["problem"] for problem in ran.first.report["problems"]}
    assert problems == {"off": "REST error rest_disabled: The REST API is disabled."}


def test_post_that_came_by_the_feed_is_not_new_by_the_interface(ran: Ran) -> None:
    ran.newsroom.add("/both/feed/", FIREWALL, status=403)
    second = ran.program.run()
    assert second.status == 0, second.err
    assert ran.newsroom.requests_for("/both/wp-json/wp/v2/posts")
    assert ran.program.rows("SELECT count(*) FROM entry WHERE source_id = 'both'") == [(1,)]
    assert len(ran.chatroom.posts) == len(ran.told)
