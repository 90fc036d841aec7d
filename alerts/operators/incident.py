"""The list of what stopped working, as operators are told: once when it begins, once when it ends.

It finds nothing out: `alerts.operators.watch` does for sources, `alerts.delivery.deliver` for channels.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, and_, insert, or_, select, update

from alerts.records.tables import digest, incident
from crawler.clock import from_ms, to_ms
from crawler.db.engine import transaction

SILENT = "silent"
SILENCE_BEGINS = ": answers, but nothing new"
OFFLINE = "offline:network"


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that stopped working; *subject* is ``source:ID``, ``silent:ID``, ``channel:ID``, ... or `OFFLINE`."""

    incident_id: int
    subject: str
    text: str
    opened: datetime
    closed: datetime | None
    told_in: str | None = None  # the channel that was told its beginning


class Incidents:
    """The list of incidents in one database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def begin(self, subject: str, text: str, since: datetime) -> None:
        """Note that *subject* stopped working, unless that is known."""
        with transaction(self.engine) as connection:
            known = select(incident.c.id).where(incident.c.subject == subject, incident.c.closed_at.is_(None))
            if connection.execute(known).first() is None:
                connection.execute(
                    insert(incident).values(subject=subject, text=text, opened_at=to_ms(since))
                )

    def end(self, subject: str, now: datetime, *, silently: bool = False, once_told: bool = False) -> None:
        """Note that *subject* works again.

        *silently*: nobody needs to hear of it. *once_told*: only where operators have heard how it began.
        """
        values = {"closed_at": to_ms(now)} | ({"closing_told_at": to_ms(now)} if silently else {})
        with transaction(self.engine) as connection:
            mine = and_(incident.c.subject == subject, incident.c.closed_at.is_(None))
            if once_told:
                mine = and_(mine, incident.c.told_at.is_not(None))
            connection.execute(update(incident).where(mine).values(values))

    def open_subjects(self) -> frozenset[str]:
        """Return the subjects that do not work now."""
        return frozenset(self.opened())

    def opened(self) -> dict[str, datetime]:
        """Return since when the subjects that do not work now are known for it."""
        with transaction(self.engine) as connection:
            query = select(incident.c.subject, incident.c.opened_at).where(incident.c.closed_at.is_(None))
            return {row.subject: from_ms(row.opened_at) for row in connection.execute(query)}

    def untold(self) -> tuple[Incident, ...]:
        """Return incidents whose beginning, or whose end after a told beginning, operators have not heard of."""
        beginning = and_(incident.c.told_at.is_(None), incident.c.closed_at.is_(None))
        ending = and_(
            incident.c.told_at.is_not(None),
            incident.c.closed_at.is_not(None),
            incident.c.closing_told_at.is_(None),
        )
        with transaction(self.engine) as connection:
            query = _WITH_CHANNEL.where(or_(beginning, ending)).order_by(incident.c.id)
            return tuple(_incident(row) for row in connection.execute(query))

    def told_in_digests(
        self, channel_ids: Collection[str]
    ) -> tuple[tuple[str, str, tuple[Incident, ...]], ...]:
        """Return the digests to some channels that alone told how incidents began: digest, channel, incidents."""
        found: dict[tuple[str, str], list[Incident]] = {}
        mine = and_(digest.c.channel_id.in_(list(channel_ids)), incident.c.closing_told_at.is_(None))
        with transaction(self.engine) as connection:
            for row in connection.execute(_WITH_CHANNEL.where(mine).order_by(incident.c.id)):
                found.setdefault((row.told_in, row.channel_id), []).append(_incident(row))
        return tuple((*place, tuple(told)) for place, told in found.items())


_WITH_CHANNEL = select(incident, digest.c.channel_id).outerjoin(digest, incident.c.told_in == digest.c.id)


def _incident(row: Row[Any]) -> Incident:
    closed = None if row.closed_at is None else from_ms(row.closed_at)
    return Incident(row.id, row.subject, row.text, from_ms(row.opened_at), closed, row.channel_id)


def notice_line(item: Incident) -> str:
    """Return the one line that an operator reads."""
    if item.closed is None:
        return item.text
    hours = (item.closed - item.opened).total_seconds() / 3600
    kind, _, name = item.subject.partition(":")
    if item.subject == OFFLINE:
        return f"Online again after {hours:.0f} h: sources answer."
    if kind == SILENT:
        return item.text.partition(SILENCE_BEGINS)[0] + ": brings something new again."
    return f"{kind.capitalize()} {name} works again after {hours:.0f} h."
