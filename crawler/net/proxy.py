"""Requests through a proxy: who goes through which, what may be asked through it, what is told when it fails.

A source that has a proxy is read through it or not at all: nothing here ever falls back to a direct connection, and
no name of a server is looked up on this machine. The connectors reach the proxy and nothing else, whatever the layers
between them and us make of a request.
"""

from __future__ import annotations

import ipaddress
import socket
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, ClassVar, NoReturn

import aiohttp
from aiohttp.resolver import ThreadedResolver
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    IgnoreRequest,
)
from yarl import URL

from crawler.net.guard import WEB_PORTS, BlockedAddressError, find_target_problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp.abc import ResolveResult
    from scrapy import Request
    from scrapy.core.downloader.handlers._aiohttp import _ClientResponse
    from scrapy.crawler import Crawler

    from crawler.config import CrawlConfig
    from crawler.net.guard import AddressInfo
    from crawler.proxyaddress import Proxy

DOWN = "the proxy does not answer"
UNKNOWN = "the proxy's own name was not found"
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


def choose_proxy(config: CrawlConfig, request: Request) -> Proxy | None:
    """Return the proxy for *request*; None for a direct connection.

    ``meta["source_id"]`` names the source, None stands for the network's own proxy. Without a source that is known
    nothing goes out: a direct connection could unmask who asked for a proxy.
    """
    source_id = request.meta.get("source_id", "")
    if source_id is None:
        return config.proxy_for(None)
    for source in config.sources:
        if source.id == source_id:
            return config.proxy_for(source)
    raise NoRouteError("the request names no source, so no way out is known")


class ProxiedDownloadHandler(AiohttpDownloadHandler):
    """Sends everything through one HTTP or HTTPS proxy; https targets by CONNECT (RFC 9110 §9.3.6).

    *target_ports* are the allowed ones; with *allow_private* (tests and the demo) every target is allowed.
    """

    experimental: ClassVar[bool] = False

    def __init__(
        self, crawler: Crawler, proxy: Proxy, *, allow_private: bool, target_ports: frozenset[int] = WEB_PORTS
    ) -> None:
        super().__init__(crawler)
        self._proxy = proxy
        self._allow_private = allow_private
        self._target_ports = target_ports
        self._unused = self._session._connector  # not opened yet: replaced before the first request
        assert self._unused is not None
        self._session._connector = self._make_connector(self._unused.limit, self._unused.limit_per_host)
        self._session._retry_connection = False  # Scrapy tries again already

    def _make_connector(self, limit: int, limit_per_host: int) -> aiohttp.TCPConnector:
        only = _OnlyProxy(self._proxy)
        return aiohttp.TCPConnector(
            limit=limit, limit_per_host=limit_per_host, socket_factory=only.make_socket, resolver=only
        )

    def _extract_proxy_url_with_creds(self, request: Request) -> str | None:
        """Return the proxy for aiohttp, whatever the request's meta says."""
        return self._proxy.address

    @asynccontextmanager
    async def _make_request(self, request: Request, timeout: float) -> AsyncIterator[_ClientResponse]:
        if not self._allow_private:
            url = URL(request.url)  # as the client reads it: what is judged is what would be sent
            problem = find_target_problem(
                url.raw_host or "", url.port or 0, self._target_ports, through_socks=self._proxy.is_socks
            )
            if problem:
                raise IgnoreRequest(problem)
        try:
            async with super()._make_request(request, timeout) as response:
                if response.status == 407:
                    raise ProxyFailedError(LOGIN_WANTED)
                yield response
        except (CannotResolveHostError, DownloadConnectionRefusedError, DownloadFailedError) as error:
            if words := _find_proxy_fault(error.__cause__):
                raise ProxyFailedError(words) from None
            raise
        except ProxyTimeoutError:
            raise ProxyFailedError("no answer from the proxy in time") from None
        except ProxyConnectionError as error:
            raise ProxyFailedError(UNKNOWN if _is_look_up(error) else DOWN) from None
        except ProxyError as error:
            raise ProxyFailedError(_describe_reply(error)) from None
        except (
            ConnectionError,
            EOFError,
        ):  # aiohttp gives no name of its own to what breaks off inside SOCKS
            raise ProxyFailedError("the connection broke off at the proxy or behind it") from None

    async def close(self) -> None:
        assert self._unused is not None
        await self._unused.close()
        await super().close()


class SocksDownloadHandler(ProxiedDownloadHandler):
    """Sends everything through one SOCKS5 proxy, which is handed names, never addresses."""

    def _make_connector(self, limit: int, limit_per_host: int) -> aiohttp.TCPConnector:
        return ProxyConnector(
            host=self._proxy.host,
            port=self._proxy.port,
            username=self._proxy.username,
            password=self._proxy.password,
            rdns=True,
            limit=limit,
            limit_per_host=limit_per_host,
            socket_factory=_no_socket,  # it dials the proxy by other means
        )

    def _extract_proxy_url_with_creds(self, request: Request) -> str | None:
        """Return None: the connector is the proxy's."""
        return None


def make_proxied_handler(
    crawler: Crawler, proxy: Proxy, *, allow_private: bool, target_ports: frozenset[int]
) -> ProxiedDownloadHandler:
    """Return the handler that sends everything through *proxy*."""
    kind = SocksDownloadHandler if proxy.is_socks else ProxiedDownloadHandler
    return kind(crawler, proxy, allow_private=allow_private, target_ports=target_ports)


class _OnlyProxy(ThreadedResolver):
    """Look up the proxy's own name and make sockets to it; refuse everything else.

    Its address may be private: the user wrote it, and a proxy on this very machine is the usual case.
    """

    def __init__(self, proxy: Proxy) -> None:
        super().__init__()
        self._host, self._port = proxy.host, proxy.port
        self._addresses: set[str] = set()
        with suppress(ValueError):  # a name: known once it was looked up
            self._addresses.add(str(ipaddress.ip_address(proxy.host)))

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host != self._host:
            raise BlockedAddressError("a direct look-up beside the proxy; refused")
        found = await super().resolve(host, port, family)
        self._addresses |= {each["host"] for each in found}
        return found

    def make_socket(self, info: AddressInfo) -> socket.socket:
        family, kind, protocol, _name, address = info
        if str(address[0]) not in self._addresses or address[1] != self._port:
            _no_socket(info)
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made


def _no_socket(_info: AddressInfo) -> NoReturn:
    raise BlockedAddressError("a direct connection beside the proxy; refused")


def _find_proxy_fault(cause: BaseException | None) -> str | None:
    """Return what is wrong with the proxy, None when it is not the proxy."""
    if isinstance(cause, aiohttp.ClientConnectorDNSError):  # no other name is looked up here
        return UNKNOWN
    if isinstance(cause, aiohttp.ClientProxyConnectionError):
        return DOWN
    if isinstance(cause, aiohttp.ClientHttpProxyError):  # it answered CONNECT with something else than yes
        return LOGIN_WANTED if cause.status == 407 else f"the proxy answered {cause.status}"
    return None


def _is_look_up(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, socket.gaierror):
        error = error.__cause__
    return error is not None


def _describe_reply(error: ProxyError) -> str:
    """Return what the proxy said, in our words: its own may hold names and addresses."""
    if error.error_code in _SOCKS_REPLIES:
        return f"the proxy could not connect: {_SOCKS_REPLIES[error.error_code]}"
    return LOGIN_WANTED if "authentication" in str(error).lower() else "the proxy is no SOCKS5 proxy"
