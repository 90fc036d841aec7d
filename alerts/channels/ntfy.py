"""ntfy topics, on ntfy.sh or one's own server: one short push message for each digest.

Owns the JSON publish form, without markdown; refuses a second part, for a phone rings on each.
Facts: https://docs.ntfy.sh/publish/ (JSON) and the server's ``config.go`` and ``errors.go``.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import ConfigDict, SecretStr, field_validator

from alerts.message.answer import classify_api, rate_limited
from alerts.message.layout import Telling, digest_heading, put_first, repeat_note
from alerts.message.paging import Page, paginate
from alerts.message.plaintext import cut_text
from alerts.message.platform import (
    ChannelKeys,
    Delivery,
    HttpRequest,
    HttpResponse,
    Outcome,
    Part,
    Platform,
    Sent,
    Style,
)
from alerts.message.prose import NO_ADDRESS, PLAIN_TEXT, write_lines
from alerts.message.wire import (
    SecretAddress,
    decode_object,
    encode_json,
    explain,
    post_json,
    read_id,
)

if TYPE_CHECKING:
    from alerts.model import Digest

MAX_MESSAGE_BYTES = 3_900  # from 4,096 on the server turns the text into an attachment
MAX_TITLE_BYTES = 200
MAX_BODY_BYTES = 8_000  # the server reads JSON of at most twice the message size
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")


class NtfyKeys(ChannelKeys):
    """``url`` is ``https://host/topic``: on a public server the topic's name is the password."""

    model_config = ConfigDict(hide_input_in_errors=True)  # the input is a secret

    url: SecretAddress
    token: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _names_topic(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if not _TOPIC.fullmatch(parts.path.strip("/").rpartition("/")[2]) or parts.query or parts.fragment:
            raise ValueError("must end in the topic: https://host/topic (letters, digits, - and _)")
        return value


def _root_and_topic(keys: NtfyKeys) -> tuple[str, str]:
    root, _, topic = keys.url.get_secret_value().rstrip("/").rpartition("/")
    return f"{root}/", topic


def _byte_count(text: str) -> int:
    return len(text.encode("utf-8"))


def render(digest: Digest, keys: NtfyKeys, style: Style) -> tuple[Part, ...]:
    """Return one message of at most 3,900 bytes; what finds no room is counted in it.

    A tap opens the first story. The plain style has no title and no tap, and writes addresses out.
    """
    topic = _root_and_topic(keys)[1]

    def write(page: Page) -> bytes:
        payload: dict[str, object] = {"topic": topic}
        if style is Style.PLAIN:
            return encode_json(payload | {"message": "\n".join(write_lines(page, PLAIN_TEXT))})
        payload["title"] = cut_text(digest_heading(digest), MAX_TITLE_BYTES, _byte_count)
        payload["message"] = "\n".join(write_lines(page, NO_ADDRESS, heading=False))
        if click := next(filter(None, map(_address, page.items)), None):
            payload["click"] = click
        return encode_json(payload)

    def fits(body: bytes) -> bool:
        marked = mark_repeat(body, digest.digest_id)
        message = decode_object(marked)["message"]
        return _byte_count(message) <= MAX_MESSAGE_BYTES and len(marked) <= MAX_BODY_BYTES

    return paginate(digest, write, fits, max_parts=1)


def _address(item: object) -> str | None:
    content = getattr(item, "content", None)
    return content.lead.url if isinstance(content, Telling) else None


def request(keys: NtfyKeys, delivery: Delivery) -> HttpRequest:
    """Return the POST to the server's root.

    From version 2.16 on a repeat with the same sequence id replaces the message; older servers ignore it.
    """
    key = delivery.idempotency_key
    sequence = key if _TOPIC.fullmatch(key) else hashlib.sha256(key.encode("utf-8")).hexdigest()[:32]
    headers = {"x-sequence-id": sequence}
    if keys.token and keys.token.get_secret_value():
        headers["authorization"] = f"Bearer {keys.token.get_secret_value()}"
    return post_json(_root_and_topic(keys)[0], delivery.body, headers)


def classify(response: HttpResponse) -> Outcome:
    """Read ntfy's verdict: its errors are ``{"code": 42901, "http": 429, "error": ...}``.

    A 429 may mean the day's quota, which no short wait mends: code 42908 asks for an hour.
    """
    found = decode_object(response.body)
    outcome = classify_api(response, "ntfy")
    code = found.get("code")
    reason = explain(response, f"code {code}" if isinstance(code, int) and 40_000 <= code < 60_000 else "")
    if isinstance(outcome, Sent):
        return Sent(read_id(found, "id", _TOPIC))
    if response.status == 429:
        an_hour = 3600 if code == 42908 else None
        return replace(rate_limited(response, an_hour), reason=reason)
    return outcome


def mark_repeat(body: bytes, digest_id: str) -> bytes:
    """Open the message with the note that it may be a repeat."""
    payload = decode_object(body)
    payload["message"] = put_first(repeat_note(digest_id), payload["message"])
    return encode_json(payload)


PLATFORM = Platform(
    name="ntfy",
    keys=NtfyKeys,
    render=render,
    request=request,
    classify=classify,
    mark_repeat=mark_repeat,
    pace=timedelta(seconds=5),
    secrets=("url",),
    placeholder={"url": "https://ntfy.invalid/topic"},
    remedies=(
        ("code 42908", "The server's quota of messages a day is used up; it starts again at midnight UTC."),
        ("HTTP 401", "The topic needs a `token`, or the one set is not known: ntfy token add USER."),
        ("HTTP 403", "The token's user may not write to this topic: ntfy access USER TOPIC write-only."),
        ("HTTP 404", "No ntfy server is at this address: `url` is https://HOST/TOPIC."),
    ),
)
