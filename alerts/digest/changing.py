"""The stage between matching and digests that compares revisions: what changed, and which channels are owed a word.

It tells nobody itself: `digesting` takes what waits here, and `outbox` settles it with the message.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Engine, and_, delete, exists, func, insert, select

from alerts.config import encoding_of
from alerts.digest.change import Change, Kind, Version, find_changes
from alerts.match.matcher import compile_topics
from alerts.records.storyrow import stored_article
from alerts.records.tables import alert, change_alert, compared, digest
from crawler import failpoint
from crawler.clock import from_ms, to_ms
from crawler.db.engine import transaction
from crawler.db.schema import article, revision
from crawler.records.revision import Kind as Ended

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.config import Config
    from alerts.configkeys import Told
    from alerts.match.matcher import Matcher
    from crawler.config import Source
    from crawler.model import StoredArticle

BATCH = 50

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Revised:
    """A text that was replaced, and the one that took its place; equal ones where the page was removed."""

    revision_id: int
    kind: Ended
    article: StoredArticle  # as it is now
    old: tuple[str, str]  # title and text
    new: tuple[str, str]
    replaced_at: int


@dataclass(frozen=True, slots=True)
class PendingChange:
    """What a channel has not been told of an article that it was told."""

    alert_id: int
    story_id: int
    article: StoredArticle
    changes: tuple[Change, ...]


class Changes:
    """Revisions compared and the changes that channels are owed, in one database. One method, one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def to_compare(self, limit: int = BATCH) -> tuple[Revised, ...]:
        """Return the oldest revisions that were not compared yet."""
        done = exists().where(compared.c.revision_id == revision.c.id)
        query = (
            select(
                article,
                revision.c.id.label("number"),
                revision.c.kind,
                revision.c.title.label("old_title"),
                revision.c.text.label("old_text"),
                revision.c.replaced_at,
            )
            .join(article, article.c.id == revision.c.article_id)
            .where(~done)
            .order_by(revision.c.id)
            .limit(limit)
        )
        with transaction(self.engine) as connection:
            rows = connection.execute(query).all()
            return tuple(
                Revised(
                    row.number,
                    Ended(row.kind),
                    stored_article(row),
                    (row.old_title, row.old_text),
                    _next_text(connection, row.id, row.number) or (row.title, row.text),
                    row.replaced_at,
                )
                for row in rows
            )

    def save_compared(
        self, found: Sequence[tuple[Revised, tuple[Change, ...]]], wants: Mapping[str, Told], now: datetime
    ) -> None:
        """Store what revisions changed, and queue it for the channels that had been told the old text.

        *wants* says by channel which kinds it is told. A unique index lets a revision reach a channel once.
        """
        failpoint.reach("before_change_commit")
        with transaction(self.engine) as connection:
            for revised, changes in found:
                said = json.dumps([asdict(change) for change in changes], ensure_ascii=False)
                values = {"revision_id": revised.revision_id, "changes": said, "compared_at": to_ms(now)}
                connection.execute(insert(compared).values(values))
                for channel_id, story_id in _told(connection, revised) if changes else ():
                    if _wanted(changes, wants.get(channel_id, "none")):
                        row = {"channel_id": channel_id, "revision_id": revised.revision_id}
                        row |= {"article_id": revised.article.article_id, "story_id": story_id}
                        connection.execute(insert(change_alert).values(row | {"created_at": to_ms(now)}))
        failpoint.reach("after_change_commit")

    def oldest_pending(self) -> dict[str, datetime]:
        """Return, for every channel that is owed a change, since when."""
        query = (
            select(change_alert.c.channel_id, func.min(change_alert.c.created_at).label("oldest"))
            .where(change_alert.c.digest_id.is_(None))
            .group_by(change_alert.c.channel_id)
        )
        with transaction(self.engine) as connection:
            return {row.channel_id: from_ms(row.oldest) for row in connection.execute(query)}

    def forget_unwanted(self, wants: Mapping[str, Told]) -> None:
        """Drop what waits for channels that, by their configuration of now, are told none of it."""
        query = (
            select(change_alert.c.id, change_alert.c.channel_id, compared.c.changes)
            .join(compared, compared.c.revision_id == change_alert.c.revision_id)
            .where(change_alert.c.digest_id.is_(None), change_alert.c.channel_id.in_(list(wants)))
        )
        with transaction(self.engine) as connection:
            for row in connection.execute(query).all():
                if not _wanted(read_changes(row.changes), wants[row.channel_id]):
                    connection.execute(delete(change_alert).where(change_alert.c.id == row.id))

    def pending(self, channel_id: str, told: Told, limit: int) -> tuple[PendingChange, ...]:
        """Return what a channel is owed, oldest first, at most *limit*; *told* as its configuration says now."""
        query = (
            select(article, change_alert.c.id.label("alert_id"), change_alert.c.story_id, compared.c.changes)
            .join(change_alert, change_alert.c.article_id == article.c.id)
            .join(compared, compared.c.revision_id == change_alert.c.revision_id)
            .where(change_alert.c.channel_id == channel_id, change_alert.c.digest_id.is_(None))
            .order_by(change_alert.c.id)
            .limit(limit)
        )
        with transaction(self.engine) as connection:
            return tuple(
                PendingChange(
                    row.alert_id,
                    row.story_id,
                    stored_article(row),
                    _wanted(read_changes(row.changes), told),
                )
                for row in connection.execute(query)
            )


