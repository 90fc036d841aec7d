"""Who hears what operators are to be told: the channels that they name, else one that works. Pure.

A notice must not depend on the broken part: what is wrong with a channel is never told in it, and where no named
channel can be told now, another that delivered lately stands in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerts.operators.incident import Incident

STUCK_AFTER = timedelta(hours=3)  # a message that has not gone out for so long: nothing behind it will
LATELY = timedelta(days=7)
OWN = ("channel", "undelivered", "adapter")  # kinds of incidents that are about the channel they name
LABEL = "To operators, told here because "


@dataclass(frozen=True, slots=True)
class Standing:
    """What one channel can do now: *why_deaf* says why it cannot be told anything, None that it can."""

    channel_id: str
    why_deaf: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who can be told now."""

    operators: tuple[str, ...]  # named by the configuration, and able
    deaf: Mapping[str, str]  # named, but not able, and why
    others: tuple[str, ...]  # not named, but able: the first of them stands in
    unable: tuple[str, ...] = ()  # named or not

    def hearers(self, item: Incident) -> tuple[str, ...]:
        """Return the channels in which *item* may be told, none where nobody can hear of it.

        An end is told where the beginning was.
        """
        if not (self.operators or self.deaf):
            return ()  # nobody wants to hear
        own = own_channel(item)
        if item.closed and item.told_in in (*self.operators, *self.others) and item.told_in != own:
            return (item.told_in,)
        named = tuple(channel for channel in self.operators if channel != own)
        return named or tuple(channel for channel in self.others if channel != own)[:1]

    def why_here(self, channel_id: str, item: Incident) -> str:
        """Return the line that explains why a channel is told *item* that operators do not name, "" where they do."""
        if channel_id in self.operators or (item.closed and item.told_in == channel_id):
            return ""
        if self.operators:
            return f"{LABEL}it is about {own_channel(item)} itself:"
        return f"{LABEL}{self.why_nobody()}:"

    def why_nobody(self) -> str:
        """Return why none of the named channels can be told."""
        return "; ".join(f"{channel} cannot be told ({why})" for channel, why in self.deaf.items())


def find_hearing(operators: Sequence[str], standings: Sequence[Standing], now: datetime) -> Hearing:
    """Return who can be told. *standings* are those of all configured channels, in their order."""
    deaf = {
        item.channel_id: item.why_deaf
        for item in standings
        if item.channel_id in operators and item.why_deaf is not None
    }
    able = [item for item in standings if item.why_deaf is None]
    others = [item for item in able if item.channel_id not in operators]
    others.sort(
        key=lambda item: item.sent_at is None or now - item.sent_at > LATELY
    )  # stable: in their order
    return Hearing(
        tuple(item.channel_id for item in able if item.channel_id in operators),
        deaf,
        tuple(item.channel_id for item in others),
        tuple(item.channel_id for item in standings if item.why_deaf is not None),
    )


def own_channel(item: Incident) -> str | None:
    """Return the channel that an incident is about, None for any other."""
    kind, _, name = item.subject.partition(":")
    return name if kind in OWN else None
