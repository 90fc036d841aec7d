"""A room on a real homeserver with our sender and one reader in it, and our adapter's messages sent into it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from alerts.channels.matrix import MatrixKeys, classify, request
from alerts.message.platform import Delivery, Outcome, Sent
from alerts.transport.http import DEFAULT_TIMEOUTS, Client, Timeouts
from tests.builders import NOW
from tests.peers.synapse import V3, Account, Homeserver
from tests.peers.tally import count

USER_AGENT = "newswatch-tests"


@dataclass(frozen=True, slots=True)
class Room:
    """A room of our sender and one reader."""

    homeserver: Homeserver
    sender: Account
    reader: Account
    room_id: str

    @property
    def keys(self) -> MatrixKeys:
        """Return the channel's keys."""
        return self.homeserver.keys(self.sender, self.room_id)

    @property
    def path(self) -> str:
        """Return the room's path for requests of the tests' own."""
        return f"{V3}/rooms/{quote(self.room_id, safe='')}"

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages that the reader sees, in their order."""
        return self.homeserver.messages(self.reader, self.room_id)

    def put(self, *bodies: bytes, name: str, keys: MatrixKeys | None = None) -> list[Outcome]:
        """Send *bodies* one after the other; each has its own transaction id, made from *name*."""
        deliveries = [Delivery(body, f"{name}-{number}", NOW) for number, body in enumerate(bodies)]
        return put_all(keys or self.keys, *deliveries)

    def content_of(self, outcome: Outcome) -> dict[str, Any]:
        """Return what the reader is told of a message that was sent."""
        event_id = quote(message_id_of(outcome), safe="")
        event = self.homeserver.get(f"{self.path}/event/{event_id}", self.reader)
        found = event["content"]
        assert isinstance(found, dict)
        return found


def put_all(
    keys: MatrixKeys, *deliveries: Delivery, at_once: bool = False, timeouts: Timeouts = DEFAULT_TIMEOUTS
) -> list[Outcome]:
    """Send *deliveries* with the program's own client and adapter, and return the verdicts."""

    async def send(client: Client, delivery: Delivery) -> Outcome:
        return classify(await client.send(request(keys, delivery)))

    async def send_all() -> list[Outcome]:
        async with Client(USER_AGENT, timeouts=timeouts) as client:
            if at_once:
                return list(await asyncio.gather(*(send(client, each) for each in deliveries)))
            return [await send(client, each) for each in deliveries]

    count("Synapse", len(deliveries), "messages of ours put into rooms")
    return asyncio.run(send_all())


def message_id_of(outcome: Outcome) -> str:
    """Return the event of a message that was sent."""
    assert isinstance(outcome, Sent), outcome
    assert outcome.message_id
    return outcome.message_id


def a_text(body: str, **more: object) -> bytes:
    """Return a plain message of the tests' own."""
    return json.dumps({"msgtype": "m.text", "body": body} | more, ensure_ascii=False).encode()
