"""The matching stage: every article that no rule has seen yet, in batches, each batch one commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from alerts.archive import Archive, Examined
from alerts.match import compile_topics

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.model import Hit
    from crawler.config import Source

BATCH = 50


@dataclass(slots=True)
class MatchReport:
    """Counts of one run's matching."""

    by_topic: dict[str, int] = field(default_factory=dict)
    new_stories: set[int] = field(default_factory=set)
    grown_stories: set[int] = field(default_factory=set)


def match_articles(
    archive: Archive, config: Config, channels: Mapping[str, Sequence[str]], now: datetime
) -> MatchReport:
    """Match what is new, group it and queue it for *channels* (topics wanted, by channel id)."""
    report = MatchReport({topic.id: 0 for topic in config.topics})
    sources = {source.id: source for source in config.crawl.sources}
    matcher = None
    while batch := archive.to_examine(BATCH):
        if matcher is None:  # building it costs; a quiet tick has nothing to match
            matcher = compile_topics(config.topics, config.lexicon)
        found = []
        for article, revision in batch:
            source = sources.get(article.source_id)
            encoding = (source.encoding if source else None) or "unicode"
            hits = matcher.find_matches(article.title, article.text, article.language, encoding).topics
            scoped = _within_scope(hits, source, report.by_topic)
            found.append((Examined(article, scoped), revision))
        counts = archive.save_examined(found, matcher.rules_hash, channels, now)
        for topic_id, number in counts.by_topic.items():
            report.by_topic[topic_id] = report.by_topic.get(topic_id, 0) + number
        report.new_stories |= counts.new_stories
        report.grown_stories |= counts.grown_stories
    report.grown_stories -= report.new_stories
    return report


def _within_scope(
    hits: Mapping[str, tuple[Hit, ...]], source: Source | None, topics: Mapping[str, int]
) -> dict[str, tuple[Hit, ...]]:
    """Apply a source's ``topics``: a list restricts, ``all`` makes every article of the outlet relevant."""
    if source is None or source.topics is None:
        return dict(hits)
    if source.topics == "all":
        return {topic_id: hits.get(topic_id, ()) for topic_id in topics}
    return {topic_id: found for topic_id, found in hits.items() if topic_id in source.topics}
