"""When an article that was told is read again, and what an absence means. Arithmetic only: no clock, no network.

Outlets correct most within a day; later looks find removals. The promise on politeness: a page is asked for at most
`MOST_TRIES` times after it was told, each time conditionally, and a run asks for few.
"""

from __future__ import annotations

from datetime import datetime, timedelta

REREADS = (timedelta(hours=3), timedelta(hours=12), timedelta(hours=36))  # after it was told
ABSENT_AGAIN = timedelta(
    hours=6
)  # a page that is not there is asked for once more before it counts as removed
REST = timedelta(hours=1)  # between two readings, however often its feed rewords it
WATCHED_FOR = timedelta(days=7)  # in which a reworded feed entry has its page read
MOST_TRIES = 8
MOST_A_RUN = 20
MOST_A_SOURCE = 5  # in one run
ENOUGH_TO_DOUBT = 3  # so many absent pages of a source and not one present: the site, not the articles


def next_reread(told_at: datetime, tries: int, now: datetime) -> datetime | None:
    """Return when an article told at *told_at* and read again *tries* times is read next; None: never."""
    if tries >= MOST_TRIES:
        return None
    return next((told_at + wait for wait in REREADS if told_at + wait > now), None)


def reworded_reread(
    told_at: datetime, tries: int, read_at: datetime | None, due_at: datetime | None, now: datetime
) -> datetime | None:
    """Return when a page is read whose feed entry was reworded; *due_at* where that comes sooner or it is too late."""
    if tries >= MOST_TRIES or now - told_at > WATCHED_FOR:
        return due_at
    wish = max(now, read_at + REST) if read_at is not None else now
    return wish if due_at is None else min(wish, due_at)


def absent_reread(absences: int, now: datetime) -> datetime | None:
    """Return when a page is asked for again that was absent *absences* times in a row; None: it is removed."""
    return now + ABSENT_AGAIN if absences < 2 else None


def is_site_absent(absent: int, present: int) -> bool:
    """Tell whether a source's absent pages say something of its site rather than of its articles."""
    return absent >= ENOUGH_TO_DOUBT and not present
