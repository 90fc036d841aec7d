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
<rss version="2.0"><channel><title>Sample {number}</title><link>http://127.0.0.1/</link>
<item><title>Road repaired</title><link>http://127.0.0.1/{number}/road</link><guid>{number}-road</guid>
<description>Workers repaired the road.</description></item></channel></rss>"""


class FeedHandler(BaseHTTPRequestHandler):
    """Answers ``/feed/N`` with a feed or 304, and anything else, robots.txt too, with 404."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        kind, _, number = self.path.strip("/").partition("/")
        if kind != "feed" or not number.isdigit():
            self._answer(404, b"not here")
        elif self.headers.get("If-None-Match") == ETAG:
            self._answer(304, b"")
        else:
            self._answer(200, FEED.format(number=number).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("ETag", ETAG)
        if status != 304:
            self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
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
