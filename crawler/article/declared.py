"""What a page says of itself: title, author, date, language, canonical address, whether it is free.

Metadata are read here in bounded steps: the libraries' own readers are quadratic. Nothing here is believed yet.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from crawler.parse.dates import parse_date
from crawler.parse.markup import clean_line
from crawler.urls import is_http_url

if TYPE_CHECKING:
    from datetime import datetime

    from lxml.etree import _Element

_MAX_LD_CHARS = 300_000
_MAX_LD_NODES = 500
_ARTICLE_TYPE = re.compile(
    r"(?:News|Reportage|Blog|Opinion|Analysis)?Article|BlogPosting|LiveBlogPosting|Report"
)
_COLLECTION_TYPE = re.compile(r"CollectionPage|SearchResultsPage|ItemList")


@dataclass(slots=True)
class Declared:
    """What the page says of itself."""

    title: str | None = None
    language: str | None = None
    author: str | None = None
    published: datetime | None = None
    canonical: str | None = None
    free: bool = True
    is_article: bool = False  # by schema.org's or Open Graph's word
    is_collection: bool = False
    is_live: bool = False  # a live blog: many reports under one title


def read_declared(tree: _Element, url: str) -> Declared:
    """Read title, language, author, date and canonical address; the first that says something wins."""
    said = _read_structured_data(tree)
    metas = _read_metas(tree)
    said.is_article = said.is_article or metas.get("og:type", "").lower() == "article"
    # https://developers.facebook.com/docs/instant-articles/subscriptions: free, locked, metered
    said.free = said.free and metas.get("article:content_tier", "").lower() != "locked"
    said.language = _primary(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang"))
    said.language = (
        said.language or _primary(metas.get("og:locale")) or _primary(metas.get("content-language"))
    )
    said.title = _title(tree, metas, said.title)
    said.author = said.author or _person(metas.get("author")) or _person(metas.get("article:author"))
    for key in ("article:published_time", "og:published_time", "datepublished", "pubdate", "date", "dc.date"):
        said.published = said.published or parse_date(metas.get(key))
    if said.published is None:
        times = tree.iterfind(".//time[@datetime]")
        said.published = next(
            (found for time in islice(times, 3) if (found := parse_date(time.get("datetime")))), None
        )
    for declared in (_link(tree, "canonical"), metas.get("og:url")):
        if said.canonical is None and declared:
            said.canonical = _absolute(declared, url)
    return said


def _read_metas(tree: _Element) -> dict[str, str]:
    metas: dict[str, str] = {}
    for meta in islice(tree.iter("meta"), 400):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or meta.get("http-equiv")
        content = meta.get("content")
        if name and content and len(content) < 5000:
            metas.setdefault(name.strip().lower(), clean_line(content))
    return metas


def _title(tree: _Element, metas: dict[str, str], headline: str | None) -> str | None:
    heading = next((clean_line("".join(h1.itertext())) for h1 in islice(tree.iter("h1"), 1)), "")
    own = tree.find(".//head/title")
    title = (
        metas.get("og:title")
        or headline
        or heading
        or clean_line((own.text if own is not None else "") or "")
    )
    site = metas.get("og:site_name")
    if site and title.endswith(site):  # "Headline - The Outlet"
        title = title[: -len(site)].rstrip(" \t-–—|•»·:") or title
    return title[:1000] or None


def _link(tree: _Element, rel: str) -> str | None:
    for link in islice(tree.iter("link"), 400):
        if rel in (link.get("rel") or "").lower().split():
            href: str | None = link.get("href")
            return href
    return None


def _absolute(declared: str, url: str) -> str | None:
    try:
        absolute = urljoin(url, declared.strip())
    except ValueError:
        return None
    return absolute if is_http_url(absolute) else None


def _read_structured_data(tree: _Element) -> Declared:
    """Read schema.org JSON-LD: parsed as JSON, a bounded number of nodes, never searched by regex."""
    said = Declared()
    budget = _MAX_LD_NODES
    for script in tree.iterfind('.//script[@type="application/ld+json"]'):
        content = script.text or ""
        if len(content) > _MAX_LD_CHARS:
            _forget(script)  # trafilatura falls back on these scripts: not on one of this size
            continue
        try:
            queue = [json.loads(content, strict=False)]
        except (ValueError, RecursionError):
            _forget(script)
            continue
        while queue and budget > 0:
            node = queue.pop(0)
            budget -= 1
            if isinstance(node, list):
                queue.extend(node[:100])
            elif isinstance(node, dict):
                _read_node(node, said)
                queue.extend(
                    value
                    for key in ("@graph", "mainEntity")
                    if isinstance(value := node.get(key), (dict, list))
                )
    return said


def _forget(script: _Element) -> None:
    script.text = ""


def _read_node(node: dict[str, object], said: Declared) -> None:
    kinds = node.get("@type")
    names = [name for name in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(name, str)]
    said.is_collection = said.is_collection or any(_COLLECTION_TYPE.fullmatch(name) for name in names)
    if not any(_ARTICLE_TYPE.fullmatch(name) for name in names):
        return
    said.is_article = True
    said.is_live = said.is_live or "LiveBlogPosting" in names
    headline, date, free = node.get("headline"), node.get("datePublished"), node.get("isAccessibleForFree")
    if isinstance(headline, str) and not said.title:
        said.title = clean_line(html.unescape(headline))[:1000]
    if isinstance(date, str) and said.published is None:
        said.published = parse_date(date)
    parts = node.get(
        "hasPart"
    )  # https://developers.google.com/search/docs/appearance/structured-data/paywalled-content
    held_back = [part.get("isAccessibleForFree") for part in _listed(parts)[:20] if isinstance(part, dict)]
    if any(
        word is False or (isinstance(word, str) and word.lower() == "false") for word in (free, *held_back)
    ):
        said.free = False
    authors = node.get("author")
    for author in _listed(authors)[:20]:
        name = author.get("name") if isinstance(author, dict) else author
        if isinstance(name, str) and not said.author:
            said.author = _person(name)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _person(name: str | None) -> str | None:
    """Return a name that can be shown: no profile address, no account name of the CMS."""
    line = clean_line(name or "")[:200]
    return None if not line or is_http_url(line) or line.lower() in ("admin", "editor", "webmaster") else line


def _primary(tag: str | None) -> str | None:
    """Return the primary subtag of a BCP 47 tag or a POSIX locale: "my" of "my-MM" and "my_MM"."""
    match = re.match(r"[A-Za-z]{2,3}(?=$|[-_])", (tag or "").strip())
    return match.group().lower() if match else None
