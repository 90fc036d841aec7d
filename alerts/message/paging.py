"""From a digest to the messages that a platform takes: which items stand in which part.

Owns packing, shortening and the count of what found no room. The limits and the writing are the adapter's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.message.layout import (
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
    volume_lines,
)
from alerts.message.plaintext import clean_line, cut_text
from alerts.message.platform import Part

if TYPE_CHECKING:
    from alerts.model import Digest

# From generous to the least that still names the story; a digest that does not fit takes the next row.
BUDGETS = (
    Budget(headline=300, sentence=1200, facts=6, further=40, further_headline=200, further_url=500),
    Budget(headline=250, sentence=480, facts=4, further=12, further_headline=150, further_url=300),
    Budget(headline=200, sentence=240, facts=3, further=4, further_headline=120, further_url=200),
    Budget(headline=150, sentence=0, facts=2, further=1, further_headline=100, further_url=150),
    Budget(headline=90, sentence=0, facts=0, further=0),
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
    template: str = ""  # the channel's own layout of text messages, Jinja2


Write = Callable[[Page], bytes]
Fits = Callable[[bytes], bool]
HasRoom = Callable[..., bool]  # of items: whether one page takes them all


def paginate(digest: Digest, write: Write, fits: Fits, max_parts: int) -> tuple[Part, ...]:
    """Return the parts of *digest*, each of which *fits*, at most *max_parts* of them.

    The richest budget at which everything finds room wins. When even the tersest does not do, later items
    are counted in the last part's remainder, which then carries the identities of their stories too.
    """
    items = _items(digest, BUDGETS[0])
    outlines = [items]  # one a budget, the tersest last: written when the richest finds no room
    reserve = _tail(digest, items)

    def has_room(*items: Item) -> bool:
        return fits(write(_page(digest, items, reserve, _MOST_PARTS, _MOST_PARTS)))

    for level in range(len(BUDGETS)):
        items = outlines[level]
        left: list[Item] = []
        if not has_room(*items):  # the common case needs no choice: everything in one message
            outlines += [_items(digest, budget) for budget in BUDGETS[len(outlines) :]]
            items, left = _choose(outlines[level:], has_room)
        pages, rest = _fill(items, has_room, max_parts)
        left += rest
        if not left:
            break
    parts = []
    for number, told in enumerate(pages, start=1):
        ids = tuple(story_id for item in told for story_id in item.story_ids)
        tail: tuple[str, ...] = ()
        if number == len(pages):
            ids += tuple(story_id for item in left for story_id in item.story_ids)
            tail = _tail(digest, left)
        parts.append(Part(write(_page(digest, told, tail, number, len(pages))), ids))
    return tuple(parts)


def _choose(outlines: Sequence[list[Item]], has_room: HasRoom) -> tuple[list[Item], list[Item]]:
    """Return every item in the richest form that fits a message of its own, and those that have none."""
    chosen, left = [], []
    for forms in zip(*outlines, strict=True):
        item = next((form for form in forms if has_room(form)), None)
        if item is None:
            left.append(forms[-1])
        else:
            chosen.append(item)
    return chosen, left


def _fill(items: list[Item], has_room: HasRoom, max_parts: int) -> tuple[list[tuple[Item, ...]], list[Item]]:
    """Pack *items*, each of which fits alone, into pages; return these and what is beyond *max_parts*."""
    pages: list[tuple[Item, ...]] = []
    start = 0
    while start < len(items) and len(pages) < max_parts:
        size = _most_that_fit(items[start:], has_room)
        pages.append(tuple(items[start : start + size]))
        start += size
    return pages or [()], items[start:]


def _most_that_fit(items: list[Item], has_room: HasRoom) -> int:
    """Return how many of *items* one page takes, at least one; by doubling and halving, for writing is slow."""
    if has_room(*items):
        return len(items)
    few, many = 1, 2
    while many <= len(items) and has_room(*items[:many]):
        few, many = many, many * 2
    many = min(many, len(items) + 1)
    while many - few > 1:
        middle = (few + many) // 2
        if has_room(*items[:middle]):
            few = middle
        else:
            many = middle
    return few


def _items(digest: Digest, budget: Budget) -> list[Item]:
    stories = [Item(tell_story(story, digest, budget), (story.story_id,)) for story in digest.stories]
    headline, url = budget.further_headline, budget.further_url
    briefs = [
        Item(
            report_line(report, digest, max(headline, budget.sentence) if report.change else headline, url),
            (report.story_id,) if report.story_id else (),
        )
        for report in digest.brief
    ]
    return [*stories, *briefs, *(Item(notice) for notice in notice_lines(digest))]


def _page(digest: Digest, items: tuple[Item, ...], tail: tuple[str, ...], part: int, parts: int) -> Page:
    return Page(digest_heading(digest), items, tail, footer_line(digest, part, parts), digest.template)


def _tail(digest: Digest, left: list[Item]) -> tuple[str, ...]:
    stories = sum(isinstance(item.content, Telling) for item in left)
    briefs = sum(isinstance(item.content, Line) for item in left)
    notices = len(left) - stories - briefs
    lines = (
        remainder_line(digest, stories, briefs),
        f"+{notices} more notices: see newswatch status" if notices else None,
        *volume_lines(digest),
        coverage_line(digest.coverage) if digest.coverage else None,
    )
    return tuple(cut_text(clean_line(line), _TAIL_CHARS) for line in lines if line)
