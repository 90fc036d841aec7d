"""robots.txt as RFC 9309 wants it: kept for a day, obeyed, and a server error means no.

Scrapy's own middleware asks anew in every process, which a cron job starts every few minutes, and lets everything
through when the file cannot be had.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from crawler.errors import RunEndsError
from crawler.net.failure import describe_failure
from crawler.net.proxy import choose_proxy
from crawler.records.store import RobotsCopy, Store

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.config import CrawlConfig
    from crawler.proxyaddress import Proxy

KEPT_FOR = timedelta(days=1)  # RFC 9309 §2.4: a cached copy should not be used for more than 24 hours
RETRY_ERROR_AFTER = timedelta(minutes=30)
MAX_BYTES = 512 * 1024  # RFC 9309 §2.5: parse at least 500 kibibytes; the rest is not read
MAX_DOWNLOAD_BYTES = 8 * MAX_BYTES
UNREACHABLE = 0  # stands for "no answer" where a status is stored
MAX_CRAWL_DELAY_S = 60.0
MAX_WAITING_S = 60.0  # that one host's pages may hold a run; the rest is asked for in the next
LEAST_PAGES = 3  # of a host and run, however long its delay


class RobotsForbidError(IgnoreRequest):
    """The site does not want this address read by programs; *temporary* when it could not say."""

    def __init__(self, message: str, *, temporary: bool = False) -> None:
        self.temporary = temporary
        super().__init__(message)


class RobotsUnreachableError(IgnoreRequest):
    """No answer from the host at all: RFC 9309 §2.3.1.4 takes it as a no, and the page would fail alike."""


class NotThisRunError(IgnoreRequest):
    """The host's delay lets no more pages through in this run; nobody failed."""


class RobotsMiddleware:
    """Ask each origin's robots.txt at most once a day and obey it."""

    def __init__(
        self, crawler: Crawler, store: Store, config: CrawlConfig, clock: Callable[[], datetime]
    ) -> None:
        self._crawler = crawler
        self._store = store
        self._config = config
        self._clock = clock
        self._copies = store.robots_copies()
        self._unreachable: dict[tuple[str, Proxy | None], RobotsCopy] = {}
        self._asking: dict[str, asyncio.Lock] = {}
        self._parsers: dict[str, Protego] = {}
        self._passed: Counter[str] = Counter()  # requests for pages, by host

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        spider: Any = crawler.spider  # one of our own, which have all three
        return cls(crawler, spider.store, spider.config, spider.clock)

    async def process_request(self, request: Request) -> None:
        """Let *request* pass, or raise `RobotsForbidError`; slow the host down to its Crawl-delay.

        A request that ``may_wait`` and finds its host busy for this run is refused with `NotThisRunError`.
        """
        if request.meta.get("is_robots"):
            return
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        async with self._asking.setdefault(origin, asyncio.Lock()):
            copy = await self._fresh_copy(origin, request)
        agent = str(self._crawler.settings["ROBOTSTXT_USER_AGENT"])
        if copy.status == UNREACHABLE:
            raise RobotsUnreachableError(copy.body.decode())
        if copy.status >= 500:
            why = f"robots.txt answered {copy.status}: a no for now (RFC 9309 §2.3.1.4)"
            raise RobotsForbidError(why, temporary=True)
        parser = self._parser(origin, copy)
        self._slow_down(parts.hostname or "", parser.crawl_delay(agent))
        if not parser.can_fetch(request.url, agent):
            raise RobotsForbidError("robots.txt forbids this address")
        if request.meta.get("may_wait"):
            self._take_turn(request, parts.hostname or "")

    def _take_turn(self, request: Request, host: str) -> None:
        engine = self._crawler.engine
        assert engine is not None
        downloader = engine.downloader
        delay_s = float(downloader.per_slot_settings.get(host, {}).get("delay", downloader._delay))
        begun = (
            "redirect_times" in request.meta or "retry_times" in request.meta
        )  # else no page would be read
        room = self._passed[host] < LEAST_PAGES or (self._passed[host] + 1) * delay_s <= MAX_WAITING_S
        if not begun and not room:
            raise NotThisRunError(f"{host} is asked for more pages in the next run")
        self._passed[host] += 1

    async def _fresh_copy(self, origin: str, page: Request) -> RobotsCopy:
        """Return what is known of *origin*, else ask it the way that *page* would take."""
        proxy = choose_proxy(self._config, page)
        for known in (self._copies.get(origin), self._unreachable.get((origin, proxy))):
            if known is not None:
                usable = known.status != UNREACHABLE and known.status < 500
                if self._clock() - known.fetched_at < (KEPT_FOR if usable else RETRY_ERROR_AFTER):
                    return known
        copy = await self._ask(origin, page.meta["source_id"])
        if copy.status == UNREACHABLE:  # this way: another may lead there
            self._unreachable[origin, proxy] = copy
            return copy
        self._store.save_robots(origin, copy)
        self._copies[origin] = copy
        self._parsers.pop(origin, None)
        return copy

    async def _ask(self, origin: str, source_id: str | None) -> RobotsCopy:
        request = Request(
            f"{origin}/robots.txt",
            callback=NO_CALLBACK,
            meta={"is_robots": True, "source_id": source_id, "download_maxsize": MAX_DOWNLOAD_BYTES},
        )
        engine = self._crawler.engine
        assert engine is not None
        try:
            response = await engine.download_async(request)
        except RunEndsError:
            raise
        except Exception as error:  # whatever the transport raises, the cause is for people
            return RobotsCopy(UNREACHABLE, describe_failure(error).cause.encode(), self._clock())
        return RobotsCopy(response.status, response.body[:MAX_BYTES], self._clock())

    def _parser(self, origin: str, copy: RobotsCopy) -> Protego:
        if origin not in self._parsers:
            text = (
                copy.body.decode("utf-8-sig", "replace") if copy.status < 300 else ""
            )  # 4xx: everything is allowed
            self._parsers[origin] = Protego.parse(text)
        return self._parsers[origin]

    def _slow_down(self, host: str, delay_s: float | None) -> None:
        if not delay_s:
            return
        engine = self._crawler.engine
        assert engine is not None
        wanted = min(float(delay_s), MAX_CRAWL_DELAY_S)
        downloader = engine.downloader
        configured = downloader.per_slot_settings.setdefault(host, {})
        configured["delay"] = max(wanted, configured.get("delay", downloader._delay))
        if host in downloader.slots:
            slot = downloader.slots[host]
            slot.delay = max(slot.delay, wanted)
