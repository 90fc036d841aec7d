"""The spider that walks back through archives: many sources in one crawl, page by page, each page one commit.

Politeness, guard, robots.txt and reading of pages are those of a run; polls, their validators and their rhythm are
left alone. What is done with the articles is decided elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from scrapy import Request
from scrapy.http import Response

from crawler.archive.route import (
    all_before,
    archive_routes,
    date_of,
    first_addresses,
    following_page,
    is_covered,
    is_past_the_end,
    not_before,
)
from crawler.archive.trip import Trip
from crawler.cadence.schedule import read_retry_after
from crawler.errors import FetchError, ParseError, RunEndsError
from crawler.model import FeedEntry, ParsedFeed
from crawler.net.exchange import read_as, read_headers, source_request
from crawler.net.failure import describe_failure, describe_status, is_for_now
from crawler.parse.shards import cut_sitemap, is_over
from crawler.parse.sitemapchoice import is_below, keep_path
from crawler.records.identity import entry_identity
from crawler.spider import SourceSpider
from crawler.spiders import KINDS

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from crawler.archive.store import ArchiveStore
    from crawler.model import PendingEntry

LIST_PRIORITY = -100_000  # after the articles of the pages before: a killed walk leaves few of them unread
WAITS_S = (2.0, 15.0, 60.0)  # before a page that failed is asked again
LONGEST_WAIT = timedelta(minutes=5)  # that a server may ask for; with more, the walk goes on another time
MOST_IDLE_PAGES = 2  # in a row, all of whose entries this walk has met: a cache gives one page for all
MOST_LET_GO = 10  # articles in a row whose pages are of before: a list without dates has come far enough


@dataclass(frozen=True, slots=True)
class _Asked:
    trip: Trip
    url: str
    attempt: int = 0


class ArchiveSpider(SourceSpider):
    """Walk the *trips*; the store marks what they bring."""

    name = "newswatch-backfill"
    trips: ClassVar[Sequence[Trip]] = ()
    store: ArchiveStore

    async def start(self) -> AsyncIterator[Request]:
        """Read the pages that a killed walk left, and go on with every walk."""
        left = self.store.pending_archived([trip.source.id for trip in self.trips])
        for request in self._page_requests(left):
            yield request
        for trip in self.trips:
            self.store.since[trip.source.id] = trip.walk.since
            for request in self._go_on(trip):
                yield request

    def _page_requests(self, pending: Sequence[PendingEntry]) -> list[Request]:
        requests = self._pages.requests(pending)
        for request in requests:
            request.meta.pop(
                "may_wait", None
            )  # a run leaves a slow host's pages to the next; a walk waits for them
        return requests

    def _go_on(self, trip: Trip) -> list[Request]:
        """Return the request for the walk's next address; without one, end its route."""
        if trip.walk.addresses:
            return [self._request(_Asked(trip, trip.walk.addresses[0]))]
        now, walk = self.clock(), trip.walk
        if trip.failed:
            walk.addresses = list(trip.failed)  # the next walk begins there
            self.store.save_walk(walk)
            return []
        routes = archive_routes(trip.source)
        others = routes[routes.index(trip.route) + 1 :]
        if others and not trip.reached and not is_covered(trip.route, walk.pages):
            walk.route, walk.pages = str(others[0].url), 0
            walk.addresses = list(first_addresses(others[0], walk.since, now)[:1])
            trip.idle = 0
            self.store.save_walk(walk)
            return self._go_on(trip)
        if walk.pages:  # what was never read has not been walked
            walk.finished = now
        self.store.save_walk(walk)
        return []

    def _request(self, asked: _Asked) -> Request:
        asked.trip.asked.add(asked.url)
        return source_request(
            asked.url,
            asked.trip.source,
            KINDS[asked.trip.route.kind].accept,
            callback=self.read_list,
            errback=self.list_failed,
            priority=LIST_PRIORITY,
            arguments={"asked": asked},
        )

    async def read_list(self, response: Response, asked: _Asked) -> AsyncIterator[Request]:
        """Store a page of the archive; yield its articles and the page before it."""
        headers = read_headers(response)
        try:
            if response.status != 200:
                raise describe_status(response.status, headers, response.body)
            feed = await self._read(response, headers, asked.trip)
        except (FetchError, ParseError, RuntimeError) as error:
            if self.stopping.is_set():  # the worker is closed
                return
            if isinstance(error, RuntimeError):
                raise
            wait = read_retry_after(headers.get("retry-after"), self.clock())
            async for request in self._after_error(error, asked, wait):
                yield request
            return
        for request in self._take(feed, asked, headers):
            yield request

    async def _read(self, response: Response, headers: dict[str, str], trip: Trip) -> ParsedFeed:
        route = trip.route
        url = read_as(response.url, str(route.url))
        content_type = headers.get("content-type")
        if route.kind != "sitemap":
            return await self.worker.parse(route.kind, response.body, content_type, url)
        entries: list[FeedEntry] = []
        parts: list[str] = []
        older: str | None = None
        for document in cut_sitemap(response.body, trip.walk.since):
            read = await self.worker.parse("sitemap", document, content_type, url)
            entries += read.entries
            parts += read.parts
            older = read.older  # of a feed that is called a sitemap
        below = [part for part in parts if is_below(part, keep_path(url))]
        wanted = [part for part in below or parts if not is_over(part, trip.walk.since)]
        return ParsedFeed(tuple(entries), older=older, parts=tuple(dict.fromkeys(wanted)))

    def _take(self, feed: ParsedFeed, asked: _Asked, headers: dict[str, str]) -> list[Request]:
        trip, walk, entries = asked.trip, asked.trip.walk, feed.entries
        walk.addresses = walk.addresses[1:]
        walk.pages += 1
        self.report.polled += 1
        identities = set(map(entry_identity, entries))
        trip.idle = 0 if identities - trip.met else trip.idle + 1
        trip.met |= identities
        kept = not_before(entries, walk.since)
        if dates := [date for item in kept if (date := date_of(item)) is not None]:
            walk.oldest = min(*dates, walk.oldest or dates[0], dates[0])
        is_list = trip.route.kind != "sitemap"
        if is_list:
            undated_past = self.store.let_go_in_a_row[trip.source.id] >= MOST_LET_GO
            trip.reached = trip.reached or all_before(entries, walk.since) or undated_past
        older = following_page(trip.route, asked.url, feed.older, len(entries), walk.pages, headers)
        # A page of photos holds no entries; each page of a channel names a lower number, so that it has an end.
        goes_on = trip.route.kind == "telegram" or bool(entries and trip.idle < MOST_IDLE_PAGES)
        if older and goes_on and not trip.reached:
            walk.addresses.insert(0, older)
        walk.addresses = [part for part in feed.parts if part not in trip.asked] + walk.addresses
        new = self.store.save_archived(walk, kept, asked.url, self.clock())
        self.report.entries_seen += len(entries)
        self.report.entries_new += len(new)
        return [*self._page_requests(new), *self._go_on(trip)]

    async def list_failed(self, failure: Failure) -> AsyncIterator[Request]:
        """Ask again, or go on without, after a transport failure or a refusal of our own."""
        if isinstance(failure.value, RunEndsError):
            return
        asked: _Asked = failure.request.cb_kwargs["asked"]  # type: ignore[attr-defined]  # Scrapy sets it
        async for request in self._after_error(describe_failure(failure.value or Exception()), asked, None):
            yield request

    async def _after_error(
        self, error: FetchError | ParseError, asked: _Asked, wait: timedelta | None
    ) -> AsyncIterator[Request]:
        trip, walk = asked.trip, asked.trip.walk
        failure = describe_failure(error)
        where = f"{failure.cause} (page {walk.pages + 1} of {trip.route.kind})"
        if is_for_now(failure):
            if asked.attempt < len(WAITS_S) and (wait or timedelta(0)) <= LONGEST_WAIT:
                await self._pause(max(WAITS_S[asked.attempt], (wait or timedelta(0)).total_seconds()))
                if not self.stopping.is_set():
                    yield self._request(_Asked(trip, asked.url, asked.attempt + 1))
                return
            trip.note = where
            trip.failed.append(asked.url)
        elif walk.pages and not is_past_the_end(failure) and isinstance(error, FetchError):
            trip.note = where  # refused on the way: perhaps only today
            trip.failed.append(asked.url)
        elif not walk.pages:
            spelled = first_addresses(trip.route, walk.since, walk.begun)
            place = spelled.index(asked.url) + 1 if asked.url in spelled else len(spelled)
            trip.note = trip.note or where
            if spelled[place:]:
                walk.addresses = [spelled[place], *walk.addresses]
        elif isinstance(error, ParseError):
            trip.note = where
        walk.addresses = [address for address in walk.addresses if address != asked.url]
        for request in self._go_on(trip):
            yield request

    async def _pause(self, seconds: float) -> None:
        """Wait, but no longer than the crawl goes on."""
        try:
            async with asyncio.timeout(seconds):
                await self.stopping.wait()
        except TimeoutError:
            pass
