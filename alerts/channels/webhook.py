"""A receiver of one's own: the digest as structured JSON, signed after the Standard Webhooks specification.

Owns the body that ``docs/channels/webhook.md`` describes; refuses to send unsigned unless told to.
Facts: https://www.standardwebhooks.com (id, timestamp and ``v1`` HMAC-SHA256 signature; 20 kB advised).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from alerts.message.layout import pack, sentence_pieces
from alerts.message.plaintext import safe_url, short_line
from alerts.message.platform import (
    ChannelKeys,
    Delivery,
    HttpRequest,
    HttpResponse,
    Outcome,
    Part,
    Platform,
    Style,
    TargetDead,
    classify_status,
)
from alerts.message.wire import SecretAddress, decode_object, encode_json, post_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.model import Digest, Report, Story, Tally

ADVISED_BYTES = 20_000
_PREFIX = "whsec_"
_TITLE_CHARS = 200
_FAILED_NAMES = 10
_VOLUMES = 20

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Room:
    """How much of a story is sent: texts in code points, the rest in entries."""

    headline: int
    sentence: int
    names: int  # topics, known outlets
    reports: int


# A story is never split: one too big for a body of its own takes the next row.
_ROOMS = (_Room(1000, 4000, 50, 200), _Room(500, 1000, 20, 20), _Room(300, 300, 5, 3), _Room(200, 0, 5, 1))


class WebhookKeys(ChannelKeys):
    """``url`` and ``secret`` (``whsec_`` and base64, or any text, used as its UTF-8 bytes)."""

    model_config = ConfigDict(hide_input_in_errors=True)  # the input is a secret

    url: SecretAddress
    unsigned: bool = False
    secret: SecretStr | None = Field(default=None, validate_default=True)
    max_bytes: int = Field(default=ADVISED_BYTES, ge=14_000, le=1_000_000)

    @field_validator("secret")
    @classmethod
    def _is_usable(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and value.get_secret_value().strip():
            _signing_key(value)
            return value
        if not info.data.get("unsigned"):
            raise ValueError("set `secret`, or `unsigned: true` to send without a signature")
        return None


def _signing_key(secret: SecretStr) -> bytes:
    text = secret.get_secret_value().strip()
    if not text.startswith(_PREFIX):
        return text.encode("utf-8")
    encoded = text.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("must be base64 after 'whsec_'")
    return key


def _instant(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def _report(report: Report, room: _Room) -> Object:
    pieces = sentence_pieces(report.sentence, room.sentence) if room.sentence else ()
    marks, at = [], 0
    for text, marked in pieces:
        if marked:
            marks.append([at, at + len(text)])
        at += len(text)
    return {
        "id": report.article_id,
        "headline": short_line(report.headline, room.headline),
        "url": safe_url(report.url) if report.url else None,
        "outlet": short_line(report.outlet),
        "perspective": short_line(report.perspective),
        "language": short_line(report.language, 12) if report.language else None,
        "first_seen": _instant(report.first_seen),
        "published": _instant(report.published),
        "sentence": {"text": "".join(text for text, _ in pieces), "marks": marks} if pieces else None,
        "summary_only": report.summary_only,
        "converted": report.converted,
        "gloss": short_line(report.gloss, room.headline) or None,
        "unverified": report.unverified,
        "change": short_line(report.change, room.headline) or None,
    }


def _figures(tally: Tally, room: _Room) -> Object:
    return {
        "what": tally.what,
        "period": short_line(tally.period) or None,
        "claims": [
            {
                "value": claim.value,
                "at_least": claim.at_least,
                "who": short_line(claim.who),
                "said_by": [short_line(name) for name in claim.said_by[: room.names]],
                "about": claim.about,
                "hedged": claim.hedged,
                "was": claim.was,
            }
            for claim in tally.claims
        ],
    }


def _story(story: Story, room: _Room) -> Object:
    return {
        "id": story.story_id,
        "update": story.is_update,
        "topics": [short_line(topic) for topic in story.topics[: room.names]],
        "reports": [_report(report, room) for report in story.reports[: room.reports]],
        "reports_omitted": max(0, len(story.reports) - room.reports),
        "severity": story.severity.word,
        "figures": [_figures(tally, room) for tally in story.tallies],
        "known_outlets": [short_line(outlet) for outlet in story.known_outlets[: room.names]],
    }


def _coverage(digest: Digest) -> Object | None:
    if digest.coverage is None:
        return None
    failed = digest.coverage.failed
    return {
        "read": digest.coverage.read,
        "total": digest.coverage.total,
        "failed": [short_line(name) for name in failed[:_FAILED_NAMES]],
        "failed_count": len(failed),
        "silent": [short_line(name) for name in digest.coverage.silent[:_FAILED_NAMES]],
        "offline": digest.coverage.offline,
    }


# The list that it belongs to ("stories", "brief", "notices"), itself, and the stories that it tells.
Item = tuple[str, Object | str, tuple[int, ...]]


def _items(digest: Digest, room: _Room) -> list[Item]:
    items: list[Item] = [("stories", _story(story, room), (story.story_id,)) for story in digest.stories]
    items += [
        ("brief", _report(report, room), (report.story_id,) if report.story_id else ())
        for report in digest.brief
    ]
    items += [("notices", short_line(notice, room.headline), ()) for notice in digest.notices]
    return items


def _payload(digest: Digest, items: Sequence[Item], part: int, parts: int) -> Object:
    data: Object = {
        "digest_id": short_line(digest.digest_id, 16),
        "part": part,
        "parts": parts,
        "title": short_line(digest.title, _TITLE_CHARS),
        "created": _instant(digest.created),
        "timezone": short_line(digest.timezone),
        "test": digest.is_test,
        "catch_up": digest.is_catch_up,
        "possible_repeat": False,
        "stories": [],
        "brief": [],
        "notices": [],
        "more": digest.more,
        "queued": digest.queued,
        "volumes": [
            {"topic": short_line(volume.topic), "days": list(volume.days)}
            for volume in digest.volumes[:_VOLUMES]
        ],
        "coverage": _coverage(digest),
    }
    for name, item, _ in items:
        data[name].append(item)
    return {"type": "digest", "timestamp": _instant(digest.created), "data": data}


def describe(digest: Digest) -> Object:
    """Return the whole digest in one body of this shape, however long it is."""
    return _payload(digest, _items(digest, _ROOMS[0]), 1, 1)


def _encode(payload: Object, style: Style) -> bytes:
    """Return JSON; plain has ASCII only, for receivers that stumble over UTF-8."""
    if style is Style.RICH:
        return encode_json(payload)
    return json.dumps(payload, separators=(",", ":")).encode("ascii")


def render(digest: Digest, keys: WebhookKeys, style: Style) -> tuple[Part, ...]:
    """Return as many bodies of at most ``max_bytes`` as the digest takes; none leaves a story out."""

    def fits(items: tuple[Item, ...]) -> bool:
        return len(_encode(_payload(digest, items, 9999, 9999), style)) <= keys.max_bytes

    versions = zip(*(_items(digest, room) for room in _ROOMS), strict=True)
    items = [next((item for item in rows if fits((item,))), rows[-1]) for rows in versions]
    bundles = pack(items, fits) or [()]
    parts = []
    for number, bundle in enumerate(bundles, start=1):
        body = _encode(_payload(digest, bundle, number, len(bundles)), style)
        parts.append(Part(body, tuple(story_id for _, _, ids in bundle for story_id in ids)))
    return tuple(parts)


def request(keys: WebhookKeys, delivery: Delivery) -> HttpRequest:
    """Return the POST: the id is constant over retries, timestamp and signature are of this attempt."""
    timestamp = str(int(delivery.attempted_at.timestamp()))
    headers = {"webhook-id": delivery.idempotency_key, "webhook-timestamp": timestamp}
    if keys.secret is not None:
        signed = f"{delivery.idempotency_key}.{timestamp}.".encode() + delivery.body
        digest = hmac.digest(_signing_key(keys.secret), signed, hashlib.sha256)
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode('ascii')}"
    return post_json(keys.url.get_secret_value(), delivery.body, headers)


def classify(response: HttpResponse) -> Outcome:
    """Read the receiver's verdict from the status; 410 means that it wants no more."""
    outcome = classify_status(response)
    if response.status == 410:
        return TargetDead("HTTP 410: the receiver asks for no further messages")
    return outcome


def mark_repeat(body: bytes, digest_id: str) -> bytes:
    """Set ``possible_repeat``; receivers that remember ``webhook-id`` have no need of it."""
    payload = decode_object(body)
    payload["data"]["possible_repeat"] = True
    return _encode(payload, Style.PLAIN if body.isascii() else Style.RICH)


PLATFORM = Platform(
    name="webhook",
    keys=WebhookKeys,
    render=render,
    request=request,
    classify=classify,
    mark_repeat=mark_repeat,
    idempotent=True,
    secrets=("url",),
    placeholder={"url": "https://receiver.invalid/", "unsigned": True},
    remedies=(
        ("no further messages", "The receiver unsubscribed. Set another `url`, or remove the channel."),
        (
            "HTTP 401",
            "The receiver did not accept the signature: `secret` must be the same there, and both clocks right.",
        ),
        (
            "HTTP 403",
            "The receiver did not accept the signature: `secret` must be the same there, and both clocks right.",
        ),
        ("HTTP 404", "The receiver has nothing at this path: correct `url`."),
        ("HTTP 413", "Set a smaller `max_bytes`."),
    ),
)
