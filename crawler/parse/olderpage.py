"""Where the entries before those of a feed can be asked for. Pure: addresses only, on the feed's own site only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from crawler.urls import with_query

_PLAIN_POST = re.compile(r"^https?://[^?#]{4,200}\?(?:post_type=\w{1,30}&)?p=\d{1,12}$")


@dataclass(frozen=True, slots=True)
class Paging:
    """What a feed says of its other pages."""

    linked: str | None = None  # rel="prev-archive" or "next" (RFC 5005 §4, §3), next_url of JSON Feed
    is_complete: bool = False  # RFC 5005 §2: there are no others
    generator: str = ""
    guid: str = ""  # of its first entry
    start: str = ""  # OpenSearch: number of its first entry, entries a page, entries in all
    size: str = ""
    total: str = ""


def find_older_page(said: Paging, url: str) -> str | None:
    """Return the address of the page before the one at *url*, None when there is none or none can be told.

    What the feed links to wins. Blogger counts entries (``start-index``); its own links lead to another host. Every
    feed of WordPress takes ``?paged=2``; where a site hides its generator, the GUIDs give it away.
    """
    if said.is_complete:
        return None
    linked = _on_our_site(said.linked, url) if said.linked else None
    if linked:
        return linked if linked != url else None
    if said.generator.strip().lower().startswith("blogger"):
        return _blogger_page(said, url)
    if "wordpress.org" in said.generator.lower() or _PLAIN_POST.match(said.guid):
        page = next((value for name, value in parse_qsl(urlsplit(url).query) if name == "paged"), "1")
        return with_query(url, paged=str((_number(page) or 1) + 1))
    return None


def _on_our_site(linked: str, url: str) -> str | None:
    """Return *linked* by the scheme of *url* when its host is the same but for ``www.``, else None."""
    theirs, ours = urlsplit(linked), urlsplit(url)
    if theirs.netloc.lower().removeprefix("www.") != ours.netloc.lower().removeprefix("www."):
        return None
    return theirs._replace(scheme=ours.scheme).geturl()


def _blogger_page(said: Paging, url: str) -> str | None:
    start, size, total = _number(said.start), _number(said.size), _number(said.total)
    if start is None or not size or total is None or start + size > total:
        return None
    return with_query(url, **{"start-index": str(start + size), "max-results": str(size)})


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
