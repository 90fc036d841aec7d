"""What is read of stories and their articles: rows into values. It opens no transaction and writes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from alerts.model import Hit
from alerts.records.tables import alert, match, story_article
from crawler.clock import from_ms, to_ms
from crawler.db.schema import article
from crawler.model import StoredArticle

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, slots=True)
class Member:
    """One report of a story, told or not, and the article that it repeats: itself when it repeats none."""

    article_id: int
    source_id: str
    publisher: str | None
    origin_id: int


def stored_article(row: Row[Any]) -> StoredArticle:
    """Read a row of the article table."""
    return StoredArticle(
        article_id=row.id,
        source_id=row.source_id,
        url=row.url,
        title=row.title,
        text=row.text,
        language=row.language,
        author=row.author,
        published=None if row.published_at is None else from_ms(row.published_at),
        first_seen=from_ms(row.first_seen_at),
        origin=row.origin,
        truncated=bool(row.truncated),
        text_sha256=row.text_sha256,
        backlog=bool(row.backlog),
        publisher=row.publisher,
        several=bool(row.several),
        doubt=row.doubt,
    )


def read_hits(stored: str) -> tuple[Hit, ...]:
    return tuple(Hit(**values) for values in json.loads(stored))


def hits_of(connection: Connection, article_ids: Sequence[int]) -> dict[int, dict[str, tuple[Hit, ...]]]:
    found: dict[int, dict[str, tuple[Hit, ...]]] = {}
    for start in range(0, len(article_ids), 500):  # SQLite limits the parameters of a statement
        chunk = article_ids[start : start + 500]
        for row in connection.execute(
            select(match).where(match.c.article_id.in_(chunk)).order_by(match.c.id)
        ):
            found.setdefault(row.article_id, {})[row.topic_id] = read_hits(row.hits)
    return found


def told_sources(connection: Connection, channel_id: str, story_ids: set[int]) -> dict[int, tuple[str, ...]]:
    told: dict[int, list[str]] = {}
    wanted = sorted(story_ids)
    for start in range(0, len(wanted), 500):  # SQLite limits the parameters of a statement
        query = (
            select(alert.c.story_id, article.c.source_id)
            .join(article, article.c.id == alert.c.article_id)
            .where(
                alert.c.channel_id == channel_id,
                alert.c.story_id.in_(wanted[start : start + 500]),
                or_(alert.c.digest_id.is_not(None), alert.c.counted == 1),
            )
            .order_by(alert.c.id)
        )
        for row in connection.execute(query):
            if row.source_id not in told.setdefault(row.story_id, []):
                told[row.story_id].append(row.source_id)
    return {story_id: tuple(sources) for story_id, sources in told.items()}


def topics_of(connection: Connection, story_id: int) -> tuple[str, ...]:
    """Return the topics that the story's reports are on."""
    query = (
        select(match.c.topic_id)
        .join(story_article, story_article.c.article_id == match.c.article_id)
        .where(story_article.c.story_id == story_id)
        .distinct()
    )
    return tuple(connection.execute(query).scalars())


def members_of(connection: Connection, story_ids: Collection[int]) -> dict[int, tuple[Member, ...]]:
    """Return all reports of stories, first seen first."""
    found: dict[int, list[Member]] = {story_id: [] for story_id in story_ids}
    wanted = sorted(story_ids)
    for start in range(0, len(wanted), 500):  # SQLite limits the parameters of a statement
        query = (
            select(
                story_article.c.story_id,
                story_article.c.origin_id,
                article.c.id,
                article.c.source_id,
                article.c.publisher,
            )
            .join(article, article.c.id == story_article.c.article_id)
            .where(story_article.c.story_id.in_(wanted[start : start + 500]))
            .order_by(article.c.first_seen_at, article.c.id)
        )
        for row in connection.execute(query):
            member = Member(row.id, row.source_id, row.publisher, row.origin_id or row.id)
            found[row.story_id].append(member)
    return {story_id: tuple(members) for story_id, members in found.items()}


def articles_of(
    connection: Connection, story_ids: Sequence[int], known: Collection[int], since: datetime
) -> list[tuple[int, StoredArticle]]:
    """Return the stories' other articles first seen since then, each with its story."""
    found: list[tuple[int, StoredArticle]] = []
    for start in range(0, len(story_ids), 500):
        query = (
            select(article, story_article.c.story_id)
            .join(story_article, story_article.c.article_id == article.c.id)
            .where(
                story_article.c.story_id.in_(story_ids[start : start + 500]),
                article.c.first_seen_at >= to_ms(since),
            )
            .order_by(article.c.first_seen_at, article.c.id)
        )
        found += [
            (row.story_id, stored_article(row)) for row in connection.execute(query) if row.id not in known
        ]
    return found
