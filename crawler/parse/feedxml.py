"""A feed's XML made fit for a parser: found, cut to whole entries, its DTD dropped, its markup mended. Reads no entry.

The DTD is never handed on. Of its entities only those that stand for plain text are read, ourselves and within a
budget: what refers to others, to files or to addresses stays as it is written, a word.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from itertools import islice, pairwise
from xml.parsers import expat

from lxml import etree

from crawler.errors import ParseError
from crawler.parse.markup import describe_html
from crawler.parse.pagetag import named_feed, read_tags

MAX_ENTRIES = 2000

_SNIFF_CHARS = 65_536
_MAX_DECLARED = 50  # entities of one DTD
_MAX_EXPANDED_CHARS = 10_000  # that they may grow to in all

# <channel> without <rss> is CDF (https://www.w3.org/TR/NOTE-CDFsubmit.html), an ancestor of RSS.
_ROOT = re.compile(
    r"(?P<comment><!--.*?(?:-->|\Z))|<(?:(?P<feed>(?:\w+:)?(?:rss|rdf|feed|channel))|(?P<html>html|head|body)|(?P<opml>opml))(?=[\s>/:])",
    re.IGNORECASE | re.DOTALL,
)
_HTML_DOCTYPE = re.compile(r"\s*(?:<!--.{0,2000}?-->\s*)?<!doctype\s+html", re.IGNORECASE | re.DOTALL)
_FIRST_NAME = re.compile(r"<([A-Za-z][\w:.-]{0,40})")
_ITEM_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_ITEM_START = re.compile(r"<(?:\w+:)?(?:item|entry)(?=[\s>])", re.IGNORECASE)
_NAMESPACE = re.compile(r"""xmlns(?::\w{1,32})?\s*=\s*(?:"[^"<]{0,300}"|'[^'<]{0,300}')""")
_HERE = "<entries/>"
_ENTITY = re.compile(r"""<!ENTITY\s+(\w{1,32})\s+(?:"([^"&<%]{0,200})"|'([^'&<%]{0,200})')\s*>""")
# Either a CDATA section or comment, passed over as it is, or what begins a tag or reference and does not go on as one.
_BARE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<(?![A-Za-z_/!?:])|&(?:(?P<known>#\d{1,7}|#[xX][0-9a-fA-F]{1,6})|(?P<name>\w{1,32}));|&",
    re.DOTALL,
)
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})


@dataclass(frozen=True, slots=True)
class FeedXml:
    """A document for the parser, and what was found broken on the way."""

    document: str
    root: str  # name of its root element, in lower case
    entries: int  # how many end, at most: the text of a CDATA section may look so, too
    cut: str | None = None  # where the feed breaks off
    bare: int = 0  # & and < that begin nothing


def prepare_xml(text: str, url: str) -> FeedXml:
    """Return the feed in *text*, which holds no control characters, without all that stands round it.

    Raises ``ParseError`` with the cause in words when *text* is another thing than a feed; of a page or list that
    names feeds it gives the first. *url* is where it came from.
    """
    root = next((found for found in _ROOT.finditer(text, 0, _SNIFF_CHARS) if not found["comment"]), None)
    if _HTML_DOCTYPE.match(text) or (root and root["html"]):
        raise ParseError(_describe_page(text, url))
    if root is None:
        name = _FIRST_NAME.search(text, 0, _SNIFF_CHARS)
        raise ParseError(f"not a feed: <{name.group(1)}>" if name else "not a feed")
    if root["opml"]:
        raise ParseError(_describe_list(text, url))
    rest, cut = _cut_to_whole_entries(text[root.start() :], root.group()[1:])
    declared = {
        match[1]: match[2] or match[3] or ""
        for match in islice(_ENTITY.finditer(text, 0, root.start()), _MAX_DECLARED)
    }
    rest, bare = _mend_markup(rest, declared)
    return FeedXml(
        f'<?xml version="1.0" encoding="utf-8"?>\n{rest}',
        root.group()[1:].lower(),
        len(_ITEM_END.findall(rest)),
        cut,
        bare,
    )


def find_malformed(document: str) -> str | None:
    """Return why *document* is not well-formed in a few words, None when it is but for undeclared prefixes."""
    parser = expat.ParserCreate(namespace_separator=" ")
    try:
        parser.Parse(document.encode(), True)
    except expat.ExpatError as error:
        found = expat.ErrorString(error.code)
        return None if found == "unbound prefix" else found
    return None


