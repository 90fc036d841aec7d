"""What operators are told: a source that died or fell silent, a channel that is gone.

Once when it begins, once when it ends. It measures no silence: `crawler.cadence.rhythm` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, and_, insert, or_, select, update

from alerts.tables import incident
from crawler.cadence.rhythm import SHORTEST, Rhythm, Silence, judge_silence
from crawler.clock import from_ms, to_ms
from crawler.db.engine import transaction
from crawler.model import PollState

SOURCE_DEAD_AFTER = timedelta(hours=24)  # feeds do return 404 for an hour and come back
SOURCE_DEAD_POLLS = 3
SILENT = "silent"
SILENCE_BEGINS = ": answers, but nothing new"


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that stopped working; *subject* is ``source:ID``, ``silent:ID`` or ``channel:ID``."""

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

    def end(self, subject: str, now: datetime, *, silently: bool = False) -> None:
        """Note that *subject* works again; *silently*: nobody needs to hear of it."""
        values = {"closed_at": to_ms(now)} | ({"closing_told_at": to_ms(now)} if silently else {})
        with transaction(self.engine) as connection:
            mine = and_(incident.c.subject == subject, incident.c.closed_at.is_(None))
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
    if kind == SILENT:
        return item.text.partition(SILENCE_BEGINS)[0] + ": brings something new again."
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


def watch_silence(
    incidents: Incidents,
    states: Mapping[str, PollState],
    names: Mapping[str, str],
    rhythm_of: Callable[[PollState], Rhythm | None],
    now: datetime,
    read_since: datetime,
) -> None:
    """Begin an incident for every source that answers but fell silent, and end those of sources that brought something.

    Only a source that was read since *read_since* is judged: nothing else can have changed. *rhythm_of* returns what
    was learned of it up to its last new entry.
    """
    opened = incidents.opened()
    for source_id, name in names.items():
        state, subject = states.get(source_id), f"{SILENT}:{source_id}"
        if state is None or state.last_item_at is None or state.last_ok_at is None:
            continue
        if subject in opened:
            if state.last_item_at > opened[subject]:
                incidents.end(subject, now)
        elif (
            not state.failures  # its outage is another incident
            and state.last_ok_at >= read_since
            and state.last_ok_at - state.last_item_at >= SHORTEST
            and (rhythm := rhythm_of(state)) is not None
            and (silence := judge_silence(rhythm, state.last_item_at, state.last_ok_at)).is_unusual
        ):
            incidents.begin(subject, name + _silence_text(rhythm, silence), now)


def _silence_text(rhythm: Rhythm, silence: Silence) -> str:
    hours = silence.lasted / timedelta(hours=1)
    lasted = f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
    if rhythm.items_per_day >= 1.5:
        usual = f"{rhythm.items_per_day:.0f} a day"
    elif rhythm.items_per_day * 7 >= 1.5:
        usual = f"{rhythm.items_per_day * 7:.0f} a week"
    else:
        usual = f"{rhythm.items_per_day * 30:.0f} a month"
    return f"{SILENCE_BEGINS} for {lasted}; usually {usual}."
