"""Pages of articles that were told, read again: changed, as they were, or gone. Polls nothing, tells nobody.

What is absent counts at the end of the crawl only: a site that has none of its pages any more has moved, and its
articles were not removed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response

from crawler.article import settle
from crawler.article.pagekind import NO_SUCH_PAGE
from crawler.cadence.reread import is_site_absent
from crawler.errors import FetchError, ParseError, RunEndsError
from crawler.model import Validators
from crawler.net.exchange import host_headers, new_validators, read_headers, sha256, source_request
from crawler.net.failure import describe_failure
from crawler.net.robots import NotThisRunError
from crawler.pages import MAX_PAGE_BYTES, PAGE_ACCEPT
from crawler.records.repeated import learn
from crawler.records.revision import Revisions, Told

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from crawler.child import Worker
    from crawler.config import Source
    from crawler.model import Article
    from crawler.records.store import Store

REREAD_PRIORITY = -100_000  # after every feed and every new page
GONE = (404, 410)


class Rereading:
    """The second readings of one crawl. *stopping* tells that its answers do not count any more."""

    def __init__(
        self,
        store: Store,
        worker: Worker,
        sources: Mapping[str, Source],
        clock: Callable[[], datetime],
        stopping: asyncio.Event,
    ) -> None:
        self._store, self._worker, self._sources = store, worker, sources
        self._clock, self._stopping = clock, stopping
        self._revisions = Revisions(store.engine)
        self._speakers = [source for source in sources.values() if source.headers]
        self._absent: list[Told] = []
        self._unanswered: list[Told] = []
        self._present: Counter[str] = Counter()

    def requests(self, source_ids: Sequence[str]) -> list[Request]:
        """Return the requests for what is due of these sources."""
        due = self._revisions.due(source_ids, self._clock())
        return [self._request(told, REREAD_PRIORITY - place) for place, told in enumerate(due)]

    def _request(self, told: Told, priority: int) -> Request:
        url, source = told.pending.entry.url or "", self._sources[told.pending.source_id]
        held = {"If-None-Match": told.validators.etag, "If-Modified-Since": told.validators.last_modified}
        said = host_headers(self._speakers, url, source)
        return source_request(
            url,
            source,
            PAGE_ACCEPT,
            headers={**said, **{name: value for name, value in held.items() if value}},
            callback=self.read,
            errback=self.note_failure,
            meta={"download_maxsize": MAX_PAGE_BYTES, "may_wait": True},
            priority=priority,
            arguments={"told": told},
        )

    async def read(self, response: Response, told: Told) -> None:
        """Store what a page says now; nothing, where the answer does not tell."""
        source_id = told.pending.source_id
        unchanged = response.status == 304 or told.validators.body_sha256 == sha256(response.body)
        if response.status in GONE or (response.status == 200 and _is_front_page(response.url)):
            self._absent.append(told)
            return
        if unchanged:
            self._present[source_id] += 1
            self._revisions.note_same(told.article_id, told.validators, self._clock())
            return
        headers = read_headers(response)
        validators = new_validators(headers, response.body)
        try:
            if response.status != 200:
                raise FetchError("not answered", status=response.status)
            article = await self._extract(response, headers.get("content-type"), told)
        except (FetchError, ParseError, RuntimeError) as error:
            if self._stopping.is_set():  # the worker is closed
                return
            if isinstance(error, RuntimeError):
                raise
            if str(error) == NO_SUCH_PAGE:
                self._absent.append(told)
            else:
                self._revisions.note_same(told.article_id, None, self._clock())
            return
        if article is None:
            self._absent.append(told)
            return
        self._present[source_id] += 1
        self._save(told, article, validators)

    async def _extract(self, response: Response, content_type: str | None, told: Told) -> Article | None:
        """Return the article of a page as a first reading would have stored it; None of a stub."""
        source = self._sources[told.pending.source_id]
        rules = source.extract.rules
        page = await self._worker.extract_page(response.body, content_type, response.url, rules)
        article = settle.from_page(told.pending, page, response.url, source.language, rules)
        if article is None:
            return None
        furniture = learn(tuple(self._store.printed_lines(source.id).values()))
        return settle.without_repeated(article, furniture)

    def _save(self, told: Told, article: Article, validators: Validators) -> None:
        """Store a text that can be compared: a page's, without a doubt that it did not have before."""
        now = self._clock()
        if article.origin != "page" or article.several or (article.doubt and article.doubt != told.doubt):
            self._revisions.note_same(told.article_id, None, now)
            return
        self._revisions.save_changed(told, article, validators, now)

    def note_failure(self, failure: Failure) -> None:
        """Count a reading that failed in transport or was refused; what this run does not ask stays due."""
        told: Told = failure.request.cb_kwargs["told"]  # type: ignore[attr-defined]  # set by Scrapy
        if isinstance(failure.value, RunEndsError | NotThisRunError):
            return
        error = describe_failure(failure.value or Exception())
        if error.transport:
            self._unanswered.append(told)
            return
        self._revisions.note_same(told.article_id, None, self._clock())

    def settle(self) -> None:
        """Count what was not answered, and the pages that were not there except those of a site that has none."""
        for told in self._unanswered:
            self._revisions.note_same(told.article_id, None, self._clock())
        absent = Counter(told.pending.source_id for told in self._absent)
        for told in self._absent:
            source_id = told.pending.source_id
            if is_site_absent(absent[source_id], self._present[source_id]):
                self._revisions.note_same(told.article_id, None, self._clock())
            else:
                self._revisions.note_absent(told.article_id, self._clock())


def _is_front_page(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query
