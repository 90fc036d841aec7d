"""A backfill brings a whole archive, whatever fails on the way and even killed; nothing comes twice, nobody is told."""

from __future__ import annotations

import json
import random
import signal
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from crawler.clock import utc_now
from tests.chatroom import Chatroom
from tests.e2e.newsdesk import slack
from tests.e2e.program import Program, a_source
from tests.newsroom import Exchange, Newsroom

pytestmark = pytest.mark.slow  # a dozen starts of the program

JSON = "application/json; charset=UTF-8"
WORDS = tuple(
    map("".join, product(("ba", "du", "ke", "li", "mo", "ra", "tu", "ve"), repeat=3))
)  # 512, of no language
POSTS = "/wp-json/wp/v2/posts"


class Archive(Newsroom):
    """A WordPress site of many posts, one every two hours, that fails where it is told, once a page."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.newest: datetime = utc_now() - timedelta(hours=1)
        self.failures: dict[int, str] = {}  # page: behaviour
        self.given: dict[int, int] = {}  # page: how often it was asked for
        self.reached = threading.Event()
        self.stop_at = 0  # page whose answer is held back
        super().__init__()

    def answer(self, exchange: Exchange) -> None:
        if exchange.request.path != POSTS:
            super().answer(exchange)
            return
        query = exchange.request.query
        page, size = int(query.get("page", "1")), int(query["per_page"])
        with self.lock:
            self.given[page] = self.given.get(page, 0) + 1
            failure = self.failures.pop(page, "")
        if page == self.stop_at:
            self.reached.set()
            exchange.pause(20)
        elif failure == "503":
            exchange.respond(503, b"busy")
        elif failure == "reset":
            exchange.reset()
        elif failure == "timeout":
            exchange.pause(50)
        else:
            self._give(exchange, page, size, query)

    def _give(self, exchange: Exchange, page: int, size: int, query: dict[str, str]) -> None:
        after = datetime.fromisoformat(query["after"]) if "after" in query else None
        dates = [self.newest - timedelta(hours=2) * number for number in range(self.count)]
        numbers = [number for number in range(self.count) if after is None or dates[number] > after]
        asked = numbers[(page - 1) * size : page * size]
        if page > 1 and not asked:
            exchange.respond(400, b'{"code":"rest_post_invalid_page_number"}', {"Content-Type": JSON})
            return
        posts = [self.post(number, dates[number]) for number in asked]
        exchange.respond(200, json.dumps(posts).encode(), {"Content-Type": JSON})

    def post(self, number: int, published: datetime) -> dict[str, Any]:
        words = " ".join(
            random.Random(number).sample(WORDS, 40)
        )  # no post repeats another: copies are one story
        text = f"Post number {number}: volunteers in Loikaw told of {words}."
        return {
            "id": number + 1,
            "guid": {"rendered": self.url(f"/?p={number + 1}")},
            "link": self.url(f"/story-{number}/"),
            "date": f"{published:%Y-%m-%dT%H:%M:%S}",
            "date_gmt": f"{published:%Y-%m-%dT%H:%M:%S}",
            "title": {"rendered": f"Story {number}: {words[:30]}"},
            "excerpt": {"rendered": "<p>More</p>", "protected": False},
            "content": {"rendered": f"<p>{text}</p>" * 3, "protected": False},
        }


def a_site(archive: Archive, **more: Any) -> dict[str, Any]:
    routes = [{"kind": "wordpress", "url": archive.base_url}]
    return a_source("paper", "", routes=routes, **({"full_text": "feed"} | more))


@pytest.fixture
def archive() -> Iterator[Archive]:
    with Archive(2000) as running:
        yield running


def test_two_thousand_posts_three_failures_and_a_kill(
    tmp_path: Path, archive: Archive, chatroom: Chatroom
) -> None:
    program = Program(tmp_path)
    program.configure([a_site(archive)], [slack(chatroom)])
    archive.failures = {5: "503", 11: "reset", 17: "timeout"}
    archive.stop_at = 25
    words = ("backfill", "--since", "2023-11-11", "--source", "paper")
    first = program.start(*words)
    assert archive.reached.wait(120), first.communicate(timeout=10)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    archive.stop_at = 0
    held = int(program.rows("SELECT count(*) FROM entry")[0][0])
    assert held == 24 * 50
    second = program.do(*words, timeout_s=120)
    assert second.status == 0, second.err
    assert "paper: goes on after page 24" in second.err
    assert "done" in second.err
    assert program.rows("SELECT count(*), count(DISTINCT identity) FROM entry") == [(2000, 2000)]
    assert program.rows("SELECT count(*), sum(backlog), min(length(text)) > 0 FROM article") == [
        (2000, 2000, 1)
    ]
    assert program.rows("SELECT count(*) FROM match WHERE topic_id = 'loikaw'") == [(2000,)]
    assert program.rows("SELECT count(*) FROM alert") == [(0,)]
    asked_twice = {page for page, times in archive.given.items() if times > 1}
    assert asked_twice == {5, 11, 17, 25}  # what failed and what was under way when it was killed
    assert not chatroom.posts


@pytest.fixture
def small() -> Iterator[Archive]:
    with Archive(120) as running:
        yield running


def test_alert_tells_in_one_compacted_digest_and_the_next_run_tells_nothing(
    tmp_path: Path, small: Archive, chatroom: Chatroom
) -> None:
    program = Program(tmp_path)
    program.configure([a_site(small)], [slack(chatroom, max_stories=5)])
    small.newest -= timedelta(days=3)
    done = program.do("backfill", "--since", "30d", "--alert")
    assert done.status == 0, done.err
    told = "".join(post.request.body.decode() for post in chatroom.posts)
    assert "5 stories, 15 briefs" in told
    assert "100 more" in told
    assert program.rows("SELECT count(*) FROM alert WHERE digest_id IS NULL") == [(0,)]
    sent = len(chatroom.posts)
    assert program.run().status == 0
    assert len(chatroom.posts) == sent


def test_run_after_a_backfill_tells_what_is_news_and_nothing_else(
    tmp_path: Path, small: Archive, chatroom: Chatroom
) -> None:
    program = Program(tmp_path)
    program.configure([a_site(small)], [slack(chatroom)])
    assert program.do("backfill", "--since", "30d").status == 0
    assert not chatroom.posts
    ran = program.run()
    assert ran.report["sources"] == {"due": 1, "polled": 1, "not_modified": 0, "failed": 0}
    told = "".join(post.request.body.decode() for post in chatroom.posts)
    # of the last 24 hours, one every two: what a first run without a backfill would have told
    assert [number for number in range(120) if f"Story {number}:" in told] == list(range(12))


def test_interrupted_it_says_how_to_go_on_and_a_run_meanwhile_leaves(tmp_path: Path, small: Archive) -> None:
    program = Program(tmp_path)
    program.configure([a_site(small)], [])
    small.stop_at = 2
    started = program.start("backfill", "--since", "30d")
    assert small.reached.wait(60)
    meanwhile = program.run()
    assert meanwhile.status == 0
    assert "another run is in progress" in meanwhile.err
    also = program.do("backfill", "--since", "30d")
    assert (also.status, "a run is in progress" in also.err) == (0, True)
    started.send_signal(signal.SIGINT)
    _, told = started.communicate(timeout=30)
    assert started.returncode == 143
    assert "stopped; the same command goes on from there" in told
    small.stop_at = 0
    assert program.do("backfill", "--since", "30d").status == 0
    assert program.rows("SELECT count(*), min(backlog) FROM article") == [(120, 1)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "yesterday"), "write a day such as 2023-11-11, or an age such as 30d"),
        (("--since", "2999-01-01"), "still to come"),
        (("--since", "0001-01-01"), "before 1990"),
        (("--since", "30d", "--source", "nobody"), "no source 'nobody'"),
        (("--since", "30d", "--source", "off"), "switched off"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    program = Program(tmp_path)
    off = a_source("off", "https://off.example/feed", enabled=False)
    program.configure([a_source("paper", "https://paper.example/feed"), off], [])
    done = program.do("backfill", *words)
    assert done.status == 2
    assert said in done.err
    assert len(done.err.splitlines()) == 1
