"""What operators are told: a source that died, a channel that is gone. Once when it begins, once when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, and_, insert, or_, select, update

from alerts.tables import incident
from crawler.clock import from_ms, to_ms
from crawler.db.engine import transaction
from crawler.model import PollState

SOURCE_DEAD_AFTER = timedelta(hours=24)  # feeds do return 404 for an hour and come back
SOURCE_DEAD_POLLS = 3


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that stopped working; *subject* is ``source:ID`` or ``channel:ID``."""

    incident_id: int
    subject: str
    text: str
    opened: datetime
    closed: datetime | None


class Incidents:
    """The list of incidents in one database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def begin(self, subject: str, text: str, now: datetime) -> None:
        """Note that *subject* stopped working, unless that is known."""
        with transaction(self.engine) as connection:
            known = select(incident.c.id).where(incident.c.subject == subject, incident.c.closed_at.is_(None))
            if connection.execute(known).first() is None:
                connection.execute(insert(incident).values(subject=subject, text=text, opened_at=to_ms(now)))

    def end(self, subject: str, now: datetime) -> None:
        """Note that *subject* works again."""
        with transaction(self.engine) as connection:
            mine = and_(incident.c.subject == subject, incident.c.closed_at.is_(None))
            connection.execute(update(incident).where(mine).values(closed_at=to_ms(now)))

    def open_subjects(self) -> frozenset[str]:
        """Return the subjects that do not work now."""
        with transaction(self.engine) as connection:
            query = select(incident.c.subject).where(incident.c.closed_at.is_(None))
            return frozenset(connection.execute(query).scalars())

    def untold(self) -> tuple[Incident, ...]:
        """Return incidents whose beginning, or whose end after a told beginning, operators have not heard of."""
        beginning = and_(incident.c.told_at.is_(None), incident.c.closed_at.is_(None))
        ending = and_(
            incident.c.told_at.is_not(None),
            incident.c.closed_at.is_not(None),
            incident.c.closing_told_at.is_(None),
        )
        with transaction(self.engine) as connection:
            rows = connection.execute(select(incident).where(or_(beginning, ending)).order_by(incident.c.id))
            return tuple(
                Incident(
                    row.id,
                    row.subject,
                    row.text,
                    from_ms(row.opened_at),
                    None if row.closed_at is None else from_ms(row.closed_at),
                )
                for row in rows
            )


def notice_line(item: Incident) -> str:
    """Return the one line that an operator reads."""
    if item.closed is None:
        return item.text
    hours = (item.closed - item.opened).total_seconds() / 3600
    kind, _, name = item.subject.partition(":")
    return f"{kind.capitalize()} {name} works again after {hours:.0f} h."


def watch_sources(
    incidents: Incidents, states: Mapping[str, PollState], names: Mapping[str, str], now: datetime
) -> None:
    """Begin an incident for every source that has failed for a day, and end those of sources that were read."""
    open_subjects = incidents.open_subjects()
    for source_id, name in names.items():
        state = states.get(source_id)
        subject = f"source:{source_id}"
        if state is None:
            continue
        if not state.failures:
            if subject in open_subjects:
                incidents.end(subject, now)
        elif (
            state.failing_since is not None
            and state.failures >= SOURCE_DEAD_POLLS
            and now - state.failing_since >= SOURCE_DEAD_AFTER
            and subject not in open_subjects
        ):
            since = f"{state.failing_since:%d %b %H:%M} UTC"
            incidents.begin(
                subject, f"Source {name} ({source_id}) cannot be read since {since}: {state.problem}.", now
            )
