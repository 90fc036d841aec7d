"""A page's bytes into its article. The only module that imports trafilatura; it may be slow or die.

Hostile pages can freeze or exhaust any extractor, so production calls it in a child (``worker``), never in
the crawler's own process. Metadata is read here in bounded steps: the libraries' own readers are quadratic.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from lxml import etree
from trafilatura import bare_extraction, load_html
from trafilatura.settings import Extractor

from crawler.errors import ParseError
from crawler.model import ExtractedPage
from crawler.parse.charset import decode_body
from crawler.parse.dates import parse_date
from crawler.parse.furniture import drop_lines, find_story, prune_tree
from crawler.parse.markup import (
    clean_line,
    clean_paragraphs,
    describe_html,
    is_challenge,
    is_parked,
    strip_controls,
    tree_to_text,
)
from crawler.urls import is_http_url

if TYPE_CHECKING:
    from datetime import datetime

    from lxml.etree import _Element

_MAX_ATTRIBUTES = 500  # of one element; XPath over 200,000 takes minutes, no theme writes 100
_MAX_LD_CHARS = 300_000
_MAX_LD_NODES = 500
_SHORT_STORY_CHARS = 400  # trafilatura distrusts what is shorter than 250 and takes more
_PROSE_CHARS = 200
_TEASER_CHARS = 1500  # a page that says it is not free and holds less was cut

_NOT_MARKUP = re.compile(rb"\s*(?:%PDF-|\x89PNG|GIF8|\xff\xd8\xff|PK\x03\x04|RIFF)")
_OTHER_TYPE = re.compile(
    r"\s*(?:image|audio|video|font)/|\s*application/(?:pdf|zip|json|octet-stream|msword|vnd\.)"
)
_ARTICLE_TYPE = re.compile(
    r"(?:News|Reportage|Blog|Opinion|Analysis)?Article|BlogPosting|LiveBlogPosting|Report"
)
_MYANMAR = re.compile("[\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff]")
_LATIN = re.compile("[A-Za-zÀ-ɏ]")
# Burmese, Shan, Mon, S'gaw, Pwo, Kayah, Pa'O, Rakhine, Khamti, Palaung, Karen, Jingpho.
_MYANMAR_SCRIPT = frozenset(
    {"my", "shn", "mnw", "ksw", "kjp", "pwo", "kyu", "blk", "rki", "kht", "pll", "kar", "kac"}
)


@dataclass(slots=True)
class _Declared:
    """What the page says of itself."""

    title: str | None = None
    language: str | None = None
    author: str | None = None
    published: datetime | None = None
    canonical: str | None = None
    free: bool = True


def extract_page(body: bytes, content_type: str | None, url: str) -> ExtractedPage:
    """Return the article of a page; ``text`` is "" when there is none (JavaScript-only, empty).

    *url* is the address after redirects. Raises ``ParseError`` with the cause in words when the body is no
    page or a challenge page. The text is NFC, paragraphs separated by ``\\n``, furniture removed.
    """
    if not body.strip():
        raise ParseError("empty answer")
    if _NOT_MARKUP.match(body) or (content_type and _OTHER_TYPE.match(content_type.lower())):
        raise ParseError(f"not a web page: {(content_type or 'binary data').split(';')[0].strip()[:80]}")
    source = strip_controls(decode_body(body, content_type).text)
    if is_challenge(source) or is_parked(source):
        raise ParseError(describe_html(source, "an article"))
    tree = load_html(source)
    if tree is None:
        return ExtractedPage(text="")
    _bound_attributes(tree)
    declared = _read_declared(tree, url)
    restricted = prune_tree(tree)
    # fast: without the comparison with readability, which costs a sixth of the time for F1 +0.006.
    options = Extractor(output_format="python", fast=True, comments=False, with_metadata=False)
    document = bare_extraction(tree, options=options)
    text = clean_paragraphs(getattr(document, "text", None) or "")
    story = _themed_story(tree)
    if story and _is_whole_page(text, story):
        text = story
    text, cut = drop_lines(text)
    teaser = not declared.free and len(text) < _TEASER_CHARS
    return ExtractedPage(
        text=text,
        title=declared.title,
        language=_language(declared.language, text),
        author=declared.author,
        published=declared.published,
        canonical_url=declared.canonical,
        truncated=cut or restricted or teaser,
    )


def _themed_story(tree: _Element) -> str:
    """Return what the theme marks as the story, with the caption of its picture; "" when it marks none."""
    story = find_story(tree)
    if story is None:
        return ""
    captions = [element for element in tree.iter("figcaption") if story not in element.iterancestors()]
    texts = [tree_to_text(element) for element in (*captions[:1], story)]
    return "\n".join(text for text in texts if text) if texts[-1] else ""


def _is_whole_page(text: str, story: str) -> bool:
    """Tell whether trafilatura gave up on a short story and took the page, other headlines included.

    Then its text is one line, or the theme's story is short and nothing outside it reads like prose.
    """
    if "\n" not in text:
        return True
    prose = (line for line in text.split("\n") if len(line) > _PROSE_CHARS)
    return len(story) < _SHORT_STORY_CHARS and all(line in story for line in prose)


def _bound_attributes(tree: _Element) -> None:
    for element in tree.iter(etree.Element):
        if len(element.attrib) > _MAX_ATTRIBUTES:
            element.attrib.clear()


def _read_declared(tree: _Element, url: str) -> _Declared:
    """Read title, language, author, date and canonical address; the first that says something wins."""
    said = _read_structured_data(tree)
    metas = _read_metas(tree)
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


def _read_structured_data(tree: _Element) -> _Declared:
    """Read schema.org JSON-LD: parsed as JSON, a bounded number of nodes, never searched by regex."""
    said = _Declared()
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


def _read_node(node: dict[str, object], said: _Declared) -> None:
    kinds = node.get("@type")
    names = kinds if isinstance(kinds, list) else [kinds]
    if not any(isinstance(name, str) and _ARTICLE_TYPE.fullmatch(name) for name in names):
        return
    headline, date, free = node.get("headline"), node.get("datePublished"), node.get("isAccessibleForFree")
    if isinstance(headline, str) and not said.title:
        said.title = clean_line(html.unescape(headline))[:1000]
    if isinstance(date, str) and said.published is None:
        said.published = parse_date(date)
    if free is False or (isinstance(free, str) and free.lower() == "false"):
        said.free = False
    authors = node.get("author")
    for author in (authors if isinstance(authors, list) else [authors])[:20]:
        name = author.get("name") if isinstance(author, dict) else author
        if isinstance(name, str) and not said.author:
            said.author = _person(name)


def _person(name: str | None) -> str | None:
    """Return a name that can be shown: no profile address, no account name of the CMS."""
    line = clean_line(name or "")[:200]
    return None if not line or is_http_url(line) or line.lower() in ("admin", "editor", "webmaster") else line


def _primary(tag: str | None) -> str | None:
    """Return the primary subtag of a BCP 47 tag or a POSIX locale: "my" of "my-MM" and "my_MM"."""
    match = re.match(r"[A-Za-z]{2,3}(?=$|[-_])", (tag or "").strip())
    return match.group().lower() if match else None


def _language(declared: str | None, text: str) -> str | None:
    """Believe the script before the page: Burmese sites leave WordPress at ``lang="en-US"``."""
    sample = text[:20_000]
    burmese, latin = len(_MYANMAR.findall(sample)), len(_LATIN.findall(sample))
    if burmese > latin:
        return declared if declared in _MYANMAR_SCRIPT else "my"
    other = sum(character.isalpha() for character in sample) - burmese - latin
    mislabelled = declared == "en" if other > latin else latin > 2 * burmese and declared == "my"
    return None if mislabelled else declared
