"""Say in a few words why an address could not be read. Pure: exceptions and answers in, `FetchError` out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crawler.errors import FetchError, ParseError

# aiohttp's frame around the cause: with it every refused connection would look like a TLS failure
_CONNECTOR = re.compile(r"Cannot connect to host \S+ ssl:(?:<[^>]*>|\S+) \[(.*)\]", re.DOTALL)
_BLOCKED = re.compile(r"[\w.:%]+ is not a public address|port \d+ is not a web port")  # `crawler.net.guard`
_ADDRESS = re.compile(r"https?://\S+")  # addresses may carry keys; the source's name is said elsewhere
# aiohttp's words, without its snapshot of the bytes
_PARSER_SAID = re.compile(r"""message=(["'])(.+?)(?::?\\n|: b['\"]|:?\1)""")
_TLS_SAID = re.compile(
    r"""\[SSL: \w+\] (.+?)(?: \(_ssl\.c:\d+\))?['")]*$"""
)  # OpenSSL's words, without their frame
_FOR_NOW = (408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524)
_CLASSES = {3: "redirect that was not followed", 4: "refused", 5: "server error"}
_KNOWN = (
    ("CannotResolveHostError", "host name not found"),
    ("DownloadTimeoutError", "no answer in time"),
    ("DownloadCancelledError", "answer too large"),
    ("DownloadConnectionRefusedError", "connection refused"),
    ("UnsupportedURLSchemeError", "address scheme refused"),
    ("ResponseDataLossError", "answer cut short"),
)


def describe_failure(error: BaseException) -> FetchError:
    """Return the cause of a failed download or reading for people; `FetchError.transport` when no server answered."""
    if isinstance(error, FetchError):
        return error
    if isinstance(error, ParseError):
        return FetchError(str(error), temporary=error.temporary)
    name = type(error).__name__
    text = _CONNECTOR.sub(r"\1", _ADDRESS.sub("the address", str(error)).strip())
    if blocked := _blocked_by_guard(error):
        return FetchError(f"blocked: {blocked}")
    if name == "ProxyFailedError":  # its text is a cause already, and holds no address
        return FetchError(text, transport=True)
    if name == "RobotsUnreachableError":  # its text is a cause already
        return FetchError(text or "no answer", transport=True)
    # behind SOCKS aiohttp trips over the name while it says so; nothing has been sent then, either
    if "ServerFingerprintMismatch" in (type(error.__cause__).__name__, type(error.__context__).__name__):
        return FetchError("TLS: the certificate is not the one that sources.yaml pins", transport=True)
    if "ertificate" in text or "SSL" in text or "TLS" in text:
        openssl_said = _TLS_SAID.search(text)
        return FetchError(f"TLS: {_short(openssl_said[1] if openssl_said else text)}", transport=True)
    for known, words in _KNOWN:
        if name == known:
            too_large = known == "DownloadCancelledError"
            return FetchError(words, transport=not too_large and known != "UnsupportedURLSchemeError")
    if name == "IgnoreRequest" and "DOWNLOAD_MAXSIZE" in text:  # a body that grew while it was unpacked
        return FetchError("answer too large")
    if name in ("IgnoreRequest", "RobotsForbidError"):
        return FetchError(_short(text) or "refused", temporary=getattr(error, "temporary", False))
    if name == "DownloadFailedError":
        parser_said = _PARSER_SAID.search(text)
        return FetchError(f"broken answer: {_short(parser_said[2] if parser_said else text)}", transport=True)
    return FetchError(f"{name}: {_short(text)}" if text else name)


def describe_status(status: int, headers: Mapping[str, str], body: bytes) -> FetchError:
    """Return what a status other than 200 and 304 means; challenges of protection services get their name."""
    start = body[:4096].lower()
    challenged = (
        headers.get("cf-mitigated", "").lower() == "challenge"
        or b"challenges.cloudflare.com" in start
        or b"<title>just a moment" in start
    )
    if challenged:
        return FetchError(f"{status} challenge page", status=status)
    words = {
        401: "login wanted",
        403: "forbidden",
        404: "not found",
        410: "gone",
        429: "too many requests",
        451: "blocked for legal reasons",
    }.get(status) or _CLASSES.get(status // 100, "unexpected answer")
    return FetchError(f"{status} {words}", status=status)


def _blocked_by_guard(error: BaseException | None) -> str | None:
    """Return the guard's words; the client's own error leaves them out and only names its cause."""
    while error is not None:
        if found := _BLOCKED.search(str(error)):
            return found[0]
        error = error.__cause__
    return None


def _short(text: str) -> str:
    line = text.splitlines()[0] if text else ""
    return line if len(line) <= 120 else line[:119] + "…"


def is_for_now(failure: FetchError) -> bool:
    """Tell whether asking again in a while may help."""
    return failure.temporary or failure.status in _FOR_NOW
