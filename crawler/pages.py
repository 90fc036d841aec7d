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
from crawler.model import Article, CrawlReport, ExtractedPage, PendingEntry, Problem
from crawler.net.exchange import host_headers, read_headers, source_request
from crawler.net.failure import describe_failure, describe_status
from crawler.net.robots import NotThisRunError
from crawler.records.oddity import describe
from crawler.records.repeated import Lines, learn, read_lines, remember
from crawler.records.store import Store
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
        self._printed: dict[str, dict[int, Lines]] = {}  # of the last pages of a source
        self._told: set[str] = set()  # sources whose pages lack what is kept of them
        self.problems: list[Problem] = []
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
        source = self._sources[pending.source_id]
        try:
            if response.status != 200:
                raise describe_status(response.status, headers, response.body)
            content_type = headers.get("content-type")
            page = await self._worker.extract_page(
                response.body, content_type, response.url, source.extract.rules
            )
            self._note_kept(source, page)
            article = settle.from_page(pending, page, response.url, source.language, source.extract.rules)
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
        article = self._save(pending, article)
        self._report.fetched += article.origin == "page"
        self._report.from_feed += article.origin == "feed"
        self._settle_followers(pending, article)
        yield {
            "source": pending.source_id,
            "url": pending.entry.url,
            "title": article.title,
            "text": article.text,
        }

    def _save(
        self,
        pending: PendingEntry,
        article: Article,
        *,
        retry_at: datetime | None = None,
        problem: str | None = None,
    ) -> Article:
        """Store an article without the lines that its source prints on most of its pages; return it so."""
        lines = None
        if article.origin != "summary":
            source_id, lines = pending.source_id, read_lines(article.text)
            if source_id not in self._printed:
                self._printed[source_id] = self._store.printed_lines(source_id)
            article = settle.without_repeated(article, learn(tuple(self._printed[source_id].values())))
        article_id = self._store.save_article(
            pending, article, self._clock(), retry_at=retry_at, problem=problem, lines=lines
        )
        if lines is not None:
            remember(self._printed[pending.source_id], article_id, lines)
        return article

    def _note_kept(self, source: Source, page: ExtractedPage) -> None:
        """Count pages without what the source's configuration keeps; tell it once when it is no single page."""
        if not source.extract.keep:
            return
        selectors = ", ".join(source.extract.keep)
        odd = self._store.note_kept(source.id, selectors, missed=page.keep_missed, now=self._clock())
        if odd is not None and odd.is_telling and source.id not in self._told:
            self._told.add(source.id)
            self.problems.append(Problem(source.id, describe(odd)))

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
        article = self._save(pending, article, retry_at=retry_at, problem=problem)
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
