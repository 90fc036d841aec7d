"""Newsrooms that answer in every bad way, and three crawls of them: what happened, for the tests to read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from tests.builders import NOW
from tests.crawler.crawling import PROSE, Crawled, Desk, a_feed, told
from tests.e2e.program import a_source
from tests.misbehaviour import LOGIN
from tests.newsroom import Newsroom, Request

RSS = "application/rss+xml; charset=utf-8"
CANARY = "canary-5f3a"
EVERY = timedelta(minutes=15)
LAST_MODIFIED = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
RETRY_DATE = format_datetime(NOW + timedelta(hours=5), usegmt=True)
BURMESE = "လွိုင်ကော်မှာ ဆေးခန်း ပြန်ဖွင့်"  # a clinic reopens in Loikaw

# source id -> (path, what the operator is told)
BROKEN: Mapping[str, tuple[str, str]] = {
    "404": ("/404", "404 not found"),
    "410": ("/410", "410 gone"),
    "403": ("/403", "403 forbidden"),
    "challenge": ("/403-challenge", "403 challenge page"),
    "challenge-200": ("/200-challenge", "challenge page (Just a moment...)"),
    "wait-seconds": ("/429?retry_after=7200", "429 too many requests"),
    "wait-date": (f"/429?retry_after={RETRY_DATE.replace(' ', '%20')}", "429 too many requests"),
    "wait-nonsense": ("/429?retry_after=soon", "429 too many requests"),
    "wait-long": ("/503?retry_after=999999", "503 server error"),
    "500": ("/500", "500 server error"),
    "login": ("/302-login", "login page, not a feed: Log In"),
    "login-stamped": ("/303?to=/sign-in", "login page, not a feed: Log In"),
    "captcha": ("/302-captcha", "captcha page, not a feed: One more step"),
    "loop": ("/loop", "redirect loop: it leads back to where it was"),
    "ring": ("/ring?at=a", "redirect loop: it leads back to where it was"),
    "cookie-loop": ("/cookie-loop", "redirect loop: it leads back to where it was; it wants a cookie"),
    "hops": ("/hops?n=7", "more than 5 redirects"),
    "to-file": ("/redirect?to=file:///etc/hostname", "redirect to a file: address, refused"),
    "to-data": ("/redirect?to=data:text/plain,x", "redirect to a data: address, refused"),
    "to-ftp": ("/redirect?to=ftp://127.0.0.1/x", "redirect to a ftp: address, refused"),
    "to-script": ("/redirect?to=JavaScript:alert(1)", "redirect to a javascript: address, refused"),
    "hang": ("/hang?", "no answer in time"),
    "drip-head": ("/drip-head?", "no answer in time"),
    "drip-body": ("/drip-body?", "no answer in time"),
    "short": ("/short?", "answer cut short"),
    "rst": ("/rst?", "broken answer: [Errno 104] Connection reset by peer"),
    "rst-later": ("/rst?after=20000", "answer cut short"),
    "badchunk": ("/badchunk?", "broken answer: Invalid character in chunk size"),
    "endless": ("/endless?", "answer too large"),
    "header-flood": ("/header-flood?", "broken answer: Too many headers received"),
    "gzip-bomb": ("/gzip-bomb?bytes=8388608", "answer too large"),
    "brotli-bomb": ("/brotli-bomb?bytes=8388608", "answer too large"),
    "zstd-bomb": ("/zstd-bomb?bytes=8388608", "answer too large"),
    "layers-bomb": ("/layers-bomb?bytes=8388608", "answer too large"),
    "header-line": ("/header-line?", "broken answer: Got more than 8190 bytes when reading"),
    "lying-length": ("/lying-length?", "answer too large"),
    "big": ("/big?bytes=3000000", "answer too large"),
    "path": ("/verbatim?body=/etc/hostname", "not a feed"),
    "flood-of-cookies": ("/cookies?n=1000", "broken answer: Too many headers received"),
    "url": ("/verbatim?body=http://127.0.0.1:1/hit", "not a feed"),
    "no-host": ("http://no-such-host.invalid/feed", "host name not found"),
    "empty": ("/empty?", "empty answer"),
    "html": ("/html?", "HTML page, not a feed: A page, not a feed"),
    "304": ("/304always?", "304 to an unconditional request"),
    "partial": ("/206", "206 unexpected answer"),
}
TRANSPORT = (
    *(
        "hang",
        "drip-head",
        "drip-body",
        "short",
        "rst",
        "rst-later",
        "badchunk",
        "header-flood",
        "header-line",
    ),
    *("no-host", "flood-of-cookies"),
)
GOOD = ("steady", "unstamped", "nothing", "moved-301", "moved-302", "atom", "rdf", "json", "twins", "charset")


@dataclass(frozen=True, slots=True)
class Polls:
    """Three crawls of one desk: now, an hour later, and a day after the first. Sources that fail are read twice."""

    desk: Desk
    crawls: tuple[Crawled, Crawled, Crawled]
    requests: tuple[tuple[Request, ...], ...]
    states: tuple[dict[str, Row[Any] | None], ...]
    slowest_allowed_s: float = 30.0

    def asked(self, number: int, path: str) -> tuple[Request, ...]:
        """Return the requests for *path* in a crawl; the first has number 0."""
        return tuple(request for request in self.requests[number] if request.path == path)


def publish_feeds(newsroom: Newsroom) -> None:
    """Serve the feeds of the sources that work, and of those that work half."""
    item = told("today")
    newsroom.add("/feed/steady", a_feed(item), RSS, etag='"steady-1"', last_modified=LAST_MODIFIED)
    newsroom.add("/feed/unstamped", a_feed(told("unstamped")), RSS, etag=None)
    newsroom.add("/feed/nothing", a_feed(), RSS)
    newsroom.add("/sign-in", LOGIN, etag='"login-1"')
    newsroom.behave("/feed/cookies", "/cookies?n=100")
    newsroom.add("/feed/moved", a_feed(told("moved")), RSS)
    cut = a_feed(told("whole", link="/news/whole.html"), told("cut"))
    newsroom.add("/feed/damaged", cut[: cut.index(b"News of cut") + 4], RSS, etag='"damaged-1"')
    # UTF-8 that is labelled as something else, in the header and in the declaration
    burmese = a_feed(told("x", title=BURMESE, link="/news/burmese.html")).replace(b"'UTF-8'", b"'us-ascii'")
    newsroom.add("/feed/charset", burmese, "application/rss+xml; charset=iso-8859-1")
    twins = (told("one", guid="same"), told("two", guid="same"), told("one", guid="same"))
    newsroom.add("/feed/twins", a_feed(*twins), RSS)
    content = f"<content type='text'>{PROSE}</content>"
    newsroom.add(
        "/feed/atom",
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>A</title><id>a</id><entry><title>In Atom</title>"
        f"<id>tag:1</id><link href='../news/atom.html'/>{content}</entry></feed>",
        "application/atom+xml",
    )
    newsroom.add(
        "/feed/rdf",
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' "
        "xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel rdf:about='x'><title>R</title>"
        "<link>/</link><description>d</description></channel><item rdf:about='y'><title>In RSS 1.0</title>"
        f"<link>/news/rdf.html</link><content:encoded>{PROSE}</content:encoded></item></rdf:RDF>",
        "application/rdf+xml",
    )
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "J",
        "items": [{"id": "1", "url": "/news/json.html", "title": "In JSON Feed", "content_text": PROSE}],
    }
    newsroom.add("/feed/json", json.dumps(document), "application/feed+json")
    newsroom.add("/feed/second", a_feed(told("by the second route"), told("first of both")), RSS)
    newsroom.add("/feed/cookie", a_feed(told("cookie")), RSS, {"Set-Cookie": "session=1; Path=/"})
    newsroom.add("/feed/slowed", a_feed(told("slowed")), RSS, {"Cache-Control": "public, max-age=2700"})


def sources(newsroom: Newsroom) -> list[dict[str, Any]]:
    """Return one source for each behaviour; each address carries a key that must never be shown."""
    made = []
    for name, (path, _) in BROKEN.items():
        key = f"{'&' if '?' in path else '?'}key={CANARY}"
        url = path if "://" in path.partition("?")[0] else newsroom.url(path)
        made.append(a_source(f"bad-{name}", url + key))
    paths = {name: f"/feed/{name}" for name in (*GOOD, "damaged", "cookie", "cookies", "slowed")}
    paths |= {f"moved-{code}": f"/{code}?to=/feed/moved" for code in (301, 302)}
    made += [a_source(name, newsroom.url(path), full_text="feed") for name, path in paths.items()]
    routes = [newsroom.url("/feed/first"), newsroom.url("/feed/second")]
    made.append(a_source("two-routes", routes[0], full_text="feed"))
    made[-1]["routes"] = [{"kind": "feed", "url": route} for route in routes]
    return made


@contextmanager
def crawl_thrice(home: Path) -> Iterator[Polls]:
    """Crawl three times. Before the second time, one feed has news and the two-route source's first route works."""
    with Newsroom() as newsroom:
        publish_feeds(newsroom)
        with Desk.open(home, sources(newsroom)) as desk:
            names = [source.id for source in desk.config.sources]
            requests, states, crawls = [], [], []

            def crawl(*only: str, after: timedelta) -> None:
                newsroom.forget_requests()
                crawls.append(desk.crawl(*only, after=after))
                requests.append(newsroom.requests)
                states.append({name: desk.state(name) for name in names})

            crawl(after=timedelta(0))
            newsroom.add("/feed/unstamped", a_feed(told("news"), told("unstamped")), RSS, etag=None)
            newsroom.add("/feed/first", a_feed(told("of the first route"), told("first of both")), RSS)
            again = [
                *GOOD,
                "damaged",
                "cookie",
                "cookies",
                "two-routes",
                "bad-404",
                "bad-challenge",
                "bad-wait-nonsense",
            ]
            crawl(*again, after=timedelta(hours=1))
            crawl("steady", "moved-301", after=timedelta(hours=23, minutes=1))
            yield Polls(desk, (crawls[0], crawls[1], crawls[2]), tuple(requests), tuple(states))
