"""One article under today's rules: which topics hold, and which clause keeps one from holding.

Stores nothing and reads no database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from alerts.config import encoding_of
from alerts.digest.grading import Grades
from alerts.match.matcher import Matcher, compile_topics
from alerts.match.rule import TopicRule
from alerts.match.topic import compile_topic
from alerts.matching import within_scope
from alerts.model import Grade, Hit, MarkedText
from alerts.text.sentence import shown_sentence
from alerts.text.zawgyi import to_unicode
from crawler.records.identity import text_hash

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.history import StoredFinding
    from alerts.match.lexicon import Lexicon
    from alerts.match.term import Term
    from crawler.config import Source
    from crawler.model import StoredArticle

_Hits = Mapping[str, tuple[Hit, ...]]  # by the probe that found them


def is_removed(found: StoredArticle) -> bool:
    """Tell whether retention has taken an article's text; one that never had any has the hash of its title."""
    return not found.text and found.text_sha256 != text_hash(found.title, "")


def first_sentence(found: StoredArticle, hits: Sequence[Hit], encoding: str) -> MarkedText:
    """Return the sentence to show for *hits*, from the text where it has one; they may be older than the text."""
    for name, whole in (("text", found.text), ("title", found.title)):
        mine = [hit for hit in hits if hit.field == name and whole[hit.start : hit.end] == hit.matched]
        if mine:
            return shown_sentence(whole, mine, encoding)
    return MarkedText(" ".join(to_unicode(hits[0].sentence, encoding).text.split()) if hits else "")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A topic on one article: when it was found, and what today's rules say."""

    topic_id: str
    then: datetime | None  # when it was found; None: it was not
    holds: bool | None  # under today's rules; None: the text is gone
    hits: tuple[Hit, ...]  # today's, else those of then
    sentence: MarkedText | None
    reasons: tuple[str, ...]  # why it does not hold


@dataclass(frozen=True, slots=True)
class Judgement:
    """What today's rules say of an article."""

    encoding: str
    rules_hash: str
    verdicts: tuple[Verdict, ...]
    grade: Grade  # of an article in which some topic was found


def judge_article(config: Config, found: StoredArticle, then: Mapping[str, StoredFinding]) -> Judgement:
    """Try every topic on one article; *then* is what was found in it when it came."""
    source = next((source for source in config.crawl.sources if source.id == found.source_id), None)
    encoding = encoding_of(source)
    matcher = compile_topics(config.topics, config.lexicon)
    seen = matcher.find_matches(found.title, found.text, found.language, encoding)
    names = [topic.id for topic in config.topics]
    holding = within_scope(seen.topics, source, names)
    why = {topic.id: WhyNot(topic, config.lexicon) for topic in config.topics if topic.id not in holding}
    verdicts = []
    for topic_id in dict.fromkeys((*names, *then)):
        at = then[topic_id].at if topic_id in then else None
        holds = None if is_removed(found) else topic_id in holding
        hits = holding.get(topic_id, ())
        if not holds and topic_id in then:
            hits = then[topic_id].hits
        reasons: tuple[str, ...] = ()
        if topic_id not in names:
            reasons = ("the topic is not in topics.yaml any more",)
        elif holds is False:
            reasons = why[topic_id].explain(found, source)
        sentence = first_sentence(found, hits, encoding) if hits else None
        verdicts.append(Verdict(topic_id, at, holds, hits, sentence, reasons))
    hits_by_topic = {verdict.topic_id: verdict.hits for verdict in verdicts if verdict.hits or verdict.holds}
    grade = Grades(config).of_article(found, hits_by_topic) if hits_by_topic else Grade()
    return Judgement(seen.encoding, matcher.rules_hash, tuple(verdicts), grade)


