"""Telegram's own parser, offline: what becomes of a text that a bot sends. TDLib in the package ``tdjson``.

The Bot API server makes the same calls; neither needs an account or a network. The package exists for Linux on
x86-64 only: elsewhere `PRESENT` is false, and who skips says so.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from tests.peers.tally import count

try:
    import tdjson
except ImportError:
    tdjson = None

PRESENT = tdjson is not None
if PRESENT:
    tdjson.td_execute(b'{"@type":"setLogVerbosityLevel","new_verbosity_level":0}')  # or it prints every call
MISSING = "no TDLib for this machine: tdjson is for Linux on x86-64"

# https://core.telegram.org/bots/api#sendmessage; the second is Client.cpp's of tdlib/telegram-bot-api.
MAX_CHARS = 4096
MAX_RAW_BYTES = 32_768

# What a client turns live in any text. Timestamps are live beside media only, card numbers open nothing of a stranger.
LIVE = {"Mention", "Hashtag", "Cashtag", "BotCommand", "Url", "EmailAddress", "MentionName"}
_OWN_LINE = re.compile(r"^https?://[!-~]*$", re.MULTILINE)  # an address of ours in plain text: a whole line


@dataclass(frozen=True, slots=True)
class Entity:
    """A stretch of the shown text and what it is: ``Bold``, ``TextUrl``, ``Mention`` and so on."""

    kind: str
    start: int  # code points, as `Parsed.text` counts
    end: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text as readers see it, with the markup that the sender gave and what the client finds in it."""

    text: str
    entities: tuple[Entity, ...]
    found: tuple[Entity, ...]

    def live(self) -> tuple[str, ...]:
        """Return what would be live beside our own links: "Mention @name", "Url evil.example"."""
        ours = [(each.start, each.end) for each in self.entities if each.kind == "TextUrl"]
        ours += [match.span() for match in _OWN_LINE.finditer(self.text)]
        return tuple(
            f"{each.kind} {self.text[each.start : each.end]!r}"
            for each in (*self.entities, *self.found)
            if each.kind in LIVE and not any(start <= each.start and each.end <= end for start, end in ours)
        )


class UnparsableError(ValueError):
    """Telegram answers 400 to this text, in these words."""


def parse(text: str, *, is_html: bool) -> Parsed:
    """Return *text* as Telegram shows it; raises `UnparsableError` with the parser's own words."""
    count("tdjson")
    entities: tuple[Entity, ...] = ()
    if is_html:
        mode = {"@type": "textParseModeHTML"}
        found = _execute({"@type": "parseTextEntities", "text": text, "parse_mode": mode})
        text = found["text"]
        entities = _read(text, found["entities"])
    live = _execute({"@type": "getTextEntities", "text": text})
    return Parsed(text, entities, _read(text, live["entities"]))


def refusal(payload: dict[str, Any]) -> str:
    """Return the description of the 400 with which Telegram refuses a ``sendMessage``, "" for one that it takes."""
    text = payload.get("text", "")
    if len(text.encode("utf-8", "replace")) > MAX_RAW_BYTES:
        return "Bad Request: text is too long"
    shown = text
    if PRESENT:
        try:
            shown = parse(text, is_html=payload.get("parse_mode") == "HTML").text
        except UnparsableError as error:
            words = str(error)
            return f"Bad Request: {words[:1].lower()}{words[1:]}"
    if not shown.strip():
        return "Bad Request: message text is empty"
    return "Bad Request: message is too long" if len(shown) > MAX_CHARS else ""


def _execute(call: dict[str, Any]) -> dict[str, Any]:
    raw = json.dumps(call).encode()
    answer = tdjson.td_execute(raw)
    found: dict[str, Any] = json.loads(answer)
    if found["@type"] == "error":
        raise UnparsableError(found["message"])
    return found


def _read(text: str, entities: list[dict[str, Any]]) -> tuple[Entity, ...]:
    """Return *entities* with offsets in code points: TDLib counts UTF-16 units."""
    points = [0]  # the code point at every UTF-16 unit
    for number, char in enumerate(text):
        points += [number + 1] * (2 if ord(char) > 0xFFFF else 1)
    return tuple(
        Entity(
            each["type"]["@type"].removeprefix("textEntityType"),
            points[each["offset"]],
            points[each["offset"] + each["length"]],
            each["type"].get("url", ""),
        )
        for each in entities
    )
