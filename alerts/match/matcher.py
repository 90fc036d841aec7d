"""Decide which topics an article holds, and where; knows nothing of storage, channels or stories."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from alerts.match.furniture import blank_furniture_lines
from alerts.match.rule import RuleProblem, TopicRule, find_term_problems
from alerts.match.term import Needle, Term, compile_term
from alerts.model import Encoding, Field, Hit
from alerts.text.fold import Folded, fold
from alerts.text.sentence import excerpt_at, find_cuts
from alerts.text.syllable import SYLLABLE
from alerts.text.zawgyi import UnicodeText, to_unicode
from crawler.errors import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alerts.match.lexicon import Lexicon

__all__ = ["Findings", "Matcher", "RuleProblem", "TopicRule", "compile_topics", "find_rule_problems"]

_REVISION = 1  # raise it when the same rules come to match differently: stored findings are then stale
MAX_HITS = 50  # kept of a topic in one article; the first of every term is among them
_TOKEN = re.compile(
    f"{SYLLABLE.pattern}|[a-z0-9\u00c0-\u024f]+|[\u0e00-\u0e7f]+|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)
_BLANK = "\0"  # what a masked character becomes: no letter, no space, in no form


@dataclass(frozen=True, slots=True)
class Findings:
    """What the matcher found: the topics that hold, with their hits in the order of the article."""

    topics: Mapping[str, tuple[Hit, ...]] = field(default_factory=dict)
    encoding: Encoding = "unicode"


@dataclass(frozen=True, slots=True)
class _Span:
    """A hit before it is told: folded span in one field."""

    term: str
    form: str
    field: Field
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Topic:
    rule: TopicRule
    any: tuple[tuple[Term, ...], ...]
    all: tuple[tuple[Term, ...], ...]
    none: tuple[tuple[Term, ...], ...]
    title: tuple[tuple[Term, ...], ...]
    near: tuple[tuple[tuple[Term, ...], tuple[Term, ...], int], ...]
    mask: tuple[Needle, ...]


class _View:
    """One field under one set of masks; what was searched once is remembered."""

    __slots__ = ("_found", "field", "folded", "plain", "tokens")

    def __init__(self, name: Field, plain: UnicodeText, folded: Folded) -> None:
        self.field, self.plain, self.folded = name, plain, folded
        self.tokens: list[int] | None = None
        self._found: dict[int, tuple[_Span, ...]] = {}

    def find(self, term: Term) -> tuple[_Span, ...]:
        """Return the spans of *term*; of overlapping ones the longest stays."""
        known = self._found.get(id(term))
        if known is None:
            found = [
                _Span(term.name, form, self.field, start, end)
                for needle in term.needles
                for start, end, form in needle.find(self.folded)
            ]
            known = self._found[id(term)] = _keep_longest(found)
        return known

    def masked(self, mask: Sequence[Needle]) -> _View:
        """Return the view with the masked spans blanked, this one when there are none."""
        spans = sorted((start, end) for needle in mask for start, end, _ in needle.find(self.folded))
        if not spans:
            return self
        text = self.folded.text
        pieces: list[str] = []
        last = 0
        for start, end in spans:
            pieces += (text[last:start], _BLANK * (end - max(start, last)))
            last = max(last, end)
        pieces.append(text[last:])
        return _View(self.field, self.plain, replace(self.folded, text="".join(pieces)))

    def has_break(self, start: int, end: int) -> bool:
        begin, stop = self.folded.span(start, end)
        return "\n" in self.plain.text[begin:stop]

    def distance(self, one: _Span, other: _Span) -> int:
        """Count the syllables and words between two spans."""
        if self.tokens is None:
            self.tokens = [match.start() for match in _TOKEN.finditer(self.folded.text)]
        first, second = sorted((one, other), key=lambda span: span.start)
        return max(0, bisect_left(self.tokens, second.start) - bisect_left(self.tokens, first.end))


def _keep_longest(found: list[_Span]) -> tuple[_Span, ...]:
    kept: list[_Span] = []
    heap: list[_Span] = []  # spans that overlap one after the other

    def settle() -> None:
        first = len(kept)
        for span in sorted(heap, key=lambda span: (span.start - span.end, span.start)):
            if not any(span.start < other.end and other.start < span.end for other in kept[first:]):
                kept.append(span)
        heap.clear()

    reach = 0
    for span in sorted(found, key=lambda span: span.start):
        if span.start >= reach:
            settle()
        heap.append(span)
        reach = max(reach, span.end)
    settle()
    return tuple(sorted(kept, key=lambda span: span.start))


def _collect(views: Iterable[_View], term: Iterable[Term]) -> list[_Span]:
    return [span for view in views for alternative in term for span in view.find(alternative)]


def _collect_near(
    views: Iterable[_View], one: Iterable[Term], other: Iterable[Term], most: int
) -> list[_Span]:
    near: dict[_Span, None] = {}
    for view in views:
        seconds = sorted(_collect((view,), other), key=lambda span: span.start)
        starts = [span.start for span in seconds]
        for first in _collect((view,), one):
            place = bisect_left(starts, first.start)
            for second in seconds[max(0, place - 2) : place + 2]:  # only neighbours can be the nearest
                if second == first or view.distance(first, second) > most:
                    continue
                if not view.has_break(min(first.start, second.start), max(first.end, second.end)):
                    near.update({first: None, second: None})
    return list(near)


def _judge(topic: _Topic, views: Sequence[_View]) -> list[_Span] | None:
    """Return the spans for which the topic holds, None when it does not."""
    if any(_collect(views, term) for term in topic.none):
        return None
    found: dict[_Span, None] = {}
    if topic.any:
        hits = [span for term in topic.any for span in _collect(views, term)]
        if not hits:
            return None
        found.update(dict.fromkeys(hits))
    titles = [view for view in views if view.field == "title"]
    for scope, terms in ((views, topic.all), (titles, topic.title)):
        for term in terms:
            hits = _collect(scope, term)
            if not hits:
                return None
            found.update(dict.fromkeys(hits))
    for one, other, most in topic.near:
        hits = _collect_near(views, one, other, most)
        if not hits:
            return None
        found.update(dict.fromkeys(hits))
    return list(found)


_NO_LETTER = re.compile(r"[\W_]+")


def _find_copies(plain: UnicodeText) -> list[tuple[int, int, int, int]]:
    """Return (first, its end, copy, its end) of paragraphs printed again in the other encoding."""
    copies: list[tuple[int, int, int, int]] = []
    if not plain.zawgyi:
        return copies
    seen: dict[str, tuple[int, int]] = {}
    at = 0
    for line in plain.text.split("\n"):
        start, at = at, at + len(line) + 1
        # marks are no \w: compare base letters, digits and words; converters differ in the rest
        letters = _NO_LETTER.sub("", fold(line).text)
        if not letters:
            continue
        first = seen.setdefault(letters, (start, at))
        if first[0] != start:
            copies.append((*first, start, at))
    return copies


class Matcher:
    """Topics and lexicon, compiled; safe to share, remembers nothing of what it has read."""

    def __init__(self, topics: tuple[_Topic, ...], rules_hash: str) -> None:
        self._topics = topics
        self.rules_hash = rules_hash

    def find_matches(
        self, title: str, text: str, language: str | None = None, default_encoding: str = "unicode"
    ) -> Findings:
        """Return the topics that *title* and *text* hold, with offsets into both as given.

        *language* is an ISO 639-1 code or BCP 47 tag, None when unknown: then no topic is ruled out.
        *default_encoding* is the source's habit, for text too short to judge.
        """
        head, body, encoding = _read_fields(title, text, default_encoding)
        views = [
            _View("title", head, fold(head.text)),
            _View("text", body, fold(blank_furniture_lines(body.text))),
        ]
        fields: dict[Field, str] = {"title": title, "text": text}
        copies = _find_copies(body)
        cuts: dict[Field, tuple[int, ...]] = {}
        spoken = (language or "").lower().partition("-")[0]
        topics: dict[str, tuple[Hit, ...]] = {}
        for topic in self._topics:
            if topic.rule.languages and spoken and spoken not in topic.rule.languages:
                continue
            seen = [view.masked(topic.mask) for view in views] if topic.mask else views
            spans = _judge(topic, seen)
            if spans is None:
                continue
            by_field = {view.field: view for view in seen}
            hits = _tell(_drop_copies(spans, by_field["text"], copies), by_field, fields, cuts)
            topics[topic.rule.id] = hits
        return Findings(topics, encoding)


def _read_fields(title: str, text: str, default: str) -> tuple[UnicodeText, UnicodeText, Encoding]:
    """Convert both fields as one article: what is too short to judge takes the majority of the whole."""
    whole = to_unicode(f"{title}\n{text}", default)
    if whole.encoding == "unicode":
        return _plain(title), _plain(text), "unicode"
    offset = len(title) + 1
    cut = bisect_left(whole.starts, len(title))
    head = UnicodeText(
        whole.text[:cut],
        whole.encoding,
        whole.starts[:cut],
        whole.ends[:cut],
        tuple((start, min(end, cut)) for start, end in whole.zawgyi if start < cut),
    )
    body = UnicodeText(
        whole.text[cut + 1 :],
        whole.encoding,
        [start - offset for start in whole.starts[cut + 1 :]],
        [end - offset for end in whole.ends[cut + 1 :]],
        tuple((start - cut - 1, end - cut - 1) for start, end in whole.zawgyi if start > cut),
    )
    return head, body, whole.encoding


def _plain(text: str) -> UnicodeText:
    return UnicodeText(text, "unicode", range(len(text)), range(1, len(text) + 1))


def _drop_copies(spans: list[_Span], view: _View, copies: list[tuple[int, int, int, int]]) -> list[_Span]:
    """Drop hits in a paragraph's second printing, where the first printing has a hit of the same term."""
    if not copies:
        return spans

    def place(span: _Span) -> int:
        return view.folded.span(span.start, span.end)[0]

    told = {
        (span.term, copy)
        for first, first_end, copy, _ in copies
        for span in spans
        if span.field == "text" and first <= place(span) < first_end
    }
    return [
        span
        for span in spans
        if span.field == "title"
        or not any(
            copy <= place(span) < copy_end and (span.term, copy) in told
            for _, _, copy, copy_end in copies
        )
    ]


