"""Answers and what they mean: every status, every documented answer, every way to name a wait."""

from __future__ import annotations

import itertools
import json
import math
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.message.platform import HttpResponse, RetryLater, Sent
from tests.kit.profile import Meaning, meaning_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit.profile import Subject

LONGEST_S = 86_400.0

# What a bare status says where the platform says nothing else. RFC 9110 §15; 511 is RFC 6585; 507 is RFC 4918;
# 520-526 are Cloudflare's: all but 520, 522 and 524 mean that the platform was never reached.
_COMMON: dict[int, Meaning] = {
    400: "refused", 401: "dead", 403: "dead", 404: "dead", 405: "dead", 407: "again", 408: "again", 410: "dead",
    413: "refused", 422: "refused", 425: "again", 429: "later", 500: "unknown", 501: "dead", 502: "again",
    503: "again", 504: "unknown", 507: "again", 511: "again", 521: "again", 523: "again", 525: "again", 526: "again",
}  # fmt: skip


def expected(status: int) -> Meaning:
    """Return what a bare *status* means: a 4xx is a definite no, a redirect is never followed."""
    if status in _COMMON:
        return _COMMON[status]
    if 200 <= status < 300:
        return "sent"
    if 300 <= status < 400:
        return "dead"
    return "refused" if 400 <= status < 500 else "unknown"


def check_answers(subject: Subject, *, thorough: bool = False) -> int:
    """Hold every status from 100 to 599, every documented answer and every odd body against what they mean."""
    classify, profile = subject.platform.classify, subject.profile
    checks = 0
    for status in range(100, 600):
        found = meaning_of(classify(HttpResponse(status)))
        wanted = profile.statuses.get(status) or expected(status)
        assert found == wanted, f"HTTP {status} is {found}, not {wanted}"
        checks += 1
    for said in profile.says:
        found = meaning_of(classify(said.response))
        assert found == said.meaning, f"HTTP {said.status} {said.raw!r} is {found}, not {said.meaning}"
        checks += 1
    assert {said.meaning for said in profile.says} >= {"sent", "dead"}, (
        "the profile names answers of both kinds"
    )
    return checks + _odd_bodies(subject, thorough=thorough)


_ODD = (
    b"", b"ok", b"null", b"[]", b"{}", b'"x"', b"{", b"\xff\xfe", b"<html>429</html>", b"9" * 5000, b"[" * 5000,
    b'{"ok":false}', b'{"ok":true,"result":7}', b'{"ok":true,"result":{"message_id":"x"}}', b'{"id":5}',
    b'{"code":"x"}', b'{"code":true}', b'{"errcode":7}', b'{"retry_after":"soon"}', b'{"retry_after":NaN}',
    b'{"retry_after":-1e999}', b'{"retry_after":1e308}', b'{"retry_after_ms":[1]}', b'{"parameters":[]}',
    b'{"parameters":{"retry_after":{}}}', b'{"parameters":{"migrate_to_chat_id":"x"}}', b'{"description":7}',
    b'{"error":{"code":1}}', b'{"error":["x"]}', b'{"message":null}', b'{"retry_after":' + b"9" * 400 + b"}",
    b'{"event_id":"\\ud800"}', b'{"name":"\\u0000"}', b'{"id":""}', b'{"code":1e400}', b'{"code":4.2908e4}',
)  # fmt: skip


def _odd_bodies(subject: Subject, *, thorough: bool) -> int:
    """Nothing that a proxy may send makes a definite no uncertain, a refusal a success, or the adapter raise."""
    checks = 0
    step = 1 if thorough else 7
    for number, body in enumerate(_ODD):
        for status in range(100 + number % step, 600, step):
            outcome = subject.platform.classify(HttpResponse(status, {}, body))
            meaning = meaning_of(outcome)
            assert 200 <= status < 300 or meaning != "sent", f"HTTP {status} {body[:40]!r} counts as sent"
            assert not 400 <= status < 500 or meaning != "unknown", (
                f"HTTP {status} {body[:40]!r} is a definite no"
            )
            assert isinstance(outcome, Sent) or (outcome.reason and len(outcome.reason) <= 200)
            checks += 1
    return checks