def compare_revisions(
    changes: Changes,
    config: Config,
    wants: Mapping[str, Told],
    now: datetime,
    should_stop: Callable[[], bool] = lambda: False,
) -> None:
    """Compare every revision that was not, in batches, each batch one commit."""
    matcher = None
    while not should_stop() and (batch := changes.to_compare()):
        if matcher is None:  # building it costs; hardly a run has anything to compare
            matcher = compile_topics(config.topics, config.lexicon)
        changes.save_compared([(item, _compare(item, matcher, config)) for item in batch], wants, now)


def _compare(revised: Revised, matcher: Matcher, config: Config) -> tuple[Change, ...]:
    if revised.kind is Ended.REMOVED:
        return (Change(Kind.REMOVED),)
    source = next((each for each in config.crawl.sources if each.id == revised.article.source_id), None)
    try:
        old, new = (
            _version(each, revised.article.language, source, matcher) for each in (revised.old, revised.new)
        )
        return find_changes(old, new)
    except Exception as error:  # whatever is wrong with one text is not the others' fault
        _log.warning("article %d: its revisions cannot be compared: %r", revised.article.article_id, error)
        return ()


def _version(
    words: tuple[str, str], language: str | None, source: Source | None, matcher: Matcher
) -> Version:
    title, text = words
    encoding = encoding_of(source)
    topics = matcher.find_matches(title, text, language, encoding).topics
    return Version(title, text, [hit for hits in topics.values() for hit in hits], encoding)


def read_changes(stored: str) -> tuple[Change, ...]:
    """Read the changes of a row of ``compared``."""
    return tuple(Change(Kind(item["kind"]), item["old"], item["new"]) for item in json.loads(stored))


def _wanted(changes: Sequence[Change], told: Told) -> tuple[Change, ...]:
    if told == "none":
        return ()
    return tuple(change for change in changes if told == "all" or change.kind is not Kind.WORDING)


def _next_text(connection: Connection, article_id: int, number: int) -> tuple[str, str] | None:
    """Return the title and text that took the place of a revision, where they were replaced in their turn."""
    later = and_(revision.c.article_id == article_id, revision.c.id > number)
    query = select(revision.c.title, revision.c.text).where(later).order_by(revision.c.id).limit(1)
    row = connection.execute(query).first()
    return None if row is None else (row.title, row.text)


def _told(connection: Connection, revised: Revised) -> list[tuple[str, int]]:
    """Return the channels whose digest named the article while it said what was replaced, each with its story."""
    named = and_(alert.c.article_id == revised.article.article_id, alert.c.counted == 0)
    query = (
        select(alert.c.channel_id, alert.c.story_id)
        .join(digest, digest.c.id == alert.c.digest_id)
        .where(named, digest.c.created_at <= revised.replaced_at)
        .order_by(alert.c.channel_id)
    )
    return [(row.channel_id, row.story_id) for row in connection.execute(query)]
