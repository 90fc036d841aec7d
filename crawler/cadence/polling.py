"""How a poll changes what is remembered of its source. Pure: values in, `PollState` out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from crawler.cadence.pace import learned_wait
from crawler.cadence.schedule import (
    MAX_WAIT,
    UNCONDITIONAL_EVERY,
    Why,
    poll_after_failure,
    poll_after_success,
)
from crawler.errors import FetchError
from crawler.model import FeedEntry, Hold, Pace, ParsedFeed, PollState, Validators

STALE_AFTER = timedelta(days=30)  # a feed whose newest entry is older has most likely been left behind
MOST_OLDER_PAGES = 30  # read back after one poll; more than that is an archive, not a gap
OLDER_PAGES_A_RUN = 10  # a host that wants ten seconds between requests must not hold a run for five minutes
GAP_TRIED_FOR = timedelta(days=1)  # pages that are refused for longer are not read any more
FEWEST_SHOWN = 5  # no outlet's page shows fewer than so many entries at a time
OUR_OUTAGE = 0.8  # of those who were asked: when more do not answer at all, it is we who are offline
ENOUGH_TO_TELL = 3  # sources that fail at once before we doubt our own connection


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route that answered says of the next poll."""

    route: int
    url: str  # that the validators belong to
    validators: Validators
    conditional: bool  # whether it was asked with validators
    window: int | None = None  # entries that it showed; None: those of before
    wish: timedelta | None = None  # how long it stays as it is


def find_staleness(entries: Sequence[FeedEntry], now: datetime) -> str | None:
    """Return what to say of entries that all carry old dates, None when one is fresh or has no date."""
    dates = [entry.published for entry in entries]
    if not dates or None in dates:
        return None
    newest = max(date for date in dates if date is not None)
    return f"stale: its newest entry is of {newest:%Y-%m-%d}" if now - newest > STALE_AFTER else None


def may_have_missed(entries: Sequence[FeedEntry], last_ok_at: datetime | None) -> bool:
    """Tell whether *entries*, none of which was known, may have pushed others out of sight since *last_ok_at*.

    Not when one of them is older than the last poll, as in searches and sitemaps that show days and not numbers, nor
    when they are so few that nothing needs to have been pushed out.
    """
    dates = [entry.published for entry in entries if entry.published is not None]
    reaches_back = last_ok_at is not None and any(date <= last_ok_at for date in dates)
    return len(entries) >= FEWEST_SHOWN and not reaches_back


def next_gap(state: PollState, asked: str, feed: ParsedFeed) -> str | None:
    """Return the page of older entries to read after *asked*, None at the end or when it is enough.

    A page that was cut off is to be read again: what stood behind the cut stands nowhere else.
    """
    if state.gap_pages + 1 >= MOST_OLDER_PAGES:
        return None
    return asked if feed.damaged else None if feed.older == asked else feed.older


def reads_on(state: PollState, asked: str) -> bool:
    """Tell whether the gap of *state* is read further in this run: not for ever, and no page twice."""
    return state.gap != asked and state.gap_pages % OLDER_PAGES_A_RUN != 0


def ends_archive(failure: FetchError) -> bool:
    """Tell whether *failure* of a page of older entries says that there are none; other failures pass.

    WordPress answers 400 behind its last page, feeds and listings 404, and some servers a page that lists nothing.
    """
    if failure.status is not None:
        return failure.status in (400, 404, 410)
    return not failure.temporary and not failure.cause.startswith("challenge page")


def asks_conditionally(state: PollState, now: datetime) -> bool:
    """Tell whether validators may be sent: once a day they are not, against answers stuck at 304."""
    return state.unconditional_at is not None and now - state.unconditional_at < UNCONDITIONAL_EVERY


def after_success(
    state: PollState, every: timedelta, now: datetime, answer: Answer, pace: Pace | None, zone: ZoneInfo
) -> tuple[PollState, PollState]:
    """Return the state of a source that answered, if nothing new came and if something did.

    ``first_polled_at`` stays None for a new source: the store sets it with the first entries.
    """
    window = state.window if answer.window is None else answer.window
    learned = learned_wait(pace, every, now, zone, quiet_since=state.last_item_at, window=window)
    quiet = poll_after_success(now, every, learned, answer.wish)
    news = poll_after_success(now, every, (every, Why.NEWS), answer.wish)
    after = replace(
        state,
        route=answer.route,
        url=answer.url,
        validators=answer.validators,
        next_poll_at=quiet.at,
        next_poll_why=quiet.why,
        last_ok_at=now,
        failures=0,
        failing_since=None,
        problem=None,
        unconditional_at=state.unconditional_at if answer.conditional else now,
        window=window,
        pace=pace,
    )
    return after, replace(after, next_poll_at=news.at, next_poll_why=news.why)


def after_failure(
    state: PollState,
    every: timedelta,
    now: datetime,
    failure: FetchError,
    retry_after: timedelta | None = None,
) -> PollState:
    """Return the state of a source none of whose routes worked; all of them want to be left alone for *retry_after*."""
    failures = state.failures + 1
    following = poll_after_failure(
        now, every, failures, source_id=state.source_id, retry_after=retry_after, status=failure.status
    )
    return replace(
        state,
        failures=failures,
        failing_since=state.failing_since or now,
        problem=failure.cause,
        next_poll_at=following.at,
        next_poll_why=following.why,
    )


def with_hold(state: PollState, url: str, wait: timedelta, now: datetime) -> PollState:
    """Return *state* with the server of *url* left alone for *wait*, at most a day."""
    mine = Hold(_origin(url), now + min(wait, MAX_WAIT))
    others = (hold for hold in state.holds if hold.until > now and hold.origin != mine.origin)
    return replace(state, holds=(*others, mine))


def held_until(state: PollState, url: str, now: datetime) -> datetime | None:
    """Return until when the server of *url* wants to be left alone, None when it may be asked.

    What is further away than any hold that is given was written under a wrong clock.
    """
    origin = _origin(url)
    ends = [
        hold.until for hold in state.holds if hold.origin == origin and now < hold.until <= now + MAX_WAIT
    ]
    return max(ends, default=None)


def is_our_outage(silent: int, answered: int, watched: int) -> bool:
    """Tell whether it is we who are offline, of so many sources that gave no answer at all, and that gave any.

    Nearly all of them must be silent, and enough to speak for the *watched* ones: a few of many may just be broken.
    """
    is_telling = silent >= min(watched, ENOUGH_TO_TELL) > 0
    return is_telling and silent > OUR_OUTAGE * (silent + answered)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
