"""The transports of a child that another library sends through: watched, kept from repeating, and held to one way out.

Loaded in the child only. Owns no verdict (`alerts.transport.evidence` has it) and sends nothing by itself. Patching a
library from outside is the last resort: Apprise hands out neither a status nor a way to pass a session of ours.
"""

from __future__ import annotations

import socket
import sys
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from alerts.transport.failure import LATE_CONNECTION, NO_CONNECTION, connection_cause
from crawler.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crawler.proxyaddress import Proxy

    Note = Callable[..., None]

# The events, in the order in which one exchange brings them. Beside "at" they carry what is named here.
READY = "ready"  # the child has loaded what it needs: the deadline counts from here
CONNECTED = "connected"  # a connection of some protocol was opened, or a datagram sent
FAILED = "failed"  # one could not be opened: why
WATCHED = "watched"  # it is of a protocol that tells more than that: HTTP or SMTP
BEGUN = "begun"  # the first bytes of a request, or of a mail's content, are on their way
ANSWERED = "answered"  # HTTP: status, headers
REPLIED = "replied"  # SMTP: code, step
LOST = "lost"  # no answer came: why
REFUSED = "refused"  # the address cannot be used at all: why
END = "end"  # what Apprise says: taken

MAX_ANSWER_BYTES = 64 * 1024
_KEPT_HEADERS = ("retry-after", "date")
# PEP 578: what sends nothing to a chat. Names are looked up and connections made only as `guard` allows.
_FORBIDDEN_EVENTS = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty"}
)
_LOOKUPS = frozenset(
    {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}
)
_WAYS_OUT = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class NotAllowedError(PermissionError):
    """A library tried what a child that only sends a message has no need of."""


def guard(note: Note, proxy: Proxy | None) -> None:
    """Refuse other programs for good and, with a proxy, every name and every connection but the proxy's own.

    Raises ``OSError`` where the proxy's own name cannot be looked up.
    """
    places: set[tuple[str, int]] = set()
    known: set[str | bytes | None] = set()
    if proxy is not None:
        found = socket.getaddrinfo(proxy.host, proxy.port, type=socket.SOCK_STREAM)
        places = {(str(where[4][0]), int(where[4][1])) for where in found}
        known |= {proxy.host, proxy.host.encode(), *(host for host, _ in places)}

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _FORBIDDEN_EVENTS:
            raise NotAllowedError(event)
        if proxy is None:
            return
        if event in _LOOKUPS:
            name = arguments[0][0] if isinstance(arguments[0], tuple) else arguments[0]
            allowed = name in known
        elif event in _WAYS_OUT:
            allowed = isinstance(arguments[1], tuple) and arguments[1][:2] in places
        else:
            return
        if not allowed:
            note(REFUSED, why="this service needs connections that the proxy cannot carry")
            raise NotAllowedError(event)

    sys.addaudithook(refuse)


def watch_sockets(note: Note) -> None:
    """Note every connection that is opened or fails, whatever speaks through it."""
    connect, send_to = socket.socket.connect, socket.socket.sendto

    def watched_connect(self: socket.socket, address: Any) -> None:
        try:
            connect(self, address)
        except BlockingIOError:  # of an event loop: it may well succeed
            note(CONNECTED)
            raise
        except OSError as error:
            note(FAILED, why=_describe_connection(error))
            raise
        if self.family in (socket.AF_INET, socket.AF_INET6):
            note(CONNECTED)

    def watched_send_to(self: socket.socket, *arguments: Any) -> int:
        note(CONNECTED)
        return send_to(self, *arguments)

    _replace(socket.socket, "connect", watched_connect)
    _replace(socket.socket, "sendto", watched_send_to)


def _replace(owner: Any, name: str, function: Callable[..., Any]) -> None:
    """Put *function* in the place of a library's own, which it calls in turn."""
    setattr(owner, name, function)


def _describe_connection(error: BaseException) -> str:
    """Return in our words why a connection failed; a library's own may hold the address."""
    return LATE_CONNECTION if isinstance(error, TimeoutError) else connection_cause(error, has_proxy=False)


