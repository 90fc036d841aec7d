"""Failures of the way to a platform, each a real one on loopback, through the real carrier with short time-outs.

All platforms and all failures are asked at once, for the slow ones wait out their time-outs; what came of it is kept.
Nothing of these failures may hold a secret: what was said, raised and logged meanwhile is kept for `tests.kit.secrets`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import trustme

from alerts.config import Channel
from alerts.message.platform import Delivery, HttpRequest, RetryLater, Style
from alerts.transport.carrier import Carrier
from alerts.transport.http import DEFAULT_TIMEOUTS, Client, Timeouts
from crawler.clock import utc_now
from crawler.config import Settings
from tests.builders import NOW, a_full_digest
from tests.chatroom import Answer, end_exchange
from tests.kit.profile import CANARY, Meaning, meaning_of
from tests.newsroom import LoopbackServer

if TYPE_CHECKING:
    from alerts.message.platform import Outcome
    from tests.kit.profile import Subject
    from tests.newsroom import Exchange

# What each failure leaves us knowing (httpx's own words aside): before the request left there is nothing to repeat;
# once it has left, only the platform knows.
FAILURES: Mapping[str, tuple[Meaning, ...]] = {
    "refused": ("again",),  # nobody listens
    "no such name": ("again",),
    "unknown certificate": ("again",),
    "no TLS at all": ("again",),
    "TLS that hangs": ("again",),
    "reset at once": ("again", "unknown"),  # as the system happens to notice it
    "reset after the body": ("unknown",),
    "closed without an answer": ("unknown",),
    "no answer": ("unknown",),
    "an answer that drips": ("unknown",),
    "an answer cut short": ("unknown",),
    "no HTTP": ("unknown",),
    "an answer without end": ("sent", "unknown"),  # its beginning may say that the message was taken
    "moved elsewhere": ("dead",),
    "a time to wait for, and no date": ("later",),  # measured from when the answer came: RFC 9110 §6.6.1
}


SHORT = Timeouts(
    connect_s=3.0, read_s=1.5, total_s=2.5
)  # long enough for a loaded machine to send the request
WAIT = timedelta(minutes=4)
SLOW = (
    "TLS that hangs",
    "no answer",
    "an answer that drips",
)  # these wait out a time-out, and get a short one


class _Ending(LoopbackServer):
    """Ends every exchange in one way."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self._answer = answer
        super().__init__(tls=tls)

    def answer(self, exchange: Exchange) -> None:
        end_exchange(exchange, self._answer)


class _Garbage(LoopbackServer):
    """Speaks, but no HTTP."""

    def answer(self, exchange: Exchange) -> None:
        exchange.send(b"220 mail.example ESMTP ready\r\n")


def _tear_down(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _speak_plainly(connection: socket.socket) -> None:
    """Answer the greeting of TLS as a server does that speaks none."""
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


@contextmanager
def _listening(treat: Callable[[socket.socket], None] | None = None) -> Iterator[int]:
    """Yield the port of a socket whose connections are treated so and closed; without that they are left hanging."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:

        def serve(treat: Callable[[socket.socket], None]) -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    treat(connection)

        thread = threading.Thread(target=serve, args=(treat,), daemon=True)
        if treat:
            thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    if treat:
        thread.join(5)


def _unknown_certificate() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


def _addresses(stack: ExitStack, elsewhere: LoopbackServer) -> dict[str, str]:
    """Start a server for each failure; return their addresses."""

    def ending(how: Any, status: int = 200, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return stack.enter_context(_Ending(Answer(status, b"ok", named, ending=how))).base_url

    silent = stack.enter_context(_listening())
    secured = stack.enter_context(_Ending(Answer(200, b"ok"), tls=_unknown_certificate()))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    return {
        "refused": f"http://127.0.0.1:{port}",
        "no such name": "http://no-such-name.invalid",
        "unknown certificate": secured.base_url,
        "no TLS at all": f"https://127.0.0.1:{stack.enter_context(_listening(_speak_plainly))}",
        "TLS that hangs": f"https://127.0.0.1:{silent}",
        "reset at once": f"http://127.0.0.1:{stack.enter_context(_listening(_tear_down))}",
        "reset after the body": ending("reset"),
        "closed without an answer": ending("close"),
        "no answer": ending("hang"),
        "an answer that drips": ending("drip"),
        "an answer cut short": ending("short"),
        "no HTTP": stack.enter_context(_Garbage()).base_url,
        "an answer without end": ending("endless"),
        "a time to wait for, and no date": ending("answer", 429, Retry_After=_in(WAIT)),
        "moved elsewhere": ending("answer", 307, Location=elsewhere.url(f"/{CANARY}")),
    }


def _in(wait: timedelta) -> str:
    return format_datetime(utc_now() + wait, usegmt=True)


class _Kept(logging.Handler):
    """Keeps every line, formatted with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter("%(name)s %(message)s").format(record))


