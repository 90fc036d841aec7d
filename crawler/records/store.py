"""What the crawl remembers: poll state, robots.txt copies, entries and articles. One method, one transaction.

A feed's new entries and its validators are stored together: validators alone would make the next answer 304 and the
entries would be lost for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from sqlalchemy import Engine, and_, case, delete, func, insert, or_, select, update

from crawler import failpoint
from crawler.cadence.listening import count_items, note_listening, read_history
from crawler.cadence.rhythm import History
from crawler.clock import from_ms, to_ms
from crawler.db.engine import open_engine, transaction
from crawler.db.migrate import migrate
from crawler.db.schema import article, entry, robots, source_state
from crawler.errors import StoreError
from crawler.model import Article, FeedEntry, PendingEntry, PollState
from crawler.records.arrival import Arrival, Arrived, insert_entries
from crawler.records.articlerow import keep_article
from crawler.records.entryrow import pending_entry
from crawler.records.identity import storable
from crawler.records.oddity import Kind, Oddity, Signs, note_signs, read_oddities
from crawler.records.pollrow import failure_values, read_state, state_values, upsert_state
from crawler.records.repeated import Lines, forget_pages, note_page, read_pages
from crawler.records.revision import forget_revisions

MIGRATIONS = Path(__file__).parent.parent / "migrations"


@dataclass(frozen=True, slots=True)
class RobotsCopy:
    """A robots.txt as it was fetched; *status* 0 means that it could not be fetched."""

    status: int
    body: bytes
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class PollResult:
    """A feed that answered: its entries in document order, and what the next request needs."""

    state: PollState
    entries: tuple[FeedEntry, ...] = ()
    is_first: bool | None = None  # of its source or route; None: of its source, when that was never polled
    if_news: PollState | None = None  # stored instead of *state* when something new came
    signs: Signs | None = None  # what was odd about the answer


class Store:
    """The crawl's memory in one database. All instants are given by the caller."""

    def __init__(self, engine: Engine, first_run_window: timedelta = timedelta(hours=24)) -> None:
        self.engine = engine
        self.first_run_window = first_run_window

    @classmethod
    def open(cls, database_url: str, first_run_window: timedelta = timedelta(hours=24)) -> Self:
        """Open and, where needed, migrate the database; `StoreError` says why it cannot be used."""
        engine = open_engine(database_url)
        try:
            migrate(engine, MIGRATIONS, "crawler_version")
        except StoreError:
            engine.dispose()
            raise
        return cls(engine, first_run_window)

    def poll_states(self) -> dict[str, PollState]:
        """Return what is remembered of every source ever polled, by source id."""
        with transaction(self.engine) as connection:
            return {row.source_id: read_state(row) for row in connection.execute(select(source_state))}

    def poll_state(self, source_id: str) -> PollState:
        """Return what is remembered of one source."""
        with transaction(self.engine) as connection:
            row = connection.execute(
                select(source_state).where(source_state.c.source_id == source_id)
            ).one_or_none()
            return PollState(source_id) if row is None else read_state(row)

    def history(self, state: PollState) -> History | None:
        """Return when entries came from a source, None for one that never brought any."""
        with transaction(self.engine) as connection:
            return read_history(connection, state)

    def items_since(self, since: datetime) -> dict[str, int]:
        """Return how many entries came from each source after *since*; of a source without any, nothing."""
        with transaction(self.engine) as connection:
            return count_items(connection, since)

    def save_poll(
        self, result: PollResult, now: datetime, *, gap: str | None = None
    ) -> tuple[PendingEntry, ...]:
        """Store a feed's new entries together with its validators; return the new ones, oldest first.

        *gap* is the page of older entries: it is remembered when not one of these was known before.
        """
        failpoint.reach("before_poll_commit")
        with transaction(self.engine) as connection:
            first_poll = result.state.first_polled_at is None
            is_first = first_poll if result.is_first is None else result.is_first
            arrived = insert_entries(
                connection,
                result.state.source_id,
                result.state.url,
                result.entries,
                Arrival.FIRST_POLL if is_first else Arrival.LIVE,
                now,
                window=self.first_run_window,
            )
            values = state_values((arrived.is_news and result.if_news) or result.state)
            if gap and arrived.is_news and not arrived.known and not is_first:
                since = result.state.gap_since if result.state.gap else None  # of a gap that is still open
                values |= {"gap": gap, "gap_pages": 0, "gap_since": to_ms(since or now)}
            if first_poll:
                values["first_polled_at"] = to_ms(now)
            if arrived.is_news:
                values["last_item_at"] = to_ms(now)
            note_listening(connection, result.state, now)
            if result.signs is not None:
                overlaps = is_first or result.state.last_item_at is None or bool(arrived.known)
                missed = not overlaps and not gap and result.signs.could_hide
                signs = _with_arrivals(result.signs, arrived, missed=missed)
                note_signs(connection, result.state.source_id, signs, now)
            upsert_state(connection, values)
        failpoint.reach("after_poll_commit")
        return arrived.new

    def texts_since(self, moment: datetime) -> dict[str, tuple[int, int]]:
        """Return by source how many articles came since *moment*, and of how many only the summary is known."""
        short = func.sum(case((article.c.origin == "summary", 1), else_=0))
        query = select(article.c.source_id, func.count(), short).where(
            article.c.first_seen_at >= to_ms(moment)
        )
        with transaction(self.engine) as connection:
            rows = connection.execute(query.group_by(article.c.source_id))
            return {source_id: (int(number), int(summaries)) for source_id, number, summaries in rows}

    def oddities(self, source_id: str | None = None) -> tuple[Oddity, ...]:
        """Return what is odd about one source, or about all of them, whether it is worth a word or not."""
        with transaction(self.engine) as connection:
            return read_oddities(connection, source_id)

    def note_signs(self, source_id: str, signs: Signs, now: datetime) -> None:
        """Bring a source's oddities up to date with what else was seen of it."""
        with transaction(self.engine) as connection:
            note_signs(connection, source_id, signs, now)

    def save_older(
        self, source_id: str, entries: Sequence[FeedEntry], gap: str | None, now: datetime
    ) -> tuple[tuple[PendingEntry, ...], bool]:
        """Store a page of older entries and where to go on; return the new ones.

        Also whether one was known before the gap opened: then the gap is closed.
        """
        with transaction(self.engine) as connection:
            row = connection.execute(select(source_state).where(source_state.c.source_id == source_id)).one()
            arrived = insert_entries(
                connection,
                source_id,
                row.url,
                entries,
                Arrival.LIVE,
                now,
                window=self.first_run_window,
                seen_before=row.gap_since,
            )
            values = {"gap": gap, "gap_pages": row.gap_pages + 1}
            connection.execute(
                update(source_state).where(source_state.c.source_id == source_id).values(values)
            )
        return arrived.new, any(first_seen < (row.gap_since or 0) for first_seen in arrived.known)

    def end_gap(self, source_id: str) -> None:
        """Forget the gap of a source: known entries were met, or there is no more to have."""
        with transaction(self.engine) as connection:
            mine = source_state.c.source_id == source_id
            connection.execute(update(source_state).where(mine).values(gap=None, gap_pages=0, gap_since=None))

    def save_failures(self, states: Sequence[PollState]) -> None:
        """Store failed polls: counters, cause and next attempt; validators stay as they were."""
        with transaction(self.engine) as connection:
            for state in states:
                upsert_state(connection, failure_values(state))

    def pending_entries(self, source_ids: Sequence[str], now: datetime) -> tuple[PendingEntry, ...]:
        """Return entries whose article is not settled: left by a killed run, or due for another try.

        What a walk through an archive left is the next walk's: it must not keep a run from the news.
        """
        due = or_(
            and_(entry.c.state == "new", entry.c.first_poll < Arrival.ARCHIVED),
            and_(entry.c.state == "retry", entry.c.next_attempt_at <= to_ms(now)),
        )
        query = select(entry).where(due, entry.c.source_id.in_(source_ids)).order_by(entry.c.id)
        with transaction(self.engine) as connection:
            return tuple(pending_entry(row) for row in connection.execute(query))

    def count_attempt(self, entry_id: int) -> int:
        """Count an attempt before the work, so that an entry that kills us cannot loop for ever."""
        with transaction(self.engine) as connection:
            attempts = connection.execute(
                update(entry)
                .where(entry.c.id == entry_id)
                .values(attempts=entry.c.attempts + 1)
                .returning(entry.c.attempts)
            ).scalar_one()
        return int(attempts)

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
        """Store an entry's article and settle the entry; return the article's id.

        With *retry_at* the page is tried again then. An article that another entry or source brought
        before is not stored twice: the entry is linked to it. A later, fuller text replaces an earlier one
        and raises the revision, so that it is matched again. *lines* are those of its page as it was.
        """
        failpoint.reach("before_article_commit")
        with transaction(self.engine) as connection:
            article_id = keep_article(connection, pending, found, self.first_run_window, now)
            if lines is not None:
                note_page(connection, pending.source_id, article_id, lines, now)
            connection.execute(
                update(entry)
                .where(entry.c.id == pending.entry_id)
                .values(
                    state="retry" if retry_at else "settled",
                    next_attempt_at=to_ms(retry_at) if retry_at else None,
                    article_id=article_id,
                    problem=storable(problem),
                )
            )
        failpoint.reach("after_article_commit")
        return article_id

    def printed_lines(self, source_id: str) -> dict[int, Lines]:
        """Return the lines of a source's last pages by article, oldest first: what most hold is furniture."""
        with transaction(self.engine) as connection:
            return read_pages(connection, source_id)

    def note_kept(self, source_id: str, selectors: str, *, missed: bool, now: datetime) -> Oddity | None:
        """Count that a page held nothing of what its source keeps, or that it did; return what is odd since."""
        with transaction(self.engine) as connection:
            signs = Signs(url="extract.keep", seen={Kind.KEEP: selectors if missed else None})
            note_signs(connection, source_id, signs, now)
            found = read_oddities(connection, source_id)
        return next((item for item in found if item.kind == Kind.KEEP), None)

    def robots_copies(self) -> dict[str, RobotsCopy]:
        """Return every stored robots.txt by origin (scheme://host:port)."""
        with transaction(self.engine) as connection:
            return {
                row.origin: RobotsCopy(row.status, row.body, from_ms(row.fetched_at))
                for row in connection.execute(select(robots))
            }

    def save_robots(self, origin: str, copy: RobotsCopy) -> None:
        """Store a robots.txt for its day of validity (RFC 9309 §2.4)."""
        with transaction(self.engine) as connection:
            connection.execute(delete(robots).where(robots.c.origin == origin))
            connection.execute(
                insert(robots).values(
                    origin=origin, status=copy.status, body=copy.body, fetched_at=to_ms(copy.fetched_at)
                )
            )

    def purge(self, before: datetime) -> int:
        """Blank the texts of articles first seen before *before*, keeping identities so that nothing comes back."""
        with transaction(self.engine) as connection:
            old = and_(article.c.first_seen_at < to_ms(before), article.c.text != "")
            count = connection.execute(select(func.count()).select_from(article).where(old)).scalar_one()
            ids = select(article.c.id).where(old)
            connection.execute(
                update(entry).where(entry.c.article_id.in_(ids)).values(summary="", content="", author=None)
            )
            connection.execute(update(article).where(old).values(text="", author=None))
            forget_pages(connection, before)
            forget_revisions(connection, before)
        return int(count)


def _with_arrivals(signs: Signs, arrived: Arrived, *, missed: bool) -> Signs:
    """Add to what was odd about an answer what only the stored entries can tell."""
    seen = dict(signs.seen)
    if arrived.changes_guids is not None:
        seen[Kind.GUIDS] = "" if arrived.changes_guids else None
    if arrived.is_news or arrived.known:
        seen[Kind.GAP] = "" if arrived.is_news and missed else None
    if arrived.is_news:
        seen[Kind.STUCK] = "" if signs.repeats_validator else None
    return replace(signs, seen=seen)
