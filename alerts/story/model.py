"""The values of grouping: what is compared of an article, what speaks for and against one event, what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Script = Literal["my", "latin", "other"]
Relation = Literal["same", "related", "different"]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is compared of one article; made once, and small whatever the article's length.

    ``features`` maps "kind:name" to how prominent it is, 1.0 in the title and lead, less further down.
    """

    script: Script
    features: Mapping[str, float]
    sketch: tuple[int, ...] = ()  # MinHash of the whole text; empty when it is too short to be a copy
    at: datetime | None = None  # when it was published, or first seen; None when neither is known
    days: tuple[tuple[int, int], ...] = ()  # (month, day) that it gives as the day of its news
    events: int = 1  # how many places it reports from in turn: a round-up has several
    credit: str | None = None  # the agency or outlet that it names as its origin, in lower case
    outlet: str | None = None  # whose article it is, in lower case


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for (above zero) or against one event, with its weight."""

    what: str
    weight: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """How two articles stand to each other, and why: the heaviest evidence first."""

    relation: Relation
    score: float  # 1.0 is where "same" begins
    similarity: float  # of the texts, 0 to 1, as the sketches estimate it
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A stored report that a new article is compared with."""

    article_id: int
    story_id: int
    fingerprint: Fingerprint
    origin_id: int  # the article that it repeats, itself when it repeats none


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an article goes: into *story_id*, or, when that is None, into a story of its own."""

    story_id: int | None
    origin_id: int | None = None  # the article that it copies; None: it is an origin itself
    links: tuple[int, ...] = ()  # stories that are about something near it, or the same in other words
    verdict: Verdict | None = None
    by: int | None = None  # the report that decided


@dataclass(slots=True)
class Rarity:
    """In how many articles each feature stood; what stands in every article says nothing about one."""

    articles: int = 0
    counts: dict[str, int] = field(default_factory=dict)
