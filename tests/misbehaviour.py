"""What the newsroom's paths do, good and bad: ``/429?retry_after=3``, ``/short``, ``/gzip-bomb?bytes=…``.

Each behaviour is a function of the exchange and the options in the query. None outlasts ``MAX_WAIT_S`` or the server.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from tests.newsroom import Exchange

Options = dict[str, str]
Behaviour = Callable[["Exchange", Options], None]

HTML = {"Content-Type": "text/html; charset=utf-8"}
XML = {"Content-Type": "application/rss+xml; charset=utf-8"}
MAX_ENDLESS_BYTES = 256 << 20
CHUNK = b"<!-- " + b"x" * 16_000 + b" -->\n"

PAGE = (
    b'<!doctype html><html lang="en"><head><title>A page, not a feed</title></head>'
    b"<body><article><p>Nothing to see.</p></article></body></html>"
)
LOGIN = b'<!doctype html><title>Log In</title><form method="post"><input name="log"><input name="pwd"></form>'
CAPTCHA = (
    b"<!doctype html><title>One more step</title><form method=post><div class='g-recaptcha' data-sitekey=x></div>"
    b"</form><script src='/api.js'></script>"
)
CHALLENGE = (
    b'<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>'
    b'<meta name="robots" content="noindex,nofollow"></head><body><div class="main-wrapper" role="main">'
    b"<noscript>Enable JavaScript and cookies to continue</noscript></div>"
    b'<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script></body></html>'
)


def find_behaviour(path: str) -> Behaviour:
    """Return what *path* does: a row of `BEHAVIOURS`, ``/NNN`` for any status, else 404."""
    if re.fullmatch(r"/[2-5]\d\d", path):
        status = int(path[1:])
        return lambda exchange, options: _status(exchange, status, options)
    return BEHAVIOURS.get(path, lambda exchange, options: _status(exchange, 404, options))


def _status(exchange: Exchange, status: int, options: Options) -> None:
    """Any status: ``retry_after`` and ``to`` become the headers Retry-After and Location."""
    headers = dict(HTML)
    if "retry_after" in options:
        headers["Retry-After"] = options["retry_after"]
    if 300 <= status < 400 and status != 304:
        headers["Location"] = options.get("to", "/html")
    exchange.respond(status, f"<!doctype html><title>{status}</title>".encode(), headers)


def _challenge(status: int) -> Behaviour:
    """A bot wall: what Cloudflare serves with 403, and others with 200."""
    headers = HTML | {"Server": "cloudflare", "cf-mitigated": "challenge", "CF-RAY": "8f00ba5e0000-SIN"}

    def respond(exchange: Exchange, options: Options) -> None:
        exchange.respond(status, CHALLENGE, headers if status == 403 else HTML)

    return respond


def _login(exchange: Exchange, options: Options) -> None:
    target = f"/wp-login.php?redirect_to={quote(exchange.request.target, safe='')}"
    exchange.respond(302, headers=HTML | {"Location": target})


def _captcha(exchange: Exchange, options: Options) -> None:
    exchange.respond(302, headers=HTML | {"Location": "/verify"})


def _loop(exchange: Exchange, options: Options) -> None:
    exchange.respond(302, headers={"Location": exchange.request.target})


def _cookie_loop(exchange: Exchange, options: Options) -> None:
    """Redirect to itself until the client brings the cookie, which one without cookies never does."""
    if "cookie" in exchange.request.headers:
        exchange.respond(200, PAGE, HTML)
    else:
        headers = {"Location": exchange.request.target, "Set-Cookie": "seen=1; Path=/"}
        exchange.respond(302, headers=headers)


def _ring(exchange: Exchange, options: Options) -> None:
    """Two addresses that redirect to each other."""
    here, there = ("at=a", "at=b") if options.get("at") == "a" else ("at=b", "at=a")
    exchange.respond(302, headers={"Location": exchange.request.target.replace(here, there)})


def _redirect(exchange: Exchange, options: Options) -> None:
    exchange.respond(int(options.get("status", 302)), headers={"Location": options["to"]})


def _hops(exchange: Exchange, options: Options) -> None:
    """``n`` redirects in a row, then a page."""
    left = int(options.get("n", 3))
    if left <= 0:
        exchange.respond(200, PAGE, HTML)
    else:
        exchange.respond(302, headers={"Location": f"/hops?n={left - 1}"})


def _hang(exchange: Exchange, options: Options) -> None:
    """Read the request and never answer; ``seconds`` makes it a slow page instead."""
    if "seconds" not in options:
        exchange.pause(3600)
    elif exchange.pause(float(options["seconds"])):
        exchange.respond(200, PAGE, HTML)


def _drip_head(exchange: Exchange, options: Options) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    while exchange.pause(float(options.get("delay", 0.05))):
        exchange.send(b"a")


def _drip_body(exchange: Exchange, options: Options) -> None:
    exchange.send_head(200, XML)
    exchange.send(b'<?xml version="1.0"?><rss version="2.0"><channel>')
    while exchange.pause(float(options.get("delay", 0.05))):
        exchange.send(b"\n")


def _short(exchange: Exchange, options: Options) -> None:
    """Promise more bytes than come, then close in good order."""
    exchange.send_head(200, HTML | {"Content-Length": options.get("promised", "100000")})
    exchange.send(PAGE)


def _rst(exchange: Exchange, options: Options) -> None:
    """Reset the connection, at once or when ``after`` bytes of a longer body are out."""
    if after := int(options.get("after", 0)):
        exchange.send_head(200, HTML | {"Content-Length": str(after * 2)})
        exchange.send(b"x" * after)
        exchange.pause(0.05)  # let them arrive: an RST drops what is still in the client's queue
    exchange.reset()


def _badchunk(exchange: Exchange, options: Options) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    exchange.send(
        head + b"5\r\nhello\r\nZZZ\r\nworld\r\n"
    )  # at once: else it depends on timing what is noticed


def _endless(exchange: Exchange, options: Options) -> None:
    exchange.send_head(200, HTML | {"Transfer-Encoding": "chunked"})
    for _ in range(MAX_ENDLESS_BYTES // len(CHUNK)):
        exchange.send(b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK))
        if not exchange.pause(0.0005):
            return


def _big(exchange: Exchange, options: Options) -> None:
    exchange.respond(200, b"x" * int(options.get("bytes", 1 << 20)), HTML)


def _gzip_bomb(exchange: Exchange, options: Options) -> None:
    """A small gzip body that inflates to ``bytes``, 64 MiB unless told."""
    exchange.respond(
        200, _gzip_zeros(int(options.get("bytes", 64 << 20))), XML | {"Content-Encoding": "gzip"}
    )


def _bomb(encoding: str, pack: Callable[[bytes], bytes]) -> Behaviour:
    """A small body that inflates to ``bytes``, 64 MiB unless told, by another encoding than gzip."""
    packed = cache(lambda size: pack(bytes(size)))

    def respond(exchange: Exchange, options: Options) -> None:
        body = packed(int(options.get("bytes", 64 << 20)))
        exchange.respond(200, body, XML | {"Content-Encoding": encoding})

    return respond


def _brotli(data: bytes) -> bytes:
    import brotli

    return bytes(brotli.compress(data, quality=5))


def _zstandard(data: bytes) -> bytes:
    from backports import zstd

    return bytes(zstd.compress(data))


def _twice(data: bytes) -> bytes:
    return zlib.compress(_gzip_zeros(len(data)), wbits=31)


@cache
def _gzip_zeros(size: int) -> bytes:
    packer = zlib.compressobj(6, wbits=31)
    block = bytes(1 << 20)
    parts = [packer.compress(block) for _ in range(size >> 20)]
    return b"".join([*parts, packer.compress(bytes(size & 0xFFFFF)), packer.flush()])


def _header_flood(exchange: Exchange, options: Options) -> None:
    count, size = int(options.get("count", 5000)), int(options.get("bytes", 100))
    exchange.respond(200, PAGE, HTML | {f"X-Flood-{number}": "f" * size for number in range(count)})


def _header_line(exchange: Exchange, options: Options) -> None:
    """One header line that does not end, 100 MB long unless the client leaves."""
    exchange.send(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    for _ in range(1600):
        exchange.send(b"a" * 65_536)


def _lying_length(exchange: Exchange, options: Options) -> None:
    """Announce five gigabytes, and send a few of them."""
    exchange.send_head(200, XML | {"Content-Length": str(5 << 30)})
    for _ in range(MAX_ENDLESS_BYTES // len(CHUNK)):
        exchange.send(CHUNK)
        if not exchange.pause(0.0005):
            return


def _verbatim(exchange: Exchange, options: Options) -> None:
    """The ``body`` of the query, as if it were a feed."""
    exchange.respond(200, options.get("body", "").encode(), XML)


def _cookies(exchange: Exchange, options: Options) -> None:
    """A feed without items, and a thousand cookies."""
    lines = "".join(f"Set-Cookie: c{number}=1; Path=/\r\n" for number in range(int(options.get("n", 1000))))
    body = b"<rss version='2.0'><channel><title>Cookies</title></channel></rss>"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n{lines}Content-Length: {len(body)}\r\n"
    exchange.send(f"{head}Connection: close\r\n\r\n".encode() + body)


def _cookie(exchange: Exchange, options: Options) -> None:
    """Set a cookie and say which one came: a crawler should bring none."""
    cookie = exchange.request.headers.get("cookie", "none")
    exchange.respond(
        200, f"<title>Cookie: {cookie}</title>".encode(), HTML | {"Set-Cookie": "session=1; Path=/"}
    )


def _fixed(status: int, body: bytes, headers: dict[str, str]) -> Behaviour:
    return lambda exchange, options: exchange.respond(status, body, headers)


BEHAVIOURS: dict[str, Behaviour] = {
    "/403-challenge": _challenge(403),
    "/200-challenge": _challenge(200),
    "/302-login": _login,
    "/wp-login.php": _fixed(200, LOGIN, HTML),
    "/302-captcha": _captcha,
    "/verify": _fixed(200, CAPTCHA, HTML),
    "/loop": _loop,
    "/ring": _ring,
    "/cookie-loop": _cookie_loop,
    "/redirect": _redirect,
    "/hops": _hops,
    "/hang": _hang,
    "/drip-head": _drip_head,
    "/drip-body": _drip_body,
    "/short": _short,
    "/rst": _rst,
    "/badchunk": _badchunk,
    "/endless": _endless,
    "/big": _big,
    "/gzip-bomb": _gzip_bomb,
    "/brotli-bomb": _bomb("br", _brotli),
    "/zstd-bomb": _bomb("zstd", _zstandard),
    "/layers-bomb": _bomb("gzip, gzip", _twice),
    "/header-flood": _header_flood,
    "/header-line": _header_line,
    "/lying-length": _lying_length,
    "/verbatim": _verbatim,
    "/cookies": _cookies,
    "/304always": _fixed(304, b"", {}),
    "/cookie": _cookie,
    "/empty": _fixed(200, b"", XML),
    "/html": _fixed(200, PAGE, HTML),
}
