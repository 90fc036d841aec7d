"""The daemon: starts ``newswatch run`` as a child on the configuration's cadences, as cron would. Runs nothing itself.

APScheduler 3.11 with the memory job store (the database stores unpickle rows). A suspended machine gets one run when it
wakes: coalesced, with no misfire grace that would drop it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from alerts.configkeys import At, Every
from crawler.clock import utc_now

if TYPE_CHECKING:
    from alerts.config import Config

LONGEST_TICK = timedelta(minutes=15)  # retries and recovering channels wait no longer than this
STOP_GRACE_S = 7.0  # a child leaves within six seconds of SIGTERM by itself
CHILD_LIMIT_S = 15 * 60.0  # a child that is suspended or hung must not end the watch


class Daemon:
    """Ticks until it is told to stop; one child at a time."""

    def __init__(self, config: Config, arguments: Sequence[str], say: Callable[[str], None]) -> None:
        self._config = config
        self._arguments = tuple(arguments)
        self._say = say
        self._child: asyncio.subprocess.Process | None = None
        self._stop = asyncio.Event()
        self._turn = asyncio.Lock()  # two triggers may fire at once

    async def serve(self) -> int:
        """Run until SIGTERM or SIGINT; then let the child finish its send, and return 0."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        zone = ZoneInfo(self._config.crawl.settings.timezone)
        scheduler = AsyncIOScheduler(timezone=zone)
        rules = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        interval = tick_interval(self._config)
        first = utc_now()  # the first run is now
        scheduler.add_job(
            self._tick, IntervalTrigger(seconds=interval.total_seconds()), next_run_time=first, **rules
        )
        for moment in digest_times(self._config):
            scheduler.add_job(
                self._tick, CronTrigger(hour=moment[0], minute=moment[1], timezone=zone), **rules
            )
        scheduler.start()
        self._say(f"newswatch: serving, a run every {interval}; stop with SIGTERM")
        try:
            await self._stop.wait()
        finally:
            scheduler.pause()
            await self._end_child()
            async with self._turn:  # a child that was just being started has ended too
                scheduler.shutdown(wait=False)
        return 0

    async def _tick(self) -> None:
        if self._turn.locked():
            return  # a run is under way: the run lock would turn the second away as well
        async with self._turn:
            if not self._stop.is_set():
                await self._run()

    async def _run(self) -> None:
        self._child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "alerts", *self._arguments, start_new_session=True
        )
        if self._stop.is_set():
            self._child.terminate()
        try:
            status = await asyncio.wait_for(self._child.wait(), CHILD_LIMIT_S)
            if status not in (0, 1) and not self._stop.is_set():
                self._say(f"newswatch: a run ended with status {status}; the next one goes on from there")
        except TimeoutError:
            self._say("newswatch: a run hung and was ended; the next one goes on from there")
            self._child.kill()
            await self._child.wait()
        finally:
            self._child = None

    async def _end_child(self) -> None:
        child = self._child
        if child is None:
            return
        with suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGCONT)  # a suspended child cannot hear SIGTERM
            child.terminate()
        try:
            await asyncio.wait_for(child.wait(), STOP_GRACE_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()


def tick_interval(config: Config) -> timedelta:
    """Return how often a run is started: as often as the most eager source or channel wants something."""
    wishes = [source.every for source in config.crawl.sources if source.enabled]
    wishes += [channel.send.interval for channel in config.channels if isinstance(channel.send, Every)]
    return min([*wishes, LONGEST_TICK])


def digest_times(config: Config) -> tuple[tuple[int, int], ...]:
    """Return the daily times, as (hour, minute) in the configured zone, at which a channel wants its digest."""
    times = {
        (moment.hour, moment.minute)
        for channel in config.channels
        if isinstance(channel.send, At)
        for moment in channel.send.times
    }
    return tuple(sorted(times))
