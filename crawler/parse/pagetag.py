"""Tags of a page's markup, read one by one, and the feeds that a page or a list of feeds names. Builds no tree."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import urljoin

from crawler.urls import is_http_url, tidy_link

_MOST_CHARS = 1_000_000
_MOST_TAGS = 5_000
_TAG = re.compile(r"<(link|meta|a|outline)\s([^<>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([A-Za-z][\w:-]{0,40}+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
# What is never closed is hidden to the end: looking for every end anew would take minutes.
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*+>|\Z)", re.DOTALL | re.IGNORECASE)
_FEED_TYPE = re.compile(r"application/(?:(?:rss|atom|rdf)\+xml|feed\+json)", re.IGNORECASE)
_COMMENTS = re.compile(r"/comments(?:/|$)|[?&]feed=comments", re.IGNORECASE)


def read_tags(page: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the name and attributes of the first 5,000 ``link``, ``meta``, ``a`` and ``outline`` tags, in order.

    Comments, scripts and styles are passed over, and what stands behind the first million characters.
    """
    for number, tag in enumerate(_TAG.finditer(_HIDDEN.sub(" ", page[:_MOST_CHARS]))):
        if number >= _MOST_TAGS:
            return
        fields: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(tag[2]):
            fields.setdefault(name.lower(), html.unescape(double or single or bare).strip())
        yield tag[1].lower(), fields


def named_feed(tag: str, fields: dict[str, str], url: str) -> str | None:
    """Return the address of the feed that a tag of the page at *url* names, None when it names none.

    ``<link rel="alternate" type="application/rss+xml">`` and its like (HTML, "Link types"), feeds of comments left
    out; ``<outline xmlUrl>`` of OPML.
    """
    if tag == "outline":
        return absolute_link(fields.get("xmlurl", ""), url)
    if tag != "link" or "alternate" not in fields.get("rel", "").lower().split():
        return None
    if not _FEED_TYPE.match(fields.get("type", "").strip()):
        return None
    address = absolute_link(fields.get("href", ""), url)
    return None if address is None or _COMMENTS.search(address) else address


def absolute_link(link: str, base: str) -> str | None:
    """Return *link* as an absolute http(s) address, None when it is none."""
    try:
        address = urljoin(base, tidy_link(link)) if link else ""
    except ValueError:
        return None
    return address if is_http_url(address) else None
