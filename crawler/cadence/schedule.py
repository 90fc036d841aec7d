"""When to poll a source again. Arithmetic only: no clock, no network, no storage."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

MAX_WAIT = timedelta(
    days=1
)  # a Retry-After of 88 hours was seen in the wild; nothing silences us longer than a day
MAX_BACKOFF = timedelta(hours=6)
GONE_BACKOFF = timedelta(days=1)  # 404 and 410: feeds do come back, so never give up
PAGE_RETRIES = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=17))  # three tries over 24 hours
UNCONDITIONAL_EVERY = timedelta(days=1)  # against servers that answer 304 for ever


def is_due(next_poll_at: datetime | None, every: timedelta, now: datetime) -> bool:
    """Tell whether a source may be polled at *now*.

    A tenth of the interval, at most a minute, is forgiven: a poll noted at 12:00:05 must not make the
    cron tick of 12:15:02 skip a source that asks for fifteen minutes. An instant further away than any wait
    that is given here was written under a wrong clock, and holds nothing back.
    """
    if next_poll_at is None or next_poll_at - now > max(every, MAX_WAIT):
        return True
    return now >= next_poll_at - min(every / 10, timedelta(minutes=1))


def poll_after_success(
    now: datetime, every: timedelta, *, max_age: timedelta | None = None, ttl: timedelta | None = None
) -> datetime:
    """Return the instant before which a source that just answered must not be polled again.

    The longest wish wins: the configured interval, ``Cache-Control: max-age`` (RFC 9111 §5.2.2.1) or RSS ``<ttl>``;
    the publisher's wishes are honoured up to four times our interval, for who asks once a day watches nothing.
    """
    wish = max(max_age or timedelta(0), ttl or timedelta(0))
    return now + max(every, min(wish, every * 4, MAX_WAIT))


def poll_after_failure(
    now: datetime,
    every: timedelta,
    failures: int,
    *,
    retry_after: timedelta | None = None,
    gone: bool = False,
) -> datetime:
    """Return when to try a failing source again; *failures* counts consecutive ones including this.

    The interval doubles from the configured one up to six hours (a day for 404 and 410). ``Retry-After``
    (RFC 9110 §10.2.3) is honoured up to one day. Never gives up.
    """
    ceiling = max(every, GONE_BACKOFF if gone else MAX_BACKOFF)
    factor = 1 << min(max(failures - 1, 0), 16)
    backoff = min(every * factor, ceiling)
    return now + max(backoff, min(retry_after or timedelta(0), MAX_WAIT))


def page_retry_at(now: datetime, attempts: int, retry_after: timedelta | None = None) -> datetime | None:
    """Return when a page that failed *attempts* times is tried again; None after the last try."""
    if attempts > len(PAGE_RETRIES):
        return None
    return now + max(PAGE_RETRIES[attempts - 1], min(retry_after or timedelta(0), MAX_WAIT))


def read_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Return the wait named by a ``Retry-After`` header (seconds or HTTP-date), None for nonsense."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return timedelta(seconds=int(text))
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        return None
    return max(moment - now, timedelta(0))


def read_max_age(cache_control: str | None) -> timedelta | None:
    """Return ``max-age`` of a Cache-Control header (RFC 9111 §5.2.2.1), None when absent or malformed."""
    for directive in (cache_control or "").split(","):
        name, _, value = directive.strip().partition("=")
        seconds = value.strip('" ')
        if name.lower() == "max-age" and seconds.isascii() and seconds.isdigit() and len(seconds) < 12:
            return timedelta(seconds=int(seconds))
    return None
