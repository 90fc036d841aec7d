"""One run, from feeds to chat. Read this first: each stage takes rows, works, commits, and the next takes its rows.

    poll due sources ─▶ entries ─▶ articles ─▶ matches, stories, alerts ─▶ digests, frozen messages ─▶ sent

A run may die anywhere; the next one goes on from the rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.configkeys import Instant
from alerts.delivery.channelstate import ChannelStates
from alerts.delivery.deliver import Sender
from alerts.delivery.edit import Edits
from alerts.delivery.outbox import Outbox
from alerts.digest.changing import Changes, compare_revisions
from alerts.digesting import MOST_CHANGED, Digester
from alerts.matching import match_articles
from alerts.operators.incident import Incidents
from alerts.operators.runlog import RunLog
from alerts.operators.watch import watch
from alerts.records.archive import Archive
from alerts.runreport import RunReport, as_json
from crawler import failpoint
from crawler.cadence.schedule import is_due
from crawler.clock import Clock
from crawler.db.lock import run_lock
from crawler.records.store import Store

if TYPE_CHECKING:
    from alerts.config import Channel, Config
    from alerts.transport.http import Timeouts

EVENTS_FOR = timedelta(days=90)  # how long the steps of a delivery are remembered
DELIVERY_SHARE_S = 60.0  # of the time budget, kept back from the crawl for delivery


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line asks of a run."""

    only: tuple[str, ...] = ()
    force: bool = False
    dry_run: bool = False
    time_budget: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended; *held_by* names the other run when there was one, and then nothing was done."""

    report: RunReport | None = None
    held_by: str | None = None
    unreachable: bool = False
    unreadable: bool = False  # servers answered, but not one source could be read
    undeliverable: bool = False
    stopped: bool = False


@dataclass(slots=True)
class Surroundings:
    """What a run takes from outside: the clock, where the terminal's text goes, and the wish to stop."""

    clock: Clock
    write: Callable[[str], None]
    progress: Callable[[str], None]
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    timeouts: Timeouts | None = None  # of chat platforms; None: the usual ones


async def run_cycle(config: Config, options: RunOptions, around: Surroundings) -> RunResult:
    """Do one run under the run lock. `StoreError` means that nothing could be done."""
    store = Store.open(config.crawl.database_url, config.crawl.settings.first_run_window)
    try:
        with run_lock(store.engine) as held_by:
            if held_by is not None:
                return RunResult(held_by=held_by)
            return await _Run(config, options, around, store).do()
    finally:
        store.engine.dispose()


