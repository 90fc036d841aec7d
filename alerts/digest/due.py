"""When a channel is told something, and how much of it. Arithmetic on schedules: no clock, no storage.

Instants are compared in UTC, so that no change of the clocks and no suspended machine tells a time of day twice. The
machine's own clock may jump: a mark that lies a little ahead is waited for, one far ahead was made by a wrong clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, assert_never
from zoneinfo import ZoneInfo

from alerts.configkeys import At, Every, Instant

if TYPE_CHECKING:
    from alerts.configkeys import Quiet, Send

WRONG_CLOCK = timedelta(days=1)  # a mark further ahead than that holds nothing back
DRIFT = timedelta(minutes=1)  # of cron, forgiven
SLOT_DRIFT = timedelta(minutes=90)  # of a heartbeat at times of day: a day has 23 hours in spring


class Turn(Enum):
    """What a channel may be told now."""

    NOTHING = auto()
    URGENT = auto()
    ALL = auto()


@dataclass(frozen=True, slots=True)
class Plan:
    """When a channel wants to be told, as configured, in *zone*."""

    send: Send
    quiet: Quiet | None
    zone: ZoneInfo
    urgent_at_once: bool = False  # whatever ``send`` says
    group_wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Past:
    """What is remembered of a channel: its last digest on schedule, and up to when its times of day were looked at."""

    last_digest_at: datetime | None = None
    checked_at: datetime | None = None


def is_quiet(start: time, end: time, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether *now* falls into the quiet hours *start* to *end*, local time; they may span midnight."""
    local = now.astimezone(zone).time()
    if start <= end:
        return start <= local < end
    return local >= start or local < end


def is_plan_quiet(plan: Plan, now: datetime) -> bool:
    """Tell whether *now* falls into the quiet hours of a channel."""
    return plan.quiet is not None and is_quiet(plan.quiet.start, plan.quiet.end, now, plan.zone)


def interval_passed(every: timedelta, last_digest_at: datetime | None, now: datetime) -> bool:
    """Tell whether a channel that speaks every *every* may speak again; a minute's drift of cron is forgiven.

    A last digest that lies more than an interval ahead was written under a wrong clock, and holds nothing back.
    """
    if last_digest_at is None or last_digest_at - now > every:
        return True
    return now - last_digest_at >= every - min(every / 10, DRIFT)


def next_slot(at: Sequence[time], after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first of the daily times *at* behind *after*.

    A local time that a change of the clocks skips stands where it would have been (``fold=0``: an hour later by
    the new clock), one that is repeated stands at its first coming.
    """
    day, behind = after.astimezone(zone).date() - timedelta(days=1), after.timestamp()
    while True:
        found = [
            slot for moment in at if (slot := datetime.combine(day, moment, tzinfo=zone).timestamp()) > behind
        ]
        if found:  # of two days the earlier has the earlier slots, whatever the clocks do between them
            return datetime.fromtimestamp(min(found), tz=zone)
        day += timedelta(days=1)


def slot_passed(at: Sequence[time], checked_at: datetime | None, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether one of the daily times *at* lies in (*checked_at*, *now*].

    A machine that slept through several slots gets one digest, not one for each. The first look at a new channel
    only starts the watch, and so does one whose mark a wrong clock has made.
    """
    if checked_at is None or checked_at >= now:
        return False
    return next_slot(at, checked_at, zone).timestamp() <= now.timestamp()


def later_mark(mark: datetime | None, now: datetime) -> datetime:
    """Return the mark after a look at *now*: it never goes back, unless a wrong clock has made it."""
    if mark is None or mark - now > WRONG_CLOCK:
        return now
    return max(mark, now)


def is_on_schedule(plan: Plan, past: Past, now: datetime) -> bool:
    """Tell whether ``send`` lets a digest go out now; quiet hours are not looked at."""
    match plan.send:
        case Instant():
            return True
        case Every(interval):
            return interval_passed(interval, past.last_digest_at, now)
        case At(times):
            return slot_passed(times, past.checked_at, now, plan.zone)
        case _ as never:
            assert_never(never)


def choose_turn(
    plan: Plan, past: Past, oldest: datetime | None, usual_gap: timedelta | None, now: datetime
) -> Turn:
    """Return what may be told now.

    *oldest* is when the oldest untold news was queued, *usual_gap* the time from one run to the next; None: unknown.
    In quiet hours urgent stories alone pass, and only where the channel says so. Times of day inside quiet hours wait
    for their end, urgent or not, unless urgent stories go at once.
    """
    is_due = is_on_schedule(plan, past, now)
    if plan.quiet is not None and is_plan_quiet(plan, now):
        passes = plan.urgent_at_once or (is_due and not isinstance(plan.send, At))
        return Turn.URGENT if plan.quiet.except_urgent and passes else Turn.NOTHING
    if not is_due:
        return Turn.URGENT if plan.urgent_at_once else Turn.NOTHING
    if isinstance(plan.send, Instant) and oldest is not None and waits_for_more(plan, oldest, usual_gap, now):
        return Turn.URGENT
    return Turn.ALL


def waits_for_more(plan: Plan, oldest: datetime, usual_gap: timedelta | None, now: datetime) -> bool:
    """Tell whether news may wait for more to join it: only while another run comes before the wait is over."""
    if not plan.group_wait or usual_gap is None:
        return False
    return now + usual_gap <= min(oldest, now) + plan.group_wait


def quiet_until(plan: Plan, moment: datetime) -> datetime:
    """Return when the quiet hours end that *moment* falls into, *moment* itself outside of them."""
    if plan.quiet is None or not is_plan_quiet(plan, moment):
        return moment
    return next_slot((plan.quiet.end,), moment, plan.zone)


def first_chance(plan: Plan, past: Past, queued: datetime) -> datetime:
    """Return from when on news that was *queued* then could have been told on schedule."""
    match plan.send:
        case Every(interval) if past.last_digest_at is not None:
            chance = max(queued, past.last_digest_at + interval)
        case At(times):
            chance = next_slot(times, queued - timedelta(microseconds=1), plan.zone)
        case _:
            chance = queued + plan.group_wait
    return quiet_until(plan, chance)


def heartbeat_due(
    every: timedelta, spoken_at: datetime | None, plan: Plan, past: Past, now: datetime
) -> bool:
    """Tell whether a channel that has heard nothing since *spoken_at* is to be told that there is nothing.

    Never in quiet hours, and with times of day only at one of them. The first look starts the watch.
    """
    if spoken_at is None or spoken_at > now or is_plan_quiet(plan, now):
        return False
    if isinstance(plan.send, At):
        drift = min(every / 10, SLOT_DRIFT)
        return now - spoken_at >= every - drift and is_on_schedule(plan, past, now)
    return interval_passed(every, spoken_at, now)
