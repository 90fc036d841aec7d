"""Ask for single pages as a crawl would and hand them back: nothing is stored, nothing is followed.

The crawl's own settings, download handler, robots.txt rules and parsing child are used, so that what this reads
is what a run would have read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

import scrapy
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import Settings

from crawler.child import Worker
from crawler.clock import utc_now
from crawler.errors import CrawlError, FetchError, ParseError
from crawler.exchange import own_headers, read_headers
from crawler.failure import describe_failure, describe_status
from crawler.model import ExtractedPage
from crawler.pages import MAX_PAGE_BYTES, PAGE_ACCEPT
from crawler.politeness import hush_loggers, network_settings
from crawler.urls import is_http_url

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from crawler.config import CrawlConfig, Source
    from crawler.store import RobotsCopy


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A page that came: its article, and the address after redirects."""

    url: str
    page: ExtractedPage


class _RobotsMemory:
    """What the robots.txt rules need of a store, kept for one call: trying an address must leave no trace."""

    def __init__(self) -> None:
        self._copies: dict[str, RobotsCopy] = {}

    def robots_copies(self) -> dict[str, RobotsCopy]:
        return dict(self._copies)

    def save_robots(self, origin: str, copy: RobotsCopy) -> None:
        self._copies[origin] = copy


class _PageSpider(scrapy.Spider):
    name = "newswatch-onepage"
    config: ClassVar[CrawlConfig]
    addresses: ClassVar[tuple[str, ...]]
    clock: Callable[[], datetime] = staticmethod(utc_now)

    def __init__(self) -> None:
        super().__init__()
        self.store = _RobotsMemory()  # read by the robots.txt middleware
        self.stopping = asyncio.Event()  # read by the download handler
        self.worker = Worker()
        self.answers: dict[str, FetchedPage | CrawlError] = {}

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        settings.update(network_settings(cls.config), "spider")

    async def start(self) -> AsyncIterator[Request]:
        hush_loggers()
        for url in self.addresses:
            request = self._request(url)
            if isinstance(request, CrawlError):
                self.answers[url] = request
            else:
                yield request

    def _request(self, url: str) -> Request | CrawlError:
        if not is_http_url(url):
            return FetchError("no address that can be asked; write https://host/path")
        # Fail closed, as the crawl does: going out directly would unmask who asked for a proxy.
        if _proxies(self.config, url):
            return FetchError("this version cannot read through a proxy; nothing was sent")
        source = find_source(self.config, url)
        own, private = own_headers(source, url) if source else ({}, ())
        return Request(
            url,
            callback=self.read,
            errback=self.note_failure,
            headers={"Accept": PAGE_ACCEPT, **own},
            meta={"download_maxsize": MAX_PAGE_BYTES, "private_headers": private},
            dont_filter=True,
            cb_kwargs={"asked": url},
        )

    async def read(self, response: Response, asked: str) -> None:
        headers = read_headers(response)
        if response.status != 200:
            self.answers[asked] = describe_status(response.status, headers, response.body)
            return
        try:
            page = await self.worker.extract_page(response.body, headers.get("content-type"), response.url)
        except ParseError as error:
            self.answers[asked] = error
            return
        self.answers[asked] = FetchedPage(response.url, page)

    def note_failure(self, failure: Failure) -> None:
        asked: str = failure.request.cb_kwargs["asked"]  # type: ignore[attr-defined]  # set by Scrapy
        self.answers[asked] = describe_failure(failure.value or Exception())


def find_source(config: CrawlConfig, url: str) -> Source | None:
    """Return the source whose host *url* is on; None when there is none or several share the host."""
    found = _on_host(config, url)
    return found[0] if len(found) == 1 else None


async def fetch_pages(config: CrawlConfig, urls: Sequence[str]) -> Mapping[str, FetchedPage | CrawlError]:
    """Return the page behind every one of *urls*, or why there is none; one crawl for all of them.

    Address guard, robots.txt, redirects, delays, size and time limits, User-Agent and a source's own headers
    are those of `crawler.run.crawl`. Pages of one host are asked for one after the other.
    """
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    attributes = {"config": config, "addresses": tuple(dict.fromkeys(urls))}
    crawler = Crawler(type("PageSpider", (_PageSpider,), attributes), settings)
    try:
        await crawler.crawl_async()
    finally:
        spider: _PageSpider | None = crawler.spider  # type: ignore[assignment]  # our class, made above
        if spider is not None:
            await spider.worker.close()
    assert spider is not None
    lost = FetchError("no answer")  # a defect in a callback: Scrapy logs it and goes on
    return {url: spider.answers.get(url, lost) for url in urls}


def _on_host(config: CrawlConfig, url: str) -> list[Source]:
    host = urlsplit(url).hostname
    return [
        source
        for source in config.sources
        if any(urlsplit(str(route.url)).hostname == host for route in source.routes)
    ]


def _proxies(config: CrawlConfig, url: str) -> bool:
    """Tell whether anything in the configuration asks for a proxy on the way to *url*."""
    sources = _on_host(config, url)
    if sources:
        return any(config.proxy_for(source) for source in sources)
    return config.settings.network.proxy is not None
