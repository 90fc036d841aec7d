"""What sixty days have shown: what was told, what was lost, what it cost, and how late items were seen."""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import mean

from crawler.cadence.rhythm import SHORTEST, judge_silence, learn_rhythm
from tests.simulation.outlets import shipped_outlets
from tests.simulation.watch import TICK, Told, Watch
from tests.simulation.world import DAY, HOUR, START, ZONE, Plan, Stretch, World

FIXED_A_DAY = DAY / TICK  # polls of one source, asked at every tick
BEFORE = 30  # items that were there before the first day


def the_plan() -> Plan:
    """Return sixty days with three outages of different kinds, one of our own, and a weekend on which all rest.

    The source that falls silent is a busy one: of others nobody can know within a day (see `silence_told_after`).
    """
    return Plan(
        down={"dvb-my": Stretch(START + 33.4 * DAY, START + 36.6 * DAY)},
        stuck={"khitthit": Stretch(START + 44.3 * DAY, START + 46.5 * DAY)},
        challenged={"irrawaddy-en": Stretch(START + 38.55 * DAY, START + 41.2 * DAY)},
        offline=Stretch(START + 50.3 * DAY, START + 50.3 * DAY + 9 * HOUR),
        lull=Stretch(START + 25 * DAY, START + 27 * DAY),
    )


def run_simulation(plan: Plan, database_url: str, seed: int) -> Watch:
    """Let the program live through *plan*."""
    outlets = {outlet.source.id: outlet for outlet in shipped_outlets()}
    watch = Watch.open(World(outlets, plan, random.Random(seed)), database_url, seed)
    asyncio.run(watch.live())
    return watch


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage as operators heard of it."""

    subject: str
    stretch: Stretch
    begins: tuple[Told, ...]
    ends: tuple[Told, ...]

    @property
    def told_after(self) -> timedelta:
        return self.begins[0].at - self.stretch.start


def outages(watch: Watch) -> tuple[Outage, ...]:
    """Return what was planned and what was told of it."""
    plan = watch.world.plan
    planned = [
        (f"source:{name}", stretch) for name, stretch in (*plan.down.items(), *plan.challenged.items())
    ]
    planned += [(f"silent:{name}", stretch) for name, stretch in plan.stuck.items()]
    planned += [("offline:network", plan.offline)] if plan.offline else []
    found = []
    for subject, stretch in planned:
        mine = [told for told in watch.told if told.subject == subject and stretch.start <= told.at]
        found.append(
            Outage(
                subject,
                stretch,
                tuple(told for told in mine if not told.is_end),
                tuple(told for told in mine if told.is_end),
            )
        )
    return tuple(found)


def false_notices(watch: Watch) -> tuple[Told, ...]:
    """Return the notices that no planned outage explains, each counted once at its beginning."""
    explained = {told for outage in outages(watch) for told in (*outage.begins, *outage.ends)}
    lost = missing(watch)
    explained |= {told for told in watch.told if told.subject.startswith("gap:") and told.subject[4:] in lost}
    return tuple(told for told in watch.told if told not in explained and not told.is_end)


@dataclass(frozen=True, slots=True)
class Loss:
    """Items that scrolled away unseen: all of them, and those of which no gap was told."""

    published: int
    lost: int
    untold: int


def losses(watch: Watch) -> Loss:
    """Count what was never seen, but for the last half day, in which it may still come."""
    gaps = {told.subject.partition(":")[2] for told in watch.told if told.subject.startswith("gap:")}
    lost = missing(watch)
    published = sum(len(_judged(watch, name)) for name in watch.world.outlets)
    untold = sum(len(numbers) for name, numbers in lost.items() if name not in gaps)
    return Loss(published, sum(map(len, lost.values())), untold)


def missing(watch: Watch) -> dict[str, list[int]]:
    """Return by source the numbers of items that were never seen; sources of which none is missing are left out."""
    seen = watch.delays()
    found = {name: [each for each in _judged(watch, name) if each not in seen[name]] for name in seen}
    return {name: numbers for name, numbers in found.items() if numbers}


def _judged(watch: Watch, name: str) -> range:
    last = START + watch.world.plan.days * DAY - DAY / 2
    return range(BEFORE, bisect_left(watch.world.published[name], last))


def delays_min(watch: Watch) -> dict[str, list[float]]:
    """Return by source the delays in minutes of items that came in no outage, ascending."""
    plan = watch.world.plan
    stretches = {**plan.down, **plan.challenged, **plan.stuck}
    found = {}
    for name, delays in watch.delays().items():
        moments = watch.world.published[name]
        excused = [stretch for stretch in (stretches.get(name), plan.offline) if stretch]
        found[name] = sorted(
            delay / timedelta(minutes=1)
            for number, delay in delays.items()
            if number >= BEFORE and not any(moments[number] in stretch for stretch in excused)
        )
    return found


def fixed_delays_min(watch: Watch) -> list[float]:
    """Return the delays of a program that asks every source at every tick and is never refused, ascending."""
    found = []
    for moments in watch.world.published.values():
        for moment in moments[BEFORE:]:
            following = bisect_left(watch.ticks, moment)
            if following < len(watch.ticks):
                found.append((watch.ticks[following] - moment) / timedelta(minutes=1))
    return sorted(found)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a *share* of the ascending *values* lies."""
    return values[min(int(len(values) * share), len(values) - 1)] if values else 0.0


