"""What was seen of a message sent by another program says how it went: certain where it can be, never too hopeful."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.message.platform import Outcome, Rejected, RetryLater, Sent, TargetDead, Unknown
from alerts.transport.evidence import Event, judge, read_reply

YES, NO, RAISED = ({"at": "end", "taken": taken} for taken in (True, False, None))
CONNECTED, WATCHED, BEGUN = ({"at": name} for name in ("connected", "watched", "begun"))
LOST: Event = {"at": "lost", "why": "connection lost"}
FAILED: Event = {"at": "failed", "why": "connection refused"}


def answered(status: int, **headers: str) -> Event:
    return {
        "at": "answered",
        "status": status,
        "headers": {k.replace("_", "-"): v for k, v in headers.items()},
    }


def asked(*answer: Event) -> tuple[Event, ...]:
    """Return one exchange of HTTP whose request went out."""
    return (WATCHED, CONNECTED, BEGUN, *answer)


CASES: tuple[tuple[str, tuple[Event, ...], type[Outcome], str], ...] = (
    ("yes", (*asked(answered(200)), YES), Sent, ""),
    ("yes after a login again", (*asked(answered(401)), *asked(answered(200)), YES), Sent, ""),
    ("yes of what nobody can watch", (CONNECTED, YES), Sent, ""),
    ("no connection", (WATCHED, FAILED, {"at": "lost", "why": "connection failed"}, NO), RetryLater, "failed"),
    ("lost on its way", (*asked(LOST), NO), Unknown, "connection lost"),
    ("lost before it began", (WATCHED, CONNECTED, LOST, NO), RetryLater, "connection lost"),
    ("refused", (*asked(answered(400)), NO), Rejected, "HTTP 400"),
    ("forbidden, then a log-out", (*asked(answered(403)), *asked(answered(200)), NO), TargetDead, "HTTP 403"),
    ("login, then refused", (*asked(answered(200)), *asked(answered(413)), NO), Rejected, "HTTP 413"),
    ("moved", (*asked(answered(302)), NO), TargetDead, "moved"),
    ("a failing server", (*asked(answered(500)), NO), Unknown, "HTTP 500"),
    ("well answered, yet no", (*asked(answered(200)), NO), Unknown, "does not explain"),
    ("well answered, yet it raised", (*asked(answered(200)), RAISED), Unknown, "does not explain"),
    ("no of what nobody can watch", (CONNECTED, NO), Unknown, "does not explain"),
    ("no place to connect to", (FAILED, FAILED, NO), RetryLater, "connection refused"),
    ("nothing was asked", (NO,), RetryLater, "without asking"),
    ("connected, nothing said", (WATCHED, CONNECTED, NO), RetryLater, "before the message was sent"),
    ("no such service", ({"at": "refused", "why": "not understood"},), TargetDead, "not understood"),
    ("a mail that was taken, yet no", (WATCHED, BEGUN, {"at": "replied", "code": 250, "step": "content"}, NO),
     Unknown, "does not explain"),
    ("a mail whose content is refused", (WATCHED, BEGUN, {"at": "replied", "code": 554, "step": "content"}, NO),
     Rejected, "SMTP 554"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("events", "outcome", "said"), [each[1:] for each in CASES], ids=[c[0] for c in CASES]
)
def test_what_was_seen_says_how_it_went(events: tuple[Event, ...], outcome: type[Outcome], said: str) -> None:
    found = judge(events)
    assert isinstance(found, outcome)
    assert said in getattr(found, "reason", "")


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ((), RetryLater),
        ((WATCHED, CONNECTED), RetryLater),
        (asked(), Unknown),
        (asked(answered(200)), Unknown),
        ((CONNECTED,), Unknown),
        (asked(answered(429)), RetryLater),
        (asked(answered(403)), TargetDead),
    ],
    ids=["nothing", "connecting", "asking", "taken", "unwatched", "limited", "forbidden"],
)
def test_last_words_of_a_killed_child_are_believed(events: tuple[Event, ...], outcome: type[Outcome]) -> None:
    found = judge(events, "no complete answer in time")
    assert isinstance(found, outcome)
    if not isinstance(found, TargetDead) and not getattr(found, "rate_limited", False):
        assert "no complete answer in time" in getattr(found, "reason", "")


def test_a_rate_limit_waits_as_the_service_asks() -> None:
    found = judge((*asked(answered(429, retry_after="7")), NO))
    assert isinstance(found, RetryLater)
    assert (found.rate_limited, found.after) == (True, timedelta(seconds=7))


@pytest.mark.parametrize(
    ("code", "step", "outcome"),
    [
        (250, "content", Sent),
        (421, "greeting", RetryLater),
        (451, "content", RetryLater),
        (452, "rcpt", RetryLater),
        (554, "greeting", TargetDead),
        (535, "auth", TargetDead),
        (550, "rcpt", TargetDead),
        (552, "content", Rejected),
    ],
)
def test_mail_servers_say_what_is_for_later_and_what_for_good(
    code: int, step: str, outcome: type[Outcome]
) -> None:
    assert isinstance(read_reply(code, step), outcome)


EVENTS: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from((CONNECTED, WATCHED, BEGUN, LOST, FAILED, NO, RAISED)),
    st.integers(100, 599).map(answered),
    st.builds(
        lambda code, step: {"at": "replied", "code": code, "step": step},
        st.integers(200, 599),
        st.sampled_from(("greeting", "mail", "rcpt", "content")),
    ),
)


@given(events=st.lists(EVENTS, max_size=12), ending=st.sampled_from(("", "no complete answer in time")))
def test_only_a_yes_is_sent_and_what_may_have_been_heard_is_never_a_certain_no(
    events: list[Event], ending: str
) -> None:
    found = judge(events, ending)
    assert not isinstance(found, Sent)
    names = [event["at"] for event in events]
    last = max((i for i, name in enumerate(names) if name == "begun"), default=-1)
    closing = {"answered", "lost", "replied"}
    if last >= 0 and not closing & set(names[last:]):
        assert isinstance(found, Unknown)
