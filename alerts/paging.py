"""From a digest to the messages that a platform takes: which items stand in which part.

Owns packing, shortening and the count of what found no room. The limits and the writing are the adapter's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.layout import (
    Budget,
    Line,
    Telling,
    coverage_line,
    digest_heading,
    footer_line,
    notice_lines,
    remainder_line,
    report_line,
    tell_story,
)
from alerts.plaintext import clean_line, cut_text
from alerts.platform import Part

if TYPE_CHECKING:
    from alerts.model import Digest

# From generous to the least that still names the story; a digest that does not fit takes the next row.
BUDGETS = (
    Budget(headline=300, sentence=1200, further=40, further_headline=200, further_url=500),
    Budget(headline=250, sentence=480, further=12, further_headline=150, further_url=300),
    Budget(headline=200, sentence=240, further=4, further_headline=120, further_url=200),
    Budget(headline=150, sentence=0, further=1, further_headline=100, further_url=150),
    Budget(headline=90, sentence=0, further=0),
)
_TAIL_CHARS = 280
_MOST_PARTS = 99  # reserves room for the digits of "(12/34)" while the number of parts is not known


@dataclass(frozen=True, slots=True)
class Item:
    """What is never split over two messages: a story, a brief report (`Line`) or a notice (text)."""

    content: Telling | Line | str
    story_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One message to be written, in clean text; ``tail`` (remainder, coverage) only on the last."""

    heading: str
    items: tuple[Item, ...]
    tail: tuple[str, ...]
    footer: str


Write = Callable[[Page], bytes]
Fits = Callable[[bytes], bool]


def paginate(digest: Digest, write: Write, fits: Fits, max_parts: int) -> tuple[Part, ...]:
    """Return the parts of *digest*, each of which *fits*, at most *max_parts* of them.

    The richest budget at which everything finds room wins. When even the tersest does not do, later items
    are counted in the last part's remainder, which then carries the identities of their stories too.
    """
    for level in range(len(BUDGETS)):
        pages, left = _fill(digest, level, write, fits)
        if len(pages) <= max_parts and not left:
            break
    shown = pages[:max_parts]
    left += [item for page in pages[max_parts:] for item in page]
    parts = []
    for number, items in enumerate(shown, start=1):
        ids = tuple(story_id for item in items for story_id in item.story_ids)
        tail: tuple[str, ...] = ()
        if number == len(shown):
            ids += tuple(story_id for item in left for story_id in item.story_ids)
            tail = _tail(digest, left)
        parts.append(Part(write(_page(digest, items, tail, number, len(shown))), ids))
    return tuple(parts)


def _fill(digest: Digest, level: int, write: Write, fits: Fits) -> tuple[list[tuple[Item, ...]], list[Item]]:
    """Pack the items greedily; return the pages and what fits on none.

    An item that is too big for a message of its own takes a terser budget by itself.
    """
    outlines = [_items(digest, budget) for budget in BUDGETS[level:]]
    reserve = _tail(digest, outlines[-1])

    def has_room(*items: Item) -> bool:
        return fits(write(_page(digest, items, reserve, _MOST_PARTS, _MOST_PARTS)))

    pages: list[tuple[Item, ...]] = [()]
    left: list[Item] = []
    for versions in zip(*outlines, strict=True):
        item = next((version for version in versions if has_room(version)), None)
        if item is None:
            left.append(versions[-1])
        elif has_room(*pages[-1], item):
            pages[-1] = (*pages[-1], item)
        else:
            pages.append((item,))
    return pages, left


def _items(digest: Digest, budget: Budget) -> list[Item]:
    stories = [Item(tell_story(story, digest, budget), (story.story_id,)) for story in digest.stories]
    headline, url = budget.further_headline, budget.further_url
    briefs = [Item(report_line(report, digest, headline, url)) for report in digest.brief]
    return [*stories, *briefs, *(Item(notice) for notice in notice_lines(digest))]


def _page(digest: Digest, items: tuple[Item, ...], tail: tuple[str, ...], part: int, parts: int) -> Page:
    return Page(digest_heading(digest), items, tail, footer_line(digest, part, parts))


def _tail(digest: Digest, left: list[Item]) -> tuple[str, ...]:
    stories = sum(isinstance(item.content, Telling) for item in left)
    briefs = sum(isinstance(item.content, Line) for item in left)
    notices = len(left) - stories - briefs
    lines = (
        remainder_line(digest, stories, briefs),
        f"+{notices} more notices: see newswatch status" if notices else None,
        coverage_line(digest.coverage) if digest.coverage else None,
    )
    return tuple(cut_text(clean_line(line), _TAIL_CHARS) for line in lines if line)
