"""Every host of the world in one loopback server: an HTTP proxy that ends TLS itself and answers for whom it is asked.

A client that is told to use it as its proxy, and to trust its authority, talks to ``https://`` outlets as it would
outside. What a host answers stands in a `World`; a host that nobody plays does not exist (502).
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import trustme

from tests.misbehaviour import find_behaviour
from tests.newsroom import Document, Exchange, LoopbackServer, Request, _read_request

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True)
class World:
    """What every address answers: documents, whole hosts or single addresses that misbehave, header fields wanted."""

    documents: dict[tuple[str, str], Document] = field(default_factory=dict)  # host, path and query
    behaviours: dict[tuple[str, str], str] = field(
        default_factory=dict
    )  # host, path: a row of `tests.misbehaviour`
    whole_hosts: dict[str, str] = field(default_factory=dict)  # host: what all of it does, robots.txt aside
    wanted_headers: dict[str, Mapping[str, str]] = field(
        default_factory=dict
    )  # host: header, words that it must hold

    def add(self, url: str, document: Document) -> None:
        """Serve *document* at *url*; two documents at one address are a mistake of the twins."""
        parts = urlsplit(url)
        key = (parts.hostname or "", parts.path + (f"?{parts.query}" if parts.query else ""))
        if key in self.documents:
            raise ValueError(f"two documents at {url}")
        self.documents[key] = document

    def behave(self, url: str, like: str) -> None:
        """Let *url*, whatever its query, behave as *like*: ``/404``, ``/hang``, ``/403-challenge``."""
        parts = urlsplit(url)
        self.behaviours[parts.hostname or "", parts.path or "/"] = like

    def plays(self, host: str) -> bool:
        """Tell whether anything is known of *host*."""
        held = (*self.documents, *self.behaviours)
        return host in self.whole_hosts or any(name == host for name, _ in held)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request that reached a host."""

    host: str
    request: Request

    @property
    def url(self) -> str:
        """Return the address that was asked for."""
        return f"https://{self.host}{self.request.target}"


class TwinServer(LoopbackServer):
    """Serve a `World` as a proxy at ``base_url``; clients must trust the authority that `write_authority` gives."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._authority = trustme.CA()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._visits: list[Visit] = []
        self._issuing = threading.Lock()
        super().__init__()

    def write_authority(self, path: Path) -> None:
        """Write what ``SSL_CERT_FILE`` must name."""
        self._authority.cert_pem.write_to_path(str(path))

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Return every request so far, in the order of their arrival."""
        with self.lock:
            return tuple(self._visits)

    def forget_visits(self) -> None:
        """Empty the list, so that a later reading sees the later requests only."""
        with self.lock:
            self._visits.clear()

    def answer(self, exchange: Exchange) -> None:
        """Open a tunnel and answer what comes through it; a plain request names its address itself."""
        request = exchange.request
        if request.method != "CONNECT":
            parts = urlsplit(request.target)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            asked = Request(request.method, target, request.headers, request.body, request.at_s)
            self._answer_as(parts.hostname or "", asked, exchange.connection, exchange.closing)
            return
        host = request.target.rpartition(":")[0].lower()
        if not self.world.plays(host):
            exchange.respond(502)
            return
        exchange.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        context = self._context(host)
        # an SSLError is an OSError: the client hung up or does not trust us
        with suppress(OSError), context.wrap_socket(exchange.connection, server_side=True) as secured:
            secured.settimeout(10)
            asked = _read_request(secured)
            if asked is not None:
                self._answer_as(host, asked, secured, exchange.closing)

    def _context(self, host: str) -> ssl.SSLContext:
        with self._issuing:
            if host not in self._contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self._authority.issue_cert(host).configure_cert(context)
                self._contexts[host] = context
            return self._contexts[host]

    def _answer_as(
        self, host: str, asked: Request, connection: socket.socket, closing: threading.Event
    ) -> None:
        with self.lock:
            self._visits.append(Visit(host, asked))
        self._respond(host, Exchange(asked, connection, closing))

    def _respond(self, host: str, exchange: Exchange) -> None:
        path, target = exchange.request.path, exchange.request.target
        held = self.world.documents
        document = held.get((host, target)) or held.get((host, path))
        like = self.world.behaviours.get((host, path))
        if path != "/robots.txt":
            like = self.world.whole_hosts.get(host, like)
            if not self._lets_in(host, exchange.request.headers):
                like = "/403-challenge"
        if document is not None and like is None:
            document.respond(exchange)
            return
        named = urlsplit(like or "/404")
        find_behaviour(named.path)(
            exchange, dict(field.split("=", 1) for field in named.query.split("&") if field)
        )

    def _lets_in(self, host: str, headers: Mapping[str, str]) -> bool:
        wanted = self.world.wanted_headers.get(host, {})
        return all(words in headers.get(name.lower(), "") for name, words in wanted.items())
