"""Which links of a page look like headlines, and under which words. It decides about one link at a time.

Facts about addresses and captions as data: sections, tags, authors, pagers and files are no articles. Which of
the headlines make up the page's list is decided in `newslist`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from crawler.parse.furniturelines import drop_lines
from crawler.parse.markup import clean_line, tree_to_text
from crawler.parse.pagedate import is_bare_date
from crawler.urls import MAX_URL_CHARS, identity_key, tidy_link, trusted_canonical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

_MAX_ANCHORS = 4000  # five times the fullest front page; each costs a quarter of a millisecond
_MAX_TITLE_CHARS = 300
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_TITLED = re.compile(r"(?:^|[\s_-])(?:title|headline|heading)\b", re.IGNORECASE)
_CLIPPED = re.compile(r"\s*(?:…|\.{3})$")

# Words that lead to an article without being its headline: ဆက်ဖတ်ရန် read on, အပြည့်အစုံ in full, ပိုမို more.
_CAPTION = re.compile(
    r"""\W*(?:
    (?:read|see|show|view|load|learn)\ ?(?:more|all|full)\b.{0,40} | continue\ reading\b.{0,60} | details?
  | (?:leave\ a\ |no\ )?(?:comments?|reply|replies)\b.{0,20} | [\d၀-၉.,]+\s?(?:k|m|comments?|views?|shares?)?
  | (?:next|previous|prev|older|newer|first|last|home|back|more|share|tweet|print|e-?mail|login|sign\ ?in|menu)
    (?:\ (?:page|posts?|entries|news|articles|stor(?:y|ies)))?
  | (?:ဆက်(?:လက်)?\s?ဖတ်(?:ရှု)?(?:ရန်|မည်)?|အပြည့်အစုံ(?:\s?ဖတ်(?:ရှု)?ရန်)?|ပိုမို(?:\s?ဖတ်ရှု)?ရန်|နောက်သို့|နောက်စာမျက်နှာ|ရှေ့သို့)
    )\W*""",
    re.VERBOSE | re.IGNORECASE,
)
# Anywhere in a path: what follows is a section, a person, a tag, a page of a list.
_LISTS = frozenset(
    {
        "category",
        "categories",
        "cat",
        "tag",
        "tags",
        "author",
        "authors",
        "writer",
        "taxonomy",
        "label",
        "labels",
    }
    | {
        "topics",
        "user",
        "users",
        "profile",
        "search",
        "page",
        "feed",
        "rss",
        "wp-admin",
        "wp-content",
        "cdn-cgi",
    }
    | {"wp-json", "wp-login.php", "sites", "cart", "checkout"}
)
# At the end of a path: pages that every site has.
_CHROME = frozenset(
    {
        "about",
        "about-us",
        "contact",
        "contact-us",
        "donate",
        "donation",
        "support-us",
        "privacy",
        "privacy-policy",
    }
    | {
        "terms",
        "terms-of-use",
        "terms-and-conditions",
        "login",
        "register",
        "subscribe",
        "newsletter",
        "careers",
    }
    | {
        "advertise",
        "advertise-with-us",
        "code-of-ethics",
        "copyright",
        "sitemap",
        "archive",
        "archives",
        "home",
    }
    | {
        "index",
        "team",
        "our-team",
        "faq",
        "membership",
        "account",
        "my-account",
        "cookie-policy",
        "disclaimer",
    }
)
_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|ico|pdf|docx?|xlsx?|pptx?|zip|mp3|mp4|m3u8|xml|rss|css|js|json|apk)$",
    re.IGNORECASE,
)
_LIST_QUERY = re.compile(
    r"(?:^|&)(?:s|q|share|replytocom|paged?|cat|tag|author|lang|feed|sort|order|filter\w*|m|updated-max)=",
    re.IGNORECASE,
)
_NUMBERED_QUERY = re.compile(
    r"(?:^|&)(?:p|id|nid|aid|post|article|article_?id|story|news_?id)=\d", re.IGNORECASE
)
_ARTICLE_SLUG = re.compile(
    r"\d{4,}|[0-9a-f]{16,}|(?:[^-_]+[-_]){3,}|\.(?:s?html?|php|aspx?)$|[^\x00-\x7f]{8,}|^[^-]{1,200}-[^-]{12,}$",
    re.IGNORECASE,
)
_LONG_SLUG_CHARS = 28

_SYLLABLE = re.compile("[\u1000-\u102a\u103f](?![\u103a\u1039])")  # Myanmar letters that begin one
_LEAST_SYLLABLES, _LEAST_WORDS, _LEAST_CHARS = 5, 3, 14


@dataclass(frozen=True, slots=True)
class Headline:
    """A link that may be an article of the page's list. *weight*: 3 in a heading, 2 text, 1 a picture's words."""

    anchor: _Element
    url: str
    key: str  # equal for the twins of an article
    title: str
    weight: int
    order: int
    dug: bool  # the address looks like an article's, not like a section's
    shape: str  # its place in the page's structure: equal for repeated cards


def find_headlines(tree: _Element, base: str, url: str) -> list[Headline]:
    """Return every link that may be a headline, in the order of the page; *base* resolves links."""
    own = identity_key(url)
    known: dict[str, tuple[str, str, bool] | None] = {}
    found = []
    for order, anchor in enumerate(islice(tree.iter("a"), _MAX_ANCHORS)):
        href = anchor.get("href") or ""
        if href not in known:
            known[href] = _article_address(href, base, url, own)
        address = known[href]
        if address is None or _is_inline(anchor):
            continue
        title, weight = read_title(anchor)
        if title and not is_caption(title):
            link, key, dug = address
            found.append(Headline(anchor, link, key, title, weight, order, dug, _shape(anchor)))
    return found


def resolve_link(href: str, base: str, url: str) -> str | None:
    """Return *href* as the clean address of a page of the same site, below its sections, else None."""
    if not href or len(href) > MAX_URL_CHARS or href.startswith("#"):
        return None
    try:
        absolute = urljoin(base, tidy_link(href))
    except ValueError:
        return None
    return trusted_canonical(absolute, url)


def read_title(anchor: _Element) -> tuple[str, int]:
    """Return the words of a link and their weight: of its heading, its text, its title or picture."""
    inner = next(anchor.iter(*_HEADINGS), None)
    if inner is None:
        inner = next((part for part in islice(anchor.iter("div", "span", "p"), 30) if _is_titled(part)), None)
    if inner is not None and (title := _text(inner)):
        return title, 3
    text = _text(anchor)
    if len(text) > _MAX_TITLE_CHARS or next(anchor.iter("div", "p"), None) is not None:  # a whole card
        lines = [line for line in tree_to_text(anchor).split("\n") if len(line) <= _MAX_TITLE_CHARS]
        text = next((line for line in lines if is_telling(line) and not is_bare_date(line)), "")
    full = clean_line((anchor.get("title") or "")[: 2 * _MAX_TITLE_CHARS])
    if text:
        stem = _CLIPPED.sub("", text)
        if stem != text and full.startswith(stem):
            text = full
        return text, 3 if any(_is_heading(element) for element in _above(anchor, 3)) else 2
    picture = next((image.get("alt") for image in anchor.iter("img") if image.get("alt")), "") or ""
    return (full or clean_line(picture))[:_MAX_TITLE_CHARS], 1


def is_telling(title: str) -> bool:
    """Tell whether *title* is long enough for a headline: Burmese counts syllables, others words."""
    syllables = len(_SYLLABLE.findall(title))
    if syllables:
        return syllables >= _LEAST_SYLLABLES
    return len(title) >= _LEAST_CHARS and (len(title.split()) >= _LEAST_WORDS or not title.isascii())


def is_caption(title: str) -> bool:
    """Tell whether *title* is "Read more", a number, a date or a line of furniture, not a headline."""
    return (
        not any(character.isalpha() for character in title)
        or _CAPTION.fullmatch(title) is not None
        or is_bare_date(title)
        or not drop_lines(title)[0]
    )


def pattern(url: str) -> str:
    """Return the path of *url* with digits and words generalised: ``/news/2026/11/a-b.html`` is ``w9/9/w``."""
    segments = [segment for segment in urlsplit(url).path.split("/") if segment]
    return "/".join("9" if re.match(r"\d+(?:\.|$)", segment) else "w" for segment in segments[-6:])


def _article_address(href: str, base: str, url: str, own: str) -> tuple[str, str, bool] | None:
    address = resolve_link(href, base, url)
    if address is None:
        return None
    parts = urlsplit(address)
    segments = [unquote(segment).lower() for segment in parts.path.split("/") if segment]
    if _FILE.search(parts.path) or _LIST_QUERY.search(parts.query):
        return None
    last = segments[-1] if segments else ""
    if not _LISTS.isdisjoint(segments) or re.sub(r"\.\w{2,5}$", "", last) in _CHROME:
        return None
    key = identity_key(address)
    if key == own:
        return None
    dug = bool(
        _ARTICLE_SLUG.search(last)
        or len(last) >= _LONG_SLUG_CHARS
        or _NUMBERED_QUERY.search(parts.query)
        or (len(segments) > 1 and re.fullmatch(r"\d+", last))
    )
    return address, key, dug


def _is_inline(anchor: _Element) -> bool:
    """Tell whether the link stands inside a sentence: text of the same block goes before it."""
    parent = anchor.getparent()
    if parent is None or parent.tag not in ("p", "li", "td", "span", "em", "strong", "b", "i", "div"):
        return False
    before, node = len((parent.text or "").strip()), anchor.getprevious()
    for _ in range(4):
        if node is None or node.tag in ("br", "div", "p"):
            break
        before += len((node.tail or "").strip())
        node = node.getprevious()
    return before > 60


def _above(element: _Element, levels: int) -> Iterator[_Element]:
    return islice(element.iterancestors(), levels)


def _is_heading(element: _Element) -> bool:
    return element.tag in _HEADINGS or _is_titled(element)


def _is_titled(element: _Element) -> bool:
    return _TITLED.search((element.get("class") or "")[:300]) is not None


def _text(element: _Element) -> str:
    pieces: list[str] = []
    for piece in islice(element.itertext(), 200):
        pieces.append(piece[: 2 * _MAX_TITLE_CHARS])
    return clean_line("".join(pieces)[: 4 * _MAX_TITLE_CHARS])


def _shape(anchor: _Element) -> str:
    """Return the tags above a link; the nearest with the first word of their class, numbers left out."""
    names = []
    for level, element in enumerate(_above(anchor, 14)):
        name = str(element.tag)
        if level < 3:
            words = (element.get("class") or "")[:300].split(maxsplit=1)
            name += "." + re.sub(r"\d+", "", words[0]) if words else ""
        names.append(name)
    return "<".join(names)
