"""``newswatch serve``: the same digests as cron would have sent, whatever happens to a child."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chatroom import Chatroom
from tests.e2e.newsdesk import FILLER, TOLD, set_up, slack, told_in
from tests.e2e.program import Program, a_source, publish
from tests.newsroom import Newsroom


def wait_until(met: Callable[[], bool], timeout_s: float = 60.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if met():
            return True
        time.sleep(0.05)
    return False


def child_of(parent: int) -> int | None:
    """Return a child process of *parent*, None between two runs."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()
    return int(children[0]) if children else None


@pytest.mark.slow
@pytest.mark.parametrize("cycles", [20])
def test_daemon_tells_what_cron_would_have_with_one_child_killed_and_one_suspended(
    cycles: int, tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = set_up(tmp_path, newsroom, [slack(chatroom)])
    hurry(program, newsroom)
    daemon = program.start("serve")
    try:
        assert wait_until(lambda: told_in(chatroom.posts)["clinic"] == 1)
        publish(
            newsroom,
            "/outlet-b/feed",
            [{**TOLD[0], "id": "two", "title": "A second report", "text": f"Loikaw. {FILLER}"}],
        )
        hurt(daemon.pid, signal.SIGKILL)
        # Killed before it had noted that the first was sent, that is in doubt, and holds back the second for a minute.
        assert wait_until(
            lambda: any(b"A second report" in post.request.body for post in chatroom.posts), 150
        )
        suspended = hurt(daemon.pid, signal.SIGSTOP)
        time.sleep(3)
        os.kill(suspended, signal.SIGCONT)
        publish(
            newsroom,
            "/outlet-b/feed",
            [{**TOLD[0], "id": "three", "title": "A third report", "text": f"In Loikaw. {FILLER}"}],
        )
        assert wait_until(lambda: any(b"A third report" in post.request.body for post in chatroom.posts))
        assert wait_until(
            lambda: program.rows("SELECT count(*) FROM run WHERE finished_at IS NOT NULL")[0][0] >= cycles,
            120,
        )
        begun = time.monotonic()
        daemon.send_signal(signal.SIGTERM)
        _, err = daemon.communicate(timeout=20)
        assert time.monotonic() - begun < 8
        assert daemon.returncode == 0, err
    finally:
        daemon.kill()
        daemon.communicate()
    told = [post.request.body for post in chatroom.posts]
    for title in (TOLD[0]["title"], "A second report", "A third report"):
        times = sum(title.encode() in body for body in told)
        repeats = sum(title.encode() in body and b"may be a repeat" in body for body in told)
        assert times - repeats == 1, title


def hurry(program: Program, newsroom: Newsroom) -> None:
    """Let every run poll: a cadence of half a second."""
    sources = [a_source(f"outlet-{name}", newsroom.url(f"/outlet-{name}/feed"), every="1s") for name in "ab"]
    (program.config / "sources.yaml").write_text(json.dumps({"sources": sources}), "utf-8")


def hurt(parent: int, number: signal.Signals) -> int:
    """Send a signal to the daemon's next child; return its process id."""
    found: list[int] = []

    def one_runs() -> bool:
        child = child_of(parent)
        if child is not None:
            found.append(child)
        return bool(found)

    assert wait_until(one_runs)
    os.kill(found[0], number)
    return found[0]
