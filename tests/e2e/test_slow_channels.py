"""A dead, a slow and a rate-limited channel beside five good ones: the good ones are served as if they were alone."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.chatroom import Answer, Chatroom
from tests.e2e.newsdesk import hook, set_up, slack
from tests.e2e.program import Program
from tests.newsroom import Newsroom

pytestmark = pytest.mark.slow
GOOD = ("slack", "discord", "telegram", "matrix", "hook")
BAD = {
    "dead": Answer(404, b"no_service", taken=False),
    "dripping": Answer(200, b"", ending="drip", drip_s=1.0),
    "limited": Answer(429, b"", {"Retry-After": "3600"}, taken=False),
}
ALLOWED_S = 5.0


def channels(chatroom: Chatroom) -> list[dict[str, Any]]:
    """Return eight channels, the bad ones first, so that whoever waits in line waits for them."""
    return [
        *(slack(chatroom, name) for name in BAD),
        slack(chatroom, "slack"),
        {"id": "discord", "platform": "discord", "url": chatroom.url("/api/webhooks/1/discord")},
        {
            "id": "telegram",
            "platform": "telegram",
            "token": "1:telegram",
            "chat": "-100",
            "api": chatroom.url(""),
        },
        {
            "id": "matrix",
            "platform": "matrix",
            "homeserver": chatroom.url(""),
            "token": "t",
            "room": "!matrix:x",
        },
        hook(chatroom, "hook"),
    ]


def served_after(
    program: Program, chatroom: Chatroom, timeout_s: float = 60.0
) -> tuple[float, dict[str, float]]:
    """Run the program; return how long it took, and when after its start each good channel had its message.

    A run that is still at work then is told to stop.
    """
    before, begun = len(chatroom.posts), time.monotonic()
    child = program.start("run", "--force", "--json")
    try:
        taken: dict[str, float] = {}
        while len(taken) < len(GOOD):
            assert time.monotonic() - begun < timeout_s, f"only {sorted(taken)} were served"
            time.sleep(0.05)
            taken = {
                name: post.request.at_s - begun
                for name in GOOD
                for post in chatroom.posts[before:]
                if post.taken and name in post.request.path
            }
        bad = {name for name in BAD if any(name in post.request.path for post in chatroom.posts[before:])}
        assert bad == set(BAD), "all eight were at work at the same time"
        with suppress(subprocess.TimeoutExpired):
            child.wait(3)
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
        _, err = child.communicate(timeout=40)
    finally:
        child.kill()
    assert "Traceback" not in err
    return time.monotonic() - begun, taken


def test_good_channels_are_served_in_the_runs_normal_time_beside_bad_ones(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    took: dict[str, float] = {}
    for kind in ("eight good", "three bad"):
        if kind == "three bad":
            for name, answer in BAD.items():
                chatroom.always(f"/services/T0/B0/{name}", answer)
        program = set_up(tmp_path / kind.replace(" ", "-"), newsroom, channels(chatroom))
        total, served = served_after(program, chatroom)
        took[kind] = max(served.values())
        print(
            f"{kind}: five good channels served after {took[kind]:.2f} s, the run ended after {total:.2f} s"
        )
    assert took["three bad"] - took["eight good"] <= ALLOWED_S
