"""A row of the entry table as the crawl reads it. It opens no transaction and writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.clock import from_ms
from crawler.model import FeedEntry, PendingEntry

if TYPE_CHECKING:
    from sqlalchemy import Row


def pending_entry(row: Row[Any]) -> PendingEntry:
    """Read a row of the entry table."""
    item = FeedEntry(
        title=row.title,
        url=row.url,
        guid=row.guid,
        summary=row.summary,
        content=row.content,
        author=row.author,
        published=None if row.published_at is None else from_ms(row.published_at),
        publisher=row.publisher,
    )
    return PendingEntry(row.id, row.source_id, item, from_ms(row.first_seen_at), row.attempts)
