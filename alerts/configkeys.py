"""The keys of ``topics.yaml`` and ``channels.yaml``, and the small values that they become.

A platform's own keys are its own business; reading files and comparing entries is `alerts.config`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator

from crawler.configvalue import Language, Line, Slug, parse_positive_duration
from crawler.validation import StrictModel

LONGEST_GROUP_WAIT = timedelta(hours=6)
SHORTEST_HEARTBEAT = timedelta(hours=1)
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Instant:
    """Send whenever a run finds something."""


@dataclass(frozen=True, slots=True)
class Every:
    """Send at most once in *interval*."""

    interval: timedelta


@dataclass(frozen=True, slots=True)
class At:
    """Send at these times of day, sorted, in the configured time zone."""

    times: tuple[time, ...]


Send = Instant | Every | At


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hold everything back from *start* to *end*, local times; the span may cross midnight."""

    start: time
    end: time
    except_urgent: bool = False


def parse_time(value: object) -> time:
    """Read a time of day written ``"07:00"``."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError('write a time of day from "00:00" to "23:59"')
    return time(int(found[1]), int(found[2]))


def parse_send(value: object) -> Send:
    """Read ``instant``, ``{every: 1h}`` or ``{at: ["07:00", "19:00"]}``."""
    match value:
        case "instant" | Instant():
            return Instant()
        case Every() | At():
            return value
        case {"every": interval, **rest} if not rest:
            return Every(parse_positive_duration(interval))
        case {"at": [*times], **rest} if times and not rest:
            return At(tuple(sorted({parse_time(moment) for moment in times})))
    raise ValueError('write instant, {every: 1h} or {at: ["07:00", "19:00"]}')


def parse_group_wait(value: object) -> timedelta:
    """Read how long news may wait for more of it."""
    wait = value if isinstance(value, timedelta) else parse_positive_duration(value)
    if wait > LONGEST_GROUP_WAIT:
        raise ValueError("write at most 6h: a longer wait is {every: ...} under send")
    return wait


def parse_heartbeat(value: object) -> timedelta:
    """Read after how long without news a channel is told so."""
    every = value if isinstance(value, timedelta) else parse_positive_duration(value)
    if every < SHORTEST_HEARTBEAT:
        raise ValueError("write at least 1h; 24h is usual")
    return every


def _parse_near(value: object) -> tuple[str, str, int]:
    match value:
        case [str(first), str(second), int(distance)] if (
            not isinstance(distance, bool) and 0 < distance <= 1000
        ):
            return first, second, distance
    raise ValueError('write [first, second, distance in words]: ["@airstrike", "@loikaw", 25]')


TimeOfDay = Annotated[time, BeforeValidator(parse_time)]
Terms = tuple[Line, ...]
OnUnknown = Literal["resend", "hold"]  # a message whose answer was lost, where a repeat cannot be recognised
Told = Literal["figures", "all", "none"]  # of what outlets change in articles that were told


class Topic(StrictModel):
    """One entry of ``topics.yaml``; `alerts.match.rule.TopicRule` has the same fields."""

    id: Slug = Field(description="write an id that no other topic has")
    name: Line = Field(description="write the topic's name as digests shall show it")
    any: Terms = ()
    all: Terms = ()
    none: Terms = ()
    title: Terms = ()
    languages: tuple[Language, ...] = ()
    near: tuple[Annotated[tuple[str, str, int], PlainValidator(_parse_near)], ...] = ()
    mask: Terms = ()
    detail: Terms = ()


class QuietHours(StrictModel):
    """``quiet`` of a channel."""

    start: TimeOfDay = Field(alias="from", description='write a time of day: "22:00"')
    end: TimeOfDay = Field(alias="to", description='write a time of day: "06:00"')
    exception: Literal["urgent"] | None = Field(default=None, alias="except")


class ChannelEntry(StrictModel):
    """The keys that every channel has, whatever its platform."""

    id: Slug = Field(description="write an id that no other channel has")
    platform: str = Field(description="write a platform such as slack")
    topics: tuple[str, ...] | None = Field(default=None, min_length=1)
    send: Annotated[Send, PlainValidator(parse_send)] = Instant()
    quiet: QuietHours | None = None
    max_stories: int = Field(default=20, ge=1, le=100)
    urgent: Literal["instant"] | None = None
    group_wait: Annotated[timedelta, BeforeValidator(parse_group_wait)] = timedelta(0)
    heartbeat: Annotated[timedelta, BeforeValidator(parse_heartbeat)] | None = None
    template: Line | None = None
    changes: Told = "figures"
    on_unknown: OnUnknown = "resend"


class TopicsFile(StrictModel):
    """Shape of ``topics.yaml``."""

    topics: tuple[dict[str, Any], ...] = Field(min_length=1, description="write at least one topic")


class ChannelsFile(StrictModel):
    """Shape of ``channels.yaml``."""

    channels: tuple[dict[str, Any], ...] = ()
    operators: tuple[str, ...] = ()


COMMON_KEYS = frozenset(ChannelEntry.model_fields)
