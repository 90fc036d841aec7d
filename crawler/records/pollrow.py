"""What is remembered of a source as a row of ``source_state``, and back. It opens no transaction."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, update

from crawler.cadence.pace import read_pace, write_pace
from crawler.clock import from_ms, to_ms
from crawler.db.schema import source_state
from crawler.model import Hold, PollState, Validators
from crawler.records.identity import storable

_UPDATE = update(source_state).where(source_state.c.source_id == bindparam("mine"))


def read_state(row: Row[Any]) -> PollState:
    """Return what *row* remembers."""
    return PollState(
        source_id=row.source_id,
        route=row.route,
        url=row.url,
        validators=Validators(row.etag, row.last_modified, row.body_sha256),
        next_poll_at=_moment(row.next_poll_at),
        next_poll_why=row.next_poll_why,
        first_polled_at=_moment(row.first_polled_at),
        last_ok_at=_moment(row.last_ok_at),
        last_item_at=_moment(row.last_item_at),
        failures=row.failures,
        failing_since=_moment(row.failing_since),
        problem=row.problem,
        unconditional_at=_moment(row.unconditional_at),
        gap=row.gap,
        gap_pages=row.gap_pages,
        gap_since=_moment(row.gap_since),
        window=row.window_entries,
        pace=read_pace(row.pace),
        holds=tuple(Hold(origin, from_ms(until)) for origin, until in json.loads(row.holds or "[]")),
    )


def failure_values(state: PollState) -> dict[str, Any]:
    """Return the columns that a failed poll changes."""
    return {
        "source_id": state.source_id,
        "failures": state.failures,
        "failing_since": _ms(state.failing_since),
        "problem": storable(state.problem),
        "next_poll_at": _ms(state.next_poll_at),
        "next_poll_why": state.next_poll_why,
        "holds": json.dumps([(hold.origin, to_ms(hold.until)) for hold in state.holds])
        if state.holds
        else None,
    }


def state_values(state: PollState) -> dict[str, Any]:
    """Return the columns that a poll changes; those of a gap are not among them."""
    return failure_values(state) | {
        "route": state.route,
        "url": state.url,
        "etag": storable(state.validators.etag),
        "last_modified": storable(state.validators.last_modified),
        "body_sha256": state.validators.body_sha256,
        "first_polled_at": _ms(state.first_polled_at),
        "last_ok_at": _ms(state.last_ok_at),
        "last_item_at": _ms(state.last_item_at),
        "unconditional_at": _ms(state.unconditional_at),
        "window_entries": state.window,
        "pace": None if state.pace is None else write_pace(state.pace),
    }


def upsert_state(connection: Connection, values: dict[str, Any]) -> None:
    """Write *values* of one source."""
    if not connection.execute(_UPDATE, values | {"mine": values["source_id"]}).rowcount:
        connection.execute(insert(source_state), {"route": 0, "gap_pages": 0} | values)


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)
