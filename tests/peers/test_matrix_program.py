"""The whole program on a real homeserver: from the outlets' feeds to the room, killed on the way, and ``send-test``."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.newsdesk import TOLD, UNTOLD, set_up
from tests.newsroom import Newsroom
from tests.peers.room import Room
from tests.peers.tally import count

pytestmark = pytest.mark.xdist_group("synapse")


def channel(room: Room) -> dict[str, Any]:
    """Return the entry of ``channels.yaml`` for *room*."""
    keys = {"homeserver": room.homeserver.base_url, "token": room.sender.token, "room": room.room_id}
    return {"id": "room", "platform": "matrix"} | keys


def texts(room: Room) -> list[str]:
    """Return what the reader sees, message by message."""
    return [event["content"]["body"] for event in room.messages()]


@pytest.mark.parametrize("edge", ["after_send", "before_record_commit"])
def test_run_that_dies_between_sending_and_noting_it_tells_everything_once(
    edge: str, room: Room, newsroom: Newsroom, tmp_path: Path
) -> None:
    program = set_up(tmp_path, newsroom, [channel(room)])
    assert program.run(NEWSWATCH_CRASH_AT=edge).status == -signal.SIGKILL
    (before,) = texts(room)
    resumed = program.run()
    assert resumed.status == 0, resumed.err
    assert texts(room) == [before]
    assert all(item["title"] in before for item in TOLD)
    assert not any(item["title"] in before for item in UNTOLD)
    assert resumed.report["deliveries"]["sent"] == 1
    count("Synapse", 2, "runs of the program")


def test_send_test_says_whether_the_room_took_it_and_what_helps(
    room: Room, newsroom: Newsroom, tmp_path: Path
) -> None:
    wrong = channel(room) | {"id": "wrong", "token": "syt_nobody"}
    strange = channel(room) | {"id": "strange", "room": "!elsewhere:localhost"}
    program = set_up(tmp_path, newsroom, [channel(room), wrong, strange])
    good = program.do("send-test", "room")
    assert good.status == 0, good.err
    (shown,) = texts(room)
    assert "test" in shown.lower()
    for name, answer, remedy in (("wrong", "401", "token"), ("strange", "403", "Invite")):
        done = program.do("send-test", name)
        assert done.status == 1
        said = done.out + done.err
        assert answer in said
        assert remedy in said
        assert "syt_" not in said
    assert texts(room) == [shown]
    count("Synapse", 3, "runs of the program")
