"""A proxy as the configuration writes it, taken apart once; its login is shown nowhere. Opens no connection.

Of the two ways to write SOCKS only ``socks5h`` is accepted: with ``socks5`` the names of sites would be looked up on
this machine, in the sight of its network, before the proxy hears of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

# Without a port: RFC 9110 §4.2.1 and §4.2.2, and IANA's port for SOCKS. Tor listens on 9050.
_PORTS = {"http": 80, "https": 443, "socks5h": 1080}
_MAX_SOCKS_LOGIN_BYTES = 255  # RFC 1929 §2: a length is one byte
_WANTED = "write null, or an address that begins with http, https, socks5h and ://"


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy. ``str`` names it without its login, which may be a key even where it is called a user name."""

    scheme: str  # http, https or socks5h
    host: str
    port: int
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def is_socks(self) -> bool:
        """Tell whether the proxy speaks SOCKS 5 (RFC 1928), else it is an HTTP proxy."""
        return self.scheme == "socks5h"

    @property
    def place(self) -> str:
        """Return host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def login(self) -> str:
        """Return user name and password as they stand in an address, "" without a login. Not for people."""
        if self.username is None:
            return ""
        return f"{quote(self.username, safe='')}:{quote(self.password or '', safe='')}"

    @property
    def address(self) -> str:
        """Return the whole address with the login. Not for people."""
        return f"{self.scheme}://{self.login}@{self.place}" if self.login else str(self)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.place}"


def parse_proxy(address: str) -> Proxy:
    """Read an address; ``ValueError`` says what may be written and repeats nothing of it."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ValueError(_WANTED) from None
    if parts.scheme in ("socks", "socks5"):
        raise ValueError("write socks5h:// instead: with socks5:// names would be looked up on this machine")
    beyond = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in _PORTS or not parts.hostname or beyond or re.search(r"[\s\x00-\x1f\x7f]", address):
        raise ValueError(_WANTED)
    username = None if parts.username is None else unquote(parts.username)
    password = None if username is None else unquote(parts.password or "")
    if not f"{parts.hostname}{username}{password}".isascii() or ":" in (username or ""):
        raise ValueError(
            "a proxy and its login are written in ASCII, the user name without a colon (RFC 7617 §2)"
        )
    if parts.scheme == "socks5h" and username is not None:
        lengths = [len((value or "").encode()) for value in (username, password)]
        if not all(1 <= length <= _MAX_SOCKS_LOGIN_BYTES for length in lengths):
            raise ValueError("a SOCKS login is user:password, each of at most 255 bytes (RFC 1929)")
    return Proxy(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], username, password)
