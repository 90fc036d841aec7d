"""Try topics on stored articles: what they would find, how often, and what a change adds and drops.

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

from alerts.config import encoding_of
from alerts.match.matcher import compile_topics
from alerts.matching import within_scope
from alerts.model import Hit, MarkedText
from alerts.records.storybook import SHORTEST_COPY_CHARS
from alerts.records.storyrow import stored_article
from alerts.records.tables import examined, match
from alerts.text.fold import fold
from alerts.text.zawgyi import to_unicode
from alerts.whynot import WhyNot, first_sentence, is_removed
from crawler.clock import to_ms
from crawler.db.engine import transaction
from crawler.db.schema import article as article_table
from crawler.records.identity import text_hash

if TYPE_CHECKING:
    from alerts.match.lexicon import Lexicon
    from alerts.match.rule import TopicRule
    from crawler.config import Source
    from crawler.model import StoredArticle

BATCH = 200
QUERY = "query"  # what a topic that only the command line knows is called; one of topics.yaml may be called so too
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


class Backtest:
    """Topics tried on article after article; keeps counts and the newest samples, never all texts.

    *is_adhoc*: the rules are words of the command line. No source is restricted to or from them, and what is
    stored says nothing of them.
    """

    def __init__(
        self,
        rules: Sequence[TopicRule],
        lexicon: Lexicon,
        sources: Sequence[Source],
        zone: tzinfo,
        max_samples: int = 10,
        *,
        is_adhoc: bool = False,
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
        self._is_adhoc = is_adhoc
        self.articles = self.removed = self.waiting = 0
        self.first_day: date | None = None

    @property
    def is_compared(self) -> bool:
        """Tell whether what is stored says anything of these topics; of words tried out nothing is stored."""
        return not self._is_adhoc

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
        within = within_scope(hits.topics, source, list(self._rules))
        holding = hits.topics if self._is_adhoc else within
        for topic_id, tally in self._tallies.items():
            if topic_id in holding:
                self._count(tally, found, holding[topic_id])
            if not self.is_compared:
                continue
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
        return encoding_of(source)

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
