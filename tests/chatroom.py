"""A loopback chat server with scripted answers: refusals, delays, resets after the request, lost answers.

Unscripted posts get what the real platform says when all is well, and are refused where it would refuse them: Slack,
Discord and Telegram by their published schemas, Telegram by its own parser too, a signed webhook by its signature. It
records everything that came, and knows what readers would see of it, so that a test can count doubles.
"""

from __future__ import annotations

import json
import re
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from standardwebhooks import Webhook, WebhookVerificationError

from alerts.demo.chatroom import answer_post, platform_of
from crawler.clock import utc_now
from tests.chatscreen import MATRIX_SEND, answer_edit, edit_of, read_screen
from tests.contract import tdlib
from tests.contract.schemas import broken_rule, validator
from tests.newsroom import Exchange, LoopbackServer, Request

# What happens after the request was read. All but "answer" lose the answer on its way to the client.
Ending = Literal["answer", "reset", "close", "hang", "short", "drip", "endless"]

JSON = {"Content-Type": "application/json"}
SECRET = "whsec_bmV3c3dhdGNoLXRlc3Qtc2VjcmV0LTAx"  # of every signed webhook that is pointed here
GOOGLE_SEND = re.compile(r"/v1/spaces/[^/]+/messages")


@dataclass(frozen=True, slots=True)
class Answer:
    """One scripted answer.

    *taken* says whether readers see the message: by default where the status is a success, which is also how a
    message is delivered whose answer gets lost.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    ending: Ending = "answer"
    taken: bool | None = None
    drip_s: float = 0.05  # between two bytes of a "drip"
    when: Callable[[Request], bool] | None = (
        None  # to other requests the platform answers as when all is well
    )

    @property
    def is_taken(self) -> bool:
        """Tell whether readers see the message."""
        return 200 <= self.status < 300 if self.taken is None else self.taken


def json_answer(status: int, value: object, **headers: str) -> Answer:
    """Return an answer with a JSON body; underscores in header names become hyphens."""
    named = {name.replace("_", "-"): content for name, content in headers.items()}
    return Answer(status, json.dumps(value).encode(), {**JSON, **named})


@dataclass(frozen=True, slots=True)
class Post:
    """One request that came, and whether readers see it."""

    request: Request
    taken: bool

    @property
    def payload(self) -> dict[str, object]:
        """Return the body read as a JSON object; anything else raises ``ValueError`` or fails the test."""
        value = json.loads(self.request.body)
        assert isinstance(value, dict)
        return value


class Chatroom(LoopbackServer):
    """Answers as it was told for a path, else as a healthy platform."""

    def __init__(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self._scripts: dict[str, deque[Answer]] = {}
        self._standing: dict[str, Answer] = {}
        self._below: dict[str, Answer] = {}
        self._posts: list[Post] = []
        super().__init__(host, tls)

    def script(self, path: str, *answers: Answer) -> str:
        """Give *answers* to the next requests for *path*, in order; then it is healthy. Return its address."""
        with self.lock:
            self._scripts.setdefault(path, deque()).extend(answers)
        return self.url(path)

    def always(self, path: str, answer: Answer | None) -> str:
        """Give *answer* to every request for *path* once its script is done; None makes it healthy again."""
        with self.lock:
            if answer is None:
                self._standing.pop(path, None)
            else:
                self._standing[path] = answer
        return self.url(path)

    def answer_below(self, path: str, answer: Answer | None) -> None:
        """Give *answer* to every request whose path begins with *path*: a Matrix transaction stands at its end."""
        with self.lock:
            self._below = {each: kept for each, kept in self._below.items() if each != path}
            self._below |= {path: answer} if answer else {}

    @property
    def posts(self) -> tuple[Post, ...]:
        """Return every request so far with its fate, in the order of their arrival."""
        with self.lock:
            return tuple(self._posts)

    @property
    def visible(self) -> tuple[Post, ...]:
        """Return the messages that readers see: taken ones, repeats with the same identity shown once.

        Only a Matrix transaction id and a ``webhook-id`` are identities; elsewhere a repeat is a double. Edits are
        no messages: what they made of one is on the `screen`.
        """
        shown: dict[object, Post] = {}
        for number, post in enumerate(self.posts):
            if post.taken and edit_of(post.request) is None:
                shown.setdefault(_identity(post.request) or number, post)
        return tuple(shown.values())

    @property
    def screen(self) -> tuple[dict[str, Any], ...]:
        """Return the messages that readers see, oldest first, each as it stands after all edits."""
        return tuple(read_screen(self.posts).values())

    def answer(self, exchange: Exchange) -> None:
        """Record the request, then answer it, or end the exchange as scripted."""
        request = exchange.request
        with self.lock:
            script = self._scripts.get(request.path)
            answer = script.popleft() if script else self._standing.get(request.path)
            if answer is None:
                answer = next(
                    (kept for path, kept in self._below.items() if request.path.startswith(path)), None
                )
            if answer and answer.when and not answer.when(request):
                answer = None
            if answer is None and (said := answer_edit(self._posts, request)):
                answer = json_answer(*said)
            answer = answer or _healthy_answer(request, len(self._posts) + 1)
            self._posts.append(Post(request, answer.is_taken))
        if answer.delay_s and not exchange.pause(answer.delay_s):
            return
        end_exchange(exchange, answer)


def end_exchange(exchange: Exchange, answer: Answer) -> None:
    """Answer, or break off as the answer says."""
    match answer.ending:
        case "answer":
            exchange.respond(answer.status, answer.body, answer.headers)
        case "reset":
            exchange.reset()
        case "close":
            pass
        case "hang":
            exchange.pause(3600)
        case "short":
            exchange.send_head(
                answer.status, {**answer.headers, "Content-Length": str(len(answer.body) + 1000)}
            )
            exchange.send(answer.body)
        case "drip":
            exchange.send_head(answer.status, answer.headers)
            while exchange.pause(answer.drip_s):
                exchange.send(b" ")
        case "endless":
            exchange.send_head(answer.status, answer.headers)
            while exchange.pause(0.001):
                exchange.send(b"x" * 4096)


def _identity(request: Request) -> str | None:
    if match := MATRIX_SEND.fullmatch(request.path):
        return f"matrix {match['txn']}"
    webhook_id = request.headers.get("webhook-id")
    return f"webhook {webhook_id}" if webhook_id else None


def _healthy_answer(request: Request, number: int) -> Answer:
    """Return what the platform at this path says when all is well; 404 where no platform is."""
    path = request.path
    if match := MATRIX_SEND.fullmatch(path):
        if request.method != "PUT":
            return json_answer(405, {"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"})
        return json_answer(200, {"event_id": f"${match['txn']}"})  # the same for the same transaction
    if request.method not in ("POST", "PUT"):
        return Answer(405)
    if refusal := _refusal(request):
        return refusal
    if platform_of(request.target):
        said = answer_post(request.target, request.body, number, utc_now())
        return Answer(said.status, said.body, {"Content-Type": said.content_type})
    if GOOGLE_SEND.fullmatch(path):
        return json_answer(
            200, {"name": f"spaces/AAAA/messages/{number}", "thread": {"name": "spaces/AAAA/threads/1"}}
        )
    if path.startswith("/hooks/"):  # Mattermost
        return Answer(200, b"ok", {"Content-Type": "text/plain"})
    if "/workflows/" in path:  # Teams: accepted, which is not yet posted
        return Answer(202)
    if re.fullmatch(r"/[\w-]*", path):  # ntfy: JSON to the root, or text to a topic
        return json_answer(200, {"id": f"ntfy{number}", "event": "message"})
    return Answer(404, b"not found")


def _refusal(request: Request) -> Answer | None:
    """Return what the platform at this path says to a message that it does not take, None for one that it takes."""
    if "webhook-signature" in request.headers:
        try:
            Webhook(SECRET).verify(request.body, dict(request.headers))
        except WebhookVerificationError:
            return json_answer(401, {"error": "wrong signature"})
        return None
    platform = platform_of(request.target)
    if platform not in ("slack", "discord", "telegram"):
        return None
    payload = _read_object(request.body)
    if payload is None:
        return None  # the room behind answers to what is no JSON
    refused = bool(broken_rule(validator(platform), payload))
    if platform == "slack":
        return Answer(400, b"invalid_blocks") if refused else None
    if platform == "discord":
        return json_answer(400, {"code": 50035, "message": "Invalid Form Body"}) if refused else None
    said = "Bad Request: wrong parameter" if refused else tdlib.refusal(payload)
    return json_answer(400, {"ok": False, "error_code": 400, "description": said}) if said else None


def _read_object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
