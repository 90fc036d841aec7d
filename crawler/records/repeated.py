"""Lines that a source prints on most of its pages, learned by counting: appeals, imprints, boxes about the outlet.

A line is known by a hash of its letters. Short lines are left alone: datelines and by-lines repeat, and are part of
their articles. So is what a few follow-ups repeat: only most of a source's last pages make a line furniture. Rows are
bounded: a page is one, and so many pages of a source are remembered. It opens no transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, insert, select

from crawler.clock import to_ms
from crawler.db.schema import printed

if TYPE_CHECKING:
    from sqlalchemy import Connection

WINDOW = 20  # pages of a source that are remembered
LEAST_PAGES = 6  # that must hold the line
LEAST_SHARE = 0.6  # of the pages in the window
LINE_CHARS = range(30, 1000)
_MOST_LINES = 150  # of one page
_LEFT_CHARS = 80  # a sentence or two: less is no article, and then nothing is dropped

Lines = frozenset[str]


def read_lines(text: str) -> Lines:
    """Return the lines of *text* that could be furniture, each as 12 hexadecimal digits."""
    return frozenset(_sign(line) for line in text.split("\n")[:_MOST_LINES] if len(line) in LINE_CHARS)


def learn(pages: Sequence[Lines]) -> Lines:
    """Return the lines that stand on enough of a source's last *pages*."""
    least = max(LEAST_PAGES, LEAST_SHARE * len(pages))
    if len(pages) < least:
        return frozenset()
    counted = Counter(line for page in pages for line in page)
    return frozenset(line for line, number in counted.items() if number >= least)


def drop_repeated(text: str, furniture: Lines) -> tuple[str, bool]:
    """Return *text* without the lines in *furniture*, and whether it holds more than such lines.

    A text that would be all but empty without them comes back as it was.
    """
    if not furniture:
        return text, True
    lines = text.split("\n")
    kept = [line for line in lines if len(line) not in LINE_CHARS or _sign(line) not in furniture]
    if len(kept) == len(lines):
        return text, True
    left = "\n".join(kept)
    return (left, True) if len(left) >= _LEFT_CHARS else (text, False)


def remember(pages: dict[int, Lines], article_id: int, lines: Lines) -> None:
    """Add an article's page to the last *pages*, oldest first, once an article; forget what is before the window."""
    pages.pop(article_id, None)
    pages[article_id] = lines
    while len(pages) > WINDOW:
        del pages[next(iter(pages))]


def read_pages(connection: Connection, source_id: str) -> dict[int, Lines]:
    """Return the lines of a source's last pages by article, oldest first."""
    query = (
        select(printed)
        .where(printed.c.source_id == source_id)
        .order_by(printed.c.seen_at, printed.c.article_id)
    )
    return {row.article_id: frozenset(row.lines.split()) for row in connection.execute(query)}


def note_page(connection: Connection, source_id: str, article_id: int, lines: Lines, now: datetime) -> None:
    """Remember the lines of an article's page, once an article, and forget what is before the window."""
    mine = printed.c.source_id == source_id
    connection.execute(delete(printed).where(and_(mine, printed.c.article_id == article_id)))
    values = {
        "source_id": source_id,
        "article_id": article_id,
        "seen_at": to_ms(now),
        "lines": " ".join(sorted(lines)),
    }
    connection.execute(insert(printed).values(values))
    newest = (
        select(printed.c.article_id)
        .where(mine)
        .order_by(printed.c.seen_at.desc(), printed.c.article_id.desc())
    )
    connection.execute(delete(printed).where(and_(mine, printed.c.article_id.not_in(newest.limit(WINDOW)))))


def forget_pages(connection: Connection, before: datetime) -> None:
    """Forget the lines of pages read before *before*."""
    connection.execute(delete(printed).where(printed.c.seen_at < to_ms(before)))


def _sign(line: str) -> str:
    return blake2b("".join(line.split()).casefold().encode(errors="replace"), digest_size=6).hexdigest()