def _pick(spans: Iterable[_Span]) -> list[_Span]:
    """Return at most `MAX_HITS` spans: the first of each term, then whatever comes first in the article."""
    ordered = sorted(spans, key=lambda span: (span.field != "title", span.start, span.end))
    firsts: dict[str, _Span] = {}
    for span in ordered:
        firsts.setdefault(span.term, span)
    return list(dict.fromkeys((*firsts.values(), *ordered)))[:MAX_HITS]


def _tell(
    spans: Iterable[_Span],
    views: Mapping[Field, _View],
    fields: Mapping[Field, str],
    cuts: dict[Field, tuple[int, ...]],
) -> tuple[Hit, ...]:
    hits: list[Hit] = []
    sentences: dict[tuple[Field, int, int], str] = {}  # many hits may share one sentence: cut it once
    for span in _pick(spans):
        view, given = views[span.field], fields[span.field]
        start, end = view.plain.span(*view.folded.span(span.start, span.end))
        if span.field not in cuts:
            cuts[span.field] = find_cuts(given)
        begin, stop = excerpt_at(given, start, end, cuts[span.field])
        where = (span.field, begin, stop)
        sentence = sentences[where] = sentences.get(where) or given[begin:stop]
        hits.append(Hit(span.term, span.form, span.field, start, end, given[start:end], sentence))
    return tuple(
        sorted(dict.fromkeys(hits), key=lambda hit: (hit.field != "title", hit.start, hit.end, hit.term))
    )


