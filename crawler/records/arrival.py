"""Entries as they arrive: which are new to a source, and how each of them came. It opens no transaction.

What only a walk through the archive has brought does not count as known to the runs: a run that meets it takes it
over as it would have taken a new one, so that a backfill keeps no news back and closes no gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, select, update

from crawler.clock import from_ms, to_ms
from crawler.db.schema import article, entry
from crawler.model import FeedEntry, PendingEntry
from crawler.records.identity import KnownEntry, cleaned, entry_identity, find_moved, storable
from crawler.records.revision import note_reworded

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Select

_CHUNK = 500  # SQLite limits the parameters of a statement
_RECENT = 400  # entries of a source among which one that has moved is looked for
_ENTRIES: Select[Any] = select(
    entry.c.id,
    entry.c.identity,
    entry.c.source_id,
    entry.c.url,
    entry.c.guid,
    entry.c.title,
    entry.c.published_at.label("own_date"),
    entry.c.first_seen_at,
    entry.c.first_poll,
    entry.c.state,
    entry.c.attempts,
    entry.c.article_id,
    entry.c.route,
    article.c.origin,
    func.coalesce(entry.c.published_at, article.c.published_at).label("published"),
).outerjoin(article, article.c.id == entry.c.article_id)


class Arrival(IntEnum):
    """How an entry came (``entry.first_poll``)."""

    LIVE = 0  # with a poll of a source that is known
    FIRST_POLL = 1  # with the first poll of its source or route: old ones are not told
    ARCHIVED = 2  # with a walk through the archive: never told
    ARCHIVED_TOLD = 3  # with such a walk, told as news are


@dataclass(frozen=True, slots=True)
class Arrived:
    """What became of the entries of one document."""

    new: tuple[PendingEntry, ...]  # whose pages are to be read, oldest first
    known: tuple[int, ...]  # when the known ones were first seen, Unix milliseconds
    taken_over: int = 0  # that only the archive had brought, and the runs now have, too
    changes_guids: bool | None = (
        None  # most known ones came with another identifier; None: nothing to compare
    )

    @property
    def is_news(self) -> bool:
        """Tell whether anything came that no run had seen."""
        return bool(self.new or self.taken_over)


def insert_entries(
    connection: Connection,
    source_id: str,
    route: str | None,
    entries: Sequence[FeedEntry],
    arrival: Arrival,
    now: datetime,
    *,
    window: timedelta,
    seen_before: int | None = None,
) -> Arrived:
    """Store those of *entries* (newest first) that are new.

    *window* is how old the archive's entries may be for a run to take them over: before *now* at a first poll,
    else before the newest that runs have seen (before *seen_before*, Unix milliseconds; default: ever).
    """
    by_identity: dict[str, FeedEntry] = {}
    for item in map(cleaned, entries):  # before the identity, which is stored too
        by_identity.setdefault(entry_identity(item), item)
    held = _held(connection, source_id, list(by_identity))
    if arrival < Arrival.ARCHIVED:
        own = [
            row.id for row in held.values() if row.route == storable(route)
        ]  # others word theirs otherwise
        note_reworded(connection, own, by_identity, now)
    compared, changed = _note_guids(connection, by_identity, held)
    moved = _held_elsewhere(connection, source_id, route, by_identity, held, now)
    unlinked = [identity for identity in moved if not identity.startswith("url:")]
    held |= moved
    new: list[PendingEntry] = []
    for identity, item in reversed(by_identity.items()):  # feeds list the newest first
        if identity in held:
            continue
        values = {
            "source_id": source_id,
            "identity": identity,
            "guid": item.guid,
            "url": item.url,
            "title": item.title,
            "summary": item.summary,
            "content": item.content,
            "author": item.author,
            "publisher": item.publisher,
            "published_at": to_ms(item.published) if item.published else None,
            "first_seen_at": to_ms(now),
            "first_poll": int(arrival),
            "route": storable(route),
            "state": "new",
            "attempts": 0,
        }
        entry_id = connection.execute(insert(entry).values(values).returning(entry.c.id)).scalar_one()
        new.append(PendingEntry(int(entry_id), source_id, item, now, 0))
    taken: set[str] = set()
    archived = [(identity, row) for identity, row in held.items() if row.first_poll >= Arrival.ARCHIVED]
    if archived and arrival < Arrival.ARCHIVED:
        edge = now if arrival == Arrival.FIRST_POLL else _last_seen(connection, source_id, seen_before, now)
        for identity, row in archived:
            if row.published is not None and row.published < to_ms(edge - window):
                continue
            taken.add(identity)
            _take_over(connection, row, route, arrival, now)
            if row.state == "new":
                new.append(PendingEntry(row.id, source_id, by_identity[identity], now, row.attempts))
    known = tuple(row.first_seen_at for identity, row in held.items() if identity not in taken)
    compared, changed = compared + len(unlinked), changed + len(unlinked)
    return Arrived(tuple(new), known, len(taken), changed * 2 > compared if compared else None)


def _held(connection: Connection, source_id: str, identities: Sequence[str]) -> dict[str, Row[Any]]:
    """Return the source's entries of these identities, each with its or its article's date of publication."""
    found: dict[str, Row[Any]] = {}
    for start in range(0, len(identities), _CHUNK):
        mine = and_(entry.c.source_id == source_id, entry.c.identity.in_(identities[start : start + _CHUNK]))
        found |= {row.identity: row for row in connection.execute(_ENTRIES.where(mine))}
    return found


def _held_elsewhere(
    connection: Connection,
    source_id: str,
    route: str | None,
    document: Mapping[str, FeedEntry],
    held: Mapping[str, Row[Any]],
    now: datetime,
) -> dict[str, Row[Any]]:
    """Return, by their new identity, entries of *document* that are held under another; they go by the new one.

    One of which only a summary is known is read again: at its new address its page may be had.
    """
    if len(held) == len(document):
        return {}
    recent = _ENTRIES.where(entry.c.source_id == source_id).order_by(entry.c.id.desc()).limit(_RECENT)
    if not all(identity.startswith("url:") for identity in document):  # known by its words: seldom, and wide
        recent = recent.add_columns(entry.c.summary, entry.c.content)
    rows = {row.identity: row for row in connection.execute(recent)}
    known = [
        KnownEntry(identity, _item(row), row.route, from_ms(row.first_seen_at))
        for identity, row in rows.items()
    ]
    found: dict[str, Row[Any]] = {}
    for identity, before in find_moved(document, frozenset(held), known, storable(route), now).items():
        item, row = document[identity], rows[before]
        values: dict[str, Any] = {
            "identity": identity,
            "url": item.url,
            "guid": item.guid,
            "route": storable(route),
        }
        if row.state == "settled" and row.origin == "summary" and item.url:
            values |= {"state": "retry", "attempts": 0, "next_attempt_at": to_ms(now)}
        connection.execute(update(entry).where(entry.c.id == row.id).values(values))
        found[identity] = row
    return found


def _item(row: Row[Any]) -> FeedEntry:
    date = None if row.own_date is None else from_ms(row.own_date)
    summary, content = getattr(row, "summary", ""), getattr(row, "content", "")
    return FeedEntry(row.title, row.url, row.guid, summary, content, published=date)


def _note_guids(
    connection: Connection, document: Mapping[str, FeedEntry], held: Mapping[str, Row[Any]]
) -> tuple[int, int]:
    """Keep the newest identifier of known entries; return how many had one, and of how many it is another now."""
    compared = changed = 0
    for identity, row in held.items():
        guid = document[identity].guid
        compared += bool(guid and row.guid)
        if guid and guid != row.guid:
            changed += bool(row.guid)
            connection.execute(update(entry).where(entry.c.id == row.id).values(guid=guid))
    return compared, changed


def _last_seen(connection: Connection, source_id: str, before: int | None, now: datetime) -> datetime:
    """Return when a run last saw something new of the source: what came later, no run can know."""
    query = select(func.max(entry.c.first_seen_at)).where(
        entry.c.source_id == source_id,
        entry.c.first_poll < Arrival.ARCHIVED,
        entry.c.first_seen_at < (to_ms(now) if before is None else before),
    )
    newest = connection.execute(query).scalar()
    return now if newest is None else from_ms(newest)


def _take_over(
    connection: Connection, row: Row[Any], route: str | None, arrival: Arrival, now: datetime
) -> None:
    """Make an archived entry one of the runs'; its article is matched again, and told this time."""
    values = {"first_poll": int(arrival), "first_seen_at": to_ms(now), "route": storable(route)}
    connection.execute(update(entry).where(entry.c.id == row.id).values(values))
    if row.article_id is not None:
        mine = and_(
            article.c.id == row.article_id, article.c.source_id == row.source_id, article.c.backlog == 1
        )
        connection.execute(update(article).where(mine).values(backlog=0, revision=article.c.revision + 1))
