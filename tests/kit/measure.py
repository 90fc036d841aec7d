"""How long a message is in each platform's own unit, counted from its bytes and apart from the adapters."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.kit.reading import every

Measure = Callable[[bytes], int]


def utf16(text: str) -> int:
    """Count UTF-16 units: what Telegram is at worst thought to count."""
    return len(text.encode("utf-16-le")) // 2


def utf8(text: str) -> int:
    """Count bytes."""
    return len(text.encode("utf-8"))


def of_text(key: str, count: Callable[[str], int] = len) -> Measure:
    """Return a measure of the one text under *key* at the top, zero where there is none."""
    return lambda body: count(json.loads(body).get(key, ""))


def rich_only(measure: Measure, key: str) -> Measure:
    """Return *measure* for bodies that hold *key*, zero for others."""
    return lambda body: measure(body) if key in json.loads(body) else 0


def plain_only(measure: Measure, key: str) -> Measure:
    """Return *measure* for bodies without *key*, zero for others."""
    return lambda body: 0 if key in json.loads(body) else measure(body)


def body_chars(body: bytes) -> int:
    """Count the characters of the JSON."""
    return len(body.decode())


def body_bytes(body: bytes) -> int:
    """Count the bytes of the JSON."""
    return len(body)


def ascii_bytes(body: bytes) -> int:
    """Count the bytes of the JSON were every letter beyond ASCII escaped."""
    return len(json.dumps(json.loads(body), separators=(",", ":")))


def slack_blocks(body: bytes) -> int:
    """Count blocks."""
    return len(json.loads(body).get("blocks", []))


def slack_block_text(body: bytes) -> int:
    """Count the characters of all texts in blocks: msg_blocks_too_long."""
    return sum(
        len(text) for text in every(json.loads(body).get("blocks", []), "text") if isinstance(text, str)
    )


def discord_embeds(body: bytes) -> int:
    """Count embeds."""
    return len(json.loads(body).get("embeds", []))


def discord_description(body: bytes) -> int:
    """Return the longest description, trimmed as Discord trims it."""
    found = [embed.get("description", "").strip() for embed in json.loads(body).get("embeds", [])]
    return max(map(len, found), default=0)


def discord_sum(body: bytes) -> int:
    """Count titles, descriptions, fields, footers and authors of all embeds, each trimmed."""

    def texts(embed: Mapping[str, Any]) -> Iterator[str]:
        yield embed.get("title", "")
        yield embed.get("description", "")
        yield embed.get("footer", {}).get("text", "")
        yield embed.get("author", {}).get("name", "")
        for each in embed.get("fields", []):
            yield each["name"] + each["value"]

    return sum(len(text.strip()) for embed in json.loads(body).get("embeds", []) for text in texts(embed))


_TAG = re.compile(r"<[^>]*>")


def telegram_shown(body: bytes) -> int:
    """Count what is left after the HTML is parsed, in UTF-16 units."""
    message = json.loads(body)
    return utf16(html.unescape(_TAG.sub("", message["text"])) if "parse_mode" in message else message["text"])


def telegram_entities(body: bytes) -> int:
    """Count the entities that tags make."""
    message = json.loads(body)
    return len(re.findall(r"<[a-z]", message["text"])) if "parse_mode" in message else 0


def google_widgets(body: bytes) -> int:
    """Count the widgets of the fullest card."""
    cards = json.loads(body).get("cardsV2", [])
    return max(
        (sum(len(section["widgets"]) for section in card["card"]["sections"]) for card in cards), default=0
    )
