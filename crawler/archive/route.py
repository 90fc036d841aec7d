"""Which addresses lead back through a source's archive, and where a page of it ends the way. Pure: nothing is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.model import FeedEntry
from crawler.parse.pagedate import read_path_date
from crawler.spiders import KINDS
from crawler.spiders.wordpress import archive
from crawler.urls import with_query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.config import Route, Source
    from crawler.errors import FetchError

# What gives whole posts with their dates comes first; what gives addresses only costs a page for each.
_RANK = ("wordpress", "telegram", "feed", "sitemap", "listing")
_NO_SUCH_PAGE = (400, 404, 410)  # WordPress' interface, its feeds, and others


def archive_routes(source: Source) -> tuple[Route, ...]:
    """Return the source's routes that can be read, those whose archive tells most first."""
    return tuple(sorted((r for r in source.routes if r.kind in KINDS), key=lambda r: _RANK.index(r.kind)))


def first_addresses(route: Route, since: datetime, now: datetime) -> tuple[str, ...]:
    """Return the spellings of the address where the walk through a route begins, the usual one first."""
    kind, url = KINDS[route.kind], str(route.url)
    if route.kind == "wordpress":
        return tuple(archive(spelled, since, now) for spelled in (url, *kind.others(url)))
    return (kind.ask(url), *kind.others(url))


def following_page(
    route: Route, asked: str, older: str | None, count: int, page: int, headers: Mapping[str, str]
) -> str | None:
    """Return the address after *asked*, the *page*-th, which held *count* entries and names *older*.

    A site that gives fewer posts a page than it was asked for, or damaged ones, still says how many pages it has.
    """
    total = headers.get("x-wp-totalpages", "")
    if older is None and route.kind == "wordpress" and count and total.isascii() and total.isdecimal():
        return with_query(asked, page=str(page + 1)) if page < min(int(total[:6]), 10_000) else None
    return None if older == asked else older


def is_past_the_end(failure: FetchError) -> bool:
    """Tell whether a page after the first is refused because there is none."""
    return failure.status in _NO_SUCH_PAGE


def is_covered(route: Route, pages: int) -> bool:
    """Tell whether a route that ended after *pages* pages held its whole archive.

    A feed or news sitemap of one page lists the newest only: another route may know more.
    """
    return pages > 0 if route.kind in ("wordpress", "telegram") else pages > 1


def date_of(item: FeedEntry) -> datetime | None:
    """Return when an entry was published: its own date, else the day in its address."""
    return item.published or (read_path_date(urlsplit(item.url).path) if item.url else None)


def not_before(entries: Sequence[FeedEntry], since: datetime) -> tuple[FeedEntry, ...]:
    """Return the entries of *since* and later, and those without a date: their page has the word."""
    return tuple(item for item in entries if (date := date_of(item)) is None or date >= since)


def all_before(entries: Sequence[FeedEntry], since: datetime) -> bool:
    """Tell whether a page lies before *since*: it has dated entries, and not one is later."""
    dates = [date for item in entries if (date := date_of(item)) is not None]
    return bool(dates) and max(dates) < since
