"""Articles after they were told: when each is read again, and what it said before it was changed or removed.

It decides nothing of its own: `crawler.cadence.reread` says when. The functions that take a connection open no
transaction, so that a message and the watch over its articles begin in one commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, and_, delete, func, insert, select, update

from crawler import failpoint
from crawler.cadence.reread import (
    MOST_A_RUN,
    MOST_A_SOURCE,
    MOST_TRIES,
    WATCHED_FOR,
    absent_reread,
    next_reread,
    reworded_reread,
)
from crawler.clock import from_ms, to_ms
from crawler.db.engine import transaction
from crawler.db.schema import article, entry, reread, revision
from crawler.model import Article, FeedEntry, PendingEntry, Validators
from crawler.records.entryrow import pending_entry
from crawler.records.identity import cleaned, storable, text_hash

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

_CHUNK = 500  # SQLite limits the parameters of a statement


class Kind(StrEnum):
    """What ended a revision."""

    CHANGED = "changed"  # the next text took its place
    REMOVED = "removed"  # the page is gone; the text is the last that is known


@dataclass(frozen=True, slots=True)
class Told:
    """An article that was told and is to be read again, with the entry that named its page."""

    article_id: int
    pending: PendingEntry
    text_sha256: str
    validators: Validators
    doubt: str | None


def watch_articles(connection: Connection, article_ids: Sequence[int], now: datetime) -> None:
    """Have articles read again that are told at *now*; those told before, and all without a page, stay as they are."""
    for start in range(0, len(article_ids), _CHUNK):
        mine = article.c.id.in_(article_ids[start : start + _CHUNK])
        known = select(reread.c.article_id).where(reread.c.article_id == article.c.id).exists()
        read = and_(mine, article.c.origin == "page", article.c.several == 0, ~known)
        for article_id in connection.execute(select(article.c.id).where(read)).scalars().all():
            due = next_reread(now, 0, now)
            values = {"article_id": article_id, "told_at": to_ms(now), "due_at": to_ms(due) if due else None}
            connection.execute(insert(reread).values(values | {"tries": 0, "absences": 0}))


def note_reworded(
    connection: Connection, entry_ids: Sequence[int], document: Mapping[str, FeedEntry], now: datetime
) -> None:
    """Have the pages of told articles read soon whose feed says something else of them in *document* (by identity).

    Only entries of articles that are still watched are looked at: the words of the others need not be read.
    """
    watched = (
        select(entry.c.id, entry.c.identity, entry.c.title, entry.c.summary, entry.c.content, reread)
        .join(reread, reread.c.article_id == entry.c.article_id)
        .where(reread.c.told_at > to_ms(now - WATCHED_FOR), reread.c.tries < MOST_TRIES)
    )
    for start in range(0, len(entry_ids), _CHUNK):
        some = watched.where(entry.c.id.in_(entry_ids[start : start + _CHUNK]))
        for row in connection.execute(some).all():
            item = document[row.identity]
            values = {"title": item.title, "summary": item.summary, "content": item.content}
            if values == {name: getattr(row, name) for name in values}:
                continue
            read_at, due_at = (None if each is None else from_ms(each) for each in (row.read_at, row.due_at))
            due = reworded_reread(from_ms(row.told_at), row.tries, read_at, due_at, now)
            mine = reread.c.article_id == row.article_id
            connection.execute(update(reread).where(mine).values(due_at=to_ms(due) if due else None))
            connection.execute(update(entry).where(entry.c.id == row.id).values(values))


def keep_replaced(connection: Connection, article_id: int, kind: Kind, now: datetime) -> int:
    """Store an article's present title and text as what it said up to *now*; return the revision's number."""
    row = connection.execute(select(article.c.title, article.c.text).where(article.c.id == article_id)).one()
    values = {"article_id": article_id, "kind": kind.value, "title": row.title, "text": row.text}
    made = insert(revision).values(values | {"replaced_at": to_ms(now)}).returning(revision.c.id)
    return int(connection.execute(made).scalar_one())


def forget_revisions(connection: Connection, before: datetime) -> None:
    """Blank the texts of what was replaced before *before*: that is, of articles older still."""
    old = and_(revision.c.replaced_at < to_ms(before), revision.c.text != "")
    connection.execute(update(revision).where(old).values(text=""))
    connection.execute(delete(reread).where(reread.c.told_at < to_ms(before)))


class Revisions:
    """The rows of told articles in one database. One method, one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def due(self, source_ids: Sequence[str], now: datetime) -> tuple[Told, ...]:
        """Return the articles of these sources to be read again, the longest due first; few at once."""
        own = entry.alias()
        named = (
            select(func.min(own.c.id))
            .where(own.c.article_id == article.c.id, own.c.source_id == article.c.source_id)
            .where(own.c.url.is_not(None))
            .correlate(article)
            .scalar_subquery()
        )
        query = (
            select(
                entry,
                article.c.text_sha256,
                article.c.doubt,
                reread.c.etag,
                reread.c.last_modified,
                reread.c.body_sha256,
            )
            .join(article, article.c.id == reread.c.article_id)
            .join(entry, entry.c.id == named)
            .where(reread.c.due_at <= to_ms(now), article.c.source_id.in_(source_ids), article.c.text != "")
            .order_by(reread.c.due_at, reread.c.article_id)
        )
        found: list[Told] = []
        by_source: dict[str, int] = {}
        with transaction(self.engine) as connection:
            for row in connection.execute(query):
                by_source[row.source_id] = by_source.get(row.source_id, 0) + 1
                if by_source[row.source_id] <= MOST_A_SOURCE:
                    found.append(_told(row))
                if len(found) == MOST_A_RUN:
                    break
        return tuple(found)

    def note_same(self, article_id: int, validators: Validators | None, now: datetime) -> None:
        """Count a reading that brought nothing new; *validators* are those of its answer, None after a failure."""
        with transaction(self.engine) as connection:
            _count(connection, article_id, validators, now)

    def save_changed(self, told: Told, found: Article, validators: Validators, now: datetime) -> None:
        """Store the changed text of an article, keep the old one, and have it matched again."""
        found = cleaned(found)
        sign = text_hash(found.title, found.text)
        failpoint.reach("before_revision_commit")
        with transaction(self.engine) as connection:
            mine = article.c.id == told.article_id
            stored = connection.execute(select(article.c.text_sha256, article.c.text).where(mine)).one()
            if stored.text and stored.text_sha256 != sign:
                keep_replaced(connection, told.article_id, Kind.CHANGED, now)
                values = {
                    "title": found.title,
                    "text": found.text,
                    "truncated": int(found.truncated),
                    "text_sha256": sign,
                    "revision": article.c.revision + 1,
                }
                connection.execute(update(article).where(mine).values(values))
            _count(connection, told.article_id, validators, now)
        failpoint.reach("after_revision_commit")

    def note_absent(self, article_id: int, now: datetime) -> bool:
        """Count that a page is not there; the second time in a row the article is removed: tell whether it is."""
        mine = reread.c.article_id == article_id
        failpoint.reach("before_revision_commit")
        with transaction(self.engine) as connection:
            absences: int = 1 + connection.execute(select(reread.c.absences).where(mine)).scalar_one()
            is_removed = absences == 2  # later looks, as a reworded entry asks for, tell it no second time
            due = absent_reread(absences, now)
            values = {"absences": absences, "tries": reread.c.tries + 1, "read_at": to_ms(now)}
            connection.execute(
                update(reread).where(mine).values(values | {"due_at": to_ms(due) if due else None})
            )
            if is_removed:
                keep_replaced(connection, article_id, Kind.REMOVED, now)
        failpoint.reach("after_revision_commit")
        return is_removed


def _count(connection: Connection, article_id: int, validators: Validators | None, now: datetime) -> None:
    mine = reread.c.article_id == article_id
    row = connection.execute(select(reread.c.told_at, reread.c.tries).where(mine)).one()
    due = next_reread(from_ms(row.told_at), row.tries + 1, now)
    values: dict[str, Any] = {"tries": row.tries + 1, "read_at": to_ms(now)}
    if validators is not None:
        values |= {
            "absences": 0,
            "etag": storable(validators.etag),
            "last_modified": storable(validators.last_modified),
            "body_sha256": validators.body_sha256,
        }
    connection.execute(update(reread).where(mine).values(values | {"due_at": to_ms(due) if due else None}))


def _told(row: Row[Any]) -> Told:
    validators = Validators(row.etag, row.last_modified, row.body_sha256)
    return Told(row.article_id, pending_entry(row), row.text_sha256, validators, row.doubt)
