"""How a poll changes what is remembered of its source. Pure: values in, `PollState` out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.cadence.schedule import UNCONDITIONAL_EVERY, poll_after_failure, poll_after_success
from crawler.errors import FetchError
from crawler.model import FeedEntry, PollState, Validators

STALE_AFTER = timedelta(days=30)  # a feed whose newest entry is older has most likely been left behind
MOST_OLDER_PAGES = 10  # read back after one poll; more than that is an archive, not a gap


def find_staleness(entries: Sequence[FeedEntry], now: datetime) -> str | None:
    """Return what to say of entries that all carry old dates, None when one is fresh or has no date."""
    dates = [entry.published for entry in entries]
    if not dates or None in dates:
        return None
    newest = max(date for date in dates if date is not None)
    return f"stale: its newest entry is of {newest:%Y-%m-%d}" if now - newest > STALE_AFTER else None


def next_gap(state: PollState, asked: str, older: str | None) -> str | None:
    """Return the page of older entries to read after *asked*, None at the end or when it is enough."""
    is_enough = state.gap_pages + 1 >= MOST_OLDER_PAGES
    return None if is_enough or older == asked else older


def asks_conditionally(state: PollState, now: datetime) -> bool:
    """Tell whether validators may be sent: once a day they are not, against answers stuck at 304."""
    return state.unconditional_at is not None and now - state.unconditional_at < UNCONDITIONAL_EVERY


def after_success(
    state: PollState,
    every: timedelta,
    now: datetime,
    *,
    route: int,
    url: str,
    validators: Validators,
    conditional: bool,
    max_age: timedelta | None = None,
    ttl: timedelta | None = None,
) -> PollState:
    """Return the state of a source that answered: counters cleared, next poll set.

    ``first_polled_at`` stays None for a new source: the store sets it with the first entries.
    """
    return replace(
        state,
        route=route,
        url=url,
        validators=validators,
        next_poll_at=poll_after_success(now, every, max_age=max_age, ttl=ttl),
        last_ok_at=now,
        failures=0,
        failing_since=None,
        problem=None,
        unconditional_at=state.unconditional_at if conditional else now,
    )


def after_failure(
    state: PollState,
    every: timedelta,
    now: datetime,
    failure: FetchError,
    retry_after: timedelta | None = None,
) -> PollState:
    """Return the state of a source none of whose routes worked."""
    failures = state.failures + 1
    return replace(
        state,
        failures=failures,
        failing_since=state.failing_since or now,
        problem=failure.cause,
        next_poll_at=poll_after_failure(
            now, every, failures, retry_after=retry_after, gone=failure.status in (404, 410)
        ),
    )