def _compile_topic(rule: TopicRule, lexicon: Lexicon, known: dict[str, Term]) -> _Topic:
    def terms(raw: Iterable[str]) -> tuple[tuple[Term, ...], ...]:
        return tuple(compile_term(term, lexicon, known) for term in raw)

    def alternatives(raw: str) -> tuple[Term, ...]:
        return compile_term(raw, lexicon, known)

    near = tuple((alternatives(one), alternatives(other), most) for one, other, most in rule.near)
    mask = tuple(needle for term in terms(rule.mask) for part in term for needle in part.needles)
    return _Topic(rule, terms(rule.any), terms(rule.all), terms(rule.none), terms(rule.title), near, mask)


def _find_shadowed(rule: TopicRule, lexicon: Lexicon, known: dict[str, Term]) -> list[RuleProblem]:
    """Return the forms that the topic's own mask always blanks."""
    problems: list[RuleProblem] = []
    topic = _compile_topic(rule, lexicon, known)
    for key, raws, terms in (
        ("any", rule.any, topic.any),
        ("all", rule.all, topic.all),
        ("title", rule.title, topic.title),
    ):
        for index, (raw, term) in enumerate(zip(raws, terms, strict=True)):
            for needle in (needle for part in term for needle in part.needles if needle.key is not None):
                folded = fold(needle.form)
                view = _View("text", to_unicode(needle.form), folded)
                if any(needle.find(folded)) and not any(needle.find(view.masked(topic.mask).folded)):
                    message = f"{needle.form!r} of {raw} can never match: the mask blanks it; narrow the mask"
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
        problems += found or (_find_shadowed(rule, lexicon, known) if rule.mask else [])
    return tuple(problems)


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
    return Matcher(tuple(_compile_topic(rule, lexicon, known) for rule in rules), _hash_rules(rules, lexicon))
