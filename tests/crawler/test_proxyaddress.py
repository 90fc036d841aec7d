"""How a proxy is written, and that its login is told to the proxy only."""

from __future__ import annotations

import pytest

from crawler.proxyaddress import Proxy, parse_proxy


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("http://proxy:3128", Proxy("http", "proxy", 3128)),
        ("http://Proxy.Example/", Proxy("http", "proxy.example", 80)),
        ("https://proxy.example", Proxy("https", "proxy.example", 443)),
        ("socks5h://127.0.0.1", Proxy("socks5h", "127.0.0.1", 1080)),
        ("socks5h://[::1]:9050", Proxy("socks5h", "::1", 9050)),
        ("http://me:a%3Ab%40c@proxy:1", Proxy("http", "proxy", 1, "me", "a:b@c")),
        ("http://token@proxy:1", Proxy("http", "proxy", 1, "token", "")),
    ],
)
def test_proxy_is_read_with_the_port_of_its_scheme_and_its_login(written: str, read: Proxy) -> None:
    assert parse_proxy(written) == read
    assert parse_proxy(read.address) == read


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("proxy:3128", "begins with http, https, socks5h"),
        ("http://", "begins with http, https, socks5h"),
        ("http://proxy:port", "begins with http, https, socks5h"),
        ("http://proxy:99999", "begins with http, https, socks5h"),
        ("http://proxy/path", "begins with http, https, socks5h"),
        ("http://pro xy", "begins with http, https, socks5h"),
        ("ftp://canary:canary@proxy", "begins with http, https, socks5h"),
        ("socks4://proxy", "begins with http, https, socks5h"),
        ("socks5://canary:canary@proxy", "write socks5h:// instead"),
        ("http://ကာ:canary@proxy", "ASCII"),
        ("http://a%3Ab:canary@proxy", "without a colon"),
        ("socks5h://canary@proxy", "user:password"),
        ("socks5h://canary:@proxy", "user:password"),
        (f"socks5h://canary:{'c' * 256}@proxy", "at most 255 bytes"),
    ],
)
def test_what_no_proxy_can_be_is_refused_with_its_remedy_and_never_repeated(
    written: str, remedy: str
) -> None:
    with pytest.raises(ValueError, match=remedy) as refused:
        parse_proxy(written)
    assert "canary" not in str(refused.value)


def test_login_is_not_shown() -> None:
    proxy = parse_proxy("socks5h://canary-user:canary-password@[::1]:9050")
    assert (str(proxy), proxy.place) == ("socks5h://[::1]:9050", "[::1]:9050")
    assert "canary" not in f"{proxy!r} {proxy}"
