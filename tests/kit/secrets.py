"""A canary in every secret of a platform, and every way it may fail: the canary is in nothing that is shown or kept."""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING, Any

from alerts.message.platform import Delivery, HttpRequest, HttpResponse, Style
from tests.builders import NOW, a_full_digest
from tests.kit.profile import CANARY
from tests.kit.transport import aftermath

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit.profile import Subject

# Every field that some platform answers with, as our adapters and the vendors' pages name them.
_FIELDS = (
    "ok", "error", "error_code", "description", "message", "code", "errcode", "errors", "result", "id", "name",
    "event_id", "retry_after", "retry_after_ms", "parameters", "status", "details", "request_id", "detailed_error",
)  # fmt: skip
_FACES = ("location", "retry-after", "date", "server", "www-authenticate", "content-type")


def check_secrets(subject: Subject, *, thorough: bool = False) -> int:
    """Look for the canary in values, verdicts on echoing answers, failures of the way, their tracebacks and the log."""
    checks = _check_values(subject)
    if "answers" not in subject.profile.skips:
        checks += _check_echoes(subject, step=1 if thorough else 9)
    if "transport" not in subject.profile.skips and (thorough or not subject.profile.costly):
        checks += _check_failures(subject)
    return checks


def _clean(shown: str, where: str) -> int:
    assert CANARY not in shown, f"the secret stands in {where}: {shown[:300]}"
    return 1


def _check_values(subject: Subject) -> int:
    keys = subject.keys()
    request = subject.platform.request(keys, Delivery(b"{}", "digest-1", NOW))
    checks = 0
    for value in (keys, request, Delivery(b"{}", "digest-1", NOW)):
        checks += _clean(f"{value!r} {value} {[value]}", f"the repr of {type(value).__name__}")
    checks += _clean(
        keys.model_dump_json() + json.dumps(keys.model_dump(mode="json")), "the JSON of the keys"
    )
    checks += _clean(repr(vars(keys)), "the keys' fields")
    if isinstance(request, HttpRequest) and not subject.platform.local:
        held = f"{request.url} {dict(request.headers)}"
        assert CANARY in held or subject.platform.name == "webhook", "the request carries no credential"
    for style in Style:
        for part in subject.render(a_full_digest(), style):
            checks += _clean(repr(part), "the repr of a part") if not subject.profile.body_secret else 0
            checks += _clean(part.body.decode(), "a body") if not subject.profile.body_secret else 0
    return checks


def _echoes(address: str) -> Iterator[bytes]:
    """Yield bodies that repeat the address they were sent to, as servers and proxies do."""
    yield f"Cannot POST {address}".encode()
    yield f"<html><a href='{address}'>moved</a></html>".encode()
    yield address.encode()
    yield json.dumps(dict.fromkeys(_FIELDS, address)).encode()
    yield json.dumps({name: dict.fromkeys(_FIELDS, address) for name in _FIELDS}).encode()
    for name in _FIELDS:
        yield json.dumps({name: address}).encode()
    yield json.dumps(
        {"error": {"code": 400, "status": address, "message": f"API key not valid: {address}"}}
    ).encode()
    yield json.dumps({"ok": False, "description": f"Bad Request: chat not found at {address}"}).encode()


def _check_echoes(subject: Subject, step: int) -> int:
    address = f"https://chat.example/hooks/{CANARY}"
    checks = 0
    for number, body in enumerate(_echoes(address)):
        for status in (
            200,
            202,
            302,
            400,
            401,
            403,
            404,
            410,
            413,
            429,
            500,
            503,
            *range(100 + number % step, 600, step),
        ):
            headers = dict.fromkeys(_FACES, address) if number % 2 else {}
            outcome: Any = subject.platform.classify(HttpResponse(status, headers, body))
            checks += _clean(repr(outcome), f"the verdict on HTTP {status} {body[:60]!r}")
    return checks


def _check_failures(subject: Subject) -> int:
    left = aftermath(subject)
    checks = sum(_clean(repr(outcome), f"the outcome of {name}") for name, outcome in left.outcomes.items())
    assert left.errors or left.is_handed_over, "no failure was raised"
    for error in left.errors:
        checks += _clean("".join(traceback.format_exception(error)), "a traceback")
        chained: BaseException | None = error
        while chained is not None:
            checks += _clean(f"{chained!r} {chained}", "an exception of the chain")
            chained = chained.__cause__
    return checks + sum(_clean(line, "the log") for line in left.logged) + 1
