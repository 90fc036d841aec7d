"""Slack, Discord and Telegram when answers get lost: nothing is lost, a repeat says so, the order stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.chatroom import Chatroom
from tests.lossy.figures import HEAD, Figures, judge
from tests.lossy.ordeal import Line, Ordeal, digests
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


@contextmanager
def an_ordeal(folder: Path, odds: Odds, seed: int, count: int) -> Iterator[tuple[Ordeal, Chatroom]]:
    """Yield an ordeal of *count* digests for each of the three, queued but not sent."""
    with ExitStack() as stack:
        chatroom = stack.enter_context(Chatroom())
        ways = [
            stack.enter_context(LossyWay(chatroom.port, odds, seed + number))
            for number, _ in enumerate(SINKS)
        ]
        lines = [a_line(platform, way) for platform, way in zip(SINKS, ways, strict=True)]
        ordeal = stack.enter_context(Ordeal(folder, lines, seed))
        ordeal.queue(digests(count))
        yield ordeal, chatroom


def look(ordeal: Ordeal, chatroom: Chatroom) -> list[Figures]:
    """Print and return what came of it so far."""
    found = [judge(line, shown_on(chatroom, line.platform)) for line in ordeal.lines]
    runs = f"{ordeal.runs} runs, {ordeal.kills} kills, {ordeal.outages} outage"
    print(f"\n{HEAD}", *found, runs, sep="\n")
    return found


@pytest.mark.slow
def test_lost_answers_kills_and_an_outage_lose_nothing_and_every_repeat_says_so(tmp_path: Path) -> None:
    with an_ordeal(tmp_path, Odds(withheld=0.3), 6, DIGESTS) as (ordeal, chatroom):
        ordeal.run(kill_at=(40, 170), outage_at=100, outage=down(ordeal.lines))
        assert (ordeal.kills, ordeal.outages) == (2, 1)
        for figures in look(ordeal, chatroom):
            assert (figures.lost, figures.faults) == ((), ())
            assert figures.timeouts >= figures.requests * 0.2
            assert figures.repeats == figures.marked >= figures.timeouts * 0.5


@pytest.mark.slow
def test_what_twice_broke_off_unheard_is_given_up_and_told_and_a_person_can_send_it(tmp_path: Path) -> None:
    """A reset says nothing of whether the server acted. The rule allows one repeat; the rest is a person's."""
    odds = Odds(withheld=0.1, reset_after=0.1, reset_before=0.25)
    with an_ordeal(tmp_path, odds, 7, 60) as (ordeal, chatroom):
        ordeal.run(kill_at=(20, 60), outage_at=40, outage=down(ordeal.lines))
        given_up = ordeal.given_up()
        for figures in look(ordeal, chatroom):
            assert figures.faults == ()
            assert figures.unheard
            assert figures.lost, "the odds must bring some, or this shows nothing"
            for number in figures.lost:
                assert given_up[figures.channel][number].startswith("outcome unknown twice")
        assert {f"undelivered:{channel}" for channel in SINKS} <= ordeal.told()
        for line in ordeal.lines:
            line.way.odds = Odds()
        ordeal.retry_given_up()
        for figures in look(ordeal, chatroom):
            assert figures.lost == ()
