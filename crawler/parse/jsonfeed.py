"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/) into entries. Other JSON is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from crawler.errors import ParseError
from crawler.model import FeedEntry, ParsedFeed
from crawler.parse.dates import parse_date
from crawler.parse.feedxml import MAX_ENTRIES
from crawler.parse.markup import clean_line, clean_paragraphs, field_to_line, html_to_text
from crawler.parse.olderpage import Paging, find_older_page
from crawler.parse.pagetag import absolute_link
from crawler.urls import is_http_url

ResolveLink = Callable[[str, str], str | None]  # (link as written, home page) -> absolute http(s) link


def parse_json_feed(text: str, resolve: ResolveLink, url: str) -> ParsedFeed:
    """Read the JSON Feed at *url*; *resolve* makes links absolute or refuses them (None).

    Raises ``ParseError`` for JSON that is no feed and for damaged JSON, which cannot be recovered.
    """
    try:
        document = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not a feed: damaged JSON ({type(error).__name__})") from error
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise ParseError("not a feed: JSON without a list of items")
    home = _text(document, "home_page_url")
    language = clean_line(_text(document, "language")) or None
    read = (_entry(item, home, resolve) for item in document["items"][:MAX_ENTRIES] if isinstance(item, dict))
    entries = tuple(entry for entry in read if entry is not None)
    older = Paging(linked=absolute_link(_text(document, "next_url"), url))
    return ParsedFeed(
        entries=entries,
        older=find_older_page(older, url) if entries else None,
        title=field_to_line(_text(document, "title")),
        language=language,
    )


def _entry(item: dict[str, Any], home: str, resolve: ResolveLink) -> FeedEntry | None:
    markup, plain = _text(item, "content_html"), _text(item, "content_text")
    content = html_to_text(markup) if markup else clean_paragraphs(plain)
    guid = item.get("id")
    identity = clean_line(str(guid)) if isinstance(guid, (str, int, float)) else ""
    link = _text(item, "url") or _text(item, "external_url") or (identity if is_http_url(identity) else "")
    entry = FeedEntry(
        title=field_to_line(_text(item, "title")),
        url=resolve(link, home),
        guid=identity or None,
        summary=clean_paragraphs(_text(item, "summary")),
        content=content,
        author=_author(item),
        published=parse_date(_text(item, "date_published") or _text(item, "date_modified")),
    )
    return entry if entry.title or entry.url or entry.content or entry.summary else None


def _author(item: dict[str, Any]) -> str | None:
    authors = item.get("authors")  # 1.1; "author" is 1.0
    people = authors if isinstance(authors, list) else [item.get("author")]
    names = [clean_line(_text(person, "name")) for person in people[:20] if isinstance(person, dict)]
    return ", ".join(name for name in names if name) or None


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""
