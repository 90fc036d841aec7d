"""Sends a queue of digests over lossy ways, with kills and an outage at random moments, and keeps what happened."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import select

from alerts.delivery.attempt import State
from alerts.delivery.outbox import Outbox
from alerts.digest.compose import Selection
from alerts.message.platform import Style
from alerts.records.archive import Archive
from alerts.records.tables import incident
from alerts.transport.http import Timeouts
from crawler.records.store import Store
from tests.builders import NOW
from tests.conftest import ROOT
from tests.lossy.child import a_channel
from tests.lossy.way import LossyWay
from tests.situations import SITUATIONS, digest_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from alerts.model import Digest

BETWEEN_RUNS = timedelta(minutes=5)
LONGEST_KILL_DELAY_S = 0.1
MAX_RUNS = 2000
TIMEOUTS = Timeouts(connect_s=5, read_s=0.25, total_s=20)


@dataclass(frozen=True, slots=True)
class Post:
    """One message as it was queued, and how a repeat of it must look."""

    number: int
    digest_id: str
    body: bytes
    marked: bytes


@dataclass(slots=True)
class Line:
    """One channel: its keys, the way that its messages take, and what was queued for it in order."""

    channel_id: str
    platform: str
    keys: Mapping[str, Any]
    way: LossyWay
    posts: list[Post] = field(default_factory=list)
    caught: list[bytes] = field(default_factory=list)  # bodies that may have been under way at a kill
    unanswered: list[bytes] = field(
        default_factory=list
    )  # bodies of which the sender knows that it got no answer


def digests(count: int) -> Iterator[Digest]:
    """Yield *count* digests of a newsroom's days: the eight situations in turn, each with its own title and id."""
    names = list(SITUATIONS)
    for number in range(count):
        found = digest_of(names[number % len(names)])
        title = f"{found.title} no. {number}"
        yield replace(found, digest_id=sha256(title.encode()).hexdigest()[:8], title=title)


