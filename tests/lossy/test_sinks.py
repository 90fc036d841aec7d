"""Slack, Discord and Telegram when answers get lost: nothing is lost, a repeat says so, the order stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.chatroom import Chatroom
from tests.lossy.figures import HEAD, Figures, judge
from tests.lossy.ordeal import Line, Ordeal
from tests.lossy.way import LossyWay, Odds

DIGESTS = 200
SINKS = ("slack", "discord", "telegram")


def a_line(platform: str, way: LossyWay) -> Line:
    """Return a channel of *platform* whose address is the way's."""
    keys = {
        "slack": {"url": way.url("/services/T0/B0/desk")},
        "discord": {"url": way.url("/api/webhooks/1/desk")},
        "telegram": {"token": "1:desk", "chat": "-100", "api": way.base_url},
    }
    return Line(platform, platform, keys[platform], way)


@contextmanager
def down(lines: list[Line]) -> Iterator[None]:
    """Refuse every connection for the block, as a server that restarts."""
    for line in lines:
        line.way.refuse()
    yield
    for line in lines:
        line.way.listen_again()


def shown_on(chatroom: Chatroom, platform: str) -> list[bytes]:
    """Return what readers of *platform*'s channel see, in its order."""
    paths = {"slack": "/services/", "discord": "/api/", "telegram": "/bot"}
    posts = [post.request for post in chatroom.visible]
    return [request.body for request in posts if request.path.startswith(paths[platform])]


def suffer(folder: Path, odds: Odds, seed: int, kills: tuple[int, ...]) -> list[Figures]:
    """Send the digests to all three at once, and return what came of it."""
    with ExitStack() as stack:
        chatroom = stack.enter_context(Chatroom())
        ways = [
            stack.enter_context(LossyWay(chatroom.port, odds, seed + number))
            for number, _ in enumerate(SINKS)
        ]
        lines = [a_line(platform, way) for platform, way in zip(SINKS, ways, strict=True)]
        ordeal = stack.enter_context(Ordeal(folder, lines, seed))
        ordeal.queue(DIGESTS)
        ordeal.run(kills, outage_at=DIGESTS // 2, outage=down(lines))
        assert (ordeal.kills, ordeal.outages) == (len(kills), 1)
        found = [judge(line, shown_on(chatroom, line.platform)) for line in lines]
    print(f"\n{HEAD}", *found, f"{ordeal.runs} runs, {ordeal.kills} kills, 1 outage", sep="\n")
    return found


@pytest.mark.slow
def test_lost_answers_kills_and_an_outage_lose_nothing_and_every_repeat_says_so(tmp_path: Path) -> None:
    for figures in suffer(tmp_path, Odds(withheld=0.3), seed=6, kills=(40, 170)):
        assert figures.faults == ()
        assert figures.timeouts >= DIGESTS * 0.2
        assert figures.repeats == figures.marked >= figures.timeouts * 0.5
