"""What is remembered of a channel between runs: its schedule, whether it is paused, whether its keys changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, and_, or_, select

from alerts.delivery.attempt import State
from alerts.delivery.outbox import move_rows, note_channel
from alerts.records.tables import channel_state, delivery
from crawler.clock import from_ms, to_ms
from crawler.db.engine import transaction

if TYPE_CHECKING:
    from alerts.config import Channel

HELD_BY_HAND = "held by hand"  # such a message waits for a person, whatever the channel does
PROBE_EVERY = timedelta(
    hours=24
)  # a channel that was forbidden may have been allowed again without a word to us


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A channel's row; all instants aware UTC."""

    channel_id: str
    last_digest_at: datetime | None = None
    checked_at: datetime | None = None
    sent_at: datetime | None = None
    paused_at: datetime | None = None
    paused_reason: str | None = None
    spoken_at: datetime | None = None


class ChannelStates:
    """The rows of all channels in one database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def load(self) -> dict[str, ChannelState]:
        """Return every known channel's state by id."""

        def moment(ms: int | None) -> datetime | None:
            return None if ms is None else from_ms(ms)

        with transaction(self.engine) as connection:
            return {
                row.channel_id: ChannelState(
                    row.channel_id,
                    moment(row.last_digest_at),
                    moment(row.checked_at),
                    moment(row.sent_at),
                    moment(row.paused_at),
                    row.paused_reason,
                    moment(row.spoken_at),
                )
                for row in connection.execute(select(channel_state))
            }

    def known_channel_ids(self) -> frozenset[str]:
        """Return the channels that were ever used: what happens while their secret is unset waits for them."""
        with transaction(self.engine) as connection:
            return frozenset(connection.execute(select(channel_state.c.channel_id)).scalars())

    def refresh(self, channels: Sequence[Channel], now: datetime) -> dict[str, ChannelState]:
        """Resume paused channels whose keys changed or whose daily probe is due; return all states."""
        with transaction(self.engine) as connection:
            rows = {row.channel_id: row for row in connection.execute(select(channel_state))}
            for channel in channels:
                fingerprint = _keys_hash(channel)
                row = rows.get(channel.id)
                if row is not None and row.paused_at is not None:
                    changed = row.keys_hash is not None and row.keys_hash != fingerprint
                    if changed or now - from_ms(row.paused_at) >= PROBE_EVERY:
                        _resume(connection, channel.id, now)
                if row is None or row.keys_hash != fingerprint:
                    note_channel(connection, channel.id, keys_hash=fingerprint)
        return self.load()

    def resume(self, channel_id: str, now: datetime) -> None:
        """Let a paused channel be tried again, with everything that was held for it but not by hand."""
        with transaction(self.engine) as connection:
            _resume(connection, channel_id, now)

    def note_looks(self, checked: Mapping[str, datetime], spoken: Mapping[str, datetime]) -> None:
        """Remember, by channel, up to when its times of day were looked at, and since when it is silent."""
        if not checked and not spoken:
            return
        with transaction(self.engine) as connection:
            for name, marks in (("checked_at", checked), ("spoken_at", spoken)):
                for channel_id, moment in marks.items():
                    note_channel(connection, channel_id, **{name: to_ms(moment)})


def _resume(connection: Connection, channel_id: str, now: datetime) -> None:
    note_channel(connection, channel_id, paused_at=None, paused_reason=None)
    by_channel = or_(delivery.c.reason.is_(None), delivery.c.reason != HELD_BY_HAND)
    held = and_(delivery.c.channel_id == channel_id, delivery.c.state == State.HELD.value, by_channel)
    values = {"state": State.PENDING.value, "not_before": None, "updated_at": to_ms(now)}
    move_rows(connection, held, values | {"reason": "its channel is tried again"}, now)


def _keys_hash(channel: Channel) -> str:
    """Return a fingerprint of the channel's address and secrets, from which they cannot be had back."""
    values = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in channel.keys
    }
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
