"""Ask for single addresses as a crawl would and hand back what came: nothing is stored, nothing is followed.

The crawl's own settings, download handler, robots.txt rules and parsing child are used, so that what this reads
is what a run would have read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast
from urllib.parse import urlsplit

import scrapy
from scrapy import Request

from crawler.child import Worker
from crawler.clock import utc_now
from crawler.errors import CrawlError, FetchError, ParseError, RunEndsError
from crawler.model import ExtractedPage
from crawler.net.exchange import read_headers, source_request
from crawler.net.failure import describe_failure, describe_status
from crawler.net.politeness import ask_no_more, hush_loggers, network_settings
from crawler.pages import MAX_PAGE_BYTES, PAGE_ACCEPT
from crawler.run import make_crawler
from crawler.urls import is_http_url

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from crawler.config import CrawlConfig, Source
    from crawler.proxyaddress import Proxy
    from crawler.records.store import RobotsCopy

MOST_AT_ONCE = 32  # requests under way or in a host's queue; one host is asked one thing at a time
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A page that came: its article, and the address after redirects."""

    url: str
    page: ExtractedPage


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What a server answered, whatever the status. Header names are lower case."""

    url: str  # after redirects
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def require_success(self) -> RawAnswer:
        """Return the answer itself, or raise `FetchError` for any status but 200."""
        if self.status != 200:
            raise describe_status(self.status, self.headers, self.body)
        return self


class _RobotsMemory:
    """What the robots.txt rules need of a store, kept for one call: trying an address must leave no trace."""

    def __init__(self) -> None:
        self.copies: dict[str, RobotsCopy] = {}

    def robots_copies(self) -> dict[str, RobotsCopy]:
        return dict(self.copies)

    def save_robots(self, origin: str, copy: RobotsCopy) -> None:
        self.copies[origin] = copy


class _AskingSpider(scrapy.Spider):
    name = "newswatch-onepage"
    config: ClassVar[CrawlConfig]
    work: ClassVar[Callable[[Asker], Awaitable[object]]]
    clock: Callable[[], datetime] = staticmethod(utc_now)

    def __init__(self) -> None:
        super().__init__()
        self.store = _RobotsMemory()  # read by the robots.txt middleware
        self.stopping = asyncio.Event()  # read by the download handler
        self.worker = Worker()
        self.result: object = None
        self.is_done = False
        self.fault: Exception | None = None

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        settings.update(network_settings(cls.config), "spider")

    async def start(self) -> AsyncIterator[Request]:
        hush_loggers()
        try:
            self.result = await type(self).work(Asker(self))
            self.is_done = True
        except Exception as error:  # Scrapy would log it and go on; it is raised once the crawl has ended
            self.fault = error
        nothing: tuple[Request, ...] = ()  # an iterator by contract: the work asks for itself
        for request in nothing:
            yield request


class Asker:
    """Asks for addresses within one crawl, and knows who has answered. It lasts as long as the work given it."""

    def __init__(self, spider: _AskingSpider) -> None:
        self._spider = spider
        self._turn = asyncio.Semaphore(MOST_AT_ONCE)
        self._answered: set[str] = set()
        self.worker = spider.worker

    async def ask(
        self,
        url: str,
        source: Source | None,
        accept: str = PAGE_ACCEPT,
        max_bytes: int | None = MAX_PAGE_BYTES,
    ) -> RawAnswer:
        """Return what *url* answers, asked with the headers of *source*; *max_bytes* None: as a poll may be.

        Raises `FetchError` with the cause, and `RunEndsError` once `end` was called.
        """
        if not is_http_url(url):
            raise FetchError("no address that can be asked; write https://host/path")
        config = self._spider.config
        meta: dict[str, object] = {"download_maxsize": max_bytes} if max_bytes else {}
        if source is None and (guarded := _find_proxied(config, url)):
            meta["source_id"] = guarded.id
        request = source_request(url, source, accept, meta=meta)
        engine = self._spider.crawler.engine
        assert engine is not None
        async with self._turn:
            if self._spider.stopping.is_set():
                raise RunEndsError("the time was up")
            try:
                response = await engine.download_async(request)
            except RunEndsError:
                raise
            except Exception as error:  # whatever the transport raises, the cause is for people
                raise describe_failure(error) from None
        self._answered |= {_host(url), _host(response.url)}
        return RawAnswer(response.url, response.status, read_headers(response), response.body)

    def proxy_for(self, source: Source) -> Proxy | None:
        """Return the proxy that *source* is asked through, None for a direct connection."""
        return self._spider.config.proxy_for(source)

    def robots(self, url: str) -> RobotsCopy | None:
        """Return the robots.txt that was read for *url*; None when its host did not answer or was not asked."""
        parts = urlsplit(url)
        return self._spider.store.copies.get(f"{parts.scheme}://{parts.netloc}")

    def has_answered(self, url: str) -> bool:
        """Tell whether the host of *url* has answered anything at all, be it a refusal."""
        return _host(url) in self._answered or self.robots(url) is not None

    @property
    def has_ended(self) -> bool:
        """Tell whether `end` was called: what failed since then is nobody's fault."""
        return self._spider.stopping.is_set()

    async def end(self) -> None:
        """Drop what is under way and what waits: each raises `RunEndsError` at once."""
        self._spider.stopping.set()
        engine = self._spider.crawler.engine
        assert engine is not None
        ask_no_more(engine)
        await self.worker.close()


