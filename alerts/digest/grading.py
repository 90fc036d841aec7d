"""Grades of stored articles: what `alerts.severity` says of each, with the words by which it was found.

Worked out when asked and remembered for one run; nothing is stored, so that a changed lexicon holds at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from alerts.config import encoding_of
from alerts.model import Grade
from alerts.severity.grade import Grader

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.model import Hit
    from alerts.records.archive import PendingStory
    from crawler.model import StoredArticle


class Grades:
    """The grades of one run's articles, by article id."""

    def __init__(self, config: Config) -> None:
        self._lexicon = config.lexicon
        self._encodings = {source.id: encoding_of(source) for source in config.crawl.sources}
        self._grader: Grader | None = None
        self._known: dict[int, Grade] = {}

    def of_article(self, found: StoredArticle, hits: Mapping[str, Iterable[Hit]]) -> Grade:
        """Return the grade of an article in which *hits* were found, by topic."""
        if found.article_id not in self._known:
            if self._grader is None:  # made only where something waits: a quiet tick has nothing to grade
                self._grader = Grader(self._lexicon)
            self._known[found.article_id] = self._grader.grade(
                found.title,
                found.text,
                [hit for topic in hits.values() for hit in topic],
                self._encodings.get(found.source_id, "unicode"),
                found.first_seen,
            )
        return self._known[found.article_id]

    def of_stories(self, stories: Iterable[PendingStory]) -> dict[int, Grade]:
        """Return the grades of all reports of *stories*, by article id."""
        return {
            report.article.article_id: self.of_article(report.article, report.hits)
            for item in stories
            for report in item.reports
        }
