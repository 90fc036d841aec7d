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

from alerts.layout import pack, sentence_pieces
from alerts.plaintext import clean_line, cut_text, safe_url
from alerts.platform import (
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
from alerts.wire import SecretAddress, decode_object, encode_json, post_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.model import Digest, Report, Story

ADVISED_BYTES = 20_000
_PREFIX = "whsec_"
_NAME_CHARS = 60
_TITLE_CHARS = 200
_FAILED_NAMES = 10

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


def _name(text: str, limit: int = _NAME_CHARS) -> str:
    return cut_text(clean_line(text), limit)


def _report(report: Report, room: _Room) -> Object:
    pieces = sentence_pieces(report.sentence, room.sentence) if room.sentence else ()
    marks, at = [], 0
    for text, marked in pieces:
        if marked:
            marks.append([at, at + len(text)])
        at += len(text)
    return {
        "id": report.article_id,
        "headline": _name(report.headline, room.headline),
        "url": safe_url(report.url) if report.url else None,
        "outlet": _name(report.outlet),
        "perspective": _name(report.perspective),
        "language": _name(report.language, 12) if report.language else None,
        "first_seen": _instant(report.first_seen),
        "published": _instant(report.published),
        "sentence": {"text": "".join(text for text, _ in pieces), "marks": marks} if pieces else None,
        "summary_only": report.summary_only,
        "converted": report.converted,
    }


def _story(story: Story, room: _Room) -> Object:
    return {
        "id": story.story_id,
        "update": story.is_update,
        "topics": [_name(topic) for topic in story.topics[: room.names]],
        "reports": [_report(report, room) for report in story.reports[: room.reports]],
        "reports_omitted": max(0, len(story.reports) - room.reports),
        "known_outlets": [_name(outlet) for outlet in story.known_outlets[: room.names]],
    }


def _coverage(digest: Digest) -> Object | None:
    if digest.coverage is None:
        return None
    failed = digest.coverage.failed
    return {
        "read": digest.coverage.read,
        "total": digest.coverage.total,
        "failed": [_name(name) for name in failed[:_FAILED_NAMES]],
        "failed_count": len(failed),
        "silent": [_name(name) for name in digest.coverage.silent[:_FAILED_NAMES]],
        "offline": digest.coverage.offline,
    }


Item = tuple[str, Object | str]  # the list it belongs to ("stories", "brief", "notices") and itself


def _items(digest: Digest, room: _Room) -> list[Item]:
    items: list[Item] = [("stories", _story(story, room)) for story in digest.stories]
    items += [("brief", _report(report, room)) for report in digest.brief]
    items += [("notices", _name(notice, room.headline)) for notice in digest.notices]
    return items


def _payload(digest: Digest, items: Sequence[Item], part: int, parts: int) -> Object:
    data: Object = {
        "digest_id": _name(digest.digest_id, 16),
        "part": part,
        "parts": parts,
        "title": _name(digest.title, _TITLE_CHARS),
        "created": _instant(digest.created),
        "timezone": _name(digest.timezone),
        "test": digest.is_test,
        "catch_up": digest.is_catch_up,
        "possible_repeat": False,
        "stories": [],
        "brief": [],
        "notices": [],
        "more": digest.more,
        "queued": digest.queued,
        "coverage": _coverage(digest),
    }
    for name, item in items:
        data[name].append(item)
    return {"type": "digest", "timestamp": _instant(digest.created), "data": data}


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
        ids = tuple(item["id"] for name, item in bundle if name == "stories" and isinstance(item, dict))
        parts.append(Part(body, ids))
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
)
