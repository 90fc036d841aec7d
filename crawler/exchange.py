"""What goes out with a request and comes back with an answer: header fields and validators. Pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.model import Validators

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy.http import Response

    from crawler.config import Source

PUBLIC_HEADERS = frozenset({"accept", "accept-language", "user-agent"})  # the others may hold credentials


def own_headers(source: Source, url: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the source's headers for *url*, and the names of those that no other origin may see.

    A feed links wherever it likes: credentials go to the origins that the configuration names only.
    """
    configured = {urlsplit(str(route.url))[:2] for route in source.routes}
    private = tuple(name for name in source.headers if name.lower() not in PUBLIC_HEADERS)
    hidden = () if urlsplit(url)[:2] in configured else private
    values = {name: value.get_secret_value() for name, value in source.headers.items() if name not in hidden}
    return values, private


def read_headers(response: Response) -> dict[str, str]:
    """Return the header fields of an answer by lower-case name, the last of each."""
    return {
        key.decode("latin-1").lower(): values[-1].decode("latin-1")
        for key, values in response.headers.items()
        if values
    }


def new_validators(headers: Mapping[str, str], body: bytes) -> Validators:
    """Return what makes the next request for this answer conditional."""
    return Validators(headers.get("etag"), headers.get("last-modified"), sha256(body))


def sha256(body: bytes) -> str:
    """Return the hash by which an unchanged body is known."""
    return hashlib.sha256(body).hexdigest()
