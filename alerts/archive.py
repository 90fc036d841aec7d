"""Matches, stories and what waits for a digest: the rows between matching and the outbox.

One method, one transaction. Reads the crawl's articles, never writes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, exists, func, insert, or_, select, update

from alerts.model import Hit
from alerts.tables import alert, examined, match, story, story_article
from crawler import failpoint
from crawler.clock import from_ms, to_ms
from crawler.db.engine import transaction
from crawler.db.migrate import migrate
from crawler.db.schema import article
from crawler.model import StoredArticle

MIGRATIONS = Path(__file__).parent / "migrations"
LATE_COMMITS = 1000  # ids so far behind the newest examined one may still have been committed after it
SHORTEST_COPY_CHARS = 80  # shorter texts ("Photo", a teaser) may be equal without being copies


@dataclass(frozen=True, slots=True)
class Examined:
    """An article and what was found in it, by topic id; empty when nothing was."""

    article: StoredArticle
    hits: Mapping[str, tuple[Hit, ...]]


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """What one batch of matching changed."""

    by_topic: Mapping[str, int]
    new_stories: frozenset[int]
    grown_stories: frozenset[int]


@dataclass(frozen=True, slots=True)
class PendingReport:
    """An article that a channel has not been told yet."""

    alert_id: int
    article: StoredArticle
    hits: Mapping[str, tuple[Hit, ...]]


@dataclass(frozen=True, slots=True)
class PendingStory:
    """A story with its untold reports, oldest first, and the sources of those already told."""

    story_id: int
    reports: tuple[PendingReport, ...]
    told_source_ids: tuple[str, ...] = ()


class Archive:
    """The alerts' side of the database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, engine: Engine) -> Archive:
        """Bring the alerts' tables up to date and return the archive."""
        migrate(engine, MIGRATIONS, "alerts_version")
        return cls(engine)

    def to_examine(self, limit: int) -> tuple[tuple[StoredArticle, int], ...]:
        """Return up to *limit* articles, with their revisions, that no rule has seen in their present text.

        Lowest number first, so that everything below the newest examined one has been taken and no query walks
        through the archive. What was tried in vain comes last and alone: whatever is wrong with it, the others
        are done.
        """
        mine = examined.c.article_id == article.c.id
        with transaction(self.engine) as connection:
            newest = connection.execute(select(func.max(examined.c.article_id))).scalar() or 0
            new = and_(article.c.id > newest - LATE_COMMITS, ~exists().where(mine))
            rows = [*connection.execute(select(article).where(new).order_by(article.c.id).limit(limit))]
            if not rows:
                # no index on `attempts` may lead this query: nearly every row has none
                changed = and_(article.c.revision > 1, mine, examined.c.revision < article.c.revision)
                untried = func.coalesce(examined.c.attempts, 0) == 0
                query = select(article).join(examined, changed).where(untried).limit(limit)
                rows = [*connection.execute(query)]
            if not rows:
                query = select(article).join(examined, mine).where(examined.c.attempts > 0)
                rows = [*connection.execute(query.order_by(examined.c.attempts, article.c.id).limit(1))]
            return tuple((stored_article(row), row.revision) for row in rows)

    def note_attempts(self, article_ids: Sequence[int], now: datetime) -> dict[int, int]:
        """Count an attempt at each article before the work; return how many were begun and never came to an end."""
        counted: dict[int, int] = {}
        with transaction(self.engine) as connection:
            for article_id in article_ids:
                attempts = connection.execute(
                    update(examined)
                    .where(examined.c.article_id == article_id)
                    .values(attempts=examined.c.attempts + 1)
                    .returning(examined.c.attempts)
                ).scalar()
                if attempts is None:
                    row = {"article_id": article_id, "revision": 0, "rules_hash": "", "attempts": 1}
                    connection.execute(insert(examined).values(row | {"examined_at": to_ms(now)}))
                counted[article_id] = attempts or 1
        return counted

    def save_examined(
        self,
        batch: Sequence[tuple[Examined, int]],
        rules_hash: str,
        channels: Mapping[str, Sequence[str]],
        now: datetime,
    ) -> MatchCounts:
        """Store what was found, group matched articles into stories and queue them for their channels.

        *channels* maps a channel's id to the topics it wants. A unique index lets an article reach a channel
        once, whatever is matched again later.
        """
        by_topic: dict[str, int] = {}
        new_stories: set[int] = set()
        grown_stories: set[int] = set()
        failpoint.reach("before_match_commit")
        with transaction(self.engine) as connection:
            for found, revision in batch:
                self._note_examined(connection, found.article.article_id, revision, rules_hash, now)
                if not found.hits:
                    continue
                for topic_id in self._save_hits(connection, found, now):
                    by_topic[topic_id] = by_topic.get(topic_id, 0) + 1
                story_id, is_new, is_grown = self._place(connection, found.article, now)
                if is_new:
                    new_stories.add(story_id)
                elif is_grown:
                    grown_stories.add(story_id)
                if not found.article.backlog:
                    self._queue(connection, found, story_id, channels, now)
        failpoint.reach("after_match_commit")
        return MatchCounts(by_topic, frozenset(new_stories), frozenset(grown_stories - new_stories))

    def pending_stories(self, channel_id: str) -> tuple[PendingStory, ...]:
        """Return what *channel_id* has not been told, by story, in the order first seen."""
        with transaction(self.engine) as connection:
            return self._stories(connection, channel_id, alert.c.digest_id.is_(None))

    def stories_since(
        self, channel_id: str, topics: Sequence[str], since: datetime
    ) -> tuple[PendingStory, ...]:
        """Return all stories on *topics* first seen after *since*, told or not: the preview of a digest."""
        query = (
            select(article, match.c.topic_id, match.c.hits, story_article.c.story_id)
            .join(match, match.c.article_id == article.c.id)
            .join(story_article, story_article.c.article_id == article.c.id)
            .where(match.c.topic_id.in_(topics), article.c.first_seen_at >= to_ms(since))
            .order_by(article.c.first_seen_at, article.c.id)
        )
        with transaction(self.engine) as connection:
            rows = connection.execute(query).all()
        reports: dict[int, tuple[int, StoredArticle, dict[str, tuple[Hit, ...]]]] = {}
        for row in rows:
            _, _, hits = reports.setdefault(row.id, (row.story_id, stored_article(row), {}))
            hits[row.topic_id] = _read_hits(row.hits)
        by_story: dict[int, list[PendingReport]] = {}
        for story_id, found, hits in reports.values():
            by_story.setdefault(story_id, []).append(PendingReport(0, found, hits))
        return tuple(PendingStory(story_id, tuple(items)) for story_id, items in by_story.items())

    def oldest_pending(self) -> dict[str, datetime]:
        """Return, for every channel with something to tell, when the oldest of it was queued."""
        query = (
            select(alert.c.channel_id, func.min(alert.c.created_at).label("oldest"))
            .where(alert.c.digest_id.is_(None))
            .group_by(alert.c.channel_id)
        )
        with transaction(self.engine) as connection:
            return {row.channel_id: from_ms(row.oldest) for row in connection.execute(query)}

    # -- inside a transaction -----------------------------------------------------------------------------------

    def _note_examined(
        self, connection: Connection, article_id: int, revision: int, rules_hash: str, now: datetime
    ) -> None:
        values = {"revision": revision, "rules_hash": rules_hash, "examined_at": to_ms(now), "attempts": 0}
        mine = examined.c.article_id == article_id
        if not connection.execute(update(examined).where(mine).values(values)).rowcount:
            connection.execute(insert(examined).values({"article_id": article_id} | values))

    def _save_hits(self, connection: Connection, found: Examined, now: datetime) -> list[str]:
        """Store the hits by topic; return the topics that are new for the article."""
        article_id = found.article.article_id
        known = set(
            connection.execute(select(match.c.topic_id).where(match.c.article_id == article_id)).scalars()
        )
        for topic_id, hits in found.hits.items():
            values = {"hits": json.dumps([asdict(hit) for hit in hits], ensure_ascii=False)}
            if topic_id in known:
                mine = and_(match.c.article_id == article_id, match.c.topic_id == topic_id)
                connection.execute(update(match).where(mine).values(values))
            else:
                row = values | {"article_id": article_id, "topic_id": topic_id, "matched_at": to_ms(now)}
                connection.execute(insert(match).values(row))
        return [topic_id for topic_id in found.hits if topic_id not in known]

    def _place(self, connection: Connection, found: StoredArticle, now: datetime) -> tuple[int, bool, bool]:
        """Put an article into the story of its verbatim copies, or found one: (story, is new, has grown)."""
        mine = connection.execute(
            select(story_article.c.story_id).where(story_article.c.article_id == found.article_id)
        ).scalar()
        if mine is not None:
            return int(mine), False, False
        copy = None
        if len(found.text) >= SHORTEST_COPY_CHARS:
            copy = connection.execute(
                select(story_article.c.story_id)
                .join(article, article.c.id == story_article.c.article_id)
                .where(article.c.text_sha256 == found.text_sha256)
                .order_by(article.c.id)
                .limit(1)
            ).scalar()
        story_id = copy
        if story_id is None:
            story_id = connection.execute(
                insert(story).values(created_at=to_ms(now)).returning(story.c.id)
            ).scalar_one()
        connection.execute(insert(story_article).values(article_id=found.article_id, story_id=story_id))
        return int(story_id), copy is None, copy is not None

    def _queue(
        self,
        connection: Connection,
        found: Examined,
        story_id: int,
        channels: Mapping[str, Sequence[str]],
        now: datetime,
    ) -> None:
        article_id = found.article.article_id
        queued = set(
            connection.execute(select(alert.c.channel_id).where(alert.c.article_id == article_id)).scalars()
        )
        for channel_id, topics in channels.items():
            if channel_id not in queued and any(topic in topics for topic in found.hits):
                row = {"channel_id": channel_id, "article_id": article_id, "story_id": story_id}
                connection.execute(insert(alert).values(row | {"created_at": to_ms(now), "counted": 0}))

    def _stories(self, connection: Connection, channel_id: str, condition: Any) -> tuple[PendingStory, ...]:
        query = (
            select(alert.c.id.label("alert_id"), alert.c.story_id, article)
            .join(article, article.c.id == alert.c.article_id)
            .where(alert.c.channel_id == channel_id, condition)
            .order_by(alert.c.id)
        )
        rows = connection.execute(query).all()
        if not rows:
            return ()
        hits = _hits_of(connection, [row.id for row in rows])
        told = _told_sources(connection, channel_id, {row.story_id for row in rows})
        by_story: dict[int, list[PendingReport]] = {}
        for row in rows:
            report = PendingReport(row.alert_id, stored_article(row), hits.get(row.id, {}))
            by_story.setdefault(row.story_id, []).append(report)
        return tuple(
            PendingStory(story_id, tuple(items), told.get(story_id, ()))
            for story_id, items in by_story.items()
        )


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


def _read_hits(stored: str) -> tuple[Hit, ...]:
    return tuple(Hit(**values) for values in json.loads(stored))


def _hits_of(connection: Connection, article_ids: Sequence[int]) -> dict[int, dict[str, tuple[Hit, ...]]]:
    found: dict[int, dict[str, tuple[Hit, ...]]] = {}
    for start in range(0, len(article_ids), 500):  # SQLite limits the parameters of a statement
        chunk = article_ids[start : start + 500]
        for row in connection.execute(
            select(match).where(match.c.article_id.in_(chunk)).order_by(match.c.id)
        ):
            found.setdefault(row.article_id, {})[row.topic_id] = _read_hits(row.hits)
    return found


def _told_sources(connection: Connection, channel_id: str, story_ids: set[int]) -> dict[int, tuple[str, ...]]:
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
