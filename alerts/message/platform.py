"""The port that every chat platform fills: pure data and functions, no I/O.

A platform is one file in ``alerts/channels`` that ends in ``PLATFORM = Platform(...)`` and one line in
``alerts.channels.PLATFORMS``, or a module of yours that ``channels.yaml`` names (docs/platforms.md: what stands there
of this port is promised). Requests are values; ``alerts.transport.carrier`` alone has them sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from alerts.model import Digest


class Style(StrEnum):
    """How elaborate a message is: a refused rich one is rendered again as plain text."""

    RICH = "rich"
    PLAIN = "plain"


def is_text(digest: Digest, style: Style) -> bool:
    """Tell whether a message is running text: where it must be plain, and where the channel has its own template."""
    return style is Style.PLAIN or bool(digest.template)


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a digest, frozen before the first send.

    ``story_ids`` are the stories told in it (``Story.story_id``), for bisecting a refused message.
    """

    body: bytes
    story_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to be sent. ``url`` and ``headers`` may hold secrets, so neither is in the repr."""

    method: str
    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Handover:
    """A text to be sent by the package apprise to the service that *address* names; *body* is UTF-8.

    For services without an adapter of their own. The address is a credential, so it is not in the repr.
    """

    address: str = field(repr=False)
    body: bytes = field(repr=False)


Request = HttpRequest | Handover  # what the sender knows how to carry; a new kind needs a carrier


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer: at most 64 KiB of raw, never inflated body. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took the message; *message_id* where it says so."""

    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class RetryLater:
    """Certainly not delivered; *after* is the platform's own wish, None leaves it to the back-off."""

    reason: str
    after: timedelta | None = None
    rate_limited: bool = False  # a 429: counts no attempt


@dataclass(frozen=True, slots=True)
class Unknown:
    """May or may not have been delivered (time-out or 500 after the body was sent)."""

    reason: str
    answered: bool = False  # the server said that it failed: a repeat is unlikely to be a double


@dataclass(frozen=True, slots=True)
class Rejected:
    """This message is refused: a plainer or smaller one may pass."""

    reason: str


@dataclass(frozen=True, slots=True)
class TargetDead:
    """The channel itself is gone or forbidden: retrying cannot help until a person acts."""

    reason: str


Outcome = Sent | RetryLater | Unknown | Rejected | TargetDead


class ChannelKeys(BaseModel):
    """Base of a platform's own configuration keys; secrets are ``SecretStr``."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What ``request`` needs beside the channel: the frozen bytes and their identity."""

    body: bytes
    idempotency_key: str  # equal for every attempt of the same part
    attempted_at: datetime  # of this attempt, aware UTC
    attempt: int = 1
    edits: str | None = None  # the platform's name of the earlier message that this changes


@dataclass(frozen=True, slots=True)
class Editing:
    """How a platform changes a message that it took before; readers are not notified, and a repeat changes nothing.

    ``annotate(body, note, message_id)`` returns the body of the edit: the message *body*, as it was sent, with the
    plain lines of *note* at its top and nothing else changed; None where the hard limits leave no room for them.
    ``request`` and ``classify`` are like the platform's, for a delivery that ``edits`` a message. What can never be
    edited any more is `Rejected`; `TargetDead` is only what the platform itself says of the whole channel.
    """

    annotate: Callable[[bytes, str, str], bytes | None]
    request: Callable[[Any, Delivery], Request]
    classify: Callable[[HttpResponse], Outcome]


