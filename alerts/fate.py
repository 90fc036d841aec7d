"""How every channel stands to an entry: told of it, waiting, or why not.

Concludes from rows that `alerts.history` has read; changes and sends nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from alerts.configkeys import At, Every, Instant
from alerts.delivery.attempt import State
from alerts.delivery.channelstate import ChannelState, ChannelStates
from alerts.delivery.outbox import Outbox
from alerts.digest.due import Past, Turn, choose_turn, is_on_schedule, is_plan_quiet
from alerts.digesting import plan_of
from alerts.history import Life, Queued
from alerts.model import Severity
from crawler.configvalue import format_duration

if TYPE_CHECKING:
    from alerts.config import Channel, Config

Standing = Literal["told", "counted", "waits", "failed", "not told"]


@dataclass(frozen=True, slots=True)
class ChannelFate:
    """How a channel stands to an article, in a word and in a sentence."""

    channel_id: str
    standing: Standing
    reason: str
    at: datetime | None = None
    queued: Queued | None = None


def tell_fates(
    config: Config,
    engine: Engine,
    life: Life,
    channels: Sequence[Channel],
    now: datetime,
    severity: Severity = Severity.ROUTINE,
) -> tuple[ChannelFate, ...]:
    """Return how every channel stands to the article of *life*, those that left the configuration included.

    *channels* are the usable ones; the terminal's when there is none. *severity* is the article's, under today's rules.
    """
    states = ChannelStates(engine).load()
    outbox = Outbox(engine)
    queued = {item.channel_id: item for item in life.queued}
    usable = {channel.id: channel for channel in channels}
    skipped = {item.id: item for item in config.skipped}
    zone = ZoneInfo(config.crawl.settings.timezone)
    fates = []
    for channel_id in dict.fromkeys((*usable, *skipped, *queued)):
        channel, mine = usable.get(channel_id), queued.get(channel_id)
        unset = ", ".join(skipped[channel_id].variables) if channel_id in skipped else ""
        if mine is None:
            topics = channel.topics if channel else skipped[channel_id].topics
            reason = _why_not_queued(life, topics, unset)
            fates.append(ChannelFate(channel_id, "not told", reason))
        elif mine.digest_id is not None:
            fates.append(_in_digest(life, mine))
        else:
            if unset:
                reason = f"the channel is skipped until {unset} is set"
            elif channel is None:
                reason = "the channel is not in channels.yaml any more"
            else:
                state = states.get(channel_id, ChannelState(channel_id))
                reason = _why_waiting(channel, state, outbox, severity, now, zone)
            fates.append(ChannelFate(channel_id, "waits", reason, mine.queued, mine))
    return tuple(fates)


def _why_not_queued(life: Life, topics: Sequence[str], unset: str) -> str:
    found = life.found or {}
    if life.article is None:
        return "there is no article yet"
    if not found:
        return "no topic was found in it" if life.is_examined else "it has not been matched yet"
    if life.article.backlog:
        return "it came with the source's first poll and was older than first_run_window"
    if not any(topic in topics for topic in found):
        return f"the channel wants {', '.join(topics)} only"
    if unset:
        return f"the channel was skipped: {unset} is not set"
    return "the channel was not there yet when it was matched, or did not want the topic then"


def _in_digest(life: Life, mine: Queued) -> ChannelFate:
    at, messages = mine.digest_at, mine.messages
    if mine.counted:
        reason = f'only counted in the line "+N more" of digest {mine.digest_id}: there were too many at once'
        return ChannelFate(mine.channel_id, "counted", reason, at, mine)
    told = f"digest {mine.digest_id}"
    if messages and all(message.state is State.SENT for message in messages):
        done = max(message.updated for message in messages)
        is_fuller = life.revision > 1 and not life.revised  # what its outlet changed stands under Changes
        if life.examination and at and is_fuller and at < life.examination.at:
            told += "; the fuller text that came later is not told again"
        return ChannelFate(mine.channel_id, "told", told, done, mine)
    for message in messages:
        if message.state in (State.DEAD, State.HELD, State.DOUBTFUL):
            what = "given up" if message.state is State.DEAD else "held"
            reason = f"{told}, message {message.number} was {what}: {message.reason or 'no reason noted'}"
            return ChannelFate(mine.channel_id, "failed", reason, message.updated, mine)
    noted = next((message.reason for message in messages if message.reason), None)
    return ChannelFate(
        mine.channel_id, "waits", f"{told} is not sent yet: {noted or 'with the next run'}", at, mine
    )


def _why_waiting(
    channel: Channel, state: ChannelState, outbox: Outbox, severity: Severity, now: datetime, zone: ZoneInfo
) -> str:
    """Return what the digest stage would find in the way of *channel*, in its order."""
    if state.paused_at is not None:
        return f"the channel is paused: {state.paused_reason or 'no reason noted'}"
    if blocking := outbox.next_part(channel.id):
        why = f" ({blocking.reason})" if blocking.reason else ""
        return f"message {blocking.delivery_id} before it is not sent yet{why}"
    plan, past = plan_of(channel, zone), Past(state.last_digest_at, state.checked_at)
    is_urgent = severity is Severity.URGENT
    if channel.quiet and is_plan_quiet(plan, now):
        until = f"quiet hours until {channel.quiet.end:%H:%M}"
        if not channel.quiet.except_urgent:
            return until
        if not is_urgent:
            return f"{until}: only urgent stories pass, this one is {severity.word}"
        if choose_turn(plan, past, now, None, now) is Turn.URGENT:
            return "urgent: goes out with the next run, in quiet hours too"
        return f"{until}: urgent stories pass, but are not due before"
    if is_urgent and plan.urgent_at_once:
        return "urgent: goes out with the next run"
    match channel.send:
        case At(times):
            return f"sent with the first run after {' and '.join(f'{time:%H:%M}' for time in times)}"
        case Every(interval) if state.last_digest_at and not is_on_schedule(plan, past, now):
            due = (state.last_digest_at + interval).astimezone(zone)
            return f"the next digest is due {due:%Y-%m-%d %H:%M}"
        case Instant() if plan.group_wait and not is_urgent:
            return f"waits at most {format_duration(plan.group_wait)} for more to join it (group_wait)"
        case Every() | Instant():
            return "goes out with the next run"
