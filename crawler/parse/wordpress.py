"""Answers of WordPress' REST interface (``/wp/v2/posts``) into entries. It asks nothing: see ``spiders``.

https://developer.wordpress.org/rest-api/reference/posts/. A post that comes here and by the site's feed is one entry:
same link, same GUID. What stands before the JSON (warnings of PHP, byte order marks) is passed over.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from crawler.errors import ParseError
from crawler.model import FeedEntry, ParsedFeed
from crawler.parse.charset import decode_body
from crawler.parse.dates import parse_date
from crawler.parse.feedxml import MAX_ENTRIES
from crawler.parse.markup import (
    clean_line,
    describe_html,
    field_to_line,
    field_to_text,
    html_to_text,
    strip_controls,
)
from crawler.urls import MAX_URL_CHARS, is_http_url, tidy_link, with_query

MAX_PAGE = 10_000  # no outlet has half a million posts: the server repeats itself
DEFAULT_PER_PAGE = 10  # WordPress' own, where the address names none
# Posts are dated in the site's own time. Most sites here keep Myanmar's, and one whose clock is set otherwise
# says so by other posts of the same answer, which have both dates.
YANGON = timedelta(hours=6, minutes=30)

_MAX_OFFSET = timedelta(hours=14)
_SNIFF_CHARS = 65_536
_POSTS = re.compile(r"\[\s{0,200}\{\s{0,200}\"")
_NONE = re.compile(r"\A\[\s{0,200}\]|\[\s{0,200}\]\s{0,200}\Z")
_ERROR = re.compile(r"\{\s{0,200}\"code\"\s{0,20}:")
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)(?=[\s>])", re.IGNORECASE)
_GAP = re.compile(r"[\s,]*")
_ZONE = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$", re.IGNORECASE)
_REST_PATH = re.compile(r"/(?:index\.php|wp-json|wp/v2)(?=/|$)")
# Page builders' shortcodes, which WordPress leaves as they are in REST answers: WPBakery, Divi, tagDiv, Avada.
_SHORTCODE = re.compile(r"\[/?(?:vc|et_pb|td|tdc|tdb|fusion|av)_\w{1,60}(?:\s[^\[\]]{0,2000})?/?\]")
_PAST_THE_END = "rest_post_invalid_page_number"
_DECODER = json.JSONDecoder(strict=False)


def parse_wordpress(body: bytes, content_type: str | None, url: str) -> ParsedFeed:
    """Read a page of posts; *url* is its address: it holds the page's number and size.

    Whole posts before a damage are kept and ``damaged`` says what it was. ``older`` is the next page when this
    one was full. Raises ``ParseError``: "empty answer", "REST error rest_…", "challenge page (…)", "not posts: …".
    """
    text = strip_controls(decode_body(body, content_type).text).lstrip("\ufeff \t\r\n")
    if not text:
        raise ParseError("empty answer")
    start = _find_list(text)
    if start is None:
        return _read_other(text, url)
    items, damaged = _read_items(text, start)
    posts = [item for item in items if isinstance(item, dict)]
    offset = _site_offset(posts)
    entries = tuple(entry for post in posts if (entry := _entry(post, url, offset)))
    if items and not entries:
        raise ParseError("not posts: JSON list without a title, text or link")
    return ParsedFeed(entries=entries, damaged=damaged, older=_older(url, len(items)))


def _find_list(text: str) -> int | None:
    """Return where the list of posts begins; None when an object or a page came instead."""
    if text[0] == "{":
        return None
    head = text[:_SNIFF_CHARS]
    # The first bracket need not be it: "[12-Mar-2026 08:00:00 UTC] PHP Warning: ..." may stand before.
    found = _POSTS.search(head) or (_NONE.search(head) if len(head) == len(text) else None)
    if found is None or _HTML.search(head, 0, found.start()) or _ERROR.search(head, 0, found.start()):
        return None
    return found.start()


def _read_other(text: str, url: str) -> ParsedFeed:
    """Say what came instead of posts; the error that ends the pages is an empty page."""
    error = _ERROR.search(text, 0, _SNIFF_CHARS)
    page = _HTML.search(text, 0, _SNIFF_CHARS)
    if text[0] != "{" and page and not (error and error.start() < page.start()):
        raise ParseError(describe_html(text, "posts"))
    if text[0] != "{" and not error:
        raise ParseError("not posts: no list of them")
    start = error.start() if error and text[0] != "{" else 0
    try:
        document, _ = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError) as fault:
        raise ParseError(f"not posts: damaged JSON ({type(fault).__name__})") from fault
    code = clean_line(_text(document, "code") or _text(document, "error"))[:80]
    if code == _PAST_THE_END and _number(url, "page", 1) > 1:
        return ParsedFeed(())  # its status 400 was lost on the way, as with some caches
    if code:
        reason = field_to_line(_text(document, "message")[:2000])[:160]
        raise ParseError(f"REST error {code}: {reason}" if reason else f"REST error {code}")
    if "namespaces" in document or "routes" in document:
        raise ParseError("not posts: the index of the REST interface; the site ignores its route")
    raise ParseError("not posts: JSON without a list")


def _read_items(text: str, start: int) -> tuple[list[Any], str | None]:
    """Return the list's items, one decoded after the other, and why the later ones are missing."""
    items: list[Any] = []
    at = start + 1
    while len(items) < MAX_ENTRIES:
        gap = _GAP.match(text, at)
        at = gap.end() if gap else at
        if text.startswith("]", at):
            return items, None
        try:
            item, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as fault:
            if not items:
                raise ParseError(f"not posts: damaged JSON ({type(fault).__name__})") from fault
            return items, f"damaged JSON after post {len(items)}"
        items.append(item)
    return items, None


