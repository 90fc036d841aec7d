"""Entries of feeds that carry others' news: who published them, and what the aggregator printed round their words.

Pure. An address that an aggregator wraps is unwrapped where it stands in the link itself; nothing is asked.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from crawler.model import FeedEntry
from crawler.urls import is_http_url, is_news_redirect, is_on_domain

# Links that hold the article's address in their query: news searches of Bing, alerts of Google.
_WRAPPED = {("www.bing.com", "/news/apiclick.aspx"): "url", ("www.google.com", "/url"): "url"}
# A protocol buffer: field 1 is 19, field 4 the address. Since July 2024 field 4 is a key ("AU_yqL...") to it instead,
# that only Google can turn; older links and some feeds still hold the address.
_ADDRESS_FOLLOWS = b"\x08\x13\x22"

# https://reliefweb.int/updates/rss.xml: every description begins with these, each in a <div> of its own.
_RELIEFWEB_LINE = re.compile(
    r"(?P<tag>Countr(?:y|ies)|Sources?|Organizations?|Posted|Originally published): (?P<value>.+)"
)
_RELIEFWEB_RUN = re.compile(
    r"Countr(?:y|ies): .{1,300}?\s+Sources?: (?P<value>.{1,300}?)\s+(?=Please refer to the attached )"
)
_RELIEFWEB_FILE = re.compile(r"Please refer to the attached [\w ]{1,40}\.?\s*", re.IGNORECASE)


def credit_publisher(entry: FeedEntry, named: str, feed_title: str) -> FeedEntry:
    """Return *entry* with who published it, where that is another than the feed.

    *named* is what the feed calls the entry's source: RSS 2.0 ``<source>``, the title of ``atom:source`` (RFC 4287
    §4.2.11). Google News' headlines lose the publisher at their end and its descriptions, which only repeat headline
    and publisher, or list other articles; ReliefWeb's descriptions lose their tags, of which one is the publisher.
    """
    if is_news_redirect(entry.url):
        title = entry.title.removesuffix(f" - {named}") if named else entry.title
        url = find_wrapped_address(entry.url or "") or entry.url
        return replace(entry, title=title, url=url, summary="", content="", publisher=named or None)
    parts = urlsplit(entry.url or "")
    if is_on_domain(parts.hostname, ("reliefweb.int",)):
        return _credit_reliefweb(entry)
    field = _WRAPPED.get((parts.netloc, parts.path))
    if field and (address := dict(parse_qsl(parts.query)).get(field, "")) and is_http_url(address):
        entry = replace(entry, url=address)
    is_other = named.casefold() not in ("", feed_title.casefold())
    return replace(entry, publisher=named) if is_other else entry


def find_wrapped_address(url: str) -> str | None:
    """Return the article's address that a link of Google News holds, None when it holds only a key to it."""
    name = urlsplit(url).path.rsplit("/", 1)[-1]
    try:
        data = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4))
    except (binascii.Error, ValueError):
        return None
    if not data.startswith(_ADDRESS_FOLLOWS) or len(data) < 5:
        return None
    size, start = data[3], 4
    if size > 127:  # a number of two bytes, seven bits each, the low ones first
        size, start = (size & 127) | (data[4] << 7), 5
    address = data[start : start + size].decode("utf-8", "replace")
    return address if len(data) >= start + size and is_http_url(address) else None


def _credit_reliefweb(entry: FeedEntry) -> FeedEntry:
    publisher, lines = None, entry.summary.split("\n")
    while lines and (tag := _RELIEFWEB_LINE.fullmatch(lines[0])):
        publisher = tag["value"] if tag["tag"].startswith(("Source", "Org")) else publisher
        lines.pop(0)
    text = "\n".join(lines)
    if publisher is None and (run := _RELIEFWEB_RUN.match(entry.summary)):
        publisher, text = run["value"], entry.summary[run.end() :]
    text = _RELIEFWEB_FILE.sub("", text, count=1) if _RELIEFWEB_FILE.match(text) else text
    return replace(entry, summary=text.strip(), publisher=publisher)
