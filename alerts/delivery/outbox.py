"""The queue of frozen messages: what was promised to a channel and how far it came. One method, one transaction.

A row is claimed before its request (state, owner and attempt committed) and settled after it; every later write
names the owner and the attempt, so that a run that lost its claim changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, and_, case, delete, func, insert, or_, select, update

from alerts.delivery.attempt import OPEN_STATES, REPEAT_AFTER, State, Transition
from alerts.delivery.deliveryrow import (
    Event,
    QueuedPart,
    insert_parts,
    note_event,
    part_values,
    read_events,
    read_part,
)
from alerts.delivery.edit import Edit, insert_edits
from alerts.digest.compose import Selection
from alerts.message.platform import Part, Style
from alerts.model import Digest, ToldIn
from alerts.records.tables import (
    alert,
    change_alert,
    channel_state,
    delivery,
    delivery_event,
    digest,
    incident,
)
from crawler import failpoint
from crawler.clock import from_ms, to_ms
from crawler.db.engine import transaction
from crawler.records.identity import storable
from crawler.records.revision import watch_articles

MAX_CRASHES = 10  # a message that ends the program at every attempt must not do so for ever
UNSENT = tuple(state.value for state in (State.PENDING, State.RETRY, State.HELD))
IN_DOUBT = (State.UNKNOWN, State.SENDING, State.DOUBTFUL)  # may have been delivered
_DIGEST = TypeAdapter(Digest)


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
        edits: Sequence[Edit] = (),
        on_schedule: bool = True,
        checked_at: datetime | None = None,
    ) -> None:
        """Freeze a digest's messages and *edits* of earlier ones, settle its alerts and notices, in one transaction.

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
                values = part_values(channel_id, content.digest_id, part, Style.RICH, now)
                connection.execute(insert(delivery).values(values | {"part": number, "parts": len(parts)}))
            insert_edits(connection, channel_id, content.digest_id, edits, now)
            if incident_ids:
                told = incident.c.id.in_(list(incident_ids))
                connection.execute(
                    update(incident)
                    .where(told, incident.c.closed_at.is_(None))
                    .values(told_at=to_ms(now), told_in=content.digest_id)
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
        reason = "the program ended while sending"
        wait_ms = round(REPEAT_AFTER.total_seconds() * 1000)
        values = {"owner": None, "updated_at": to_ms(now), "not_before": delivery.c.updated_at + wait_ms}
        unknown = values | {"state": State.UNKNOWN.value, "reason": reason}
        given_up = values | {"state": State.DEAD.value, "reason": "the program ended at every attempt"}
        with transaction(self.engine) as connection:
            hopeless = and_(lost, delivery.c.attempts >= MAX_CRASHES)
            move_rows(connection, hopeless, given_up, now)
            return move_rows(connection, lost, unknown, now)

    def next_part(self, channel_id: str) -> QueuedPart | None:
        """Return the oldest open message of a channel: a stuck one holds back only its own channel. Edits are none."""
        query = (
            select(delivery)
            .where(
                delivery.c.channel_id == channel_id,
                delivery.c.state.in_([state.value for state in OPEN_STATES]),
                delivery.c.edits.is_(None),
            )
            .order_by(delivery.c.created_at, delivery.c.digest_id, delivery.c.part, delivery.c.id)
            .limit(1)
        )
        with transaction(self.engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else read_part(row)

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
            "updated_at": to_ms(now),
        }
        with transaction(self.engine) as connection:
            row = connection.execute(
                update(delivery).where(unchanged).values(values).returning(delivery)
            ).first()
        return None if row is None else read_part(row)

    def record(self, part: QueuedPart, transition: Transition, owner: str, now: datetime) -> bool:
        """Store what became of a claimed part; False when the claim was lost in between."""
        failpoint.reach("before_record_commit")
        values: dict[str, Any] = {
            "state": transition.state.value,
            "reason": storable(transition.reason),
            "not_before": to_ms(transition.not_before) if transition.not_before else None,
            "message_id": storable(transition.message_id),
            "owner": None,
            "updated_at": to_ms(now),
        }
        if not transition.counts:
            values["attempts"] = part.attempts - 1
        with transaction(self.engine) as connection:
            done = connection.execute(update(delivery).where(_mine(part, owner)).values(values)).rowcount
            if done:
                step = (part.delivery_id, part.attempts, transition.state, transition.reason)
                note_event(connection, *step, now)
            if done and transition.state is State.SENT and part.edits is None:
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
                note_event(connection, part.delivery_id, part.attempts, State.SUPERSEDED, reason, now)
                insert_parts(connection, part, parts, style)

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
            return tuple(read_part(row) for row in connection.execute(query))

    def parts_of(self, digest_id: str) -> tuple[QueuedPart, ...]:
        """Return the messages of a digest in order, those excepted that others have replaced."""
        stands = and_(delivery.c.digest_id == digest_id, delivery.c.state != State.SUPERSEDED.value)
        query = select(delivery).where(stands, delivery.c.edits.is_(None)).order_by(delivery.c.part)
        with transaction(self.engine) as connection:
            return tuple(read_part(row) for row in connection.execute(query))

    def rewrite(
        self, content: Digest, parts: Sequence[Part] | None, untold: Sequence[int], now: datetime
    ) -> None:
        """Make incidents untold again that stand in a digest which nobody has seen, and put *parts* in its place.

        None leaves the messages as they are; no parts at all: nothing else stood in them.
        """
        with transaction(self.engine) as connection:
            back = incident.c.id.in_(list(untold))
            connection.execute(update(incident).where(back).values(told_at=None, told_in=None))
            if parts is None:
                return
            mine = and_(delivery.c.digest_id == content.digest_id, delivery.c.state.in_(UNSENT))
            mine = and_(mine, delivery.c.edits.is_(None))
            old = connection.execute(select(delivery).where(mine).order_by(delivery.c.part)).first()
            if old is None:
                return
            gone = {"state": State.SUPERSEDED.value, "reason": "its notices are told elsewhere"}
            move_rows(connection, mine, gone | {"updated_at": to_ms(now)}, now)
            written = _DIGEST.dump_json(content).decode("utf-8")
            connection.execute(update(digest).where(digest.c.id == content.digest_id).values(content=written))
            for number, part in enumerate(parts, start=1):
                values = part_values(old.channel_id, old.digest_id, part, Style.RICH, from_ms(old.created_at))
                values["idempotency_key"] += f"-{old.id}.{number}"
                place = {"part": number, "parts": len(parts), "not_before": old.not_before}
                connection.execute(insert(delivery).values(values | place))

    def part(self, delivery_id: int) -> QueuedPart | None:
        """Return one delivery by its number."""
        with transaction(self.engine) as connection:
            row = connection.execute(select(delivery).where(delivery.c.id == delivery_id)).first()
        return None if row is None else read_part(row)

    def counts(self, channel_id: str | None = None) -> dict[State, int]:
        """Return how many messages stand in each state, of one channel or of all; edits are none."""
        messages = select(delivery.c.state, func.count().label("number")).where(delivery.c.edits.is_(None))
        if channel_id is not None:
            messages = messages.where(delivery.c.channel_id == channel_id)
        query = messages.group_by(delivery.c.state)
        with transaction(self.engine) as connection:
            return {State(row.state): int(row.number) for row in connection.execute(query)}

    def set_state(self, delivery_ids: Sequence[int], state: State, reason: str, now: datetime) -> int:
        """Change rows by hand (``outbox retry|hold|drop``); sent and superseded ones stay as they are.

        What may have been delivered already is marked as a possible repeat when it is sent again.
        """
        movable = [*OPEN_STATES, State.DOUBTFUL, State.HELD, State.DEAD]
        rows = and_(
            delivery.c.id.in_(list(delivery_ids)), delivery.c.state.in_([each.value for each in movable])
        )
        in_doubt = delivery.c.state.in_([each.value for each in IN_DOUBT])
        values = {
            "state": state.value,
            "reason": reason,
            "not_before": None,
            "owner": None,
            "repeats": case((in_doubt, delivery.c.repeats + 1), else_=delivery.c.repeats),
            "updated_at": to_ms(now),
        }
        with transaction(self.engine) as connection:
            return move_rows(connection, rows, values, now)

    def keep_doubtful(self, part: QueuedPart, now: datetime) -> bool:
        """Keep a message whose fate is unknown for a person, instead of repeating it; False when it moved meanwhile."""
        unknown = and_(delivery.c.id == part.delivery_id, delivery.c.state == State.UNKNOWN.value)
        values = {"state": State.DOUBTFUL.value, "not_before": None, "updated_at": to_ms(now)}
        with transaction(self.engine) as connection:
            return bool(move_rows(connection, unknown, values, now))

    def doubts(self, channel_id: str) -> tuple[QueuedPart, ...]:
        """Return the doubtful messages of a channel that no later digest to it can have mentioned, oldest first."""
        later = select(digest.c.id).where(
            digest.c.channel_id == channel_id,
            digest.c.id != delivery.c.digest_id,
            digest.c.created_at >= delivery.c.updated_at,
        )
        mine = and_(delivery.c.channel_id == channel_id, delivery.c.state == State.DOUBTFUL.value)
        with transaction(self.engine) as connection:
            query = select(delivery).where(mine, ~later.exists()).order_by(delivery.c.id)
            return tuple(read_part(row) for row in connection.execute(query))

    def events(self, delivery_id: int) -> tuple[Event, ...]:
        """Return what happened to one message, step by step."""
        with transaction(self.engine) as connection:
            return read_events(connection, delivery_id)

    def forget_events(self, before: datetime) -> None:
        """Remove the steps of messages that are older than that; the messages stay."""
        with transaction(self.engine) as connection:
            connection.execute(delete(delivery_event).where(delivery_event.c.at < to_ms(before)))

    def sent_at(self, channel_id: str) -> datetime | None:
        """Return when a channel last took a message, in whatever run."""
        query = select(channel_state.c.sent_at).where(channel_state.c.channel_id == channel_id)
        with transaction(self.engine) as connection:
            found = connection.execute(query).scalar()
        return None if found is None else from_ms(found)


def note_channel(connection: Connection, channel_id: str, **values: Any) -> None:
    """Set columns of a channel's row, making the row first where there is none."""
    mine = channel_state.c.channel_id == channel_id
    if not connection.execute(update(channel_state).where(mine).values(values)).rowcount:
        connection.execute(insert(channel_state).values({"channel_id": channel_id} | values))


def _told_articles(connection: Connection, digest_id: str) -> Sequence[int]:
    """Return the articles that a digest names; what it only counts, nobody waits for corrections of."""
    named = select(alert.c.article_id).where(alert.c.digest_id == digest_id, alert.c.counted == 0)
    return connection.execute(named).scalars().all()


def move_rows(connection: Connection, rows: Any, values: dict[str, Any], now: datetime) -> int:
    """Change *rows* and remember the step of each; return their number."""
    kept = (delivery.c.id, delivery.c.attempts, delivery.c.state, delivery.c.reason)
    moved = connection.execute(update(delivery).where(rows).values(values).returning(*kept)).all()
    for row in moved:
        note_event(connection, row.id, row.attempts, State(row.state), row.reason, now)
    return len(moved)


def _mine(part: QueuedPart, owner: str) -> Any:
    return and_(
        delivery.c.id == part.delivery_id,
        delivery.c.owner == owner,
        delivery.c.attempts == part.attempts,
        delivery.c.state == State.SENDING.value,
    )
