"""The process that is killed: the real outbox and sender on a real database, one run for every line that it is told.

``python -m tests.lossy.child`` reads one JSON object first (database, channels, time-outs, file for notes), then a
line for every run with its time; it answers each run with the number of deliveries that are still open.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from alerts.channels import PLATFORMS
from alerts.config import Channel
from alerts.delivery import deliver
from alerts.delivery.attempt import OPEN_STATES
from alerts.delivery.deliver import Sender
from alerts.delivery.outbox import Outbox
from alerts.message.platform import Delivery, Outcome, Unknown
from alerts.operators.incident import Incidents
from alerts.transport.carrier import Carrier
from alerts.transport.http import Timeouts
from crawler.config import Settings
from crawler.db.lock import run_lock
from crawler.records.store import Store

SECOND_TRY_AFTER_S = 0.05  # instead of a second: hundreds of answers are lost


def a_channel(channel_id: str, platform: str, keys: Mapping[str, Any]) -> Channel:
    """Return a channel as the configuration would make it, but without a pace: no platform is at its other end."""
    kind = PLATFORMS[platform]
    return Channel(
        channel_id, replace(kind, pace=timedelta(0)), kind.keys.model_validate(keys), topics=("loikaw",)
    )


def clock_from(start: datetime) -> Callable[[], datetime]:
    """Return a clock that shows *start* now and goes on from there."""
    begun_s = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - begun_s)


class Witness(Carrier):
    """The real carrier, which also writes down every message whose answer it did not get."""

    def __init__(self, timeouts: Timeouts, notes: Path) -> None:
        super().__init__(Settings(), timeouts)
        self._notes = notes

    async def carry(self, channel: Channel, delivery: Delivery) -> Outcome:
        """Send, and note the message if its fate is unknown."""
        outcome = await super().carry(channel, delivery)
        if isinstance(outcome, Unknown):
            with self._notes.open("a") as notes:
                notes.write(f"{delivery.idempotency_key}\n")
        return outcome


async def run_once(engine: Engine, channels: Sequence[Channel], carrier: Carrier, start: datetime) -> None:
    """Do what a run does to its outbox, from *start* on."""
    outbox, clock, owner = Outbox(engine), clock_from(start), f"run-{start:%d-%H%M%S}"
    with run_lock(engine) as holder:
        assert holder is None, holder
        outbox.recover(owner, clock())
        async with carrier:
            sender = Sender(outbox, Incidents(engine), carrier, clock, owner, print, asyncio.Event())
            await sender.deliver(channels)


def main() -> None:
    """Read what to send and where, then run whenever a line says so."""
    order = json.loads(sys.stdin.readline())
    channels = [a_channel(**each) for each in order["channels"]]
    timeouts = Timeouts(**order["timeouts"])
    engine = Store.open(order["database"]).engine
    deliver.PAUSE_BETWEEN_TRIES_S = SECOND_TRY_AFTER_S
    for line in sys.stdin:
        carrier = Witness(timeouts, Path(order["notes"]))
        asyncio.run(run_once(engine, channels, carrier, datetime.fromisoformat(line.strip())))
        counts = Outbox(engine).counts()
        print(sum(counts.get(state, 0) for state in OPEN_STATES), flush=True)


if __name__ == "__main__":
    main()