def requests_a_day(watch: Watch) -> Mapping[str, float]:
    """Return what each source was asked a day, older pages and fallback routes included."""
    return {name: watch.requests[name] / watch.world.plan.days for name in watch.world.outlets}


def silence_told_after(watch: Watch, name: str) -> timedelta | None:
    """Return after what silence a source would be told of that stops now; None when too little is known of it."""
    state = watch.store.poll_state(name)
    history = watch.store.history(state)
    if history is None or state.last_item_at is None:
        return None
    rhythm = learn_rhythm(history, state.last_item_at, ZONE)
    waited = SHORTEST
    while rhythm and not judge_silence(rhythm, state.last_item_at, state.last_item_at + waited).is_unusual:
        waited += HOUR
    return waited if rhythm else None


def table(watch: Watch) -> Iterator[str]:
    """Yield the lines of the report."""
    plan, asked, late = watch.world.plan, requests_a_day(watch), delays_min(watch)
    yield f"{len(asked)} sources, {plan.days} days, {plan.faults:.0%} of requests faulty, cron every 15 minutes"
    names = f"{'source':18}{'items/day':>10}{'every':>7}{'requests/day':>14}"
    yield (
        names + f"{'brought nothing':>17}{'mean delay':>12}{'95 %':>6} min{'would be told silent after':>28}"
    )
    for name, outlet in watch.world.outlets.items():
        every = outlet.source.every / timedelta(minutes=1)
        middle = mean(late[name]) if late[name] else 0.0
        yield (
            f"{name:18}{outlet.per_day:10.1f}{every:7.0f}{asked[name]:14.1f}"
            f"{watch.empty[name] / watch.polls[name]:17.0%}{middle:12.0f}{percentile(late[name], 0.95):6.0f} min"
            f"{_in_days(silence_told_after(watch, name)):>28}"
        )
    total, fixed = sum(asked.values()), FIXED_A_DAY * len(asked)
    yield f"requests a day: {total:.0f}; at every tick {fixed:.0f}: {fixed / total:.1f} times fewer"
    ours = sorted(minute for minutes in late.values() for minute in minutes)
    for name, values in (("learned", ours), ("at every tick, without faults", fixed_delays_min(watch))):
        yield f"delay, {name}: mean {mean(values):.0f}, 95 % {percentile(values, 0.95):.0f}, most {values[-1]:.0f} min"
    for outage in outages(watch):
        yield from _outage_lines(outage)
    false, months = false_notices(watch), len(asked) * plan.days / 30
    yield f"false notices: {len(false)} in {months:.0f} source-months, {len(false) / months:.3f} each"
    yield from (f"    {item.at:%d %b %H:%M} {item.text}" for item in false)
    loss = losses(watch)
    yield f"published {loss.published}, never seen {loss.lost}, of them not told as a gap {loss.untold}"
    yield from (f"    {name}: {len(numbers)} missing" for name, numbers in missing(watch).items())


def _in_days(wait: timedelta | None) -> str:
    return "too little known" if wait is None else f"{wait / DAY:.1f} days"


def _outage_lines(outage: Outage) -> Iterator[str]:
    after = f" after {outage.told_after / HOUR:.1f} h" if outage.begins else ""
    lasted = (outage.stretch.end - outage.stretch.start) / HOUR
    yield f"{outage.subject}, {lasted:.0f} h: told {len(outage.begins)} times{after}, its end {len(outage.ends)} times"
    yield from (f"    {item.text}" for item in (*outage.begins, *outage.ends))
