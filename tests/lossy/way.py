"""A loopback way to a server that loses answers: it forwards a request, lets the server act, and keeps the answer.

One request a connection, in the order of arrival; which one meets which fate is drawn from a seed. What it knows of
every crossing is kept, so that a test can say which repeats were to be expected.
"""

from __future__ import annotations

import random
import select
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection, HTTPException

from alerts.message.platform import HttpResponse
from tests.newsroom import Exchange, LoopbackServer

FORWARD_TIMEOUT_S = 60.0
OF_THE_HOP = {"host", "connection", "content-length", "transfer-encoding"}  # RFC 9110 §7.6.1


class Fate(StrEnum):
    """What becomes of one request and its answer."""

    ANSWERED = "answered"
    WITHHELD = "time-out after the server acted"
    RESET_AFTER = "reset after the server acted"
    RESET_BEFORE = "reset before the server heard it"
    BROKEN = "broken off by a server going down"  # not drawn
    LATE = "answered when the client had gone"  # not drawn: it timed out by itself, or was killed


@dataclass(frozen=True, slots=True)
class Odds:
    """How often which fault comes, of 1; the rest is answered."""

    withheld: float = 0.0
    reset_after: float = 0.0
    reset_before: float = 0.0


@dataclass(frozen=True, slots=True)
class Crossing:
    """One request: *acted* says that the server took the message, whatever the client heard of it."""

    body: bytes
    fate: Fate
    acted: bool


class LossyWay(LoopbackServer):
    """Stands before the server on *port* of loopback; a client knows only the way's own ``base_url``."""

    def __init__(self, port: int, odds: Odds, seed: int) -> None:
        self._behind, self.odds, self._draw = port, odds, random.Random(seed)
        self._crossings: list[Crossing] = []
        self.on_crossing: Callable[[int], None] = lambda number: (
            None
        )  # called before the answer is given or kept
        super().__init__()

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """Return what crossed so far."""
        with self.lock:
            return tuple(self._crossings)

    def answer(self, exchange: Exchange) -> None:
        """Forward one request, or not, and answer it, or not."""
        with self.lock:
            fate = self._draw_fate()
        answer = None if fate is Fate.RESET_BEFORE else self._forward(exchange)
        if fate is Fate.ANSWERED and (answer is None or _is_gone(exchange.connection)):
            fate = Fate.BROKEN if answer is None else Fate.LATE
        with self.lock:
            acted = answer is not None and 200 <= answer.status < 300
            self._crossings.append(Crossing(exchange.request.body, fate, acted))
            number = len(self._crossings)
        self.on_crossing(number)
        if fate is Fate.WITHHELD:
            _wait_until_gone(exchange)
        elif fate is Fate.ANSWERED and answer is not None:
            exchange.respond(answer.status, answer.body, answer.headers)
        else:
            exchange.reset()

    def refuse(self) -> None:
        """Stop listening: new connections are refused, as by a server that is down."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(5)

    def listen_again(self) -> None:
        """Take connections again on the same port."""
        self._listener = socket.create_server((self.host, self.port), backlog=128)
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def _draw_fate(self) -> Fate:
        drawn, odds = self._draw.random(), self.odds
        for fate, share in (
            (Fate.WITHHELD, odds.withheld),
            (Fate.RESET_AFTER, odds.reset_after),
            (Fate.RESET_BEFORE, odds.reset_before),
        ):
            if drawn < share:
                return fate
            drawn -= share
        return Fate.ANSWERED

    def _forward(self, exchange: Exchange) -> HttpResponse | None:
        """Return the server's answer; None when it is down or breaks off."""
        request = exchange.request
        headers = _end_to_end(request.headers)
        link = HTTPConnection("127.0.0.1", self._behind, timeout=FORWARD_TIMEOUT_S)
        try:
            link.request(request.method, request.target, request.body, headers | {"Connection": "close"})
            found = link.getresponse()
            return HttpResponse(found.status, _end_to_end(found.headers), found.read())
        except (OSError, HTTPException):
            return None
        finally:
            link.close()


def _end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in OF_THE_HOP}


def _is_gone(connection: socket.socket) -> bool:
    """Tell whether the client has hung up: it sends nothing more, so only an end can be read."""
    return bool(select.select([connection], [], [], 0)[0])


def _wait_until_gone(exchange: Exchange) -> None:
    """Keep the connection open, silently, until the client has had enough."""
    with suppress(OSError):
        while exchange.connection.recv(1024):
            pass
