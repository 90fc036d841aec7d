"""The spider: polls sources and follows new entries to their pages (`pages`). One instance reads many sources.

Each answer is committed where it arrives: a poll with its validators first, then every article by itself, so that
a killed run goes on from the rows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import scrapy
from scrapy import Request, signals
from scrapy.http import Response

from crawler.child import Worker
from crawler.clock import utc_now
from crawler.errors import FetchError, ParseError, RunEndsError, StoreError
from crawler.exchange import new_validators, own_headers, read_headers, sha256
from crawler.failure import describe_failure, describe_status
from crawler.model import (
    CrawlReport,
    FeedEntry,
    ParsedFeed,
    PollState,
    Problem,
    Validators,
)
from crawler.pages import Pages
from crawler.politeness import hush_loggers, network_settings
from crawler.polling import after_failure, after_success, asks_conditionally
from crawler.schedule import is_due, read_max_age, read_retry_after
from crawler.spiders import KINDS
from crawler.store import PollResult, Store

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from crawler.config import CrawlConfig, Route, Source

ENOUGH_TO_TELL = 3  # sources that fail at once before we doubt our own connection
Yielded = Request | dict[str, Any]


class SourceSpider(scrapy.Spider):
    """Read the sources named by ``source_ids`` (all when empty) that are due, or all of them with ``force``."""

    name = "newswatch"
    config: ClassVar[CrawlConfig]
    source_ids: ClassVar[tuple[str, ...]] = ()

    store: Store
    clock: Callable[[], datetime] = staticmethod(utc_now)

    def __init__(self, *, store: Store | None = None, force: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        settings = self.config.settings
        self.store = store or Store.open(self.config.database_url, settings.first_run_window)
        self.worker = Worker()
        self.stopping = asyncio.Event()  # the download handler watches it
        self.fault: StoreError | None = None
        self.report = CrawlReport()
        self.problems: list[Problem] = []
        self._force = force
        self._states = self.store.poll_states()
        self._failed: dict[str, tuple[PollState, FetchError]] = {}
        self._sources = {source.id: source for source in self.config.sources if source.enabled}
        self._pages = Pages(
            self.store, self.worker, self._sources, self.report, type(self).clock, self.stopping
        )

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Lay the configuration's network rules over the fixed settings."""
        super().update_settings(settings)
        settings.update(network_settings(cls.config), "spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SourceSpider:
        """Make the spider; it is handed back as ``crawler.spider``."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.note_fault, signals.spider_error)
        hush_loggers()
        return spider

    def note_fault(self, failure: Failure, response: Response) -> None:
        """Keep what a callback raised: a database fault ends the crawl, a defect costs its source only."""
        error = failure.value
        if isinstance(error, StoreError):
            self.fault = self.fault or error
            self.stopping.set()
            return
        logging.getLogger(__name__).error("defect while reading %s: %s", response.url, failure.getTraceback())
        self.problems.append(Problem(str(urlsplit(response.url).hostname), f"defect: {type(error).__name__}"))

    async def start(self) -> AsyncIterator[Request]:
        """Poll every due source, and take up the entries that an earlier run left."""
        now = self.clock()
        wanted = [source_id for source_id in self.source_ids or self._sources if source_id in self._sources]
        due = [self._sources[source_id] for source_id in wanted]
        if not self._force:
            due = [source for source in due if is_due(self._state(source).next_poll_at, source.every, now)]
        self.report.due = len(due)
        for source in due:
            request = self._poll_request(source, 0)
            if request is not None:
                yield request
        for request in self._pages.requests(self.store.pending_entries(wanted, now)):
            yield request

    async def closed(self, reason: str) -> None:
        """Settle the failures: none counts when no server at all answered, for then it is us who are offline."""
        await self.worker.close()
        failed = list(self._failed.values())
        self.report.failed = len(failed)
        self.report.unreachable = self._is_offline()
        self.report.all_failed = self._is_telling(len(failed)) and len(failed) == self.report.polled
        if not self.report.unreachable:
            try:
                self.store.save_failures([state for state, _ in failed])
                self._pages.settle_unanswered()
            except StoreError as error:  # Scrapy would log what is raised here, and go on
                self.fault = self.fault or error
        self.problems += [
            Problem(state.source_id, failure.cause, state.failing_since) for state, failure in failed
        ]

    def _is_offline(self) -> bool:
        """Tell whether nobody answered: neither a source nor a page. One silent source of many proves nothing."""
        failed = self._failed.values()
        answered = self.report.polled - len(failed) + self._pages.answered
        if answered or not all(failure.transport for _, failure in failed):
            return False
        silent = self._failed.keys() | self._pages.unanswered_sources
        return self._is_telling(len(silent))

    def _is_telling(self, number: int) -> bool:
        """Tell whether *number* sources are enough to speak for all: a few of many may just be broken."""
        return number >= min(len(self._sources), ENOUGH_TO_TELL) > 0

    async def end_now(self) -> None:
        """Drop what is under way: it stays as it was, and the next run takes it up."""
        self.stopping.set()
        engine = self.crawler.engine
        if engine is not None:
            for slot in engine.downloader.slots.values():  # nobody is asked any more: queues empty at once
                slot.delay = 0.0
                slot.close()
                engine.downloader._process_queue(slot)
        await self.worker.close()

    # -- feeds --------------------------------------------------------------------------------------------------

    def _poll_request(self, source: Source, first_route: int) -> Request | None:
        """Return the request for the first readable route from *first_route* on, None when there is none."""
        # Fail closed: going out directly would unmask who asked for a proxy.
        if self.config.proxy_for(source):
            self.report.polled += 1
            self._fail(source, FetchError("this version cannot read through a proxy; nothing was sent"), None)
            return None
        for index, route in enumerate(source.routes):
            if index >= first_route and route.kind in KINDS:
                return self._route_request(source, index, route)
        if first_route == 0:
            kinds = ", ".join(sorted({route.kind for route in source.routes}))
            self.report.polled += 1
            self._fail(source, FetchError(f"no readable route (has only: {kinds})"), None)
        return None

    def _route_request(self, source: Source, index: int, route: Route) -> Request:
        url = KINDS[route.kind].ask(str(route.url))
        own, private = own_headers(source, url)
        headers = {"Accept": KINDS[route.kind].accept, **own}
        state = self._state(source)
        validators = state.validators if state.url == url else Validators()
        conditional = asks_conditionally(state, self.clock())
        if conditional and validators.etag:
            headers["If-None-Match"] = validators.etag
        if conditional and validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        conditional = conditional and bool(validators.etag or validators.last_modified)
        return Request(
            url,
            callback=self.read_poll,
            errback=self.poll_failed,
            headers=headers,
            meta={"private_headers": private},
            dont_filter=True,
            cb_kwargs={
                "source": source,
                "route": index,
                "validators": validators,
                "conditional": conditional,
            },
        )

    async def read_poll(
        self, response: Response, source: Source, route: int, validators: Validators, conditional: bool
    ) -> AsyncIterator[Yielded]:
        """Store what a source answered; yield its other routes on failure, its new pages on success."""
        now = self.clock()
        headers = read_headers(response)
        try:
            feed = await self._read_feed(response, headers, source, route, validators, conditional)
        except (FetchError, ParseError, RuntimeError) as error:
            if self.stopping.is_set():  # the worker is closed
                return
            if isinstance(error, RuntimeError):
                raise
            failure = error if isinstance(error, FetchError) else FetchError(str(error))
            for request in self._next_route(source, route, failure, headers.get("retry-after")):
                yield request
            return
        if feed is None:
            kept, ttl = validators, None
            entries: tuple[FeedEntry, ...] = ()
        else:
            kept = Validators() if feed.damaged else new_validators(headers, response.body)
            entries, ttl = feed.entries, feed.ttl
        state = after_success(
            self._state(source),
            source.every,
            now,
            route=route,
            url=KINDS[source.routes[route].kind].ask(str(source.routes[route].url)),
            validators=kept,
            conditional=conditional,
            max_age=read_max_age(headers.get("cache-control")),
            ttl=ttl,
        )
        new = self.store.save_poll(PollResult(state, entries), now)
        self.report.polled += 1
        self.report.not_modified += feed is None
        self.report.entries_seen += len(entries)
        self.report.entries_new += len(new)
        for request in self._pages.requests(new):
            yield request

    async def _read_feed(
        self,
        response: Response,
        headers: dict[str, str],
        source: Source,
        route: int,
        validators: Validators,
        conditional: bool,
    ) -> ParsedFeed | None:
        """Return the feed, or None when it is the one that we have."""
        if response.status == 304:
            if not conditional:
                raise FetchError("304 to an unconditional request", status=304)
            return None
        if response.status != 200:
            raise describe_status(response.status, headers, response.body)
        if validators.body_sha256 and validators.body_sha256 == sha256(response.body):
            return None
        kind = source.routes[route].kind
        return await self.worker.parse(kind, response.body, headers.get("content-type"), response.url)

    def poll_failed(self, failure: Failure) -> list[Request]:
        """Try the next route after a transport failure, a refusal or a body over the limit."""
        if isinstance(failure.value, RunEndsError):
            return []
        arguments = failure.request.cb_kwargs  # type: ignore[attr-defined]  # Scrapy sets it on every failure
        return self._next_route(
            arguments["source"], arguments["route"], describe_failure(failure.value or Exception()), None
        )

    def _next_route(
        self, source: Source, route: int, failure: FetchError, retry_after: str | None
    ) -> list[Request]:
        request = self._poll_request(source, route + 1)
        if request is not None:
            return [request]
        self.report.polled += 1
        self._fail(source, failure, retry_after)
        return []

    def _fail(self, source: Source, failure: FetchError, retry_after: str | None) -> None:
        now = self.clock()
        wait = read_retry_after(retry_after, now)
        state = after_failure(self._state(source), source.every, now, failure, wait)
        self._failed[source.id] = (state, failure)

    def _state(self, source: Source) -> PollState:
        return self._states.get(source.id) or PollState(source.id)