def _entry(post: dict[str, Any], url: str, offset: timedelta) -> FeedEntry | None:
    body, teaser = post.get("content"), post.get("excerpt")
    hidden = isinstance(body, dict) and body.get("protected") is True  # what stands there is a password form
    title = field_to_line(_rendered(post.get("title")))
    content = "" if hidden else html_to_text(_SHORTCODE.sub(" ", _rendered(body)))
    summary = "" if hidden else field_to_text(_SHORTCODE.sub(" ", _rendered(teaser)))
    link = _absolute(_text(post, "link"), url)
    if not title and not content and not summary and not link:
        return None
    number = _id(post)
    short = f"{_site(url)}/?p={number}" if number else None  # WordPress redirects it to the post
    guid = clean_line(html.unescape(_rendered(post.get("guid"))))
    return FeedEntry(
        title=title,
        url=link or (short if is_http_url(short) else None),
        guid=(guid if len(guid) <= MAX_URL_CHARS else "") or short,
        summary=summary,
        content=content,
        author=_author(post),
        published=_published(post, offset),
    )


def _rendered(field: object) -> str:
    """Return the HTML of a field; plugins flatten the object that it should be to a string."""
    return field if isinstance(field, str) else _text(field, "rendered")


def _id(post: dict[str, Any]) -> str | None:
    number = str(post.get("id"))
    return number if number.isascii() and number.isdecimal() and len(number) <= 20 else None


def _author(post: dict[str, Any]) -> str | None:
    """Return the names, where the route's address asks for them (``_embed=author``)."""
    embedded = post.get("_embedded")
    people = embedded.get("author") if isinstance(embedded, dict) else None
    if not isinstance(people, list):
        return None
    names = [field_to_line(_text(person, "name")) for person in people[:20]]
    return ", ".join(name for name in names if name) or None


def _published(post: dict[str, Any], offset: timedelta) -> datetime | None:
    if (moment := parse_date(_text(post, "date_gmt"))) is not None:
        return moment
    local = _text(post, "date")
    moment = parse_date(local)
    if moment is not None:
        return moment if _ZONE.search(local.strip()) else moment - offset
    return parse_date(_text(post, "modified_gmt"))


def _site_offset(posts: Sequence[dict[str, Any]]) -> timedelta:
    """Return how far the site's clock is ahead of UTC: what its posts say, else Myanmar's."""
    said: Counter[timedelta] = Counter()
    for post in posts:
        here, there = parse_date(_text(post, "date")), parse_date(_text(post, "date_gmt"))
        if here and there and abs(here - there) <= _MAX_OFFSET and not _ZONE.search(_text(post, "date")):
            said[here - there] += 1
    return said.most_common(1)[0][0] if said else YANGON


def _older(url: str, count: int) -> str | None:
    """Return the address of the next page when this one was full; past the end WordPress answers 400."""
    page, size = _number(url, "page", 1), _number(url, "per_page", DEFAULT_PER_PAGE)
    if count < max(size, 1) or page >= MAX_PAGE or not is_http_url(url):
        return None
    return with_query(url, page=str(page + 1))


def _number(url: str, name: str, default: int) -> int:
    """Return a query field as a number; what is none counts as absent."""
    for field in urlsplit(url).query.split("&"):
        key, _, value = field.partition("=")
        if unquote(key) == name and value.isascii() and value.isdecimal() and len(value) <= 9:
            return int(value)
    return default


def _site(url: str) -> str:
    """Return the site that answers at *url*: what stands before the path or field that names the REST route."""
    parts = urlsplit(url)
    path = parts.path[: found.start()] if (found := _REST_PATH.search(parts.path)) else parts.path
    return urlunsplit((parts.scheme, parts.netloc, path.rstrip("/"), "", ""))


def _absolute(link: str, url: str) -> str | None:
    link = tidy_link(strip_controls(link[: MAX_URL_CHARS + 1]))
    if not link or len(link) > MAX_URL_CHARS:
        return None
    try:
        absolute = urljoin(url, link)
    except ValueError:
        return None
    return absolute if is_http_url(absolute) else None


def _text(item: object, key: str) -> str:
    value = item.get(key) if isinstance(item, dict) else None
    return value if isinstance(value, str) else ""
