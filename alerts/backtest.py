"""Try topics on stored articles: what they would find, how often, and which clause keeps one from holding.

Reads the archive in batches and counts; stores nothing, queues nothing, knows no channel.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from sqlalchemy import Engine, and_, func, select

from alerts.archive import SHORTEST_COPY_CHARS, stored_article
from alerts.match.lexicon import WARD_KIND
from alerts.match.matcher import compile_topics
from alerts.match.rule import TopicRule
from alerts.matching import within_scope
from alerts.model import Hit, MarkedText
from alerts.tables import examined, match
from alerts.text.fold import fold
from alerts.text.sentence import shown_sentence
from alerts.text.zawgyi import to_unicode
from crawler.clock import to_ms
from crawler.db.engine import transaction
from crawler.db.schema import article as article_table
from crawler.identity import text_hash

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.history import Found
    from alerts.match.lexicon import Lexicon
    from crawler.config import Source
    from crawler.model import StoredArticle

BATCH = 200
QUERY = "query"  # the id of a topic that only the command line knows
SHORTEST_COPY_TITLE = (
    20  # letters and digits; shorter titles ("Photo of the day") come back without being copies
)


@dataclass(frozen=True, slots=True)
class Filed:
    """An article as it lies in the archive, with what was found in it when it came (JSON by topic)."""

    article: StoredArticle
    is_examined: bool
    stored: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """An article to look at. *sentence* is what was found in it, empty where every article of a source counts."""

    article_id: int
    source_id: str
    first_seen: datetime
    title: str
    url: str | None
    sentence: MarkedText
    is_copy: bool = False
    reasons: tuple[str, ...] = ()  # why it is dropped


@dataclass(slots=True)
class Tally:
    """What one topic would find. *backlog* of the *hits* came with a source's first poll and would not be sent."""

    topic_id: str
    hits: int = 0
    backlog: int = 0
    copies: int = 0
    stored: int = 0
    added: int = 0
    dropped: int = 0
    days: Counter[date] = field(default_factory=Counter)
    backlog_days: Counter[date] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)
    samples: tuple[Sample, ...] = ()
    added_samples: tuple[Sample, ...] = ()
    dropped_samples: tuple[Sample, ...] = ()


def is_removed(found: StoredArticle) -> bool:
    """Tell whether retention has taken an article's text; one that never had any has the hash of its title."""
    return not found.text and found.text_sha256 != text_hash(found.title, "")


def count_articles(engine: Engine, since: datetime) -> int:
    """Return how many articles were first seen since *since*."""
    query = select(func.count()).where(article_table.c.first_seen_at >= to_ms(since))
    with transaction(engine) as connection:
        return int(connection.execute(query).scalar_one())


def read_filed(engine: Engine, since: datetime, topics: Sequence[str]) -> Iterator[list[Filed]]:
    """Yield the articles first seen since *since*, in the order stored, never more than a batch at once."""
    seen = article_table.c.first_seen_at >= to_ms(since)
    with transaction(engine) as connection:
        first = connection.execute(select(func.min(article_table.c.id)).where(seen)).scalar()
    last = (first or 0) - 1
    done = and_(examined.c.article_id == article_table.c.id, examined.c.revision >= article_table.c.revision)
    query = select(article_table, examined.c.article_id.label("done")).outerjoin(examined, done)
    while True:
        with transaction(engine) as connection:  # no rule is tried inside: a run may want to write
            page = query.where(seen, article_table.c.id > last).order_by(article_table.c.id).limit(BATCH)
            rows = connection.execute(page).all()
            ids = [row.id for row in rows]
            wanted = and_(match.c.article_id.in_(ids), match.c.topic_id.in_(topics))
            stored: dict[int, dict[str, str]] = {}
            for row in connection.execute(
                select(match.c.article_id, match.c.topic_id, match.c.hits).where(wanted)
            ):
                stored.setdefault(row.article_id, {})[row.topic_id] = row.hits
        if not rows:
            return
        yield [Filed(stored_article(row), row.done is not None, stored.get(row.id, {})) for row in rows]
        last = ids[-1]