def repair_xml(document: str) -> str | None:
    """Return *document* with its tags closed, each entry by itself; None when nothing can be made of it.

    Where libxml2 mends a whole document, a tag that one entry leaves open takes in all that follow.
    """
    starts = list(islice(_ITEM_START.finditer(document), MAX_ENTRIES))
    if not starts:
        return None
    head = document[: starts[0].start()]
    names = " ".join(dict.fromkeys(_NAMESPACE.findall(head)))
    places = [start.start() for start in starts] + [len(document)]
    entries = []
    for begin, end in pairwise(places):
        chunk = document[begin:end]
        last = _ITEM_END.search(chunk)
        entries.append(_recovered(f"<r {names}>{chunk[: last.end()] if last else chunk}</r>"))
    before, mark, after = _recovered(head + _HERE).partition(_HERE)
    return f"{before}{''.join(entries)}{after}" if mark else None


def _recovered(markup: str) -> str:
    """Return the first element of *markup* as libxml2 makes it out, the wrapper round an entry taken off."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, load_dtd=False, no_network=True)
    try:
        tree = etree.fromstring(markup.encode(), parser)
    except etree.XMLSyntaxError:
        return ""
    if tree is None:
        return ""
    kept = tree if tree.tag != "r" else tree[0] if len(tree) else None
    return "" if kept is None else str(etree.tostring(kept, encoding="unicode", with_tail=False))


def _describe_page(page: str, url: str) -> str:
    described = describe_html(page)
    if not described.startswith("HTML page"):  # a challenge or a login
        return described
    found = next((feed for tag, fields in read_tags(page) if (feed := named_feed(tag, fields, url))), None)
    return f"{described}; it names the feed {found}" if found else described


def _describe_list(document: str, url: str) -> str:
    feeds = [feed for tag, fields in read_tags(document) if (feed := named_feed(tag, fields, url))]
    return f"list of {len(feeds)} feeds (OPML), not a feed{f'; the first is {feeds[0]}' if feeds else ''}"


def _cut_to_whole_entries(text: str, root: str) -> tuple[str, str | None]:
    """Close a feed that is cut off after its last whole entry, and one that is too long after its 2,000th.

    A half entry is not kept: a link that is cut off leads elsewhere. What follows the feed is dropped.
    """
    ends = [match.end() for match in islice(_ITEM_END.finditer(text), MAX_ENTRIES + 1)]
    if len(ends) > MAX_ENTRIES:
        return _closed(text[: ends[MAX_ENTRIES - 1]], root), None
    closing = re.compile(rf"</{re.escape(root)}\s*(>|\Z)", re.IGNORECASE).search(
        text, ends[-1] if ends else 0
    )
    if closing:
        return f"{text[: closing.start()]}</{root}>", None if closing[1] else "cut off in its last tag"
    if re.match(r"<[^<>]*/>", text):
        return text, None  # <rss/>: empty, and whole
    if not ends:
        raise ParseError("not a feed: cut off before the end of its first entry")
    return _closed(text[: ends[-1]], root), f"cut off after entry {len(ends)}"


def _closed(text: str, root: str) -> str:
    in_channel = root.lower() != "channel" and re.search(r"<channel[\s>]", text) and "</channel" not in text
    return f"{text}{'</channel>' if in_channel else ''}</{root}>"


def _mend_markup(text: str, declared: dict[str, str]) -> tuple[str, int]:
    """Turn names of entities into numbers and bare & and < into references; count the bare ones.

    Names that neither HTML nor the DTD gives a plain text are the stuff of XML bombs: they become plain text.
    """
    bare, budget = 0, _MAX_EXPANDED_CHARS

    def replace(match: re.Match[str]) -> str:
        nonlocal bare, budget
        found = match.group()
        if match["known"]:
            return _as_xml(match["known"])
        if len(found) > 1 and (found[0] == "<" or match["name"] in _XML_NAMES):
            return found
        if not match["name"]:
            bare += 1
            return "&amp;" if found == "&" else "&lt;"
        meant = declared.get(match["name"])
        if meant is not None and len(meant) <= budget:
            budget -= len(meant)
        else:
            meant = html.unescape(found)
        return _numbered(meant) if meant != found else "&amp;" + found[1:]

    return _BARE.sub(replace, text), bare


def _as_xml(number: str) -> str:
    """Return the reference to a character of this *number* ("#160", "#xA0", "#XA0"), "" where XML allows none."""
    code = int(number[2:], 16) if number[1] in "xX" else int(number[1:])
    is_text = (
        code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0xFFFF < code < 0x110000
    )
    return f"&#{code};" if is_text else ""


def _numbered(text: str) -> str:
    return "".join(f"&#{ord(character)};" for character in text)
