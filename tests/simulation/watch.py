"""The program in the simulated world: every cron tick polls what is due, watches, and tells operators."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from scrapy import Request
from scrapy.http import Response
from sqlalchemy import select
from twisted.python.failure import Failure

from alerts.delivery.outbox import Outbox
from alerts.operators.incident import Incident, Incidents, notice_line
from alerts.operators.watch import watch
from alerts.records.archive import Archive
from crawler.cadence.schedule import is_due
from crawler.child import Worker
from crawler.clock import from_ms
from crawler.db.schema import entry
from crawler.model import CrawlReport, ParsedFeed, PendingEntry
from crawler.outcome import settle_crawl
from crawler.pages import Pages
from crawler.polls import Polls
from crawler.records.store import Store
from crawler.rereading import Rereading
from tests.database import part_of, rows, select_digest
from tests.simulation.world import DAY, START, ZONE, Answer, World

TICK = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as operators read it."""

    at: datetime
    subject: str
    text: str
    is_end: bool


class _NothingReread:
    """No told article is read again: nothing is told."""

    def settle(self) -> None:
        """There are none."""


class _NoPages:
    """No article is asked for: the simulation ends at the entries."""

    unanswered_sources: frozenset[str] = frozenset()
    answered: frozenset[str] = frozenset()

    def requests(self, pending: Sequence[PendingEntry]) -> list[Request]:
        return []

    def settle_unanswered(self) -> None:
        """There are none."""


@dataclass(slots=True)
class _InPlace:
    """Reads the world's bodies; stands where the parsing child does."""

    world: World

    async def parse(self, kind: str, body: bytes, content_type: str | None, url: str) -> ParsedFeed:
        return self.world.parse(body)


@dataclass(slots=True)
class Watch:
    """What the program does and what it cost."""

    world: World
    store: Store
    rng: random.Random
    told: list[Told] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    empty: Counter[str] = field(default_factory=Counter)  # polls that brought nothing
    polls: Counter[str] = field(default_factory=Counter)
    ticks: list[datetime] = field(default_factory=list)
    now: datetime = START

    @classmethod
    def open(cls, world: World, database_url: str, seed: int) -> Watch:
        store = Store.open(database_url)
        Archive.open(store.engine)
        return cls(world, store, random.Random(seed))

    async def live(self) -> None:
        """Tick through the days, as cron does: a little late, and a source after the other."""
        incidents, outbox = Incidents(self.store.engine), Outbox(self.store.engine)
        names = {name: name for name in self.world.outlets}
        for number in range(int(self.world.plan.days * DAY / TICK)):
            begun = START + number * TICK + timedelta(seconds=self.rng.uniform(1, 20))
            self.now = begun
            self.ticks.append(begun)
            report = await self._crawl(begun)
            watch(
                self.store,
                incidents,
                report,
                names=names,
                channel_ids=["ops"],
                zone=ZONE,
                read_since=begun,
                now=self.now,
            )
            if untold := incidents.untold():
                self._tell(outbox, untold)

    async def _crawl(self, begun: datetime) -> CrawlReport:
        report = CrawlReport()
        states = self.store.poll_states()
        due = [
            outlet.source
            for name, outlet in self.world.outlets.items()
            if (state := states.get(name)) is None
            or is_due(state.next_poll_at, outlet.source.every, begun, state.next_poll_why)
        ]
        if not due:
            return report
        pages, worker = cast("Pages", _NoPages()), cast("Worker", _InPlace(self.world))
        polls = Polls(self.store, worker, pages, report, lambda: self.now, asyncio.Event(), ZONE)
        report.due = len(due)
        for source in due:
            self.now = begun + timedelta(seconds=self.rng.uniform(1, 40))
            self.polls[source.id] += 1
            before = report.entries_new
            waiting = polls.requests(source)
            while waiting:
                waiting += await self._ask(source.id, waiting.pop(0))
            self.empty[source.id] += report.entries_new == before
        self.now = begun + timedelta(seconds=41)
        rereading = cast("Rereading", _NothingReread())
        settle_crawl(self.store, polls, pages, rereading, report, len(self.world.outlets))
        for name in polls.failed:  # its other routes would have been asked, too
            self.requests[name] += self.world.outlets[name].routes - 1
        return report

    async def _ask(self, name: str, request: Request) -> list[Request]:
        """Send one request; return those that follow from its answer."""
        self.requests[name] += 1
        etag = request.headers.get("If-None-Match")
        page = request.url.rpartition("?page=")[2] if "?page=" in request.url else "1"
        answer = self.world.answer(name, int(page), self.now, etag.decode() if etag else None)
        if answer.failure is not None:
            failure = Failure(answer.failure)
            failure.request = request  # type: ignore[attr-defined]  # as Scrapy does
            return list(cast("Any", request.errback)(failure))
        response = Response(request.url, answer.status, _headers(answer), answer.body, request=request)
        return [each async for each in cast("Any", request.callback)(response, **request.cb_kwargs)]

    def _tell(self, outbox: Outbox, untold: Sequence[Incident]) -> None:
        digest = select_digest([], self.now, "ops")
        outbox.enqueue("ops", digest, [part_of()], self.now, [item.incident_id for item in untold])
        self.told += [
            Told(self.now, item.subject, notice_line(item), item.closed is not None) for item in untold
        ]

    def delays(self) -> dict[str, dict[int, timedelta]]:
        """Return by source and number how long after its publication each item was seen; lost ones are missing."""
        found: dict[str, dict[int, timedelta]] = {name: {} for name in self.world.outlets}
        for row in rows(self.store.engine, select(entry.c.source_id, entry.c.title, entry.c.first_seen_at)):
            number = int(row.title.rpartition(" ")[2])
            seen = from_ms(row.first_seen_at)
            found[row.source_id][number] = seen - self.world.published[row.source_id][number]
        return found


def _headers(answer: Answer) -> dict[str, str]:
    found = {"ETag": answer.etag, "Retry-After": answer.retry_after}
    return {name: value for name, value in found.items() if value}
