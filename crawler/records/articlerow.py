"""Articles as rows: which one an entry belongs to, and what a later text changes. It opens no transaction.

One article is stored once, whoever brings it and however often its address changes. Copies by other outlets are
articles of their own: they are grouped later, and never dropped.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, insert, select, update

from crawler.clock import to_ms
from crawler.db.schema import article, entry
from crawler.model import Article, FeedEntry, PendingEntry
from crawler.records.arrival import Arrival
from crawler.records.identity import article_identity, cleaned, storable, text_hash
from crawler.records.revision import Kind, keep_replaced
from crawler.urls import canonical_url

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Select

LONG_AGO = timedelta(days=90)
SHORTEST_SAME_CHARS = 400  # the same title and as much of the same text, by one outlet: the same article
_KNOWN: Select[Any] = select(article.c.id, article.c.text_sha256, article.c.origin)


def keep_article(
    connection: Connection, pending: PendingEntry, found: Article, first_run_window: timedelta, now: datetime
) -> int:
    """Store the article of an entry unless it is known; return its id."""
    item, found = pending.entry, cleaned(found)
    url = found.canonical_url or item.url
    values: dict[str, Any] = {
        "title": found.title,
        "text": found.text,
        "language": found.language,
        "author": found.author,
        "published_at": to_ms(found.published) if found.published else None,
        "origin": found.origin,
        "truncated": int(found.truncated),
        "several": int(found.several),
        "doubt": storable(found.doubt),
        "text_sha256": text_hash(found.title, found.text),
    }
    mine = select(entry.c.article_id, entry.c.first_poll).where(entry.c.id == pending.entry_id)
    linked, arrival = connection.execute(mine).one()
    identity = article_identity(pending.source_id, item, url)
    existing = _existing(connection, identity, linked, pending.source_id, values)
    if existing is None:
        values |= {
            "identity": identity,
            "source_id": pending.source_id,
            "url": canonical_url(url) if url else None,
            "publisher": found.publisher,
            "first_seen_at": to_ms(pending.first_seen),
            "backlog": int(_is_old(found, item, pending.first_seen, Arrival(arrival), first_run_window)),
            "revision": 1,
        }
        return int(connection.execute(insert(article).values(values).returning(article.c.id)).scalar_one())
    # Another source's page betters what a feed said: it may be the only one that reads pages.
    ours = existing.id == linked or (existing.origin != "page" and arrival != Arrival.ARCHIVED)
    if ours and existing.text_sha256 != values["text_sha256"] and found.origin == "page":
        if existing.origin == "page":
            keep_replaced(connection, existing.id, Kind.CHANGED, now)
        changed = values | {"revision": article.c.revision + 1}
        connection.execute(update(article).where(article.c.id == existing.id).values(changed))
    return int(existing.id)


def _existing(
    connection: Connection, identity: str, linked: int | None, source_id: str, values: dict[str, Any]
) -> Row[Any] | None:
    """Return the article of this identity; else the one that the entry has; else one of the very same words."""
    existing = connection.execute(_KNOWN.where(article.c.identity == identity)).first()
    if existing is None and linked is not None:  # the page named another canonical address than the feed
        existing = connection.execute(_KNOWN.where(article.c.id == linked)).first()
    if existing is None and len(values["text"]) >= SHORTEST_SAME_CHARS:  # its address has changed
        same = and_(
            article.c.text_sha256 == values["text_sha256"],
            article.c.source_id == source_id,
            article.c.title == values["title"],
        )
        existing = connection.execute(_KNOWN.where(same).order_by(article.c.id).limit(1)).first()
    return existing


def _is_old(
    found: Article, item: FeedEntry, first_seen: datetime, arrival: Arrival, first_run_window: timedelta
) -> bool:
    """Tell old news: before the first-run window at a first poll; later only what a page itself dates long ago.

    Sitemaps and listings give no dates, and name an article of years ago again when it is edited.
    """
    if arrival >= Arrival.ARCHIVED:
        return arrival == Arrival.ARCHIVED
    if arrival != Arrival.FIRST_POLL:
        said = found.published if item.published is None else None
        return said is not None and said < first_seen - LONG_AGO
    published = item.published or found.published
    return published is not None and published < first_seen - first_run_window
