"""Sitemap bytes into entries: sitemaps.org XML and text, Google News, indexes, gzip. Feeds are handed to `feeds`.

Read entry by entry, without a tree: no entity is declared, no depth counted, no namespace needed, and what
stands before a damage is kept. Which addresses are articles is `sitemapchoice`'s; what is new is decided elsewhere.
"""

from __future__ import annotations

import gzip
import html
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from urllib.parse import urljoin

from crawler.errors import ParseError
from crawler.model import FeedEntry, ParsedFeed
from crawler.parse.charset import decode_body
from crawler.parse.dates import parse_date
from crawler.parse.feeds import parse_feed
from crawler.parse.markup import clean_line, describe_html, field_to_line, strip_controls
from crawler.parse.sitemapchoice import Listed, can_be_article, is_below, keep_path, newest, news_parts
from crawler.urls import is_http_url, tidy_link

MAX_UNPACKED_BYTES = 20_000_000
MAX_LISTED = 50_000  # https://www.sitemaps.org/protocol.html
MAX_ENTRIES = 200  # the newest; a poll needs no archive
_TOO_MANY = f"lists more than {MAX_LISTED} addresses"
_MAX_ENTRY_CHARS = 20_000  # some list every picture of an article
_SNIFF_CHARS = 65_536
_CHUNK_BYTES = 1 << 16

_HTML_DOCTYPE = re.compile(r"\s*(?:<!--.{0,2000}?-->\s*)?<!doctype\s+html", re.IGNORECASE | re.DOTALL)
_ROOT = re.compile(
    r"<(?:[\w.-]{1,40}:)?(?:(?P<sitemap>urlset|sitemapindex)|(?P<feed>rss|rdf|feed)|(?P<html>html|head|body))"
    r"(?=[\s>/:])(?P<rest>[^<>]*+>)?",
    re.IGNORECASE,
)
_FIRST_NAME = re.compile(r"<([A-Za-z][\w:.-]{0,40})")
_HIDDEN = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
_BOUND = re.compile(r"<(/?)(?:[\w.-]{1,40}:)?(url|sitemap)(?=[\s>/])[^<>]*+>", re.IGNORECASE)
# Possessive: 20,000 letters without ">" must not be tried forty times over.
_FIELD = re.compile(r"<(/?)(?:[\w.-]{1,40}+:)?+(\w{1,40}+)([^<>]*+)>([^<]*+)")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{1,32});")
_MEDIA = frozenset({"image", "video"})  # their own loc, title and date are not the article's


@dataclass(frozen=True, slots=True)
class _Block:
    """One entry as it stands in the document: ``url`` or ``sitemap``, what it holds, where its end tag ends."""

    kind: str
    inner: str
    end: int
    is_closed: bool  # by its own tag, not by the next entry's


def parse_sitemap(body: bytes, content_type: str | None, url: str) -> ParsedFeed:
    """Read a sitemap or an index of sitemaps; *url* is where it came from, for relative addresses.

    A fragment of *url* keeps one path (`keep_path`): the caller hands on that of the route, with the parts of an
    index, too. At most the 200 newest entries, or five ``parts``. ``published`` is a news sitemap's date only:
    ``lastmod`` is that of an edit. Raises ``ParseError`` with the cause in words.
    """
    unpacked, damage = _unpack(body)
    text = strip_controls(decode_body(unpacked, content_type).text).lstrip("\ufeff \t\r\n")
    if not text:
        raise ParseError("empty answer")
    prefix = keep_path(url)
    root = _ROOT.search(text, 0, _SNIFF_CHARS)
    if text[0] in "{[" or (root and root["feed"] and not _HTML_DOCTYPE.match(text)):
        feed = parse_feed(unpacked, content_type, url.partition("#")[0])
        kept = (
            feed.entries
            if not prefix
            else tuple(e for e in feed.entries if e.url and is_below(e.url, prefix))
        )
        return replace(feed, entries=kept, damaged=_joined(damage, feed.damaged))
    if text.startswith(("http://", "https://")):
        lines = text.split("\n", MAX_LISTED)
        if len(lines) > MAX_LISTED and lines.pop():
            damage = _joined(damage, _TOO_MANY)
        listed = [Listed(line) for line in map(str.strip, lines) if is_http_url(line)]
        return _choose(listed, [], prefix, url, damage)
    if _HTML_DOCTYPE.match(text) or (root and root["html"]):
        raise ParseError(describe_html(text, "a sitemap"))
    if root is None:
        name = _FIRST_NAME.search(text, 0, _SNIFF_CHARS)
        raise ParseError(f"not a sitemap: <{name[1]}>" if name else "not a sitemap")
    return _parse_xml(text, root, prefix, url, damage)


