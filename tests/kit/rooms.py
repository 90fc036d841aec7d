"""The real way of a message: an outbox in a file, one sender, and a loopback server that answers by a rule."""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.config import Channel
from alerts.delivery.attempt import State
from alerts.delivery.channelstate import ChannelStates
from alerts.delivery.deliver import DeliveryReport, Sender
from alerts.delivery.outbox import Outbox
from alerts.digest.compose import Selection
from alerts.message.platform import Style
from alerts.operators.incident import Incidents
from alerts.records.archive import Archive
from alerts.transport.carrier import Carrier
from crawler.config import Settings
from crawler.db.engine import state_marker
from crawler.records.store import Store
from tests.builders import NOW
from tests.chatroom import Answer, Chatroom, Post, end_exchange

if TYPE_CHECKING:
    from alerts.delivery.deliveryrow import QueuedPart
    from alerts.model import Digest
    from tests.kit.profile import Said, Subject
    from tests.newsroom import Exchange, Request

CHANNEL = "desk"
# Commits wait for the disk, which shows nothing here: the files lie in memory where the system has such a folder.
_MEMORY = next((folder for folder in ("/dev/shm",) if os.access(folder, os.W_OK)), None)


def as_answer(said: Said) -> Answer:
    """Return what a platform says as the chatroom gives it; JSON says that it is JSON."""
    kind = "text/plain" if isinstance(said.body, bytes) else "application/json"
    return Answer(said.status, said.raw, {"Content-Type": kind}, taken=said.meaning == "sent")


class Room(Chatroom):
    """A chatroom that asks a rule about each request; where the rule says nothing the platform is healthy."""

    def __init__(self, subject: Subject, rule: Callable[[Request], Answer | None]) -> None:
        self.rule = rule
        self.healthy = as_answer(next(said for said in subject.profile.says if said.meaning == "sent"))
        super().__init__()

    def answer(self, exchange: Exchange) -> None:
        """Record the request and answer it."""
        answer = self.rule(exchange.request) or self.healthy
        with self.lock:
            self._posts.append(Post(exchange.request, answer.is_taken))
        end_exchange(exchange, answer)


@cache
def _empty_database() -> Path:
    """Return a database with all tables and no rows, made once a process and removed at its end."""
    folder = tempfile.mkdtemp(prefix="nwkit", dir=_MEMORY)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "empty.db"
    store = Store.open(f"sqlite:///{path}")
    Archive.open(store.engine)
    store.engine.dispose()
    return path


@dataclass(slots=True)
class Desk:
    """One channel of a platform, its outbox and what operators are told. ``now`` stands still between runs."""

    subject: Subject
    room: Room
    store: Store
    now: datetime = NOW
    runs: int = field(default=0)

    @property
    def outbox(self) -> Outbox:
        """The queue."""
        return Outbox(self.store.engine)

    @property
    def incidents(self) -> Incidents:
        """What operators are told."""
        return Incidents(self.store.engine)

    @property
    def states(self) -> ChannelStates:
        """Whether the channel is paused."""
        return ChannelStates(self.store.engine)

    def channel(self, pace: timedelta = timedelta(0)) -> Channel:
        """Return the channel, by default without its platform's pace: waiting shows nothing here."""
        platform = replace(self.subject.platform, pace=pace)
        return Channel(CHANNEL, platform, self.subject.keys(self.room.base_url), ("loikaw",))

    def enqueue(self, digest: Digest) -> int:
        """Freeze *digest* for the channel; return the number of its messages."""
        parts = self.subject.platform.render(digest, self.channel().keys, Style.RICH)
        self.outbox.enqueue(CHANNEL, Selection(digest, (), ()), parts, self.now)
        return len(parts)

    def run(self, after: timedelta = timedelta(0), pace: timedelta = timedelta(0)) -> DeliveryReport:
        """Send what is due, as a run does that comes *after* the last."""
        self.now += after
        self.runs += 1
        return asyncio.run(self._send(pace))

    async def _send(self, pace: timedelta) -> DeliveryReport:
        started = asyncio.get_running_loop().time()

        def clock() -> datetime:
            return self.now + timedelta(seconds=asyncio.get_running_loop().time() - started)

        async with Carrier(Settings()) as carrier:
            owner, stop = f"run-{self.runs}", asyncio.Event()
            sender = Sender(self.outbox, self.incidents, carrier, clock, owner, lambda text: None, stop)
            await sender.deliver([self.channel(pace)])
            self.now = clock()
            return sender.report

    def parts(self, *states: State) -> Sequence[QueuedPart]:
        """Return the messages in these states, oldest first."""
        return tuple(reversed(self.outbox.parts(states, CHANNEL)))


@contextmanager
def open_desk(subject: Subject, rule: Callable[[Request], Answer | None]) -> Iterator[Desk]:
    """Yield a desk whose platform answers by *rule*."""
    with tempfile.TemporaryDirectory(prefix="nwkit", dir=_MEMORY) as folder:
        path = Path(folder) / "newswatch.db"
        shutil.copyfile(_empty_database(), path)
        state_marker(path).touch()
        store = Store.open(f"sqlite:///{path}")
        try:
            with Room(subject, rule) as room:
                yield Desk(subject, room, store)
        finally:
            store.engine.dispose()
