"""The rows of stories: where an article goes, decided on what is stored. It opens no transaction.

What an article costs does not depend on how many stories are stored: it is looked up by some twenty keys inside its
time window, a bounded number of reports each, and compared with a bounded number of stories.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, insert, select, text

from alerts.records.tables import story, story_article, story_core, story_key, story_rarity
from alerts.story.compare import COPY_WINDOW, compare
from alerts.story.model import Known, Placement, Rarity
from alerts.story.stored import read_fingerprint, write_fingerprint, write_reason
from alerts.story.stream import MOST_STORIES, NEWEST_OF_A_KEY, find_keys, is_core, place
from alerts.story.weigh import Weigher
from crawler.clock import to_ms
from crawler.db.schema import article

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from alerts.story.model import Fingerprint
    from alerts.story.standing import Standing
    from crawler.model import StoredArticle

SHORTEST_COPY_CHARS = 80  # shorter texts ("Photo", a teaser) may be equal without being copies
KEPT = timedelta(days=14)  # longer than the window of copies: what is older is compared with nothing
MOST_FEATURES = 40_000  # whose rarity is remembered
_FORGOTTEN = timedelta(days=30)  # a feature seen once, so long ago
_ALL = ""  # counts all articles
_HOLDERS = (  # made once: it is asked some twenty times an article
    select(story_key.c.story_id)
    .where(
        story_key.c.key == bindparam("sought"), story_key.c.at.between(bindparam("first"), bindparam("last"))
    )
    .order_by(story_key.c.at.desc())
    .limit(NEWEST_OF_A_KEY)
)
_COUNT = text(
    "INSERT INTO story_rarity (feature, articles, seen_at) VALUES (:feature, :articles, :seen_at) "
    "ON CONFLICT (feature) DO UPDATE SET articles = story_rarity.articles + excluded.articles, "
    "seen_at = excluded.seen_at"
)
_LINK = text(
    "INSERT INTO story_link (story_id, other_id, created_at) VALUES (:story_id, :other_id, :created_at) "
    "ON CONFLICT (story_id, other_id) DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Placed:
    """The story of an article, and how it came there."""

    story_id: int
    is_new: bool  # the article founded it
    is_grown: bool  # the article joined it now


@dataclass(slots=True)
class StoryBook:
    """Places articles, one transaction long. ``rarity`` may be handed to the next, once this one is stored."""

    connection: Connection
    standing: Standing
    rarity: Rarity
    _read: Counter[str] = field(default_factory=Counter)
    _weigher: Weigher = field(init=False)

    def __post_init__(self) -> None:
        self._weigher = Weigher(self.rarity, self.standing)

    def place(self, found: StoredArticle, fingerprint: Fingerprint | None, now: datetime) -> Placed:
        """Put an article into a story, or found one. One that has a story keeps it, whatever it says now."""
        mine = select(story_article.c.story_id).where(story_article.c.article_id == found.article_id)
        story_id = self.connection.execute(mine).scalar()
        if story_id is not None:
            if fingerprint is not None:
                self._renew(found.article_id, int(story_id), fingerprint, now)
            return Placed(int(story_id), False, False)
        copied = self._find_copied(found)
        if copied is not None:
            self._insert(found.article_id, copied[0], copied[1], None)
            return Placed(copied[0], False, True)
        if fingerprint is None:
            story_id = self._found(now)
            self._insert(found.article_id, story_id, None, None)
            return Placed(story_id, True, False)
        return self._place_by_fingerprint(found.article_id, fingerprint, now)

    def flush(self, now: datetime) -> None:
        """Store how often what was read. To be called once, before the transaction ends."""
        if self._read:
            rows = [
                {"feature": feature, "articles": count, "seen_at": to_ms(now)}
                for feature, count in sorted(self._read.items())  # one order for all: no two writers deadlock
            ]
            self.connection.execute(_COUNT, rows)
            self._read.clear()

    def _place_by_fingerprint(self, article_id: int, fingerprint: Fingerprint, now: datetime) -> Placed:
        keys = find_keys(fingerprint, self._weigher)
        at = to_ms(fingerprint.at or now)
        cores = self._read_cores(self._find_stories(keys, at))
        placement = place(fingerprint, cores, self._weigher)
        story_id = placement.story_id
        is_new = story_id is None
        if story_id is None:
            story_id = self._found(now)
        self._insert(article_id, story_id, placement.origin_id, write_reason(placement))
        core = {known.article_id: known for known in cores.get(story_id, ())}
        founder = next(iter(core.values()), None)
        verdict = compare(fingerprint, founder.fingerprint, self._weigher) if founder else None
        if is_core(placement, core, verdict):
            self._keep_core(article_id, story_id, fingerprint, keys, at, now)
        self._link(story_id, placement, now)
        self._count(fingerprint)
        return Placed(story_id, is_new, not is_new)

    def _find_copied(self, found: StoredArticle) -> tuple[int, int] | None:
        """Return story and origin of a word-for-word copy, however old."""
        if len(found.text) < SHORTEST_COPY_CHARS:
            return None
        query = (
            select(story_article.c.story_id, story_article.c.article_id, story_article.c.origin_id)
            .join(article, article.c.id == story_article.c.article_id)
            .where(article.c.text_sha256 == found.text_sha256)
            .order_by(article.c.id)
            .limit(1)
        )
        row = self.connection.execute(query).first()
        return None if row is None else (int(row.story_id), int(row.origin_id or row.article_id))

    def _find_stories(self, keys: Sequence[str], at: int) -> list[int]:
        """Return the stories that share most keys, inside the window of copies round *at*."""
        reach = COPY_WINDOW // timedelta(milliseconds=1)
        found: Counter[int] = Counter()
        for key in keys:
            asked = {"sought": hash_key(key), "first": at - reach, "last": at + reach}
            found.update(self.connection.execute(_HOLDERS, asked).scalars().all())
        return sorted(found, key=lambda number: (-found[number], number))[:MOST_STORIES]

    def _read_cores(self, story_ids: Sequence[int]) -> dict[int, tuple[Known, ...]]:
        if not story_ids:
            return {}
        query = (
            select(
                story_core.c.article_id,
                story_core.c.story_id,
                story_core.c.fingerprint,
                story_article.c.origin_id,
            )
            .join(story_article, story_article.c.article_id == story_core.c.article_id)
            .where(story_core.c.story_id.in_(story_ids))
            .order_by(story_core.c.story_id, story_core.c.article_id)
        )
        cores: dict[int, list[Known]] = {}
        for row in self.connection.execute(query):
            if (fingerprint := read_fingerprint(row.fingerprint)) is not None:
                known = Known(row.article_id, row.story_id, fingerprint, row.origin_id or row.article_id)
                cores.setdefault(row.story_id, []).append(known)
        return {story_id: tuple(known) for story_id, known in cores.items()}

    def _found(self, now: datetime) -> int:
        query = insert(story).values(created_at=to_ms(now)).returning(story.c.id)
        return int(self.connection.execute(query).scalar_one())

    def _insert(self, article_id: int, story_id: int, origin_id: int | None, reason: str | None) -> None:
        values = {"article_id": article_id, "story_id": story_id, "origin_id": origin_id, "reason": reason}
        self.connection.execute(insert(story_article).values(values))

    def _keep_core(
        self,
        article_id: int,
        story_id: int,
        fingerprint: Fingerprint,
        keys: Sequence[str],
        at: int,
        now: datetime,
    ) -> None:
        row: dict[str, Any] = {"article_id": article_id, "story_id": story_id, "stored_at": to_ms(now)}
        self.connection.execute(
            insert(story_core).values(row | {"fingerprint": write_fingerprint(fingerprint)})
        )
        hashes = dict.fromkeys(map(hash_key, keys))
        if hashes:
            rows = [{"key": key, "article_id": article_id, "story_id": story_id, "at": at} for key in hashes]
            self.connection.execute(insert(story_key), rows)

    def _renew(self, article_id: int, story_id: int, fingerprint: Fingerprint, now: datetime) -> None:
        """Compare with a report's fuller text from now on, if it is of its story's core. The story stays."""
        mine = story_core.c.article_id == article_id
        if self.connection.execute(delete(story_core).where(mine)).rowcount:
            self.connection.execute(delete(story_key).where(story_key.c.article_id == article_id))
            keys = find_keys(fingerprint, self._weigher)
            self._keep_core(article_id, story_id, fingerprint, keys, to_ms(fingerprint.at or now), now)

    def _link(self, story_id: int, placement: Placement, now: datetime) -> None:
        rows = [
            {"story_id": max(story_id, other), "other_id": min(story_id, other), "created_at": to_ms(now)}
            for other in placement.links
        ]
        if rows:
            self.connection.execute(_LINK, rows)

    def _count(self, fingerprint: Fingerprint) -> None:
        self._read.update((_ALL, *fingerprint.features))
        self.rarity.articles += 1
        for feature in fingerprint.features:
            self.rarity.counts[feature] = self.rarity.counts.get(feature, 0) + 1


def read_rarity(connection: Connection) -> Rarity:
    """Return how often what was read so far."""
    rows = connection.execute(select(story_rarity.c.feature, story_rarity.c.articles))
    counts = {row.feature: row.articles for row in rows}
    return Rarity(counts.pop(_ALL, 0), counts)


def forget_old(connection: Connection, now: datetime) -> None:
    """Remove what nothing will be compared with any more; stories and their reports stay."""
    old = select(story_core.c.article_id).where(story_core.c.stored_at < to_ms(now - KEPT))
    connection.execute(delete(story_key).where(story_key.c.article_id.in_(old)))
    connection.execute(delete(story_core).where(story_core.c.stored_at < to_ms(now - KEPT)))
    once = and_(story_rarity.c.articles == 1, story_rarity.c.seen_at < to_ms(now - _FORGOTTEN))
    connection.execute(delete(story_rarity).where(once))
    count = connection.execute(select(func.count()).select_from(story_rarity)).scalar_one()
    if count > MOST_FEATURES:
        rare = (
            select(story_rarity.c.feature)
            .where(story_rarity.c.feature != _ALL)
            .order_by(story_rarity.c.articles, story_rarity.c.seen_at)
            .limit(count - MOST_FEATURES)
        )
        connection.execute(delete(story_rarity).where(story_rarity.c.feature.in_(rare)))


def hash_key(key: str) -> int:
    """Return a key of the index as 64 bits, as both databases take them: signed."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)
