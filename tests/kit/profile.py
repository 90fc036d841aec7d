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


Facts = Mapping[str, str]  # a name, and a reason in words


@dataclass(frozen=True, slots=True)
class Profile:
    """The facts of one platform."""

    # Sample keys for a server at this address, with `CANARY` in every secret; the vendor's own is *home*, without "/".
    keys: Callable[[str], dict[str, Any]]
    home: str

    # A message: what readers see of it, one for each complete form; the vendor's contract on the bytes alone.
    read: Callable[[bytes], tuple[Seen, ...]]
    verify: Callable[[bytes], None]
    limits: tuple[Limit, ...] = ()
    unmet: Facts = field(default_factory=dict)  # limits that no digest can meet, and why
    most_parts: int | None = None
    is_rich: Callable[[bytes], bool] | None = None  # whether a body holds what only the rich style has
    hides: Facts = field(default_factory=dict)  # slots of a digest that it never shows, and why
    body_secret: str = ""  # why its messages hold a secret, where the protocol wants it

    # Answers: documented ones; bare statuses that differ from the common reading; one bad message; a channel that is
    # gone; the body of a 429 that names so many seconds (None: only the header does).
    says: tuple[Said, ...] = ()
    statuses: Mapping[int, Meaning] = field(default_factory=dict)
    refusal: Said | None = None
    farewell: Said | None = None
    wait: Callable[[object], object] | None = None

    # Repeats and edits: by what the vendor tells a repeat, if at all, and whether it is then never seen twice; the
    # message that an edit makes (None: nobody can edit with our credentials); a sample of how it names a message.
    identity: Callable[[HttpRequest], str] | None = None
    is_idempotent: bool = False
    edited: Callable[[bytes], bytes] | None = None
    message_id: str = ""

    # Sending: least time between two messages to one channel; our body in the request as the server has it; why each
    # sending takes long, so that what sends is left to the long sweep.
    least_pace_s: float = 0.0
    received: Callable[[bytes], bytes] = bytes
    costly: str = ""

    skips: Facts = field(default_factory=dict)  # properties that cannot be asked of it, and why


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
