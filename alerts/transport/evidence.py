"""What was seen while another program sent a message, and what that says of its delivery. Pure.

The package apprise answers yes or no. Its transport is watched instead (`alerts.transport.watched`), event by event, so
that what was seen survives the one who saw it: a child that is killed leaves its last words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.message.platform import (
    HttpResponse,
    Outcome,
    Rejected,
    RetryLater,
    Sent,
    TargetDead,
    Unknown,
    classify_status,
)

Event = Mapping[str, Any]
_BAD_LOGIN = (530, 534, 535, 538)  # RFC 4954 §6


@dataclass(slots=True)
class _Reading:
    """What the events up to here say."""

    failure: Outcome | None = None  # of the last exchange that failed
    is_open: bool = False  # something is on its way and has no answer yet
    answered: bool = False  # an exchange went well
    watched: bool = False
    connected: bool = False
    unconnected: str = ""
    refused: str = ""
    taken: bool | None = None
    ended: bool = False


def judge(events: Sequence[Event], ending: str = "") -> Outcome:
    """Return what became of the message; *ending* says how the child ended where it did not end by itself.

    The last exchange that failed decides: what comes after it (a log-out) does not mend it, what went wrong before it
    (an expired login) was mended. A yes is believed. A no without a reason leaves the outcome unknown as soon as
    something may have been heard.
    """
    seen = _Reading()
    for event in events:
        _note(seen, event)
    if seen.ended and seen.taken:
        return Sent()
    if seen.refused:
        return TargetDead(seen.refused)
    if seen.is_open:
        return Unknown(ending or "no complete answer")
    if seen.failure is not None:
        return seen.failure
    if seen.answered or (seen.connected and not seen.watched):
        return Unknown(ending or "Apprise reports a failure that the service's answer does not explain")
    if ending or seen.unconnected:
        return RetryLater(ending or seen.unconnected)
    if seen.connected or seen.watched:
        return RetryLater("Apprise gave up before the message was sent")
    return RetryLater("Apprise refused the message without asking the service")


def _note(seen: _Reading, event: Event) -> None:
    match event.get("at"):
        case "connected":
            seen.connected = True
        case "failed":
            seen.unconnected = str(event["why"])
        case "watched":
            seen.watched = True
        case "begun":
            seen.is_open = True
        case "answered":
            seen.is_open = False
            outcome = classify_status(HttpResponse(int(event["status"]), dict(event["headers"])))
            _conclude(seen, outcome)
        case "replied":
            if event["step"] == "content":
                seen.is_open = False
            _conclude(seen, read_reply(int(event["code"]), str(event["step"])))
        case "lost":
            why = str(event["why"])
            _conclude(seen, Unknown(why) if seen.is_open else RetryLater(why))
            seen.is_open = False
        case "refused":
            seen.refused = str(event["why"])
        case "end":
            seen.ended, seen.taken = True, event["taken"] is True


def _conclude(seen: _Reading, outcome: Outcome) -> None:
    if isinstance(outcome, Sent):
        seen.answered = True
    else:
        seen.failure = outcome


def read_reply(code: int, step: str) -> Outcome:
    """Return what a mail server's reply to *step* says (RFC 5321 §4.2.1): 4yz is for later, 5yz for good.

    A refused login, sender or recipient is the channel's fault; refused content is this message's.
    """
    reason = f"SMTP {code}"
    if code < 400:
        return Sent()
    if code < 500:
        return RetryLater(reason)
    if step == "content":
        return Rejected(reason)
    return TargetDead(f"{reason}: the login is not accepted" if code in _BAD_LOGIN else f"{reason} to {step}")
