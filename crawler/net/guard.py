"""No connection to a private address, whatever a feed, a redirect or a name server says.

The check stands where the socket is made, on the very address that is dialled, so that spellings
(``0x7f000002``, ``0177.0.0.2``), redirects and rebinding names all meet it. Behind a proxy we see no address: there
the name that the proxy would be given is judged, and what it resolves to is the proxy's to refuse.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable
from typing import Any

AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]  # as socket.getaddrinfo gives it
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
# All that IANA gives out for the internet. Python also calls site-local, IPv4-compatible and local NAT64 ones global.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
WEB_PORTS = frozenset({80, 443})
# Last labels that mean something on one machine or in one house only: RFC 6761 (localhost, test, invalid), RFC 6762
# (local) and its appendix G, RFC 8375 (home.arpa; nobody publishes under arpa); `internal` is reserved for private use
# (ICANN resolution 2024.07.29.06).
_INNER = frozenset(
    {"localhost", "test", "invalid", "local", "intranet", "internal"}
    | {"private", "corp", "home", "lan", "localdomain", "arpa"}
)
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_MAX_HOST_CHARS = 253  # RFC 1035 §2.3.4, written with dots
# Read as an address, in any base, by inet_aton and by https://url.spec.whatwg.org/#ends-in-a-number-checker
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class BlockedAddressError(OSError):
    """A connection that was refused before it was made."""


def is_public(address: str) -> bool:
    """Tell whether *address* (a literal, perhaps with an IPv6 scope) is on the public internet.

    IPv4 hidden in IPv6 (mapped, 6to4, Teredo, NAT64) is judged by the IPv4 address.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _GLOBAL_UNICAST:
            return False
    return ip.is_global and not ip.is_multicast


def find_target_problem(
    host: str, port: int, ports: frozenset[int] = WEB_PORTS, *, through_socks: bool = False
) -> str | None:
    """Return why a proxy must not be asked for *host*, None when it may.

    *host* is what would be sent: ASCII, without brackets. Behind a proxy nobody here sees the address that is dialled,
    so what can only be private is refused by its name: names of one label and of private zones, and literals. A public
    literal must be spelled as everyone reads it (``010.8.8.8`` is 8.8.8.8 to some resolvers and 10.8.8.8 to others).
    ``.onion`` (RFC 7686) is for Tor only, which is reached by SOCKS.
    """
    if port not in ports:
        return f"port {port} is not a web port; refused"
    name = host.lower().removesuffix(".")
    if ":" not in name and (len(name) > _MAX_HOST_CHARS or not _HOST.fullmatch(name)):
        return "the host is not a name that a proxy can be given; refused"
    last = name.rpartition(".")[2]
    if ":" in name or _NUMBER.fullmatch(last):
        return None if _is_public_literal(name) else f"{name} is not a public address; refused"
    if last == "onion":
        return (
            None if through_socks else "an .onion address can be read through Tor only (socks5h://); refused"
        )
    if "." not in name or last in _INNER:
        return f"{name} is not a public name; refused"
    return None


def _is_public_literal(name: str) -> bool:
    try:
        return "%" not in name and is_public(name)
    except ValueError:
        return False


def guarded_socket_factory(
    *, allow_private: bool, ports: frozenset[int] = WEB_PORTS
) -> Callable[[AddressInfo], socket.socket]:
    """Return the socket factory of a connector: it raises `BlockedAddressError` instead of dialling inwards.

    *ports* are the allowed ones; with *allow_private* (tests and the demo) everything is allowed.
    """

    def make(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _name, address = info
        if not allow_private:
            if not is_public(str(address[0])):
                raise BlockedAddressError(f"{address[0]} is not a public address; refused")
            if address[1] not in ports:
                raise BlockedAddressError(f"port {address[1]} is not a web port; refused")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    return make
