"""The rows of one entry, from the feed to the chat.

Reads only. It draws no conclusion (`alerts.fate` and `alerts.whynot` do) and prints nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Row, func, or_, select

from alerts.delivery.attempt import State
from alerts.digest.change import Change
from alerts.digest.changing import read_changes
from alerts.model import Hit
from alerts.records.storyrow import read_hits, stored_article
from alerts.records.tables import (
    alert,
    change_alert,
    compared,
    delivery,
    digest,
    examined,
    match,
    story_article,
)
from crawler.clock import from_ms
from crawler.db.engine import transaction
from crawler.db.schema import article, entry, revision
from crawler.model import FeedEntry, StoredArticle
from crawler.records.arrival import Arrival
from crawler.records.identity import entry_identity
from crawler.urls import identity_key, is_http_url

MOST_CANDIDATES = 50


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that an address or a part of one may mean: an article, or an entry that has none yet."""

    article_id: int | None
    entry_id: int | None
    url: str | None
    title: str


@dataclass(frozen=True, slots=True)
class Brought:
    """An entry of a feed, and how far its page came."""

    entry_id: int
    source_id: str
    url: str | None
    title: str
    published: datetime | None
    first_seen: datetime
    arrival: Arrival
    state: str  # new, retry, settled
    attempts: int
    next_attempt: datetime | None
    problem: str | None
    feed_chars: int  # of the feed's own words: content, else summary


