"""A topic made ready: its terms compiled, whether it holds for an article, and why it never could."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.match.rule import RuleProblem, TopicRule, find_term_problems
from alerts.match.term import AnyOf, Term, compile_term
from alerts.match.view import Span, View
from alerts.text.fold import fold
from alerts.text.scan import Scanner
from alerts.text.zawgyi import to_unicode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alerts.match.lexicon import Lexicon
    from alerts.text.key import Key


@dataclass(frozen=True, slots=True)
class Topic:
    """A rule with its terms compiled; each of the tuples' members is one term with its alternatives."""

    rule: TopicRule
    any: AnyOf
    all: tuple[AnyOf, ...]
    none: AnyOf
    title: tuple[AnyOf, ...]
    near: tuple[tuple[AnyOf, AnyOf, int], ...]
    detail: AnyOf
    mask: AnyOf

    def searched_keys(self) -> Iterator[Key]:
        """Yield everything that the scanner has to look for."""
        pairs = (terms for one, other, _ in self.near for terms in (one, other))
        for terms in (self.any, self.none, self.detail, self.mask, *self.all, *self.title, *pairs):
            yield from terms.forms


def compile_topic(rule: TopicRule, lexicon: Lexicon, known: dict[str, Term]) -> Topic:
    """Compile a rule whose terms have no problem; *known* holds the terms compiled before."""

    def any_of(*raw: str) -> AnyOf:
        return AnyOf.join(part for term in raw for part in compile_term(term, lexicon, known))

    return Topic(
        rule,
        any_of(*rule.any),
        tuple(map(any_of, rule.all)),
        any_of(*rule.none),
        tuple(map(any_of, rule.title)),
        tuple((any_of(one), any_of(other), most) for one, other, most in rule.near),
        any_of(*rule.detail),
        any_of(*rule.mask),
    )


def collect(views: Iterable[View], terms: AnyOf) -> list[Span]:
    """Return where *terms* stand in any of *views*."""
    return [span for view in views for span in view.find(terms)]


def _collect_near(views: Iterable[View], one: AnyOf, other: AnyOf, most: int) -> list[Span]:
    near: dict[Span, None] = {}
    for view in views:
        seconds = sorted(view.find(other), key=lambda span: span.start)
        starts = [span.start for span in seconds]
        for first in view.find(one):
            place = bisect_left(starts, first.start)
            for second in seconds[max(0, place - 2) : place + 2]:  # only neighbours can be the nearest
                if second == first or view.distance(first, second) > most:
                    continue
                if not view.has_break(min(first.start, second.start), max(first.end, second.end)):
                    near.update({first: None, second: None})
    return list(near)


def judge(topic: Topic, views: Sequence[View]) -> list[Span] | None:
    """Return the spans for which the topic holds, None when it does not."""
    if collect(views, topic.none):
        return None
    found: dict[Span, None] = {}
    if topic.rule.any:
        hits = collect(views, topic.any)
        if not hits:
            return None
        found.update(dict.fromkeys(hits))
    titles = [view for view in views if view.field == "title"]
    for scope, terms in ((views, topic.all), (titles, topic.title)):
        for term in terms:
            hits = collect(scope, term)
            if not hits:
                return None
            found.update(dict.fromkeys(hits))
    for one, other, most in topic.near:
        hits = _collect_near(views, one, other, most)
        if not hits:
            return None
        found.update(dict.fromkeys(hits))
    return list(found)


def find_shadowed(rule: TopicRule, lexicon: Lexicon, known: dict[str, Term]) -> list[RuleProblem]:
    """Return the forms that the topic's own mask always blanks."""
    topic = compile_topic(rule, lexicon, known)
    problems: list[RuleProblem] = []
    scanner = Scanner(topic.searched_keys())
    for key, raws in (
        ("any", rule.any),
        ("all", rule.all),
        ("title", rule.title),
        ("detail", rule.detail),
    ):
        for index, raw in enumerate(raws):
            parts = compile_term(raw, lexicon, known)
            for searched, form in ((key, form) for part in parts for key, form in part.forms.items()):
                plain = to_unicode(form)
                folded = fold(plain.text)
                view = View("text", plain, folded, scanner.find(folded))
                alone = AnyOf.join((Term(form, {searched: form}),))
                if view.find(alone) and not view.masked(topic.mask).find(alone):
                    message = f"{form!r} of {raw} can never match: the mask blanks it; narrow the mask"
                    problems.append(RuleProblem(rule.id, f"{key}[{index}]", message))
    return problems


def find_rule_problems(rules: Sequence[TopicRule], lexicon: Lexicon) -> tuple[RuleProblem, ...]:
    """Return everything that is wrong with the topics, each with its key and the remedy."""
    problems: list[RuleProblem] = []
    known: dict[str, Term] = {}
    ids: set[str] = set()
    for rule in rules:
        found = find_term_problems(rule, lexicon)
        if rule.id in ids:
            found.append(RuleProblem(rule.id, "id", f"{rule.id!r} is used twice; topic ids must differ"))
        ids.add(rule.id)
        problems += found or (find_shadowed(rule, lexicon, known) if rule.mask else [])
    return tuple(problems)
