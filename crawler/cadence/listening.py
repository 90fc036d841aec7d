"""Rows from which rhythms are learned: when something came from a source, and when nobody listened.

It decides nothing: `crawler.cadence.rhythm` does. Callers bring the transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from crawler.cadence.rhythm import LEARNED, History, Span, was_deaf
from crawler.clock import from_ms, to_ms
from crawler.db.schema import deaf, entry, source_state
from crawler.model import PollState

KEPT = timedelta(days=366)  # a source that is silent for longer is judged by what was learned, then forgotten


def note_listening(connection: Connection, state: PollState, now: datetime) -> None:
    """Note the stretch since the last answered poll when nobody listened; to be called before *state* is saved."""
    query = select(source_state.c.last_ok_at, source_state.c.failures)
    before = connection.execute(query.where(source_state.c.source_id == state.source_id)).one_or_none()
    if before is None or before.last_ok_at is None or state.next_poll_at is None:
        return
    gap = now - from_ms(before.last_ok_at)
    if was_deaf(gap, state.next_poll_at - now, failed=before.failures > 0):
        mine = deaf.c.source_id == state.source_id
        same = deaf.c.since_at == before.last_ok_at  # left by a clock that was set back
        connection.execute(delete(deaf).where(mine, same | (deaf.c.until_at < to_ms(now - KEPT))))
        row = {"source_id": state.source_id, "since_at": before.last_ok_at, "until_at": to_ms(now)}
        connection.execute(insert(deaf).values(row))


def count_items(connection: Connection, since: datetime) -> dict[str, int]:
    """Return how many entries each source brought after *since*."""
    came = (
        select(entry.c.source_id, func.count())
        .where(entry.c.first_poll == 0, entry.c.first_seen_at > to_ms(since))
        .group_by(entry.c.source_id)
    )
    return {source_id: int(items) for source_id, items in connection.execute(came)}


def read_history(connection: Connection, state: PollState) -> History | None:
    """Return what came from a source in the `LEARNED` time before its pause, None for one that brought nothing."""
    if state.first_polled_at is None or state.last_item_at is None:
        return None
    since = to_ms(state.last_item_at - LEARNED)
    came = (
        select(entry.c.first_seen_at, func.count())
        .where(
            entry.c.source_id == state.source_id,
            entry.c.first_poll == 0,  # what a new source or route held already came at no known time
            entry.c.first_seen_at >= since,
        )
        .group_by(entry.c.first_seen_at)
        .order_by(entry.c.first_seen_at)
    )
    spans = (
        select(deaf.c.since_at, deaf.c.until_at)
        .where(deaf.c.source_id == state.source_id, deaf.c.until_at >= since)
        .order_by(deaf.c.since_at)
    )
    return History(
        state.first_polled_at,
        tuple((from_ms(ms), int(items)) for ms, items in connection.execute(came)),
        tuple(Span(from_ms(start), from_ms(end)) for start, end in connection.execute(spans)),
    )