@dataclass(slots=True)
class Aftermath:
    """What one platform's failures left behind."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    errors: list[BaseException] = field(default_factory=list)  # as the client raised them
    is_handed_over: bool = False  # another library sends it, in another process
    logged: list[str] = field(default_factory=list)  # of all platforms that were asked at once


_known: dict[str, tuple[Subject, Aftermath]] = {}


def aftermath(subject: Subject) -> Aftermath:
    """Return what became of a message to *subject* in every failure; asked once, together with all of ours."""
    from tests.kit.platforms import PROFILES
    from tests.kit.platforms import subject as ours

    if subject.name not in _known or _known[subject.name][0] != subject:
        together = [] if _known or not _is_quick(subject) else [ours(name) for name in PROFILES]
        asked = [each for each in together if each.name != subject.name and _is_quick(each)]
        _known.update(asyncio.run(_fail([*asked, subject])))
    return _known[subject.name][1]


def _is_quick(subject: Subject) -> bool:
    return "transport" not in subject.profile.skips and not subject.profile.costly


async def _fail(subjects: list[Subject]) -> dict[str, tuple[Subject, Aftermath]]:
    kept, root = _Kept(), logging.getLogger()
    found = {subject.name: (subject, Aftermath(logged=kept.lines)) for subject in subjects}
    levels = {name: logging.getLogger(name).level for name in ("", "httpx", "httpcore", "asyncio")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(kept)
    try:
        with ExitStack() as stack:
            elsewhere = stack.enter_context(LoopbackServer())
            addresses = await asyncio.to_thread(_addresses, stack, elsewhere)
            quick = [(name, address) for name, address in addresses.items() if name not in SLOW]
            slow = [(name, address) for name, address in addresses.items() if name in SLOW]
            for some, timeouts in ((quick, DEFAULT_TIMEOUTS), (slow, SHORT)):
                async with (
                    Carrier(Settings(), timeouts) as carrier,
                    Client("kit", timeouts=timeouts) as client,
                ):
                    await asyncio.gather(
                        *(_ask(carrier, client, each, some, found[each.name][1]) for each in subjects)
                    )
            assert not elsewhere.requests, "a message followed its address elsewhere"
    finally:
        root.removeHandler(kept)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
    return found


async def _ask(
    carrier: Carrier, client: Client, subject: Subject, addresses: list[tuple[str, str]], left: Aftermath
) -> None:
    """Send a message to each of *addresses*: by the carrier, for its outcome; by the client, for what it raises."""
    delivery = Delivery(subject.render(a_full_digest(), Style.RICH)[0].body, "digest-desk-1-abcd", NOW)

    async def carry(name: str, address: str) -> None:
        channel = Channel("desk", subject.platform, subject.keys(address), ())
        left.outcomes[name] = await carrier.carry(channel, delivery)

    async def send(address: str) -> None:
        request = subject.platform.request(subject.keys(address), delivery)
        left.is_handed_over = not isinstance(request, HttpRequest)
        try:
            if isinstance(request, HttpRequest):
                await client.send(request)
        except Exception as error:
            left.errors.append(error)

    if subject.profile.costly:
        for each in addresses:
            await carry(*each)
        await send(addresses[0][1])
        return
    await asyncio.gather(*(carry(*each) for each in addresses), *(send(address) for _, address in addresses))


def check_transport(subject: Subject, *, thorough: bool = False) -> int:
    """Every failure of the way has its meaning: nothing left us, or only the platform knows."""
    left = aftermath(subject)
    for name, wanted in FAILURES.items():
        outcome = left.outcomes[name]
        assert meaning_of(outcome) in wanted, f"{name}: {outcome}, not {' or '.join(wanted)}"
    waits = left.outcomes["a time to wait for, and no date"]
    assert isinstance(waits, RetryLater)
    assert waits.after is not None, "a time without a date is forgotten"
    assert WAIT / 2 < waits.after <= WAIT
    return len(FAILURES) + 2