@dataclass(frozen=True, slots=True)
class Examination:
    """When an article was matched, and under which rules."""

    revision: int
    rules_hash: str
    at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """What was found of a topic when the article was matched."""

    hits: tuple[Hit, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One frozen message of a digest; *number* is what ``newswatch outbox show`` takes."""

    number: int
    part: int
    parts: int
    state: State
    attempts: int
    not_before: datetime | None
    reason: str | None
    message_id: str | None
    updated: datetime
    marks: tuple[Message, ...] = ()  # edits that say at its top that an article was changed since


@dataclass(frozen=True, slots=True)
class Queued:
    """An article in a channel's queue, and in a digest once there is one; its messages with it."""

    channel_id: str
    queued: datetime
    digest_id: str | None
    digest_at: datetime | None
    counted: bool
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Revised:
    """A text that the article had before, what of it was changed, and which channels were told."""

    number: int
    kind: str  # crawler.records.revision.Kind
    at: datetime
    title: str
    text_chars: int
    changes: tuple[Change, ...]
    told: tuple[str, ...]
    waits: tuple[str, ...]  # channels that are still owed it
    is_compared: bool


@dataclass(frozen=True, slots=True)
class Life:
    """Everything stored of one entry and its article."""

    entries: tuple[Brought, ...]
    article: StoredArticle | None = None
    revision: int = 0
    examination: Examination | None = None
    found: Mapping[str, StoredFinding] | None = None
    story_id: int | None = None
    others: tuple[StoredArticle, ...] = ()  # of the same story, oldest first
    queued: tuple[Queued, ...] = ()
    revised: tuple[Revised, ...] = ()  # oldest first

    @property
    def is_examined(self) -> bool:
        """Tell whether the text as it is now has been matched."""
        return self.examination is not None and self.examination.revision >= self.revision


def is_number(name: str) -> bool:
    """Tell whether *name* can only mean an article's number."""
    return name.strip().isascii() and name.strip().isdigit()


class History:
    """Reads the rows of single entries in one database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def find(self, name: str) -> tuple[Candidate, ...]:
        """Return what *name* means: an article's number, an address in any spelling, or a part of one.

        A number is never a part of an address, a whole address never one of another. At most
        `MOST_CANDIDATES`, articles first.
        """
        name = name.strip()
        with transaction(self.engine) as connection:
            if is_number(name):  # the databases count to 2**63 - 1
                mine = article.c.id == int(name)
                return self._candidates(connection, mine, None) if len(name) < 19 else ()
            url = name if "://" in name else f"https://{name}"
            identity = entry_identity(FeedEntry("", url)) if is_http_url(url) else ""
            if identity.startswith("url:"):
                mine = article.c.identity == identity.removeprefix("url:")
                if known := self._candidates(connection, mine, entry.c.identity == identity):
                    return known
            if "://" in name or not name:
                return ()
            parts = {name.lower(), quote(name, safe="/%:@!$&'()*+,;=~-._?#").lower()}
            by_article = or_(*(func.lower(article.c.url).contains(part, autoescape=True) for part in parts))
            by_entry = or_(*(func.lower(entry.c.url).contains(part, autoescape=True) for part in parts))
            return self._candidates(connection, by_article, by_entry)

    def read(self, candidate: Candidate) -> Life:
        """Return everything stored of *candidate*."""
        with transaction(self.engine) as connection:
            if candidate.article_id is None:
                row = connection.execute(select(entry).where(entry.c.id == candidate.entry_id)).one()
                return Life((_brought(row),))
            return self._read_article(connection, candidate.article_id)

    def newest_id(self) -> int:
        """Return the highest number of an article, 0 in an empty archive."""
        with transaction(self.engine) as connection:
            return int(connection.execute(select(func.max(article.c.id))).scalar() or 0)

    def sources_of_host(self, url: str) -> dict[str, int]:
        """Return which sources brought addresses of the host of *url* or below it, with their numbers."""
        host, address = identity_key(url).partition("/")[0], func.lower(entry.c.url)
        query = (
            select(entry.c.source_id, func.count().label("number"))
            .where(or_(*(address.contains(f"{sign}{host}/", autoescape=True) for sign in ("//", "."))))
            .group_by(entry.c.source_id)
        )
        with transaction(self.engine) as connection:
            return {row.source_id: row.number for row in connection.execute(query)}

    def _candidates(self, connection: Connection, of_article: Any, of_entry: Any) -> tuple[Candidate, ...]:
        found: dict[tuple[int | None, int | None], Candidate] = {}
        articles = select(article.c.id, article.c.url, article.c.title).where(of_article)
        for one in connection.execute(articles.order_by(article.c.id.desc()).limit(MOST_CANDIDATES)):
            found[one.id, None] = Candidate(one.id, None, one.url, one.title)
        if of_entry is not None:
            entries = select(entry.c.id, entry.c.url, entry.c.title, entry.c.article_id).where(of_entry)
            for row in connection.execute(entries.order_by(entry.c.id.desc()).limit(MOST_CANDIDATES)):
                entry_id = row.id if row.article_id is None else None
                candidate = Candidate(row.article_id, entry_id, row.url, row.title)
                found.setdefault((row.article_id, entry_id), candidate)
        return tuple(found.values())[:MOST_CANDIDATES]

    def _read_article(self, connection: Connection, article_id: int) -> Life:
        def rows(query: Any) -> Sequence[Row[Any]]:
            return connection.execute(query).all()

        mine = connection.execute(select(article).where(article.c.id == article_id)).one()
        seen = rows(select(examined).where(examined.c.article_id == article_id))
        matched = rows(select(match).where(match.c.article_id == article_id).order_by(match.c.id))
        placed = select(story_article.c.story_id).where(story_article.c.article_id == article_id)
        story_id = connection.execute(placed).scalar()
        shared = select(article).join(story_article, story_article.c.article_id == article.c.id)
        others = rows(
            shared.where(story_article.c.story_id == story_id, article.c.id != article_id).order_by(
                article.c.first_seen_at, article.c.id
            )
        )
        dated = select(alert, digest.c.created_at.label("digest_at")).outerjoin(
            digest, digest.c.id == alert.c.digest_id
        )
        return Life(
            entries=tuple(
                _brought(row)
                for row in rows(select(entry).where(entry.c.article_id == article_id).order_by(entry.c.id))
            ),
            article=stored_article(mine),
            revision=mine.revision,
            examination=next((_examination(row) for row in seen), None),
            found={
                row.topic_id: StoredFinding(read_hits(row.hits), from_ms(row.matched_at)) for row in matched
            },
            story_id=story_id,
            others=tuple(map(stored_article, others)),
            queued=tuple(
                _queued(row, _messages(connection, row))
                for row in rows(dated.where(alert.c.article_id == article_id).order_by(alert.c.id))
            ),
            revised=_revisions(connection, article_id),
        )


def _revisions(connection: Connection, article_id: int) -> tuple[Revised, ...]:
    owed = select(change_alert).where(change_alert.c.article_id == article_id).order_by(change_alert.c.id)
    channels = connection.execute(owed).all()
    query = (
        select(revision, compared.c.changes)
        .outerjoin(compared, compared.c.revision_id == revision.c.id)
        .where(revision.c.article_id == article_id)
        .order_by(revision.c.id)
    )
    return tuple(
        Revised(
            row.id,
            row.kind,
            from_ms(row.replaced_at),
            row.title,
            len(row.text),
            read_changes(row.changes) if row.changes else (),
            tuple(each.channel_id for each in channels if each.revision_id == row.id and each.digest_id),
            tuple(each.channel_id for each in channels if each.revision_id == row.id and not each.digest_id),
            row.changes is not None,
        )
        for row in connection.execute(query)
    )


def _messages(connection: Connection, row: Row[Any]) -> tuple[Message, ...]:
    """Return the messages of an alert's digest that tell its story, else all: a count stands in the last."""
    query = select(delivery).where(
        delivery.c.digest_id == row.digest_id,
        delivery.c.state != State.SUPERSEDED.value,
        delivery.c.edits.is_(None),
    )
    parts = connection.execute(query.order_by(delivery.c.part, delivery.c.id)).all() if row.digest_id else []
    mine = [part for part in parts if row.story_id in json.loads(part.story_ids)] or parts
    edited = delivery.c.edits.in_([part.id for part in mine])
    living = delivery.c.state != State.SUPERSEDED.value
    marks = connection.execute(select(delivery).where(edited, living).order_by(delivery.c.id)).all()
    return tuple(
        replace(_message(part), marks=tuple(_message(mark) for mark in marks if mark.edits == part.id))
        for part in mine
    )


def _message(row: Row[Any]) -> Message:
    return Message(
        row.id,
        row.part,
        row.parts,
        State(row.state),
        row.attempts,
        None if row.not_before is None else from_ms(row.not_before),
        row.reason,
        row.message_id,
        from_ms(row.updated_at),
    )


def _queued(row: Row[Any], messages: tuple[Message, ...]) -> Queued:
    digest_at = None if row.digest_at is None else from_ms(row.digest_at)
    return Queued(
        row.channel_id, from_ms(row.created_at), row.digest_id, digest_at, bool(row.counted), messages
    )


def _examination(row: Row[Any]) -> Examination:
    return Examination(row.revision, row.rules_hash, from_ms(row.examined_at), row.attempts)


def _brought(row: Row[Any]) -> Brought:
    return Brought(
        row.id,
        row.source_id,
        row.url,
        row.title,
        None if row.published_at is None else from_ms(row.published_at),
        from_ms(row.first_seen_at),
        Arrival(row.first_poll),
        row.state,
        row.attempts,
        None if row.next_attempt_at is None else from_ms(row.next_attempt_at),
        row.problem,
        len(row.content or row.summary),
    )
