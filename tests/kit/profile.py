"""What the kit must be told of a platform: facts of its vendor, never of our adapter. Types only.

The facts themselves stand in `tests.kit.platforms`, one profile a platform.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, assert_never

from alerts.message.platform import HttpRequest, HttpResponse, Rejected, RetryLater, Sent, TargetDead, Unknown

if TYPE_CHECKING:
    from alerts.message.platform import ChannelKeys, Outcome, Part, Platform, Style
    from alerts.model import Digest
    from tests.kit.reading import Seen

CANARY = "cAnArYsEcReT"

# What becomes of a message: taken; a rate limit; certainly not taken, try again; perhaps taken; this message is bad;
# the channel is gone or forbidden.
Meaning = Literal["sent", "later", "again", "unknown", "refused", "dead"]


def meaning_of(outcome: Outcome) -> Meaning:
    """Return the class of *outcome*."""
    match outcome:
        case Sent():
            return "sent"
        case RetryLater(rate_limited=limited):
            return "later" if limited else "again"
        case Unknown():
            return "unknown"
        case Rejected():
            return "refused"
        case TargetDead():
            return "dead"
        case _ as never:
            assert_never(never)


@dataclass(frozen=True, slots=True)
class Said:
    """One answer of a platform as documented or recorded, and what it means. A body that is no bytes is JSON."""

    status: int
    body: object
    meaning: Meaning

    @property
    def raw(self) -> bytes:
        """The body on the wire."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    @property
    def response(self) -> HttpResponse:
        """The answer as the client hands it on."""
        return HttpResponse(self.status, {}, self.raw)


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a platform: *measure* counts a body in the platform's unit; *ours* is where our messages end."""

    what: str
    hard: int
    ours: int
    measure: Callable[[bytes], int]
    source: str  # where the vendor says so


@dataclass(frozen=True, slots=True)
class Profile:
    """The facts of one platform."""

    keys: Callable[
        [str], dict[str, Any]
    ]  # sample keys for a server at this address, `CANARY` in every secret
    home: str  # the vendor's server in the samples, without a slash at the end
    read: Callable[[bytes], tuple[Seen, ...]]  # what readers see; one for each complete form of the message
    verify: Callable[[bytes], None]  # the vendor's contract on the bytes alone
    limits: tuple[Limit, ...] = ()
    says: tuple[Said, ...] = ()
    statuses: Mapping[int, Meaning] = field(
        default_factory=dict
    )  # bare ones that differ from the common reading
    refusal: Said | None = None  # what it says to one bad message
    farewell: Said | None = None  # what it says when the channel is gone or forbidden
    wait: Callable[[object], object] | None = (
        None  # the body of a 429 that names this many seconds; None: header only
    )
    is_idempotent: bool = False  # a repeat of the same identity is never seen twice
    identity: Callable[[HttpRequest], str] | None = (
        None  # by which the vendor tells a repeat, where there is one
    )
    least_pace_s: float = 0.0  # between two messages to one channel, as the vendor's limit asks
    most_parts: int | None = None
    is_rich: Callable[[bytes], bool] | None = None  # whether a body holds what only the rich style has
    unmet: Mapping[str, str] = field(default_factory=dict)  # limits that no digest can meet, and why
    edited: Callable[[bytes], bytes] | None = (
        None  # of an edit, the message that it makes; None: nobody can edit
    )
    message_id: str = ""  # a sample of how it names a message
    received: Callable[[bytes], bytes] = bytes  # our body, of the request as the server has it
    costly: str = ""  # why each sending takes long, so that what sends is left to the long sweep
    body_secret: str = ""  # why its messages hold a secret, where the protocol wants it
    hides: Mapping[str, str] = field(default_factory=dict)  # slots of a digest that it never shows, and why
    skips: Mapping[str, str] = field(default_factory=dict)  # properties that cannot be asked of it, and why


@dataclass(frozen=True, slots=True)
class Subject:
    """A platform under test with its facts; of ours or of any other package."""

    platform: Platform
    profile: Profile

    @property
    def name(self) -> str:
        """The platform's own name."""
        return self.platform.name

    def keys(self, address: str | None = None) -> ChannelKeys:
        """Return the sample keys, for a server at *address* instead of the vendor's."""
        return self.platform.keys.model_validate(self.profile.keys(address or self.profile.home))

    def render(self, digest: Digest, style: Style) -> tuple[Part, ...]:
        """Return the messages of *digest*."""
        return self.platform.render(digest, self.keys(), style)

    def marked(self, body: bytes, digest_id: str) -> bytes:
        """Return *body* as a possible repeat."""
        return self.platform.mark_repeat(body, digest_id)
