"""When a channel's digest is due. Arithmetic on its schedule and its quiet hours: no clock, no storage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def is_quiet(start: time, end: time, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether *now* falls into the quiet hours *start* to *end*, local time; they may span midnight."""
    local = now.astimezone(zone).time()
    if start <= end:
        return start <= local < end
    return local >= start or local < end


def interval_passed(every: timedelta, last_digest_at: datetime | None, now: datetime) -> bool:
    """Tell whether a channel that speaks every *every* may speak again; a minute's drift of cron is forgiven.

    A last digest that lies ahead was written under a wrong clock, and holds nothing back.
    """
    if last_digest_at is None or last_digest_at > now:
        return True
    return now - last_digest_at >= every - min(every / 10, timedelta(minutes=1))


def slot_passed(at: Sequence[time], checked_at: datetime | None, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether one of the daily times *at* lies in (*checked_at*, *now*].

    A machine that slept through several slots gets one digest, not one for each. A local time that a change
    of the clocks skips or repeats fires once (``fold=0``, and instants are compared in UTC). The first
    look at a new channel only starts the watch.
    """
    if checked_at is None:
        return False
    day: date = checked_at.astimezone(zone).date()
    last = now.astimezone(zone).date()
    if last - day > timedelta(days=2):
        return True
    while day <= last:
        for moment in at:
            slot = datetime.combine(day, moment, tzinfo=zone)
            if checked_at.timestamp() < slot.timestamp() <= now.timestamp():
                return True
        day += timedelta(days=1)
    return False