def watch_http(
    note: Note, user_agent: str, proxy: Proxy | None, connect_timeout_s: float, read_timeout_s: float
) -> None:
    """Note every exchange of ``requests``; follow no redirect, read 64 KiB at most, ask nobody's environment.

    After an answer to wait, a failure of the server, or none at all nothing more leaves: Apprise asks again at once.
    """
    import http.client

    import requests
    from urllib3.util import Retry

    begin, send = requests.Session.__init__, requests.Session.send
    exchange, transmit = requests.adapters.HTTPAdapter.send, http.client.HTTPConnection.send
    stopped: list[str] = []

    def begin_alone(self: Any, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        self.trust_env = False

    def send_here_only(self: Any, request: Any, **named: Any) -> Any:
        return send(self, request, **named | {"allow_redirects": False})

    def watched_exchange(self: Any, request: Any, **named: Any) -> Any:
        if stopped:
            raise requests.ConnectionError(stopped[0])
        note(WATCHED)
        self.max_retries = Retry(0, read=False)
        request.headers.update({"User-Agent": user_agent, "Accept-Encoding": "identity"})
        named |= {"stream": True, "timeout": (connect_timeout_s, read_timeout_s), "proxies": _proxies(proxy)}
        try:
            response = exchange(self, request, **named)
            response._content = _read_all(response)
        except Exception as error:
            note(LOST, why=_describe(error, proxy))
            stopped.append("nothing more is asked after a lost answer")
            raise
        note(ANSWERED, status=response.status_code, headers=_kept(response.headers))
        if response.status_code == 429 or response.status_code >= 500:
            stopped.append("nothing more is asked after such an answer")
        return response

    def watched_transmit(self: Any, data: Any) -> None:
        if self.sock is None and self.auto_open:
            self.connect()  # or a connection that fails would count as a request that began
        if not (isinstance(data, bytes) and data.startswith(b"CONNECT ")):  # asks a proxy for a tunnel
            note(BEGUN)
        transmit(self, data)

    _replace(requests.Session, "__init__", begin_alone)
    _replace(requests.Session, "send", send_here_only)
    _replace(requests.adapters.HTTPAdapter, "send", watched_exchange)
    _replace(http.client.HTTPConnection, "send", watched_transmit)
    if proxy is not None and proxy.is_socks:
        _tunnel_through(proxy, connect_timeout_s)


def _proxies(proxy: Proxy | None) -> dict[str, str]:
    """Return what ``requests`` is told of *proxy*: SOCKS is not its business but its sockets'."""
    return {} if proxy is None or proxy.is_socks else {"http": proxy.address, "https": proxy.address}


def _tunnel_through(proxy: Proxy, timeout_s: float) -> None:
    from python_socks.sync import Proxy as Tunnel
    from urllib3.util import connection

    def create_connection(address: tuple[str, int], timeout: object = None, **_: object) -> socket.socket:
        tunnel = Tunnel.from_url(proxy.address.replace("socks5h://", "socks5://", 1), rdns=True)
        host = address[0].strip("[]")
        try:
            return tunnel.connect(host, address[1], timeout=timeout_s * 2)  # to the proxy, and on
        except Exception as error:  # its own kinds, which urllib3 does not know
            raise ConnectionError("the proxy could not connect") from error

    _replace(connection, "create_connection", create_connection)


def _read_all(response: Any) -> bytes:
    """Return at most 64 KiB of the raw answer, never inflated: a verdict needs no more."""
    body = b""
    while len(body) < MAX_ANSWER_BYTES:
        chunk = response.raw.read(MAX_ANSWER_BYTES - len(body), decode_content=False)
        if not chunk:
            break
        body += chunk
    response.raw.close()
    return body


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
    return {"date": format_datetime(utc_now(), usegmt=True), **kept}  # RFC 9110 §6.6.1


def _describe(error: Exception, proxy: Proxy | None) -> str:
    """Return in our words what ended an exchange of ``requests``."""
    import requests

    if isinstance(error, requests.exceptions.ConnectTimeout):
        return LATE_CONNECTION
    if isinstance(error, requests.exceptions.Timeout):
        return "no answer in time"
    reason = _reason_below(error)
    inner = reason.args[0] if reason is not None and reason.args else None
    below = (
        inner if isinstance(inner, BaseException) else error
    )  # urllib3 keeps some causes, it does not chain them
    cause = connection_cause(below, has_proxy=proxy is not None)
    if cause == NO_CONNECTION and isinstance(error, requests.exceptions.ProxyError):
        return "the proxy could not connect"
    is_unopened = type(reason).__name__ == "NewConnectionError"
    return "connection lost" if cause == NO_CONNECTION and not is_unopened else cause


def _reason_below(error: BaseException) -> BaseException | None:
    """Return what urllib3 gave as the reason of *error*, None where it gave none."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return reason if isinstance(reason, BaseException) else None


def watch_mail(note: Note) -> None:
    """Note what a mail server replies: refusals at every step, and whether the content went out and was taken."""
    import smtplib

    connect, put, reply = smtplib.SMTP.connect, smtplib.SMTP.putcmd, smtplib.SMTP.getreply
    step = ["greeting"]

    def watched_connect(self: Any, *arguments: Any, **named: Any) -> Any:
        note(WATCHED)
        step[0] = "greeting"
        try:
            return connect(self, *arguments, **named)
        except OSError as error:
            if not isinstance(error, smtplib.SMTPException):  # those have been noted
                note(LOST, why=_describe_connection(error))
            raise

    def watched_put(self: Any, command: str, arguments: str = "") -> None:
        step[0] = command.partition(" ")[0].lower()
        put(self, command, arguments)

    def watched_reply(self: Any) -> Any:
        try:
            code, said = reply(self)
        except OSError:  # SMTPServerDisconnected is one
            if step[0] != "quit":
                note(LOST, why="connection lost")
            raise
        if step[0] == "data" and code == 354:
            step[0] = "content"
            note(BEGUN)
        elif step[0] == "content" or (code >= 400 and step[0] not in ("ehlo", "quit", "rset")):
            note(REPLIED, code=code, step=step[0])
        return code, said

    _replace(smtplib.SMTP, "connect", watched_connect)
    _replace(smtplib.SMTP, "putcmd", watched_put)
    _replace(smtplib.SMTP, "getreply", watched_reply)
    for name in ("data", "starttls", "login"):
        _replace(smtplib.SMTP, name, _tell_why_not(note, getattr(smtplib.SMTP, name)))


def _tell_why_not(note: Note, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a step of a mail that says why it fails where the server does not."""
    import smtplib

    def watched_step(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return function(self, *arguments, **named)
        except smtplib.SMTPNotSupportedError:
            note(REFUSED, why="the mail server offers no TLS or no login, as the address asks for")
            raise
        except OSError as error:
            if not isinstance(error, smtplib.SMTPException):  # those have been noted
                note(LOST, why="connection lost or not secure")
            raise

    return watched_step
