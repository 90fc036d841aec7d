"""What an attempt makes of a delivery: certain failures wait, doubtful ones repeat once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.delivery.attempt import (
    BACKOFF,
    GIVE_UP_AFTER,
    LEAST_RATE_WAIT,
    MAX_REPEATS,
    OPEN_STATES,
    REPEAT_AFTER,
    State,
    Transition,
    after_outcome,
    backoff,
)
from alerts.message.platform import Outcome, Rejected, RetryLater, Sent, TargetDead, Unknown
from tests.builders import NOW

MINUTE = timedelta(minutes=1)
WAITS = st.none() | st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1))
OUTCOMES = st.one_of(
    st.builds(Sent, st.none() | st.text(max_size=5)),
    st.builds(RetryLater, st.just("HTTP 503"), WAITS, st.booleans()),
    st.just(Unknown("HTTP 500")),
    st.just(Rejected("HTTP 400")),
    st.just(TargetDead("HTTP 404")),
)


def after(
    outcome: Outcome,
    *,
    attempts: int = 1,
    repeats: int = 0,
    idempotent: bool = False,
    age: timedelta = timedelta(0),
) -> Transition:
    return after_outcome(
        outcome, attempts=attempts, repeats=repeats, idempotent=idempotent, created=NOW - age, now=NOW
    )


def test_taken_message_is_sent_and_keeps_its_number() -> None:
    assert after(Sent("m-1"), age=GIVE_UP_AFTER * 9) == Transition(State.SENT, message_id="m-1")


def test_certain_failures_wait_longer_and_longer() -> None:
    waits = [after(RetryLater("HTTP 503"), attempts=number).not_before for number in range(1, 9)]
    minutes = [(moment - NOW) / MINUTE for moment in waits if moment is not None]
    assert minutes == [0, 0, 2, 10, 30, 60, 60, 60]


def test_rate_limit_waits_as_it_asks_and_counts_no_attempt() -> None:
    limited = RetryLater("HTTP 429", timedelta(seconds=1.5), rate_limited=True)
    assert after(limited, attempts=9) == Transition(
        State.RETRY, "HTTP 429", NOW + timedelta(seconds=1.5), counts=False
    )
    assert after(RetryLater("HTTP 503", 5 * MINUTE), attempts=1).not_before == NOW + 5 * MINUTE
    assert after(RetryLater("HTTP 503", MINUTE), attempts=5).not_before == NOW + 30 * MINUTE


def test_doubt_is_repeated_once_and_not_in_the_same_run() -> None:
    assert after(Unknown("HTTP 500")).state is State.UNKNOWN
    second = after(Unknown("HTTP 500"), attempts=2, repeats=MAX_REPEATS)
    assert (second.state, second.reason) == (State.DEAD, "outcome unknown twice: HTTP 500")


def test_servers_own_error_is_repeated_until_it_recovers() -> None:
    failing = Unknown("HTTP 500", answered=True)
    for repeats in range(5):
        found = after(failing, attempts=repeats + 1, repeats=repeats)
        assert (found.state, found.not_before) == (
            State.UNKNOWN,
            NOW + max(REPEAT_AFTER, backoff(repeats + 1)),
        )
    assert after(failing, attempts=9, repeats=8, age=timedelta(days=8)).state is State.DEAD


def test_rate_limit_without_a_wait_is_not_asked_again_at_once() -> None:
    for wish in (None, timedelta(0)):
        assert after(RetryLater("HTTP 429", wish, rate_limited=True)).not_before == NOW + LEAST_RATE_WAIT


def test_idempotent_platform_repeats_freely() -> None:
    again = after(Unknown("HTTP 500"), attempts=9, repeats=9, idempotent=True)
    assert (again.state, again.not_before) == (State.RETRY, NOW + BACKOFF[-1])


def test_refusals_are_for_the_caller_and_dead_channels_for_a_person() -> None:
    assert after(Rejected("HTTP 400")) == Transition(State.REFUSED, "HTTP 400")
    assert after(TargetDead("HTTP 404"), age=GIVE_UP_AFTER * 9) == Transition(State.HELD, "HTTP 404")


@pytest.mark.parametrize("idempotent", [True, False])
def test_message_that_failed_for_a_week_is_given_up_with_its_reason(idempotent: bool) -> None:
    for age, state in ((GIVE_UP_AFTER, State.RETRY), (GIVE_UP_AFTER + MINUTE, State.DEAD)):
        found = after(RetryLater("HTTP 503"), attempts=99, idempotent=idempotent, age=age)
        assert found.state is state
        assert "HTTP 503" in (found.reason or "")


@settings(deadline=None, max_examples=100)
@given(
    outcome=OUTCOMES,
    attempts=st.integers(1, 500),
    repeats=st.integers(0, 3),
    idempotent=st.booleans(),
    age=st.timedeltas(min_value=timedelta(days=-1), max_value=timedelta(days=30)),
)
def test_no_outcome_leaves_a_delivery_in_limbo(
    outcome: Outcome, attempts: int, repeats: int, idempotent: bool, age: timedelta
) -> None:
    found = after(outcome, attempts=attempts, repeats=repeats, idempotent=idempotent, age=age)
    assert found.state not in (State.PENDING, State.SENDING, State.SUPERSEDED)
    assert (found.not_before is not None) == (found.state in (State.RETRY, State.UNKNOWN))
    assert found.not_before is None or NOW <= found.not_before <= NOW + timedelta(days=1)
    assert found.state is State.SENT or found.reason, "what is not sent has a reason that a person can read"
    if found.state is State.UNKNOWN:
        assert isinstance(outcome, Unknown)
        assert repeats < MAX_REPEATS or outcome.answered
        assert not idempotent
    if found.state is State.RETRY and not found.counts:
        assert isinstance(outcome, RetryLater)
        assert outcome.rate_limited


@given(attempts=st.integers(-5, 10_000))
def test_backoff_never_shrinks_and_never_passes_an_hour(attempts: int) -> None:
    assert timedelta(0) <= backoff(attempts) <= backoff(attempts + 1) <= timedelta(hours=1)


def test_open_states_are_those_that_a_run_may_still_send() -> None:
    assert set(State) - set(OPEN_STATES) == {
        State.SENT,
        State.REFUSED,
        State.DOUBTFUL,
        State.HELD,
        State.DEAD,
        State.SUPERSEDED,
        State.NOT_POSSIBLE,
    }
