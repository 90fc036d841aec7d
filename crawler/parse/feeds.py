"""Feed bytes into entries: RSS, RDF and Atom by feedparser, JSON Feed by ours. Tolerant, but deaf to tricks.

The body is data only: it is never opened as a path or fetched as a URL, its DTD never reaches the parser, and
it is cut to 2,000 entries before parsing. Whether an entry is new is not decided here.
"""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import feedparser

from crawler.errors import ParseError
from crawler.model import FeedEntry, ParsedFeed
from crawler.parse.aggregator import credit_publisher
from crawler.parse.charset import decode_body
from crawler.parse.dates import parse_date
from crawler.parse.feedxml import MAX_ENTRIES, FeedXml, find_malformed, prepare_xml, repair_xml
from crawler.parse.jsonfeed import ResolveLink, parse_json_feed
from crawler.parse.markup import clean_line, field_to_line, field_to_text, strip_controls
from crawler.parse.olderpage import Paging, find_older_page
from crawler.parse.pagedate import read_printed_date
from crawler.parse.pagetag import absolute_link
from crawler.urls import MAX_URL_CHARS, identity_key, is_http_url, tidy_link

_BESIDE_DATE_CHARS = 14  # a weekday
_MAX_TTL = timedelta(days=7)  # a longer <ttl> is a mistake, and would hide a source


def parse_feed(body: bytes, content_type: str | None, url: str) -> ParsedFeed:
    """Read a feed of any kind; *url* is where it came from, for relative links.

    Entries before a damage are kept and ``damaged`` says what it was. Raises ``ParseError`` with the cause
    in words: "empty answer", "challenge page (…)", "login page", "HTML page, not a feed: …", "not a feed".
    """
    text = strip_controls(decode_body(body, content_type).text).lstrip("\ufeff \t\r\n")
    if not text:
        raise ParseError("empty answer")

    def resolve(link: str, home: str) -> str | None:
        return _absolute_link(link, home, url)

    if text[0] in "{[":
        return parse_json_feed(text, resolve, url)
    return _parse_xml(prepare_xml(text, url), resolve, url)


def _parse_xml(xml: FeedXml, resolve: ResolveLink, url: str) -> ParsedFeed:
    damages = [xml.cut] if xml.cut else []
    if xml.bare:
        damages.append(f"{xml.bare} bare & or < in the markup")
    error = find_malformed(xml.document)
    parsed = _read((error and repair_xml(xml.document)) or xml.document)
    if (
        error and len(parsed.entries) < xml.entries
    ):  # feedparser's own tolerance, which is slow and knows no entries
        parsed = max(parsed, _read(xml.document), key=lambda read: len(read.entries))
    if error and not xml.cut:
        damages.append(f"malformed XML: {error}")
    if not parsed.get("version") and not parsed.entries and xml.root != "channel":
        raise ParseError("not a feed")
    feed = parsed.feed
    home, title = _raw(feed, "link"), field_to_line(_raw(feed, "title"))
    entries = [
        entry for item in parsed.entries[:MAX_ENTRIES] if (entry := _entry(item, home, title, resolve))
    ]
    return ParsedFeed(
        entries=tuple(entries),
        older=find_older_page(_paging(feed, entries[0], url), url) if entries else None,
        title=title,
        language=clean_line(_raw(feed, "language")) or None,
        ttl=_ttl(_raw(feed, "ttl")),
        damaged="; ".join(damages) or None,
        moved=_moved(feed, url),
    )


def _read(document: str) -> Any:
    return feedparser.parse(  # a file object: a string or bytes could be taken for a path or URL
        io.BytesIO(document.encode()),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        resolve_relative_uris=False,
        sanitize_html=False,
    )


