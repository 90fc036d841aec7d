"""The spider: polls sources, follows new entries to their pages (`pages`), reads told ones again (`rereading`).

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
from zoneinfo import ZoneInfo

import scrapy
from scrapy import Request, signals
from scrapy.http import Response

from crawler.cadence.schedule import is_due
from crawler.child import Worker
from crawler.clock import utc_now
from crawler.errors import StoreError
from crawler.model import CrawlReport, Problem
from crawler.net.politeness import ask_no_more, hush_loggers, network_settings
from crawler.outcome import settle_crawl
from crawler.pages import Pages
from crawler.polls import Polls
from crawler.records.store import Store
from crawler.rereading import Rereading

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from crawler.config import CrawlConfig, Source


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
        self._sources = {source.id: source for source in self.config.sources if source.enabled}
        self._pages = Pages(
            self.store, self.worker, self._sources, self.report, type(self).clock, self.stopping
        )
        self._rereading = Rereading(self.store, self.worker, self._sources, type(self).clock, self.stopping)
        self._polls = Polls(
            self.store,
            self.worker,
            self._pages,
            self.report,
            type(self).clock,
            self.stopping,
            ZoneInfo(settings.timezone),
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
            due = [source for source in due if self._is_due(source, now)]
        self.report.due = len(due)
        for source in due:
            for request in self._polls.requests(source):
                yield request
        for request in self._pages.requests(self.store.pending_entries(wanted, now)):
            yield request
        if self.config.settings.reread:
            for request in self._rereading.requests(wanted):
                yield request

    def _is_due(self, source: Source, now: datetime) -> bool:
        state = self._polls.state(source)
        return is_due(state.next_poll_at, source.every, now, state.next_poll_why)

    async def closed(self, reason: str) -> None:
        """Store what failed, and say what went wrong."""
        await self.worker.close()
        try:
            settle_crawl(
                self.store, self._polls, self._pages, self._rereading, self.report, len(self._sources)
            )
        except StoreError as error:  # Scrapy would log what is raised here, and go on
            self.fault = self.fault or error
        self.problems += [*self._polls.problems, *self._pages.problems]
        self.problems += [
            Problem(state.source_id, failure.cause, state.failing_since)
            for state, failure in self._polls.failed.values()
        ]

    async def end_now(self) -> None:
        """Drop what is under way: it stays as it was, and the next run takes it up."""
        self.stopping.set()
        engine = self.crawler.engine
        if engine is not None:
            ask_no_more(engine)
        await self.worker.close()
