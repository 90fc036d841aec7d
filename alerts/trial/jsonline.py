"""The lines of JSON that ``try`` reads and writes, one a document. Opens no file."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import TYPE_CHECKING, Any

from alerts.trial.value import Document, Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alerts.figure.model import Figure
    from alerts.match.matcher import Findings
    from alerts.model import Hit

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # of an escape: shown as U+FFFD, which is as long
_SHOWN = ("url", "outlet", "published")  # passed over when they are no text


def read_line(line: bytes, where: str, default_id: str) -> Document | Trouble:
    """Return the document in *line*; keys that are not ours are passed over.

    ``title`` and ``text`` may be missing or null, but not both; a missing ``id`` is *default_id*.
    """
    try:
        found: object = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return Trouble(where, "not UTF-8; save the file as UTF-8", is_line=True)
    except json.JSONDecodeError as error:
        return Trouble(where, f"not JSON: {error.msg} (column {error.colno})", is_line=True)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits; brackets in brackets
        return Trouble(where, f"not JSON that can be read: {error}", is_line=True)
    if not isinstance(found, dict):
        return Trouble(where, 'write an object: {"id": "a1", "title": "...", "text": "..."}', is_line=True)
    if problem := _find_problem(found):
        return Trouble(where, problem, is_line=True)
    name = found.get("id")
    url, outlet, published = (_text_or_none(found.get(key)) for key in _SHOWN)
    return Document(
        default_id if name is None else name,
        _HALF_CHARACTER.sub("\ufffd", found.get("title") or ""),
        _HALF_CHARACTER.sub("\ufffd", found.get("text") or ""),
        url,
        outlet,
        published,
        found.get("language") or None,
    )


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _find_problem(found: Mapping[str, Any]) -> str | None:
    name = found.get("id")
    is_number = isinstance(name, int | float) and not isinstance(name, bool) and isfinite(name)
    if name is not None and not is_number and not isinstance(name, str):
        return "id: write a string or a number"
    for key in ("title", "text", "language"):
        if found.get(key) is not None and not isinstance(found[key], str):
            return f"{key}: write a string"
    if found.get("title") is None and found.get("text") is None:
        return "neither title nor text; write at least one of them"
    return None


def tell_json(
    document: Document,
    found: Findings,
    language: str | None,
    figures: Sequence[Figure],
    story: str | None = None,
) -> bytes:
    """Return the line of ``try --json`` for one document, line feed included; *story* only where it was asked for."""
    told: dict[str, object] = {
        "id": document.id,
        "topics": {topic: [_as_json(hit) for hit in hits] for topic, hits in found.topics.items()},
        "encoding": found.encoding,
        "language": language,
        "figures": [_as_json(figure) for figure in figures],
    }
    if story is not None:
        told["story"] = story
    try:
        return json.dumps(told, ensure_ascii=False).encode("utf-8") + b"\n"
    except UnicodeEncodeError:  # half a character in an id came in as an escape, and can go out as one only
        return json.dumps(told).encode("ascii") + b"\n"


def _as_json(value: Hit | Figure) -> dict[str, object]:
    # dataclasses.asdict copies deeply, which takes longer than matching
    return {name: getattr(value, name) for name in value.__slots__}
