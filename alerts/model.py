"""The values between matching and delivery: hits, reports, stories, digests. No behaviour, no storage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Literal

Field = Literal["title", "text"]
What = Literal[
    "killed",
    "injured",
    "displaced",
    "captured",
    "surrendered",
    "arrested",
    "houses_destroyed",
    "bases_captured",
    "other",
]
Encoding = Literal["unicode", "zawgyi", "mixed"]


class Severity(IntEnum):
    """How grave news is; a greater one is told first, and `URGENT` may break quiet hours."""

    ROUTINE = 0
    NOTABLE = 1  # a clash, arrests, flight, people hurt
    GRAVE = 2  # air strikes, shelling, arson, people killed, aid blocked
    URGENT = (
        3  # civilians killed by an armed act; a hospital, school, camp or place of prayer hit; a massacre
    )

    @property
    def word(self) -> str:
        """The name as people read it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Grade:
    """A severity and the words of the article that it follows from, or that lowered it."""

    severity: Severity = Severity.ROUTINE
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a topic's term stands in a document.

    ``start`` and ``end`` are code-point offsets into the field as given, so that
    ``field[start:end] == matched`` always holds, whatever the encoding.
    """

    term: str  # as written in the topic: "@loikaw" or a literal
    form: str  # the lexicon form or literal that was recognised
    field: Field
    start: int
    end: int
    matched: str
    sentence: str  # the sentence around it, verbatim from the field


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A verbatim piece of an article and the spans in it to be emphasised.

    ``marks`` are code-point offsets into ``text``, sorted, without overlap.
    """

    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One outlet's article, as a digest shows it. Text fields are Unicode (Zawgyi already converted)."""

    article_id: int
    headline: str
    outlet: str
    perspective: str  # independent, ethnic, junta, international, humanitarian, aggregator
    language: str | None
    url: str | None  # http(s) only
    first_seen: datetime
    published: datetime | None = None  # the publisher's word; display only
    sentence: MarkedText | None = None  # one or two sentences that say most
    teaser: bool = False  # the page holds its beginning only: matched on what is there
    summary_only: bool = False  # the page could not be read: matched on the feed's own text
    converted: bool = False  # shown text was converted from Zawgyi
    several: bool = False  # its page tells several stories: the headline may be another's
    gloss: str = ""  # what a report in Burmese names, in English: lexicon facts only
    unverified: bool = False  # the report itself hedges
    story_id: int = 0  # of the story that a brief report stands for
    grade: Grade = Grade()
    change: str = ""  # what its outlet changed since it was told, in a line; it stands in for the headline
    copy_of: str | None = None  # the outlet whose article it repeats, by first seen


@dataclass(frozen=True, slots=True)
class FigureClaim:
    """A number and those who say it, in the words of the reports."""

    value: int
    at_least: bool
    who: str  # "civilians", "ရဲဘော်": what is counted
    said_by: tuple[str, ...]  # the sources that sentences name, or the outlets
    hedged: bool = False
    was: int | None = None  # what the same source said before
    about: bool = False  # "about 1,200": vague, not doubtful


@dataclass(frozen=True, slots=True)
class Tally:
    """The figures of one kind in a story, beside each other; never added up."""

    what: What
    period: str  # "" for the event itself; "since 2021" for a total, as the report words it
    claims: tuple[FigureClaim, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """Reports of one event. ``is_update``: the channel was already told of it; only new reports are listed."""

    story_id: int
    topics: tuple[str, ...]  # topic names, in configuration order
    reports: tuple[Report, ...]  # at least one; the first leads
    is_update: bool = False
    known_outlets: tuple[str, ...] = ()  # outlets of reports the channel already has
    severity: Severity = Severity.ROUTINE  # that of the gravest report listed
    tallies: tuple[Tally, ...] = ()  # its figures, beside each other
    outlets: int = 0  # that report the event, told before or now; 0: not counted
    origins: int = 0  # of these reports: copies, and reports of one agency, count as one


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which sources stand behind a digest, so that silence can be told from breakage."""

    read: int
    total: int
    failed: tuple[str, ...] = ()  # "The Irrawaddy (403 challenge page)"
    silent: tuple[str, ...] = ()  # read, but unusually quiet
    offline: bool = False  # hardly a source answered in the last crawl: the counts are of before


@dataclass(frozen=True, slots=True)
class Volume:
    """How many reports on a topic came on each of the last local days; the last is today so far."""

    topic: str  # its name
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ToldIn:
    """The message in which a channel was told of a story first; what comes later may answer it."""

    digest_id: str
    message_id: str  # as the platform named it


@dataclass(frozen=True, slots=True)
class ChangeNote:
    """What an earlier message is marked with since an outlet changed an article that it tells."""

    article_id: int
    headline: str  # Unicode
    what: str  # fixed words: "a figure was changed"
    when: str  # the change was told: "22 Nov 14:10 MMT", as at the foot of that digest


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything that one message to one channel says."""

    digest_id: str  # 8 hex characters, printed in the footer so that people can spot doubles
    title: str
    created: datetime
    timezone: str  # IANA name; local times are shown in it
    stories: tuple[Story, ...] = ()  # the gravest first, of equal ones the newest
    brief: tuple[Report, ...] = ()  # further matched reports, one line each
    more: int = 0  # stories counted but not listed
    queued: int = 0  # stories kept back for the next digest: quiet hours let urgent ones pass
    coverage: Coverage | None = None
    volumes: tuple[Volume, ...] = ()  # of topics in the last days, beside news
    notices: tuple[str, ...] = ()  # about sources and channels, for operators
    is_test: bool = False
    is_catch_up: bool = False  # compacted after an outage
    is_heartbeat: bool = False  # tells only that nothing was found, and what was read
    template: str = (
        ""  # the channel's own layout of text messages, Jinja2; kept so that a repeat looks the same
    )
    answers: ToldIn | None = None  # updates to stories of one earlier message, told as an answer to it
