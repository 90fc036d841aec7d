"""The digest stage: for each channel that is due, select what it has not been told and freeze the messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, assert_never
from zoneinfo import ZoneInfo

from alerts.archive import Archive
from alerts.channelstate import ChannelState, ChannelStates
from alerts.compose import SourceFacts, compose_digest, coverage_of
from alerts.configkeys import At, Every, Instant
from alerts.due import interval_passed, is_quiet, slot_passed
from alerts.grading import Grades
from alerts.incident import Incidents, notice_line
from alerts.outbox import Outbox
from alerts.platform import Style
from crawler.errors import StoreError
from crawler.store import Store

if TYPE_CHECKING:
    from alerts.archive import PendingStory
    from alerts.compose import Selection
    from alerts.config import Channel, Config

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
        self._sources = source_facts(config)
        self._grades = Grades(config)
        self.problems: list[tuple[str, str]] = []  # channel and what went wrong while composing

    def enqueue_due(self, channels: Sequence[Channel], now: datetime) -> int:
        """Freeze a digest for every channel that is due and has no unsent message; return their number.

        A channel that still has unsent messages gets nothing more behind them: what happens meanwhile is told in
        one digest once it works again, instead of one for every run that it missed.
        """
        states = self._states.load()
        oldest = self._archive.oldest_pending()
        checked: list[str] = []
        enqueued = 0
        for channel in channels:
            try:
                told, looked_at = self._enqueue(channel, states, oldest, now)
            except StoreError:
                raise
            except Exception as error:  # one story or adapter that cannot be rendered costs its channel only
                text = f"Channel {channel.id}: its digest cannot be written: {type(error).__name__}: {error}."
                self._incidents.begin(f"digest:{channel.id}", text, now)
                self.problems.append((channel.id, text))
                continue
            enqueued += told
            checked += [channel.id] if looked_at else []
        if checked:
            self._states.note_checked(checked, now)
        return enqueued

    def _enqueue(
        self,
        channel: Channel,
        states: Mapping[str, ChannelState],
        oldest: Mapping[str, datetime],
        now: datetime,
    ) -> tuple[bool, bool]:
        """Freeze one channel's digest if it is due: whether it was, and whether its daily times were looked at."""
        state = states.get(channel.id, ChannelState(channel.id))
        if state.paused_at is not None or self._outbox.next_part(channel.id) is not None:
            return False, False
        incidents = [
            item
            for item in (self._incidents.untold() if channel.id in self._config.operators else ())
            if item.subject not in (f"channel:{channel.id}", f"undelivered:{channel.id}")
        ]
        is_told_now = bool(incidents)
        if channel.quiet and self._is_quiet(channel, now):
            return False, False
        if self._is_due(channel, state, now) and (channel.id in oldest or incidents):
            stories = self._archive.pending_stories(channel.id)
            is_told_now = True
        else:
            stories = ()
        looked_at = isinstance(channel.send, At)
        if not is_told_now:
            return False, looked_at
        late = (
            channel.id in oldest
            and isinstance(channel.send, Instant)
            and channel.quiet is None
            and now - oldest[channel.id] > CATCH_UP_AFTER
        )
        selection = self.select(
            channel, stories, now, [notice_line(item) for item in incidents], is_catch_up=late
        )
        parts = channel.platform.render(selection.digest, channel.keys, Style.RICH)
        self._outbox.enqueue(channel.id, selection, parts, now, [item.incident_id for item in incidents])
        return True, looked_at

    def select(
        self,
        channel: Channel,
        stories: Sequence[PendingStory],
        now: datetime,
        notices: Sequence[str] = (),
        *,
        is_catch_up: bool = False,
    ) -> Selection:
        """Return the digest that *channel* would get of *stories*."""
        names = {topic.id: topic.name for topic in self._config.topics if topic.id in channel.topics}
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
            coverage=coverage_of(self._store.poll_states(), self._sources, self._incidents.open_subjects()),
            notices=notices,
            is_catch_up=is_catch_up,
        )

    def _is_due(self, channel: Channel, state: ChannelState, now: datetime) -> bool:
        match channel.send:
            case Instant():
                return True
            case Every(interval):
                return interval_passed(interval, state.last_digest_at, now)
            case At(times):
                return slot_passed(times, state.checked_at, now, self._zone)
            case _ as never:
                assert_never(never)

    def _is_quiet(self, channel: Channel, now: datetime) -> bool:
        assert channel.quiet is not None
        return is_quiet(channel.quiet.start, channel.quiet.end, now, self._zone)

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._config.crawl.settings.timezone)


def source_facts(config: Config) -> dict[str, SourceFacts]:
    """Return what digests say of each enabled source, in configuration order."""
    return {
        source.id: SourceFacts(source.name, source.perspective, source.encoding)
        for source in config.crawl.sources
        if source.enabled
    }
