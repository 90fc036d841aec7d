"""What makes two entries or two articles one, and which characters a database takes. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from crawler.model import Article, FeedEntry
from crawler.urls import host_and_rest, identity_key

MAX_KEY_CHARS = 600  # at most four bytes each
_PLAIN_POST = re.compile(r"[?&]p=\d+$")  # WordPress without permalinks
# Identifiers that are made of a number or a date and never given to another article: WordPress, Drupal, RFC 4151, ours.
_LASTING_GUID = re.compile(
    r"https?://[^\s?]+\?(?:[\w=&]*&)?p=\d+|\d+ at https?://\S+|tag:[^,\s]+,[\d-]+:\S+|telegram:\S+"
)
_SHORTEST_PLACE = 8  # of a path: /news/12 says less than /2025/11/bridge-opens
_SAME_MOMENT = timedelta(hours=1)
_TELLING_CHARS = 20  # of a headline; twice as many where no date confirms it
_SAME_REPORT = timedelta(hours=12)  # aggregators date by when they found it
_SAME_UNDATED = timedelta(days=3)
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-"})
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL refuses NUL; UTF-8 has no lone surrogates


def entry_identity(item: FeedEntry) -> str:
    """Return what makes *item* the same entry at the next poll.

    The link counts, for GUIDs change on some servers at every fetch and are shared by two items on others; a link to
    a site's root (or none) says nothing, so the GUID, then title and summary, take its place.
    """
    if item.url and names_article(item.url):
        return f"url:{indexable(identity_key(item.url))}"
    if item.guid:
        return f"guid:{digest(item.guid)}:{digest(item.title)}"
    return f"text:{digest(item.title + chr(10) + item.summary)}"


def names_article(url: str) -> bool:
    """Tell whether *url* can be that of one article: a site's root, where some feeds link to, is not."""
    key = identity_key(url)
    return bool(key.partition("/")[2] or _PLAIN_POST.search(key))


def article_identity(source_id: str, item: FeedEntry, url: str | None) -> str:
    """Return what makes the article of an entry the same for every source: its address, where it has one."""
    if url and names_article(url):
        return indexable(identity_key(url))
    return f"entry:{source_id}:{entry_identity(item)}"


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """A stored entry of a source, as its feed last gave it."""

    identity: str
    item: FeedEntry
    route: str | None = None  # the address that it was read from
    first_seen: datetime | None = None


def find_moved(
    document: Mapping[str, FeedEntry],
    held: frozenset[str],
    known: Sequence[KnownEntry],
    route: str | None,
    now: datetime,
) -> dict[str, str]:
    """Return, for entries of *document* whose identity is not *held*, the identity under which they are known.

    A known entry goes by another identity now when its site has moved to another host, its address was changed, the
    identifiers of a feed without links change, or another *route* to the same outlet carries it. Only what cannot be
    another article is taken for the same one; a report told twice does less harm than one that is not told.
    """
    keeps_guids = any(identity in held and not _is_linked(identity) for identity in document)
    places: dict[tuple[str, str], str] = {}
    guids: dict[str, KnownEntry] = {}
    words: dict[str, str] = {}
    headlines: dict[str, list[KnownEntry]] = {}
    shared = Counter(entry.item.guid for entry in known) + Counter(item.guid for item in document.values())
    hosts = {host_and_rest(item.url)[0] for identity, item in document.items() if _is_linked(identity)}
    for entry in known:
        if entry.identity in document:
            continue
        if not _is_linked(entry.identity):
            words[_all_words(entry.item)] = entry.identity
            continue
        host, rest = host_and_rest(entry.item.url)
        if len(hosts) == 1 and host not in hosts and len(rest) >= _SHORTEST_PLACE:
            places[rest, _words(entry.item.title)] = entry.identity
        guids[entry.item.guid or ""] = entry
        if entry.route != route:
            headlines.setdefault(_words(entry.item.title), []).append(entry)
    found: dict[str, str] = {}
    for identity, item in document.items():
        before = None
        if identity in held:
            continue
        if not _is_linked(identity):
            before = None if keeps_guids else words.get(_all_words(item))
        elif _words(item.title):
            before = places.get((host_and_rest(item.url)[1], _words(item.title)))
        twin = guids.get(item.guid) if item.guid and shared[item.guid] == 2 and _is_linked(identity) else None
        if before is None and twin and _is_one(item, twin.item):
            before = twin.identity
        if before is None and _is_linked(identity):
            carried = headlines.get(_words(item.title), [])
            before = next((other.identity for other in carried if _is_same_report(item, other, now)), None)
        if before is not None and before not in found.values():
            found[identity] = before
    return found


def _is_linked(identity: str) -> bool:
    return identity.startswith("url:")


def _is_one(item: FeedEntry, other: FeedEntry) -> bool:
    """Tell whether two entries with one identifier are one: some feeds number their places, not their articles."""
    if _LASTING_GUID.fullmatch(item.guid or ""):
        return True
    if item.published is None or other.published is None:
        return False
    is_same_date = abs(item.published - other.published) <= _SAME_MOMENT
    return is_same_date and bool(_words(item.title)) and _words(item.title) == _words(other.title)


def _is_same_report(item: FeedEntry, other: KnownEntry, now: datetime) -> bool:
    """Tell whether two routes to one outlet carry one report, whose headlines are equal: "Weather" comes every day."""
    title, date, known_date = _words(item.title), item.published, other.item.published
    if date is not None and known_date is not None:
        return len(title) >= _TELLING_CHARS and abs(date - known_date) <= _SAME_REPORT
    is_recent = other.first_seen is not None and now - other.first_seen <= _SAME_UNDATED
    return is_recent and len(title) >= 2 * _TELLING_CHARS


def _words(text: str) -> str:
    return " ".join(text.translate(_PLAIN).casefold().split())


def _all_words(item: FeedEntry) -> str:
    return "\n".join(map(_words, (item.title, item.summary, item.content)))


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
