"""No connection to a private address, whatever a feed, a redirect or a name server says.

The check stands where the socket is made, on the very address that is dialled, so that spellings
(``0x7f000002``, ``0177.0.0.2``), redirects and rebinding names all meet it.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]  # as socket.getaddrinfo gives it
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
# All that IANA gives out for the internet. Python also calls site-local, IPv4-compatible and local NAT64 ones global.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
WEB_PORTS = frozenset({80, 443})
# Names that mean something on one machine or in one house only: RFC 6761, RFC 6762, RFC 8375; `internal` is
# reserved for private use (ICANN resolution 2024.07.29.06).
_PRIVATE_NAMES = (
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "lan",
    "home",
    "home.arpa",
    "corp",
)


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

    Behind a proxy nobody here sees the address that is dialled, so what can only be private is refused by its name:
    literals in any spelling that a resolver reads (decimal, octal, hexadecimal, short), names of one label and of
    private zones. ``.onion`` (RFC 7686) is for Tor only, which is reached by SOCKS.
    """
    if port not in ports:
        return f"port {port} is not a web port; refused"
    name = host.rstrip(".").lower()
    literal = _read_literal(name)
    if literal is not None:
        return None if is_public(literal) else f"{literal} is not a public address; refused"
    labels = name.split(".")
    if len(labels) < 2 or any(name == zone or name.endswith(f".{zone}") for zone in _PRIVATE_NAMES):
        return f"{name[:60] or 'an empty name'} is not a public name; refused"
    if labels[-1] == "onion" and not through_socks:
        return "an .onion address can be read through Tor only (socks5h://); refused"
    return None


def _read_literal(name: str) -> str | None:
    """Return the address that *name* spells, None for a name."""
    try:
        return str(ipaddress.ip_address(name.strip("[]").partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except (OSError, UnicodeError):
        return None


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
