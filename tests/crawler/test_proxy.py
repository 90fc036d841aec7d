"""Sources through proxies: all of a source goes through its own, names unresolved, or it does not go at all."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from tests.crawler.crawling import PROSE, Crawled, Desk, a_feed, told
from tests.e2e.program import a_source, page
from tests.newsroom import Newsroom
from tests.proxyroom import ProxyServer, SocksServer

RSS = "application/rss+xml"
LOGIN = "canary-user:canary-password"
KINDS = pytest.mark.parametrize("kind", [ProxyServer, SocksServer], ids=["http", "socks5h"])


def fill(newsroom: Newsroom) -> None:
    """Add a feed whose article is redirected to another host."""
    newsroom.add("/feed", a_feed({"title": "One", "link": "http://outlet.example.org/one"}), RSS)
    newsroom.behave("/one", "/redirect?to=http://elsewhere.example.net/two")
    newsroom.add("/two", page("One", PROSE))


def read(
    home: Path, proxy: str, url: str = "http://outlet.example.org/feed", *, allow_private: bool = False
) -> Crawled:
    """Crawl one source of one feed through *proxy*."""
    home.mkdir(exist_ok=True)
    source = a_source("one", url, proxy=proxy, full_text="feed")
    with Desk.open(home, [source], allow_private=allow_private) as desk:
        return desk.crawl()


@KINDS
def test_all_of_a_source_goes_through_its_proxy_with_names_unresolved(
    kind: type[ProxyServer], tmp_path: Path, newsroom: Newsroom
) -> None:
    fill(newsroom)
    with kind({"*": newsroom.port}, login=LOGIN) as proxy:
        source = a_source("one", "http://outlet.example.org/feed", proxy=proxy.url_with_login)
        with Desk.open(tmp_path, [source], allow_private=False) as desk:
            crawled = desk.crawl()
            assert crawled.problems == {}
            assert [(row.origin, row.url) for row in desk.articles("one")] == [
                ("page", "http://elsewhere.example.net/two")
            ]
    assert {(hop.host, hop.port, hop.login) for hop in proxy.hops} == {
        ("outlet.example.org", 80, LOGIN),
        ("elsewhere.example.net", 80, LOGIN),
    }
    assert {hop.how for hop in proxy.hops} == {"GET" if kind is ProxyServer else "SOCKS name"}
    assert [request.path for request in newsroom.requests] == [
        "/robots.txt",
        "/feed",
        "/one",
        "/robots.txt",
        "/two",
    ]
    assert all("proxy-authorization" not in request.headers for request in newsroom.requests)


def test_every_source_has_its_own_way_out(tmp_path: Path, newsroom: Newsroom) -> None:
    newsroom.add("/feed", a_feed(told("one")), RSS)
    with ExitStack() as open_now:
        common, own = (
            open_now.enter_context(kind({"*": newsroom.port})) for kind in (ProxyServer, SocksServer)
        )
        sources = [
            a_source("common", "http://common.example.org/feed", full_text="feed"),
            a_source("own", "http://own.example.org/feed", full_text="feed", proxy=own.url),
            a_source("direct", newsroom.url("/feed"), full_text="feed", proxy="direct"),
        ]
        with Desk.open(tmp_path, sources, proxy=common.url) as desk:
            assert desk.crawl().problems == {}
    assert (common.names, own.names) == ({"common.example.org"}, {"own.example.org"})
    assert len(newsroom.requests_for("/feed")) == 3


@KINDS
def test_proxy_that_is_down_is_told_and_nothing_is_looked_up_or_dialled_beside_it(
    kind: type[ProxyServer], tmp_path: Path, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.add("/feed", a_feed(told("one")), RSS)
    looked_up: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **_: looked_up.append(asked))
    with kind({}) as proxy:
        pass  # closed: nobody listens there any more
    by_name = read(
        tmp_path / "name", proxy.url.replace("://", f"://{LOGIN}@"), "http://localhost.example.org/feed"
    )
    by_address = read(tmp_path / "address", proxy.url, newsroom.url("/feed"), allow_private=True)
    assert by_name.cause("one") == by_address.cause("one") == "the proxy does not answer"
    assert (looked_up, newsroom.requests) == ([], ())
    assert "canary" not in f"{by_name}"


# what is wrong with the proxy, and what it is asked for -> what is told of the source
HTTP, HTTPS = "http", "https"
FAULTS = (
    (lambda: ProxyServer({}, login="other:login"), HTTP, "the proxy wants another login"),
    (lambda: ProxyServer({}, login="other:login"), HTTPS, "the proxy wants another login"),
    (lambda: ProxyServer({}), HTTP, "robots.txt answered 502: a no for now (RFC 9309 §2.3.1.4)"),
    (lambda: ProxyServer({}), HTTPS, "the proxy answered 502"),
    (lambda: ProxyServer({}, lie=b"\x05\xff"), HTTP, "broken answer: Bad status line"),
    (lambda: SocksServer({}, login="other:login"), HTTP, "the proxy wants another login"),
    (lambda: SocksServer({}), HTTPS, "the proxy could not connect: host not reached or not found"),
    (lambda: SocksServer({}, refusal=2), HTTP, "the proxy could not connect: its rules forbid the address"),
    (lambda: SocksServer({}, refusal=5), HTTP, "the proxy could not connect: connection refused there"),
    (lambda: SocksServer({}, lie=b"HTTP/1.1 400 no\r\n\r\n"), HTTP, "the proxy is no SOCKS5 proxy"),
    (lambda: SocksServer({}, lie=b"\x05\x00\x05\x00"), HTTP, "the connection broke off at the proxy"),
)


def test_proxy_that_does_not_serve_is_named_as_the_cause(tmp_path: Path) -> None:
    with ExitStack() as open_now:
        proxies = [open_now.enter_context(make()) for make, _, _ in FAULTS]
        sources = [
            a_source(
                f"s{number}",
                f"{FAULTS[number][1]}://s{number}.example.org/feed",
                proxy=proxy.url.replace("://", f"://{LOGIN}@"),
            )
            for number, proxy in enumerate(proxies)
        ]
        with Desk.open(tmp_path, sources, allow_private=False) as desk:
            crawled = desk.crawl()
    for number, (_, _, cause) in enumerate(FAULTS):
        assert crawled.cause(f"s{number}").startswith(cause)
        assert 1 <= len(proxies[number].hops) <= 2  # asked again once, as every server that fails
    assert "canary" not in f"{crawled}"


INNER = (
    *(
        "http://127.0.0.1/feed",
        "http://2130706433/feed",
        "http://[::ffff:127.0.0.1]/feed",
        "http://router.local/feed",
    ),
    *("http://intranet/feed", "http://a2b3.onion/feed", "http://example.org:22/feed"),
)


def test_private_target_is_refused_before_the_proxy_hears_of_it(tmp_path: Path, newsroom: Newsroom) -> None:
    """Of a redirect: the address of a route is the user's own, and its port is allowed with it."""
    for number, target in enumerate(INNER):
        newsroom.behave(f"/{number}", f"/redirect?to={target}")
    with ProxyServer({"*": newsroom.port}) as proxy:
        sources = [
            a_source(f"s{number}", f"http://outlet.example.org/{number}") for number in range(len(INNER))
        ]
        with Desk.open(tmp_path, sources, allow_private=False, proxy=proxy.url) as desk:
            crawled = desk.crawl()
    assert proxy.names == {"outlet.example.org"}
    for number in range(len(INNER)):
        cause = crawled.cause(f"s{number}")
        assert any(word in cause for word in ("not a public", "Tor only", "not a web port")), cause


