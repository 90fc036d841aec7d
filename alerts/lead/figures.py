"""The figures of a story: those of its reports beside each other, each with who says so. Nothing is added up.

Agreeing figures are joined with their sources, disagreeing ones stand side by side, a source that corrects itself
keeps old and new. What stands far from the topic's words, is a part of another figure or fills no known kind is left
out: silence is better than a wrong number.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from alerts.figure.extract import find_figures
from alerts.model import FigureClaim, Tally
from alerts.text.sentence import find_cuts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from alerts.figure.model import Figure
    from alerts.model import Hit, What

# In the order in which people ask; "other" (towns, cases) is read but never told: nobody knows of what.
TOLD: tuple[What, ...] = (
    "killed", "injured", "displaced", "arrested", "captured", "surrendered", "houses_destroyed", "bases_captured",
)  # fmt: skip
MAX_CLAIMS = 4  # of one kind; five disagreeing counts are a list that nobody reads in a chat
LEAD_SENTENCES = 3  # an article opens with its event
NEAR = 1  # sentences between a figure and the topic's words

Group = Literal["people", "children", "forces", "fighters"]

_SUFFIX = re.compile(r"\s*\((?P<said>[^()]*)\)\s*$")
_PART = re.compile(r"included in the \d")
# ကတည်းက since, ယနေ့အထိ until today, ယခုအချိန်အထိ until now, နှစ်အတွင်း within the year, လအတွင်း within the month(s).
_PERIOD = re.compile(r"ကတည်းက|(?:ယနေ့|ယခု|အခု|လက်ရှိ)(?:အချိန်)?\s*(?:အထိ|ထိ)|(?:နှစ်|လ)\s*(?:တာ)?အတွင်း|စုစုပေါင်း")
# Burmese: ကလေး child, ကျောင်းသား student; စစ်သား, တပ်သား soldier, ရဲတပ်ဖွဲ့ police, အရာရှိ officer; ရဲဘော် comrade,
# တပ်ဖွဲ့ဝင် member of a force.
_GROUPS: tuple[tuple[Group, re.Pattern[str]], ...] = (
    (
        "children",
        re.compile(
            r"\b(?:child(?:ren)?|bab(?:y|ies)|infants?|minors?|boys?|girls?|pupils?|students?)\b"
            "|ကလေး|ကျောင်းသား"
        ),
    ),
    (
        "fighters",
        re.compile(
            r"\b(?:fighters?|rebels?|comrades?|guerr?illas?|pdfs?|kndf|resistance)\b|ရဲဘော်|တပ်ဖွဲ့ဝင်|တော်လှန်ရေး"
        ),
    ),
    (
        "forces",
        re.compile(
            r"\b(?:soldiers?|troops?|officers?|police(?:men)?|regime|junta|military)\b"
            "|စစ်သား|တပ်သား|အရာရှိ|ရဲတပ်ဖွဲ့|စစ်ကောင်စီ"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Voice:
    """A report as its figures are read: who printed it, when, and where the topic's words stand in it."""

    outlet: str
    seen_at: datetime
    title: str
    text: str
    hits: Sequence[Hit] = ()  # none: another report on the same event, read at its head only
    origin: int = 0  # reports of one origin are one voice
    encoding: str = "unicode"  # the source's habit


@dataclass(frozen=True, slots=True)
class _Stated:
    """One figure of one report, ready to be compared."""

    what: What
    period: str  # "" for what happened now; "since 2021" for a total, which is another figure
    value: int
    at_least: bool
    about: bool
    hedged: bool
    who: str
    group: Group
    claimant: str  # who says so, as compared
    said_by: str  # and as shown
    is_sourced: bool  # its sentence names who says so


@dataclass(slots=True)
class _Claim:
    """A value and all who say it."""

    value: int
    at_least: bool
    about: bool
    hedged: bool
    who: str
    group: Group
    said: dict[str, str] = field(default_factory=dict)  # claimant: as shown
    was: int | None = None

    def takes(self, item: _Stated) -> bool:
        return self.value == item.value and _are_alike(self.group, item.group)

    def join(self, item: _Stated) -> None:
        self.said.setdefault(item.claimant, item.said_by)
        self.at_least |= item.at_least
        self.about &= item.about  # who is exact wins over who is not
        self.hedged |= item.hedged
        if self.group == "people" and item.group != "people":  # "four boys" says more than "four people"
            self.who, self.group = item.who, item.group


