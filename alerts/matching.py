"""The matching stage: every article that no rule has seen yet, in batches, each batch one commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from alerts.config import encoding_of
from alerts.match.matcher import compile_topics
from alerts.records.archive import Archive, Examined, Grouping
from alerts.story.fingerprint import Fingerprinter
from alerts.story.standing import read_standing

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.match.matcher import Matcher
    from alerts.model import Hit
    from alerts.records.archive import MatchCounts
    from alerts.story.model import Fingerprint
    from crawler.config import Source
    from crawler.model import StoredArticle

BATCH = 50
MAX_ATTEMPTS = 3

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class MatchReport:
    """Counts of one run's matching."""

    by_topic: dict[str, int] = field(default_factory=dict)
    new_stories: set[int] = field(default_factory=set)
    grown_stories: set[int] = field(default_factory=set)


def match_articles(
    archive: Archive,
    config: Config,
    channels: Mapping[str, Sequence[str]],
    now: datetime,
    should_stop: Callable[[], bool] = lambda: False,
) -> MatchReport:
    """Match what is new, group it and queue it for *channels* (topics wanted, by channel id).

    *should_stop* is asked before every article; the rest is then left to the next run. An article that cannot be
    matched, or that ends the program, is given up after `MAX_ATTEMPTS`; it never holds up the others.
    """
    report = MatchReport({topic.id: 0 for topic in config.topics})
    matcher = None
    while not should_stop() and (batch := archive.to_examine(BATCH)):
        if matcher is None:  # building it costs; a quiet tick has nothing to match
            matcher = compile_topics(config.topics, config.lexicon)
            fingerprinter = Fingerprinter(config.lexicon)
            standing = read_standing(config.lexicon, config.topics)
            places = {channel.id: channel.place for channel in config.channels if channel.place}
            grouping = Grouping(standing, _read_scopes(config), places)
        attempts = archive.note_attempts([article.article_id for article, _ in batch], now)
        found = []
        for article, revision in batch:
            if should_stop():
                break
            if attempts[article.article_id] > MAX_ATTEMPTS:
                _log.error("article %d was given up: matching it never came to an end", article.article_id)
                found.append((Examined(article, {}), revision))
                continue
            try:
                source = next(
                    (source for source in config.crawl.sources if source.id == article.source_id), None
                )
                hits = _find(matcher, config, article, source)
                found.append(
                    (Examined(article, hits, _fingerprint(fingerprinter, article, source)), revision)
                )
            except Exception as error:  # whatever is wrong with one article is not the others' fault
                _log.warning("article %d cannot be matched: %r", article.article_id, error)
        if found:
            _count(report, archive.save_examined(found, matcher.rules_hash, channels, now, grouping))
    report.grown_stories -= report.new_stories
    return report


def _find(
    matcher: Matcher, config: Config, article: StoredArticle, source: Source | None
) -> dict[str, tuple[Hit, ...]]:
    hits = matcher.find_matches(article.title, article.text, article.language, encoding_of(source)).topics
    return within_scope(hits, source, [topic.id for topic in config.topics])


def _fingerprint(fingerprinter: Fingerprinter, article: StoredArticle, source: Source | None) -> Fingerprint:
    """Make an article's fingerprint; its time is the publisher's, unless that lies ahead of ours."""
    at = min(article.published or article.first_seen, article.first_seen)
    outlet = article.publisher or (source.name if source else article.source_id)
    return fingerprinter.make(article.title, article.text, at, encoding_of(source), outlet)


def _read_scopes(config: Config) -> dict[str, frozenset[str]]:
    """Return the topics of every source that is restricted to some."""
    return {
        source.id: frozenset(source.topics)
        for source in config.crawl.sources
        if source.topics is not None and source.topics != "all"
    }


def _count(report: MatchReport, counts: MatchCounts) -> None:
    for topic_id, number in counts.by_topic.items():
        report.by_topic[topic_id] = report.by_topic.get(topic_id, 0) + number
    report.new_stories |= counts.new_stories
    report.grown_stories |= counts.grown_stories


def within_scope(
    hits: Mapping[str, tuple[Hit, ...]], source: Source | None, topics: Sequence[str]
) -> dict[str, tuple[Hit, ...]]:
    """Apply a source's ``topics``: a list restricts, ``all`` makes every article relevant.

    *topics* are the ids that ``all`` stands for.
    """
    if source is None or source.topics is None:
        return dict(hits)
    if source.topics == "all":
        return {topic_id: hits.get(topic_id, ()) for topic_id in topics}
    return {topic_id: found for topic_id, found in hits.items() if topic_id in source.topics}
