"""Which concepts of the lexicon an article names, and where: places, actors, events, operations, hedges.

It knows no topics: exclusions are blanked wherever they stand, and every other concept is looked for at once.
What the mentions mean together (a story, a severity, a gloss) is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.match.article import read_fields
from alerts.match.lexicon import NUMBER_KIND
from alerts.match.term import AnyOf, compile_term
from alerts.match.view import View
from alerts.text.fold import fold
from alerts.text.scan import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from alerts.match.lexicon import Lexicon
    from alerts.match.term import Term
    from alerts.model import Field
    from alerts.text.zawgyi import UnicodeText

EXCLUSION_KIND = "exclusion"
NAMED_KINDS = frozenset({"place", "ward", "actor", "event", "thing", "person", "operation", "hedge"})


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a concept stands.

    ``start`` and ``end`` are code-point offsets into the field as given, Zawgyi or not.
    """

    concept: str  # as in the lexicon, without "@"
    kind: str  # one of `NAMED_KINDS`
    field: Field
    start: int
    end: int


class ConceptFinder:
    """The lexicon's concepts, compiled; safe to share, remembers nothing of what it has read."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._kinds = {name: kind_of(name, lexicon) for name in lexicon.concepts}
        known: dict[str, Term] = {}

        def any_of(names: Iterable[str]) -> AnyOf:
            return AnyOf.join(term for name in names for term in compile_term(f"@{name}", lexicon, known))

        self._named = any_of(name for name, kind in self._kinds.items() if kind in NAMED_KINDS)
        self._masks = any_of(name for name, kind in self._kinds.items() if kind == EXCLUSION_KIND)
        self._scanner = Scanner((*self._named.forms, *self._masks.forms))

    def find(self, title: str, text: str, default_encoding: str = "unicode") -> tuple[Mention, ...]:
        """Return every mention in *title*, then in *text*, in the order in which they stand.

        Where forms of one concept overlap the longest stays; different concepts may overlap
        (a township inside the name of a battalion). *default_encoding* is as for `Matcher.find_matches`.
        """
        head, body, _ = read_fields(title, text, default_encoding)
        return (*self._find_in("title", head), *self._find_in("text", body))

    def _find_in(self, field: Field, plain: UnicodeText) -> list[Mention]:
        folded = fold(plain.text)
        view = View(field, plain, folded, self._scanner.find(folded)).masked(self._masks)
        mentions = []
        for span in view.find(self._named):
            concept = span.term.removeprefix("@")
            start, end = plain.span(*folded.span(span.start, span.end))
            mentions.append(Mention(concept, self._kinds[concept], field, start, end))
        return sorted(mentions, key=lambda mention: (mention.start, mention.end, mention.concept))


def name_concepts(lexicon: Lexicon) -> Mapping[str, str]:
    """Return the English name of every concept that has one: its first standard form in Latin letters."""
    names: dict[str, str] = {}
    for concept, rows in lexicon.concepts.items():
        latin = [row for row in rows if row.script == "latin" and row.kind != NUMBER_KIND]
        standard = [row for row in latin if row.status == "standard"]
        if latin:
            names[concept] = (standard or latin)[0].form
    return names


def kind_of(concept: str, lexicon: Lexicon) -> str:
    """Return the kind of a concept; one that is known by its number, too, is an operation."""
    kinds = (row.kind for row in lexicon.concepts[concept])
    return next((kind for kind in kinds if kind != NUMBER_KIND), "operation")
