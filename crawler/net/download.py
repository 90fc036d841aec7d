"""Scrapy's aiohttp download handler behind the address guard, and redirects under one deadline.

The handler was chosen by measurement: it alone bounds headers, body and total time; see docs/architecture.md.
Its module is private in Scrapy 2.19, hence the pin and the contract test.
"""

from __future__ import annotations

import asyncio
import logging
import re
from time import monotonic
from typing import TYPE_CHECKING, Any

import aiohttp
from scrapy import Request
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from crawler.errors import RunEndsError
from crawler.net.guard import WEB_PORTS, guarded_socket_factory
from crawler.net.proxy import choose_proxy, make_proxied_handler

if TYPE_CHECKING:
    from crawler.config import CrawlConfig
    from crawler.proxyaddress import Proxy

_log = logging.getLogger(__name__)
_SCHEME = re.compile(rb"\s*([A-Za-z][A-Za-z0-9+.-]{0,20}):(?!\d)")  # not host:8080
CHAIN_DEADLINE_S = 25.0  # one answer with all its redirects, without the time in queues


class DirectDownloadHandler(AiohttpDownloadHandler):
    """The aiohttp handler with a connector that cannot reach private addresses."""

    experimental = False  # Scrapy warns of it at every start; the choice is ours, and tested

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._allow_private = settings.getbool("NEWSWATCH_ALLOW_PRIVATE")
        self._ports = WEB_PORTS | frozenset(settings.get("NEWSWATCH_PORTS") or ())
        factory = guarded_socket_factory(allow_private=self._allow_private, ports=self._ports)
        unguarded = self._session._connector  # not opened yet: replaced before the first request
        assert unguarded is not None
        self._session._connector = aiohttp.TCPConnector(
            limit=unguarded.limit,
            limit_per_host=unguarded.limit_per_host,
            socket_factory=factory,
            use_dns_cache=True,
            ttl_dns_cache=60,
        )
        self._unguarded = unguarded
        self._session._retry_connection = (
            False  # Scrapy tries again already: a reset would be asked four times
        )

    async def close(self) -> None:
        await self._unguarded.close()
        await super().close()


class GuardedDownloadHandler(DirectDownloadHandler):
    """Downloads directly, or by the handler of a proxy or of a certificate that is pinned."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        spider: Any = crawler.spider  # one of our own, which have both
        self._stopping: asyncio.Event = spider.stopping
        self._config: CrawlConfig = spider.config
        self._others: dict[tuple[Proxy | None, bytes | None], AiohttpDownloadHandler] = {}

    async def download_request(self, request: Request) -> Response:
        """Download *request*; `RunEndsError` as soon as the run ends, for nobody waits for the answer any more."""
        request.meta["download_begun"] = monotonic()  # here it has left the queue: waiting is not its fault
        way = (choose_proxy(self._config, request), _find_pin(self._config, request))
        download = super().download_request if way == (None, None) else self._other(*way).download_request
        answer = asyncio.ensure_future(download(request))
        over = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({answer, over}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise RunEndsError("the run ends")
            return answer.result()
        finally:
            answer.cancel()
            over.cancel()
            await asyncio.gather(answer, over, return_exceptions=True)

    def _other(self, proxy: Proxy | None, pin: bytes | None) -> AiohttpDownloadHandler:
        if (found := self._others.get((proxy, pin))) is not None:
            return found
        if proxy is None:
            made: AiohttpDownloadHandler = DirectDownloadHandler(self.crawler)
        else:
            made = make_proxied_handler(
                self.crawler, proxy, allow_private=self._allow_private, target_ports=self._ports
            )
        if pin is not None:  # a fingerprint is the other thing that aiohttp takes for ``ssl``
            made._ssl_context = aiohttp.Fingerprint(pin)  # type: ignore[assignment]
        self._others[proxy, pin] = made
        return made

    async def close(self) -> None:
        for handler in self._others.values():
            await handler.close()
        await super().close()


class DeadlineRedirectMiddleware(RedirectMiddleware):
    """Follow redirects within one deadline, in the slot of the host that they lead to, on http(s) only."""

    def _engine_started(self) -> None:
        """Look for no referer middleware: the inherited hook warns at every start that there is none."""

    def handle_referer(self, request: Request, response: Response) -> None:
        """Say nothing of where we come from."""
        request.headers.pop("Referer", None)

    def process_request(self, request: Request) -> None:
        """Refuse a hop past the deadline; shorten the last hop's time-out to what is left."""
        left = CHAIN_DEADLINE_S - request.meta.get("chain_spent_s", 0.0)
        if left <= 0:
            raise IgnoreRequest(f"redirects took longer than {CHAIN_DEADLINE_S:.0f} s")
        request.meta["download_timeout"] = min(left, request.meta.get("download_timeout", left))

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]  # the spider argument is deprecated in 2.19
        """Turn a redirect into a request; drop the slot and name the target's host in it."""
        _refuse_other_schemes(request, response)
        try:
            result = super().process_response(request, response)
        except IgnoreRequest as error:
            most = f"more than {self.max_redirect_times} redirects"
            raise IgnoreRequest(most if "max redirections" in str(error) else str(error)) from error
        except ValueError as error:
            raise IgnoreRequest("redirect to what is no web address: refused") from error
        if isinstance(result, Request) and result is not request:
            if result.url in (request.url, *request.meta.get("redirect_urls", ())):
                wish = "; it wants a cookie" if "Set-Cookie" in response.headers else ""
                raise IgnoreRequest(f"redirect loop: it leads back to where it was{wish}")
            # Scrapy copies the slot of the first host, whose delay then does not protect the second
            result.meta.pop("download_slot", None)
            if _origin(result) != _origin(request):  # Scrapy drops Authorization and Cookie only
                for name in result.meta.pop("private_headers", ()):
                    result.headers.pop(name, None)
            spent_s = request.meta.get("chain_spent_s", 0.0)
            result.meta["chain_spent_s"] = spent_s + monotonic() - request.meta["download_begun"]
        return result


def _refuse_other_schemes(request: Request, response: Response) -> None:
    """Refuse a redirect to ``file:``, ``data:``, ``javascript:`` and the like, with a line in the log."""
    found = _SCHEME.match(response.headers.get("Location") or b"") if 300 <= response.status < 400 else None
    scheme = found[1].decode().lower() if found else ""
    if scheme and scheme not in ("http", "https"):
        _log.warning(
            "security: %s redirects to a %s: address; refused", urlparse_cached(request).hostname, scheme
        )
        raise IgnoreRequest(f"redirect to a {scheme}: address, refused")


def _find_pin(config: CrawlConfig, request: Request) -> bytes | None:
    """Return the SHA-256 of the one certificate that the server may show, None where any valid one will do."""
    source = next((item for item in config.sources if item.id == request.meta["source_id"]), None)
    return config.certificate_for(source, urlparse_cached(request).hostname or "")


def _origin(request: Request) -> tuple[str, str]:
    parts = urlparse_cached(request)
    return parts.scheme, parts.netloc
