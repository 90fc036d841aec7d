"""What a poll leaves behind in its source's memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crawler.cadence.polling import (
    Answer,
    after_failure,
    after_success,
    asks_conditionally,
    held_until,
    is_our_outage,
    with_hold,
)
from crawler.cadence.schedule import JITTER, Why, forgiven
from crawler.errors import FetchError
from crawler.model import Pace, PollState, Validators
from tests.builders import NOW

EVERY = timedelta(minutes=30)
URL = "https://news.example/feed"
HOUR = timedelta(hours=1)
SLOW = Pace(NOW, 0.02, 0.02, (1.0,) * 24, (1.0,) * 7, 0.25)  # an item every two days
KNOWN = PollState(
    "irrawaddy-en",
    route=1,
    validators=Validators('"v1"'),
    first_polled_at=NOW - timedelta(days=30),
    last_ok_at=NOW - timedelta(hours=1),
    last_item_at=NOW - timedelta(hours=5),
    unconditional_at=NOW - timedelta(hours=3),
)


def answered(
    state: PollState, now: datetime = NOW, pace: Pace | None = None, **facts: Any
) -> tuple[PollState, PollState]:
    known: dict[str, Any] = {"route": 0, "url": URL, "validators": Validators(), "conditional": False}
    return after_success(state, EVERY, now, Answer(**(known | facts)), pace, ZoneInfo("Asia/Yangon"))


def test_success_clears_failures_and_takes_the_new_validators() -> None:
    failing = replace(KNOWN, failures=4, failing_since=NOW - timedelta(hours=9), problem="HTTP 503")
    state, _ = answered(failing, validators=Validators('"v2"'), conditional=True)
    assert (state.failures, state.failing_since, state.problem) == (0, None, None)
    assert (state.route, state.validators, state.last_ok_at) == (0, Validators('"v2"'), NOW)
    assert state.next_poll_at == NOW + EVERY
    assert state.unconditional_at == KNOWN.unconditional_at
    assert (state.first_polled_at, state.last_item_at) == (KNOWN.first_polled_at, KNOWN.last_item_at)


def test_new_source_stays_new_until_its_first_entries_are_stored() -> None:
    state, _ = answered(PollState("new"))
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
    assert state.next_poll_at is not None
    assert 8 * EVERY * (1 - JITTER) <= state.next_poll_at - NOW - 3 * HOUR <= 8 * EVERY * (1 + JITTER)


@pytest.mark.parametrize(
    ("status", "wait_h", "why"),
    [(404, 24, Why.MISSING), (410, 7 * 24, Why.GONE), (403, 6, Why.FAILED), (None, 6, Why.FAILED)],
)
def test_missing_source_is_tried_once_a_day_a_gone_one_once_a_week_and_any_other_four_times_a_day(
    status: int | None, wait_h: int, why: Why
) -> None:
    state = after_failure(replace(KNOWN, failures=30), EVERY, NOW, FetchError("no", status=status))
    assert state.next_poll_at is not None
    assert wait_h * HOUR * (1 - JITTER) <= state.next_poll_at - NOW <= wait_h * HOUR
    assert state.next_poll_why == why


def test_retry_after_of_a_failure_is_honoured() -> None:
    wish = timedelta(hours=5)
    state = after_failure(KNOWN, EVERY, NOW, FetchError("HTTP 429", status=429), wish)
    assert state.next_poll_at == NOW + wish + forgiven(EVERY)


def test_source_that_seldom_speaks_rests_longer_until_it_speaks() -> None:
    quiet, news = answered(KNOWN, pace=SLOW)
    assert (quiet.next_poll_at, quiet.next_poll_why) == (NOW + 2 * HOUR, Why.SELDOM)
    assert (news.next_poll_at, news.next_poll_why) == (NOW + EVERY, Why.NEWS)
    wished, news = answered(KNOWN, wish=HOUR)
    assert (wished.next_poll_at, news.next_poll_at) == (NOW + HOUR, NOW + HOUR)


def test_window_of_the_last_document_is_kept_when_there_is_none_to_look_at() -> None:
    seen, _ = answered(KNOWN, window=12)
    unchanged, _ = answered(seen)
    assert (seen.window, unchanged.window) == (12, 12)


def test_server_that_asked_for_time_is_held_and_no_other() -> None:
    state = with_hold(KNOWN, "https://a.example/feed", 2 * HOUR, NOW)
    state = with_hold(state, "https://b.example/x", 90 * HOUR, NOW)
    assert held_until(state, "https://a.example/other", NOW) == NOW + 2 * HOUR
    assert held_until(state, "https://a.example/other", NOW + 2 * HOUR) is None
    assert held_until(state, "https://b.example/x", NOW) == NOW + 24 * HOUR
    assert held_until(state, "https://a.example:8443/", NOW) is None
    assert (
        held_until(state, "https://b.example/x", NOW - 365 * 24 * HOUR) is None
    )  # noted under a wrong clock
    again = with_hold(state, "https://a.example/feed", HOUR, NOW + 3 * HOUR)
    assert [hold.origin for hold in again.holds] == ["https://b.example", "https://a.example"]


@pytest.mark.parametrize(
    ("silent", "answered", "watched", "ours"),
    [
        (28, 0, 28, True),
        (25, 3, 28, True),
        (4, 1, 28, False),  # four of five are not more than four fifths
        (5, 1, 28, True),
        (3, 0, 28, True),
        (2, 0, 28, False),
        (2, 0, 2, True),
        (1, 0, 2, False),
        (0, 0, 0, False),
        (0, 5, 28, False),
    ],
)
def test_f18_outage_is_ours_when_hardly_anybody_answers_and_enough_were_asked(
    silent: int, answered: int, watched: int, ours: bool
) -> None:
    assert is_our_outage(silent, answered, watched) is ours


def test_once_a_day_a_feed_is_asked_unconditionally() -> None:
    """A server that answers 304 for ever is believed for a day at most."""
    state, conditional_polls, unconditional_polls = PollState("stuck"), 0, 0
    for tick in range(97):  # two days, every half hour
        now = NOW + tick * EVERY
        conditional = asks_conditionally(state, now)
        conditional_polls += conditional
        unconditional_polls += not conditional
        state, _ = answered(state, now, validators=Validators('"v"'), conditional=conditional)
    assert (conditional_polls, unconditional_polls) == (94, 3)
