"""A source that merely fell silent, as ``newswatch run`` tells it and ``newswatch status`` shows it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.records.archive import Archive
from crawler.clock import utc_now
from crawler.model import FeedEntry
from crawler.records.store import PollResult, Store
from tests.builders import an_article
from tests.chatroom import Chatroom
from tests.e2e.newsdesk import UNTOLD, slack
from tests.e2e.program import Program, a_source, publish
from tests.newsroom import Newsroom

HALF_DAY = timedelta(hours=12)


def keep_history(program: Program, name: str, feed: str) -> None:
    """Store twenty days of polls of a source, one new entry each, and six days of polls in which it brought nothing."""
    (program.home / "var").mkdir()
    store, now = Store.open(f"sqlite:///{program.home / 'var' / 'newswatch.db'}"), utc_now()
    Archive.open(store.engine)
    for number in range(52, 0, -1):
        at = now - number * HALF_DAY
        known = [f"{feed}/{item['id']}" for item in UNTOLD] if number == 52 else []
        known += [f"https://news.example/{name}/{number}"] if number >= 12 else []
        before = store.poll_state(name)
        state = replace(before, url=feed, last_ok_at=at, next_poll_at=at + timedelta(minutes=15))
        result = PollResult(state, tuple(FeedEntry("Rain", url) for url in known))
        for pending in store.save_poll(result, at):
            store.save_article(pending, an_article(title="Rain", text=f"Rain on {pending.entry.url}"), at)
    store.engine.dispose()


@pytest.mark.slow
def test_run_tells_silence_once_and_status_shows_it(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = Program(tmp_path)
    feeds = {name: publish(newsroom, f"/{name}", UNTOLD) for name in ("mute", "broken")}
    program.configure(
        [a_source(name, url) for name, url in feeds.items()], [slack(chatroom)], operators=["desk"]
    )
    keep_history(program, "mute", feeds["mute"])
    newsroom.add("/broken", "", status=503)

    for _ in range(2):
        done = program.run()
        assert (done.status, done.report["entries"]["new"]) == (0, 0), done.err
    (post,) = chatroom.posts
    told = json.loads(post.request.body)
    assert "Mute: answers, but nothing new for 6 days; usually 2 a day." in json.dumps(told)
    assert "1 of 2 sources" in json.dumps(told)  # were read: the silent one answers

    status = json.loads(program.do("status", "--json").out)
    assert {source["id"]: source["health"] for source in status["sources"]} == {
        "mute": "silent",
        "broken": "failing",
    }
    assert status["incidents"] == ["silent:mute"]
    (line,) = [line for line in program.do("status").out.splitlines() if line.startswith("  mute")]
    assert line.split()[:9] == ["mute", "silent", "read", "just", "now", "newest", "6", "days", "ago"]
    (mute, broken) = status["sources"]
    assert (mute["next_poll_why"], broken["next_poll_why"]) == ("seldom brings anything", "failed")
    assert re.search(r"  next in [2-6]\d min +seldom brings anything$", line)

    publish(newsroom, "/mute", [{"id": "back", "title": "Back again", "text": "Rain."}, *UNTOLD])
    assert program.run().report["entries"]["new"] == 1
    assert b"Mute: brings something new again." in chatroom.posts[-1].request.body
    assert json.loads(program.do("status", "--json").out)["incidents"] == []
