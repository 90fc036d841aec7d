"""Grade an article: how grave is what it says near the words that a topic was found by, and in which words.

`URGENT` is civilians killed by an armed act, an act that met a hospital, school, camp or place of prayer, or a
massacre, told as fresh news. Pure: no storage, no clock; forms and weights of events come from the lexicon.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from alerts.match.furniture import blank_furniture_lines
from alerts.match.term import compile_term
from alerts.model import Grade, Severity
from alerts.severity.context import find_lowering
from alerts.severity.reading import Reading, Word, read_sentence
from alerts.severity.words import CONCEPTS, FORMS, WEAPONS, Role
from alerts.text.fold import fold
from alerts.text.key import Key, make_key
from alerts.text.scan import Scanner
from alerts.text.sentence import find_cuts
from alerts.text.zawgyi import to_unicode

if TYPE_CHECKING:
    from alerts.match.lexicon import Lexicon, LexiconRow
    from alerts.model import Hit

MANY = 1000  # people displaced: no longer a clash at the edge of a village
DISASTER = 5  # people killed by what nobody aimed
LOSSES = 10  # combatants killed in one fight
_MAX_CORES = 8  # sentences with the topic that are looked at; what matters stands at the beginning
_MAX_CHARS = 700  # of a sentence: more is a page without sentence ends
_WEIGHT = re.compile(r"\bw=([1-5])\b")
_WEIGHTS = {Role.STRIKE: 4, Role.WEAPON: 3, Role.BLOW: 3, Role.MASSACRE: 5}
_CIVILIAN = re.compile("civilian|child|အရပ်သား|ကလေး")  # words of a war for those who do not fight it
_TITLE = -1


class Grader:
    """The words of the tables and of one lexicon, made ready; safe to share."""

    def __init__(self, lexicon: Lexicon) -> None:
        """Take the events and places of *lexicon*."""
        self._meanings: dict[Key, list[tuple[Role, int]]] = {}
        far = {make_key(form) for form in FORMS[Role.FAR]}
        for concept, rows in lexicon.concepts.items():
            by_form = {row.form: row for row in rows}
            for term in compile_term(f"@{concept}", lexicon, {}):
                for key, form in term.forms.items():
                    if (
                        key not in far
                    ):  # an own topic of that name still counts: its words are looked for apart
                        self._add_row(key, by_form[form])
        for role, forms in FORMS.items():
            for form in forms:
                self._add(make_key(form), role, _WEIGHTS.get(role, 3))
        self._scanner = Scanner(self._meanings)

    def _add_row(self, key: Key, row: LexiconRow) -> None:
        if row.kind in ("place", "ward"):
            self._add(key, Role.HOME, 0)
        elif row.kind == "exclusion":
            self._add(key, Role.NOTHING, 0)
        elif row.kind == "event":
            given = int(match[1]) if (match := _WEIGHT.search(row.note)) else None
            role = CONCEPTS.get(row.concept, _role_of_own(given))
            if role is Role.STRIKE and row.form in WEAPONS:
                role = Role.WEAPON
            if role is not None:
                self._add(key, role, given or _WEIGHTS.get(role, 3))

    def _add(self, key: Key, role: Role, weight: int) -> None:
        known = self._meanings.setdefault(key, [])
        if all(role is not other for other, _ in known):
            known.append((role, weight))

    def grade(
        self,
        title: str,
        text: str,
        hits: Sequence[Hit],
        default_encoding: str = "unicode",
        seen: datetime | None = None,
    ) -> Grade:
        """Return how grave the news is near *hits*, and the words that say so.

        *hits* may be none, as with an outlet whose every article counts: then title and beginning are read. *seen*
        is when the article was first seen: what it dates far before is history. *default_encoding* is as in
        `alerts.text.zawgyi.to_unicode`.
        """
        cores, sentences = _choose(title, text, hits)
        if not sentences:
            return Grade()
        plain = to_unicode("\n".join(sentences.values()), default_encoding).text.split("\n")
        topic_words = _topic_words(hits, default_encoding)
        readings = {
            place: read_sentence(
                sentence, self._scanner, self._meanings, topic_words, seen, is_core=place in cores
            )
            for place, sentence in zip(sentences, plain, strict=True)
        }
        frame = _find_frame(readings, seen)
        return _judge(readings, frame)


def _role_of_own(weight: int | None) -> Role | None:
    """Return what an event says that the tables do not know: what its weight does."""
    if weight is None or weight < 3:
        return None
    return Role.STRIKE if weight >= 4 else Role.EVENT


def _choose(title: str, text: str, hits: Sequence[Hit]) -> tuple[set[int], dict[int, str]]:
    """Return the places of the sentences that hold the topic, and these with their neighbours, by place.

    The title is place -1 and the neighbour of the first two sentences.
    """
    body = blank_furniture_lines(text)
    cuts = find_cuts(body)
    bounds = list(zip((0, *cuts), cuts, strict=False))
    filled = [(start, end) for start, end in bounds if body[start:end].strip()]
    starts = [start for start, _ in filled]
    cores: set[int] = set()
    for hit in hits:
        if hit.field == "title":
            cores.add(_TITLE)
        elif text[hit.start : hit.end] == hit.matched and starts:
            cores.add(max(0, bisect_right(starts, hit.start) - 1))
    if not cores:  # an outlet whose every article counts, or a text that was replaced
        cores = {_TITLE, 0}
    cores = set(sorted(cores)[:_MAX_CORES])
    wanted = set(cores)
    for core in cores:
        wanted |= {0, 1} if core == _TITLE else {core - 1, core + 1}
        if core in (0, 1):
            wanted.add(_TITLE)
    sentences: dict[int, str] = {}
    for place in sorted(wanted):
        if place == _TITLE and title.strip():
            sentences[place] = " ".join(title.split())[:_MAX_CHARS]
        elif 0 <= place < len(filled):
            start, end = filled[place]
            sentences[place] = " ".join(body[start : min(end, start + _MAX_CHARS)].split())
    return cores, sentences


def _topic_words(hits: Iterable[Hit], default_encoding: str) -> tuple[str, ...]:
    words = dict.fromkeys(hit.matched for hit in hits)
    return tuple(
        dict.fromkeys(
            folded for word in words if (folded := fold(to_unicode(word, default_encoding).text).text.strip())
        )
    )


def _find_frame(readings: dict[int, Reading], seen: datetime | None) -> str | None:
    """Return why the article as a whole is not fresh violence: what its title says, else its first sentence."""
    for place in (_TITLE, 0):
        if (reading := readings.get(place)) and reading.lowered and not reading.lowered.startswith("denied"):
            return reading.lowered
        if reading and find_lowering(reading.text, None) is None and reading.strikes:
            return None
    return None


def _judge(readings: dict[int, Reading], frame: str | None) -> Grade:
    lowered: list[str] = []
    fresh: dict[int, Reading] = {}
    for place, reading in readings.items():
        why = reading.lowered or (frame if frame and not reading.is_recent else None)
        if why is None:
            fresh[place] = reading
        elif reading.strikes or reading.deaths or reading.massacres:
            lowered.append(why)
    reasons = _find_urgent(fresh)
    if reasons:
        return Grade(Severity.URGENT, reasons)
    severity, reasons = _find_lesser(fresh)
    if lowered and severity < Severity.NOTABLE and any(why.startswith("denied") for why in lowered):
        severity = Severity.NOTABLE
    return Grade(severity, tuple(dict.fromkeys((*reasons, *lowered))))


def _neighbours(one: int, other: int) -> bool:
    """Tell whether two places are the same sentence or stand side by side."""
    return abs(one - other) <= 1 or (_TITLE in (one, other) and max(one, other) <= 1)


def _find_urgent(readings: dict[int, Reading]) -> tuple[str, ...]:
    for place, reading in readings.items():
        for act, target in reading.hits:
            return (act.shown, f"met {target.shown}", *reading.deaths[:1])
        beside = [
            other
            for at, other in readings.items()
            if _neighbours(at, place) and (other.is_core or reading.is_core)
        ]
        if reading.massacres and any(other.deaths or other.of(Role.CIVIL) for other in (reading, *beside)):
            return (reading.massacres[0].shown, *reading.deaths[:1])
        if reading.deaths and not reading.is_benign:
            for other in (reading, *beside):
                # a battle in the next sentence explains the death of civilians, not that of anybody
                with_battles = other is reading or _CIVILIAN.search(reading.deaths[0]) is not None
                if cause := _find_cause(other, with_battles=with_battles):
                    return (cause.shown, reading.deaths[0])
    return ()


def _find_cause(reading: Reading, *, with_battles: bool) -> Word | None:
    """Return the armed act of a sentence: the gravest word for it."""
    causes = [*reading.strikes, *(reading.clashes if with_battles and not reading.is_benign else ())]
    return max(causes, key=lambda word: word.weight, default=None)


def _find_lesser(readings: dict[int, Reading]) -> tuple[Severity, tuple[str, ...]]:
    grave: list[str] = []
    notable: list[str] = []
    for reading in readings.values():
        strikes = [word for word in reading.strikes if word.role is Role.STRIKE]
        grave += [word.shown for word in strikes if word.weight >= 4]
        grave += [word.shown for word in reading.of(Role.AID)]
        grave += [word.shown for word in reading.of(Role.SEIZED) if word.weight >= 4]
        if reading.deaths:
            heavy = not reading.is_benign or reading.dead >= DISASTER
            (grave if heavy else notable).append(reading.deaths[0])
        if reading.fallen:
            (grave if reading.fallen >= LOSSES else notable).append("combatants killed")
        if reading.displaced >= MANY:
            grave.append(f"{reading.displaced} displaced")
        weaker = (Role.FLIGHT, Role.ARREST, Role.HURT, Role.WEAPON, Role.EVENT)
        told = (*reading.clashes, *reading.massacres, *reading.strikes, *reading.of(*weaker))
        notable += [word.shown for word in told]
    if grave:
        return Severity.GRAVE, tuple(dict.fromkeys(grave))[:3]
    if notable:
        return Severity.NOTABLE, tuple(dict.fromkeys(notable))[:3]
    return Severity.ROUTINE, ()
