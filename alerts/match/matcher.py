"""Decide which topics an article holds, and where; knows nothing of storage, channels or stories."""

from __future__ import annotations

import hashlib
import sys
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alerts.match.article import find_copies, read_fields
from alerts.match.furniture import blank_furniture_lines
from alerts.match.topic import Topic, collect, compile_topic, find_rule_problems, judge
from alerts.match.view import Span, View
from alerts.model import Encoding, Field, Hit
from alerts.text.fold import fold
from alerts.text.scan import Scanner
from alerts.text.sentence import excerpt_at, find_cuts
from crawler.errors import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alerts.match.lexicon import Lexicon
    from alerts.match.rule import TopicRule
    from alerts.match.term import Term

_REVISION = 3  # raise it when the same rules come to match differently: stored findings are then stale
MAX_HITS = 50  # kept of a topic in one article; the first of every term is among them


@dataclass(frozen=True, slots=True)
class Findings:
    """What the matcher found: the topics that hold, with their hits in the order of the article."""

    topics: Mapping[str, tuple[Hit, ...]] = field(default_factory=dict)
    encoding: Encoding = "unicode"
    details: Mapping[str, tuple[Hit, ...]] = field(default_factory=dict)  # what a topic that holds adds


class Matcher:
    """Topics and lexicon, compiled; safe to share, remembers nothing of what it has read."""

    def __init__(self, topics: tuple[Topic, ...], rules_hash: str) -> None:
        self._topics = topics
        self._scanner = Scanner(key for topic in topics for key in topic.searched_keys())
        self.rules_hash = rules_hash

    def find_matches(
        self, title: str, text: str, language: str | None = None, default_encoding: str = "unicode"
    ) -> Findings:
        """Return the topics that *title* and *text* hold, with offsets into both as given.

        *language* is an ISO 639-1 code or BCP 47 tag, None when unknown: then no topic is ruled out.
        *default_encoding* is the source's habit, for text too short to judge.
        """
        article = _Article(self._scanner, title, text, default_encoding)
        spoken = (language or "").lower().partition("-")[0]
        topics: dict[str, tuple[Hit, ...]] = {}
        details: dict[str, tuple[Hit, ...]] = {}
        for topic in self._topics:
            if topic.rule.languages and spoken and spoken not in topic.rule.languages:
                continue
            views = article.views_under(topic)
            spans = judge(topic, views)
            if spans is None:
                continue
            topics[topic.rule.id] = article.tell(spans)
            if added := collect(views, topic.detail):
                details[topic.rule.id] = article.tell(added)
        return Findings(topics, article.encoding, details)


class _Article:
    """One article while it is being matched."""

    def __init__(self, scanner: Scanner, title: str, text: str, default_encoding: str) -> None:
        head, body, self.encoding = read_fields(title, text, default_encoding)
        folds = fold(head.text), fold(blank_furniture_lines(body.text))
        self._views = (
            View("title", head, folds[0], scanner.find(folds[0])),
            View("text", body, folds[1], scanner.find(folds[1])),
        )
        self._given: dict[Field, str] = {"title": title, "text": text}
        self._copies = find_copies(body)
        self._cuts: dict[Field, tuple[int, ...]] = {}

    def views_under(self, topic: Topic) -> tuple[View, View]:
        """Return title and text as *topic* sees them, its masks blanked."""
        title, text = self._views
        return title.masked(topic.mask), text.masked(topic.mask)

    def tell(self, spans: Iterable[Span]) -> tuple[Hit, ...]:
        """Return the spans as hits, with the sentence of each, in the order of the article."""
        views = {view.field: view for view in self._views}
        hits: list[Hit] = []
        sentences: dict[tuple[Field, int, int], str] = {}  # many hits may share one sentence: cut it once
        for span in _pick(_drop_copies(list(spans), views["text"], self._copies)):
            view, given = views[span.field], self._given[span.field]
            start, end = view.plain.span(*view.folded.span(span.start, span.end))
            if span.field not in self._cuts:
                self._cuts[span.field] = find_cuts(given)
            begin, stop = excerpt_at(given, start, end, self._cuts[span.field])
            where = (span.field, begin, stop)
            sentence = sentences[where] = sentences.get(where) or given[begin:stop]
            hits.append(Hit(span.term, span.form, span.field, start, end, given[start:end], sentence))
        return tuple(
            sorted(dict.fromkeys(hits), key=lambda hit: (hit.field != "title", hit.start, hit.end, hit.term))
        )


def _drop_copies(spans: list[Span], view: View, copies: list[tuple[int, int, int, int]]) -> list[Span]:
    """Drop hits in a paragraph's second printing, where the first printing has a hit of the same term."""
    if not copies:
        return spans

    firsts = sorted({(first, end) for first, end, _, _ in copies})
    seconds = [(copy, end) for _, _, copy, end in copies]  # in order, as they were found
    first_of = {copy: first for first, _, copy, _ in copies}
    places = [view.folded.span(span.start, span.end)[0] if span.field == "text" else -1 for span in spans]
    told = {
        (span.term, first)
        for span, place in zip(spans, places, strict=True)
        if (first := _find_line(firsts, place)) is not None
    }
    return [
        span
        for span, place in zip(spans, places, strict=True)
        if (copy := _find_line(seconds, place)) is None or (span.term, first_of[copy]) not in told
    ]


def _find_line(lines: Sequence[tuple[int, int]], place: int) -> int | None:
    """Return the start of the line that holds *place*; *lines* are (start, end), in order, without overlap."""
    before = bisect_right(lines, (place, sys.maxsize)) - 1
    return lines[before][0] if before >= 0 and place < lines[before][1] else None


def _pick(spans: Iterable[Span]) -> list[Span]:
    """Return at most `MAX_HITS` spans: the first of each term, then whatever comes first in the article."""
    ordered = sorted(spans, key=lambda span: (span.field != "title", span.start, span.end))
    firsts: dict[str, Span] = {}
    for span in ordered:
        firsts.setdefault(span.term, span)
    return list(dict.fromkeys((*firsts.values(), *ordered)))[:MAX_HITS]


def _hash_rules(rules: Sequence[TopicRule], lexicon: Lexicon) -> str:
    forms = [
        (row.concept, row.kind, row.form, row.script, row.status)
        for rows in lexicon.concepts.values()
        for row in rows
    ]
    return hashlib.sha256(repr((_REVISION, tuple(rules), forms)).encode()).hexdigest()


def compile_topics(rules: Sequence[TopicRule], lexicon: Lexicon) -> Matcher:
    """Compile topics into a matcher.

    Raises ``ConfigError`` with every problem that ``find_rule_problems`` knows; a caller that knows the
    file and line of each key asks that function first.
    """
    if problems := find_rule_problems(rules, lexicon):
        raise ConfigError(
            *(
                ConfigProblem("topics", 0, f"{problem.topic}.{problem.key}", problem.message)
                for problem in problems
            )
        )
    known: dict[str, Term] = {}
    return Matcher(tuple(compile_topic(rule, lexicon, known) for rule in rules), _hash_rules(rules, lexicon))
