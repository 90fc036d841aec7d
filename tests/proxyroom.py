"""Loopback proxies that remember what they were asked: one speaks HTTP, one SOCKS 5. Neither looks a name up.

Wherever a client wants to go, it is led to the loopback server that the test put there in ``hosts``, so that real
looking names need no name server and a client that looks them up itself is found out. A proxy can want a login,
refuse, or be told to answer like a broken one.
"""

from __future__ import annotations

import base64
import socket
import struct
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

MAX_HEAD_BYTES = 1 << 16
WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Hop:
    """What a client asked for: the host as it was written, and how (``CONNECT``, ``GET`` or ``SOCKS name``...)."""

    how: str
    host: str
    port: int
    login: str | None = None


class ProxyServer:
    """Accepts connections on a kernel-chosen port; a context manager. *login* is ``user:password``.

    ``hosts`` maps ``host`` or ``host:port`` to the port on loopback that answers for it; "*" answers for all others.
    A host without an entry cannot be reached. ``lie`` is sent in place of any answer.
    """

    scheme = "http"

    def __init__(self, hosts: Mapping[str, int], *, login: str | None = None, lie: bytes = b"") -> None:
        self.hosts, self.login, self.lie = dict(hosts), login, lie
        self._lock = threading.Lock()
        self._hops: list[Hop] = []
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    @property
    def url(self) -> str:
        """Return the proxy's address without a login."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def url_with_login(self) -> str:
        """Return the proxy's address with the login that it wants."""
        return f"{self.scheme}://{self.login}@127.0.0.1:{self.port}"

    @property
    def hops(self) -> tuple[Hop, ...]:
        """Return all that clients asked for, in the order of arrival."""
        with self._lock:
            return tuple(self._hops)

    @property
    def names(self) -> set[str]:
        """Return the hosts that were asked for."""
        return {hop.host for hop in self.hops}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up on everybody. Closing twice is harmless."""
        with self._lock:
            ours = [self._listener, *self._open]
        for each in ours:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(WAIT_S)

    # -- inside -------------------------------------------------------------------------------------------------

    def serve(self, client: socket.socket) -> None:
        """Read what *client* wants, and lead it there."""
        head = _read_head(client)
        method, _, rest = head.partition(b" ")
        target = rest.partition(b" ")[0].decode("latin-1")
        fields = head.decode("latin-1").split("\r\n")[1:]
        given = [value for name, _, value in (line.partition(": ") for line in fields) if _is_login(name)]
        login = base64.b64decode(given[0].removeprefix("Basic ")).decode() if given else None
        parts = urlsplit(f"//{target}" if method == b"CONNECT" else target)
        host, port = parts.hostname or "", parts.port or 80
        self.note(Hop(method.decode(), host, port, login))
        if self.lie:
            client.sendall(self.lie)
        elif self.login not in (None, login):  # without one of its own it takes any
            client.sendall(_answer(407, "Proxy-Authenticate: Basic realm=room\r\n"))
        elif (server := self.reach(host, port)) is None:
            client.sendall(_answer(502))
        else:
            with server:
                if method == b"CONNECT":
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:  # one request a connection: what follows may be for another host
                    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
                    server.sendall(_forward(method, path.encode("latin-1"), head))
                self.join(client, server)

    def note(self, hop: Hop) -> None:
        """Remember what was asked."""
        with self._lock:
            self._hops.append(hop)

    def reach(self, host: str, port: int) -> socket.socket | None:
        """Return a connection to the server that plays *host*, None when nobody does."""
        for name in (f"{host}:{port}", host, "*"):
            if name in self.hosts:
                server = socket.create_connection(("127.0.0.1", self.hosts[name]), WAIT_S)
                with self._lock:
                    self._open.add(server)
                return server
        return None

    def join(self, client: socket.socket, server: socket.socket) -> None:
        """Hand bytes on in both directions until both sides have ended."""
        back = self._start(_pour, server, client)
        _pour(client, server)
        back.join(WAIT_S)

    def _start(self, work: object, *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]  # a function
        thread.start()
        self._threads.append(thread)
        return thread

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.settimeout(WAIT_S)
            with self._lock:
                self._open.add(client)
            self._start(self._converse, client)

    def _converse(self, client: socket.socket) -> None:
        with client, suppress(OSError, ValueError):  # a client that left, or does not speak our language
            self.serve(client)


class SocksServer(ProxyServer):
    """SOCKS 5 as in RFC 1928, logins as in RFC 1929. It answers with *refusal*, a code of RFC 1928 §6, if not 0."""

    scheme = "socks5h"

    def __init__(
        self, hosts: Mapping[str, int], *, login: str | None = None, lie: bytes = b"", refusal: int = 0
    ) -> None:
        self.refusal = refusal
        super().__init__(hosts, login=login, lie=lie)

    def serve(self, client: socket.socket) -> None:
        """Greet, want the login, read the address and lead *client* there."""
        methods = _read(client, _read(client, 2)[1])
        method = (
            2 if self.login or 0 not in methods else 0
        )  # without a login of its own it takes any, as Tor does
        if self.lie:
            self.note(Hop("SOCKS greeting", "", 0))
            client.sendall(self.lie)
            return
        client.sendall(bytes((5, method if method in methods else 255)))
        login = self._read_login(client) if method else None
        if self.login not in (None, login):
            client.sendall(b"\x01\x01")
            self.note(Hop("SOCKS refused", "", 0, login))
            return
        if method:
            client.sendall(b"\x01\x00")
        how, host, port = self._read_target(client)
        self.note(Hop(how, host, port, login))
        server = None if self.refusal else self.reach(host, port)
        client.sendall(bytes((5, self.refusal or (0 if server else 4), 0, 1)) + bytes(6))
        if server:
            with server:
                self.join(client, server)

    @staticmethod
    def _read_login(client: socket.socket) -> str:
        name = _read(client, _read(client, 2)[1]).decode()
        return f"{name}:{_read(client, _read(client, 1)[0]).decode()}"

    @staticmethod
    def _read_target(client: socket.socket) -> tuple[str, str, int]:
        kind = _read(client, 4)[3]
        if kind == 3:
            how, host = "SOCKS name", _read(client, _read(client, 1)[0]).decode()
        else:
            family, length = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
            how, host = "SOCKS address", socket.inet_ntop(family, _read(client, length))
        return how, host, struct.unpack(">H", _read(client, 2))[0]


def _is_login(name: str) -> bool:
    return name.lower() == "proxy-authorization"


def _answer(status: int, fields: str = "") -> bytes:
    return f"HTTP/1.1 {status} No\r\n{fields}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()


def _forward(method: bytes, path: bytes, head: bytes) -> bytes:
    """Return the request as the site itself gets it: a path instead of an address, no login."""
    fields = [line for line in head.split(b"\r\n")[1:] if not line.lower().startswith(b"proxy-")]
    return b"\r\n".join((method + b" " + path + b" HTTP/1.1", *fields))


def _read(client: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = client.recv(length - len(data))
        if not more:
            raise OSError("the client has gone")
        data += more
    return data


def _read_head(client: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        more = client.recv(65536)
        if not more or len(head) > MAX_HEAD_BYTES:
            raise OSError("the client has gone")
        head += more
    return head


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
