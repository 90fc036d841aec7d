"""Why a request got no answer, in our own words: what libraries and proxies say may hold names and addresses. Pure."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

LOGIN_WANTED = "the proxy wants another login"
NO_PROXY = "the proxy cannot be reached"
NO_NAME = "no such host name"
REFUSED = "nothing listens there"
NO_CONNECTION = "connection failed"
BAD_TLS = "TLS failed"
LATE_CONNECTION = "no connection in time"
_WORDS = {
    "ConnectError": NO_CONNECTION,
    "ConnectTimeout": LATE_CONNECTION,
    "ReadTimeout": "no answer in time",
    "WriteTimeout": "sending took too long",
    "ReadError": "connection lost while reading the answer",
    "WriteError": "connection lost while sending",
    "RemoteProtocolError": "the server broke off",
    "InvalidURL": "not a usable address",
    "UnsupportedProtocol": "not a usable address",
}
# https://docs.openssl.org/3.0/man1/openssl-verification-options/ and X509_verify_cert_error_string(3)
_CERTIFICATE = {
    9: "the certificate is not valid yet: is this machine's clock right?",
    10: "the certificate has expired",
    18: "the certificate is signed by itself",
    19: "the certificate's chain ends in an unknown authority",
    20: "the certificate's authority is unknown",
    62: "the certificate is for another host",
    64: "the certificate is for another address",
}


def cause_of(error: Exception, *, has_proxy: bool) -> str:
    """Return what kind of failure an exception of httpx is, named by its class so that this needs no httpx."""
    name = type(error).__name__
    if name == "ProxyError":
        return _proxy_cause(str(error))
    if name != "ConnectError":
        return _WORDS.get(name, name)
    return connection_cause(error, has_proxy=has_proxy)


def connection_cause(error: BaseException, *, has_proxy: bool) -> str:
    """Return why a connection failed, from what a library's exception was made of."""
    for cause in _chain(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return f"{BAD_TLS}: {_CERTIFICATE.get(cause.verify_code, 'the certificate is not accepted')}"
            case ssl.SSLError():
                return f"{BAD_TLS}: no agreement with the server"
            case socket.gaierror():
                return NO_PROXY if has_proxy else NO_NAME
            case ConnectionRefusedError():
                return NO_PROXY if has_proxy else f"{NO_CONNECTION}: {REFUSED}"
    return NO_CONNECTION


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        each_address = found.exceptions if isinstance(found, BaseExceptionGroup) else ()
        found = each_address[0] if each_address else found.__cause__ or found.__context__


def _proxy_cause(said: str) -> str:
    """Return what a refusal means, in our words: the proxy's own may hold names and addresses."""
    status = said[:3]
    # of SOCKS: "Requested USERNAME/PASSWORD from proxy server"
    if status == "407" or "username" in said.lower():
        return LOGIN_WANTED
    return f"the proxy answered {status}" if status.isdecimal() else "the proxy could not connect"
