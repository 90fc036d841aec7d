"""Matches, stories and what waits for a digest: the rows between matching and the outbox.

One method, one transaction. Reads the crawl's articles, never writes them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, and_, exists, func, insert, select, update

from alerts.model import Hit
from alerts.records.storybook import StoryBook, forget_old, read_rarity
from alerts.records.storyrow import (
    Member,
    articles_of,
    hits_of,
    members_of,
    read_hits,
    stored_article,
    told_sources,
    topics_of,
)
from alerts.records.tables import alert, examined, match, story_article
from alerts.story.model import Fingerprint, Rarity
from alerts.story.standing import Standing
from crawler import failpoint
from crawler.clock import from_ms, to_ms
from crawler.db.engine import transaction
from crawler.db.migrate import migrate
from crawler.db.schema import article
from crawler.model import StoredArticle

MIGRATIONS = Path(__file__).parent.parent / "migrations"
MOST_EARLIER = 100  # told reports of all updates of one digest; the latest hold the figures of now
LATE_COMMITS = 1000  # ids so far behind the newest examined one may still have been committed after it
LISTED_BACK = timedelta(hours=96)  # how old a story's other reports may be when it turns out to be relevant
MOST_LISTED = 25  # of a story's reports queued at once


@dataclass(frozen=True, slots=True)
class Examined:
    """An article and what was found in it, by topic id; empty when nothing was.

    Without a fingerprint it is no report of any other's event, and has no story unless it is matched.
    """

    article: StoredArticle
    hits: Mapping[str, tuple[Hit, ...]]
    fingerprint: Fingerprint | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """What grouping has to know beforehand: of lexicon and topics, of restricted sources, of where channels lead."""

    standing: Standing = field(default_factory=Standing)
    scopes: Mapping[str, Collection[str]] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)  # where a channel leads, by its id


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """What one batch of matching changed."""

    by_topic: Mapping[str, int]
    new_stories: frozenset[int]
    grown_stories: frozenset[int]


@dataclass(frozen=True, slots=True)
class PendingReport:
    """An article that a channel has not been told yet; without hits it is told for its story's sake."""

    alert_id: int
    article: StoredArticle
    hits: Mapping[str, tuple[Hit, ...]]


@dataclass(frozen=True, slots=True)
class PendingStory:
    """A story with its untold reports, oldest first, and the sources of those already told."""

    story_id: int
    reports: tuple[PendingReport, ...]
    told_source_ids: tuple[str, ...] = ()
    topics: frozenset[str] = frozenset()  # ids of all that its reports are on
    members: tuple[Member, ...] = ()  # all its reports, first seen first
    earlier: tuple[PendingReport, ...] = ()  # of an update: the latest that were told, for their figures


