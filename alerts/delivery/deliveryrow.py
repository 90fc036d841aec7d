"""One row of the outbox: what the sender and people see of it, and how new ones are made. Decides nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, select, update

from alerts.delivery.attempt import State
from alerts.message.platform import Part, Style
from alerts.model import ChangeNote
from alerts.records.tables import delivery, delivery_event
from crawler.clock import from_ms, to_ms
from crawler.records.identity import storable


@dataclass(frozen=True, slots=True)
class QueuedPart:
    """A delivery as the sender and the ``outbox`` commands see it."""

    delivery_id: int
    digest_id: str
    channel_id: str
    part: int
    parts: int
    style: Style
    body: bytes
    story_ids: tuple[int, ...]
    idempotency_key: str
    state: State
    attempts: int
    repeats: int
    not_before: datetime | None
    reason: str | None
    message_id: str | None
    created: datetime
    updated: datetime
    edits: int | None = None  # the delivery whose message this changes
    notes: tuple[ChangeNote, ...] = ()  # that such a message is marked with, newest first


@dataclass(frozen=True, slots=True)
class Event:
    """One step in the life of a delivery: after which attempt it came to which state, and why."""

    at: datetime
    attempt: int
    state: State
    reason: str | None


def read_part(row: Row[Any]) -> QueuedPart:
    """Return a row as a value."""
    return QueuedPart(
        delivery_id=row.id,
        digest_id=row.digest_id,
        channel_id=row.channel_id,
        part=row.part,
        parts=row.parts,
        style=Style(row.style),
        body=row.body,
        story_ids=tuple(json.loads(row.story_ids)),
        idempotency_key=row.idempotency_key,
        state=State(row.state),
        attempts=row.attempts,
        repeats=row.repeats,
        not_before=None if row.not_before is None else from_ms(row.not_before),
        reason=row.reason,
        message_id=row.message_id,
        created=from_ms(row.created_at),
        updated=from_ms(row.updated_at),
        edits=row.edits,
        notes=tuple(ChangeNote(**note) for note in json.loads(row.notes or "[]")),
    )


def part_values(
    channel_id: str, digest_id: str, part: Part, style: Style, created: datetime
) -> dict[str, Any]:
    """Return the columns of a new message, but its place in the digest."""
    fingerprint = hashlib.sha256(part.body).hexdigest()[:8]
    return {
        "digest_id": digest_id,
        "channel_id": channel_id,
        "style": style.value,
        "body": part.body,
        "story_ids": json.dumps(part.story_ids),
        "idempotency_key": f"{digest_id}-{channel_id}-{fingerprint}",
        "state": State.PENDING.value,
        "attempts": 0,
        "repeats": 0,
        "created_at": to_ms(created),
        "updated_at": to_ms(created),
    }


def insert_parts(connection: Connection, refused: QueuedPart, parts: Sequence[Part], style: Style) -> None:
    """Add the messages that stand in for *refused*, possible repeats like it, and renumber what follows."""
    grown = len(parts) - 1
    mine = and_(delivery.c.digest_id == refused.digest_id, delivery.c.id != refused.delivery_id)
    later = and_(mine, delivery.c.part > refused.part)
    connection.execute(update(delivery).where(later).values(part=delivery.c.part + grown))
    connection.execute(update(delivery).where(mine).values(parts=delivery.c.parts + grown))
    for index, part in enumerate(parts):
        values = part_values(refused.channel_id, refused.digest_id, part, style, refused.created)
        values["idempotency_key"] += f"-{refused.delivery_id}.{index}"
        place = {"part": refused.part + index, "parts": refused.parts + grown, "repeats": refused.repeats}
        connection.execute(insert(delivery).values(values | place))


def note_event(
    connection: Connection, delivery_id: int, attempt: int, state: State, reason: str | None, now: datetime
) -> None:
    """Remember a step, in the transaction that makes it."""
    values = {"delivery_id": delivery_id, "attempt": attempt, "state": state.value}
    connection.execute(insert(delivery_event).values(values | {"reason": storable(reason), "at": to_ms(now)}))


def read_events(connection: Connection, delivery_id: int) -> tuple[Event, ...]:
    """Return the steps of one delivery, oldest first."""
    query = select(delivery_event).where(delivery_event.c.delivery_id == delivery_id)
    return tuple(
        Event(from_ms(row.at), row.attempt, State(row.state), row.reason)
        for row in connection.execute(query.order_by(delivery_event.c.id))
    )
