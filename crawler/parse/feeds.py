"""Feed bytes into entries: RSS, RDF and Atom by feedparser, JSON Feed by ours. Tolerant, but deaf to tricks.

The body is data only: it is never opened as a path or fetched as a URL, its DTD is discarded unread, and
it is cut to 2,000 entries before parsing. Whether an entry is new is not decided here.
"""

from __future__ import annotations

import html
import io
import re
from datetime import datetime, timedelta
from itertools import islice
from urllib.parse import parse_qsl, urljoin, urlsplit
from xml.sax import SAXException

import feedparser

from crawler.errors import ParseError
from crawler.model import FeedEntry, ParsedFeed
from crawler.parse.charset import decode_body
from crawler.parse.dates import parse_date
from crawler.parse.jsonfeed import MAX_ENTRIES, ResolveLink, parse_json_feed
from crawler.parse.markup import clean_line, describe_html, field_to_line, field_to_text, strip_controls
from crawler.urls import MAX_URL_CHARS, is_http_url, with_query

_MAX_TTL = timedelta(days=7)  # a longer <ttl> is a mistake, and would hide a source
_SNIFF_CHARS = 65_536
_OLDER = ("next", "prev-archive")

_ROOT = re.compile(
    r"<(?:(?P<feed>(?:\w+:)?(?:rss|rdf|feed))|(?P<html>html|head|body))(?=[\s>/:])", re.IGNORECASE
)
_HTML_DOCTYPE = re.compile(r"\s*(?:<!--.{0,2000}?-->\s*)?<!doctype\s+html", re.IGNORECASE | re.DOTALL)
_FIRST_NAME = re.compile(r"<([A-Za-z][\w:.-]{0,40})")
_ITEM_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
# Either a CDATA section or comment, passed over as it is, or a reference or ampersand to be looked at.
_AMPERSAND = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(?:(?P<known>#\d{1,7}|#[xX][0-9a-fA-F]{1,6})|(?P<name>\w{1,32}));|&",
    re.DOTALL,
)
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})


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
    root = _ROOT.search(text, 0, _SNIFF_CHARS)
    if _HTML_DOCTYPE.match(text) or (root and root["html"]):
        raise ParseError(describe_html(text))
    if root is None:
        name = _FIRST_NAME.search(text, 0, _SNIFF_CHARS)
        raise ParseError(f"not a feed: <{name.group(1)}>" if name else "not a feed")
    return _parse_xml(text, root, resolve, url)


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


def _parse_xml(text: str, root: re.Match[str], resolve: ResolveLink, url: str) -> ParsedFeed:
    # What stands before the root is dropped: PHP's warnings, and the DTD with every entity it declares.
    damages = []
    rest, cut = _cut_to_whole_entries(text[root.start() :], root.group()[1:])
    if cut:
        damages.append(cut)
    rest, bare = _escape_ampersands(rest)
    if bare:
        damages.append(f"{bare} bare & in the markup")
    document = f'<?xml version="1.0" encoding="utf-8"?>\n{rest}'
    parsed = feedparser.parse(  # a file object: a string or bytes could be taken for a path or URL
        io.BytesIO(document.encode()),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    error = parsed.get("bozo_exception")
    if (
        parsed.get("bozo")
        and isinstance(error, SAXException)
        and not cut
        and "unbound prefix" not in str(error)
    ):
        damages.append(f"malformed XML: {clean_line(error.getMessage() or '')[:120]}")
    if not parsed.get("version") and not parsed.entries:
        raise ParseError("not a feed")
    feed = parsed.feed
    home = _raw(feed, "link")
    entries = [entry for item in parsed.entries[:MAX_ENTRIES] if (entry := _entry(item, home, resolve))]
    linked = next((link.get("href", "") for link in feed.get("links", ()) if link.get("rel") in _OLDER), "")
    return ParsedFeed(
        entries=tuple(entries),
        older=find_older_page(resolve(linked, home) if linked else None, _raw(feed, "generator"), url)
        if entries
        else None,
        title=field_to_line(_raw(feed, "title")),
        language=clean_line(_raw(feed, "language")) or None,
        ttl=_ttl(_raw(feed, "ttl")),
        damaged="; ".join(damages) or None,
    )


def _cut_to_whole_entries(text: str, root: str) -> tuple[str, str | None]:
    """Close a feed that is cut off after its last whole entry, and one that is too long after its 2,000th.

    A half entry is not kept: a link that is cut off leads elsewhere. What follows the feed is dropped.
    """
    ends = [match.end() for match in islice(_ITEM_END.finditer(text), MAX_ENTRIES + 1)]
    if len(ends) > MAX_ENTRIES:
        return _closed(text[: ends[MAX_ENTRIES - 1]], root), None
    closing = re.compile(rf"</{re.escape(root)}\s*>").search(text, ends[-1] if ends else 0)
    if closing:
        return text[: closing.end()], None
    if re.match(r"<[^<>]*/>", text):
        return text, None  # <rss/>: empty, and whole
    if not ends:
        raise ParseError("not a feed: cut off before the end of its first entry")
    return _closed(text[: ends[-1]], root), f"cut off after entry {len(ends)}"


def _closed(text: str, root: str) -> str:
    in_channel = re.search(r"<channel[\s>]", text) and "</channel" not in text
    return f"{text}{'</channel>' if in_channel else ''}</{root}>"


def _escape_ampersands(text: str) -> tuple[str, int]:
    """Turn HTML's names into numbers and bare ampersands into references; count the bare ones.

    Names that no HTML knows were declared in the DTD, the stuff of XML bombs: they become plain text.
    """
    bare = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal bare
        found = match.group()
        if found[0] == "<" or match["known"] or match["name"] in _XML_NAMES:
            return found
        if match["name"]:
            meant = html.unescape(found)
            if meant != found:
                return "".join(f"&#{ord(character)};" for character in meant)
            return "&amp;" + found[1:]
        bare += 1
        return "&amp;"

    return _AMPERSAND.sub(replace, text), bare


def _entry(item: dict[str, object], home: str, resolve: ResolveLink) -> FeedEntry | None:
    guid = clean_line(_raw(item, "id"))
    link = _raw(item, "feedburner_origlink") or _raw(item, "link")
    if clean_line(link) == guid and not is_http_url(guid):
        link = ""  # an identifier that feedparser offers as the link it never was
    parts = dict.get(item, "content")
    bodies = (
        [_raw(part, "value") for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    )
    content = field_to_text(max(bodies, key=len, default=""))
    entry = FeedEntry(
        title=field_to_line(_raw(item, "title")),
        url=resolve(link, home),
        guid=guid or None,
        summary=field_to_text(_raw(item, "summary")),
        content=content,
        author=field_to_line(_raw(item, "author")) or None,
        published=_published(item),
    )
    return entry if entry.title or entry.url or entry.content or entry.summary or entry.guid else None


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
