"""A loopback news server whose paths are behaviours: ``/hang`` hangs, ``/loop`` redirects to itself.

It owns the sockets, so that it can lie on the wire as no HTTP library would. Fixed documents are added by the
tests. Every wait is bounded and ends when the server is closed. The table of behaviours is in
`tests.misbehaviour`.
"""

from __future__ import annotations

import hashlib
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from datetime import datetime

MAX_HEAD_BYTES = 1 << 18
MAX_WAIT_S = 60.0  # no behaviour lasts longer, even if nobody closes the server
BODILESS = (204, 304)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came: header names in lower case, ``at_s`` on the monotonic clock."""

    method: str
    target: str  # path and query as sent
    headers: Mapping[str, str]
    body: bytes
    at_s: float

    @property
    def path(self) -> str:
        """Return the path without its query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """Return the query's parameters, the last of each name."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass(slots=True)
class Exchange:
    """A request being answered on its own connection, which ends with the answer."""

    request: Request
    connection: socket.socket
    closing: threading.Event
    deadline_s: float = field(default_factory=lambda: time.monotonic() + MAX_WAIT_S)

    def send(self, data: bytes) -> None:
        """Write raw bytes; ``OSError`` when the client has gone."""
        self.connection.sendall(data)

    def send_head(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        """Write a status line and *headers*, nothing added but ``Connection: close``."""
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = "Unassigned"
        lines = [
            f"HTTP/1.1 {status} {phrase}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        self.send("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))

    def respond(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Write one whole, honest answer."""
        length = {} if status in BODILESS else {"Content-Length": str(len(body))}
        self.send_head(status, {**length, **(headers or {})})
        if self.request.method != "HEAD" and status not in BODILESS:
            self.send(body)

    def pause(self, seconds: float) -> bool:
        """Wait; return False when the server closes or the longest wait is over, and the answer should end."""
        left = self.deadline_s - time.monotonic()
        return not self.closing.wait(max(min(seconds, left), 0)) and left > seconds

    def reset(self) -> None:
        """Tear the connection down with an RST instead of a FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


class LoopbackServer:
    """Accept connections on a kernel-chosen port, one thread each, and hand every request to `answer`.

    A context manager; `close` returns within moments, whatever is still being answered. With *tls* it speaks HTTPS.
    """

    def __init__(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.lock = threading.Lock()
        self._log: list[Request] = []
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._closing = threading.Event()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=128)
        self.host, self.port = self._listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else self.host
        self.base_url = f"{'https' if tls else 'http'}://{shown}:{self.port}"
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def answer(self, exchange: Exchange) -> None:
        """Answer one request; called in the connection's thread. An ``OSError`` ends the connection only."""
        exchange.respond(404)

    def url(self, target: str) -> str:
        """Return the absolute address of a path on this server."""
        return self.base_url + target

    @property
    def requests(self) -> tuple[Request, ...]:
        """Return every request so far in the order of their arrival."""
        with self.lock:
            return tuple(self._log)

    def requests_for(self, path: str) -> tuple[Request, ...]:
        """Return the requests for *path*, whatever their query."""
        return tuple(request for request in self.requests if request.path == path)

    def forget_requests(self) -> None:
        """Empty the log, so that a later assertion sees the later requests only."""
        with self.lock:
            self._log.clear()

    def wait_for_requests(self, count: int, timeout_s: float = 5.0) -> bool:
        """Wait until *count* requests have come; return whether they have."""
        deadline_s = time.monotonic() + timeout_s
        while len(self.requests) < count:
            if time.monotonic() > deadline_s or self._closing.wait(0.005):
                return False
        return True

    def close(self) -> None:
        """Stop listening, end every answer in progress and wait for the threads. Closing twice is harmless."""
        self._closing.set()
        _shut_down(self._listener)
        self._acceptor.join(5)
        with self.lock:
            open_now = list(self._connections.items())
        for connection, _ in open_now:
            _shut_down(connection, close=False)  # its own thread closes it
        for _, thread in open_now:
            thread.join(5)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(10)
            if self._tls:  # the greeting is left to the connection's own thread
                connection = self._tls.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                )
            thread = threading.Thread(target=self._converse, args=(connection,), daemon=True)
            with self.lock:
                self._connections[connection] = thread
            thread.start()

    def _converse(self, connection: socket.socket) -> None:
        try:
            request = _read_request(connection)
            if request:
                with self.lock:
                    self._log.append(request)
                self.answer(Exchange(request, connection, self._closing))
                if connection.fileno() >= 0:
                    connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the client has gone, as clients of a misbehaving server do
        finally:
            with self.lock:
                del self._connections[connection]
            connection.close()


