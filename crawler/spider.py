"""The spider: polls sources, follows new entries to their pages, stores both. One instance reads many sources.

Each answer is committed where it arrives: a poll with its validators first, then every article by itself, so that
a killed run goes on from the rows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import scrapy
from scrapy import Request, signals
from scrapy.http import Response

from crawler import settle
from crawler.child import Worker
from crawler.clock import utc_now
from crawler.errors import FetchError, ParseError, RunEndsError, StoreError
from crawler.exchange import new_validators, own_headers, read_headers, sha256
from crawler.failure import describe_failure, describe_status
from crawler.model import (
    Article,
    CrawlReport,
    FeedEntry,
    ParsedFeed,
    PendingEntry,
    PollState,
    Problem,
    Validators,
)
from crawler.politeness import hush_loggers, network_settings
from crawler.polling import after_failure, after_success, asks_conditionally
from crawler.schedule import PAGE_RETRIES, is_due, page_retry_at, read_max_age, read_retry_after
from crawler.spiders import KINDS
from crawler.spiders.kind import Answer
from crawler.store import PollResult, Store
from crawler.urls import identity_key

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from crawler.config import CrawlConfig, Route, Source

MAX_PAGE_BYTES = 4 * 1024 * 1024
PAGE_ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"
PAGE_PRIORITY = -10  # feeds first: they decide what there is to fetch
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
        self._waiting: dict[str, list[PendingEntry]] = {}  # entries of other sources for a page under way

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
        for request in self._page_requests(self.store.pending_entries(wanted, now)):
            yield request

    async def closed(self, reason: str) -> None:
        """Settle the failures: none counts when no server at all answered, for then it is us who are offline."""
        await self.worker.close()
        failed = list(self._failed.values())
        answered = self.report.polled - len(failed)
        all_transport = bool(failed) and all(failure.transport for _, failure in failed)
        enough = len(failed) > 1 or len(self._sources) == 1
        self.report.unreachable = all_transport and answered == 0 and enough
        self.report.failed = len(failed)
        if not self.report.unreachable:
            self.store.save_failures([state for state, _ in failed])
        self.problems += [
            Problem(state.source_id, failure.cause, state.failing_since) for state, failure in failed
        ]

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
        url = str(route.url)
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
            url=str(source.routes[route].url),
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
        for request in self._page_requests(new):
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
        answer = Answer(response.url, headers, response.body)
        return await KINDS[source.routes[route].kind].read(answer, self.worker)

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

    # -- pages --------------------------------------------------------------------------------------------------

    def _page_requests(self, pending: Sequence[PendingEntry]) -> list[Request]:
        requests: list[Request] = []
        for item in pending:
            source = self._sources[item.source_id]
            gave_up = item.attempts > len(PAGE_RETRIES)  # a page that keeps ending our runs is left alone
            if gave_up or not settle.wants_page(item, source.full_text):
                self._settle_from_feed(item, source)
                continue
            identity = identity_key(item.entry.url or "")
            if identity in self._waiting:
                self._waiting[identity].append(item)
                continue
            self._waiting[identity] = []
            own, private = own_headers(source, item.entry.url or "")
            requests.append(
                Request(
                    item.entry.url or "",
                    callback=self.read_page,
                    errback=self.page_failed,
                    headers={"Accept": PAGE_ACCEPT, **own},
                    meta={"download_maxsize": MAX_PAGE_BYTES, "private_headers": private},
                    priority=PAGE_PRIORITY,
                    dont_filter=True,
                    cb_kwargs={"pending": item},
                )
            )
        return requests

    async def read_page(self, response: Response, pending: PendingEntry) -> AsyncIterator[Yielded]:
        """Store the article of a page; without one, what the feed said of it."""
        headers = read_headers(response)
        attempts = self.store.count_attempt(pending.entry_id)
        language = self._sources[pending.source_id].language
        try:
            if response.status != 200:
                raise describe_status(response.status, headers, response.body)
            page = await self.worker.extract_page(response.body, headers.get("content-type"), response.url)
            article = settle.from_page(pending, page, response.url, language)
            if article is None:
                raise ParseError("no article text on the page")
        except (FetchError, ParseError, RuntimeError) as error:
            if self.stopping.is_set():  # the worker is closed
                return
            if isinstance(error, RuntimeError):
                raise
            wait = read_retry_after(headers.get("retry-after"), self.clock())
            self._page_without_text(pending, str(error), attempts, wait, final=isinstance(error, ParseError))
            return
        self.store.save_article(pending, article, self.clock())
        self.report.fetched += article.origin == "page"
        self.report.from_feed += article.origin == "feed"
        self._settle_followers(pending, article)
        yield {
            "source": pending.source_id,
            "url": pending.entry.url,
            "title": article.title,
            "text": article.text,
        }

    def page_failed(self, failure: Failure) -> None:
        """Fall back to the feed's own text after a transport failure or a refusal by robots.txt."""
        if isinstance(failure.value, RunEndsError):
            return
        pending: PendingEntry = failure.request.cb_kwargs["pending"]  # type: ignore[attr-defined]  # set by Scrapy
        error = describe_failure(failure.value or Exception())
        attempts = self.store.count_attempt(pending.entry_id)
        self._page_without_text(pending, error.cause, attempts, None, final=not error.temporary)

    def _page_without_text(
        self, pending: PendingEntry, problem: str, attempts: int, wait: Any, *, final: bool
    ) -> None:
        """Match on the feed's words now; try the page again later unless trying cannot help."""
        retry_at = None if final else page_retry_at(self.clock(), attempts, wait)
        source = self._sources[pending.source_id]
        self._settle_from_feed(pending, source, retry_at=retry_at, problem=problem)
        self._settle_followers(pending, None)

    def _settle_followers(self, pending: PendingEntry, article: Article | None) -> None:
        """Link the entries that waited for this page to its article, whatever address the page goes by."""
        for follower in self._waiting.pop(identity_key(pending.entry.url or ""), []):
            source = self._sources[follower.source_id]
            told = article or settle.from_feed(follower, source.language)
            self.store.save_article(follower, told, self.clock())

    def _settle_from_feed(
        self,
        pending: PendingEntry,
        source: Source,
        *,
        retry_at: datetime | None = None,
        problem: str | None = None,
    ) -> None:
        article = settle.from_feed(pending, source.language)
        self.store.save_article(pending, article, self.clock(), retry_at=retry_at, problem=problem)
        if article.origin == "feed":
            self.report.from_feed += 1
        elif article.text:
            self.report.summary_only += 1
        else:
            self.report.article_failures += 1