class WhyNot:
    """One topic taken apart: each clause is tried by itself, as a rule of its own."""

    def __init__(self, rule: TopicRule, lexicon: Lexicon) -> None:
        """Take a rule without problems: its parts are not looked through again."""
        self._rule = rule
        self._probes: list[TopicRule] = []
        self._clauses: list[tuple[str, str, tuple[str, ...]]] = []  # key, kind, terms
        if rule.any:
            self._clauses.append(("any", "any", rule.any))
        self._clauses += [(f"all[{index}]", "all", (term,)) for index, term in enumerate(rule.all)]
        self._clauses += [(f"title[{index}]", "title", (term,)) for index, term in enumerate(rule.title)]
        for key, kind, terms in self._clauses:
            clause = TopicRule(key, key, title=terms) if kind == "title" else TopicRule(key, key, any=terms)
            self._add(key, clause, TopicRule(key, key, any=terms))
        for index, near in enumerate(rule.near):
            key = f"near[{index}]"
            self._clauses.append((key, "near", near[:2]))
            pair = TopicRule(key, key, near=(near,))
            self._add(key, pair, pair)
            for place, term in enumerate(near[:2]):
                one = TopicRule(key, key, any=(term,))
                self._add(f"{key} {place}", one, one)
        for index, term in enumerate(rule.none):
            one = TopicRule("none", "none", any=(term,))
            self._add(f"none[{index}]", one, one)
        if rule.mask:
            self._probes.append(TopicRule("mask", "mask", any=rule.mask))
        known: dict[str, Term] = {}
        # not `compile_topics`: it refuses what a part of a good rule may do, such as rest on a ward alone
        self._matcher = Matcher(tuple(compile_topic(probe, lexicon, known) for probe in self._probes), "")

    def _add(self, key: str, masked: TopicRule, bare: TopicRule) -> None:
        """Let *masked* be tried under the topic's mask as *key*, and *bare* without any."""
        self._probes.append(replace(masked, id=key, mask=self._rule.mask))
        self._probes.append(replace(bare, id=f"{key} bare"))

    def explain(self, found: StoredArticle, source: Source | None) -> tuple[str, ...]:
        """Return what keeps the topic from holding in an article of *source*; nothing when it holds."""
        if source is not None and source.topics == "all":
            return ()  # every article of such a source counts, whatever stands in it
        encoding = encoding_of(source)
        hits = self._matcher.find_matches(found.title, found.text, None, encoding).topics
        # a title knows no furniture: read as one, the whole page tells whether a blanked line held the word
        page = self._matcher.find_matches(f"{found.title}\n{found.text}", "", None, encoding).topics
        spoken = (found.language or "").lower().partition("-")[0]
        reasons = []
        if self._rule.languages and spoken and spoken not in self._rule.languages:
            wanted = ", ".join(self._rule.languages)
            reasons.append(f"the article is in {spoken!r}, and the topic is for {wanted} only (languages)")
        for key, kind, terms in self._clauses:
            if key in hits:
                continue
            if kind == "near":
                reasons.append(_why_not_near(key, terms, hits, page))
            elif kind == "title":
                reasons.append(_why_not_in_title(key, terms[0], hits))
            else:
                absent = f"{', '.join(terms)} does not stand in title or text ({key})"
                reasons.append(_why_unseen(key, ", ".join(terms), hits, page) or absent)
        if not reasons:
            for index, term in enumerate(self._rule.none):
                words = hits.get(f"none[{index}]", ())
                reasons += [f"“{word.matched}” ({term}) drops the whole article (none)" for word in words[:1]]
        if not reasons and self._rule.id not in within_scope({self._rule.id: ()}, source, [self._rule.id]):
            assert source is not None
            reasons.append(
                f"it stands there, but {source.id} is restricted to other topics (topics of the source)"
            )
        return tuple(reasons)


def _why_not_near(key: str, terms: Sequence[str], hits: _Hits, page: _Hits) -> str:
    together = f"{terms[0]} and {terms[1]} stand"
    if f"{key} bare" in hits:
        return f"{together} together only in what the mask blanks (mask)"
    nowhere: list[str] = []
    reasons: list[str] = []
    for place, term in enumerate(terms):
        probe = f"{key} {place}"
        if probe in hits:
            continue
        if reason := _why_unseen(probe, term, hits, page):
            reasons.append(reason)
        else:
            nowhere.append(term)
    if nowhere:
        reasons.insert(0, f"{' and '.join(nowhere)} stand{'s' * (len(nowhere) == 1)} nowhere ({key})")
    return "; ".join(reasons) or f"{together} too far apart, or in different paragraphs ({key})"


def _why_not_in_title(key: str, term: str, hits: _Hits) -> str:
    bare = hits.get(f"{key} bare", ())
    if any(hit.field == "title" for hit in bare):
        return _only_masked(term, bare[0], hits)
    return (
        f"{term} stands in the text, but not in the title ({key})"
        if bare
        else f"{term} does not stand in the title ({key})"
    )


def _why_unseen(probe: str, named: str, hits: _Hits, page: _Hits) -> str | None:
    """Return why *named*, which stands on the page, is not counted; None: it does not stand there at all."""
    if bare := hits.get(f"{probe} bare"):
        return _only_masked(named, bare[0], hits)
    if raw := page.get(f"{probe} bare"):
        line = " ".join(raw[0].sentence.split())
        return f"{named} stands only in a line taken for page furniture: “{line[:80]}”"
    return None


def _only_masked(named: str, word: Hit, hits: _Hits) -> str:
    phrase = next((mask for mask in hits.get("mask", ()) if _overlap(word, mask)), word)
    return f"{named} stands only in what the mask blanks: “{phrase.matched}” (mask)"


def _overlap(one: Hit, other: Hit) -> bool:
    return one.field == other.field and one.start < other.end and other.start < one.end
