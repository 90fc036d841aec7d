"""A page of headlines into entries: a category, the news page of an outlet, the results of a search.

The list is found without configuration (`newslist`); where that fails, the route's address names it:
``#links=h3.title>a&next=a.next``, CSS selectors, spaces as ``%20``. An article is refused: its links are
other stories. Whether an entry is new is not decided here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from lxml import etree

from crawler.errors import ParseError
from crawler.model import FeedEntry, ParsedFeed
from crawler.parse.charset import decode_body
from crawler.parse.headline import find_headlines, is_caption, read_title, resolve_link
from crawler.parse.markup import (
    clean_line,
    describe_html,
    is_challenge,
    is_parked,
    strip_controls,
    tree_to_text,
)
from crawler.parse.newslist import (
    LEAST_ENTRIES,
    choose_list,
    declares_article,
    find_cards,
    is_article,
    is_dated,
    prune_listing,
)
from crawler.parse.pagedate import MAX_DATE_CHARS, read_machine_date, read_path_date, read_printed_date
from crawler.parse.pager import find_older, follow_selected
from crawler.urls import identity_key, is_http_url

if TYPE_CHECKING:
    from datetime import datetime

    from lxml.etree import _Element

MAX_PAGE_ENTRIES = 100
WANTED = "a list of articles"
_MAX_ATTRIBUTES = 500  # of one element; XPath over 200,000 takes minutes, no theme writes 100
_MAX_SELECTOR_CHARS = 300
_MAX_SUMMARY_CHARS = 1000
_LEAST_SUMMARY_CHARS = 40
_NOT_MARKUP = re.compile(
    r"\s*(?:%PDF-|\{|\[|<\?xml(?![^>]{0,200}>\s*<!doctype html)|<(?:rss|feed|urlset)\b)", re.IGNORECASE
)
# Behind an excerpt: ဆက်ဖတ်ရန် read on.
_READ_ON = re.compile(
    r"\s*(?:\[?(?:…|\.{3})\]?\s*)?(?:(?:read|continue)\s(?:more|reading|on)\b.{0,80}|ဆက်(?:လက်)?ဖတ်ရန်.{0,20})$",
    re.IGNORECASE,
)
_BYLINE = re.compile(r"by\s.{1,80}$", re.IGNORECASE)
_PARSER = etree.HTMLParser(
    encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False
)


@dataclass(frozen=True, slots=True)
class _Selectors:
    """What the fragment of a route's address says, for pages where discovery fails."""

    links: str | None = None
    next: str | None = None


def parse_listing(body: bytes, content_type: str | None, url: str) -> ParsedFeed:
    """Read a page that lists articles; *url* is where it came from, its fragment may hold selectors.

    At most 100 entries, in the page's order; ``older`` is the next page of the pager. Raises ``ParseError``
    with the cause in words: "empty answer", "challenge page (…)", "listing page without article links: …".
    """
    page = strip_controls(decode_body(body, content_type).text).lstrip("\ufeff \t\r\n")
    address, fragment = urldefrag(url)
    selectors = _read_selectors(fragment)
    tree = _read_tree(page)
    base = _base(tree, address)
    titles = islice(tree.iter("title"), 1)  # of <svg>, too, but the page's stands first
    title = clean_line("".join(text for named in titles for text in islice(named.itertext(), 20))[:1000])[
        :300
    ]
    older = _find_older(tree, base, address, selectors)
    if older and (selectors.links or selectors.next):
        older = f"{older}#{fragment}"
    if selectors.links:
        links = _select(tree, selectors.links, base, address)
    else:
        links = _discover(tree, base, address, page, title)
    cards = find_cards([anchor for anchor, _, _ in links])
    entries = tuple(
        _entry(anchor, card, link, headline)
        for (anchor, link, headline), card in zip(links, cards, strict=True)
    )
    return ParsedFeed(entries=entries, title=title, older=older)


def _read_tree(page: str) -> _Element:
    if not page:
        raise ParseError("empty answer")
    if is_challenge(page) or is_parked(page):
        raise ParseError(describe_html(page, WANTED))
    if _NOT_MARKUP.match(page):
        raise ParseError("not a web page; for a feed write kind: feed")
    try:
        tree = etree.fromstring(page.encode(), _PARSER)
    except etree.XMLSyntaxError as error:
        raise ParseError("not a web page: its markup cannot be read") from error
    if tree is None or not isinstance(tree.tag, str):
        raise ParseError("not a web page")
    for element in tree.iter(etree.Element):
        if len(element.attrib) > _MAX_ATTRIBUTES:
            element.attrib.clear()
    return tree


def _discover(tree: _Element, base: str, url: str, page: str, title: str) -> list[tuple[_Element, str, str]]:
    declared, dated = declares_article(tree), is_dated(tree)
    prune_listing(tree)
    chosen = choose_list(find_headlines(tree, base, url))[:MAX_PAGE_ENTRIES]
    cards = find_cards([headline.anchor for headline in chosen])
    if declared or is_article(tree, cards, dated=dated):
        raise ParseError(f"an article, not a page that lists articles: {title[:200]!r}")
    if len(chosen) < LEAST_ENTRIES:
        described = describe_html(page, WANTED)
        if not described.startswith("HTML page"):
            raise ParseError(described)
        raise ParseError(f"listing page without article links: {title[:200]!r}")
    return [(headline.anchor, headline.url, headline.title) for headline in chosen]