class Trial:
    """Topics tried on article after article; keeps counts and the newest samples, never all texts."""

    def __init__(
        self,
        rules: Sequence[TopicRule],
        lexicon: Lexicon,
        sources: Sequence[Source],
        zone: tzinfo,
        max_samples: int = 10,
    ) -> None:
        self._matcher = compile_topics(rules, lexicon)
        self._rules, self._lexicon = {rule.id: rule for rule in rules}, lexicon
        self._sources = {source.id: source for source in sources}
        self._zone = zone
        self._tallies = {rule.id: Tally(rule.id) for rule in rules}
        self._seen: dict[str, set[str]] = {rule.id: set() for rule in rules}
        self._newest: dict[tuple[str, str], deque[tuple[StoredArticle, tuple[Hit, ...], bool]]] = {
            (rule.id, kind): deque(maxlen=max_samples)
            for rule in rules
            for kind in ("hit", "added", "dropped")
        }
        self.articles = self.removed = self.waiting = 0
        self.first_day: date | None = None

    @property
    def is_compared(self) -> bool:
        """Tell whether what is stored says anything of these topics; of words tried out nothing is stored."""
        return QUERY not in self._rules

    def look_at(self, filed: Filed) -> None:
        """Try every topic on one article and count."""
        if is_removed(filed.article):
            self.removed += 1
            return
        self.articles += 1
        self.waiting += not filed.is_examined
        found = filed.article
        day = found.first_seen.astimezone(self._zone).date()
        self.first_day = min(self.first_day or day, day)
        hits = self._matcher.find_matches(found.title, found.text, found.language, self._encoding(found))
        source = self._sources.get(found.source_id)
        is_trial = QUERY in self._rules  # no source's `topics` can name it
        within = within_scope(hits.topics, source, list(self._rules))
        holding = hits.topics if is_trial else within
        for topic_id, tally in self._tallies.items():
            if topic_id in holding:
                self._count(tally, found, holding[topic_id])
            if topic_id in filed.stored:
                tally.stored += 1
                if topic_id not in holding:
                    tally.dropped += 1
                    then = tuple(Hit(**values) for values in json.loads(filed.stored[topic_id]))
                    self._newest[topic_id, "dropped"].append((found, then, False))
            elif topic_id in holding and filed.is_examined:
                tally.added += 1
                self._newest[topic_id, "added"].append((found, holding[topic_id], False))

    def tallies(self) -> tuple[Tally, ...]:
        """Return what was counted, by topic, samples newest first."""
        done = []
        for topic_id, tally in self._tallies.items():
            why = WhyNot(self._rules[topic_id], self._lexicon) if tally.dropped else None
            dropped = self._samples(topic_id, "dropped", why)
            samples, added = self._samples(topic_id, "hit"), self._samples(topic_id, "added")
            done.append(replace(tally, samples=samples, added_samples=added, dropped_samples=dropped))
        return tuple(done)

    def _encoding(self, found: StoredArticle) -> str:
        source = self._sources.get(found.source_id)
        return (source.encoding if source else None) or "unicode"

    def _count(self, tally: Tally, found: StoredArticle, hits: tuple[Hit, ...]) -> None:
        day = found.first_seen.astimezone(self._zone).date()
        tally.hits += 1
        tally.days[day] += 1
        tally.sources[found.source_id] += 1
        if found.backlog:
            tally.backlog += 1
            tally.backlog_days[day] += 1
        tally.forms.update({hit.form for hit in hits})
        keys = set(self._copy_keys(found))
        is_copy = not keys.isdisjoint(self._seen[tally.topic_id])
        tally.copies += is_copy
        self._seen[tally.topic_id] |= keys
        self._newest[tally.topic_id, "hit"].append((found, hits, is_copy))

    def _copy_keys(self, found: StoredArticle) -> Iterator[str]:
        if len(found.text) >= SHORTEST_COPY_CHARS:
            yield found.text_sha256
        folded = fold(to_unicode(found.title, self._encoding(found)).text).text
        title = "".join(filter(str.isalnum, folded))
        if len(title) >= SHORTEST_COPY_TITLE:
            yield text_hash(title, "")

    def _samples(self, topic_id: str, kind: str, why: WhyNot | None = None) -> tuple[Sample, ...]:
        newest = sorted(self._newest[topic_id, kind], key=lambda item: item[0].first_seen, reverse=True)
        samples = []
        for found, hits, is_copy in newest:
            encoding, source = self._encoding(found), self._sources.get(found.source_id)
            sample = Sample(
                found.article_id,
                found.source_id,
                found.first_seen,
                to_unicode(found.title, encoding).text,
                found.url,
                first_sentence(found, hits, encoding),
                is_copy,
                why.explain(found, source) if why else (),
            )
            samples.append(sample)
        return tuple(samples)


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


def judge(config: Config, found: StoredArticle, then: Mapping[str, Found]) -> Judgement:
    """Try every topic on one article; *then* is what was found in it when it came."""
    source = next((source for source in config.crawl.sources if source.id == found.source_id), None)
    encoding = (source.encoding if source else None) or "unicode"
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
    return Judgement(seen.encoding, matcher.rules_hash, tuple(verdicts))


