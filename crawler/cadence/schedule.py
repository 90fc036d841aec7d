"""When to poll a source again, from what its server and its failures say. Arithmetic only: no clock, no network.

The promise on freshness: a source that answers is asked again after `every` at the earliest, and at the latest after
four times as long or two hours, whichever is less (after `every` where that is more), whatever its server or its
rhythm says. Between the two decides `crawler.cadence.pace`. A failing source is asked ever more rarely, but for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from hashlib import sha256

LONGEST_FACTOR, LONGEST_WAIT = 4, timedelta(hours=2)  # of a source that answers
MAX_WAIT = timedelta(days=1)  # a Retry-After of 88 hours was seen in the wild; we come back after a day
MAX_BACKOFF = timedelta(hours=6)
MISSING_BACKOFF = timedelta(days=1)  # 404: feeds do come back, so never give up
GONE_BACKOFF = timedelta(days=7)  # 410 (RFC 9110 §15.5.11): the server says that it is for good
JITTER = 0.2  # of a back-off, either way: sources that failed together shall not come back together
PAGE_RETRIES = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=17))  # three tries over 24 hours
UNCONDITIONAL_EVERY = timedelta(days=1)  # against servers that answer 304 for ever
FORGIVEN = timedelta(minutes=3)  # of an interval, at most


class Why(StrEnum):
    """What decided on the next poll, in words for people."""

    NEWS = "something new came"
    FLOOR = "busy hours"
    QUIET_HOURS = "quiet hours"
    SELDOM = "seldom brings anything"
    PAUSE = "has paused"
    WINDOW = "before its entries scroll away"
    SERVER = "its server asks for it"
    FAILED = "failed"
    MISSING = "not found"
    GONE = "gone for good"


@dataclass(frozen=True, slots=True)
class NextPoll:
    """The instant before which a source is not polled, and what decided on it."""

    at: datetime
    why: Why


def is_due(next_poll_at: datetime | None, every: timedelta, now: datetime, why: str | None = None) -> bool:
    """Tell whether a source may be polled at *now*.

    What is `forgiven` of the interval lets a cron tick poll although it comes a moment early: a poll noted at 12:00:40
    must not make the tick of 12:15:02 skip a source that asks for fifteen minutes. An instant further away than any
    wait that is given here for the reason *why* was written under a wrong clock, and holds nothing back.
    """
    longest = GONE_BACKOFF if why == Why.GONE else MAX_WAIT
    if next_poll_at is None or next_poll_at - now > max(every, longest) + FORGIVEN:
        return True
    return now >= next_poll_at - forgiven(every)


def forgiven(every: timedelta) -> timedelta:
    """Return by how much a poll may come early: a tenth of the interval, at most three minutes."""
    return min(every / 10, FORGIVEN)


def longest_wait(every: timedelta) -> timedelta:
    """Return after what time a source that answers is asked again at the latest."""
    return max(every, min(every * LONGEST_FACTOR, LONGEST_WAIT))


def poll_after_success(
    now: datetime, every: timedelta, learned: tuple[timedelta, Why], wish: timedelta | None = None
) -> NextPoll:
    """Return when a source that just answered is polled again.

    The longest of the configured interval, the *learned* wait and the publisher's *wish* (how long the answer stays
    fresh, or RSS ``<ttl>``) wins, up to `longest_wait`: who asks once a day watches nothing.
    """
    wait, why = max(learned[0], every), learned[1]
    if wish is not None and wish > wait:
        wait, why = wish, Why.SERVER
    return NextPoll(now + min(wait, longest_wait(every)), why)


def poll_after_failure(
    now: datetime,
    every: timedelta,
    failures: int,
    *,
    source_id: str,
    retry_after: timedelta | None = None,
    status: int | None = None,
) -> NextPoll:
    """Return when to try a failing source again; *failures* counts consecutive ones including this.

    The interval doubles from the configured one up to six hours (a day for 404, a week for 410), give or take a fifth
    that follows from the source and the number of its failures. ``Retry-After`` (RFC 9110 §10.2.3) is honoured to the
    second, up to one day. Never gives up.
    """
    why, limit = {404: (Why.MISSING, MISSING_BACKOFF), 410: (Why.GONE, GONE_BACKOFF)}.get(
        status or 0, (Why.FAILED, MAX_BACKOFF)
    )
    ceiling = max(every, limit)
    doubled = min(every * (1 << min(max(failures - 1, 0), 16)), ceiling)
    wait = min(max(doubled * jitter(source_id, failures), every), ceiling)
    asked_for = min(retry_after, MAX_WAIT) + forgiven(every) if retry_after else timedelta(0)
    return NextPoll(now + asked_for, Why.SERVER) if asked_for > wait else NextPoll(now + wait, why)


def jitter(source_id: str, failures: int) -> float:
    """Return a factor from 0.8 to 1.2, always the same for a source's *failures*-th failure in a row."""
    drawn = int.from_bytes(sha256(f"{source_id}\0{failures}".encode()).digest()[:4], "big") / 0xFFFF_FFFF
    return 1 + JITTER * (2 * drawn - 1)


def page_retry_at(now: datetime, attempts: int, retry_after: timedelta | None = None) -> datetime | None:
    """Return when a page that failed *attempts* times is tried again; None after the last try."""
    if attempts > len(PAGE_RETRIES):
        return None
    return now + max(PAGE_RETRIES[attempts - 1], min(retry_after or timedelta(0), MAX_WAIT))


def read_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Return the wait named by a ``Retry-After`` header (seconds or HTTP-date), None for nonsense."""
    if (seconds := _seconds(value, digits=9)) is not None:
        return seconds
    moment = _http_date(value)
    return None if moment is None else max(moment - now, timedelta(0))


def read_freshness(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return for how long an answer stays as it is by its own word; None when it says nothing, or nothing sensible.

    *headers* by lower-case name. ``max-age`` wins over ``Expires`` minus ``Date`` (RFC 9111 §5.3), ``Age`` is taken off
    what a cache on the way has used up already (§4.2.3), ``no-cache`` and ``no-store`` (§5.2.2) promise nothing.
    """
    control = headers.get("cache-control")
    names = {directive.partition("=")[0].strip().lower() for directive in (control or "").split(",")}
    if names & {"no-cache", "no-store"}:
        return None
    lifetime = read_max_age(control)
    if lifetime is None and "max-age" not in names:
        expires, date = _http_date(headers.get("expires")), _http_date(headers.get("date"))
        lifetime = expires - (date or now) if expires else None
    if lifetime is None:
        return None
    left = lifetime - (_seconds(headers.get("age"), digits=9) or timedelta(0))
    return left if left > timedelta(0) else None


def read_max_age(cache_control: str | None) -> timedelta | None:
    """Return ``max-age`` of a Cache-Control header (RFC 9111 §5.2.2.1), None when absent or malformed."""
    for directive in (cache_control or "").split(","):
        name, _, value = directive.strip().partition("=")
        if name.lower() == "max-age" and (age := _seconds(value.strip('" '), digits=11)) is not None:
            return age
    return None


def _seconds(value: str | None, digits: int) -> timedelta | None:
    text = (value or "").strip()
    return timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and len(text) <= digits else None


def _http_date(value: str | None) -> datetime | None:
    """Return the instant of an HTTP-date (RFC 9110 §5.6.7), None for anything else or without a time zone."""
    try:
        moment = parsedate_to_datetime((value or "").strip())
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
