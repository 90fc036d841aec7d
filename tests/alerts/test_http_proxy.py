"""Messages through a proxy: names unresolved, the proxy or nothing, and whether a message may have been sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from alerts.message.platform import HttpRequest, HttpResponse
from alerts.transport.http import DEFAULT_TIMEOUTS, Client, Timeouts
from crawler.errors import TransportError
from crawler.proxyaddress import parse_proxy
from tests.chatroom import Chatroom
from tests.newsroom import Exchange, LoopbackServer
from tests.proxyroom import ProxyServer, SocksServer

LOGIN = "canary-user:canary-password"
KINDS = pytest.mark.parametrize("kind", [ProxyServer, SocksServer], ids=["http", "socks5h"])


def send(
    proxy: str, url: str = "http://chat.example.org/hooks/canary-path", timeouts: Timeouts = DEFAULT_TIMEOUTS
) -> HttpResponse:
    """Send one message through *proxy*."""

    async def go() -> HttpResponse:
        async with Client("tests", parse_proxy(proxy), timeouts) as client:
            return await client.send(HttpRequest("POST", url, b"{}", {"content-type": "application/json"}))

    return asyncio.run(go())


def with_login(proxy: ProxyServer) -> str:
    """Return the address of *proxy* with a login of ours."""
    return proxy.url.replace("://", f"://{LOGIN}@")


@KINDS
def test_message_goes_through_the_proxy_with_its_name_unresolved(
    kind: type[ProxyServer], chatroom: Chatroom
) -> None:
    with kind({"chat.example.org": chatroom.port}, login=LOGIN) as proxy:
        send(proxy.url_with_login)
    (hop,) = proxy.hops
    assert (hop.host, hop.port, hop.login) == ("chat.example.org", 80, LOGIN)
    (request,) = chatroom.requests
    assert request.path == "/hooks/canary-path"
    assert "proxy-authorization" not in request.headers


FAULTS = (
    (lambda: ProxyServer({}, login="other:login"), "http", "the proxy wants another login"),
    (lambda: ProxyServer({}, login="other:login"), "https", "the proxy wants another login"),
    (lambda: ProxyServer({}), "https", "the proxy answered 502"),
    (lambda: ProxyServer({}, lie=b"\x05\xff"), "https", "the server broke off"),
    (lambda: SocksServer({}, login="other:login"), "http", "the proxy wants another login"),
    (lambda: SocksServer({}), "https", "the proxy could not connect"),
    (lambda: SocksServer({}, refusal=2), "http", "the proxy could not connect"),
    (
        lambda: SocksServer({}, lie=b"HTTP/1.1 400 no\r\n\r\n"),
        "http",
        "the proxy does not keep to its protocol",
    ),
    (lambda: SocksServer({}, lie=b"\x05"), "http", "the proxy does not keep to its protocol"),
)


@pytest.mark.parametrize(("make", "scheme", "cause"), FAULTS)
def test_proxy_that_does_not_serve_is_the_cause_and_nothing_was_sent(
    make: Callable[[], ProxyServer], scheme: str, cause: str
) -> None:
    with make() as proxy, pytest.raises(TransportError) as failed:
        send(with_login(proxy), f"{scheme}://chat.example.org/hooks/canary-path")
    assert (str(failed.value), failed.value.sent) == (cause, False)
    assert "canary" not in repr(failed.value)


@KINDS
def test_proxy_that_is_down_is_not_gone_around(kind: type[ProxyServer], chatroom: Chatroom) -> None:
    with kind({}) as proxy:
        pass  # closed: nobody listens there any more
    with pytest.raises(TransportError, match="the proxy cannot be reached") as failed:
        send(with_login(proxy), chatroom.url("/hooks/canary-path"))
    assert (failed.value.sent, chatroom.requests) == (False, ())


class Mute(LoopbackServer):
    """Hears a request and says nothing."""

    def answer(self, exchange: Exchange) -> None:
        exchange.pause(5)


def test_only_what_the_chat_server_may_have_heard_counts_as_sent() -> None:
    """A proxy that hangs is not an answer that was lost: that one is repeated once only."""
    with ExitStack() as open_now:
        mute = open_now.enter_context(Mute())
        leads = open_now.enter_context(SocksServer({"*": mute.port}))
        outcomes = []
        for proxy, url in (
            (f"http://127.0.0.1:{mute.port}", "https://chat.example.org/"),  # no answer to CONNECT
            (f"socks5h://127.0.0.1:{mute.port}", "http://chat.example.org/"),  # no greeting
            (leads.url, "http://chat.example.org/"),  # the chat server has it, and does not answer
        ):
            with pytest.raises(TransportError) as failed:
                send(proxy, url, Timeouts(total_s=0.3))
            outcomes.append((str(failed.value), failed.value.sent))
    assert outcomes == [
        ("no connection in time", False),
        ("no connection in time", False),
        ("no complete answer in time", True),
    ]
