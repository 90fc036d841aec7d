"""What makes two entries or two articles one, and which characters a database takes. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields, replace
from typing import Any, TypeVar

from crawler.model import Article, FeedEntry
from crawler.urls import identity_key

MAX_KEY_CHARS = 600  # at most four bytes each
_PLAIN_POST = re.compile(r"[?&]p=\d+$")  # WordPress without permalinks
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL refuses NUL; UTF-8 has no lone surrogates


def entry_identity(item: FeedEntry) -> str:
    """Return what makes *item* the same entry at the next poll.

    The link counts, for GUIDs change on some servers at every fetch and are shared by two items on others; a link to
    a site's root (or none) says nothing, so the GUID, then title and summary, take its place.
    """
    key = identity_key(item.url) if item.url else ""
    if key.partition("/")[2] or _PLAIN_POST.search(key):
        return f"url:{indexable(key)}"
    if item.guid:
        return f"guid:{digest(item.guid)}:{digest(item.title)}"
    return f"text:{digest(item.title + chr(10) + item.summary)}"


def text_hash(title: str, text: str) -> str:
    """Return a hash equal for verbatim copies: white space and case do not count, the title only when alone."""
    return digest(" ".join((text or title).casefold().split()))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def indexable(key: str) -> str:
    """Return *key*, or a hash of one that is too long: PostgreSQL refuses index entries past 2,704 bytes."""
    return key if len(key) <= MAX_KEY_CHARS else f"sha256:{digest(key)}"


def storable(text: str | None) -> str | None:
    """Return *text* without what no database takes: NUL and lone surrogates."""
    return None if text is None else _UNSTORABLE.sub("", text)


_Texts = TypeVar("_Texts", FeedEntry, Article)


def cleaned(value: _Texts) -> _Texts:
    held = {field.name: getattr(value, field.name) for field in fields(value)}
    texts: dict[str, Any] = {name: storable(text) for name, text in held.items() if isinstance(text, str)}
    return replace(value, **texts)
