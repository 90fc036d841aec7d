"""What a poll asked of a source, handed on to whoever reads the answer, and what was odd about that. Asks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.cadence.polling import may_have_missed
from crawler.errors import FetchError
from crawler.model import FeedEntry, ParsedFeed, PollState, Validators
from crawler.net.exchange import read_as
from crawler.records.oddity import Kind, Signs
from crawler.spiders import KINDS

if TYPE_CHECKING:
    from crawler.config import Source

NOTHING_HELD = Validators()


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, handed on to whoever reads the answer."""

    source: Source
    route: int
    url: str
    validators: Validators = NOTHING_HELD
    conditional: bool = False
    refusal: FetchError | None = None  # of the route's usual address: what is told when others fail, too
    listed_by: str | None = None  # the document that this one is a part of
    parts: tuple[str, ...] = ()  # still to be read after this document
    entries: tuple[FeedEntry, ...] = ()  # of the parts read so far
    left: int = 0  # parts that may still be added: a part may list others
    failure: FetchError | None = None  # of a part
    idle: int = 0  # pages of older entries in a row that brought nothing new


def read_signs(
    asked: Asked, feed: ParsedFeed | None, state: PollState, validators: Validators, moved_to: str | None
) -> Signs:
    """Return what was odd about an answer that could be read, *state* being what was remembered before."""
    url, before = asked.listed_by or asked.url, asked.validators
    route_url = str(asked.source.routes[asked.route].url)
    moved = read_as(moved_to, route_url) if moved_to and asked.url == route_url.partition("#")[0] else None
    seen: dict[Kind, str | None] = {Kind.MOVED: moved}
    if feed is None:
        return Signs(url, seen, is_unchanged=True)
    never = "" if state.last_item_at is None else "empty"
    seen |= {
        Kind.EMPTY: None if feed.entries else never,
        Kind.DAMAGED: feed.damaged,
        Kind.LOST: _count_lost(feed),
        Kind.RENAMED: feed.moved,
    }
    name = "etag" if before.etag else "last_modified"
    stamp: str | None = getattr(before, name)
    could_hide = may_have_missed(feed.entries, state.last_ok_at)
    return Signs(
        url, seen, could_hide=could_hide, repeats_validator=bool(stamp) and stamp == getattr(validators, name)
    )


def _count_lost(feed: ParsedFeed) -> str | None:
    lost = sum(
        text.count("\ufffd") for item in feed.entries for text in (item.title, item.summary, item.content)
    )
    return str(lost) if lost else None


def addresses(source: Source, route: int) -> tuple[str, ...]:
    """Return the addresses under which a route may be asked, the usual one first."""
    kind, url = KINDS[source.routes[route].kind], str(source.routes[route].url)
    return (kind.ask(url), *kind.others(url))
