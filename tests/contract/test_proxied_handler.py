"""What is relied on of Scrapy's private handler, aiohttp and aiohttp-socks; if they forget a proxy, nothing leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import aiohttp_socks.connector
import pytest
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler

from tests.crawler.crawling import Desk, a_feed, told
from tests.e2e.program import a_source
from tests.newsroom import Newsroom
from tests.proxyroom import ProxyServer, SocksServer


def test_private_names_that_we_override_and_replace_are_there() -> None:
    for name in ("_make_request", "_extract_proxy_url_with_creds", "_request_headers"):
        assert hasattr(AiohttpDownloadHandler, name)
    assert (
        "_extract_proxy_url_with_creds" in AiohttpDownloadHandler._make_request.__wrapped__.__code__.co_names
    )  # type: ignore[attr-defined]
    assert {"_session", "_ssl_context"} <= set(AiohttpDownloadHandler.__init__.__code__.co_names)
    assert "_wrap_create_connection" in vars(aiohttp_socks.connector._BaseProxyConnector)
    assert {"_wrap_create_connection", "_create_proxy_connection"} <= vars(aiohttp.TCPConnector).keys()


def test_http_proxy_that_is_forgotten_on_the_way_is_no_way_out(
    tmp_path: Path, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = aiohttp.ClientSession._request

    async def forget(session: aiohttp.ClientSession, *words: Any, **options: Any) -> Any:
        return await asked(session, *words, **{**options, "proxy": None})

    monkeypatch.setattr(aiohttp.ClientSession, "_request", forget)
    with ProxyServer({"*": newsroom.port}) as proxy:
        assert refused(tmp_path, proxy.url, newsroom)
    assert proxy.hops == ()


def test_socks_proxy_that_is_forgotten_on_the_way_is_no_way_out(
    tmp_path: Path, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(aiohttp_socks.connector._BaseProxyConnector, "_wrap_create_connection")
    with SocksServer({"*": newsroom.port}) as proxy:
        assert refused(tmp_path, proxy.url, newsroom)
    assert proxy.hops == ()


def refused(home: Path, proxy: str, newsroom: Newsroom) -> bool:
    """Tell whether two sources of a proxy, an address and a name, failed and the newsroom heard nothing."""
    newsroom.add("/feed", a_feed(told("one")), "application/rss+xml")
    sources = [
        a_source("address", newsroom.url("/feed"), full_text="feed"),
        a_source("name", f"http://localhost:{newsroom.port}/feed", full_text="feed"),
    ]
    with Desk.open(home, sources, proxy=proxy) as desk:
        return desk.crawl().problems.keys() == {"address", "name"} and newsroom.requests == ()
