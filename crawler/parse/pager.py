"""Which address holds the entries before those of a page. It builds it; what the page prints is only evidence.

Sites echo what strangers put into the query string, so the printed address is never followed: the answer is the
address that we asked for with one page number changed, on the same host. Opens nothing.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, unquote, urljoin, urlsplit, urlunsplit

from crawler.urls import MAX_URL_CHARS, with_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

_MAX_LINKS = 4000
_MAX_PAGE = 100_000
_PAGES = ("page", "paged", "pg", "pageno", "page_no")  # count pages
_OFFSETS = ("start", "offset")  # count entries
_PATH = re.compile(r"(?P<base>.*?)(?P<word>/page[/-])(?P<number>\d{1,6})(?P<end>/?)$", re.DOTALL)
# နောက် next: "next page", "to the next".
_NEXT = re.compile(r"\b(?:next|older)\b|နောက်|[›»→]|[-_](?:next|older)\b", re.IGNORECASE)
_DIGITS = str.maketrans("၀၁၂၃၄၅၆၇၈၉", "0123456789")
# Blogger has no page numbers: the cursor is a date, which is taken over only when it is one.
_BLOGGER = {"updated-max": r"[\d:T.+-]{10,40}", "max-results": r"\d{1,3}", "start": r"\d{1,6}"}
_SAFE_QUERY = re.compile(r"[\w.~%:+,=&/-]{0,300}")


def find_older(tree: _Element, base: str, url: str) -> str | None:
    """Return the address of the page after this one, None at the end or where the pager is not understood.

    *base* resolves links, *url* is what was asked for. Known are ``/page/N``, ``?page=N`` from 0 (Drupal) and
    from 1, ``?paged=N``, ``?start=N`` and Blogger's older posts.
    """
    ours = urlsplit(url)
    own = _PATH.match(ours.path)
    root = _fold(own["base"] if own else ours.path)
    numbered: dict[str, list[tuple[int, bool, str]]] = {}
    for element, printed in _links(tree, base):
        if printed.netloc.lower() != ours.netloc.lower():
            continue
        labelled = _is_next(element)
        page = _PATH.match(printed.path)
        if page and _fold(page["base"]) == root:
            shape = f"{page['word']}|{page['end']}"
            numbered.setdefault(shape, []).append((int(page["number"]), labelled, ""))
        elif _fold(printed.path) == _fold(ours.path):
            text = "".join(islice(element.itertext(), 20))[:60].translate(_DIGITS)
            for name, value in parse_qsl(printed.query[:1000]):
                if name in (*_PAGES, *_OFFSETS) and re.fullmatch(r"[0-9]{1,6}", value):
                    numbered.setdefault(name, []).append((int(value), labelled, text))
        elif labelled and (older := _blogger(printed, ours)):
            return older
    current = dict(parse_qsl(ours.query))
    for shape, found in numbered.items():
        if "|" in shape:
            here = own["number"] if own else current.get("paged", "1")
            number = int(here) + 1 if here.isdecimal() and len(here) < 7 else 2
            if any(printed_number == number for printed_number, _, _ in found):
                return _paged(ours, own["base"] if own else ours.path, shape, number)
        else:
            following = _next_number(shape, current.get(shape), found)
            if following is not None and following <= _MAX_PAGE:
                return with_query(ours.geturl(), **{shape: str(following)})
    return None


def follow_selected(element: _Element, base: str, url: str) -> str | None:
    """Return the address behind the link that a selector of the configuration chose, on this host only."""
    anchor = element if element.tag == "a" else next(element.iter("a"), None)
    printed = _split(base, anchor.get("href") if anchor is not None else None)
    ours = urlsplit(url)
    if printed is None or printed.netloc.lower() != ours.netloc.lower():
        return None
    if not _SAFE_QUERY.fullmatch(printed.query):
        return None
    return urlunsplit((ours.scheme, ours.netloc, printed.path, printed.query, ""))


def _next_number(name: str, current: str | None, found: list[tuple[int, bool, str]]) -> int | None:
    numbers = {number for number, _, _ in found}
    here = int(current) if current and re.fullmatch(r"[0-9]{1,6}", current) else None
    if name in _OFFSETS:
        return min((number for number in numbers if number > (here or 0)), default=None)
    if here is not None:
        return here + 1 if here + 1 in numbers else None
    for number, labelled, _ in found:
        if labelled and number in (1, 2):
            return number
    # No word tells the next page: where page 1 is called "1", counting begins there, else at 0.
    from_one = any(number == 1 and re.search(r"(?<!\d)1(?!\d)", text) for number, _, text in found)
    first = 2 if from_one or (1 not in numbers) else 1
    return first if first in numbers else None


def _paged(ours: SplitResult, base: str, shape: str, number: int) -> str:
    word, _, end = shape.partition("|")
    searched = "s" in dict(parse_qsl(ours.query))
    if searched:  # WordPress: outlets refuse /page/2/?s= and answer ?s=&paged=2
        return with_query(ours.geturl(), paged=str(number))
    path = f"{base.rstrip('/')}{word}{number}{end}"
    return urlunsplit((ours.scheme, ours.netloc, path, ours.query, ""))


def _blogger(printed: SplitResult, ours: SplitResult) -> str | None:
    if not (printed.path == "/search" or printed.path.startswith("/search/label/")):
        return None
    fields = dict(parse_qsl(printed.query[:1000]))
    if "updated-max" not in fields:
        return None
    kept = [
        f"{name}={fields[name].replace('+', '%2B')}"
        for name, wanted in _BLOGGER.items()
        if re.fullmatch(wanted, fields.get(name, ""))
    ]
    if not kept or not kept[0].startswith("updated-max"):
        return None
    query = "&".join([*kept, "by-date=false"])
    return urlunsplit((ours.scheme, ours.netloc, printed.path, query, ""))


def _links(tree: _Element, base: str) -> Iterator[tuple[_Element, SplitResult]]:
    for element in islice(tree.iter("a", "link"), _MAX_LINKS):
        if element.tag == "link" and "next" not in (element.get("rel") or "").lower().split():
            continue
        if (printed := _split(base, element.get("href"))) is not None:
            yield element, printed


def _split(base: str, href: str | None) -> SplitResult | None:
    if not href or len(href) > MAX_URL_CHARS:
        return None
    try:
        parts = urlsplit(urljoin(base, href.strip()))
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") else None


def _is_next(element: _Element) -> bool:
    rel = (element.get("rel") or "").lower().split()
    text = "".join(islice(element.itertext(), 20))[:60]
    parent = element.getparent()
    names = [element.get("class"), element.get("id"), parent.get("class") if parent is not None else None]
    words = [text, element.get("title") or "", *(name or "" for name in names)]
    return "next" in rel or any(_NEXT.search(word[:300]) for word in words)


def _fold(path: str) -> str:
    return unquote(path).rstrip("/").lower()
