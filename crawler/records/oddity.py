"""What is odd about a source that answers all the same: counted over its polls, put into words for people.

An oddity is no failure: the source is read. Single ones happen to every server, so each kind has its own patience
before it is worth a word. It changes no configuration: it proposes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, select, update

from crawler.clock import from_ms, to_ms
from crawler.db.schema import oddity

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

CURRENT_FOR = timedelta(days=2)  # an oddity not seen for longer belongs to an address that is no longer asked
MOVED_FOR = timedelta(hours=24)  # shorter ones are maintenance


class Kind(StrEnum):
    """What can be odd."""

    MOVED = "moved"  # the address redirects for good (301, 308), and always to the same place
    RENAMED = "renamed"  # the feed itself names another address as its own from now on
    EMPTY = "empty"  # a feed without items, where there had been some
    DAMAGED = "damaged"  # a feed of which only a part could be read
    LOST = "lost"  # characters that no encoding could read
    GUIDS = "guids"  # known entries come with other identifiers each time
    STUCK = "stuck"  # news under the validator of the poll before: a conditional request would have missed it
    KEEP = "keep"  # what its configuration keeps of a page is not there: counted over pages, not polls
    GAP = "gap"  # nothing in common with the poll before: entries may have come and gone between them


PATIENCE: Mapping[Kind, int] = {  # polls in a row before it is worth a word
    Kind.MOVED: 3,
    Kind.RENAMED: 3,
    Kind.EMPTY: 3,
    Kind.DAMAGED: 1,
    Kind.LOST: 3,
    Kind.GUIDS: 3,
    Kind.STUCK: 1,
    Kind.KEEP: 3,
    Kind.GAP: 1,
}


_PLACES = frozenset({Kind.MOVED, Kind.RENAMED})  # another place each time says nothing


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something odd about a source, as seen on the last *polls* polls of *url*."""

    source_id: str
    kind: Kind
    url: str
    said: str  # what was seen: the new address, the damage
    polls: int
    since: datetime
    last: datetime
    is_usual: bool = False  # an emptiness that has passed once: this source is empty at times

    @property
    def is_telling(self) -> bool:
        """Tell whether it has lasted long enough to bother a person."""
        if self.kind == Kind.MOVED and self.last - self.since < MOVED_FOR:
            return False
        return not self.is_usual and self.polls >= PATIENCE[self.kind]


@dataclass(frozen=True, slots=True)
class Signs:
    """What one poll of *url* showed: by kind what was seen, None where it was looked for and not seen.

    A feed without items is seen as ``EMPTY``, with "" where it never had any.

    *is_unchanged*: the answer was that of the poll before, and so is what was odd about its content.
    """

    url: str = ""
    seen: Mapping[Kind, str | None] = field(default_factory=dict)
    is_unchanged: bool = False
    could_hide: bool = True  # so many entries, and so young, that others may have been pushed out of sight
    repeats_validator: bool = (
        False  # other bytes under the same ETag, or Last-Modified where there is no ETag
    )


def describe(found: Oddity) -> str:
    """Return the sentence that people read of *found*; an address in it may hold a key."""
    since = f"{found.since:%d %b %H:%M} UTC"
    match found.kind:
        case Kind.MOVED:
            return f"has moved for good, on {found.polls} polls since {since}: in sources.yaml write {found.said}"
        case Kind.RENAMED:
            return f"its feed says since {since} that it has moved: in sources.yaml write {found.said}"
        case Kind.EMPTY:
            return f"its feed is without items since {since}, on {found.polls} polls; it used to have some"
        case Kind.DAMAGED:
            return f"its feed is damaged: {found.said}"
        case Kind.LOST:
            return f"{found.said} characters of its entries are lost: its encoding is broken"
        case Kind.GUIDS:
            return f"the identifiers of its entries change at every poll, {found.polls} so far; addresses are used"
        case Kind.STUCK:
            return "its validators stay while its content changes; it is asked without conditions"
        case Kind.KEEP:
            words = f"nothing of what is kept of its pages (extract.keep: {found.said}) stood on the last {found.polls}"
            return f"{words}, since {since}; they are read as usual"
        case Kind.GAP:
            return f"possible gap: at {since} nothing of the poll before was left; entries may be missing"


def worth_a_word(found: Iterable[Oddity], last_read: Mapping[str, datetime | None]) -> tuple[Oddity, ...]:
    """Return what people should hear of, by when each source was last read."""
    return tuple(
        item
        for item in found
        if item.is_telling and (read := last_read.get(item.source_id)) and read - item.last <= CURRENT_FOR
    )


def after_poll(
    known: Oddity | None, kind: Kind, source_id: str, signs: Signs, now: datetime
) -> Oddity | None:
    """Return what is known of one kind after a poll; None when there is nothing (any more).

    A poll of another address neither goes on with an oddity nor ends it.
    """
    said = signs.seen.get(kind)
    is_same = known is not None and known.url == signs.url
    if said is not None:
        if known is None or not is_same or not known.polls or (kind in _PLACES and known.said != said):
            is_usual = kind == Kind.EMPTY and (not said or (known is not None and is_same and known.is_usual))
            return Oddity(source_id, kind, signs.url, said, 1, now, now, is_usual)
        return replace(known, said=said, polls=known.polls + 1, last=now)
    if known is None or not is_same:
        return known
    if signs.is_unchanged and kind in (Kind.EMPTY, Kind.RENAMED) and known.polls:
        return replace(known, polls=known.polls + 1, last=now)
    if kind not in signs.seen:
        return known
    return replace(known, polls=0, is_usual=True) if kind == Kind.EMPTY else None


def note_signs(connection: Connection, source_id: str, signs: Signs, now: datetime) -> None:
    """Bring a source's oddities up to date with what a poll showed."""
    held = {item.kind: item for item in read_oddities(connection, source_id)}
    for kind in Kind:
        before = held.get(kind)
        after = after_poll(before, kind, source_id, signs, now)
        if after == before:
            continue
        mine = and_(oddity.c.source_id == source_id, oddity.c.kind == kind)
        if after is None:
            connection.execute(delete(oddity).where(mine))
        elif before is None:
            connection.execute(insert(oddity).values(_values(after)))
        else:
            connection.execute(update(oddity).where(mine).values(_values(after)))


def read_oddities(connection: Connection, source_id: str | None = None) -> tuple[Oddity, ...]:
    """Return what is odd about one source, or about all of them."""
    query = select(oddity).order_by(oddity.c.source_id, oddity.c.kind)
    if source_id is not None:
        query = query.where(oddity.c.source_id == source_id)
    return tuple(_oddity(row) for row in connection.execute(query))


def _oddity(row: Row[Any]) -> Oddity:
    return Oddity(
        row.source_id,
        Kind(row.kind),
        row.url,
        row.said,
        row.polls,
        from_ms(row.since_at),
        from_ms(row.last_at),
        bool(row.is_usual),
    )


def _values(found: Oddity) -> dict[str, Any]:
    return {
        "source_id": found.source_id,
        "kind": found.kind.value,
        "url": found.url,
        "said": found.said,
        "polls": found.polls,
        "since_at": to_ms(found.since),
        "last_at": to_ms(found.last),
        "is_usual": int(found.is_usual),
    }
