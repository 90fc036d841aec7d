"""Compile what a topic names, a concept or a literal, into everything it can look like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alerts.match.lexicon import NUMBER_KIND, Lexicon, LexiconRow
from alerts.match.numbers import NumberName, compile_number, find_numbers
from alerts.match.rule import make_literal_key, split_term
from alerts.text.fold import Folded, fold
from alerts.text.key import Key, find_folded, make_key
from alerts.text.zawgyi import convert_zawgyi

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Needle:
    """One form, ready to be found: a key, or a number beside a word for operation."""

    form: str
    key: Key | None = None
    number: NumberName | None = None
    names: Mapping[str, str] = field(default_factory=dict)  # folded spelling → form, for a number

    def find(self, folded: Folded) -> Iterator[tuple[int, int, str]]:
        """Yield the folded spans of the form, each with the form that was recognised."""
        if self.number is not None:
            for start, end in find_numbers(folded, self.number):
                yield start, end, self.names.get(folded.text[start:end], self.form)
        elif self.key is not None:
            for start, end in find_folded(folded, self.key):
                yield start, end, self.form


@dataclass(frozen=True, slots=True)
class Term:
    """One alternative of a term: a concept or a literal, with all it can look like."""

    name: str
    needles: tuple[Needle, ...]


def _compile_row(row: LexiconRow) -> Needle:
    form = convert_zawgyi(row.form) if row.script == "mymr-zawgyi" else row.form
    is_cased = row.script == "latin" and row.status == "abbreviation"  # KA and SAC are also ordinary letters
    return Needle(row.form, make_key(form, exact_case=is_cased))


def _compile_concept(name: str, lexicon: Lexicon) -> Term:
    rows = lexicon.concepts[name]
    numbers = [compile_number(row.form, lexicon.operation_words) for row in rows if row.kind == NUMBER_KIND]
    needles: dict[Key, Needle] = {}
    names: dict[str, str] = {}
    for row in rows:
        if row.kind == NUMBER_KIND:
            continue
        needle = _compile_row(row)
        folded = fold(row.form)
        spans = [span for number in numbers for span in find_numbers(folded, number)]
        if spans:  # the number finds this form, with the guards that a plain form lacks
            names.update({folded.text[start:end]: row.form for start, end in spans})
        elif needle.key is not None:
            needles.setdefault(needle.key, needle)
    forms = [row.form for row in rows if row.kind == NUMBER_KIND]
    named = [Needle(form, number=number, names=names) for form, number in zip(forms, numbers, strict=True)]
    return Term(f"@{name}", (*named, *needles.values()))


def compile_term(raw: str, lexicon: Lexicon, known: dict[str, Term]) -> tuple[Term, ...]:
    """Compile a term as written into its alternatives; *known* holds those compiled before.

    Every concept must be in the lexicon, else ``KeyError``: ``find_term_problems`` tells beforehand.
    """
    terms: list[Term] = []
    for part in split_term(raw):
        if part not in known:
            is_concept = part.startswith("@")
            literal = Term(part, (Needle(part, make_literal_key(part)),))
            known[part] = _compile_concept(part[1:], lexicon) if is_concept else literal
        terms.append(known[part])
    return tuple(terms)