def test_onion_address_is_read_through_socks(tmp_path: Path, newsroom: Newsroom) -> None:
    newsroom.add("/feed", a_feed(told("one")), RSS)
    with SocksServer({"a2b3.onion": newsroom.port}) as proxy:
        assert read(tmp_path, proxy.url, "http://a2b3.onion/feed").problems == {}


@pytest.fixture
def secure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Newsroom]:
    """Yield a newsroom with a certificate for outlet.example.org, of an authority that is trusted."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("outlet.example.org").configure_cert(context)
    with Newsroom(tls=context) as newsroom:
        newsroom.add("/feed", a_feed(told("one")), RSS)
        yield newsroom


@KINDS
def test_https_goes_through_the_proxy_unread_and_its_certificate_is_verified(
    kind: type[ProxyServer], tmp_path: Path, secure: Newsroom
) -> None:
    with kind({"*": secure.port}, login=LOGIN) as proxy:
        good = read(tmp_path / "good", proxy.url_with_login, "https://outlet.example.org/feed")
        served = len(secure.requests)
        wrong = read(tmp_path / "wrong", proxy.url_with_login, "https://another.example.org/feed")
    assert good.problems == {}
    assert wrong.cause("one").startswith("TLS: ")
    assert "another.example.org" in wrong.cause("one")
    assert len(secure.requests) == served == 2
    assert {(hop.host, hop.port, hop.login) for hop in proxy.hops} == {
        ("outlet.example.org", 443, LOGIN),
        ("another.example.org", 443, LOGIN),
    }
    assert {hop.how for hop in proxy.hops} == {"CONNECT" if kind is ProxyServer else "SOCKS name"}
