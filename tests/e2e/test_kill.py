"""SIGKILL at every named commit edge: the next run goes on, nothing is lost, and a repeat says so."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from crawler.failpoint import EDGES, LATER_EDGES
from tests.chatroom import Chatroom
from tests.e2e.newsdesk import TOLD, hook, set_up, slack, told_in
from tests.newsroom import Newsroom

# Three phases of a run, one edge each; the slow sweep adds every other edge, and second passes.
PHASES = ("after_poll_commit", "after_send", "before_record_commit")
ONCE_A_RUN = ("match", "enqueue", "report")
FIRST_RUN = [edge for edge in EDGES if edge not in LATER_EDGES]  # the others: tests/e2e/test_changes.py
OTHER_PASSES = [edge for edge in FIRST_RUN if edge not in PHASES] + [
    f"{edge}:2" for edge in FIRST_RUN if not any(stage in edge for stage in ONCE_A_RUN)
]
# Between these edges a message may be on its way; only there may a reader see it twice. Channels are told side by
# side: while one message is recorded, the other channel's may be on its way.
MAY_REPEAT = ("before_send", "after_send", "before_record_commit", "after_record_commit")


def kill_and_go_on(edge: str, home: Path, newsroom: Newsroom, chatroom: Chatroom) -> None:
    """Die at *edge*, run again, and hold what readers saw against what they should have seen."""
    program = set_up(home, newsroom, [slack(chatroom), hook(chatroom)])
    killed = program.run(NEWSWATCH_CRASH_AT=edge)
    assert killed.status == -signal.SIGKILL, f"the run never came to {edge}: {killed.err}"
    program.let_a_minute_pass()
    resumed = program.run()
    assert resumed.status == 0, resumed.err
    deliveries = resumed.report["deliveries"]
    assert deliveries["pending"] == deliveries["unknown"] == deliveries["failed"] == 0

    by_hook = told_in([post for post in chatroom.visible if post.request.path.endswith("hook")])
    assert {item["id"]: by_hook[item["id"]] for item in TOLD} == {item["id"]: 1 for item in TOLD}
    desk = [post for post in chatroom.visible if post.request.path.endswith("desk")]
    seen = told_in(desk)
    for item in TOLD:
        assert seen[item["id"]] >= 1, f"{item['id']} was lost"
        assert seen[item["id"]] <= (2 if edge.startswith(MAY_REPEAT) else 1)
    repeats = max(seen.values()) - 1
    assert sum(b"may be a repeat" in post.request.body for post in desk) >= repeats
    assert seen["north"] == seen["shopping"] == 0


@pytest.mark.parametrize("edge", PHASES)
def test_killed_in_a_phase_nothing_is_lost(
    edge: str, tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    kill_and_go_on(edge, tmp_path, newsroom, chatroom)


@pytest.mark.slow
@pytest.mark.parametrize("edge", OTHER_PASSES)
def test_killed_anywhere_else_nothing_is_lost(
    edge: str, tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    kill_and_go_on(edge, tmp_path, newsroom, chatroom)