async def ask_within_crawl(config: CrawlConfig, work: Callable[[Asker], Awaitable[Result]]) -> Result:
    """Start a crawl that asks only what *work* asks; return what *work* returned, raise what it raised.

    Address guard, robots.txt, redirects, delays, size and time limits and the User-Agent are those of
    `crawler.run.crawl`. Addresses of one host are asked for one after the other.
    """
    crawler = make_crawler(_AskingSpider, {"config": config, "work": staticmethod(work)})
    try:
        await crawler.crawl_async()
    finally:
        spider: _AskingSpider | None = crawler.spider  # type: ignore[assignment]  # our class, made above
        if spider is not None:
            await spider.worker.close()
    assert spider is not None
    if spider.fault is not None:
        raise spider.fault
    if not spider.is_done:  # Ctrl-C reached the work; the engine closed as if all were well
        raise asyncio.CancelledError
    return cast("Result", spider.result)


def find_source(config: CrawlConfig, url: str) -> Source | None:
    """Return the source whose host *url* is on; None when there is none or several share the host."""
    found = _on_host(config, url)
    return found[0] if len(found) == 1 else None


async def fetch_pages(config: CrawlConfig, urls: Sequence[str]) -> Mapping[str, FetchedPage | CrawlError]:
    """Return the page behind every one of *urls*, or why there is none; one crawl for all of them."""

    async def fetch(asker: Asker, url: str) -> FetchedPage | CrawlError:
        try:
            source = find_source(config, url)
            answer = (await asker.ask(url, source)).require_success()
            content_type, rules = answer.headers.get("content-type"), source.extract.rules if source else None
            page = await asker.worker.extract_page(answer.body, content_type, answer.url, rules)
            return FetchedPage(answer.url, page)
        except (FetchError, ParseError) as error:
            return error

    async def fetch_all(asker: Asker) -> dict[str, FetchedPage | CrawlError]:
        wanted = tuple(dict.fromkeys(urls))
        pages = await asyncio.gather(*(fetch(asker, url) for url in wanted))
        return dict(zip(wanted, pages, strict=True))

    return await ask_within_crawl(config, fetch_all)


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


def _on_host(config: CrawlConfig, url: str) -> list[Source]:
    host = urlsplit(url).hostname
    return [
        source
        for source in config.sources
        if any(urlsplit(str(route.url)).hostname == host for route in source.routes)
    ]


def _find_proxied(config: CrawlConfig, url: str) -> Source | None:
    """Return a source of the host of *url* that is read through a proxy of its own: the address is its, too."""
    return next((source for source in _on_host(config, url) if config.proxy_for(source)), None)
