"""How often a source brings something new, learned from its arrivals, and when its silence is no longer chance.

Pure: instants in, values out. It judges nothing that was not listened to, and knows nothing of the publisher's dates.

**Model.** Arrivals are an inhomogeneous Poisson process of rate ``λ·hour·weekday`` per listened hour of local time.
What one poll brings, and what is read back with it, is one arrival. Counts of hour and weekday are shrunk towards 1
by `SHRINK` imagined arrivals, so that a source of two items a week is not given a rhythm out of thin air.

**Silence.** With *m* arrivals expected on one day, and days busier and quieter than the rhythm says by a gamma factor
of mean 1 and variance φ, none comes with chance ``(1 + φm)^(-1/φ)`` (negative binomial: Greenwood & Yule 1920,
https://doi.org/10.2307/2341080). Over the days of a silence this adds up to ``S = Σ ln(1 + φm)/φ``. The rate itself is
known from *N* arrivals only; with its gamma posterior the chance of the silence is ``(1 + S/N)^-N`` (Gelman et al.,
*Bayesian Data Analysis*, §2.6). A source is silent when that is below `IMPROBABLE`, and when more arrivals are missing
than in the second longest pause learned, for what happened twice is habit. Pauses are measured in expected arrivals,
so that they compare across nights and weekends (time rescaling: Brown et al. 2002,
https://doi.org/10.1162/08997660252741149).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from math import exp, log1p
from zoneinfo import ZoneInfo

LEARNED = timedelta(days=60)  # a rhythm of two months: seasons, elections and offensives change it
SHORTEST = timedelta(hours=20)  # of silence that is ever told: editors have days off
MIN_LISTENED = timedelta(days=14)  # two weekends
MIN_ARRIVALS = 10
IMPROBABLE = 0.0005  # chance of one pause; a source of one item a day pauses thirty times a month
ONE_BURST = timedelta(minutes=10)  # older pages are read back within a run
SHRINK = 4.0
USUAL_SPREAD, SPREAD_WEIGHT = 0.25, 10.0  # variance of a day's factor, before anything was learned
LEAST_SPREAD, MOST_SPREAD = (
    0.25,
    2.0,
)  # polls that gather several items make days look more even than they are

DEAF_WAITS = 3  # a poll that is one wait late missed nothing
DEAF_AFTER = timedelta(hours=13)  # but who runs the program twice a day listens, too
DEAF_AFTER_FAILURES = timedelta(hours=6)  # and one failed poll between two long waits hides nothing

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, aware; *start* does not belong to it, *end* does."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class History:
    """What came from a source: instants of first sight with their number of items, ascending, first polls left out."""

    first_polled: datetime
    arrivals: tuple[tuple[datetime, int], ...]
    deaf: tuple[Span, ...] = ()  # when nobody listened


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is usual for a source. *hours* and *weekdays* are factors round 1."""

    arrivals: int  # learned from
    items: int  # that came with them
    items_per_day: float
    per_hour: float
    hours: tuple[float, ...]
    weekdays: tuple[float, ...]
    spread: float  # φ: variance of a day's factor
    longest_pause: float  # the second longest, in expected arrivals
    deaf: tuple[Span, ...]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Silence:
    """What is known of a pause: its length without deaf stretches, what was expected, how likely it is."""

    lasted: timedelta
    expected: float
    chance: float
    is_unusual: bool


@dataclass(frozen=True, slots=True)
class _Slot:
    """A local hour, or the listened part of it."""

    day: date
    hour: int
    start: datetime
    listened_h: float


def was_deaf(gap: timedelta, wait: timedelta, failed: bool) -> bool:
    """Tell whether nobody listened in the *gap* between two polls that were answered.

    *wait* is what the schedule asks for between two polls, *failed* that polls in between were not answered.
    """
    return gap > max(wait * DEAF_WAITS, DEAF_AFTER_FAILURES if failed else DEAF_AFTER)


def learn_rhythm(history: History, until: datetime, zone: ZoneInfo) -> Rhythm | None:
    """Return the rhythm of the last `LEARNED` before *until*, None while too little is known.

    *until* is the beginning of the pause to be judged: the pause itself must not teach that pauses are usual.
    """
    start = max(history.first_polled, until - LEARNED)
    slots = tuple(_slots(start, until, history.deaf, zone))
    listened_h = sum(slot.listened_h for slot in slots)
    heard = [
        (moment, items)
        for moment, items in history.arrivals
        if start <= moment <= until and not any(span.start < moment <= span.end for span in history.deaf)
    ]
    moments = _one_of_each_burst([moment for moment, _ in heard])
    if len(moments) < MIN_ARRIVALS or listened_h < MIN_LISTENED / HOUR:
        return None
    rate = len(moments) / listened_h
    local = [moment.astimezone(zone) for moment in moments]
    hours = _hour_factors(slots, local, rate)
    weekdays = _weekday_factors(slots, local, rate, hours)
    total = sum(slot.listened_h * hours[slot.hour] * weekdays[slot.day.weekday()] for slot in slots)
    rate = len(moments) / total
    learned = Rhythm(
        arrivals=len(moments),
        items=sum(items for _, items in heard),
        items_per_day=sum(items for _, items in heard) / listened_h * 24,
        per_hour=rate,
        hours=hours,
        weekdays=weekdays,
        spread=USUAL_SPREAD,
        longest_pause=0.0,
        deaf=history.deaf,
        zone=zone,
    )
    expected = [_expected(learned, slot) for slot in slots]
    return replace(
        learned,
        spread=_spread(slots, expected, local),
        longest_pause=_second_longest_pause(slots, expected, moments),
    )


