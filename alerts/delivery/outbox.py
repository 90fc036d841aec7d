"""The queue of frozen messages: what was promised to a channel and how far it came. One method, one transaction.

A row is claimed before its request (state, owner and attempt committed) and settled after it; every later write
names the owner and the attempt, so that a run that lost its claim changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Row, and_, case, func, insert, or_, select, update

from alerts.delivery.attempt import OPEN_STATES, State, Transition
from alerts.digest.compose import Selection
from alerts.message.platform import Part, Style
from alerts.model import Digest, ToldIn
from alerts.records.tables import alert, change_alert, channel_state, delivery, digest, incident
from crawler import failpoint
from crawler.clock import from_ms, to_ms
from crawler.db.engine import transaction
from crawler.records.identity import storable
from crawler.records.revision import watch_articles

LEASE = timedelta(seconds=120)
MAX_CRASHES = 10  # a message that ends the program at every attempt must not do so for ever
_DIGEST = TypeAdapter(Digest)


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


class Outbox:
    """Digests and their deliveries in one database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def enqueue(
        self,
        channel_id: str,
        selection: Selection,
        parts: Sequence[Part],
        now: datetime,
        incident_ids: Sequence[int] = (),
        *,
        on_schedule: bool = True,
        checked_at: datetime | None = None,
    ) -> None:
        """Freeze a digest's messages and settle its alerts and notices, in one transaction.

        Its place in the schedule is part of it, so that no kill in between tells a time of day twice: *checked_at* is
        up to when the channel's times have been looked at; a digest that is not *on_schedule* puts none off.
        """
        content = selection.digest
        failpoint.reach("before_enqueue_commit")
        with transaction(self.engine) as connection:
            row = {"id": content.digest_id, "channel_id": channel_id, "created_at": to_ms(now)}
            connection.execute(
                insert(digest).values(row | {"content": _DIGEST.dump_json(content).decode("utf-8")})
            )
            for ids, is_counted in ((selection.told, 0), (selection.counted, 1)):
                for start in range(0, len(ids), 500):
                    some = alert.c.id.in_(ids[start : start + 500])
                    values = {"digest_id": content.digest_id, "counted": is_counted}
                    connection.execute(update(alert).where(some).values(values))
            for start in range(0, len(selection.changed), 500):
                told_now = change_alert.c.id.in_(selection.changed[start : start + 500])
                connection.execute(update(change_alert).where(told_now).values(digest_id=content.digest_id))
            watch_articles(connection, _told_articles(connection, content.digest_id), now)
            for number, part in enumerate(parts, start=1):
                values = _part_values(channel_id, content.digest_id, part, Style.RICH, now)
                connection.execute(insert(delivery).values(values | {"part": number, "parts": len(parts)}))
            if incident_ids:
                told = incident.c.id.in_(list(incident_ids))
                connection.execute(
                    update(incident).where(told, incident.c.closed_at.is_(None)).values(told_at=to_ms(now))
                )
                both = {
                    "told_at": func.coalesce(incident.c.told_at, to_ms(now)),
                    "closing_told_at": to_ms(now),
                }
                connection.execute(
                    update(incident).where(told, incident.c.closed_at.is_not(None)).values(both)
                )
            marks = {"spoken_at": to_ms(now)}
            if on_schedule and (
                selection.told or selection.counted or selection.changed
            ):  # a notice does not put off the news
                marks["last_digest_at"] = to_ms(now)
            if checked_at is not None:
                marks["checked_at"] = to_ms(checked_at)
            note_channel(connection, channel_id, **marks)
        failpoint.reach("after_enqueue_commit")

    def recover(self, owner: str, now: datetime) -> int:
        """Mark deliveries whose sender died as unknown; call it under the run lock. Returns their number."""
        lost = and_(
            delivery.c.state == State.SENDING, or_(delivery.c.owner != owner, delivery.c.owner.is_(None))
        )
        values = {
            "state": State.UNKNOWN.value,
            "reason": "the program ended while sending",
            "owner": None,
            "updated_at": to_ms(now),
        }
        with transaction(self.engine) as connection:
            hopeless = and_(lost, delivery.c.attempts >= MAX_CRASHES)
            given_up = values | {"state": State.DEAD.value, "reason": "the program ended at every attempt"}
            connection.execute(update(delivery).where(hopeless).values(given_up))
            return int(connection.execute(update(delivery).where(lost).values(values)).rowcount)

    def next_part(self, channel_id: str) -> QueuedPart | None:
        """Return the oldest open delivery of a channel: a stuck one holds back only its own channel."""
        query = (
            select(delivery)
            .where(
                delivery.c.channel_id == channel_id,
                delivery.c.state.in_([state.value for state in OPEN_STATES]),
            )
            .order_by(delivery.c.created_at, delivery.c.digest_id, delivery.c.part, delivery.c.id)
            .limit(1)
        )
        with transaction(self.engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else _part(row)

    def claim(self, part: QueuedPart, owner: str, now: datetime) -> QueuedPart | None:
        """Take *part* for one attempt; None when somebody else has taken it."""
        failpoint.reach("before_claim_commit")
        is_repeat = int(part.state is State.UNKNOWN)
        unchanged = and_(
            delivery.c.id == part.delivery_id,
            delivery.c.state == part.state.value,
            delivery.c.attempts == part.attempts,
        )
        values = {
            "state": State.SENDING.value,
            "owner": owner,
            "attempts": part.attempts + 1,
            "repeats": part.repeats + is_repeat,
            "lease_until": to_ms(now + LEASE),
            "updated_at": to_ms(now),
        }
        with transaction(self.engine) as connection:
            row = connection.execute(
                update(delivery).where(unchanged).values(values).returning(delivery)
            ).first()
        return None if row is None else _part(row)

    def record(self, part: QueuedPart, transition: Transition, owner: str, now: datetime) -> bool:
        """Store what became of a claimed part; False when the claim was lost in between."""
        failpoint.reach("before_record_commit")
        values: dict[str, Any] = {
            "state": transition.state.value,
            "reason": storable(transition.reason),
            "not_before": to_ms(transition.not_before) if transition.not_before else None,
            "message_id": storable(transition.message_id),
            "owner": None,
            "lease_until": None,
            "updated_at": to_ms(now),
        }
        if not transition.counts:
            values["attempts"] = part.attempts - 1
        with transaction(self.engine) as connection:
            done = connection.execute(update(delivery).where(_mine(part, owner)).values(values)).rowcount
            if done and transition.state is State.SENT:
                note_channel(connection, part.channel_id, sent_at=to_ms(now))
            elif done and transition.state is State.HELD:
                paused = {"paused_at": to_ms(now), "paused_reason": values["reason"]}
                note_channel(connection, part.channel_id, **paused)
        failpoint.reach("after_record_commit")
        return bool(done)

    def replace(
        self, part: QueuedPart, parts: Sequence[Part], style: Style, reason: str, owner: str, now: datetime
    ) -> None:
        """Put plainer or smaller messages in the place of a refused one, in one transaction.

        Later parts of the digest move back by as many places as are needed to keep the order.
        """
        with transaction(self.engine) as connection:
            values = {
                "state": State.SUPERSEDED.value,
                "reason": storable(reason),
                "owner": None,
                "updated_at": to_ms(now),
            }
            if connection.execute(update(delivery).where(_mine(part, owner)).values(values)).rowcount:
                _insert_parts(connection, part, parts, style)

    def read_digest(self, digest_id: str) -> Digest | None:
        """Return a stored digest."""
        with transaction(self.engine) as connection:
            content = connection.execute(select(digest.c.content).where(digest.c.id == digest_id)).scalar()
        return None if content is None else _DIGEST.validate_json(content)

    def first_told(self, channel_id: str, story_ids: Sequence[int]) -> dict[int, ToldIn]:
        """Return in which sent message each of *story_ids* first stood; those without a known message are left out."""
        found: dict[int, ToldIn] = {}
        wanted = list(story_ids)
        with transaction(self.engine) as connection:
            for start in range(0, len(wanted), 500):
                told = select(alert.c.digest_id).where(
                    alert.c.channel_id == channel_id,
                    alert.c.story_id.in_(wanted[start : start + 500]),
                    alert.c.digest_id.is_not(None),
                )
                query = (
                    select(delivery.c.digest_id, delivery.c.message_id, delivery.c.story_ids)
                    .where(delivery.c.channel_id == channel_id, delivery.c.state == State.SENT.value)
                    .where(delivery.c.message_id.is_not(None), delivery.c.digest_id.in_(told))
                    .order_by(delivery.c.created_at, delivery.c.id)
                )
                for row in connection.execute(query):
                    for story_id in json.loads(row.story_ids):
                        found.setdefault(int(story_id), ToldIn(row.digest_id, row.message_id))
        return {story_id: found[story_id] for story_id in wanted if story_id in found}

    def parts(
        self, states: Sequence[State] = (), channel_id: str | None = None, limit: int = 200
    ) -> tuple[QueuedPart, ...]:
        """Return deliveries, newest first, for people to look at."""
        query = select(delivery).order_by(delivery.c.id.desc()).limit(limit)
        if states:
            query = query.where(delivery.c.state.in_([state.value for state in states]))
        if channel_id:
            query = query.where(delivery.c.channel_id == channel_id)
        with transaction(self.engine) as connection:
            return tuple(_part(row) for row in connection.execute(query))

    def part(self, delivery_id: int) -> QueuedPart | None:
        """Return one delivery by its number."""
        with transaction(self.engine) as connection:
            row = connection.execute(select(delivery).where(delivery.c.id == delivery_id)).first()
        return None if row is None else _part(row)

    def counts(self) -> dict[State, int]:
        """Return how many deliveries stand in each state."""
        query = select(delivery.c.state, func.count().label("number")).group_by(delivery.c.state)
        with transaction(self.engine) as connection:
            return {State(row.state): int(row.number) for row in connection.execute(query)}

    def set_state(self, delivery_ids: Sequence[int], state: State, reason: str, now: datetime) -> int:
        """Change rows by hand (``outbox retry|hold|drop``); sent and superseded ones stay as they are.

        What may have been delivered already is marked as a possible repeat when it is sent again.
        """
        movable = [State.PENDING, State.RETRY, State.UNKNOWN, State.HELD, State.DEAD, State.SENDING]
        rows = and_(
            delivery.c.id.in_(list(delivery_ids)), delivery.c.state.in_([each.value for each in movable])
        )
        in_doubt = delivery.c.state.in_([State.UNKNOWN.value, State.SENDING.value])
        values = {
            "state": state.value,
            "reason": reason,
            "not_before": None,
            "owner": None,
            "repeats": case((in_doubt, delivery.c.repeats + 1), else_=delivery.c.repeats),
            "updated_at": to_ms(now),
        }
        with transaction(self.engine) as connection:
            return int(connection.execute(update(delivery).where(rows).values(values)).rowcount)


def note_channel(connection: Connection, channel_id: str, **values: Any) -> None:
    """Set columns of a channel's row, making the row first where there is none."""
    mine = channel_state.c.channel_id == channel_id
    if not connection.execute(update(channel_state).where(mine).values(values)).rowcount:
        connection.execute(insert(channel_state).values({"channel_id": channel_id} | values))


def _told_articles(connection: Connection, digest_id: str) -> Sequence[int]:
    """Return the articles that a digest names; what it only counts, nobody waits for corrections of."""
    named = select(alert.c.article_id).where(alert.c.digest_id == digest_id, alert.c.counted == 0)
    return connection.execute(named).scalars().all()


def _mine(part: QueuedPart, owner: str) -> Any:
    return and_(
        delivery.c.id == part.delivery_id,
        delivery.c.owner == owner,
        delivery.c.attempts == part.attempts,
        delivery.c.state == State.SENDING.value,
    )


def _insert_parts(connection: Connection, refused: QueuedPart, parts: Sequence[Part], style: Style) -> None:
    """Add the messages that stand in for *refused*, possible repeats like it, and renumber what follows."""
    grown = len(parts) - 1
    mine = and_(delivery.c.digest_id == refused.digest_id, delivery.c.id != refused.delivery_id)
    later = and_(mine, delivery.c.part > refused.part)
    connection.execute(update(delivery).where(later).values(part=delivery.c.part + grown))
    connection.execute(update(delivery).where(mine).values(parts=delivery.c.parts + grown))
    for index, part in enumerate(parts):
        values = _part_values(refused.channel_id, refused.digest_id, part, style, refused.created)
        values["idempotency_key"] += f"-{refused.delivery_id}.{index}"
        place = {"part": refused.part + index, "parts": refused.parts + grown, "repeats": refused.repeats}
        connection.execute(insert(delivery).values(values | place))


def _part_values(
    channel_id: str, digest_id: str, part: Part, style: Style, created: datetime
) -> dict[str, Any]:
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


def _part(row: Row[Any]) -> QueuedPart:
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
    )
