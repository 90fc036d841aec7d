"""What goes out with a request and comes back with an answer: header fields and validators. Asks nothing itself."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import Request

from crawler.model import Validators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

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


def host_headers(sources: Iterable[Source], url: str, asking: Source) -> dict[str, str]:
    """Return what another of *sources* says to its own site, when *url* leads there; credentials are left out.

    A channel or an aggregator links articles of an outlet that turns away who does not say what its own source says.
    """
    origin = urlsplit(url)[:2]
    if any(urlsplit(str(route.url))[:2] == origin for route in asking.routes):
        return {}
    for source in sources:
        if source.headers and urlsplit(str(source.routes[0].url))[:2] == origin:
            said = source.headers.items()
            return {name: value.get_secret_value() for name, value in said if name.lower() in PUBLIC_HEADERS}
    return {}


def source_request(
    url: str,
    source: Source | None,
    accept: str,
    *,
    callback: Callable[..., object] | None = None,
    errback: Callable[..., object] | None = None,
    headers: Mapping[str, str] | None = None,
    meta: Mapping[str, object] | None = None,
    priority: int = 0,
    arguments: Mapping[str, object] | None = None,
) -> Request:
    """Return the request for *url* with the source's own headers; a redirect takes the private ones off again.

    *arguments* are those of *callback*.
    """
    own, private = own_headers(source, url) if source else ({}, ())
    return Request(
        url,
        callback=callback,
        errback=errback,
        headers={"Accept": accept, **own, **(headers or {})},
        meta={"source_id": source.id if source else None, "private_headers": private, **(meta or {})},
        priority=priority,
        dont_filter=True,
        cb_kwargs=dict(arguments or {}),
    )


def read_as(answered: str, route_url: str) -> str:
    """Return the answered address with the route's fragment, which says how a listing or sitemap is read."""
    fragment = route_url.partition("#")[2]
    return f"{answered.partition('#')[0]}#{fragment}" if fragment else answered


def find_new_home(response: Response, asked: str) -> str | None:
    """Return where *asked* was redirected to for good (301, 308; RFC 9110 §15.4.2, §15.4.9), None when it was not.

    One temporary hop makes the whole way temporary.
    """
    hops = response.meta.get("redirect_reasons") or ()
    if not hops or response.url == asked or not set(hops) <= {301, 308}:
        return None
    return response.url


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