class WhyNot:
    """One topic taken apart: each clause is tried by itself, as a rule of its own."""

    def __init__(self, rule: TopicRule, lexicon: Lexicon) -> None:
        self._rule = rule
        probes: dict[str, TopicRule] = {"whole": rule}
        self._clauses: list[tuple[str, str, tuple[str, ...]]] = []  # key, kind, terms
        if rule.any:
            self._clauses.append(("any", "any", rule.any))
        self._clauses += [(f"all[{index}]", "all", (term,)) for index, term in enumerate(rule.all)]
        self._clauses += [(f"title[{index}]", "title", (term,)) for index, term in enumerate(rule.title)]
        for key, kind, terms in self._clauses:
            probe = TopicRule(key, key, title=terms) if kind == "title" else TopicRule(key, key, any=terms)
            probes[key] = replace(probe, mask=rule.mask)
            probes[f"{key} bare"] = replace(probe, any=terms, title=())
        for index, near in enumerate(rule.near):
            key = f"near[{index}]"
            self._clauses.append((key, "near", near[:2]))
            probes[f"{key} bare"] = TopicRule(key, key, near=(near,))
            probes[key] = replace(probes[f"{key} bare"], mask=rule.mask)
            for place, term in enumerate(near[:2]):
                probes[f"{key} {place}"] = TopicRule(key, key, any=(term,))
        for index, term in enumerate(rule.none):
            probes[f"none[{index}]"] = TopicRule("none", "none", any=(term,))
        if rule.mask:
            probes["mask"] = TopicRule("mask", "mask", any=rule.mask)
        rules = [replace(probe, id=key, languages=()) for key, probe in probes.items()]
        self._matcher = compile_topics(rules, _without_wards(lexicon))

    def explain(self, found: StoredArticle, source: Source | None) -> tuple[str, ...]:
        """Return what keeps the topic from holding in an article of *source*; nothing when it holds."""
        if source is not None and source.topics == "all":
            return ()  # every article of such a source counts, whatever stands in it
        encoding = (source.encoding if source else None) or "unicode"
        hits = self._matcher.find_matches(found.title, found.text, None, encoding).topics
        spoken = (found.language or "").lower().partition("-")[0]
        reasons = []
        if self._rule.languages and spoken and spoken not in self._rule.languages:
            wanted = ", ".join(self._rule.languages)
            reasons.append(f"the article is in {spoken!r}, and the topic is for {wanted} only (languages)")
        reasons += [
            self._missing(*clause, hits, found, encoding) for clause in self._clauses if clause[0] not in hits
        ]
        if not reasons and "whole" not in hits:
            for index, term in enumerate(self._rule.none):
                masked = hits.get("mask", ())
                words = [hit for hit in hits.get(f"none[{index}]", ()) if not _inside(hit, masked)]
                reasons += [f"“{word.matched}” ({term}) drops the whole article (none)" for word in words[:1]]
        if not reasons and self._rule.id not in within_scope({self._rule.id: ()}, source, [self._rule.id]):
            assert source is not None
            reasons.append(
                f"it stands there, but {source.id} is restricted to other topics (topics of the source)"
            )
        return tuple(reasons)

    def _missing(
        self,
        key: str,
        kind: str,
        terms: tuple[str, ...],
        hits: Mapping[str, tuple[Hit, ...]],
        found: StoredArticle,
        encoding: str,
    ) -> str:
        named = ", ".join(terms)
        if kind == "near":
            absent = [term for place, term in enumerate(terms) if f"{key} {place}" not in hits]
            if absent:
                return f"{' and '.join(absent)} stands nowhere ({key})"
            if f"{key} bare" in hits:
                return f"{terms[0]} and {terms[1]} stand together only in what the mask blanks (mask)"
            return f"{terms[0]} and {terms[1]} stand too far apart, or in different paragraphs ({key})"
        bare = hits.get(f"{key} bare", ())
        if kind == "title":
            bare = tuple(hit for hit in bare if hit.field == "title") or bare
            if bare and bare[0].field == "text":
                return f"{named} stands in the text, but not in the title ({key})"
        if bare:
            masks = hits.get("mask", ())
            phrase = next((mask for mask in masks if _inside(bare[0], (mask,))), bare[0])
            return f"{named} stands only in what the mask blanks: “{phrase.matched}” (mask)"
        # a title knows no furniture: read as one, the whole page tells whether a blanked line held the word
        whole = f"{found.title}\n{found.text}"
        raw = self._matcher.find_matches(whole, "", None, encoding).topics.get(f"{key} bare")
        if raw and kind != "title":
            line = " ".join(raw[0].sentence.split())
            return f"{named} stands only in a line taken for page furniture: “{line[:80]}”"
        where = "in the title" if kind == "title" else "in title or text"
        return f"{named} does not stand {where} ({key})"


def _inside(hit: Hit, others: Sequence[Hit]) -> bool:
    return any(
        hit.field == other.field and hit.start < other.end and other.start < hit.end for other in others
    )


def _without_wards(lexicon: Lexicon) -> Lexicon:
    """Return *lexicon* with wards as places: no topic may rest on a ward alone, a probe does."""
    concepts = {
        name: tuple(replace(row, kind="place") if row.kind == WARD_KIND else row for row in rows)
        for name, rows in lexicon.concepts.items()
    }
    return replace(lexicon, concepts=concepts)
