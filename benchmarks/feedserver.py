"""A loopback server of many feeds that never change: 200 once, then 304 to whoever sends the validator back.

Runs in a process of its own, so that its work is not counted as the work of the program that is measured.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ETAG = '"constant"'

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Sample {number}</title><link>{base}/</link>
<item><title>Road repaired</title><link>{base}/article/{number}</link><guid>{number}-road</guid>
<description>Workers repaired the road.</description></item></channel></rss>"""

# Read by the first run only, so that the measured ones have nothing left to fetch.
ARTICLE = """<!DOCTYPE html><html lang="en"><head><title>Road repaired</title></head><body><article>
<h1>Road repaired</h1><p>Workers repaired the road number {number} between the two villages this week, the
village administrator said, and lorries can use it again before the rains come back in the new year.</p>
</article></body></html>"""


class FeedHandler(BaseHTTPRequestHandler):
    """Answers ``/feed/N`` with a feed or 304, ``/article/N`` with a page, and the rest, robots.txt too, with 404."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        kind, _, number = self.path.strip("/").partition("/")
        values = {"number": number, "base": f"http://{self.headers['Host']}"}
        if kind == "article":
            self._answer(200, "text/html", ARTICLE.format(**values))
        elif kind != "feed":
            self._answer(404, "text/plain", "not here")
        elif self.headers.get("If-None-Match") == ETAG:
            self._answer(304, "application/rss+xml", "")
        else:
            self._answer(200, "application/rss+xml", FEED.format(**values))

    def _answer(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        if status != 404:
            self.send_header("ETag", ETAG)
        if status != 304:
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name for it)
        """Say nothing: printing would be measured as waiting."""


@contextmanager
def serve_feeds() -> Iterator[str]:
    """Yield the base URL of a server in a child process, on a port that the kernel chose."""
    server = subprocess.Popen([sys.executable, "-m", __name__], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.communicate()


if __name__ == "__main__":
    listener = ThreadingHTTPServer(("127.0.0.1", 0), FeedHandler)
    print(listener.server_port, flush=True)
    listener.serve_forever()
