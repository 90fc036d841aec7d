"""What a poll leaves behind in its source's memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.cadence.polling import after_failure, after_success, asks_conditionally
from crawler.errors import FetchError
from crawler.model import PollState, Validators
from tests.builders import NOW

EVERY = timedelta(minutes=30)
URL = "https://news.example/feed"
KNOWN = PollState(
    "irrawaddy-en",
    route=1,
    validators=Validators('"v1"'),
    first_polled_at=NOW - timedelta(days=30),
    last_ok_at=NOW - timedelta(hours=1),
    last_item_at=NOW - timedelta(hours=5),
    unconditional_at=NOW - timedelta(hours=3),
)


def test_success_clears_failures_and_takes_the_new_validators() -> None:
    failing = replace(KNOWN, failures=4, failing_since=NOW - timedelta(hours=9), problem="HTTP 503")
    state = after_success(
        failing, EVERY, NOW, route=0, url=URL, validators=Validators('"v2"'), conditional=True
    )
    assert (state.failures, state.failing_since, state.problem) == (0, None, None)
    assert (state.route, state.validators, state.last_ok_at) == (0, Validators('"v2"'), NOW)
    assert state.next_poll_at == NOW + EVERY
    assert state.unconditional_at == KNOWN.unconditional_at
    assert (state.first_polled_at, state.last_item_at) == (KNOWN.first_polled_at, KNOWN.last_item_at)


def test_new_source_stays_new_until_its_first_entries_are_stored() -> None:
    state = after_success(
        PollState("new"), EVERY, NOW, route=0, url=URL, validators=Validators(), conditional=False
    )
    assert state.first_polled_at is None
    assert state.unconditional_at == NOW


def test_failures_add_up_and_keep_what_was_known() -> None:
    state = KNOWN
    for hour in range(4):
        state = after_failure(
            state, EVERY, NOW + timedelta(hours=hour), FetchError(f"HTTP 503 ({hour})", status=503)
        )
    assert (state.failures, state.failing_since, state.problem) == (4, NOW, "HTTP 503 (3)")
    assert (state.validators, state.route, state.last_ok_at) == (
        KNOWN.validators,
        KNOWN.route,
        KNOWN.last_ok_at,
    )
    assert state.next_poll_at == NOW + timedelta(hours=3) + 8 * EVERY


@pytest.mark.parametrize(("status", "wait_h"), [(404, 24), (410, 24), (403, 6), (None, 6)])
def test_gone_source_is_tried_once_a_day_and_any_other_four_times(status: int | None, wait_h: int) -> None:
    state = after_failure(replace(KNOWN, failures=30), EVERY, NOW, FetchError("no", status=status))
    assert state.next_poll_at == NOW + timedelta(hours=wait_h)


def test_retry_after_of_a_failure_is_honoured() -> None:
    wish = timedelta(hours=5)
    state = after_failure(KNOWN, EVERY, NOW, FetchError("HTTP 429", status=429), wish)
    assert state.next_poll_at == NOW + wish


def test_once_a_day_a_feed_is_asked_unconditionally() -> None:
    """A server that answers 304 for ever is believed for a day at most."""
    state, conditional_polls, unconditional_polls = PollState("stuck"), 0, 0
    for tick in range(97):  # two days, every half hour
        now = NOW + tick * EVERY
        conditional = asks_conditionally(state, now)
        conditional_polls += conditional
        unconditional_polls += not conditional
        state = after_success(
            state, EVERY, now, route=0, url=URL, validators=Validators('"v"'), conditional=conditional
        )
    assert (conditional_polls, unconditional_polls) == (94, 3)
