"""Short ways to fill an outbox and to take from it, for its tests on every database."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from alerts.delivery.attempt import State, Transition
from alerts.delivery.deliveryrow import QueuedPart
from alerts.delivery.outbox import Outbox
from alerts.message.platform import Part
from alerts.records.archive import Archive
from alerts.records.tables import alert
from crawler.records.store import Store
from tests.builders import NOW
from tests.database import examine_all, keep_article, part_of, rows, select_digest

LATER = NOW + timedelta(minutes=5)
SENT = Transition(State.SENT, message_id="m-1")
UNKNOWN = Transition(State.UNKNOWN, "HTTP 500")


def enqueue(store: Store, *parts: Part, channel_id: str = "desk") -> str:
    """Freeze *parts* as one digest of a new article; return the digest's id."""
    number = len(rows(store.engine, select(alert)))
    now = NOW + timedelta(seconds=number)
    archive = Archive(store.engine)
    keep_article(store, number, now)
    examine_all(archive, {channel_id: ("loikaw",)}, now)
    selection = select_digest(archive.pending_stories(channel_id), now, channel_id)
    Outbox(store.engine).enqueue(channel_id, selection, parts or (part_of(number),), now)
    return selection.digest.digest_id


def claim_next(outbox: Outbox, owner: str = "run-1", channel_id: str = "desk") -> QueuedPart:
    """Take the next message of a channel; there must be one."""
    part = outbox.next_part(channel_id)
    assert part is not None
    claimed = outbox.claim(part, owner, LATER)
    assert claimed is not None
    return claimed
