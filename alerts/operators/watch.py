"""What has stopped working among the sources, or with our own connection: incidents begun and ended after each crawl.

It measures no silence: `crawler.cadence.rhythm` does. It tells nobody: the digest stage does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.operators.incident import OFFLINE, SILENCE_BEGINS, SILENT, Incidents
from alerts.operators.oddity import watch_oddities
from crawler.cadence.pace import shared_activity
from crawler.cadence.rhythm import SHORTEST, Rhythm, Silence, judge_silence, learn_rhythm
from crawler.cadence.schedule import Why
from crawler.model import CrawlReport, PollState
from crawler.records.oddity import worth_a_word

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from crawler.records.store import Store

# With the longest wait between two polls before it, a source that stops is told of within a day.
SOURCE_DEAD_AFTER = timedelta(hours=21)  # feeds do return 404 for an hour and come back
SOURCE_DEAD_POLLS = 3


def watch(
    store: Store,
    incidents: Incidents,
    crawl: CrawlReport,
    *,
    names: Mapping[str, str],
    channel_ids: Sequence[str],
    zone: ZoneInfo,
    read_since: datetime,
    now: datetime,
) -> None:
    """Look at everything after a crawl that began at *read_since*. *names* are those of the sources that are read."""
    states = store.poll_states()
    watch_network(incidents, crawl, now)
    watch_sources(incidents, states, names, now)

    def rhythm_of(state: PollState) -> Rhythm | None:
        history = store.history(state)
        if history is None or state.last_item_at is None:
            return None
        return learn_rhythm(history, state.last_item_at, zone)

    def activity_beside(silent: PollState) -> float:
        assert silent.last_item_at is not None
        assert silent.last_ok_at is not None
        others = {
            source_id: state.pace
            for source_id, state in states.items()
            if source_id in names and source_id != silent.source_id and state.pace and not state.failures
        }
        came = store.items_since(silent.last_item_at)
        items = [came.get(source_id, 0) for source_id in others]
        return shared_activity(others.values(), items, silent.last_item_at, silent.last_ok_at, zone)

    watch_silence(incidents, states, names, rhythm_of, activity_beside, now, read_since)
    last_read = {source_id: state.last_ok_at for source_id, state in states.items()}
    watch_oddities(incidents, worth_a_word(store.oddities(), last_read), names, now)
    end_removed(incidents, list(names), channel_ids, now)


def watch_network(incidents: Incidents, crawl: CrawlReport, now: datetime) -> None:
    """Begin an incident when hardly a source gave an answer, and end it when sources are read again."""
    is_open = OFFLINE in incidents.open_subjects()
    if crawl.unreachable and not is_open:
        text = (
            f"We are offline since {now:%d %b %H:%M} UTC: {crawl.unanswered} of {crawl.asked} sources "
            "gave no answer at all. What they publish meanwhile is read afterwards."
        )
        incidents.begin(OFFLINE, text, now)
    elif is_open and not crawl.unreachable and crawl.polled > crawl.failed:
        incidents.end(OFFLINE, now)


def watch_sources(
    incidents: Incidents, states: Mapping[str, PollState], names: Mapping[str, str], now: datetime
) -> None:
    """Begin an incident for every source that fails for long or is gone, and end those of sources that were read."""
    open_subjects = incidents.open_subjects()
    for source_id, name in names.items():
        state = states.get(source_id)
        subject = f"source:{source_id}"
        if state is None:
            continue
        if not state.failures:
            if subject in open_subjects:
                incidents.end(subject, now)
        elif subject not in open_subjects and state.failing_since is not None:
            since = f"{state.failing_since:%d %b %H:%M} UTC"
            if state.next_poll_why == Why.GONE:
                text = f"Source {name} ({source_id}) is gone for good, its server says since {since}: {state.problem}."
                text += " Look for a new address: newswatch check --online."
                incidents.begin(subject, text, state.failing_since)
            elif state.failures >= SOURCE_DEAD_POLLS and now - state.failing_since >= SOURCE_DEAD_AFTER:
                text = f"Source {name} ({source_id}) cannot be read since {since}: {state.problem}."
                incidents.begin(subject, text, state.failing_since)


def watch_silence(
    incidents: Incidents,
    states: Mapping[str, PollState],
    names: Mapping[str, str],
    rhythm_of: Callable[[PollState], Rhythm | None],
    activity_beside: Callable[[PollState], float],
    now: datetime,
    read_since: datetime,
) -> None:
    """Begin an incident for every source that answers but fell silent, and end those of sources that brought something.

    Only a source that was read since *read_since* is judged: nothing else can have changed. *rhythm_of* returns what
    was learned of it up to its last new entry; *activity_beside* how much of their usual the other sources brought
    since then: on a holiday all of them are quiet, and none is broken.
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
            and judge_silence(rhythm, state.last_item_at, state.last_ok_at).is_unusual
        ):
            activity = activity_beside(state)
            silence = judge_silence(rhythm, state.last_item_at, state.last_ok_at, activity)
            if silence.is_unusual:
                incidents.begin(subject, name + _silence_text(rhythm, silence), now)


def end_removed(
    incidents: Incidents, source_ids: Sequence[str], channel_ids: Sequence[str], now: datetime
) -> None:
    """End without a word the incidents of sources and channels that left the configuration or are switched off."""
    known = dict.fromkeys(("source", SILENT), source_ids)
    known |= dict.fromkeys(("channel", "undelivered", "doubtful", "digest", "adapter"), channel_ids)
    for subject in incidents.open_subjects():
        kind, _, name = subject.partition(":")
        if kind in known and name not in known[kind]:
            incidents.end(subject, now, silently=True)


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