@dataclass(frozen=True, slots=True)
class Platform:
    """One kind of chat. ``keys`` is the model of its own keys in ``channels.yaml``.

    ``render(digest, keys, style)`` returns the parts in order, one at least, every one within the platform's
    limits even after ``mark_repeat``. ``request(keys, delivery)`` adds address and credentials.
    ``classify(response)`` reads the verdict; it never raises, whatever the body is. (A `Handover` has no answer
    to classify: how it went is seen by who carries it.)
    ``mark_repeat(body, digest_id)`` says in the message that it may be a repeat.
    """

    name: str
    keys: type[ChannelKeys]
    render: Callable[[Digest, Any, Style], tuple[Part, ...]]
    request: Callable[[Any, Delivery], Request]
    classify: Callable[[HttpResponse], Outcome]
    mark_repeat: Callable[[bytes, str], bytes]
    idempotent: bool = False  # a repeat of the same part is never seen twice …
    remembers_for: timedelta = timedelta.max  # … within this time after the first attempt
    pace: timedelta = timedelta(0)  # least time between two messages to one channel
    secrets: tuple[str, ...] = ()  # names of the keys without which the channel is skipped
    place: tuple[str, ...] = ()  # names of the keys that say where messages go, where `secrets` do not
    local: bool = False  # printed on the terminal instead of sent
    answers: bool = False  # `Digest.answers` becomes a reply or a thread of that message
    editing: Editing | None = None  # messages whose articles changed since are marked where it can be done
    # phrases of reasons and what a person can do about each; the first that is found counts
    remedies: tuple[tuple[str, str], ...] = ()
    accepted: str = ""  # what is to be looked at where a success is not yet a message that readers see
    # keys with which a digest can be drawn where no channel is configured
    placeholder: Mapping[str, Any] = field(default_factory=dict)
    package: str = ""  # what must be installed beside newswatch, by the name of its extra; "" for nothing

    def recognises(self, created: datetime, at: datetime) -> bool:
        """Tell whether a repeat at *at* of a part that was frozen at *created* is never seen twice."""
        return self.idempotent and at - created < self.remembers_for


def read_retry_after(response: HttpResponse) -> timedelta | None:
    """Return the wait that ``Retry-After`` asks for (RFC 9110 §10.2.3), None when absent or nonsense.

    Seconds may be fractional (Discord sends floats). An HTTP-date is measured against the answer's ``Date``, which
    whoever receives it adds where there is none; negative waits are zero; more than a day is cut to one day.
    """
    value = response.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (_http_date(value) - _http_date(response.headers.get("date", ""))).total_seconds()
        except ValueError:
            return None
    if seconds != seconds:  # NaN
        return None
    return timedelta(seconds=min(max(seconds, 0.0), 86_400.0))


def _http_date(text: str) -> datetime:
    """Return an instant in one of the forms of RFC 9110 §5.6.7, all of them in UTC; raises ``ValueError``."""
    from email.utils import parsedate_to_datetime

    found = parsedate_to_datetime(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


# RFC 9110 §15, RFC 6585 §6 (511), RFC 4918 §11.5 (507); 52x are Cloudflare's, for a server that it never reached:
# https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
_NOT_PROCESSED = frozenset((407, 408, 425, 502, 503, 507, 511, 521, 523, 525, 526))
_DEAD = {
    401: "", 403: "", 404: "", 410: "",
    405: "the address takes no messages",
    501: "the address takes no messages",
}  # fmt: skip


def classify_status(response: HttpResponse) -> Outcome:
    """Read what a status alone says; platforms refine it with their bodies.

    2xx sent; 429 later; what was certainly not processed is tried again; 401, 403, 404, 405, 410, 501 and redirects
    are dead; other 4xx refused. 500, 504 and the rest may have been processed.
    """
    status = response.status
    said = f"HTTP {status}"
    if 200 <= status < 300:
        return Sent()
    if status == 429:
        return RetryLater(f"{said}: rate limited", after=read_retry_after(response), rate_limited=True)
    if status in _NOT_PROCESSED:
        return RetryLater(said, after=read_retry_after(response))
    if status in _DEAD:
        return TargetDead(f"{said}: {_DEAD[status]}" if _DEAD[status] else said)
    if 300 <= status < 400:
        return TargetDead(f"{said}: the address has moved; a message is never sent to another address")
    if 400 <= status < 500:
        return Rejected(said)
    return Unknown(said, answered=status >= 500)