def _shut_down(sock: socket.socket, *, close: bool = True) -> None:
    with suppress(OSError):  # not connected any more
        sock.shutdown(socket.SHUT_RDWR)
    if close:
        sock.close()


def _read_request(connection: socket.socket) -> Request | None:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        if not chunk or len(received) > MAX_HEAD_BYTES:
            return None
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    request_line, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = request_line.partition(" ")
    target = rest.rpartition(" ")[0]
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    if not target or not headers.get("content-length", "0").isdigit():
        return None  # not HTTP: hang up
    length = int(headers.get("content-length", "0"))
    while len(body) < length:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        body += chunk
    return Request(method, target, headers, body, time.monotonic())


@dataclass(frozen=True, slots=True)
class Document:
    """A fixed answer with validators, as a well-kept server gives it."""

    body: bytes
    content_type: str
    headers: Mapping[str, str]
    status: int
    etag: str | None
    last_modified: datetime | None

    def respond(self, exchange: Exchange) -> None:
        """Answer with the document, or 304 where the client's copy is current (RFC 9110 §13.2.2)."""
        validators = {"ETag": self.etag} if self.etag else {}
        if self.last_modified:
            validators["Last-Modified"] = format_datetime(self.last_modified, usegmt=True)
        headers = {"Content-Type": self.content_type, **validators, **self.headers}
        if self.status == 200 and self._is_current(exchange.request.headers):
            exchange.respond(304, headers=validators)
        else:
            exchange.respond(self.status, self.body, headers)

    def _is_current(self, headers: Mapping[str, str]) -> bool:
        tags = headers.get("if-none-match")
        if tags is not None:
            return self.etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
        since = headers.get("if-modified-since")
        if since is None or self.last_modified is None:
            return False
        return self.last_modified.replace(microsecond=0) <= parsedate_to_datetime(since)


class Newsroom(LoopbackServer):
    """A news server: documents that the test adds, and behind every other path a behaviour or a 404."""

    def __init__(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self._documents: dict[str, Document] = {}
        self._aliases: dict[str, str] = {}
        super().__init__(host, tls)

    def add(
        self,
        path: str,
        body: str | bytes,
        content_type: str = "text/html; charset=utf-8",
        headers: Mapping[str, str] | None = None,
        status: int = 200,
        *,
        etag: str | None = "",
        last_modified: datetime | None = None,
    ) -> str:
        """Serve *body* at *path*, in place of what was there; return its address.

        A path with a query is served for just that query, one without for every other.
        *etag* "" makes one from the body, None sends none. *last_modified* is aware UTC.
        """
        data = body.encode() if isinstance(body, str) else body
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"' if etag == "" else etag
        with self.lock:
            self._documents[path] = Document(data, content_type, headers or {}, status, tag, last_modified)
        return self.url(path)

    def behave(self, path: str, like: str) -> str:
        """Let *path* behave as the behaviour *like*, query included (``/429?retry_after=3``); return its address."""
        with self.lock:
            self._documents.pop(path, None)
            self._aliases[path] = like
        return self.url(path)

    def robots(self, text: str) -> None:
        """Serve *text* as robots.txt; without it there is none (404). `behave` can make it fail."""
        self.add("/robots.txt", text, "text/plain; charset=utf-8")

    def answer(self, exchange: Exchange) -> None:
        """Answer with the document at the path, else with the behaviour that the path names."""
        from tests.misbehaviour import find_behaviour  # it is built on this module

        path = exchange.request.path
        with self.lock:
            document = self._documents.get(exchange.request.target) or self._documents.get(path)
            alias = self._aliases.get(path)
        if document is not None:
            document.respond(exchange)
            return
        named = urlsplit(alias or exchange.request.target)
        options = dict(parse_qsl(named.query, keep_blank_values=True))
        behave: Callable[[Exchange, dict[str, str]], None] = find_behaviour(named.path)
        behave(exchange, options)
