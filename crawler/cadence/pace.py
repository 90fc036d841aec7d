"""How long a source that answers may be left alone, by what it usually brings. Pure: counts and instants in, waits out.

**Model.** Items come as an inhomogeneous Poisson process ``λ(t) = items per hour · hour · weekday`` of local time, the
shape of `crawler.cadence.rhythm`. The best moments to poll such a source are those at which equally much delay has
gathered (Sia, Cho & Cho, "Efficient monitoring algorithm for fast news alerts", IEEE TKDE 19(7), 2007,
https://doi.org/10.1109/TKDE.2007.1041): a poll is due when the expected delay of what was published since, summed over
items, ``∫ (t - s) λ(s) ds``, reaches the price of a request. At a constant rate that is a wait ∝ ``1/√λ``, which
minimises the total delay for a given number of requests; at night λ is small and the wait long.

**Price.** `BUSY` items an hour are worth asking at the floor `every`; so a poll costs ``BUSY · every² / 2`` item-hours.
Who sets a shorter `every` says that delay counts more there.

**Empty polls.** Days are busier or quieter by a gamma factor of mean 1 and variance φ. When polls brought nothing while
*m* arrivals were expected, the factor's posterior mean is ``1 / (1 + φm)`` (Gelman et al., *Bayesian Data Analysis*,
§2.6): the more polls disappoint, the less is expected. Whatever the model says, a poll that brings something is
followed by one at the floor, for news comes in bursts.

**Window.** A document shows its newest entries only. The source is asked again before a `SAFETY`-th of the last window
is expected to be new, so that nothing scrolls away (saturation, in Horincar, Amann & Artières, "Best-effort refresh
strategies for content-based RSS feed aggregation", WISE 2010, https://doi.org/10.1007/978-3-642-17616-6_24).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from crawler.cadence.rhythm import LEARNED, History, learn_rhythm
from crawler.cadence.schedule import Why, longest_wait
from crawler.clock import from_ms, to_ms
from crawler.model import Pace

BUSY = 1.5  # items an hour that are worth a poll at the floor
SAFETY = 3.0  # windows are polled three times before they are expected to have turned over
RELEARN_AFTER = timedelta(days=1)
UNKNOWN_H, UNKNOWN = 24.0, 2 * BUSY  # a new source counts as very busy, with the weight of so many hours
ENOUGH_SOURCES, LEAST_USUAL = 5, 3.0
ONE_DAY = timedelta(days=1)  # a day's factor says nothing of the day after
STEP = timedelta(minutes=5)
HOUR = timedelta(hours=1)
_EVEN_HOURS, _EVEN_WEEK = (1.0,) * 24, (1.0,) * 7


def is_outdated(pace: Pace | None, now: datetime) -> bool:
    """Tell whether a source's pace is to be learned anew; one from the future was learned under a wrong clock."""
    return pace is None or not timedelta(0) <= now - pace.learned_at < RELEARN_AFTER


def learn_pace(history: History, now: datetime, zone: ZoneInfo) -> Pace:
    """Return what a source brings, by its rhythm, or by its bare number of items while no rhythm is known.

    A young source is taken for a busy one: `UNKNOWN_H` imagined hours weigh less with every hour it is heard.
    """
    rhythm = learn_rhythm(history, now, zone)
    if rhythm is not None:
        return Pace(
            now,
            rhythm.per_hour * rhythm.items / rhythm.arrivals,
            rhythm.per_hour,
            rhythm.hours,
            rhythm.weekdays,
            rhythm.spread,
        )
    since = max(history.first_polled, now - LEARNED)
    deaf = sum(
        (max(min(span.end, now) - max(span.start, since), timedelta(0)) for span in history.deaf),
        timedelta(0),
    )
    listened_h = max((now - since - deaf) / HOUR, 0.0)
    came = [items for moment, items in history.arrivals if since < moment <= now]
    return Pace(
        now,
        (sum(came) + UNKNOWN * UNKNOWN_H) / (listened_h + UNKNOWN_H),
        (len(came) + UNKNOWN * UNKNOWN_H) / (listened_h + UNKNOWN_H),
        _EVEN_HOURS,
        _EVEN_WEEK,
        spread=0.0,  # what is only imagined cannot disappoint
    )


def expected_items(pace: Pace, start: datetime, end: datetime, zone: ZoneInfo) -> float:
    """Return how many items are usual from *start* to *end*."""
    total, moment = 0.0, start
    while moment < end:
        following = min(_next_hour(moment, zone), end)
        total += pace.items_per_hour * _share(pace, moment, zone) * ((following - moment) / HOUR)
        moment = following
    return total