def _unpack(body: bytes) -> tuple[bytes, str | None]:
    """Gunzip a ``.gz`` file, also one that the server packed again; what stands before a damage is kept."""
    damage = None
    for _ in range(2):
        if not body.startswith(b"\x1f\x8b"):
            break
        pieces: list[bytes] = []
        size = 0
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
                while piece := stream.read1(_CHUNK_BYTES):
                    pieces.append(piece)
                    size += len(piece)
                    if size > MAX_UNPACKED_BYTES:
                        raise ParseError(f"unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB")
        except (OSError, EOFError, zlib.error) as error:
            if not pieces:
                raise ParseError("damaged gzip") from error
            damage = "damaged gzip"
        body = b"".join(pieces)
    return body, damage


def _parse_xml(text: str, root: re.Match[str], prefix: str, url: str, damage: str | None) -> ParsedFeed:
    rest = _HIDDEN.sub(lambda hidden: html.escape(hidden[1] or "", quote=False), text[root.start() :])
    pages: list[Listed] = []
    shards: list[Listed] = []
    base = url.partition("#")[0]
    blocks = list(islice(_blocks(rest), MAX_LISTED + 1))
    for block in blocks[:MAX_LISTED]:
        if item := _listed(block.inner, base):
            (shards if block.kind == "sitemap" else pages).append(item)
    end = blocks[-1].end if blocks else 0
    closing = re.compile(rf"</(?:[\w.-]{{1,40}}:)?{root['sitemap']}\s*+>", re.IGNORECASE)
    if len(blocks) > MAX_LISTED:
        damage = _joined(damage, _TOO_MANY)
    elif not (root["rest"] or "").endswith("/>") and not closing.search(rest, end):
        if not blocks:
            raise ParseError("not a sitemap: cut off before the end of its first entry")
        damage = _joined(damage, f"cut off after entry {len(blocks)}")
    if unclosed := sum(not block.is_closed for block in blocks):
        damage = _joined(damage, f"entries without an end tag: {unclosed}")
    return _choose(pages, shards, prefix, url, damage)


def _blocks(text: str) -> Iterator[_Block]:
    """Yield every whole entry. One that the document's end cuts off is none: its address may be half of one."""
    opened: re.Match[str] | None = None
    for bound in _BOUND.finditer(text):
        if opened:
            inner = text[opened.end() : min(bound.start(), opened.end() + _MAX_ENTRY_CHARS)]
            yield _Block(opened[2].lower(), inner, bound.end(), bool(bound[1]))
        opened = None if bound[1] or bound[0].endswith("/>") else bound


def _listed(inner: str, base: str) -> Listed | None:
    fields: dict[str, str] = {}
    in_media = False
    for closing, written, attributes, value in _FIELD.findall(inner):
        name = written.lower()
        if name in _MEDIA:
            in_media = not closing and not attributes.endswith("/")
        elif not closing and not in_media and name not in fields:
            fields[name] = _REFERENCE.sub(lambda reference: html.unescape(reference[0]), value).strip()
    address = tidy_link(fields.get("loc", ""))
    if address and not address.startswith(("http://", "https://")):
        try:
            address = urljoin(base, address)
        except ValueError:
            return None
    if not is_http_url(address):
        return None
    return Listed(
        url=address,
        lastmod=parse_date(fields.get("lastmod")),
        published=parse_date(fields.get("publication_date")),
        title=fields.get("title", ""),
        language=fields.get("language", ""),
        publication=fields.get("name", ""),
    )


def _choose(
    pages: list[Listed], shards: list[Listed], prefix: str, url: str, damage: str | None
) -> ParsedFeed:
    kept = {item.url: item for item in pages if is_below(item.url, prefix) and can_be_article(item)}
    chosen = newest(list(kept.values()), MAX_ENTRIES)
    return ParsedFeed(
        # The address is the identity, also where it is a query of the front page (/?p=1).
        entries=tuple(
            FeedEntry(title=field_to_line(item.title), url=item.url, guid=item.url, published=item.published)
            for item in chosen
        ),
        title=field_to_line(next((item.publication for item in chosen if item.publication), "")),
        language=clean_line(next((item.language for item in chosen if item.language), "")) or None,
        damaged=damage,
        parts=news_parts(shards, prefix, url),
    )


def _joined(*damages: str | None) -> str | None:
    return "; ".join(damage for damage in damages if damage) or None
