"""The only user of httpx: sends one request, reads at most 64 KiB of the raw answer, and never logs an address.

Through a proxy or not at all: names of chat servers are then looked up there (httpx hands SOCKS5 proxies the name).
No redirects (a message must not follow its address elsewhere) and no compression: httpx inflates a whole chunk at
once, and 1.6 KB of brotli became 2 GB.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import httpx

from alerts.platform import HttpRequest, HttpResponse
from crawler.errors import TransportError

if TYPE_CHECKING:
    from crawler.config import Settings

MAX_ANSWER_BYTES = 64 * 1024
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 20.0
TOTAL_DEADLINE_S = 25.0  # a server that sends a byte a second never meets the read time-out
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.ProxyError,
)


class Client:
    """One connection pool for a run's deliveries; use it as an async context manager."""

    def __init__(self, user_agent: str, proxy: str | None = None) -> None:
        for name in ("httpx", "httpcore"):  # they log whole addresses, which are credentials
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            proxy=proxy,
            timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            headers={"User-Agent": user_agent, "Accept-Encoding": "identity"},
        )

    @classmethod
    def for_settings(cls, settings: Settings) -> Client:
        """Return a client with the configured name and proxy."""
        proxy = settings.network.proxy
        return cls(settings.user_agent, proxy.get_secret_value() if proxy else None)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send *request* once; `TransportError.sent` says whether the server may have acted on it."""
        try:
            async with asyncio.timeout(TOTAL_DEADLINE_S):
                return await self._send(request)
        except TimeoutError as error:
            raise TransportError("no complete answer in time", sent=True) from error
        except _NOT_SENT as error:
            raise TransportError(_cause(error), sent=False) from None  # the chain would hold the address
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            sent = not isinstance(error, httpx.InvalidURL)
            raise TransportError(_cause(error), sent=sent) from None

    async def _send(self, request: HttpRequest) -> HttpResponse:
        async with self._client.stream(
            request.method, request.url, content=request.body, headers=dict(request.headers)
        ) as response:
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) >= MAX_ANSWER_BYTES:
                    break
            headers = {key.lower(): value for key, value in response.headers.items()}
            return HttpResponse(response.status_code, headers, bytes(body[:MAX_ANSWER_BYTES]))


def _cause(error: Exception) -> str:
    words = {
        "ConnectError": "connection failed",
        "ConnectTimeout": "no connection in time",
        "ReadTimeout": "no answer in time",
        "WriteTimeout": "sending took too long",
        "ReadError": "connection lost while reading the answer",
        "WriteError": "connection lost while sending",
        "RemoteProtocolError": "the server broke off",
        "InvalidURL": "not a usable address",
        "UnsupportedProtocol": "not a usable address",
        "ProxyError": "the proxy refused",
    }
    return words.get(type(error).__name__, type(error).__name__)
