"""The digest stage: for each channel that is due, select what it has not been told and freeze the messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.configkeys import At
from alerts.delivery.channelstate import ChannelState, ChannelStates
from alerts.delivery.deliveryrow import QueuedPart
from alerts.delivery.edit import Edits
from alerts.delivery.notices import Notices
from alerts.delivery.outbox import Outbox
from alerts.digest.changing import Changes
from alerts.digest.compose import SourceFacts, compose_digest, compose_heartbeat, coverage_of, severity_of
from alerts.digest.due import (
    WRONG_CLOCK,
    Past,
    Plan,
    Turn,
    choose_turn,
    first_chance,
    heartbeat_due,
    is_plan_quiet,
    later_mark,
)
from alerts.digest.grading import Grades
from alerts.digest.volume import count_volumes
from alerts.lead.writer import LeadWriter
from alerts.message.platform import Part, Style
from alerts.model import Digest, Severity, ToldIn
from alerts.operators.hearing import LABEL
from alerts.operators.incident import Incidents, notice_line
from alerts.operators.runlog import RunLog
from alerts.records.archive import Archive
from alerts.transport import adapter
from alerts.transport.adapter import DefectError
from crawler.errors import StoreError
from crawler.records.store import Store

if TYPE_CHECKING:
    from alerts.config import Channel, Config
    from alerts.digest.changing import PendingChange
    from alerts.digest.compose import Selection
    from alerts.operators.incident import Incident
    from alerts.records.archive import PendingStory

MOST_CHANGED = 10  # articles whose changes one digest tells; the rest waits for the next
MOST_ANSWERS = 3  # messages that one run adds to earlier ones of a channel; more of them are noise
CATCH_UP_AFTER = timedelta(hours=6)  # older than this, the digest says that it catches up


class Digester:
    """Everything that composing needs; one per run."""

    def __init__(
        self,
        config: Config,
        store: Store,
        archive: Archive,
        outbox: Outbox,
        incidents: Incidents,
        states: ChannelStates,
    ) -> None:
        self._config = config
        self._store = store
        self._archive = archive
        self._outbox = outbox
        self._incidents = incidents
        self._states = states
        self.notices = Notices(config, outbox, incidents, states)
        self._sources = source_facts(config)
        self._grades = Grades(config)
        self._changes = Changes(store.engine)
        self._edits = Edits(store.engine)
        self._log = RunLog(store.engine)
        self._zone = ZoneInfo(config.crawl.settings.timezone)
        self._writer = LeadWriter(config.lexicon)
        self.problems: list[tuple[str, str]] = []  # channel and what went wrong while composing

    def enqueue_due(self, channels: Sequence[Channel], now: datetime) -> int:
        """Freeze a digest for every channel that is due and has no unsent message; return their number.

        A channel that still has unsent messages gets nothing more behind them: what happens meanwhile is told in
        one digest once it works again, instead of one for every run that it missed.
        """
        states = self._states.load()
        self._changes.forget_unwanted({channel.id: channel.changes for channel in channels})
        oldest = self._oldest_untold()
        gap = self._log.usual_gap(now) if any(channel.group_wait for channel in channels) else None
        checked: dict[str, datetime] = {}
        spoken: dict[str, datetime] = {}
        enqueued = 0
        for channel in channels:
            state = states.get(channel.id, ChannelState(channel.id))
            plan, past = plan_of(channel, self._zone), Past(state.last_digest_at, state.checked_at)
            if state.paused_at is not None or self._outbox.next_part(channel.id) is not None:
                continue
            turn = choose_turn(plan, past, oldest.get(channel.id), gap, now)
            try:
                told = self._enqueue(channel, state, plan, turn, oldest.get(channel.id), now)
            except StoreError:
                raise
            except Exception as error:  # one story or adapter that cannot be rendered costs its channel only
                fault = str(error) if isinstance(error, adapter.DefectError) else adapter.fault_of(error)
                text = f"Channel {channel.id}: its digest cannot be written: {fault}."
                self._incidents.begin(f"digest:{channel.id}", text, now)
                self.problems.append((channel.id, text))
                continue
            enqueued += told
            if told:
                self._incidents.end(f"digest:{channel.id}", now)
                continue  # its marks stand in the digest's own transaction
            if isinstance(channel.send, At) and not is_plan_quiet(plan, now):
                checked[channel.id] = later_mark(state.checked_at, now)
            if channel.heartbeat and (
                state.spoken_at is None or state.spoken_at - now > max(channel.heartbeat, WRONG_CLOCK)
            ):
                spoken[channel.id] = now
        self._states.note_looks(checked, spoken)
        return enqueued

    def _oldest_untold(self) -> dict[str, datetime]:
        """Return since when news or a change waits, by channel."""
        oldest = dict(self._archive.oldest_pending())
        for channel_id, moment in self._changes.oldest_pending().items():
            oldest[channel_id] = min(moment, oldest.get(channel_id, moment))
        return oldest

    def untold(self, channel: Channel, now: datetime) -> tuple[Digest, ...]:
        """Return the digests that *channel* would get now if its turn came: what a run freezes. Marks nothing."""
        state = self._states.load().get(channel.id, ChannelState(channel.id))
        oldest = self._oldest_untold().get(channel.id)
        selections, _ = self._choose(channel, state, plan_of(channel, self._zone), Turn.ALL, oldest, now)
        return tuple(selection.digest for selection in selections)

    def _enqueue(
        self,
        channel: Channel,
        state: ChannelState,
        plan: Plan,
        turn: Turn,
        oldest: datetime | None,
        now: datetime,
    ) -> bool:
        """Freeze what one channel is told now; tell whether that is anything."""
        selections, incidents = self._choose(channel, state, plan, turn, oldest, now)
        rendered = [
            adapter.render(channel.platform, each.digest, channel.keys, Style.RICH) for each in selections
        ]
        is_looked_at = isinstance(channel.send, At) and not is_plan_quiet(plan, now)
        for selection, parts in zip(selections, rendered, strict=True):
            tells_notices = selection.digest.answers is None
            self._outbox.enqueue(
                channel.id,
                selection,
                parts,
                now,
                [item.incident_id for item in incidents] if tells_notices else [],
                edits=self._edits.plan(channel.id, channel.platform, selection.notes),
                on_schedule=turn is Turn.ALL or not (plan.urgent_at_once or plan.group_wait),
                checked_at=later_mark(state.checked_at, now) if is_looked_at else None,
            )
        return bool(selections)

    def _choose(
        self,
        channel: Channel,
        state: ChannelState,
        plan: Plan,
        turn: Turn,
        oldest: datetime | None,
        now: datetime,
    ) -> tuple[list[Selection], list[Incident]]:
        """Return what one channel is told now, and the incidents that stand in it."""
        past = Past(state.last_digest_at, state.checked_at)
        labelled = [] if is_plan_quiet(plan, now) else self._untold_incidents(channel, now)
        incidents = [item for item, _ in labelled]
        stories = self._archive.pending_stories(channel.id) if oldest and turn is not Turn.NOTHING else ()
        waiting = len(stories)
        owed = oldest is not None and turn is Turn.ALL
        changes = self._changes.pending(channel.id, channel.changes, MOST_CHANGED) if owed else ()
        if turn is Turn.URGENT:
            grades = self._grades.of_stories(stories)
            stories = tuple(item for item in stories if severity_of(item, grades) is Severity.URGENT)
        if stories or incidents or changes:
            is_late = turn is Turn.ALL and oldest is not None
            is_late = is_late and now - first_chance(plan, past, oldest or now) > CATCH_UP_AFTER
            notices = self._notice_lines(channel, labelled)
            if f"doubtful:{channel.id}" not in {item.subject for item in incidents}:
                notices += [_doubt_line(part, self._zone) for part in self._outbox.doubts(channel.id)]
            held = waiting - len(stories)
            return [
                self.select(channel, some, now, notices, is_catch_up=is_late, held=held, changes=changed)
                if answers is None
                else self.select(channel, some, now, answers=answers, changes=changed)
                for answers, some, changed in self._by_message(
                    channel, stories, changes, has_notices=bool(notices)
                )
            ], incidents
        every = None if oldest else channel.heartbeat
        if every and heartbeat_due(every, state.spoken_at, plan, past, now):
            return [self._heartbeat(channel, state.spoken_at or now, now)], []
        return [], []

    def _by_message(
        self,
        channel: Channel,
        stories: Sequence[PendingStory],
        changes: Sequence[PendingChange],
        *,
        has_notices: bool,
    ) -> list[tuple[ToldIn | None, tuple[PendingStory, ...], tuple[PendingChange, ...]]]:
        """Return what makes a message of its own: the news, then updates and changes by the message that they answer.

        Where the platform knows no answers, or there would be many, they stand in the digest like the rest.
        """
        updates = [item.story_id for item in stories if item.told_source_ids]
        updates = list(dict.fromkeys([*updates, *(item.story_id for item in changes)]))
        told = self._outbox.first_told(channel.id, updates) if channel.platform.answers and updates else {}
        if len(set(told.values())) > MOST_ANSWERS:
            told = {}
        grouped: dict[ToldIn, list[PendingStory]] = {}
        news: list[PendingStory] = []
        for item in stories:
            (grouped.setdefault(told[item.story_id], []) if item.story_id in told else news).append(item)
        loose = tuple(item for item in changes if item.story_id not in told)
        messages: dict[ToldIn | None, tuple[tuple[PendingStory, ...], tuple[PendingChange, ...]]] = {}
        if news or loose or has_notices:
            messages[None] = tuple(news), loose
        for answers in dict.fromkeys(told.values()):
            changed = tuple(item for item in changes if told.get(item.story_id) == answers)
            messages[answers] = tuple(grouped.get(answers, ())), changed
        return [(answers, *both) for answers, both in messages.items()]

    def route_notices(self, now: datetime) -> None:
        """Look which channels cannot be told any more, and take back from them what others can hear."""
        self.notices.note_stuck(now)
        hearing = self.notices.hearing(now)

        def render(channel: Channel, content: Digest) -> tuple[Part, ...]:
            return adapter.render(channel.platform, content, channel.keys, Style.RICH)

        if hearing.unable:
            try:
                self.notices.take_back(render, hearing, now)
            except DefectError as defect:
                self.problems += [(channel, str(defect)) for channel in hearing.unable]

    def _untold_incidents(self, channel: Channel, now: datetime) -> list[tuple[Incident, str]]:
        """Return what *channel* is told of what operators have not heard, not what is wrong with itself.

        Each with the line that says why it is told here, "" where operators name the channel.
        """
        untold = self.notices.untold()
        if not untold:
            return []
        hearing = self.notices.hearing(now)
        mine = (item for item in untold if channel.id in hearing.hearers(item))
        return [(item, hearing.why_here(channel.id, item)) for item in mine]

    def _notice_lines(self, channel: Channel, incidents: Sequence[tuple[Incident, str]]) -> list[str]:
        """Return the lines of *incidents*, behind the reason why they are told here where operators name others."""
        lines: dict[str, list[str]] = {}
        for item, label in incidents:
            lines.setdefault(label, []).append(notice_line(item))
        for label in filter(None, lines):
            self.problems.append(
                (channel.id, f"told what operators are to know: {label.removeprefix(LABEL)[:-1]}")
            )
        return [line for label, told in lines.items() for line in ([label] if label else []) + told]

    def _heartbeat(self, channel: Channel, since: datetime, now: datetime) -> Selection:
        return compose_heartbeat(
            channel_id=channel.id,
            topic_names=self._topic_names(channel),
            since=since,
            now=now,
            timezone=self._config.crawl.settings.timezone,
            states=self._store.poll_states(),
            sources=self._sources,
        )

    def _topic_names(self, channel: Channel) -> dict[str, str]:
        return {topic.id: topic.name for topic in self._config.topics if topic.id in channel.topics}

    def select(
        self,
        channel: Channel,
        stories: Sequence[PendingStory],
        now: datetime,
        notices: Sequence[str] = (),
        *,
        is_catch_up: bool = False,
        held: int = 0,
        answers: ToldIn | None = None,
        changes: Sequence[PendingChange] = (),
    ) -> Selection:
        """Return the digest that *channel* would get of *stories*."""
        names = self._topic_names(channel)
        has_news = bool(stories) and answers is None
        return compose_digest(
            stories,
            channel_id=channel.id,
            title=" · ".join(names.values()),
            now=now,
            timezone=self._config.crawl.settings.timezone,
            max_stories=channel.max_stories,
            topic_names=names,
            sources=self._sources,
            grades=self._grades.of_stories(stories),
            writer=self._writer,
            coverage=coverage_of(self._store.poll_states(), self._sources, self._incidents.open_subjects()),
            volumes=count_volumes(self._store.engine, names, now, self._zone) if has_news else (),
            held=held,
            answers=answers,
            template=channel.template,
            notices=notices,
            is_catch_up=is_catch_up,
            changes=changes,
        )


def _doubt_line(part: QueuedPart, zone: ZoneInfo) -> str:
    return (
        f"Digest {part.digest_id} of {part.created.astimezone(zone):%d %b %H:%M} may not have arrived here: the answer "
        f"to it was lost. It is held; `newswatch outbox retry {part.delivery_id}` sends it again."
    )


def plan_of(channel: Channel, zone: ZoneInfo) -> Plan:
    """Return when *channel* wants to be told."""
    return Plan(channel.send, channel.quiet, zone, channel.urgent_at_once, channel.group_wait)


def source_facts(config: Config) -> dict[str, SourceFacts]:
    """Return what digests say of each enabled source, in configuration order."""
    return {
        source.id: SourceFacts(source.name, source.perspective, source.encoding)
        for source in config.crawl.sources
        if source.enabled
    }
