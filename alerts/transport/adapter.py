"""Calls of a platform's functions that take nothing for granted: what an adapter raises or returns in error is told.

Adapters may come from outside this tree. A broken one costs its own channel; it never ends a run, and what it
raised is shown without secrets. Nothing is sent or stored here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.message.plaintext import clean_line, cut_text
from alerts.message.platform import (
    Handover,
    HttpRequest,
    Part,
    Rejected,
    RetryLater,
    Sent,
    TargetDead,
    Unknown,
)
from alerts.secrets import redact
from crawler.errors import NewswatchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.message.platform import (
        ChannelKeys,
        Delivery,
        HttpResponse,
        Outcome,
        Platform,
        Request,
        Style,
    )
    from alerts.model import Digest

_SAID_CHARS = 120


class DefectError(NewswatchError):
    """An adapter broke a promise of the port; the text names the platform, the function and the fault.

    *sent* tells whether the chat may have heard the message all the same.
    """

    def __init__(self, platform: Platform, function: str, fault: str, *, sent: bool = False) -> None:
        super().__init__(f"defect in {platform.name}: {function} {fault}")
        self.sent = sent

    @property
    def outcome(self) -> RetryLater | Unknown:
        """What it leaves to say of the message."""
        return Unknown(str(self)) if self.sent else RetryLater(str(self))


def render(platform: Platform, digest: Digest, keys: ChannelKeys, style: Style) -> tuple[Part, ...]:
    """Return the parts of *digest*, one at least; raises `DefectError`.

    No part at all is a defect: the digest would count as told without a message.
    """
    parts = _call(platform, "render", platform.render, digest, keys, style)
    if not isinstance(parts, tuple) or not parts or not all(map(_is_part, parts)):
        raise DefectError(platform, "render", f"returned no tuple of Part but {_describe(parts)}")
    return parts


def make_request(platform: Platform, keys: ChannelKeys, delivery: Delivery) -> Request:
    """Return the request for *delivery*; raises `DefectError`."""
    request = _call(platform, "request", platform.request, keys, delivery)
    if not isinstance(request, HttpRequest | Handover):
        raise DefectError(
            platform, "request", f"returned neither HttpRequest nor Handover but {_describe(request)}"
        )
    return request


def mark_repeat(platform: Platform, body: bytes, digest_id: str) -> bytes:
    """Return *body* with the note that it may be a repeat; raises `DefectError`."""
    marked = _call(platform, "mark_repeat", platform.mark_repeat, body, digest_id)
    if not isinstance(marked, bytes):
        raise DefectError(platform, "mark_repeat", f"returned no bytes but {_describe(marked)}")
    return marked


def annotate(platform: Platform, body: bytes, note: str, message_id: str) -> bytes | None:
    """Return the body of an edit, None where it has no room or the platform edits nothing; raises `DefectError`."""
    if platform.editing is None:
        return None
    noted = _call(platform, "annotate", platform.editing.annotate, body, note, message_id)
    if not isinstance(noted, bytes | None):
        raise DefectError(platform, "annotate", f"returned no bytes but {_describe(noted)}")
    return noted


def classify(platform: Platform, response: HttpResponse) -> Outcome:
    """Return the verdict on *response*; raises `DefectError`."""
    outcome = _call(platform, "classify", platform.classify, response, sent=True)
    if not isinstance(outcome, Sent | RetryLater | Unknown | Rejected | TargetDead):
        raise DefectError(platform, "classify", f"returned no outcome but {_describe(outcome)}", sent=True)
    return outcome


def fault_of(error: BaseException) -> str:
    """Return type and text of *error* in one short line without secrets."""
    said = cut_text(clean_line(redact(str(error))), _SAID_CHARS)
    return type(error).__name__ + (f": {said}" if said else "")


def _call(
    platform: Platform, name: str, function: Callable[..., Any], *arguments: object, sent: bool = False
) -> Any:
    try:
        return function(*arguments)
    except (Exception, SystemExit) as error:
        raise DefectError(platform, name, f"raised {fault_of(error)}", sent=sent) from error


def _is_part(part: object) -> bool:
    return (
        isinstance(part, Part)
        and isinstance(part.body, bytes)
        and isinstance(part.story_ids, tuple)
        and all(isinstance(story_id, int) for story_id in part.story_ids)
    )


def _describe(value: object) -> str:
    """Return what kind of thing *value* is, never its content."""
    if isinstance(value, tuple):
        return f"a tuple of {', '.join(sorted({type(item).__name__ for item in value})) or 'nothing'}"
    return type(value).__name__
