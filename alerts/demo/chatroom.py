"""The loopback chat room of the demonstration: answers posts as Slack, Discord, Telegram and a webhook would.

It keeps what arrived, in order. It refuses only what the real platform refuses at once: no JSON, or nothing
to show.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

from alerts.demo.loopback import QuietHandler, serve_loopback
from crawler.clock import Clock, utc_now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MAX_BODY_BYTES = 1 << 20

_PLATFORM_PATHS = (
    ("slack", re.compile(r"/services/[^/]+/[^/]+/[^/]+")),
    ("discord", re.compile(r"/api(?:/v\d+)?/webhooks/[^/]+/[^/]+")),
    ("telegram", re.compile(r"/bot[^/]+/sendMessage")),
    ("webhook", re.compile(r"/hook(?:/.*)?")),
)
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform says to one post."""

    status: int
    body: bytes
    content_type: str = _JSON

    @property
    def accepted(self) -> bool:
        """Tell whether the room now shows the message."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """One message that the room took."""

    platform: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    payload: dict[str, Any]
    received_at: datetime


def platform_of(path: str) -> str | None:
    """Return the platform whose webhook address *path* looks like, None for anything else."""
    bare = urlsplit(path).path
    return next((name for name, pattern in _PLATFORM_PATHS if pattern.fullmatch(bare)), None)


def answer_post(path: str, body: bytes, number: int, now: datetime) -> Answer:
    """Return what the platform at *path* says to *body*, its *number*-th message.

    Slack says a bare ``ok`` (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks);
    Discord the message with ``wait=true``, else 204; Telegram ``{"ok": true, "result": …}``; a webhook 200.
    """
    platform = platform_of(path)
    if platform is None:
        return Answer(404, b"not found", "text/plain")
    payload = _read_json(body)
    if platform == "slack":
        if payload is None:
            return Answer(400, b"invalid_payload", "text/html")
        if not (payload.get("text") or payload.get("blocks") or payload.get("attachments")):
            return Answer(400, b"no_text", "text/html")
        return Answer(200, b"ok", "text/html")
    if platform == "discord":
        return _answer_discord(path, payload, number, now)
    if platform == "telegram":
        return _answer_telegram(payload, number, now)
    if payload is None:
        return _json_answer(400, {"error": "invalid JSON"})
    return _json_answer(200, {"received": True})


def _answer_discord(path: str, payload: dict[str, Any] | None, number: int, now: datetime) -> Answer:
    if payload is None:
        return _json_answer(400, {"code": 50109, "message": "The request body contains invalid JSON."})
    if not (payload.get("content") or payload.get("embeds") or payload.get("components")):
        return _json_answer(400, {"code": 50006, "message": "Cannot send an empty message"})
    if parse_qs(urlsplit(path).query).get("wait") != ["true"]:
        return Answer(204, b"")
    return _json_answer(
        200,
        {
            "id": str(1_400_000_000_000_000_000 + number),
            "type": 0,
            "content": payload.get("content", ""),
            "channel_id": "1300000000000000000",
            "embeds": payload.get("embeds", []),
            "timestamp": now.isoformat(),
        },
    )


def _answer_telegram(payload: dict[str, Any] | None, number: int, now: datetime) -> Answer:
    problem = ""
    if payload is None or not payload.get("chat_id"):
        problem = "chat_id is empty"
    elif not payload.get("text"):
        problem = "message text is empty"
    if problem or payload is None:
        return _json_answer(400, {"ok": False, "error_code": 400, "description": f"Bad Request: {problem}"})
    chat = {"id": payload["chat_id"], "type": "supergroup", "title": "desk"}
    result = {"message_id": number, "date": int(now.timestamp()), "chat": chat, "text": payload["text"]}
    return _json_answer(200, {"ok": True, "result": result})


def _json_answer(status: int, value: object) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


def _read_json(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


class SampleChatroom:
    """Take messages for the length of a ``with`` block; `messages` holds them as they came."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self.base_url = ""
        self._clock = clock
        self._messages: list[ReceivedMessage] = []
        self._lock = threading.Lock()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        room = self

        class Handler(QuietHandler):
            def do_POST(self) -> None:  # noqa: N802 - http.server dispatches by this name
                room._take(self)

        self.base_url = self._stack.enter_context(serve_loopback(Handler))
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    @property
    def messages(self) -> tuple[ReceivedMessage, ...]:
        """Return what the room shows so far."""
        with self._lock:
            return tuple(self._messages)

    def _take(self, handler: QuietHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            handler.answer(413, "text/plain", b"too large")
            return
        body = handler.rfile.read(length)
        now = self._clock()
        with self._lock:
            answer = answer_post(handler.path, body, len(self._messages) + 1, now)
            payload = _read_json(body)
            platform = platform_of(handler.path)
            if answer.accepted and payload is not None and platform is not None:
                headers = {name.lower(): value for name, value in handler.headers.items()}
                self._messages.append(ReceivedMessage(platform, handler.path, headers, payload, now))
        handler.answer(answer.status, answer.content_type, answer.body)
