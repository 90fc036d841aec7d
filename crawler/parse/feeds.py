"""Feed bytes into entries: RSS, RDF and Atom by feedparser, JSON Feed by ours. Tolerant, but deaf to tricks.

The body is data only: it is never opened as a path or fetched as a URL, its DTD never reaches the parser, and
it is cut to 2,000 entries before parsing. Whether an entry is new is not decided here.
"""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urljoin, urlsplit
from xml.sax import SAXException

import feedparser

from crawler.errors import ParseError
from crawler.model import FeedEntry, ParsedFeed
from crawler.parse.aggregator import credit_publisher
from crawler.parse.charset import decode_body
from crawler.parse.dates import parse_date
from crawler.parse.feedxml import MAX_ENTRIES, FeedXml, prepare_xml
from crawler.parse.jsonfeed import ResolveLink, parse_json_feed
from crawler.parse.markup import clean_line, field_to_line, field_to_text, strip_controls
from crawler.urls import MAX_URL_CHARS, is_http_url, with_query

_MAX_TTL = timedelta(days=7)  # a longer <ttl> is a mistake, and would hide a source
_OLDER = ("next", "prev-archive")


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
        return parse_json_feed(text, resolve)
    return _parse_xml(prepare_xml(text), resolve, url)


def find_older_page(linked: str | None, generator: str, url: str) -> str | None:
    """Return the address of a feed's next older page, None when it names none.

    RFC 5005 §3 and §4 (``next``, ``prev-archive``), on the same host only; WordPress takes ``?paged=2`` on every feed.
    """
    here = urlsplit(url)
    if linked:
        return linked if urlsplit(linked)[:2] == here[:2] and linked != url else None
    if "wordpress.org" not in generator.lower():
        return None
    page = next((value for name, value in parse_qsl(here.query) if name == "paged"), "1")
    following = int(page) + 1 if page.isascii() and page.isdigit() and len(page) < 5 else 2
    return with_query(url, paged=str(following))


def _parse_xml(xml: FeedXml, resolve: ResolveLink, url: str) -> ParsedFeed:
    damages = [xml.cut] if xml.cut else []
    if xml.bare_ampersands:
        damages.append(f"{xml.bare_ampersands} bare & in the markup")
    parsed = feedparser.parse(  # a file object: a string or bytes could be taken for a path or URL
        io.BytesIO(xml.document.encode()),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    error = parsed.get("bozo_exception")
    if (
        parsed.get("bozo")
        and isinstance(error, SAXException)
        and not xml.cut
        and "unbound prefix" not in str(error)
    ):
        damages.append(f"malformed XML: {clean_line(error.getMessage() or '')[:120]}")
    if not parsed.get("version") and not parsed.entries and xml.root != "channel":
        raise ParseError("not a feed")
    feed = parsed.feed
    home, title = _raw(feed, "link"), field_to_line(_raw(feed, "title"))
    entries = [
        entry for item in parsed.entries[:MAX_ENTRIES] if (entry := _entry(item, home, title, resolve))
    ]
    linked = next((link.get("href", "") for link in feed.get("links", ()) if link.get("rel") in _OLDER), "")
    return ParsedFeed(
        entries=tuple(entries),
        older=find_older_page(resolve(linked, home) if linked else None, _raw(feed, "generator"), url)
        if entries
        else None,
        title=title,
        language=clean_line(_raw(feed, "language")) or None,
        ttl=_ttl(_raw(feed, "ttl")),
        damaged="; ".join(damages) or None,
    )


def _entry(item: dict[str, object], home: str, feed_title: str, resolve: ResolveLink) -> FeedEntry | None:
    guid = clean_line(_raw(item, "id"))
    link = _raw(item, "feedburner_origlink") or _article_link(item)
    if clean_line(link) == guid and not is_http_url(guid):
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
    return None


def _raw(item: dict[str, object], key: str) -> str:
    # dict.get: feedparser's own get answers "updated" with "published" and a DeprecationWarning.
    value = dict.get(item, key)
    return value if isinstance(value, str) else ""


def _absolute_link(link: str, home: str, url: str) -> str | None:
    """Return the link made absolute against the site's home page, else the feed's own address."""
    link = "".join(link.split())
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
