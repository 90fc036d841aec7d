"""Our Matrix messages in rooms of a real homeserver: taken, kept as sent, shown as meant."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from alerts.channels.matrix import MatrixKeys, classify, render, request
from alerts.delivery.http import Client
from alerts.message.platform import Delivery, Outcome, Part, Sent, Style
from tests.builders import NOW
from tests.peers.tally import count
from tests.situations import SITUATIONS, digest_of

if TYPE_CHECKING:
    from tests.peers.conftest import Room

pytestmark = pytest.mark.xdist_group("synapse")


def send(keys: MatrixKeys, *parts: Part, name: str) -> list[Outcome]:
    """Send *parts* as a run would; each has its own transaction id, made from *name*."""

    async def send_all() -> list[Outcome]:
        async with Client("newswatch-tests") as client:
            found = []
            for number, part in enumerate(parts):
                delivery = Delivery(part.body, f"{name}-{number}", NOW)
                found.append(classify(await client.send(request(keys, delivery))))
            return found

    count("Synapse", len(parts), "messages of ours put into rooms")
    return asyncio.run(send_all())


@pytest.mark.parametrize("style", list(Style))
def test_every_situation_is_taken_and_read_back_as_it_was_sent(room: Room, style: Style) -> None:
    parts = [part for name in SITUATIONS for part in render(digest_of(name), room.keys, style)]
    outcomes = send(room.keys, *parts, name=f"situations-{style}")
    assert [outcome for outcome in outcomes if not isinstance(outcome, Sent)] == []
    read = room.messages()
    assert [event["content"] for event in read] == [json.loads(part.body) for part in parts]
    assert [Sent(event["event_id"]) for event in read] == outcomes
