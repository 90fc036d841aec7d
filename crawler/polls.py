"""Polls of a crawl: which addresses are asked for a source's entries, and what is stored of the answers.

A poll is one document, or one that lists others (``parts``). When nothing in it was known before, entries may have
scrolled away since the last poll: then its older pages are read back until known entries come, a page a commit.
Where reading back stopped is stored, so that a killed run goes on there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from scrapy import Request
from scrapy.http import Response

from crawler.asked import Asked, addresses, read_signs
from crawler.cadence.pace import is_outdated, learn_pace
from crawler.cadence.polling import (
    GAP_TRIED_FOR,
    Answer,
    after_failure,
    after_success,
    asks_conditionally,
    ends_archive,
    find_staleness,
    held_until,
    next_gap,
    reads_on,
    with_hold,
)
from crawler.cadence.schedule import read_freshness, read_retry_after
from crawler.errors import FetchError, ParseError, RunEndsError
from crawler.model import CrawlReport, Pace, ParsedFeed, PollState, Problem, Validators
from crawler.net.exchange import find_new_home, new_validators, read_headers, source_request
from crawler.net.failure import describe_failure
from crawler.reading import Reader
from crawler.records.oddity import Kind, Oddity, Signs, describe
from crawler.records.store import PollResult
from crawler.spiders import KINDS

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from crawler.child import Worker
    from crawler.config import Route, Source
    from crawler.pages import Pages
    from crawler.records.store import Store

MOST_PARTS = 5  # read of a document that lists others: the newest hold the news


class Polls:
    """The polls of one crawl. *stopping* tells that its answers do not count any more."""

    def __init__(
        self,
        store: Store,
        worker: Worker,
        pages: Pages,
        report: CrawlReport,
        clock: Callable[[], datetime],
        stopping: asyncio.Event,
        zone: ZoneInfo,
    ) -> None:
        self._store, self._pages, self._report, self._clock = store, pages, report, clock
        self._reader, self._zone = Reader(worker, stopping), zone
        self._states: dict[str, PollState] = dict(store.poll_states())
        self._given_up: set[str] = set()  # sources whose gap will stay
        self._odd: dict[str, dict[Kind, Oddity]] = {}
        for item in store.oddities():
            self._odd.setdefault(item.source_id, {})[item.kind] = item
        self.failed: dict[str, tuple[PollState, FetchError]] = {}
        self.answered: set[str] = set()  # sources that were read
        self.problems: list[Problem] = []

    def _oddities(self, source: Source, url: str) -> dict[Kind, Oddity]:
        return {kind: item for kind, item in self._odd.get(source.id, {}).items() if item.url == url}

    def state(self, source: Source) -> PollState:
        """Return what is remembered of *source* now."""
        return self._states.get(source.id) or PollState(source.id)

    def requests(self, source: Source) -> list[Request]:
        """Return what a due source is asked: its first readable route, and the gap that an earlier run left."""
        first = self._route_request(source, 0)
        if first is None:
            return []
        gap = self.state(source).gap
        return [first, *(self._gap_requests(source, gap) if gap else ())]

    # -- the newest entries -------------------------------------------------------------------------------------

    def _route_request(self, source: Source, first_route: int) -> Request | None:
        """Return the request for the first route from *first_route* on that may be asked, None when there is none.

        A route whose server asked for time is passed over while another may be asked.
        """
        readable = [(index, route) for index, route in enumerate(source.routes) if route.kind in KINDS]
        state, now = self.state(source), self._clock()
        free = [each for each in readable if held_until(state, str(each[1].url), now) is None]
        for index, route in (free or readable) if first_route == 0 else free:
            if index >= first_route:
                return self._newest(source, index, route)
        if not readable:
            kinds = ", ".join(sorted({route.kind for route in source.routes}))
            self._fail(source, FetchError(f"no readable route (has only: {kinds})"))
        return None

    def _newest(self, source: Source, index: int, route: Route) -> Request:
        return self._ask(source, index, KINDS[route.kind].ask(str(route.url)))

    def _ask(self, source: Source, index: int, url: str, refusal: FetchError | None = None) -> Request:
        state = self.state(source)
        validators = state.validators if state.url == url else Validators()
        headers: dict[str, str] = {}
        if asks_conditionally(state, self._clock()) and Kind.STUCK not in self._oddities(source, url):
            if validators.etag:
                headers["If-None-Match"] = validators.etag
            if validators.last_modified:
                headers["If-Modified-Since"] = validators.last_modified
        asked = Asked(source, index, url, validators, conditional=bool(headers), refusal=refusal)
        return self._request(asked, self.read_newest, self.newest_failed, headers)

    def _request(
        self,
        asked: Asked,
        callback: Callable[..., AsyncIterator[Request]],
        errback: Callable[[Failure], list[Request]],
        headers: Mapping[str, str] | None = None,
    ) -> Request:
        return source_request(
            asked.url,
            asked.source,
            KINDS[asked.source.routes[asked.route].kind].accept,
            callback=callback,
            errback=errback,
            headers=headers,
            arguments={"asked": asked},
        )

    async def read_newest(self, response: Response, asked: Asked) -> AsyncIterator[Request]:
        """Store what a route answered; yield other routes on failure, new pages and older entries on success."""
        headers = read_headers(response)
        try:
            feed = await self._reader.read(response, headers, asked)
            stale = self._find_staleness(asked, feed)
            if stale and self._has_route_after(asked):
                raise FetchError(stale)
            if stale:
                self.problems.append(Problem(asked.source.id, stale))
        except (FetchError, ParseError, RuntimeError) as error:
            if failure := self._reader.failure_of(error):
                self._note_hold(asked, headers)
                for request in self._next_route(asked, failure):
                    yield request
            return
        if feed is not None and feed.parts:
            first, *others = feed.parts[:MOST_PARTS]
            part = Asked(
                asked.source,
                asked.route,
                first,
                listed_by=asked.url,
                parts=tuple(others),
                entries=feed.entries,
                left=MOST_PARTS - len(feed.parts[:MOST_PARTS]),
            )
            yield self._request(part, self.read_part, self.part_failed)
            return
        for request in self._save(asked, feed, headers, response.body, find_new_home(response, asked.url)):
            yield request

    def _find_staleness(self, asked: Asked, feed: ParsedFeed | None) -> str | None:
        """Return why the next route is to be tried although this one answers."""
        empty = self._oddities(asked.source, asked.url).get(Kind.EMPTY)
        if empty and empty.is_telling and (feed is None or not (feed.entries or feed.parts)):
            return describe(empty) if self._has_route_after(asked) else None
        return find_staleness(feed.entries, self._clock()) if feed else None

    def _save(
        self,
        asked: Asked,
        feed: ParsedFeed | None,
        headers: Mapping[str, str],
        body: bytes | None,
        moved_to: str | None = None,
    ) -> list[Request]:
        """Store a poll that succeeded; without *body* it came in parts, which have no validators."""
        now, source = self._clock(), asked.source
        before = self.state(source)
        kept = asked.validators
        if feed is not None:
            kept = Validators() if feed.damaged or body is None else new_validators(headers, body)
        entries = feed.entries if feed else ()
        wishes = (read_freshness(headers, now), feed.ttl if feed else None)
        answer = Answer(
            asked.route,
            asked.listed_by or asked.url,
            kept,
            asked.conditional,
            window=len(entries) if feed else None,
            wish=max((wish for wish in wishes if wish), default=None),
        )
        state, if_news = after_success(before, source.every, now, answer, self._pace(before, now), self._zone)
        # another route knows other addresses: overlap tells nothing
        is_same = before.url is None or before.url in addresses(source, asked.route)
        is_first = not is_same or before.first_polled_at is None
        signs = read_signs(asked, feed, before, kept, moved_to)
        result = PollResult(state, entries, is_first, if_news, signs)
        new = self._store.save_poll(result, now, gap=feed.older if feed and is_same else None)
        self._report.polled += 1
        self.answered.add(source.id)
        self._report.not_modified += feed is None
        self._report.entries_seen += len(entries)
        self._report.entries_new += len(new)
        saved = self._store.poll_state(source.id) if entries else state  # only entries open a gap
        self._states[source.id] = saved
        self._tell_oddities(source, now)
        requests = self._pages.requests(new)
        if saved.gap and saved.gap != before.gap:
            requests += self._gap_requests(source, saved.gap)
        return requests

    def _pace(self, state: PollState, now: datetime) -> Pace | None:
        """Return what is known of a source's pace, learned anew once a day."""
        if not is_outdated(state.pace, now):
            return state.pace
        history = self._store.history(state)
        return None if history is None else learn_pace(history, now, self._zone)

    def _tell_oddities(self, source: Source, now: datetime) -> None:
        found = self._store.oddities(source.id)
        self._odd[source.id] = {item.kind: item for item in found}
        here_now = [item for item in found if item.is_telling and item.last == now]
        self.problems += [
            Problem(source.id, describe(item))
            for item in here_now
            if not (item.kind == Kind.GAP and source.id in self._given_up)  # told by who was reading it back
        ]

    def newest_failed(self, failure: Failure) -> list[Request]:
        """Try the next route after a transport failure, a refusal or a body over the limit."""
        if isinstance(failure.value, RunEndsError):
            return []
        asked: Asked = failure.request.cb_kwargs["asked"]  # type: ignore[attr-defined]  # Scrapy sets it
        return self._next_route(asked, describe_failure(failure.value or Exception()))

    def _has_route_after(self, asked: Asked) -> bool:
        return any(route.kind in KINDS for route in asked.source.routes[asked.route + 1 :])

    def _note_hold(self, asked: Asked, headers: Mapping[str, str]) -> None:
        """Remember that a server asked for time: also when another route serves, or fails, in its stead."""
        now = self._clock()
        if wait := read_retry_after(headers.get("retry-after"), now):
            self._states[asked.source.id] = with_hold(self.state(asked.source), asked.url, wait, now)

    def _next_route(self, asked: Asked, failure: FetchError) -> list[Request]:
        known = addresses(asked.source, asked.route)
        place = known.index(asked.url) + 1 if asked.url in known else len(known)
        failure = asked.refusal or failure
        wants_time = held_until(self.state(asked.source), asked.url, self._clock()) is not None
        if known[place:] and not failure.transport and not wants_time:  # spelled otherwise it may do
            return [self._ask(asked.source, asked.route, known[place], failure)]
        request = self._route_request(asked.source, asked.route + 1)
        if request is not None:
            return [request]
        self._fail(asked.source, failure)
        return []

    def _fail(self, source: Source, failure: FetchError) -> None:
        now, state = self._clock(), self.state(source)
        ends = [held_until(state, str(route.url), now) for route in source.routes if route.kind in KINDS]
        held = [end for end in ends if end is not None]
        wait = min(held) - now if held and len(held) == len(ends) else None
        self._report.polled += 1
        self.failed[source.id] = after_failure(state, source.every, now, failure, wait), failure

    # -- parts --------------------------------------------------------------------------------------------------

    async def read_part(self, response: Response, asked: Asked) -> AsyncIterator[Request]:
        """Gather a part's entries; with the last part, store the poll."""
        headers = read_headers(response)
        try:
            feed = await self._reader.read(response, headers, asked)
        except (FetchError, ParseError, RuntimeError) as error:
            failure = self._reader.failure_of(error)
            if failure is None:
                return
            self._note_hold(asked, headers)
            done = replace(asked, failure=failure)
        else:
            listed = feed.parts[: asked.left] if feed else ()
            done = replace(
                asked,
                entries=asked.entries + (feed.entries if feed else ()),
                parts=asked.parts + listed,
                left=asked.left - len(listed),
            )
        for request in self._after_part(done):
            yield request

    def part_failed(self, failure: Failure) -> list[Request]:
        """Go on with the next part: one broken shard hides no other."""
        if isinstance(failure.value, RunEndsError):
            return []
        asked: Asked = failure.request.cb_kwargs["asked"]  # type: ignore[attr-defined]  # Scrapy sets it
        return self._after_part(replace(asked, failure=describe_failure(failure.value or Exception())))

    def _after_part(self, asked: Asked) -> list[Request]:
        if asked.parts:
            following = replace(asked, url=asked.parts[0], parts=asked.parts[1:])
            return [self._request(following, self.read_part, self.part_failed)]
        if asked.failure and not asked.entries:
            return self._next_route(asked, asked.failure)
        return self._save(asked, ParsedFeed(asked.entries), {}, None)

    # -- older entries ------------------------------------------------------------------------------------------

    def _gap_requests(self, source: Source, url: str, idle: int = 0) -> list[Request]:
        route = self.state(source).route
        if route >= len(source.routes) or source.routes[route].kind not in KINDS:  # edited since
            return []
        return [self._request(Asked(source, route, url, idle=idle), self.read_older, self.older_failed)]

    async def read_older(self, response: Response, asked: Asked) -> AsyncIterator[Request]:
        """Store a page of older entries; yield the one before it until known entries come or it is enough."""
        state = self.state(asked.source)
        try:
            feed = await self._reader.read(response, read_headers(response), asked) or ParsedFeed(())
        except (FetchError, ParseError, RuntimeError) as error:
            failure = self._reader.failure_of(error)
            if failure and ends_archive(failure):  # there is no more to have
                self._end_gap(asked.source, state)
            elif failure:
                self._leave_gap(asked, state)
            return
        following = next_gap(state, asked.url, feed)
        new, has_met = self._store.save_older(state.source_id, feed.entries, following, self._clock())
        self._report.entries_seen += len(feed.entries)
        self._report.entries_new += len(new)
        self._states[asked.source.id] = state = self._store.poll_state(asked.source.id)
        for request in self._pages.requests(new):
            yield request
        idle = 0 if new else asked.idle + 1
        if has_met or not feed.entries or idle > 1:  # or a cache that gives one page for all
            self._end_gap(asked.source, state)
        elif state.gap and reads_on(state, asked.url):
            for request in self._gap_requests(asked.source, state.gap, idle):
                yield request
        elif not state.gap and (feed.older or feed.damaged):
            self._give_up_gap(asked, state)

    def older_failed(self, failure: Failure) -> list[Request]:
        """Leave the gap for the next run."""
        if not isinstance(failure.value, RunEndsError):
            asked: Asked = failure.request.cb_kwargs["asked"]  # type: ignore[attr-defined]  # Scrapy sets it
            self._leave_gap(asked, self.state(asked.source))
        return []

    def _leave_gap(self, asked: Asked, state: PollState) -> None:
        """Leave the gap for the next run, unless that was tried for long enough."""
        if state.gap_since is not None and self._clock() - state.gap_since >= GAP_TRIED_FOR:
            self._give_up_gap(asked, state)

    def _give_up_gap(self, asked: Asked, state: PollState) -> None:
        self._given_up.add(asked.source.id)
        text = "many entries since the last poll: the oldest of them were not read"
        self.problems.append(Problem(asked.source.id, text))
        signs = Signs(state.url or asked.url, {Kind.GAP: ""})
        self._store.note_signs(asked.source.id, signs, self._clock())
        self._end_gap(asked.source, state)

    def _end_gap(self, source: Source, state: PollState) -> None:
        self._store.end_gap(source.id)
        self._states[source.id] = replace(state, gap=None, gap_pages=0, gap_since=None)
