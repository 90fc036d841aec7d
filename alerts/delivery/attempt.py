"""What an attempt's outcome makes of a delivery: the state machine of the outbox. Pure.

pending ──claim──▶ sending ──▶ sent
                     ├──▶ retry (certainly not delivered) ──claim──▶ sending
                     ├──▶ unknown (may be delivered) ──a later run claims──▶ sending, marked as a possible repeat
                     │      └──▶ doubtful (``on_unknown: hold``) ──a person──▶ pending, marked as a possible repeat
                     ├──▶ refused ──▶ plainer or smaller rows take its place (superseded), or dead
                     └──▶ held (the channel is gone or forbidden) ──a person──▶ pending

An edit of an earlier message is never unknown, for it is simply repeated; refused or given up it is not possible.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from alerts.message.platform import Outcome, Rejected, RetryLater, Sent, TargetDead, Unknown

# no wait at first, for the next cron tick is a wait by itself; then two minutes, up to hourly
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (0, 0, 2, 10, 30, 60))
GIVE_UP_AFTER = timedelta(days=7)
REPEAT_AFTER = timedelta(seconds=60)  # what was slow to answer may be slow to show the message
MAX_REPEATS = 1  # a lost answer is followed by one repeat, never more; a server's own error by more
LEAST_RATE_WAIT = timedelta(seconds=5)  # a 429 that names no wait, or none worth the name


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    RETRY = "retry"
    UNKNOWN = "unknown"
    DOUBTFUL = "doubtful"  # unknown, and kept for a person to look
    REFUSED = "refused"  # for the caller to replace by plainer rows; never stored
    HELD = "held"
    DEAD = "dead"
    NOT_POSSIBLE = "not possible"  # an edit that the platform refuses: nobody needs to act
    SUPERSEDED = "superseded"


OPEN_STATES = (State.PENDING, State.SENDING, State.RETRY, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Transition:
    """The next state of a delivery and what is kept beside it."""

    state: State
    reason: str | None = None
    not_before: datetime | None = None
    message_id: str | None = None
    counts: bool = True  # a rate limit counts no attempt


def after_outcome(
    outcome: Outcome, *, attempts: int, repeats: int, idempotent: bool, created: datetime, now: datetime
) -> Transition:
    """Return the transition for *outcome* of attempt number *attempts*.

    *repeats* counts sends that followed an unknown outcome. An idempotent platform repeats freely; any other
    once, not in the same run and not within `REPEAT_AFTER`.
    """
    too_old = now - created > GIVE_UP_AFTER
    match outcome:
        case Sent(message_id):
            return Transition(State.SENT, message_id=message_id)
        case RetryLater(reason, after, rate_limited):
            if too_old:
                return Transition(State.DEAD, f"given up after {GIVE_UP_AFTER.days} days: {reason}")
            wait = (
                (after or LEAST_RATE_WAIT) if rate_limited else max(after or timedelta(0), backoff(attempts))
            )
            return Transition(State.RETRY, reason, now + wait, counts=not rate_limited)
        case Unknown(reason, answered):
            if too_old:
                return Transition(State.DEAD, f"given up after {GIVE_UP_AFTER.days} days: {reason}")
            if idempotent:
                return Transition(State.RETRY, reason, now + backoff(attempts))
            if repeats >= MAX_REPEATS and not answered:
                return Transition(State.DEAD, f"outcome unknown twice: {reason}")
            return Transition(State.UNKNOWN, reason, now + max(REPEAT_AFTER, backoff(attempts)))
        case Rejected(reason):
            return Transition(State.REFUSED, reason)
        case TargetDead(reason):
            return Transition(State.HELD, reason)
        case _ as never:
            assert_never(never)


def after_edit(outcome: Outcome, *, attempts: int, created: datetime, now: datetime) -> Transition:
    """Return the transition for *outcome* of an attempt at an edit, which may be repeated freely and may fail."""
    transition = after_outcome(
        outcome, attempts=attempts, repeats=0, idempotent=True, created=created, now=now
    )
    if transition.state in (State.REFUSED, State.DEAD):
        return replace(transition, state=State.NOT_POSSIBLE)
    return transition


def backoff(attempts: int) -> timedelta:
    """Return the wait after *attempts* failed attempts: none twice, 2, 10, 30 minutes, then hourly."""
    return BACKOFF[min(max(attempts - 1, 0), len(BACKOFF) - 1)]
