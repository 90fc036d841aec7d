"""One bad channel, message or answer costs itself only."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from tests.chatroom import Answer, Chatroom
from tests.e2e.newsdesk import FILLER, TOLD, hook, set_up, slack, told_in
from tests.e2e.program import a_source, publish
from tests.newsroom import Newsroom

DESK = "/services/T0/B0/desk"


def test_terminal_that_cannot_be_written_costs_no_other_channel(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = set_up(tmp_path, newsroom, [{"id": "screen", "platform": "console"}, slack(chatroom)])
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            program.command("run", "--force"), env=program.environment(), stdout=full, timeout=90, check=False
        )
    assert done.returncode == 0
    assert told_in(chatroom.posts)["clinic"] == 1


@pytest.mark.slow
def test_rate_limit_without_a_wait_is_not_hammered(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = set_up(tmp_path, newsroom, [slack(chatroom), hook(chatroom)])
    chatroom.always(DESK, Answer(429, b"", taken=False))
    begun = time.monotonic()
    report = program.run().report
    assert time.monotonic() - begun < 45
    assert len([post for post in chatroom.posts if post.request.path == DESK]) <= 3
    assert report["deliveries"]["pending"] == 1
    chatroom.always(DESK, None)
    program.run()
    assert (
        told_in([post for post in chatroom.posts if post.taken and post.request.path == DESK])["clinic"] == 1
    )


@pytest.mark.slow
def test_message_that_is_given_up_is_told_once_and_not_to_itself(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = set_up(tmp_path, newsroom, [slack(chatroom)], operators=["desk"])
    chatroom.always(DESK, Answer(400, b"invalid_payload", taken=False))
    for _ in range(3):
        program.run()
    posts = len(chatroom.posts)
    program.run()
    assert len(chatroom.posts) == posts
    listed = program.do("outbox", "list").out
    assert "dead" in listed


@pytest.mark.slow
def test_refused_brief_lines_are_told_plainer_and_not_lost(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    many = [
        {
            "id": f"n{number}",
            "title": f"News number {number:02}",
            "text": f"In Loikaw, item {number}. {FILLER}",
        }
        for number in range(8)
    ]
    program = set_up(tmp_path, newsroom, [slack(chatroom, max_stories=2)])
    program.configure(
        [a_source("outlet-a", publish(newsroom, "/outlet-a/feed", many))], [slack(chatroom, max_stories=2)]
    )
    chatroom.script(DESK, Answer(400, b"invalid_blocks", taken=False))
    program.run()
    taken = "\n".join(post.request.body.decode() for post in chatroom.posts if post.taken)
    assert [item["title"] for item in many if item["title"] not in taken] == []
    assert TOLD[0]["title"] not in taken


@pytest.mark.slow
def test_run_without_the_channels_variable_still_owes_it_the_news(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = set_up(tmp_path, newsroom, [{**slack(chatroom), "url": "${DESK_URL}"}])
    program.run(DESK_URL=chatroom.url(DESK))
    publish(
        newsroom,
        "/outlet-b/feed",
        [{**TOLD[0], "id": "new", "title": "Fresh news", "text": f"Loikaw. {FILLER}"}],
    )
    by_hand = program.do("run", "--force")
    assert "Fresh news" in by_hand.out
    program.run(DESK_URL=chatroom.url(DESK))
    assert sum(b"Fresh news" in post.request.body for post in chatroom.posts) == 1
