"""``newswatch backfill``: what outlets published before the watch began."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from alerts.commands.context import Context
from alerts.commands.run import EXIT_STOPPED, DurationType

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.cycle import RunResult
    from alerts.matching import MatchReport
    from crawler.archive.store import ArchiveStore
    from crawler.archive.trip import Trip
    from crawler.config import Source
    from crawler.model import CrawlReport

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
TERMINAL_EVERY_S, LOG_EVERY_S = 0.5, 60.0
GO_ON = "the same command goes on from there"


class SinceType(click.ParamType["date | timedelta"]):
    """A day such as 2023-11-11, or a duration such as 30d."""

    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, context: click.Context | None
    ) -> date | timedelta:
        from crawler.configvalue import parse_positive_duration

        if isinstance(value, date | timedelta):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            pass
        try:
            return parse_positive_duration(value)
        except ValueError:
            self.fail(f"{value!r}: write a day such as 2023-11-11, or an age such as 30d", param, context)


@click.command("backfill")
@click.option(
    "--since",
    type=SinceType(),
    required=True,
    metavar="DATE",
    help="How far to go back: a day (2023-11-11, in `timezone`) or an age (30d).",
)
@click.option(
    "--source", "only", multiple=True, metavar="ID", help="Only this source; may be repeated. Default: all."
)
@click.option("--alert", is_flag=True, help="Tell the channels what is found, as if it were news.")
@click.option(
    "--time-budget",
    type=DurationType(),
    default="30m",
    show_default=True,
    help="Stop after this; the same command goes on. Runs wait meanwhile.",
)
@click.pass_obj
def command(
    context: Context, since: date | timedelta, only: tuple[str, ...], alert: bool, time_budget: timedelta
) -> int:
    """Walk back through the archives of the sources: store and match what they published since DATE.

    Read are WordPress' REST interface, pages of feeds and listings, sitemaps and Telegram channels, as politely as in
    a run. What is found can be searched and backtested; nobody is told of it without --alert. Killed or stopped, it
    goes on where it was when the same command is given again.

    \b
        newswatch backfill --since 2023-11-11 --source irrawaddy-en
        newswatch backfill --since 30d --time-budget 2h
    """
    from crawler.archive.store import ArchiveStore
    from crawler.clock import utc_now
    from crawler.db.lock import run_lock

    config, now = context.load(), utc_now()
    sources = _choose(config, only)
    bound = _bound(since, ZoneInfo(config.crawl.settings.timezone), now)
    store = ArchiveStore.open(config.crawl.database_url, config.crawl.settings.first_run_window)
    store.told = alert
    with run_lock(store.engine) as held_by:
        if held_by is not None:
            click.echo(
                f"newswatch: a run is in progress ({held_by}); give the command again when it is over",
                err=True,
            )
            return 0
        job = _Job(context, config, store, sources, bound, time_budget)
        status = asyncio.run(job.do())
    if alert and status == 0 and not job.stop.is_set():
        return _tell(context, config, sources)
    return status


def _choose(config: Config, only: Sequence[str]) -> tuple[Source, ...]:
    enabled = {source.id: source for source in config.crawl.sources if source.enabled}
    known = {source.id for source in config.crawl.sources}
    for name in only:
        if name not in known:
            raise click.UsageError(f"no source {name!r} in sources.yaml; `newswatch status` lists them")
        if name not in enabled:
            raise click.UsageError(
                f"source {name!r} is switched off in sources.yaml; set `enabled: true` to read it"
            )
    return tuple(enabled[name] for name in dict.fromkeys(only or enabled))


def _bound(since: date | timedelta, zone: ZoneInfo, now: datetime) -> datetime:
    if isinstance(since, timedelta):
        bound = now - since
    elif since.year < EARLIEST.year:
        bound = EARLIEST - timedelta(days=1)
    else:
        bound = datetime.combine(since, time_of_day(), zone).astimezone(UTC)
    if bound > now:
        raise click.UsageError(f"--since {since} is still to come; write a day that has been")
    if bound < EARLIEST:
        raise click.UsageError(f"--since reaches back before {EARLIEST.year}; write a later day")
    return bound


class _Job:
    """One backfill under the run lock."""

    def __init__(
        self,
        context: Context,
        config: Config,
        store: ArchiveStore,
        sources: Sequence[Source],
        since: datetime,
        time_budget: timedelta,
    ) -> None:
        self._context, self._config, self._store = context, config, store
        self._sources, self._since, self._budget = sources, since, time_budget
        self._zone = ZoneInfo(config.crawl.settings.timezone)
        self._begun_s = time.monotonic()
        self._trips: Sequence[Trip] = ()
        self.stop = asyncio.Event()

    async def do(self) -> int:
        """Walk, match, report; return the exit status."""
        from crawler.archive.trip import plan_trips
        from crawler.archive.walk import walk_back
        from crawler.clock import utc_now

        self._heed_signals(asyncio.get_running_loop())
        self._trips = plan_trips(self._store, self._sources, self._since, utc_now())
        self._announce()
        showing = asyncio.create_task(self._show_progress())
        try:
            crawled, _ = await walk_back(
                self._config.crawl,
                self._store,
                utc_now,
                self._trips,
                deadline_s=self._budget.total_seconds(),
                stop=self.stop,
            )
        finally:
            showing.cancel()
            self._clear_line()
        matched = await asyncio.to_thread(self._match)  # a signal must be heard meanwhile
        return self._report(crawled, matched)

    def _heed_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        def end() -> None:
            if self.stop.is_set():  # asked twice: everything is stored as it came
                os._exit(EXIT_STOPPED)
            self._context.say("newswatch: stopping …")
            self.stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end)

    def _match(self) -> MatchReport:
        """Match what came; what is no archive's, a killed run left: it is queued as that run would have done."""
        from alerts.cycle import console_channel
        from alerts.delivery.channelstate import ChannelStates
        from alerts.matching import match_articles
        from alerts.records.archive import Archive
        from crawler.clock import utc_now

        archive = Archive.open(self._store.engine)
        channels = self._config.channels or (console_channel(self._config),)
        wants = {channel.id: channel.topics for channel in channels}
        known = ChannelStates(self._store.engine).known_channel_ids()
        wants |= {skipped.id: skipped.topics for skipped in self._config.skipped if skipped.id in known}
        return match_articles(archive, self._config, wants, utc_now(), self.stop.is_set)

    # -- for people ---------------------------------------------------------------------------------------------

    def _announce(self) -> None:
        number = len(self._trips)
        self._context.say(
            f"newswatch: walking back to {self._day(self._since)} in {number} source{'s' * (number != 1)}; "
            "runs wait until it is done. When it is stopped or killed, the same command goes on."
        )
        for trip in self._trips:
            if trip.is_resumed:
                begun, pages = self._day(trip.walk.begun), trip.walk.pages
                self._context.say(f"  {trip.source.id}: goes on after page {pages} (begun {begun})")
        for source in self._sources:
            if source.id not in {trip.source.id for trip in self._trips}:
                self._context.say(f"  {source.id}: this walk is done already")

    async def _show_progress(self) -> None:
        if self._context.quiet:
            return
        in_place = sys.stderr.isatty()
        while True:
            await asyncio.sleep(TERMINAL_EVERY_S if in_place else LOG_EVERY_S)
            going = [trip for trip in self._trips if not trip.walk.finished and not trip.note]
            if in_place:
                latest = max(going, key=lambda trip: self._store.settled[trip.source.id], default=None)
                place = f"{self._place(latest)}; " if latest else ""
                click.echo(
                    f"\r{f'{place}{len(going)} going, {self._rate()}'[:100]}\x1b[K", nl=False, err=True
                )
            else:
                for trip in going:
                    self._context.say(f"newswatch: {self._place(trip)}")
                self._context.say(f"newswatch: {len(going)} going, {self._rate()}")

    def _clear_line(self) -> None:
        if sys.stderr.isatty() and not self._context.quiet:
            click.echo("\r\x1b[K", nl=False, err=True)

    def _place(self, trip: Trip) -> str:
        walk = trip.walk
        back = f", back to {self._day(walk.oldest)}" if walk.oldest else ""
        settled = self._store.settled[trip.source.id]
        return f"{trip.source.id}: page {walk.pages}, {settled:,} articles{back}"

    def _rate(self) -> str:
        total, minutes = sum(self._store.settled.values()), (time.monotonic() - self._begun_s) / 60
        return f"{total:,} articles, {total / max(minutes, 1 / 60):,.0f} a minute"

    def _day(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%Y-%m-%d}"

    def _report(self, crawled: CrawlReport, matched: MatchReport) -> int:
        say = self._context.say
        unfinished = [trip for trip in self._trips if not trip.walk.finished]
        for trip in self._trips:
            if trip.note and not trip.walk.finished:  # said to the quiet, too
                click.echo(f"  {self._outcome(trip)}", err=True)
            else:
                say(f"  {self._outcome(trip)}")
        matches = ", ".join(f"{topic_id} {number}" for topic_id, number in matched.by_topic.items())
        let_go = sum(self._store.let_go.values())
        say(
            f"newswatch: {crawled.entries_new:,} entries new, {crawled.fetched:,} pages read"
            + (f", {crawled.summary_only:,} by summary only" if crawled.summary_only else "")
            + (f", {let_go:,} of before {self._day(self._since)} left out" if let_go else "")
            + f"; matches: {matches or 'none'}; {self._rate()}"
        )
        if self.stop.is_set():
            click.echo(f"newswatch: stopped; {GO_ON}", err=True)
            return EXIT_STOPPED
        unread = [trip for trip in unfinished if trip.note and not trip.walk.pages]
        if self._trips and len(unread) == len(self._trips):
            click.echo("newswatch: no archive could be read; the causes stand above", err=True)
            return 1
        if any(trip.walk.addresses for trip in unfinished):
            say(f"newswatch: not at the end yet; {GO_ON}")
        return 0

    def _outcome(self, trip: Trip) -> str:
        walk = trip.walk
        said = f"{self._place(trip)}, {walk.stored:,} new entries"
        if walk.finished:
            is_short = walk.oldest and walk.oldest > self._since + timedelta(days=7) and not trip.reached
            end = "; done: nothing older is offered" if is_short else "; done"
        elif not walk.pages and trip.note:
            return f"{trip.source.id}: cannot be read: {trip.note}"
        else:
            end = f"; {GO_ON}"
        return f"{said}{end}{f' ({trip.note})' if trip.note else ''}"


def _tell(context: Context, config: Config, sources: Sequence[Source]) -> int:
    """Send what the walk queued, by a run on its sources: quiet hours, digest times and compaction hold as ever."""
    from alerts.cycle import RunOptions, Surroundings, run_cycle
    from alerts.runreport import as_text
    from alerts.secrets import redact
    from crawler.clock import utc_now

    async def go() -> RunResult:
        around = Surroundings(utc_now, click.echo, lambda _text: None)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, around.stop.set)
        return await run_cycle(config, RunOptions(only=tuple(source.id for source in sources)), around)

    result = asyncio.run(go())
    if result.report is None:
        context.say(f"newswatch: another run is in progress ({result.held_by}): it sends what was found")
        return 0
    for line in as_text(result.report, len(config.crawl.sources)):
        context.say(redact(line))
    if result.undeliverable:
        click.echo("newswatch: no channel took a message; everything is kept for the next run", err=True)
        return 1
    return EXIT_STOPPED if result.stopped else 0
