"""Search the archive: the index proposes articles, the matcher decides. Prints nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from alerts.match.lexicon import Lexicon
from alerts.match.matcher import Matcher, compile_topics
from alerts.model import Encoding, Hit
from alerts.search.index import Scope, SearchIndex
from alerts.search.query import Query
from crawler.model import StoredArticle

MAX_COUNTED = 200  # articles that are read only to be counted


@dataclass(frozen=True, slots=True)
class Found:
    """An article that holds what was asked for, and where, in the order of the article."""

    article: StoredArticle
    hits: tuple[Hit, ...]
    encoding: Encoding
    source_encoding: str  # what decides for text too short to judge


@dataclass(frozen=True, slots=True)
class Finds:
    """The newest articles found, and how many more there are."""

    articles: tuple[Found, ...]
    more: int = 0
    is_more_counted: bool = True  # else there may be more than *more*


def search(index: SearchIndex, query: Query, lexicon: Lexicon, scope: Scope, limit: int) -> Finds:
    """Return the *limit* newest articles of *scope* that *query* finds; the index must be up to date.

    Further ones are counted, but of these no more than `MAX_COUNTED` are read.
    """
    proposed = index.find(query.needs, scope)
    matcher = compile_topics(query.rules, lexicon)
    articles = iter(index.read(proposed))
    shown = tuple(islice(_decide(articles, matcher, index), limit))
    counted = sum(1 for _ in _decide(islice(articles, MAX_COUNTED), matcher, index))
    return Finds(shown, counted, next(articles, None) is None)


def _decide(articles: Iterable[StoredArticle], matcher: Matcher, index: SearchIndex) -> Iterator[Found]:
    for article in articles:
        default = index.encoding_of(article.source_id)
        findings = matcher.find_matches(article.title, article.text, article.language, default)
        hits = dict.fromkeys(hit for found in findings.topics.values() for hit in found)
        if findings.topics:
            ordered = sorted(hits, key=lambda hit: (hit.field != "title", hit.start, hit.end))
            yield Found(article, tuple(ordered), findings.encoding, default)
