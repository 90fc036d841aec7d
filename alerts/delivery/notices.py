"""Notices to operators, routed around channels that cannot be told: who hears what, and what must be told again.

It composes and sends nothing; `alerts.operators.hearing` decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from alerts.delivery.attempt import State
from alerts.delivery.channelstate import ChannelState, ChannelStates
from alerts.delivery.outbox import Outbox
from alerts.model import Digest
from alerts.operators.hearing import LABEL, STUCK_AFTER, Hearing, Standing, find_hearing
from alerts.operators.incident import Incident, Incidents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.config import Channel, Config
    from alerts.delivery.deliveryrow import QueuedPart
    from alerts.message.platform import Part

_NEVER_SENT = frozenset({State.PENDING, State.RETRY, State.HELD, State.DEAD})


class Notices:
    """What operators are owed, and in which channels of *config* they can be told."""

    def __init__(self, config: Config, outbox: Outbox, incidents: Incidents, states: ChannelStates) -> None:
        self._config = config
        self._outbox = outbox
        self._incidents = incidents
        self._states = states

    def hearing(self, now: datetime) -> Hearing:
        """Return who can be told now."""
        states = self._states.load()
        standings = [self._standing(channel, states, now) for channel in self._config.channels]
        standings += [
            Standing(skipped.id, f"skipped: set {', '.join(skipped.variables)}")
            for skipped in self._config.skipped
        ]
        return find_hearing(self._config.operators, standings, now)

    def _standing(self, channel: Channel, states: Mapping[str, ChannelState], now: datetime) -> Standing:
        state = states.get(channel.id, ChannelState(channel.id))
        if state.paused_at is not None:
            return Standing(channel.id, f"paused: {state.paused_reason}", state.sent_at)
        waiting = self._outbox.next_part(channel.id)
        return Standing(channel.id, why_stuck(waiting, now), state.sent_at)

    def untold(self) -> tuple[Incident, ...]:
        """Return what operators have not heard of."""
        return self._incidents.untold() if self._config.operators else ()

    def note_stuck(self, now: datetime) -> None:
        """Begin an incident for every channel whose messages have not gone out for long."""
        opened = self._incidents.open_subjects()
        for channel in self._config.channels:
            waiting = self._outbox.next_part(channel.id)
            why = why_stuck(waiting, now)
            if waiting is not None and why and f"channel:{channel.id}" not in opened:
                text = f"Channel {channel.id} ({channel.platform.name}): {why}. Its messages are kept and tried again."
                self._incidents.begin(f"channel:{channel.id}", text, waiting.created)

    def unheard(self, now: datetime) -> list[tuple[str, str]]:
        """Return, by the channel that should hear of it, what nobody can be told now."""
        untold = self.untold()
        if not untold:
            return []
        hearing = self.hearing(now)
        count = sum(not hearing.hearers(item) for item in untold)
        if not count:
            return []
        what = f"{count} notice{'s wait' if count > 1 else ' waits'} for operators: nobody else can be told"
        deaf = [(channel, f"{what}, it is {why}") for channel, why in hearing.deaf.items()]
        return deaf or [(channel, what) for channel in hearing.operators]

    def take_back(
        self, render: Callable[[Channel, Digest], tuple[Part, ...]], hearing: Hearing, now: datetime
    ) -> None:
        """Make untold again what stands only in messages that a deaf channel never took, if others can hear it.

        Messages that were certainly never seen are written anew without it (*render*), so that it is not told twice
        when the channel is back; of others a new form might be seen beside the first.
        """
        channels = {channel.id: channel for channel in self._config.channels}
        for digest_id, channel_id, told in self._incidents.told_in_digests(hearing.unable):
            others = [item for item in told if hearing.hearers(item)]
            rows, content = self._outbox.parts_of(digest_id), self._outbox.read_digest(digest_id)
            if not others or content is None or any(row.state is State.SENT for row in rows):
                continue
            channel, texts = channels.get(channel_id), {item.text for item in others}
            kept = tuple(line for line in content.notices if line not in texts and not line.startswith(LABEL))
            rest = replace(content, notices=kept)
            parts: tuple[Part, ...] | None = None
            if all(_is_unseen(row, channel) for row in rows):
                is_empty = not (rest.stories or rest.brief or kept)
                parts = () if is_empty else render(channel, rest) if channel else None
            self._outbox.rewrite(rest, parts, [item.incident_id for item in others], now)


def _is_unseen(row: QueuedPart, channel: Channel | None) -> bool:
    """Tell whether a message certainly never arrived; a platform that knows repeats is asked again after any answer."""
    if row.state not in _NEVER_SENT or row.repeats:
        return False
    refused_at_once = row.state is State.HELD and row.attempts == 1
    return (channel is not None and not channel.platform.idempotent) or not row.attempts or refused_at_once


def why_stuck(waiting: QueuedPart | None, now: datetime) -> str | None:
    """Return why nothing behind *waiting* is told, None where it waits for not so long."""
    if waiting is None:
        return None
    until = waiting.updated  # of the last attempt: a machine that was asleep proves nothing
    if waiting.not_before is not None and waiting.not_before > now:
        until = max(until, waiting.not_before)
    if until - waiting.created < STUCK_AFTER:
        return None
    since = f"nothing has gone out since {waiting.created:%d %b %H:%M} UTC"
    return f"{since}: {waiting.reason}" if waiting.reason else since
