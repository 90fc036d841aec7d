"""Edits of earlier messages: which message is marked with what, and how they wait in the outbox. Sends nothing.

An edit notifies nobody and may be repeated freely. So it holds back no news, is never marked as a repeat, and is
settled in silence where it is not possible. It is frozen in the transaction that freezes the digest that tells why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, and_, insert, or_, select, union, update

from alerts.delivery.attempt import OPEN_STATES, State
from alerts.delivery.deliveryrow import QueuedPart, note_event, part_values, read_part
from alerts.message.changenote import MOST_NOTES, note_texts
from alerts.message.platform import Part, Style
from alerts.records.tables import alert, change_alert, delivery, digest
from alerts.transport import adapter
from crawler.clock import to_ms
from crawler.db.engine import transaction

if TYPE_CHECKING:
    from alerts.message.platform import Platform
    from alerts.model import ChangeNote

CLOCK_FAULT = timedelta(hours=25)  # no platform makes us wait longer: the clock was wrong when it was noted
NO_ROOM = "no room for a note"
SURPASSED = "a later edit says more"


@dataclass(frozen=True, slots=True)
class Edit:
    """What one earlier message becomes; *body* is empty where it cannot be, for *reason*."""

    target_id: int
    style: Style
    notes: tuple[ChangeNote, ...]  # newest first, with what it was marked with before
    body: bytes = b""
    reason: str | None = None


class Edits:
    """Which messages are to be edited, and the edits that wait, in one database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def plan(self, channel_id: str, platform: Platform, notes: Sequence[ChangeNote]) -> tuple[Edit, ...]:
        """Return the edits that mark the messages in which *channel_id* was told what *notes* are about.

        Those are messages that the platform named when it took them; one that told an earlier change counts, too.
        """
        if platform.editing is None or not notes:
            return ()
        with transaction(self.engine) as connection:
            found = _messages(connection, channel_id, {note.article_id for note in notes})
            marked = []
            for part, article_ids in found:
                new = _as_told(connection, part, [each for each in notes if each.article_id in article_ids])
                marked.append(_edit(platform, part, [*new, *_marks(connection, part.delivery_id)]))
        return tuple(marked)

    def next(self, channel_id: str, now: datetime, left: Iterable[int] = ()) -> QueuedPart | None:
        """Return the edit of a channel whose turn it is, but those *left*: the one that was tried longest ago."""
        due = or_(
            delivery.c.not_before.is_(None),
            delivery.c.not_before <= to_ms(now),
            delivery.c.not_before > to_ms(now + CLOCK_FAULT),
            delivery.c.state == State.UNKNOWN.value,  # its sender died: another attempt harms nothing
        )
        is_open = and_(_is_open(), delivery.c.state != State.SENDING.value)
        waits = and_(delivery.c.channel_id == channel_id, delivery.c.edits.is_not(None), is_open, due)
        query = select(delivery).where(waits, delivery.c.id.not_in(list(left)))
        with transaction(self.engine) as connection:
            row = connection.execute(query.order_by(delivery.c.updated_at, delivery.c.id).limit(1)).first()
        return None if row is None else read_part(row)


def insert_edits(
    connection: Connection, channel_id: str, digest_id: str, edits: Sequence[Edit], now: datetime
) -> None:
    """Queue *edits*, each in the place of one of the same message that still waits."""
    for edit in edits:
        values = part_values(channel_id, digest_id, Part(edit.body), edit.style, now)
        values |= {
            "idempotency_key": f"{digest_id}-{channel_id}-e{edit.target_id}",
            "edits": edit.target_id,
            "notes": json.dumps([asdict(note) for note in edit.notes], ensure_ascii=False),
            "part": 0,
            "parts": 0,
        }
        if edit.reason:
            values |= {"state": State.NOT_POSSIBLE.value, "reason": edit.reason}
        else:
            _surpass(connection, edit.target_id, now)
        connection.execute(insert(delivery).values(values))