# A header's value, the answer's own Date, and the seconds that they ask for together. RFC 9110 §10.2.3.
_DATE = "Sun, 22 Nov 2026 06:00:00 GMT"
_HEADERS: tuple[tuple[str | None, str | None, float | None], ...] = (
    (None, None, None), ("", None, None), ("0", None, 0.0), ("30", None, 30.0), (" 30 ", None, 30.0),
    ("0.376", None, 0.376),
    ("1e2", None, 100.0), ("-5", None, 0.0), ("nan", None, None), ("inf", None, LONGEST_S), ("-inf", None, 0.0),
    ("1e999", None, LONGEST_S), ("9" * 400, None, LONGEST_S), ("999999", None, LONGEST_S), ("soon", None, None),
    ("Sun, 22 Nov 2026 06:00:30 GMT", _DATE, 30.0), ("Sun, 22 Nov 2026 06:00:30 GMT", None, None),
    ("Sunday, 22-Nov-26 06:00:30 GMT", _DATE, 30.0), ("Sun, 22 Nov 2026 05:00:00 GMT", _DATE, 0.0),
    ("Sun, 22 Nov 2026 12:30:30 +0630", _DATE, 30.0), ("Wed, 21 Oct 2099 07:28:00 GMT", _DATE, LONGEST_S),
    ("Sun, 22 Nov 2026 06:00:30 GMT", "yesterday", None), ("Sun, 99 Nov 2026 06:00:30 GMT", _DATE, None),
    ("Sun, 22 Nov 2026 06:00:30", _DATE, 30.0), ("Sun Nov 22 06:00:30 2026", _DATE, 30.0), ("30, 60", None, None),
    ("\u0663\u0660", None, 30.0),
)  # fmt: skip
_NAMED: tuple[tuple[object, float | None], ...] = (
    (1, 1.0), (35, 35.0), (0.376, 0.376), (64.57, 64.57), (0, 0.0), (-5, 0.0), (math.nan, None), (10**400, LONGEST_S),
    (1e300, LONGEST_S), ("soon", None), (None, None), (True, None), ([1], None), ({}, None), (172_800, LONGEST_S),
)  # fmt: skip
_PAGES = (b"", b"<html><h1>Too many requests</h1></html>", b"slow down", b"{", b"[1]", b"\xff")


def _waits(subject: Subject) -> Iterator[tuple[bytes, float | None]]:
    """Yield bodies of a 429 and the seconds that each asks for."""
    yield from ((page, None) for page in _PAGES)
    if subject.profile.wait is not None:
        for seconds, asked in _NAMED:
            yield json.dumps(subject.profile.wait(seconds)).encode(), asked


def check_waits(subject: Subject, *, thorough: bool = False) -> int:
    """A 429 is a definite no that counts no attempt; of the waits in header and body the longer one holds."""
    checks = 0
    for (value, date, by_header), (body, by_body) in itertools.product(_HEADERS, _waits(subject)):
        headers = {name: text for name, text in (("retry-after", value), ("date", date)) if text is not None}
        outcome = subject.platform.classify(HttpResponse(429, headers, body))
        case = f"Retry-After {value!r:.40} at {date!r} with {body[:60]!r}"
        assert isinstance(outcome, RetryLater), case
        assert outcome.rate_limited, case
        asked = [wait for wait in (by_header, by_body) if wait is not None]
        wanted = timedelta(seconds=max(asked)) if asked else None
        apart = abs((outcome.after or timedelta()) - (wanted or timedelta()))
        assert (outcome.after is None) == (wanted is None), f"{case}: {outcome.after}, not {wanted}"
        assert apart < timedelta(milliseconds=1), f"{case}: {outcome.after}, not {wanted}"
        checks += 1
    known = subject.profile.statuses
    rests = next(status for status in (503, 502) if known.get(status, "again") == "again")
    for value, date, seconds in _HEADERS:
        headers = {name: text for name, text in (("retry-after", value), ("date", date)) if text is not None}
        outcome = subject.platform.classify(HttpResponse(rests, headers, b""))
        assert isinstance(outcome, RetryLater), f"{rests} is a definite no"
        assert outcome.after == (None if seconds is None else timedelta(seconds=seconds)), (
            f"{rests} {value!r:.40} at {date!r}"
        )
        checks += 1
    return checks
