"""Requests through a proxy: who goes through which, what may be asked through it, what is told when it fails.

A source that has a proxy is read through it or not at all: nothing here ever falls back to a direct connection, and
no name of a server is looked up on this machine.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import SplitResult, unquote, urlsplit

import aiohttp
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.exceptions import DownloadConnectionRefusedError, DownloadFailedError, IgnoreRequest
from yarl import URL

from crawler.net.guard import WEB_PORTS, find_target_problem, guarded_socket_factory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy import Request
    from scrapy.core.downloader.handlers._aiohttp import _ClientResponse
    from scrapy.crawler import Crawler

    from crawler.config import CrawlConfig

SOCKS_SCHEME = "socks5h"  # h: the proxy looks names up, as Tor must
SOCKS_PORT = 1080  # RFC 1928 §3
DOWN = "the proxy does not answer"
LOGIN_WANTED = "the proxy wants another login"
_SOCKS_REPLIES = {  # RFC 1928 §6
    1: "it failed",
    2: "its rules forbid the address",
    3: "no network there",
    4: "host not reached or not found",
    5: "connection refused there",
    6: "no answer there in time",
}


class ProxyFailedError(OSError):
    """The proxy is down, refuses us or cannot reach the server; its address and credentials are not in the words."""


class NoRouteError(IgnoreRequest):
    """A request that does not say whose it is: it must not guess a way out."""


def choose_proxy(config: CrawlConfig, request: Request) -> str | None:
    """Return the proxy address for *request*, credentials included; None for a direct connection.

    ``meta["source_id"]`` names the source, None stands for the network's own proxy. Without that key nothing goes
    out: a direct connection could unmask who asked for a proxy.
    """
    if "source_id" not in request.meta:
        raise NoRouteError("the request names no source, so no way out is known")
    source_id = request.meta["source_id"]
    source = next((source for source in config.sources if source.id == source_id), None)
    return config.proxy_for(source)


class ProxiedDownloadHandler(AiohttpDownloadHandler):
    """Sends everything through one HTTP or HTTPS proxy; https targets by CONNECT (RFC 9110 §9.3.6).

    *target_ports* are the allowed ones; with *allow_private* (tests and the demo) every target is allowed.
    """

    experimental: ClassVar[bool] = False
    through_socks: ClassVar[bool] = False

    def __init__(
        self, crawler: Crawler, proxy: str, *, allow_private: bool, target_ports: frozenset[int] = WEB_PORTS
    ) -> None:
        super().__init__(crawler)
        self._proxy = proxy
        self._allow_private = allow_private
        self._target_ports = target_ports
        self._unused = self._session._connector  # not opened yet: replaced before the first request
        assert self._unused is not None
        self._session._connector = self._make_connector(
            urlsplit(proxy), self._unused.limit, self._unused.limit_per_host
        )
        self._session._retry_connection = False  # Scrapy tries again already

    def _make_connector(self, proxy: SplitResult, limit: int, limit_per_host: int) -> aiohttp.TCPConnector:
        # The user named this address: a proxy on this very machine is the usual case.
        factory = guarded_socket_factory(allow_private=True)
        return aiohttp.TCPConnector(limit=limit, limit_per_host=limit_per_host, socket_factory=factory)

    def _extract_proxy_url_with_creds(self, request: Request) -> str | None:
        """Return the proxy for aiohttp, whatever the request's meta says."""
        return self._proxy

    @asynccontextmanager
    async def _make_request(self, request: Request, timeout: float) -> AsyncIterator[_ClientResponse]:
        if not self._allow_private:
            url = URL(request.url)  # as the client reads it: full-width digits are digits by now
            problem = find_target_problem(
                url.host or "", url.port or 0, self._target_ports, through_socks=self.through_socks
            )
            if problem:
                raise IgnoreRequest(problem)
        try:
            async with super()._make_request(request, timeout) as response:
                if response.status == 407:
                    raise ProxyFailedError(LOGIN_WANTED)
                yield response
        except (DownloadConnectionRefusedError, DownloadFailedError) as error:
            if words := _find_proxy_fault(error.__cause__):
                raise ProxyFailedError(words) from None
            raise
        except ProxyTimeoutError:
            raise ProxyFailedError("no answer from the proxy in time") from None
        except ProxyConnectionError:
            raise ProxyFailedError(DOWN) from None
        except ProxyError as error:
            raise ProxyFailedError(_describe_reply(error)) from None

    async def close(self) -> None:
        assert self._unused is not None
        await self._unused.close()
        await super().close()


class SocksDownloadHandler(ProxiedDownloadHandler):
    """Sends everything through one SOCKS5 proxy, which is handed names, never addresses."""

    through_socks: ClassVar[bool] = True

    def _make_connector(self, proxy: SplitResult, limit: int, limit_per_host: int) -> aiohttp.TCPConnector:
        return ProxyConnector(
            host=proxy.hostname or "",
            port=proxy.port or SOCKS_PORT,
            username=unquote(proxy.username or ""),
            password=unquote(proxy.password or ""),
            rdns=True,
            limit=limit,
            limit_per_host=limit_per_host,
        )

    def _extract_proxy_url_with_creds(self, request: Request) -> str | None:
        """Return None: the connector is the proxy's."""
        return None


def make_proxied_handler(
    crawler: Crawler, proxy: str, *, allow_private: bool, target_ports: frozenset[int]
) -> ProxiedDownloadHandler:
    """Return the handler that sends everything through *proxy*."""
    is_socks = urlsplit(proxy).scheme == SOCKS_SCHEME
    kind = SocksDownloadHandler if is_socks else ProxiedDownloadHandler
    return kind(crawler, proxy, allow_private=allow_private, target_ports=target_ports)


def _find_proxy_fault(cause: BaseException | None) -> str | None:
    """Return what is wrong with the proxy, None when it is not the proxy."""
    if isinstance(cause, aiohttp.ClientProxyConnectionError):
        return DOWN
    if isinstance(cause, aiohttp.ClientHttpProxyError):  # it answered CONNECT with something else than yes
        return LOGIN_WANTED if cause.status == 407 else f"the proxy answered {cause.status}"
    return None


def _describe_reply(error: ProxyError) -> str:
    """Return what the proxy said, in our words: its own may hold names and addresses."""
    if error.error_code in _SOCKS_REPLIES:
        return f"the proxy could not connect: {_SOCKS_REPLIES[error.error_code]}"
    return LOGIN_WANTED if "authentication" in str(error).lower() else "the proxy is no SOCKS5 proxy"
