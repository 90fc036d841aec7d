"""Silence told from breakage on two simulated months: every outage once and in time, hardly a false notice.

Sources publish by a gamma-mixed Poisson process with days, nights, weekends and bursts, which shares no code with
what judges them. Polls, schedule and incidents are the program's own; the clock ticks as cron does.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from alerts.archive import Archive
from alerts.incident import Incident, Incidents
from alerts.tables import incident
from alerts.watch import watch_silence, watch_sources
from crawler.cadence.polling import Answer, after_failure, after_success
from crawler.cadence.rhythm import (
    IMPROBABLE,
    SHORTEST,
    History,
    Rhythm,
    Span,
    judge_silence,
    learn_rhythm,
    was_deaf,
)
from crawler.cadence.schedule import is_due
from crawler.clock import from_ms
from crawler.errors import FetchError
from crawler.model import PollState, Validators
from crawler.store import Store
from tests.database import rows

ZONE = ZoneInfo("Asia/Yangon")
START = datetime(2026, 8, 31, 17, 30, tzinfo=UTC)  # midnight in Yangon, before a Tuesday
DAYS, SOURCES = 60, 28
TICK = timedelta(minutes=15)  # cron
DAY = timedelta(days=1)
FAULTS = 0.05
DAY_SPREAD = 0.2  # true variance of a day's factor
NIGHT, WEEKEND = 0.08, 0.4
ITEMS_IN_BURST = 1.6
MOST_FALSE = 0.05  # notices a source-month: with 28 sources, three in two months
EVERY = tuple(timedelta(minutes=minutes) for minutes in (15, 20, 30, 60))


@dataclass(slots=True)
class Outlet:
    """A source: what it publishes, and what was heard of it."""

    name: str
    per_day: float
    every: timedelta
    published: list[datetime]
    state: PollState
    dead: tuple[datetime, datetime] | None = None  # refuses to answer
    mute: tuple[datetime, datetime] | None = None  # answers, and publishes nothing
    arrivals: list[tuple[datetime, int]] = field(default_factory=list)
    deaf: list[Span] = field(default_factory=list)
    requests: int = 0
    taken: int = 0
    learned: tuple[datetime, Rhythm | None] | None = None

    def rhythm(self, state: PollState) -> Rhythm | None:
        """Return what the program would learn from its rows; once a pause, for speed."""
        assert state.last_item_at is not None
        assert state.first_polled_at is not None
        if self.learned is None or self.learned[0] != state.last_item_at:
            history = History(state.first_polled_at, tuple(self.arrivals), tuple(self.deaf))
            self.learned = state.last_item_at, learn_rhythm(history, state.last_item_at, ZONE)
        return self.learned[1]


def true_share(local: datetime) -> float:
    """Return how busy an hour truly is; means 1 over a week."""
    by_hour = [NIGHT if hour < 6 or hour > 22 else 1.0 for hour in range(24)]
    by_day = [1.0] * 5 + [WEEKEND] * 2
    mean = sum(by_hour) / 24 * sum(by_day) / 7
    return by_hour[local.hour] * by_day[local.weekday()] / mean


def publish(rng: random.Random, per_day: float, days: int = DAYS) -> list[datetime]:
    """Return when a source of *per_day* items publishes."""
    found = []
    for day in range(days):
        busy = rng.gammavariate(1 / DAY_SPREAD, DAY_SPREAD)
        for hour in range(24):
            begin = START + timedelta(days=day, hours=hour)
            mean = per_day / ITEMS_IN_BURST / 24 * busy * true_share(begin.astimezone(ZONE))
            moment = begin + timedelta(hours=rng.expovariate(mean))
            while moment < begin + timedelta(hours=1):
                found.append(moment)
                while rng.random() < 1 - 1 / ITEMS_IN_BURST:  # a burst of mean ITEMS_IN_BURST
                    found.append(moment + timedelta(seconds=rng.uniform(0, 600)))
                moment += timedelta(hours=rng.expovariate(mean))
    return sorted(found)


def tellable_at(last: datetime, outlet: Outlet) -> datetime:
    """Return when a pause after *last* is improbable to one who knows the true process and counted its arrivals."""
    per_day = sum(moment <= last for moment, _ in outlet.arrivals) / ((last - START) / DAY)
    moment, chance, day, mean = last, 1.0, last.astimezone(ZONE).date(), 0.0
    while chance * (1 + DAY_SPREAD * mean) ** (-1 / DAY_SPREAD) >= IMPROBABLE:
        local = moment.astimezone(ZONE)
        if local.date() != day:
            chance *= (1 + DAY_SPREAD * mean) ** (-1 / DAY_SPREAD)
            day, mean = local.date(), 0.0
        mean += per_day / 24 * true_share(local)
        moment += timedelta(hours=1)
    return max(moment, last + SHORTEST)


def in_time(wait: timedelta) -> timedelta:
    """Return how late a notice may come: hours and weekdays are learned, and known less well than by who made them."""
    return max(timedelta(hours=24), wait / 3)


@dataclass(slots=True)
class Watch:
    """The program on simulated sources: polls, states and incidents are its own."""

    incidents: Incidents
    outlets: dict[str, Outlet]
    rng: random.Random
    down: tuple[datetime, datetime] | None = None

    def live(self, days: int = DAYS) -> None:
        """Tick through the months."""
        names = {name: name for name in self.outlets}
        for number in range(int(days * DAY / TICK)):
            now = START + number * TICK + timedelta(seconds=self.rng.randint(1, 9))
            if self.down and self.down[0] <= now < self.down[1]:
                continue
            for outlet in self.outlets.values():
                if is_due(outlet.state.next_poll_at, outlet.every, now):
                    self.poll(outlet, now)
            states = {name: outlet.state for name, outlet in self.outlets.items()}
            watch_sources(self.incidents, states, names, now)
            watch_silence(self.incidents, states, names, self.rhythm_of, lambda _: 1.0, now, now)

    def rhythm_of(self, state: PollState) -> Rhythm | None:
        return self.outlets[state.source_id].rhythm(state)

    def poll(self, outlet: Outlet, now: datetime) -> None:
        """Ask one source; what it published since the last answer arrives at once."""
        before = outlet.state
        outlet.requests += 1
        if (outlet.dead and outlet.dead[0] <= now < outlet.dead[1]) or self.rng.random() < FAULTS:
            outlet.state = after_failure(before, outlet.every, now, FetchError("HTTP 503", status=503))
            return
        answer = Answer(0, "u", Validators(), conditional=False)
        after, _ = after_success(before, outlet.every, now, answer, None, ZONE)
        end = outlet.taken
        while end < len(outlet.published) and outlet.published[end] <= now:
            end += 1
        new, outlet.taken = end - outlet.taken, end
        if before.first_polled_at is None:
            outlet.state = _with(after, first_polled_at=now, last_item_at=now)
            return
        assert before.last_ok_at is not None
        assert after.next_poll_at is not None
        if was_deaf(now - before.last_ok_at, after.next_poll_at - now, failed=before.failures > 0):
            outlet.deaf.append(Span(before.last_ok_at, now))
        if new:
            outlet.arrivals.append((now, new))
        outlet.state = _with(after, last_item_at=now) if new else after

    def told(self) -> list[Incident]:
        """Return all that operators would have heard of silence, open or not."""
        return [
            Incident(
                row.id,
                row.subject,
                row.text,
                from_ms(row.opened_at),
                row.closed_at and from_ms(row.closed_at),
            )
            for row in rows(self.incidents.engine, select(incident).order_by(incident.c.id))
        ]


def _with(state: PollState, **changes: datetime) -> PollState:
    return replace(state, **changes)  # type: ignore[arg-type]  # instants only


def open_watch(folder: str, seed: int, rates: list[float], days: int = DAYS) -> Watch:
    store = Store.open(f"sqlite:///{folder}/simulated.db")
    Archive.open(store.engine)
    rng = random.Random(seed)
    outlets = {}
    for number, rate in enumerate(rates):
        name = f"s{number:02}"
        outlets[name] = Outlet(
            name, rate, EVERY[number % len(EVERY)], publish(rng, rate, days), PollState(name)
        )
    return Watch(Incidents(store.engine), outlets, rng)


def rates() -> list[float]:
    """Return items a day, 0.3 to 60, evenly on a logarithmic scale."""
    return [round(0.3 * 200 ** (number / (SOURCES - 1)), 2) for number in range(SOURCES)]


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path)


def stop(outlet: Outlet, begin: datetime, end: datetime) -> None:
    outlet.mute = begin, end
    outlet.published = [moment for moment in outlet.published if not begin <= moment < end]


@pytest.mark.slow
def test_every_outage_is_told_once_and_in_time(folder: str) -> None:
    watch = open_watch(folder, 1111, rates())
    by_rate = sorted(watch.outlets.values(), key=lambda outlet: outlet.per_day)
    busy, middling, slow = by_rate[23], by_rate[17], by_rate[11]  # 27, 8.4 and 2.6 a day
    stop(busy, START + 40 * DAY, START + 44 * DAY)
    stop(middling, START + 41.4 * DAY, START + 48 * DAY)
    stop(slow, START + 36.7 * DAY, START + 47 * DAY)
    refusing = by_rate[20]  # 15 a day
    refusing.dead = START + 38 * DAY, START + 42 * DAY
    lull = by_rate[18]
    saturday = START + 32 * DAY
    assert saturday.astimezone(ZONE).strftime("%a %H") == "Sat 00"
    stop(lull, saturday, saturday + timedelta(hours=54))
    watch.down = START + 51 * DAY, START + 53 * DAY
    watch.live()

    told = watch.told()
    silences = [item for item in told if item.subject.startswith("silent:")]
    print()
    for outlet in (busy, middling, slow):
        (mine,) = [item for item in silences if item.subject == f"silent:{outlet.name}"]
        assert outlet.mute is not None
        last = max(moment for moment, _ in outlet.arrivals if moment <= mine.opened)
        tellable = tellable_at(last, outlet)
        late = mine.opened - tellable
        print(
            f"{outlet.per_day:6.2f} a day: last {last:%d %b %H:%M}, tellable after {tellable - last}, late {late}"
        )
        print(f"       {mine.text}")
        assert outlet.mute[0] <= mine.opened < outlet.mute[1]
        assert late <= in_time(tellable - last)
        assert mine.closed == min(moment for moment, _ in outlet.arrivals if moment > mine.opened)
    (dead,) = [item for item in told if item.subject.startswith("source:")]
    assert dead.subject == f"source:{refusing.name}"
    false = [
        item
        for item in silences
        if item.subject.partition(":")[2] not in {busy.name, middling.name, slow.name}
    ]
    print(f"false notices: {len(false)} in {SOURCES * 2} source-months: {[item.text for item in false]}")
    assert not {item.subject for item in false} & {f"silent:{refusing.name}", f"silent:{lull.name}"}
    assert not [item for item in false if watch.down[0] <= item.opened < watch.down[1] + DAY]
    assert len(false) <= SOURCES * 2 * MOST_FALSE


@pytest.mark.slow
def test_calm_months_are_calm_and_every_source_that_stops_is_noticed(folder: str) -> None:
    watch = open_watch(folder, 2026, rates())
    watch.live()
    false = [item.text for item in watch.told()]
    print(f"\nfalse notices: {len(false)} in {SOURCES * 2} source-months: {false}")
    assert len(false) <= SOURCES * 2 * MOST_FALSE
    print(" a day  every  requests/day  at 15 min  tellable after  noticed after")
    late: dict[str, float] = {}
    for outlet in watch.outlets.values():
        assert outlet.state.last_item_at is not None
        last, rhythm = outlet.state.last_item_at, outlet.rhythm(outlet.state)
        every, fixed = outlet.every / timedelta(minutes=1), DAY / TICK
        asked = f"{outlet.per_day:6.2f} {every:4.0f} m  {outlet.requests / DAYS:12.1f} {fixed:10.0f}"
        if rhythm is None:
            print(f"{asked}  too little is known")
            assert outlet.per_day < 0.5
            continue
        noticed = last + SHORTEST
        while not judge_silence(rhythm, last, noticed).is_unusual:
            noticed += timedelta(hours=1)
        tellable = tellable_at(last, outlet)
        print(f"{asked}  {days_of(tellable - last):>14}  {days_of(noticed - last):>13}")
        if outlet.per_day >= 1:
            late[outlet.name] = (noticed - tellable) / in_time(tellable - last)
    requests = sum(outlet.requests for outlet in watch.outlets.values()) / DAYS
    print(f"requests a day: {requests:.0f} as scheduled, {SOURCES * DAY / TICK:.0f} at 15 minutes")
    assert max(late.values()) <= 1, late


def days_of(wait: timedelta) -> str:
    return f"{wait / DAY:.1f} days"
