"""What readers of a chat have before them: messages as they were sent, and what edits made of them since.

A chat room asks here whether a request is an edit, and what the platform would say to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.contract import tdlib
from tests.contract.schemas import broken_rule, validator

if TYPE_CHECKING:
    from tests.chatroom import Post
    from tests.newsroom import Request

MATRIX_SEND = re.compile(r"(?P<room>/_matrix/client/v3/rooms/[^/]+)/send/[^/]+/(?P<txn>[^/]+)")
_DISCORD = re.compile(r"(?P<hook>/api(?:/v\d+)?/webhooks/[^/]+/[^/]+)(?:/messages/(?P<id>\d+))?")
_TELEGRAM = re.compile(r"(?P<bot>/bot[^/]+)/(?P<method>sendMessage|editMessageText)")
_FIRST_OF_DISCORD = 1_400_000_000_000_000_000  # as alerts.demo.chatroom names its messages


@dataclass(frozen=True, slots=True)
class Edit:
    """A request that changes a message: which, and the keys that it sets."""

    platform: str
    name: str
    payload: dict[str, Any]

    @property
    def sets(self) -> dict[str, Any]:
        """Return what of the message it says anew."""
        return {key: value for key, value in self.payload.items() if key != "message_id"}


def edit_of(request: Request) -> Edit | None:
    """Return what *request* edits, None for a message of its own."""
    if request.method not in ("POST", "PUT", "PATCH"):
        return None
    try:
        payload = json.loads(request.body)
    except ValueError:
        return None
    if not isinstance(payload, dict):
        return None
    if (match := _DISCORD.fullmatch(request.path)) and match["id"] and request.method == "PATCH":
        return Edit("discord", f"{match['hook']} {match['id']}", payload)
    if (match := _TELEGRAM.fullmatch(request.path)) and match["method"] == "editMessageText":
        return Edit("telegram", f"{match['bot']} {payload.get('message_id')}", payload)
    relation = payload.get("m.relates_to", {})
    match = MATRIX_SEND.fullmatch(request.path)
    if match and isinstance(relation, dict) and relation.get("rel_type") == "m.replace":
        return Edit("matrix", f"{match['room']} {relation['event_id']}", payload["m.new_content"])
    return None


def read_screen(posts: Iterable[Post]) -> dict[str, dict[str, Any]]:
    """Return the messages of *posts* that readers see, each by its name and as it stands now, in order."""
    shown: dict[str, dict[str, Any]] = {}
    for number, post in enumerate(posts, start=1):
        if not post.taken:
            continue
        if edit := edit_of(post.request):
            if edit.name in shown:
                shown[edit.name] = shown[edit.name] | edit.sets
        else:
            shown.setdefault(_name(post.request, number), post.payload)
    return shown


def answer_edit(posts: Sequence[Post], request: Request) -> tuple[int, dict[str, Any]] | None:
    """Return status and body of what a healthy platform says to an edit; None where *request* is none."""
    edit = edit_of(request)
    if edit is None:
        return None
    before = read_screen(posts).get(edit.name)
    if edit.platform == "discord":
        if before is None:
            return 404, {"code": 10008, "message": "Unknown Message"}
        if broken_rule(validator("discord-edit"), edit.payload):
            return 400, {"code": 50035, "message": "Invalid Form Body"}
        return 200, {"id": edit.name.rpartition(" ")[2], "content": edit.payload.get("content", "")}
    if edit.platform == "telegram":
        problem = tdlib.refusal(edit.payload)
        if broken_rule(validator("telegram-edit"), edit.payload):
            problem = "Bad Request: wrong parameter"
        elif before is None:
            problem = "Bad Request: message to edit not found"
        elif before | edit.sets == before:
            problem = (
                "Bad Request: message is not modified: specified new message content is exactly the same"
            )
        if problem:
            return 400, {"ok": False, "error_code": 400, "description": problem}
        return 200, {"ok": True, "result": {"message_id": edit.payload["message_id"]}}
    match = MATRIX_SEND.fullmatch(request.path)
    assert match
    return 200, {"event_id": f"${match['txn']}"}


def _name(request: Request, number: int) -> str:
    """Return how the *number*-th request's message is known to its platform; others have their number."""
    if match := _DISCORD.fullmatch(request.path):
        return f"{match['hook']} {_FIRST_OF_DISCORD + number}"
    if match := _TELEGRAM.fullmatch(request.path):
        return f"{match['bot']} {number}"
    if match := MATRIX_SEND.fullmatch(request.path):
        return f"{match['room']} ${match['txn']}"
    return str(number)
