"""Article pages of a crawl: which are asked for, what is stored of their answers. Polls no source.

What was not answered in transport is settled at the end of the crawl only: then it is known whether it was us who
were offline.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.http import Response

from crawler.article import settle
from crawler.cadence.schedule import PAGE_RETRIES, page_retry_at, read_retry_after
from crawler.child import Worker
from crawler.errors import FetchError, ParseError, RunEndsError
from crawler.model import Article, CrawlReport, PendingEntry
from crawler.net.exchange import host_headers, read_headers, source_request
from crawler.net.failure import describe_failure, describe_status
from crawler.net.robots import NotThisRunError
from crawler.store import Store
from crawler.urls import identity_key

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from crawler.config import Source

MAX_PAGE_BYTES = 4 * 1024 * 1024
PAGE_ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"
PAGE_PRIORITY = -10  # feeds first: they decide what there is to fetch


class Pages:
    """The pages of one crawl. *stopping* tells that its answers do not count any more."""

    def __init__(
        self,
        store: Store,
        worker: Worker,
        sources: Mapping[str, Source],
        report: CrawlReport,
        clock: Callable[[], datetime],
        stopping: asyncio.Event,
    ) -> None:
        self._store = store
        self._worker = worker
        self._sources = sources
        self._report = report
        self._clock = clock
        self._stopping = stopping
        self._speakers = [source for source in sources.values() if source.headers]
        self._waiting: dict[str, list[PendingEntry]] = {}  # other entries for a page under way
        self._unanswered: list[tuple[PendingEntry, FetchError]] = []
        self.answered: set[str] = set()  # sources of which a page was answered

    @property
    def unanswered_sources(self) -> frozenset[str]:
        """Return the sources of which a page was not answered in transport."""
        return frozenset(pending.source_id for pending, _ in self._unanswered)

    def requests(self, pending: Sequence[PendingEntry]) -> list[Request]:
        """Settle what needs no page, and return the requests for the others, the newest article first.

        The newest are those that may be alerted, and a crawl that ends early has then asked for them.
        """
        wanted: list[PendingEntry] = []
        for item in pending:
            source = self._sources[item.source_id]
            gave_up = item.attempts > len(PAGE_RETRIES)  # a page that keeps ending our runs is left alone
            if gave_up or not settle.wants_page(item, source.full_text):
                self._settle_from_feed(item, source)
            else:
                wanted.append(item)
        requests: list[Request] = []
        for item in sorted(wanted, key=_age_order, reverse=True):
            identity = identity_key(item.entry.url or "")
            if identity in self._waiting:
                self._waiting[identity].append(item)
                continue
            self._waiting[identity] = []
            requests.append(self._request(item, PAGE_PRIORITY - len(requests)))
        return requests

    def _request(self, pending: PendingEntry, priority: int) -> Request:
        url, source = pending.entry.url or "", self._sources[pending.source_id]
        return source_request(
            url,
            source,
            PAGE_ACCEPT,
            headers=host_headers(self._speakers, url, source),
            callback=self.read,
            errback=self.note_failure,
            meta={"download_maxsize": MAX_PAGE_BYTES, "may_wait": True},
            priority=priority,
            arguments={"pending": pending},
        )

    async def read(self, response: Response, pending: PendingEntry) -> AsyncIterator[dict[str, Any]]:
        """Store the article of a page; without one, what the feed said of it."""
        self.answered.add(pending.source_id)
        headers = read_headers(response)
        attempts = self._store.count_attempt(pending.entry_id)
        language = self._sources[pending.source_id].language
        try:
            if response.status != 200:
                raise describe_status(response.status, headers, response.body)
            page = await self._worker.extract_page(response.body, headers.get("content-type"), response.url)
            article = settle.from_page(pending, page, response.url, language)
            if article is None:
                raise ParseError("no article text on the page")
        except (FetchError, ParseError, RuntimeError) as error:
            if self._stopping.is_set():  # the worker is closed
                return
            if isinstance(error, RuntimeError):
                raise
            wait = read_retry_after(headers.get("retry-after"), self._clock())
            final = isinstance(error, ParseError) and not error.temporary
            self._settle_without_text(pending, str(error), attempts, wait, final=final)
            return
        self._store.save_article(pending, article, self._clock())
        self._report.fetched += article.origin == "page"
        self._report.from_feed += article.origin == "feed"
        self._settle_followers(pending, article)
        yield {
            "source": pending.source_id,
            "url": pending.entry.url,
            "title": article.title,
            "text": article.text,
        }

    def note_failure(self, failure: Failure) -> None:
        """Fall back to the feed's own text after a refusal; keep a transport failure for `settle_unanswered`."""
        pending: PendingEntry = failure.request.cb_kwargs["pending"]  # type: ignore[attr-defined]  # set by Scrapy
        if isinstance(failure.value, RunEndsError | NotThisRunError):  # the entry stays as it was
            self._waiting.pop(identity_key(pending.entry.url or ""), None)
            return
        error = describe_failure(failure.value or Exception())
        if error.transport:
            self._unanswered.append((pending, error))
            return
        self._fail(pending, error)

    def settle_unanswered(self) -> None:
        """Count the pages that were not answered in transport; not called when it was us who were offline."""
        for pending, error in self._unanswered:
            self._fail(pending, error)

    def _fail(self, pending: PendingEntry, error: FetchError) -> None:
        attempts = self._store.count_attempt(pending.entry_id)
        self._settle_without_text(pending, error.cause, attempts, None, final=not error.temporary)

    def _settle_without_text(
        self, pending: PendingEntry, problem: str, attempts: int, wait: timedelta | None, *, final: bool
    ) -> None:
        """Match on the feed's words now; try the page again later unless trying cannot help."""
        retry_at = None if final else page_retry_at(self._clock(), attempts, wait)
        source = self._sources[pending.source_id]
        self._settle_from_feed(pending, source, retry_at=retry_at, problem=problem)
        self._settle_followers(pending, None)

    def _settle_followers(self, pending: PendingEntry, article: Article | None) -> None:
        """Link the entries that waited for this page to its article, whatever address the page goes by."""
        for follower in self._waiting.pop(identity_key(pending.entry.url or ""), []):
            source = self._sources[follower.source_id]
            told = article or settle.from_feed(follower, source.language)
            self._store.save_article(follower, told, self._clock())

    def _settle_from_feed(
        self,
        pending: PendingEntry,
        source: Source,
        *,
        retry_at: datetime | None = None,
        problem: str | None = None,
    ) -> None:
        article = settle.from_feed(pending, source.language)
        self._store.save_article(pending, article, self._clock(), retry_at=retry_at, problem=problem)
        if article.origin == "feed":
            self._report.from_feed += 1
        elif article.text or (problem is None and not settle.wants_page(pending, source.full_text)):
            self._report.summary_only += 1  # a headline alone, when there is no page to read
        else:
            self._report.article_failures += 1


def _age_order(pending: PendingEntry) -> tuple[datetime, int]:
    """Return a key that sorts the oldest first; what has no date or one to come counts as new."""
    seen = pending.first_seen
    return min(pending.entry.published or seen, seen), pending.entry_id