class Ordeal:
    """A database full of digests for *lines*, and the process that sends them; a context manager.

    *seed* draws how soon after its request a kill comes. The clock is ours: runs are five minutes apart, however
    little they take.
    """

    def __init__(self, folder: Path, lines: Sequence[Line], seed: int, timeouts: Timeouts = TIMEOUTS) -> None:
        self.database = f"sqlite:///{folder / 'newswatch.db'}"
        self._notes = folder / "unanswered.txt"
        self.lines, self.runs, self.kills, self.outages = lines, 0, 0, 0
        self._timeouts, self._draw = timeouts, random.Random(seed)
        self._child: subprocess.Popen[str] | None = None
        self._now = NOW
        self._kill_at: list[int] = []
        self._outage_at: int | None = None
        self._going_down: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._child is not None:
            self._child.kill()
            self._bury()

    def queue(self, wanted: Iterable[Digest]) -> None:
        """Freeze every digest for every line, a minute apart."""
        engine = Store.open(self.database).engine
        Archive.open(engine)
        for number, digest in enumerate(wanted):
            self._now = NOW + timedelta(minutes=number)
            for line in self.lines:
                _queue_one(Outbox(engine), line, digest, self._now)
        engine.dispose()

    def run(
        self,
        kill_at: Sequence[int] = (),
        outage_at: int | None = None,
        outage: AbstractContextManager[object] | None = None,
    ) -> None:
        """Send everything, run after run; *kill_at* and *outage_at* count the first line's requests.

        Within *outage* the server is down: for the rest of the run in which it comes, and for one run more.
        """
        self._kill_at, self._outage_at = sorted(kill_at), outage_at
        with ExitStack() as down:
            self.lines[0].way.on_crossing = lambda number: self._strike(number, down, outage)
            while self._run_once() != 0:
                assert self.runs < MAX_RUNS, "the queue does not become empty"
                if self._going_down is not None:
                    self._going_down.join()
                    self._run_once()
                    down.close()
                    self._going_down = None
                    self.outages += 1
        self._read_notes()

    def given_up(self) -> dict[str, dict[int, str]]:
        """Return by channel which messages were given up and why, by their numbers."""
        engine = Store.open(self.database).engine
        dead = Outbox(engine).parts([State.DEAD], limit=10_000)
        engine.dispose()
        numbers = {line.channel_id: {post.body: post.number for post in line.posts} for line in self.lines}
        found: dict[str, dict[int, str]] = {line.channel_id: {} for line in self.lines}
        for part in dead:
            found[part.channel_id][numbers[part.channel_id][part.body]] = part.reason or ""
        return found

    def told(self) -> frozenset[str]:
        """Return the subjects of all that operators are told."""
        engine = Store.open(self.database).engine
        with engine.connect() as connection:
            subjects = frozenset(connection.execute(select(incident.c.subject)).scalars())
        engine.dispose()
        return subjects

    def retry_given_up(self) -> None:
        """Do what ``outbox retry`` does with every message that was given up, and what a run then does."""
        engine = Store.open(self.database).engine
        outbox = Outbox(engine)
        dead = [part.delivery_id for part in outbox.parts([State.DEAD], limit=10_000)]
        outbox.set_state(dead, State.PENDING, "retry by hand", self._now)
        engine.dispose()
        self.run()

    def _read_notes(self) -> None:
        engine = Store.open(self.database).engine
        bodies = {part.idempotency_key: part for part in Outbox(engine).parts(limit=100_000)}
        engine.dispose()
        noted = [bodies[key] for key in self._notes.read_text().split()] if self._notes.exists() else []
        for line in self.lines:
            line.unanswered = [part.body for part in noted if part.channel_id == line.channel_id]

    def _strike(self, number: int, down: ExitStack, outage: AbstractContextManager[object] | None) -> None:
        """Kill the sender, or take the server down, if this request is one for it."""
        child = self._child
        if child is not None and self._kill_at and number >= self._kill_at[0]:
            self._kill_at.pop(0)
            threading.Timer(self._draw.uniform(0, LONGEST_KILL_DELAY_S), child.kill).start()
        if outage is not None and self._outage_at is not None and number >= self._outage_at:
            self._outage_at = None
            self._going_down = threading.Thread(target=down.enter_context, args=(outage,))
            self._going_down.start()

    def _run_once(self) -> int | None:
        """Do one run; return how many deliveries are open, None when the sender was killed."""
        self.runs += 1
        self._now += BETWEEN_RUNS
        child = self._child or self._start()
        assert child.stdin and child.stdout
        try:
            child.stdin.write(f"{self._now.isoformat()}\n")
            child.stdin.flush()
            told = child.stdout.readline()
        except BrokenPipeError:
            told = ""
        if told:
            return int(told)
        status = self._bury()
        assert status == -signal.SIGKILL, f"the sender ended by itself, with {status}"
        self.kills += 1
        for line in self.lines:
            line.caught += [crossing.body for crossing in line.way.crossings[-1:]]
        return None

    def _start(self) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.lossy.child"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdin
        channels = [
            {"channel_id": line.channel_id, "platform": line.platform, "keys": dict(line.keys)}
            for line in self.lines
        ]
        order = {
            "database": self.database,
            "channels": channels,
            "timeouts": asdict(self._timeouts),
            "notes": str(self._notes),
        }
        child.stdin.write(json.dumps(order) + "\n")
        self._child = child
        return child

    def _bury(self) -> int:
        child, self._child = self._child, None
        assert child is not None
        with child:
            return child.wait(30)


def _queue_one(outbox: Outbox, line: Line, digest: Digest, now: datetime) -> None:
    channel = a_channel(line.channel_id, line.platform, line.keys)
    own = replace(digest, digest_id=sha256(f"{digest.digest_id} {line.channel_id}".encode()).hexdigest()[:8])
    parts = channel.platform.render(own, channel.keys, Style.RICH)
    outbox.enqueue(line.channel_id, Selection(own, (), ()), parts, now)
    for part in parts:
        marked = channel.platform.mark_repeat(part.body, own.digest_id)
        line.posts.append(Post(len(line.posts), own.digest_id, part.body, marked))