def _read_selectors(fragment: str) -> _Selectors:
    found = {}
    for field in fragment.split("&")[:10]:
        name, _, value = field.partition("=")
        if name in ("links", "next") and value:
            found[name] = unquote(value)
    return _Selectors(**found)


def _run(tree: _Element, css: str) -> list[_Element]:
    from lxml.cssselect import CSSSelector, SelectorError  # most routes name no selector

    try:
        if len(css) > _MAX_SELECTOR_CHARS:
            raise ValueError(css)
        found: list[_Element] = CSSSelector(css, translator="html")(tree)
    except (SelectorError, etree.XPathError, ValueError) as error:
        raise ParseError(f"cannot use the selector {css[:100]!r}: write CSS such as h3.title>a") from error
    return found


def _select(tree: _Element, css: str, base: str, url: str) -> list[tuple[_Element, str, str]]:
    links: dict[str, tuple[_Element, str, str]] = {}
    for element in _run(tree, css)[: 10 * MAX_PAGE_ENTRIES]:
        anchor = _anchor(element)
        link = resolve_link((anchor.get("href") or "") if anchor is not None else "", base, url)
        if anchor is None or link is None:
            continue
        headline, _ = read_title(anchor)
        if headline and not is_caption(headline):
            links.setdefault(identity_key(link), (anchor, link, headline))
    if not links:
        raise ParseError(f"listing page without article links: the selector {css[:100]!r} finds none")
    return list(links.values())[:MAX_PAGE_ENTRIES]


def _anchor(element: _Element) -> _Element | None:
    if element.tag == "a":
        return element
    inner = next(element.iter("a"), None)
    return inner if inner is not None else next(element.iterancestors("a"), None)


def _find_older(tree: _Element, base: str, url: str, selectors: _Selectors) -> str | None:
    if selectors.next is None:
        return find_older(tree, base, url)
    return next((follow_selected(element, base, url) for element in _run(tree, selectors.next)[:1]), None)


def _base(tree: _Element, url: str) -> str:
    declared = next((base.get("href") for base in tree.iter("base") if base.get("href")), "") or ""
    try:
        base = urljoin(url, declared.strip())
    except ValueError:
        return url
    return base if is_http_url(base) else url


def _entry(anchor: _Element, card: _Element, link: str, title: str) -> FeedEntry:
    lines = _lines(anchor, card, title)
    return FeedEntry(
        title=title,
        url=link,
        summary=_summary(lines),
        published=_published(card, lines, title, link),
    )


def _lines(anchor: _Element, card: _Element, title: str) -> list[str]:
    """Return the text of a card without its headline; what follows a bare headline counts as its card."""
    parts = [card]
    if card is anchor or len(clean_line("".join(islice(card.itertext(), 50))[:1000])) <= len(title) + 2:
        for follower in islice(card.itersiblings(), 4):
            if next(follower.iter("a"), None) is not None and _holds_heading(follower):
                break
            if follower.tag == card.tag:
                break
            parts.append(follower)
    text = "\n".join(tree_to_text(part) for part in parts)
    if card is anchor and anchor.tail:
        text += f"\n{clean_line(anchor.tail)}"
    lines = (line.replace(title, " ", 1).strip(" \t-–—|•,") for line in text.split("\n")[:200])
    return [line for line in lines if line]


def _holds_heading(element: _Element) -> bool:
    return (
        element.tag in ("h1", "h2", "h3", "h4")
        or next(element.iter("h1", "h2", "h3", "h4"), None) is not None
    )


def _published(card: _Element, lines: list[str], title: str, link: str) -> datetime | None:
    for element in islice(card.iter("time", "abbr", "meta", "span"), 60):
        for name in ("datetime", "content", "title"):
            if (element.tag == "time" or name != "datetime") and (
                date := read_machine_date(element.get(name))
            ):
                return date
    # Lines first, for a date in pieces; then the pieces, for a date that touches its author.
    pieces = (clean_line(piece) for piece in islice(card.itertext(), 100) if len(piece) <= 2 * MAX_DATE_CHARS)
    for line in (*lines[:40], *(piece for piece in pieces if piece not in title)):
        if len(line) <= MAX_DATE_CHARS and (date := read_printed_date(line)):
            return date
    return read_path_date(urlsplit(link).path) or _date_above(card)


def _date_above(card: _Element) -> datetime | None:
    """Return the date of a heading over a day's cards, as Blogger prints it."""
    for element in (card, *islice(card.iterancestors(), 3)):
        for before in islice(element.itersiblings(preceding=True), 2):
            text = clean_line("".join(islice(before.itertext(), 10))[:200])
            if next(before.iter("a"), None) is None and (date := read_printed_date(text)):
                return date
    return None


def _summary(lines: list[str]) -> str:
    kept = [
        _READ_ON.sub("", line) for line in lines if not read_printed_date(line) and not _BYLINE.match(line)
    ]
    return "\n".join(line for line in kept if len(line) >= _LEAST_SUMMARY_CHARS)[:_MAX_SUMMARY_CHARS]