def sent_body(platform: Platform, part: QueuedPart, at: datetime) -> bytes:
    """Return the bytes of an attempt at *at*: a repeat that readers may see beside the first says so."""
    is_repeat = part.repeats > 0 or (platform.idempotent and part.attempts > 1)
    if platform.recognises(part.created, at) or not is_repeat:
        return part.body
    return adapter.mark_repeat(platform, part.body, part.digest_id)


def _edit(platform: Platform, part: QueuedPart, notes: Sequence[ChangeNote]) -> Edit:
    kept = tuple(dict.fromkeys(notes))[:MOST_NOTES]
    try:
        body = sent_body(platform, part, part.updated)
        for text in note_texts(kept):
            if noted := adapter.annotate(platform, body, text, part.message_id or ""):
                return Edit(part.delivery_id, part.style, kept, noted)
    except adapter.DefectError as defect:
        return Edit(part.delivery_id, part.style, kept, reason=str(defect))
    return Edit(part.delivery_id, part.style, kept, reason=NO_ROOM)


def _messages(
    connection: Connection, channel_id: str, article_ids: set[int]
) -> list[tuple[QueuedPart, set[int]]]:
    """Return the sent messages of a channel that tell any of the articles, oldest first, each with those it tells."""
    told = _tellings(alert, channel_id, article_ids).where(alert.c.counted == 0)
    query = union(told, _tellings(change_alert, channel_id, article_ids))
    tellings = connection.execute(query).all()
    sent = and_(
        delivery.c.digest_id.in_({row.digest_id for row in tellings}),
        delivery.c.channel_id == channel_id,
        delivery.c.state == State.SENT.value,
        delivery.c.message_id.is_not(None),
        delivery.c.edits.is_(None),
    )
    parts = map(read_part, connection.execute(select(delivery).where(sent).order_by(delivery.c.id)).all())
    found = [
        (
            part,
            {
                row.article_id
                for row in tellings
                if row.digest_id == part.digest_id and row.story_id in part.story_ids
            },
        )
        for part in parts
    ]
    return [(part, articles) for part, articles in found if articles]


def _tellings(table: Any, channel_id: str, article_ids: set[int]) -> Any:
    columns = table.c.article_id, table.c.story_id, table.c.digest_id
    mine = and_(table.c.channel_id == channel_id, table.c.digest_id.is_not(None))
    return select(*columns).where(mine, table.c.article_id.in_(article_ids))


def _as_told(connection: Connection, part: QueuedPart, notes: Sequence[ChangeNote]) -> tuple[ChangeNote, ...]:
    """Return *notes* with the headlines that stand in the message: an outlet may have changed those, too."""
    content = connection.execute(select(digest.c.content).where(digest.c.id == part.digest_id)).scalar_one()
    said = json.loads(content)
    reports = [*said["brief"], *(report for story in said["stories"] for report in story["reports"])]
    told = {report["article_id"]: report["headline"] for report in reports}
    return tuple(replace(note, headline=told.get(note.article_id, note.headline)) for note in notes)


def _marks(connection: Connection, target_id: int) -> tuple[ChangeNote, ...]:
    """Return what a message was marked with last."""
    mine = select(delivery).where(delivery.c.edits == target_id)
    row = connection.execute(mine.order_by(delivery.c.id.desc()).limit(1)).first()
    return () if row is None else read_part(row).notes


def _is_open() -> Any:
    return delivery.c.state.in_([state.value for state in OPEN_STATES])


def _surpass(connection: Connection, target_id: int, now: datetime) -> None:
    """Settle what still waits to be said of a message: what is queued now says it, too."""
    waits = and_(delivery.c.edits == target_id, or_(_is_open(), delivery.c.state == State.HELD.value))
    values = {"state": State.SUPERSEDED.value, "reason": SURPASSED, "owner": None, "updated_at": to_ms(now)}
    gone = connection.execute(update(delivery).where(waits).values(values).returning(delivery)).all()
    for row in gone:
        note_event(connection, row.id, row.attempts, State.SUPERSEDED, SURPASSED, now)
