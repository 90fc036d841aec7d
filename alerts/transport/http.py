"""The only user of httpx: sends one request, reads at most 64 KiB of the raw answer, and never logs an address.

Through a proxy or not at all: names of chat servers are then looked up there (httpx hands SOCKS5 proxies the name).
No redirects (a message must not follow its address elsewhere) and no compression: httpx inflates a whole chunk at
once, and 1.6 KB of brotli became 2 GB.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx

from alerts.message.platform import HttpRequest, HttpResponse
from alerts.transport.failure import LOGIN_WANTED, cause_of
from crawler.clock import utc_now
from crawler.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.config import Settings
    from crawler.proxyaddress import Proxy

MAX_ANSWER_BYTES = 64 * 1024
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.ProxyError,
)
# https://www.encode.io/httpcore/extensions/#trace
_CONNECTED = "connect_tcp.complete"
_BEGUN = "send_request_headers.started"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a request may take. A server that sends a byte a second never meets *read_s*, only *total_s*."""

    connect_s: float = 5.0
    read_s: float = 20.0
    total_s: float = 25.0


DEFAULT_TIMEOUTS = Timeouts()


class Client:
    """One connection pool for a run's deliveries; use it as an async context manager."""

    def __init__(
        self, user_agent: str, proxy: Proxy | None = None, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> None:
        self._has_proxy = proxy is not None
        self._deadline_s = timeouts.total_s
        for name in ("httpx", "httpcore"):  # they log whole addresses, which are credentials
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            proxy=proxy.address if proxy else None,
            timeout=httpx.Timeout(timeouts.read_s, connect=timeouts.connect_s),
            headers={"User-Agent": user_agent, "Accept-Encoding": "identity"},
        )

    @classmethod
    def for_settings(cls, settings: Settings, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> Client:
        """Return a client with the configured name and proxy."""
        return cls(settings.user_agent, settings.network.way_out, timeouts)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send *request* once; `TransportError.sent` says whether the server may have acted on it."""
        attempt = _Attempt()
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._send(request, attempt)
        except TimeoutError as error:
            cause = "no complete answer in time" if attempt.begun else "no connection in time"
            raise TransportError(cause, sent=attempt.begun) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            sent = attempt.begun and not isinstance(error, _NOT_SENT)
            raise TransportError(
                cause_of(error, has_proxy=self._has_proxy), sent=sent
            ) from None  # the chain would hold the address
        except Exception:  # of a SOCKS proxy that lies: httpx asserts that it does not
            if attempt.begun or not self._has_proxy:
                raise
            raise TransportError("the proxy does not keep to its protocol", sent=False) from None
        finally:
            await attempt.hang_up()
        if answer.status == 407 and self._has_proxy:  # of a plain http address: it never got further
            raise TransportError(LOGIN_WANTED, sent=False)
        return answer

    async def _send(self, request: HttpRequest, attempt: _Attempt) -> HttpResponse:
        async with self._client.stream(
            request.method,
            request.url,
            content=request.body,
            headers=dict(request.headers),
            extensions={"trace": attempt.note},
        ) as response:
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) >= MAX_ANSWER_BYTES:
                    break
            headers = {key.lower(): value for key, value in response.headers.items()}
            # RFC 9110 §6.6.1: whoever receives an answer without a date notes when it came
            headers.setdefault("date", format_datetime(utc_now(), usegmt=True))
            return HttpResponse(response.status_code, headers, bytes(body[:MAX_ANSWER_BYTES]))


class _Attempt:
    """What is known of one request: whether the chat server may have heard it, and its connection until then."""

    def __init__(self) -> None:
        self.begun = False
        self._stream: Any = None

    async def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Take notice of an event of httpx's transport."""
        if event.endswith(_CONNECTED):
            self._stream = info["return_value"]
        # a proxy is first asked for a tunnel, which is no message yet
        elif event.endswith(_BEGUN) and info["request"].method != b"CONNECT":
            self.begun = True

    async def hang_up(self) -> None:
        """Close a connection that never came to be used: httpx forgets those on which a SOCKS proxy refused."""
        if self._stream is not None and not self.begun:
            await self._stream.aclose()