def learned_wait(
    pace: Pace | None,
    every: timedelta,
    now: datetime,
    zone: ZoneInfo,
    *,
    quiet_since: datetime | None,
    window: int | None = None,
) -> tuple[timedelta, Why]:
    """Return how long a source that brought nothing at *now* may be left alone, at most `longest_wait`, and why.

    Nothing new came after *quiet_since* (None: never); its last document showed *window* entries.
    """
    if pace is None:
        return every, Why.FLOOR
    begin = now if quiet_since is None else max(quiet_since, now - ONE_DAY)
    bursts = pace.arrivals_per_hour / pace.items_per_hour if pace.items_per_hour else 1.0
    missing = expected_items(pace, begin, now, zone) * bursts if begin < now else 0.0
    factor = 1 / (1 + pace.spread * missing)
    price = BUSY * (every / HOUR) ** 2 / 2
    longest, room = longest_wait(every), (window or 0) / SAFETY
    usual, doubtful = _wait(pace, price, longest, now, zone), _wait(pace, price / factor, longest, now, zone)
    # what came is at most what is usual, however long it has paused: the window is judged by the whole rate
    if window and expected_items(pace, now, now + doubtful, zone) > room:
        return max(_time_of(pace, room, longest, now, zone), every), Why.WINDOW
    if doubtful <= every:
        return every, Why.FLOOR
    if usual < doubtful and doubtful > every and usual <= every:
        return doubtful, Why.PAUSE
    is_night = _share(pace, now, zone) < 0.5
    return doubtful, Why.QUIET_HOURS if is_night else Why.SELDOM


def shared_activity(
    paces: Iterable[Pace], came: Iterable[int], since: datetime, until: datetime, zone: ZoneInfo
) -> float:
    """Return how much of their usual these sources brought from *since* to *until*: the median share, at most 1.

    Holidays and storms quiet a whole country. 1 when fewer than `ENOUGH_SOURCES` were to bring anything worth counting.
    """
    shares = []
    for pace, items in zip(paces, came, strict=True):
        usual = expected_items(pace, since, until, zone)
        if usual >= LEAST_USUAL:
            shares.append(items / usual)
    return min(median(shares), 1.0) if len(shares) >= ENOUGH_SOURCES else 1.0


def _wait(pace: Pace, price: float, longest: timedelta, now: datetime, zone: ZoneInfo) -> timedelta:
    """Return after what time the summed delay of the items since *now* reaches *price* item-hours."""
    delay = came = 0.0
    waited = timedelta(0)
    while waited < longest:
        coming = pace.items_per_hour * _share(pace, now + waited, zone) * (STEP / HOUR)
        delay += (came + coming / 2) * (STEP / HOUR)
        came += coming
        waited += STEP
        if delay >= price * (1 - 1e-9):  # what is equal on paper
            break
    return min(waited, longest)


def _time_of(pace: Pace, items: float, longest: timedelta, now: datetime, zone: ZoneInfo) -> timedelta:
    """Return after what time *items* are expected."""
    waited = timedelta(0)
    while waited < longest and expected_items(pace, now, now + waited + STEP, zone) <= items:
        waited += STEP
    return waited


def _share(pace: Pace, moment: datetime, zone: ZoneInfo) -> float:
    local = moment.astimezone(zone)
    return pace.hours[local.hour] * pace.weekdays[local.weekday()]


def _next_hour(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the next full local hour."""
    return moment.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC) + HOUR


def write_pace(pace: Pace) -> str:
    """Return a pace as the text that is stored."""
    return json.dumps(
        {
            "at": to_ms(pace.learned_at),
            "items": round(pace.items_per_hour, 5),
            "arrivals": round(pace.arrivals_per_hour, 5),
            "hours": [round(factor, 3) for factor in pace.hours],
            "weekdays": [round(factor, 3) for factor in pace.weekdays],
            "spread": round(pace.spread, 3),
        }
    )


def read_pace(text: str | None) -> Pace | None:
    """Return the pace that was stored as *text*."""
    if text is None:
        return None
    known: dict[str, Any] = json.loads(text)
    return Pace(
        from_ms(known["at"]),
        known["items"],
        known["arrivals"],
        tuple(known["hours"]),
        tuple(known["weekdays"]),
        known["spread"],
    )
