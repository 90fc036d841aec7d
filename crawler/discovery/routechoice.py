"""Which way to a source is the best of those that were tried, and the YAML that says so. Pure: nothing is asked.

It refuses to judge what it cannot see: a route in another language than the source's is never proposed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from crawler.article.settle import FULL_TEXT_CHARS
from crawler.model import FeedEntry

NEWER_BY = timedelta(days=3)  # a route that is so far ahead of the first is worth changing to
TEXTS = ("titles only", "excerpt", "full text")
Text = Literal["titles only", "excerpt", "full text"]

_POOR_EXCERPT_CHARS = 40
_SEARCHES = ("news.google.com", "www.bing.com")
_KINDS = ("telegram", "listing", "sitemap", "wordpress", "feed")  # by how much an entry tells, how cheaply
_MYANMAR_SCRIPT = frozenset(  # languages written in it, as in `crawler.article.extract`
    {"my", "shn", "mnw", "ksw", "kjp", "pwo", "kyu", "blk", "rki", "kht", "pll", "kar"}
)
_MYANMAR = re.compile("[\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff]")


@dataclass(frozen=True, slots=True)
class RouteProbe:
    """One route that was tried, and what came of it."""

    kind: str
    url: str
    problem: str | None = None  # why it cannot serve, in words
    items: int = 0
    newest: datetime | None = None  # publisher's word, aware UTC; None where nothing is dated
    text: Text | None = None  # what most entries carry of the article
    stale: str | None = None  # in words: works, but brings nothing new
    foreign: bool = False  # its titles are in another script than the source's language
    damaged: str | None = None
    found_by: str | None = None  # how we came to it; None for a configured one

    @property
    def works(self) -> bool:
        """Tell whether it can serve: entries came, and not only old ones."""
        return self.problem is None and self.stale is None and self.items > 0

    @property
    def status(self) -> str:
        """Return how it stands, in words."""
        if self.problem or self.stale:
            return self.problem or self.stale or ""
        return "works" if self.items else "no items"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Routes in the order worth configuring, and why."""

    reason: str
    routes: tuple[RouteProbe, ...]


def judge_text(entries: Sequence[FeedEntry]) -> Text | None:
    """Return what at least half of *entries* carry of their articles; None without entries."""
    if not entries:
        return None
    half = (len(entries) + 1) // 2
    bodies = sorted((max(len(entry.content), len(entry.summary)) for entry in entries), reverse=True)
    if bodies[half - 1] >= FULL_TEXT_CHARS:
        return "full text"
    return "excerpt" if bodies[half - 1] >= _POOR_EXCERPT_CHARS else "titles only"


def newest_of(entries: Sequence[FeedEntry], now: datetime) -> datetime | None:
    """Return the newest date in *entries*, none later than *now*: clocks of outlets run ahead."""
    dates = [entry.published for entry in entries if entry.published]
    return min(max(dates), now) if dates else None


def is_foreign(entries: Sequence[FeedEntry], language: str) -> bool:
    """Tell whether most titles are in another script than *language*: an edition for other readers."""
    if not entries:
        return False
    burmese = sum(bool(_MYANMAR.search(entry.title)) for entry in entries)
    if language.partition("-")[0] in _MYANMAR_SCRIPT:
        return burmese * 2 < len(entries)
    return burmese * 2 > len(entries)


def suggest_routes(configured: Sequence[RouteProbe], found: Sequence[RouteProbe]) -> Suggestion | None:
    """Return a better order of routes, None when the first configured one is as good as any.

    A route that fails is kept, last: it may be back tomorrow. A new one is put first only for a reason.
    """
    if not configured:
        return None
    first = configured[0]
    usable = [probe for probe in (*configured, *found) if probe.works and not probe.foreign]
    best = max(usable, key=_worth, default=None)
    if best is None or best is first:
        return None
    reason = _reason(first, best)
    if reason is None:
        return None
    rest = [probe for probe in configured if probe is not best]
    return Suggestion(reason, (best, *(p for p in rest if p.works), *(p for p in rest if not p.works)))


def write_routes(suggestion: Suggestion) -> tuple[str, ...]:
    """Return the lines of YAML for ``sources.yaml``, indented as in the shipped file."""
    lines = ["    routes:"]
    for probe in suggestion.routes:
        new = f"  # new: {probe.found_by}" if probe.found_by else ""
        bad = "" if probe.works else f"  # {probe.status}"
        lines.append(f"      - {{kind: {probe.kind}, url: {quote_yaml(probe.url)}}}{new or bad}")
    return tuple(lines)


def quote_yaml(text: str) -> str:
    """Return *text* as a quoted YAML scalar that means just that, ``${`` included."""
    return json.dumps(text.replace("${", "$${"), ensure_ascii=False)


def is_search(url: str) -> bool:
    """Tell whether *url* is a search engine's: it lags, and its entries lead through redirects."""
    return urlsplit(url).hostname in _SEARCHES


def _worth(probe: RouteProbe) -> tuple[bool, int, bool, int, bool]:
    return (
        not is_search(probe.url),
        _KINDS.index(probe.kind) // 3,  # feed and WordPress before lists of bare titles
        probe.newest is not None,  # undated entries count as new, however old they are
        TEXTS.index(probe.text or "titles only"),
        probe.found_by is None,  # among equals the one that a person chose; then the order tried
    )


def _reason(first: RouteProbe, best: RouteProbe) -> str | None:
    if not first.works:
        return f"the first route does not serve ({first.status})"
    if is_search(first.url) and not is_search(best.url):
        return "the first route is a search, which lags and misses some"
    if best.kind not in ("feed", "wordpress"):
        return None
    if first.kind not in ("feed", "wordpress"):
        return f"a {best.kind} route tells more of an entry than a {first.kind} route"
    if first.newest and best.newest and best.newest - first.newest >= NEWER_BY:
        return f"it is ahead of the first route by {(best.newest - first.newest).days} days"
    if TEXTS.index(best.text or "titles only") > TEXTS.index(first.text or "titles only"):
        return f"it carries {best.text}, the first route {first.text}"
    return None