def _paging(feed: dict[str, object], first: FeedEntry, url: str) -> Paging:
    links = dict.get(feed, "links")
    named = [link for link in links if isinstance(link, dict)] if isinstance(links, list) else []
    by_rel = {_raw(link, "rel"): _raw(link, "href") for link in reversed(named)}
    linked = by_rel.get("prev-archive") or by_rel.get("next") or ""
    return Paging(
        linked=absolute_link(linked, url),
        is_complete=dict.get(feed, "fh_complete") is not None,
        generator=_raw(feed, "generator"),
        guid=first.guid or "",
        start=_raw(feed, "opensearch_startindex"),
        size=_raw(feed, "opensearch_itemsperpage"),
        total=_raw(feed, "opensearch_totalresults"),
    )


def _moved(feed: dict[str, object], url: str) -> str | None:
    """Return the address that the feed itself gives as its new one.

    ``<itunes:new-feed-url>`` and RSS' ``<redirect><newLocation>``. Not ``rel="self"``: it is often the address of
    before a proxy, a cache or a change to https, so that it tells nothing.
    """
    named = absolute_link(_raw(feed, "itunes_new-feed-url") or _raw(feed, "newlocation"), url)
    return None if named is None or identity_key(named) == identity_key(url) else named


def _entry(item: dict[str, object], home: str, feed_title: str, resolve: ResolveLink) -> FeedEntry | None:
    guid = clean_line(_raw(item, "id"))
    link = _raw(item, "feedburner_origlink") or _article_link(item)
    if clean_line(link) == guid and not is_http_url(guid) and not guid.startswith("/"):
        link = ""  # an identifier that feedparser offers as the link it never was
    parts = dict.get(item, "content")
    bodies = (
        [_raw(part, "value") for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    )
    content = field_to_text(max(bodies, key=len, default=""))
    source = dict.get(item, "source")
    entry = FeedEntry(
        title=field_to_line(_raw(item, "title")),
        url=resolve(link, home),
        guid=guid or None,
        summary=field_to_text(_raw(item, "summary")),
        content=content,
        author=field_to_line(_raw(item, "author")) or None,
        published=_published(item),
    )
    if not (entry.title or entry.url or entry.content or entry.summary or entry.guid):
        return None
    named = field_to_line(_raw(source, "title")) if isinstance(source, dict) else ""
    return credit_publisher(entry, named or clean_line(_raw(item, "news_source")), feed_title)


def _article_link(item: dict[str, object]) -> str:
    """Return the entry's link; its alternate where feedparser has taken an enclosure for it."""
    link, links = _raw(item, "link"), dict.get(item, "links")
    named = [part for part in links if isinstance(part, dict)] if isinstance(links, list) else []
    rels = {_raw(part, "href"): _raw(part, "rel") for part in named}
    alternates = [href for href, rel in rels.items() if rel == "alternate"]
    return alternates[0] if alternates and rels.get(link, "alternate") != "alternate" else link


def _published(item: dict[str, object]) -> datetime | None:
    for key in ("published", "created", "updated"):
        if (date := parse_date(_raw(item, key))) is not None:
            return date
    return read_printed_date(clean_line(_raw(item, "published")), _BESIDE_DATE_CHARS)


def _raw(item: dict[str, object], key: str) -> str:
    # dict.get: feedparser's own get answers "updated" with "published" and a DeprecationWarning.
    value = dict.get(item, key)
    return value if isinstance(value, str) else ""


def _absolute_link(link: str, home: str, url: str) -> str | None:
    """Return the link made absolute against the site's home page, else the feed's own address."""
    link = tidy_link(link)
    if not link or len(link) > MAX_URL_CHARS:
        return None
    base = home if is_http_url(home) else url
    try:
        absolute = urljoin(base, link)
    except ValueError:
        return None
    return absolute if is_http_url(absolute) else None


def _ttl(minutes: str) -> timedelta | None:
    if not minutes.strip().isdecimal() or len(minutes) > 12:
        return None
    return min(timedelta(minutes=int(minutes)), _MAX_TTL) or None
