"""What a walk through an archive remembers: how far it came, and the entries that it brought. Polls are not touched.

A page's entries and the address of the next page are stored together, so that a killed walk goes on where it was.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, delete, insert, select, update

from crawler.clock import from_ms, to_ms
from crawler.db.engine import transaction
from crawler.db.schema import backfill, entry
from crawler.model import Article, FeedEntry, PendingEntry
from crawler.records.arrival import Arrival, insert_entries
from crawler.records.entryrow import pending_entry
from crawler.records.identity import storable
from crawler.records.repeated import Lines
from crawler.records.store import Store

GRACE = timedelta(days=1)  # "--since 30d" of a command given again reaches a little less far


@dataclass(slots=True)
class Walk:
    """How far the walk through one source's archive has come."""

    source_id: str
    route: str  # the configured address
    since: datetime
    begun: datetime
    addresses: list[str] = field(default_factory=list)  # still to be read, the next first
    pages: int = 0
    stored: int = 0  # entries that were new
    oldest: datetime | None = None  # publication date that it has come back to
    finished: datetime | None = None

    def reaches(self, since: datetime) -> bool:
        """Tell whether this walk goes back at least as far as *since*, give or take a day."""
        return self.since <= since + GRACE


class ArchiveStore(Store):
    """The store as a backfill uses it: what comes is marked, and undated articles of before are let go.

    ``told`` makes what it brings news; ``since`` (by source id) holds for articles whose date only their page knows.
    """

    def __init__(self, engine: Engine, first_run_window: timedelta = timedelta(hours=24)) -> None:
        super().__init__(engine, first_run_window)
        self.told = False
        self.since: dict[str, datetime] = {}
        self.settled: Counter[str] = Counter()  # articles, by source id
        self.let_go: Counter[str] = Counter()  # of these, of before
        self.let_go_in_a_row: Counter[str] = Counter()

    def walks(self) -> dict[str, Walk]:
        """Return every walk that was ever begun, by source id: the last one of each source."""
        with transaction(self.engine) as connection:
            return {row.source_id: _walk(row) for row in connection.execute(select(backfill))}

    def save_walk(self, walk: Walk) -> None:
        """Store how far *walk* has come, in the place of the source's earlier one."""
        with transaction(self.engine) as connection:
            connection.execute(delete(backfill).where(backfill.c.source_id == walk.source_id))
            connection.execute(insert(backfill).values(_values(walk)))

    def save_archived(
        self, walk: Walk, entries: Sequence[FeedEntry], url: str, now: datetime
    ) -> tuple[PendingEntry, ...]:
        """Store a page's new entries, read at *url*, together with where *walk* goes on; return the new ones."""
        arrival = Arrival.ARCHIVED_TOLD if self.told else Arrival.ARCHIVED
        with transaction(self.engine) as connection:
            arrived = insert_entries(
                connection, walk.source_id, url, entries, arrival, now, window=self.first_run_window
            )
            walk.stored += len(arrived.new)
            mine = backfill.c.source_id == walk.source_id
            connection.execute(update(backfill).where(mine).values(_values(walk)))
        return arrived.new

    def pending_archived(self, source_ids: Sequence[str]) -> tuple[PendingEntry, ...]:
        """Return the archive's entries whose pages a killed walk did not come to."""
        query = (
            select(entry)
            .where(
                entry.c.state == "new",
                entry.c.first_poll >= Arrival.ARCHIVED,
                entry.c.source_id.in_(source_ids),
            )
            .order_by(entry.c.id)
        )
        with transaction(self.engine) as connection:
            return tuple(pending_entry(row) for row in connection.execute(query))

    def save_article(
        self,
        pending: PendingEntry,
        found: Article,
        now: datetime,
        *,
        retry_at: datetime | None = None,
        problem: str | None = None,
        lines: Lines | None = None,
    ) -> int:
        """Store an entry's article as a run does; 0 when its page dates it before the bound: it is forgotten."""
        self.settled[pending.source_id] += 1
        if not self._is_before(pending, found):
            return super().save_article(pending, found, now, retry_at=retry_at, problem=problem, lines=lines)
        with transaction(self.engine) as connection:
            mine = (entry.c.id == pending.entry_id, entry.c.article_id.is_(None))
            connection.execute(delete(entry).where(*mine, entry.c.first_poll >= Arrival.ARCHIVED))
        self.let_go[pending.source_id] += 1
        return 0

    def _is_before(self, pending: PendingEntry, found: Article) -> bool:
        """Tell whether an article that the archive did not date is of before the walk's bound."""
        since = self.since.get(pending.source_id)
        if since is None or pending.entry.published is not None or found.published is None:
            return False
        is_before = found.published < since
        self.let_go_in_a_row[pending.source_id] += 1
        if not is_before:
            del self.let_go_in_a_row[pending.source_id]
        return is_before


def _walk(row: Row[Any]) -> Walk:
    return Walk(
        source_id=row.source_id,
        route=row.route,
        since=from_ms(row.since),
        begun=from_ms(row.begun_at),
        addresses=json.loads(row.next) if row.next else [],
        pages=row.pages,
        stored=row.stored,
        oldest=None if row.oldest_at is None else from_ms(row.oldest_at),
        finished=None if row.finished_at is None else from_ms(row.finished_at),
    )


def _values(walk: Walk) -> dict[str, Any]:
    return {
        "source_id": walk.source_id,
        "route": walk.route,
        "since": to_ms(walk.since),
        "begun_at": to_ms(walk.begun),
        "next": storable(json.dumps(walk.addresses)) if walk.addresses else None,
        "pages": walk.pages,
        "stored": walk.stored,
        "oldest_at": None if walk.oldest is None else to_ms(walk.oldest),
        "finished_at": None if walk.finished is None else to_ms(walk.finished),
    }