def find_tallies(voices: Iterable[Voice]) -> tuple[Tally, ...]:
    """Return the figures of a story by kind, in the order of `TOLD`; *voices* in any order.

    A figure's source is the one that its sentence names, else the outlet. Copies of one report (equal
    ``origin``) are one voice, told under the outlet that was first. Values stand as the reports have them.
    """
    rows: dict[tuple[What, str], list[_Claim]] = {}
    for voice in _one_of_each_origin(voices):
        for item in _read(voice):
            _add(rows.setdefault((item.what, item.period), []), item)
    order = sorted(rows, key=lambda key: (TOLD.index(key[0]), key[1]))
    return tuple(Tally(what, period, _close(rows[what, period])) for what, period in order)


def _one_of_each_origin(voices: Iterable[Voice]) -> list[Voice]:
    """Return what the first outlet of each origin printed, oldest first: its own later word is a correction."""
    kept: list[Voice] = []
    first_outlet: dict[int, str] = {}
    for voice in sorted(voices, key=lambda voice: voice.seen_at):
        if not voice.origin or first_outlet.setdefault(voice.origin, voice.outlet) == voice.outlet:
            kept.append(voice)
    return kept


def _read(voice: Voice) -> list[_Stated]:
    """Return what a report states near the topic's words: of each kind and group the first, headline before text."""
    said: dict[tuple[What, str, Group], _Stated] = {}
    for figure in (*find_figures(voice.title, voice.encoding), *_near_figures(voice)):
        item = _state(figure, voice)
        if item is None:
            continue
        first = said.setdefault((item.what, item.period, item.group), item)
        if first.value == item.value and item.is_sourced and not first.is_sourced:
            said[item.what, item.period, item.group] = item  # the headline's number, and whose it is
    return list(said.values())


def _near_figures(voice: Voice) -> list[Figure]:
    cuts = find_cuts(voice.text)
    hit = {bisect_right(cuts, hit.start) for hit in voice.hits if hit.field == "text"}
    opening = (
        range(LEAD_SENTENCES) if not voice.hits or any(hit.field == "title" for hit in voice.hits) else ()
    )
    near = {*opening, *(place + step for place in hit for step in range(-NEAR, NEAR + 1))}
    return [
        figure
        for figure in find_figures(voice.text, voice.encoding)
        if bisect_right(cuts, figure.start) in near
    ]


def _state(figure: Figure, voice: Voice) -> _Stated | None:
    """Return *figure* as it is compared, None for one that is not told: a part, a zero, a kind without a name."""
    if figure.what not in TOLD or figure.value < 1:
        return None
    who, period = figure.who, ""
    if suffix := _SUFFIX.search(who):
        if _PART.match(suffix["said"]):
            return None
        who, period = who[: suffix.start()], suffix["said"]
    elif found := _PERIOD.search(figure.sentence):
        period = found[0]
    source = figure.source or ""
    return _Stated(
        figure.what,
        period,
        figure.value,
        figure.at_least,
        figure.about,
        figure.hedged and not figure.about,
        who,
        next((group for group, words in _GROUPS if words.search(who.lower())), "people"),
        " ".join((source or voice.outlet).casefold().split()),
        source or voice.outlet,
        bool(source),
    )


def _are_alike(one: Group, other: Group) -> bool:
    """Tell whether two groups may be one: "four people" and "four boys", never "soldiers" and "fighters"."""
    return one == other or "people" in (one, other)


def _add(row: list[_Claim], item: _Stated) -> None:
    """Put *item* beside the claims so far: a correction of its claimant's, a second voice, or a new value."""
    was = None
    for claim in row:
        if item.claimant in claim.said and claim.group == item.group and claim.value != item.value:
            was = claim.value
            del claim.said[item.claimant]
    row[:] = [claim for claim in row if claim.said]
    same = next((claim for claim in row if claim.takes(item)), None)
    if same is None:
        same = _Claim(item.value, item.at_least, item.about, item.hedged, item.who, item.group)
        row.append(same)
    same.join(item)
    same.was = same.was or was


def _close(row: list[_Claim]) -> tuple[FigureClaim, ...]:
    """Return the claims that are told: those of the most voices first, then the latest."""
    latest_first = row[::-1]
    ranked = sorted(latest_first, key=lambda claim: -len(claim.said))
    return tuple(
        FigureClaim(
            claim.value,
            claim.at_least,
            claim.who,
            tuple(claim.said.values()),
            claim.hedged,
            claim.was,
            claim.about,
        )
        for claim in ranked[:MAX_CLAIMS]
    )