class Archive:
    """The alerts' side of the database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._rarity: Rarity | None = None  # as the database has it after the last commit

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
        grouping: Grouping | None = None,
    ) -> MatchCounts:
        """Store what was found, put articles into stories and queue relevant stories' reports for their channels.

        *channels* maps a channel's id to the topics it wants. A story is relevant when one of its reports is
        matched; its other reports are then queued with it. A unique index lets an article reach a channel once,
        whatever is matched again later; of channels that lead to one place, the first that wants it gets it.
        """
        grouping = grouping or Grouping()
        by_topic: dict[str, int] = {}
        new_stories: set[int] = set()
        grown_stories: set[int] = set()
        failpoint.reach("before_match_commit")
        rarity, self._rarity = self._rarity, None  # a commit that fails must not leave counts behind
        with transaction(self.engine) as connection:
            book = StoryBook(connection, grouping.standing, rarity or read_rarity(connection))
            for found, revision in batch:
                self._note_examined(connection, found.article.article_id, revision, rules_hash, now)
                if not found.hits and found.fingerprint is None:
                    continue
                placed = book.place(found.article, found.fingerprint, now)
                known = () if placed.is_new else topics_of(connection, placed.story_id)
                for topic_id in self._save_hits(connection, found, now):
                    by_topic[topic_id] = by_topic.get(topic_id, 0) + 1
                topics = {*known, *found.hits}
                if not topics:
                    continue
                if not known:
                    new_stories.add(placed.story_id)
                elif placed.is_grown:
                    grown_stories.add(placed.story_id)
                if not found.article.backlog:
                    self._queue(connection, placed.story_id, topics, channels, grouping, now)
            book.flush(now)
        self._rarity = book.rarity
        failpoint.reach("after_match_commit")
        return MatchCounts(by_topic, frozenset(new_stories), frozenset(grown_stories - new_stories))

    def forget_old_reports(self, now: datetime) -> None:
        """Remove what new articles are no longer compared with; bounded work, at the end of a run."""
        with transaction(self.engine) as connection:
            forget_old(connection, now)
        self._rarity = None

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
            story_ids = sorted({row.story_id for row in rows})
            members = members_of(connection, story_ids)
            about = {story_id: topics_of(connection, story_id) for story_id in story_ids}
            others = articles_of(connection, story_ids, {row.id for row in rows}, since)
        reports: dict[int, tuple[int, StoredArticle, dict[str, tuple[Hit, ...]]]] = {}
        for row in rows:
            _, _, hits = reports.setdefault(row.id, (row.story_id, stored_article(row), {}))
            hits[row.topic_id] = read_hits(row.hits)
        by_story: dict[int, list[PendingReport]] = {}
        for story_id, found, hits in (*reports.values(), *((number, other, {}) for number, other in others)):
            by_story.setdefault(story_id, []).append(PendingReport(0, found, hits))
        return tuple(
            PendingStory(story_id, tuple(items), (), frozenset(about[story_id]), members[story_id])
            for story_id, items in by_story.items()
        )

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

    def _queue(
        self,
        connection: Connection,
        story_id: int,
        topics: Collection[str],
        channels: Mapping[str, Sequence[str]],
        grouping: Grouping,
        now: datetime,
    ) -> None:
        """Queue what channels have not of a story on *topics*: its new report, and those not relevant till now."""
        wanted = {channel: {*topics} & {*mine} for channel, mine in channels.items() if {*topics} & {*mine}}
        if not wanted:
            return
        query = (
            select(article.c.id, article.c.source_id)
            .join(story_article, story_article.c.article_id == article.c.id)
            .where(
                story_article.c.story_id == story_id,
                article.c.backlog == 0,
                article.c.first_seen_at >= to_ms(now - LISTED_BACK),
            )
            .order_by(article.c.first_seen_at.desc(), article.c.id.desc())
            .limit(MOST_LISTED)
        )
        reports = connection.execute(query).all()[::-1]
        ids = [row.id for row in reports]
        scopes, places = grouping.scopes, grouping.places
        taken = {
            (places.get(row.channel_id, row.channel_id), row.article_id)
            for row in connection.execute(
                select(alert.c.channel_id, alert.c.article_id).where(alert.c.article_id.in_(ids))
            )
        }
        rows = []
        facts = {"story_id": story_id, "created_at": to_ms(now), "counted": 0}
        for row in reports:
            for channel, mine in wanted.items():
                place = (places.get(channel, channel), row.id)
                if place not in taken and (row.source_id not in scopes or mine & {*scopes[row.source_id]}):
                    taken.add(place)
                    rows.append({"channel_id": channel, "article_id": row.id} | facts)
        if rows:
            connection.execute(insert(alert), rows)

    def _stories(self, connection: Connection, channel_id: str, condition: Any) -> tuple[PendingStory, ...]:
        query = (
            select(alert.c.id.label("alert_id"), alert.c.story_id, article)
            .join(article, article.c.id == alert.c.article_id)
            .where(alert.c.channel_id == channel_id, condition)
            .order_by(alert.c.id)
        )
        by_story = self._read_reports(connection, query)
        if not by_story:
            return ()
        told = told_sources(connection, channel_id, set(by_story))
        members = members_of(connection, by_story.keys())
        earlier = self._read_reports(
            connection,
            select(alert.c.id.label("alert_id"), alert.c.story_id, article)
            .join(article, article.c.id == alert.c.article_id)
            .where(alert.c.channel_id == channel_id, alert.c.digest_id.is_not(None))
            .where(alert.c.story_id.in_(sorted(told)[-500:]))  # SQLite limits parameters
            .order_by(alert.c.id.desc())
            .limit(MOST_EARLIER),
        )
        return tuple(
            PendingStory(
                story_id,
                tuple(items),
                told.get(story_id, ()),
                frozenset(topics_of(connection, story_id)),
                members[story_id],
                tuple(earlier.get(story_id, ())),
            )
            for story_id, items in by_story.items()
        )

    def _read_reports(self, connection: Connection, query: Select[Any]) -> dict[int, list[PendingReport]]:
        """Return the reports that *query* finds, by story, in its order."""
        rows = connection.execute(query).all()
        hits = hits_of(connection, [row.id for row in rows])
        by_story: dict[int, list[PendingReport]] = {}
        for row in rows:
            report = PendingReport(row.alert_id, stored_article(row), hits.get(row.id, {}))
            by_story.setdefault(row.story_id, []).append(report)
        return by_story
