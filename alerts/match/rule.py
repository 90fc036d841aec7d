"""A topic's rule as people write it, and what can be wrong with its terms; matches nothing itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.match.lexicon import WARD_KIND
from alerts.text.fold import fold
from alerts.text.key import Key, find_folded, make_key
from alerts.text.syllable import count_syllables
from alerts.text.zawgyi import to_unicode

if TYPE_CHECKING:
    from alerts.match.lexicon import Lexicon

_ONLY_MYANMAR = re.compile("[\u1000-\u109f\\s]+")


@dataclass(frozen=True, slots=True)
class TopicRule:
    """What makes an article belong to a topic.

    A term is ``@concept`` (all its forms in the lexicon), a literal, or several of them joined by ``|``.
    """

    id: str
    name: str
    any: tuple[str, ...] = ()  # at least one of these
    all: tuple[str, ...] = ()  # each of these
    none: tuple[str, ...] = ()  # not one of these: drops the whole article
    title: tuple[str, ...] = ()  # each of these, in the title
    languages: tuple[str, ...] = ()  # ISO 639-1; empty means every language
    near: tuple[
        tuple[str, str, int], ...
    ] = ()  # both, at most so many syllables and words apart, in one paragraph
    mask: tuple[str, ...] = ()  # blanked before matching: excludes a phrase, never an article
    detail: tuple[
        str, ...
    ] = ()  # looked for only where the topic holds: wards, names too common to stand alone


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One thing wrong with a topic: *key* is the path inside the topic, such as ``any[0]``."""

    topic: str
    key: str
    message: str


def split_term(term: str) -> tuple[str, ...]:
    """Return the alternatives of a term: ``@a|@b`` has two; a quoted literal is one as it stands."""
    if len(term) > 1 and term.startswith('"') and term.endswith('"'):
        return (term,)
    return tuple(part.strip() for part in term.split("|"))


def make_literal_key(literal: str) -> Key:
    """Return the search key of a literal as written in a topic, quoted or not, in either encoding."""
    return make_key(to_unicode(literal.strip('"')).text)


def _find_literal_problem(literal: str) -> str | None:
    bare = to_unicode(literal.strip('"')).text
    folded = fold(bare).text
    if not any(map(str.isalnum, folded)):
        return f"{literal!r} holds no letter or digit; write the words to look for"
    if "*" in bare:
        stem = fold(bare.rstrip("*")).text
        last_word = re.split(r"[\s\-]", stem)[-1]
        if not bare.endswith("*") or "*" in bare[:-1] or not re.fullmatch("[a-z]{4,}", last_word):
            return f"{literal!r}: * is allowed only at the end of a word of at least four Latin letters"
    if _ONLY_MYANMAR.fullmatch(folded) and count_syllables(folded) < 2:
        return f"{literal!r} is one syllable and stands inside many other words; write two syllables or more"
    if "*" not in bare and not any(find_folded(fold(bare), make_key(bare))):
        return f"{literal!r} can never match: it does not begin and end where a word or a syllable does"
    return None


def _find_term_problem(term: str, lexicon: Lexicon) -> str | None:
    for part in split_term(term):
        if part.startswith("@"):
            if part[1:] not in lexicon.concepts:
                near = lexicon.suggest(part[1:])
                remedy = f"did you mean @{near}?" if near else "the lexicon has no such name"
                return f"unknown concept {part}; {remedy}"
        elif problem := _find_literal_problem(part):
            return problem
    return None


def _find_ward_problem(term: str, lexicon: Lexicon) -> str | None:
    for part in split_term(term):
        if part.startswith("@") and any(row.kind == WARD_KIND for row in lexicon.concepts[part[1:]]):
            return f"{part} is a ward: other places bear such names; write it under detail, or near its town"
    return None


def find_term_problems(rule: TopicRule, lexicon: Lexicon) -> list[RuleProblem]:
    """Return what is wrong with the terms of one rule, all at once."""
    terms = [
        (f"{key}[{index}]", term)
        for key in ("any", "all", "none", "title", "mask", "detail")
        for index, term in enumerate(getattr(rule, key))
    ]
    problems: list[RuleProblem] = []
    for index, (one, other, most) in enumerate(rule.near):
        terms += [(f"near[{index}][0]", one), (f"near[{index}][1]", other)]
        if most < 1:
            message = (
                f"{most} is no distance; write how many syllables and words may stand between, 1 or more"
            )
            problems.append(RuleProblem(rule.id, f"near[{index}][2]", message))
    for key, term in terms:
        problem = _find_term_problem(term, lexicon)
        if problem is None and key.startswith(("any", "all", "title")):
            problem = _find_ward_problem(term, lexicon)
        if problem:
            problems.append(RuleProblem(rule.id, key, problem))
    if not (rule.any or rule.all or rule.title or rule.near):
        problems.append(RuleProblem(rule.id, "any", "nothing to look for; set any, all, title or near"))
    return problems
