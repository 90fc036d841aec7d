"""How a poll changes what is remembered of its source. Pure: values in, `PollState` out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from crawler.errors import FetchError
from crawler.model import PollState, Validators
from crawler.schedule import UNCONDITIONAL_EVERY, poll_after_failure, poll_after_success


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
