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
