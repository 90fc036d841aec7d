"""Kind ``telegram``: a public channel through its preview page, which needs neither account nor key."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.spiders.kind import Kind
from crawler.urls import is_telegram_host

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,63}")
_NO_CHANNELS = frozenset({"joinchat", "addstickers", "addlist", "share", "proxy", "socks", "iv", "login"})


def preview_address(route_url: str) -> str:
    """Return ``https://t.me/s/NAME`` for any way to write a public channel.

    ``@NAME``, ``t.me/NAME``, ``telegram.me/NAME``, ``NAME.t.me``, with /s/, a post's number or without. A search
    in the channel (``?q=``) is kept. What is no channel's name, or no host of Telegram's, comes back as it is.
    """
    written = route_url.strip()
    if written.startswith("@"):
        written = f"https://t.me/{written[1:]}"
    elif "://" not in written:
        written = f"https://{written}"
    parts = urlsplit(written)
    host = (parts.hostname or "").removeprefix("www.")
    if not is_telegram_host(host):
        return route_url
    steps = [step for step in parts.path.split("/") if step]
    if host.count(".") > 1:  # NAME.t.me
        steps.insert(0, host.partition(".")[0])
    if steps[:1] == ["s"]:
        steps.pop(0)
    name = steps[0].removeprefix("@") if steps else ""
    if not _NAME.fullmatch(name) or name.lower() in _NO_CHANNELS:
        return route_url
    search = [(key, value) for key, value in parse_qsl(parts.query) if key == "q"][:1]
    return f"https://t.me/s/{name}{'?' if search else ''}{urlencode(search)}"


TELEGRAM = Kind(
    name="telegram", accept="text/html, application/xhtml+xml;q=0.9, */*;q=0.5", ask=preview_address
)
