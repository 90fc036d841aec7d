"""Compile what a topic names, a concept or a literal, into everything it can look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.match.lexicon import NUMBER_KIND, Lexicon, LexiconRow
from alerts.match.numbers import NumberName, compile_number, find_numbers
from alerts.match.rule import make_literal_key, split_term
from alerts.text.fold import Folded, fold
from alerts.text.key import Key, make_key
from alerts.text.zawgyi import convert_zawgyi

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation named by a number, beside a word for operation."""

    form: str
    number: NumberName
    forms: Mapping[str, str]  # folded spelling → form of the lexicon that it is

    def find(self, folded: Folded) -> Iterator[tuple[int, int, str]]:
        """Yield the folded spans of the operation, each with the form that was recognised."""
        for start, end in find_numbers(folded, self.number):
            yield start, end, self.forms.get(folded.text[start:end], self.form)


@dataclass(frozen=True, slots=True)
class Term:
    """One alternative of a term: a concept or a literal, with all it can look like."""

    name: str
    forms: Mapping[Key, str]  # as written, by what is searched for
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Many terms of which one is enough, put together so that the cost is that of what stands in the text."""

    forms: Mapping[Key, Sequence[tuple[str, str]]]  # (name of the term, form as written)
    operations: Sequence[tuple[str, Operation]]

    @classmethod
    def join(cls, terms: Iterable[Term]) -> AnyOf:
        """Put *terms* together; of two with the same name the first counts."""
        by_name: dict[str, Term] = {}
        for term in terms:
            by_name.setdefault(term.name, term)
        forms: dict[Key, list[tuple[str, str]]] = {}
        for term in by_name.values():
            for key, form in term.forms.items():
                forms.setdefault(key, []).append((term.name, form))
        return cls(
            forms, [(term.name, operation) for term in by_name.values() for operation in term.operations]
        )


def _make_row_key(row: LexiconRow) -> Key:
    form = convert_zawgyi(row.form) if row.script == "mymr-zawgyi" else row.form
    is_cased = row.script == "latin" and row.status == "abbreviation"  # KA and SAC are also ordinary letters
    return make_key(form, exact_case=is_cased)


def _compile_concept(name: str, lexicon: Lexicon) -> Term:
    rows = lexicon.concepts[name]
    numbers = {
        row.form: compile_number(row.form, lexicon.operation_words) for row in rows if row.kind == NUMBER_KIND
    }
    forms: dict[Key, str] = {}
    spelled: dict[str, str] = {}
    for row in rows:
        if row.kind == NUMBER_KIND:
            continue
        folded = fold(row.form)
        spans = [span for number in numbers.values() for span in find_numbers(folded, number)]
        if spans:  # the number finds this form, with the guards that a plain form lacks
            spelled.update({folded.text[start:end]: row.form for start, end in spans})
        else:
            forms.setdefault(_make_row_key(row), row.form)
    operations = tuple(Operation(form, number, spelled) for form, number in numbers.items())
    return Term(f"@{name}", forms, operations)


def compile_term(raw: str, lexicon: Lexicon, known: dict[str, Term]) -> tuple[Term, ...]:
    """Compile a term as written into its alternatives; *known* holds those compiled before.

    Every concept must be in the lexicon, else ``KeyError``: ``find_term_problems`` tells beforehand.
    """
    terms: list[Term] = []
    for part in split_term(raw):
        if part not in known:
            is_concept = part.startswith("@")
            literal = Term(part, {make_literal_key(part): part})
            known[part] = _compile_concept(part[1:], lexicon) if is_concept else literal
        terms.append(known[part])
    return tuple(terms)