def judge_silence(rhythm: Rhythm, since: datetime, until: datetime, activity: float = 1.0) -> Silence:
    """Return how unusual it is that nothing came after *since*; *until* is the last poll that was answered.

    *activity* is the share of what is usual that may be expected of these days, on which others were quiet, too.
    """
    by_day: defaultdict[date, float] = defaultdict(float)
    listened_h = 0.0
    for slot in _slots(since, until, rhythm.deaf, rhythm.zone):
        by_day[slot.day] += _expected(rhythm, slot) * activity
        listened_h += slot.listened_h
    expected = sum(by_day.values())
    surprise = sum(log1p(rhythm.spread * mean) for mean in by_day.values()) / rhythm.spread
    chance = exp(-rhythm.arrivals * log1p(surprise / rhythm.arrivals))
    lasted = timedelta(hours=listened_h)
    is_unusual = lasted >= SHORTEST and chance < IMPROBABLE and expected > rhythm.longest_pause
    return Silence(lasted, expected, chance, is_unusual)


def _slots(start: datetime, end: datetime, deaf: Sequence[Span], zone: ZoneInfo) -> Iterator[_Slot]:
    """Yield the local hours from *start* to *end*, each with the part of it in which somebody listened."""
    ahead = sorted((span for span in deaf if span.end > start), key=lambda span: span.start, reverse=True)
    moment = start.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    while moment < end:
        following = moment + HOUR
        begin, stop = max(moment, start), min(following, end)
        listened = stop - begin
        while ahead and ahead[-1].start < stop:
            span = ahead[-1]
            listened -= max(min(stop, span.end) - max(begin, span.start), timedelta(0))
            if span.end > stop:
                break
            ahead.pop()
        local = moment.astimezone(zone)
        yield _Slot(local.date(), local.hour, moment, max(listened / HOUR, 0.0))
        moment = following


def _expected(rhythm: Rhythm, slot: _Slot) -> float:
    factor = rhythm.hours[slot.hour] * rhythm.weekdays[slot.day.weekday()]
    return rhythm.per_hour * factor * slot.listened_h


def _one_of_each_burst(moments: Sequence[datetime]) -> list[datetime]:
    kept: list[datetime] = []
    for moment in moments:
        if not kept or moment - kept[-1] > ONE_BURST:
            kept.append(moment)
    return kept


def _hour_factors(slots: Sequence[_Slot], local: Sequence[datetime], rate: float) -> tuple[float, ...]:
    """Return how much busier than the average each hour of the day is, smoothed with its neighbours."""
    found = Counter(moment.hour for moment in local)
    usual = [0.0] * 24
    for slot in slots:
        usual[slot.hour] += rate * slot.listened_h
    factors = []
    for hour in range(24):
        near = ((hour - 1) % 24, hour, (hour + 1) % 24)
        came, due = sum(found[each] for each in near), sum(usual[each] for each in near)
        factors.append((came + SHRINK) / (due + SHRINK))
    return tuple(factors)


def _weekday_factors(
    slots: Sequence[_Slot], local: Sequence[datetime], rate: float, hours: Sequence[float]
) -> tuple[float, ...]:
    """Return how much busier than the average each weekday is, Monday first."""
    found = Counter(moment.weekday() for moment in local)
    usual = [0.0] * 7
    for slot in slots:
        usual[slot.day.weekday()] += rate * hours[slot.hour] * slot.listened_h
    return tuple((found[day] + SHRINK) / (usual[day] + SHRINK) for day in range(7))


def _spread(slots: Sequence[_Slot], expected: Sequence[float], local: Sequence[datetime]) -> float:
    """Return the variance of a day's factor by moments, ``Σ((n-m)² - m) / Σm²``, drawn towards the usual one."""
    found = Counter(moment.date() for moment in local)
    means: defaultdict[date, float] = defaultdict(float)
    for slot, mean in zip(slots, expected, strict=True):
        means[slot.day] += mean
    excess = sum((found[day] - mean) ** 2 - mean for day, mean in means.items())
    weight = sum(mean**2 for mean in means.values())
    spread = (excess + USUAL_SPREAD * SPREAD_WEIGHT) / (weight + SPREAD_WEIGHT)
    return min(max(spread, LEAST_SPREAD), MOST_SPREAD)


def _second_longest_pause(
    slots: Sequence[_Slot], expected: Sequence[float], moments: Sequence[datetime]
) -> float:
    starts = [slot.start for slot in slots]
    before = [0.0, *accumulate(expected)]
    ages = []
    for moment in moments:
        index = bisect_right(starts, moment) - 1
        ages.append(before[index] + expected[index] * min((moment - starts[index]) / HOUR, 1.0))
    pauses = sorted(later - earlier for earlier, later in pairwise(ages))
    return pauses[-2]
