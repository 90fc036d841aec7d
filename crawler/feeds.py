"""Feed bytes into entries: RSS, RDF, Atom by feedparser, JSON Feed by ours. Tolerant of damage, deaf to tricks.

The body is data only: it is never opened as a path or fetched as a URL, its DTD is discarded unread, and
it is cut to 2,000 entries before parsing. Whether an entry is new is not decided here.
"""

from __future__ import annotations

import html
import io
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin
from xml.sax import SAXException

import feedparser

from crawler.charset import decode_body
from crawler.dates import parse_date
from crawler.errors import ParseError
from crawler.jsonfeed import MAX_ENTRIES, parse_json_feed
from crawler.markup import clean_line, field_to_line, field_to_text, strip_controls
from crawler.model import FeedEntry, ParsedFeed
from crawler.urls import MAX_URL_CHARS, is_http_url

_MAX_TTL = timedelta(days=7)  # a longer <ttl> is a mistake, and would hide a source
_SNIFF_CHARS = 65_536

_ROOT = re.compile(
    r"<(?:(?P<feed>(?:\w+:)?(?:rss|rdf|feed))|(?P<html>html|head|body))(?=[\s>/:])", re.IGNORECASE
)
_HTML_DOCTYPE = re.compile(r"\s*(?:<!--.{0,2000}?-->\s*)?<!doctype\s+html", re.IGNORECASE | re.DOTALL)
_TITLE = re.compile(r"<title[^>]{0,200}>(.{0,500}?)</title", re.IGNORECASE | re.DOTALL)
_CHALLENGE = re.compile(
    r"just a moment|attention required! \| cloudflare|checking your browser|ddos-guard|you are being redirected|"
    r"one moment, please|security check|are you (?:a )?(?:human|robot)|access denied|verify(?:ing)? you are human",
    re.IGNORECASE,
)
_CHALLENGE_MARKUP = re.compile(
    r"/cdn-cgi/challenge-platform|cf[-_]chl[-_]|sucuri_cloudproxy|_Incapsula_Resource|/aes\.js"
)
_LOGIN_MARKUP = re.compile(r"<input[^>]{0,300}type\s*=\s*[\"']?password", re.IGNORECASE)
_LOGIN_TITLE = re.compile(r"\b(?:log ?in|sign ?in)\b", re.IGNORECASE)

_PROLOG = re.compile(r"<\?xml\b[^>]{0,300}\?>", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
_STYLESHEET = re.compile(r"<\?(?!xml\s)[^>]{0,1000}\?>")
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
        raise ParseError("not a feed" if root_name(text) is None else f"not a feed: <{root_name(text)}>")
    return _parse_xml(text, root, resolve)


def describe_html(text: str) -> str:
    """Return what an HTML page is that came where a feed was expected, with its title."""
    match = _TITLE.search(text[:_SNIFF_CHARS])
    title = clean_line(html.unescape(match.group(1)))[:200] if match else ""
    if _CHALLENGE.search(title) or _CHALLENGE_MARKUP.search(text[:_SNIFF_CHARS]):
        return f"challenge page ({title or 'no title'})"
    if _LOGIN_MARKUP.search(text[:_SNIFF_CHARS]) or _LOGIN_TITLE.search(title):
        return f"login page, not a feed: {title}" if title else "login page, not a feed"
    return f"HTML page, not a feed: {title}" if title else "HTML page, not a feed"


def root_name(text: str) -> str | None:
    """Return the name of the first element of *text*, None when it has none."""
    match = re.search(r"<([A-Za-z][\w:.-]{0,40})", text[:_SNIFF_CHARS])
    return match.group(1) if match else None


def _parse_xml(text: str, root: re.Match[str], resolve: Any) -> ParsedFeed:
    before, name, rest = text[: root.start()], root.group()[1:], text[root.start() :]
    damages = []
    if _leftover(before):
        damages.append("text before the feed")
    rest, cut = _cut_to_whole_entries(rest, name)
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
    if damages and not entries and cut:
        raise ParseError(f"not a feed: {cut}")
    return ParsedFeed(
        entries=tuple(entries),
        title=field_to_line(_raw(feed, "title")),
        language=clean_line(_raw(feed, "language")) or None,
        ttl=_ttl(_raw(feed, "ttl")),
        damaged="; ".join(damages) or None,
    )


def _leftover(before: str) -> bool:
    """Tell whether more than a prolog stands before the root: a PHP warning, for one."""
    doctype = _DOCTYPE.search(before)
    if doctype:
        before = before[: doctype.start()]  # RSS 0.91 had one; with it goes every entity it declares
    before = re.sub(r"<!--.*?-->", "", _STYLESHEET.sub("", _PROLOG.sub("", before)), flags=re.DOTALL)
    return bool(before.strip())


def _cut_to_whole_entries(text: str, root: str) -> tuple[str, str | None]:
    """Close a feed that is cut off after its last whole entry, and one that is too long after its 2,000th.

    A half entry is not kept: a link that is cut off leads elsewhere.
    """
    end = re.search(
        rf"</{re.escape(root)}\w*\s*>\s*(?:<!--.{{0,4000}}?-->\s*)*\Z",
        text[-8192:],
        re.IGNORECASE | re.DOTALL,
    )
    last = 0
    count = 0
    for match in _ITEM_END.finditer(text):
        count += 1
        last = match.end()
        if count == MAX_ENTRIES:
            break
    if end and (count < MAX_ENTRIES or not _ITEM_END.search(text, last)):
        return text, None
    tail = text[last:]
    closing = f"</{_qualified(text)}>"
    if re.search(r"<(?:\w+:)?channel[\s>]", text[:last]) and not re.search(
        r"</(?:\w+:)?channel\s*>", text[:last]
    ):
        closing = f"</channel>{closing}"
    if count == MAX_ENTRIES:
        return text[:last] + closing, None
    if re.search(rf"</{re.escape(root)}\w*\s*>", tail, re.IGNORECASE):
        return text[:last] + closing, None if count else "text after the feed"
    if not count:
        return text, "cut off before its first entry ended"
    return text[:last] + closing, f"cut off after {count} entries"


def _qualified(text: str) -> str:
    match = re.match(r"<([\w:.-]+)", text)
    return match.group(1) if match else "rss"


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


def _entry(item: Any, home: str, resolve: Any) -> FeedEntry | None:
    guid = clean_line(_raw(item, "id"))
    link = _raw(item, "feedburner_origlink") or _raw(item, "link")
    if item.get("guidislink") and not is_http_url(link.strip()):
        link = ""  # an identifier that feedparser offers as the link it never was
    bodies = [_raw(part, "value") for part in dict.get(item, "content", ())]
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


def _published(item: Any) -> Any:
    for key in ("published", "created", "updated"):
        if (date := parse_date(_raw(item, key))) is not None:
            return date
    return None


def _raw(item: Any, key: str) -> str:
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