class _Run:
    def __init__(self, config: Config, options: RunOptions, around: Surroundings, store: Store) -> None:
        self._config = config
        self._options = options
        self._around = around
        self._store = store
        self._archive = Archive.open(store.engine)
        self._outbox = Outbox(store.engine)
        self._edits = Edits(store.engine)
        self._changes = Changes(store.engine)
        self._incidents = Incidents(store.engine)
        self._states = ChannelStates(store.engine)
        self._digester = Digester(config, store, self._archive, self._outbox, self._incidents, self._states)
        self._channels = config.channels or (console_channel(config),)
        self._log = RunLog(store.engine)

    async def do(self) -> RunResult:
        now = self._around.clock()
        report = RunReport(self._log.begin(now), now)
        await self._crawl(report)
        self._match(report)
        self._watch(report)
        if self._options.dry_run:
            self._preview()
        elif not self._around.stop.is_set():
            await self._deliver(report)
        report.open_parts = self._outbox.counts()
        report.finished = self._around.clock()
        if not self._options.dry_run:
            self._store.purge(report.finished - self._config.crawl.settings.retention)
            self._archive.forget_old_reports(report.finished)
            self._outbox.forget_events(report.finished - EVENTS_FOR)
        failpoint.reach("before_report_commit")
        self._log.end(report.run_id, report.finished, as_json(report))
        tried, working = report.delivery.tried_channels, report.delivery.working_channels
        return RunResult(
            report,
            unreachable=report.crawl.unreachable and report.crawl.unanswered == report.crawl.asked,
            unreadable=report.crawl.all_failed,
            undeliverable=not working and (bool(tried) or report.unable_channels == len(self._channels)),
            stopped=self._around.stop.is_set(),
        )

    async def _crawl(self, report: RunReport) -> None:
        """Poll what is due. Scrapy is imported only when there is something to ask: a quiet tick stays cheap."""
        if not self._has_work(report.started):
            return
        from crawler.run import crawl

        self._around.progress("reading sources …")
        budget_s = self._options.time_budget.total_seconds()
        report.crawl, problems = await crawl(
            self._config.crawl,
            self._store,
            self._around.clock,
            only=self._options.only,
            force=self._options.force,
            deadline_s=max(budget_s - DELIVERY_SHARE_S, budget_s / 2),
            stop=self._around.stop,
        )
        report.problems += problems

    def _has_work(self, now: datetime) -> bool:
        wanted = [
            source
            for source in self._config.crawl.sources
            if source.enabled and (not self._options.only or source.id in self._options.only)
        ]
        states = self._store.poll_states()
        if self._options.force or any(
            (state := states.get(source.id)) is None
            or is_due(state.next_poll_at, source.every, now, state.next_poll_why)
            for source in wanted
        ):
            return bool(wanted)
        return bool(self._store.pending_entries([source.id for source in wanted], now))

    def _match(self, report: RunReport) -> None:
        self._around.progress("matching …")
        wants = {channel.id: channel.topics for channel in self._channels}
        # a channel that was used before, and whose variable this shell does not set, is still owed its news
        known = self._states.known_channel_ids()
        wants |= {skipped.id: skipped.topics for skipped in self._config.skipped if skipped.id in known}
        now, should_stop = self._around.clock(), self._around.stop.is_set
        report.matching = match_articles(self._archive, self._config, wants, now, should_stop)
        told = {channel.id: channel.changes for channel in self._channels}
        told |= {channel_id: "figures" for channel_id in wants if channel_id not in told}
        compare_revisions(self._changes, self._config, told, now, should_stop)

    def _watch(self, report: RunReport) -> None:
        """Begin and end the incidents that operators are told of."""
        channels = [channel.id for channel in self._channels]
        watch(
            self._store,
            self._incidents,
            report.crawl,
            names={source.id: source.name for source in self._config.crawl.sources if source.enabled},
            channel_ids=[*channels, *(channel.id for channel in self._config.skipped)],
            zone=ZoneInfo(self._config.crawl.settings.timezone),
            read_since=report.started,
            now=self._around.clock(),
        )

    async def _deliver(self, report: RunReport) -> None:
        """Freeze and send; then once more, for what operators are to hear of this very delivery."""
        now = self._around.clock()
        self._outbox.recover(report.run_id, now)
        self._states.refresh(self._channels, now)
        self._digester.route_notices(now)
        self._digester.enqueue_due(self._channels, now)
        if self._sendable():
            await self._send(report)
        self._note_channel_problems(report)

    async def _send(self, report: RunReport) -> None:
        """Send what waits. The HTTP client is made only here: a quiet tick sends nothing and must not pay for it."""
        from alerts.transport.carrier import Carrier
        from alerts.transport.http import DEFAULT_TIMEOUTS

        around = self._around
        around.progress("sending …")
        async with Carrier(self._config.crawl.settings, around.timeouts or DEFAULT_TIMEOUTS) as carrier:
            sender = Sender(
                self._outbox, self._incidents, carrier, around.clock, report.run_id, around.write, around.stop
            )
            report.delivery = sender.report
            await sender.deliver(
                self._sendable(), lambda channel: self._digester.enqueue_due([channel], around.clock())
            )
            self._digester.route_notices(around.clock())
            self._digester.enqueue_due(self._channels, around.clock())
            await sender.deliver(self._sendable())

    def _sendable(self) -> list[Channel]:
        """Return the channels that are not paused and have something to send."""
        states = self._states.load()
        return [
            channel
            for channel in self._channels
            if (channel.id not in states or states[channel.id].paused_at is None)
            and (self._outbox.next_part(channel.id) or self._edits.next(channel.id, self._around.clock()))
        ]

    def _note_channel_problems(self, report: RunReport) -> None:
        report.channel_problems += dict.fromkeys([*report.delivery.mishaps, *self._digester.problems])
        states = self._states.load()
        for channel in self._channels:
            state = states.get(channel.id)
            waiting = self._outbox.next_part(channel.id)
            if state is not None and state.paused_at is not None:
                report.channel_problems.append((channel.id, f"paused: {state.paused_reason}"))
                report.unable_channels += 1
            elif waiting is not None and waiting.reason:
                report.channel_problems.append((channel.id, waiting.reason))
                report.unable_channels += 1
        report.channel_problems += self._digester.notices.unheard(self._around.clock())

    def _preview(self) -> None:
        """Print what would be sent; nothing is marked."""
        from alerts.channels import PLATFORMS
        from alerts.message.platform import Style

        console = PLATFORMS["console"]
        for channel in self._channels:
            stories = self._archive.pending_stories(channel.id)
            changes = self._changes.pending(channel.id, channel.changes, MOST_CHANGED)
            if not (stories or changes):
                continue
            digest = self._digester.select(channel, stories, self._around.clock(), changes=changes).digest
            named = replace(digest, title=f"{digest.title} → {channel.id} (dry run)")
            for part in console.render(named, console.keys(), Style.RICH):
                self._around.write(part.body.decode("utf-8"))


def console_channel(config: Config, channel_id: str = "console") -> Channel:
    """Return the channel that prints on the terminal: what a run without a usable channel uses."""
    from alerts.channels import PLATFORMS
    from alerts.config import Channel

    platform = PLATFORMS["console"]
    topics = tuple(topic.id for topic in config.topics)
    return Channel(channel_id, platform, platform.keys(), topics, Instant(), None)
