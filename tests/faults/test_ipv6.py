"""IPv6: a host that has nothing else is read, and one whose IPv6 is broken is read by IPv4, without a long wait."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.crawler.crawling import Desk, a_feed, told
from tests.e2e.program import a_source
from tests.newsroom import Newsroom


def resolving_to(monkeypatch: pytest.MonkeyPatch, names: dict[str, tuple[str, ...]]) -> None:
    """Let the resolver give these addresses for these names."""
    resolve = socket.getaddrinfo

    def answer(host: Any, *arguments: Any, **named: Any) -> Any:
        places = names.get(host, (host,))
        return [info for place in places for info in resolve(place, *arguments, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def crawl(home: Path, url: str) -> tuple[str, int]:
    """Return the cause of failure and the number of entries; an answer is awaited for two seconds."""
    with Desk.open(home, [a_source("one", url, full_text="feed")]) as desk:
        crawled = desk.crawl()
        return crawled.cause("one"), len(desk.entries("one"))


@pytest.mark.skipif(not socket.has_ipv6, reason="a machine without IPv6")
def test_f19_host_on_ipv6_only_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving_to(monkeypatch, {"six.test": ("::1",)})
    with Newsroom("::1") as newsroom:
        newsroom.add("/feed", a_feed(told("six")), "application/rss+xml")
        assert crawl(tmp_path, f"http://six.test:{newsroom.port}/feed") == ("", 1)
        assert [request.path for request in newsroom.requests] == ["/robots.txt", "/feed"]


@pytest.mark.skipif(not socket.has_ipv6, reason="a machine without IPv6")
@pytest.mark.parametrize("broken", ["refused", "swallowed"])
def test_f19_broken_ipv6_gives_way_to_ipv4_at_once(
    broken: str, tmp_path: Path, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving_to(monkeypatch, {"both.test": ("::1", "127.0.0.1")})
    newsroom.add("/feed", a_feed(told("four")), "application/rss+xml")
    with ExitStack() as stack:
        if (
            broken == "swallowed"
        ):  # whoever knocks at a full queue gets no answer, as behind a tunnel that is down
            listener = stack.enter_context(
                socket.create_server(("::1", newsroom.port), family=socket.AF_INET6, backlog=0)
            )
            for _ in range(3):
                knock = stack.enter_context(socket.socket(socket.AF_INET6))
                knock.setblocking(False)
                knock.connect_ex(listener.getsockname())
        # happy eyeballs (RFC 8305) wait a quarter of a second; the kernel knocks for two minutes
        assert crawl(tmp_path, f"http://both.test:{newsroom.port}/feed") == ("", 1)
