"""Plain text out of small pieces of markup: a feed's fields. Whole pages belong to ``extract``.

Text that leaves here is NFC, free of control characters, its paragraphs separated by one line break.
"""

from __future__ import annotations

import html
import re
from unicodedata import normalize

from lxml import etree

from crawler.furniture import drop_lines, prune_tree

# C0 and C1 but for tab and line ends, lone surrogates, noncharacters: PostgreSQL refuses the first of them,
# UTF-8 the second kind; none is text.
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_LOOKS_LIKE_MARKUP = re.compile(r"<(?:/?[A-Za-z][^<>]{0,2000}>|!--|!\[CDATA\[)|<br\b")
_BLOCKS = frozenset(
    "address article blockquote br center dd div dl dt fieldset figcaption figure form h1 h2 h3 h4 h5 h6 header hr li "
    "main ol p pre section table tr ul".split()
)
_CELLS = frozenset({"td", "th"})
_PARSER = etree.HTMLParser(
    encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False
)


def clean_line(text: str) -> str:
    """Return *text* as one NFC line: control characters gone, white space collapsed."""
    return normalize("NFC", " ".join(_UNWANTED.sub("", text).split()))


def clean_paragraphs(text: str) -> str:
    """Return *text* with every line cleaned and empty lines dropped."""
    lines = (clean_line(line) for line in _LINE_END.split(text))
    return "\n".join(line for line in lines if line)


def strip_controls(text: str) -> str:
    """Remove what no text may hold (NUL, other C0 and C1, surrogates, noncharacters)."""
    return _UNWANTED.sub("", text)


def html_to_text(markup: str) -> str:
    """Return the text of an HTML fragment without share bars, related stories and scripts.

    Blocks and line breaks separate paragraphs; text of inline tags is not torn apart, as Burmese words
    carry emphasis inside them. Never raises: markup that libxml2 cannot read counts as empty.
    """
    source = f"<html><body>{strip_controls(markup)}</body></html>"
    try:
        tree = etree.fromstring(source.encode(), _PARSER)
    except etree.XMLSyntaxError:
        return ""
    if tree is None:
        return ""
    prune_tree(tree)
    pieces: list[str] = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if element.tag in _BLOCKS:
            pieces.append("\n")
        elif element.tag in _CELLS:
            pieces.append(" ")
        text = element.text if event == "start" else element.tail
        if text:
            pieces.append(_LINE_END.sub(" ", text))
    text, _ = drop_lines(clean_paragraphs("".join(pieces)))
    return text


def field_to_text(value: str) -> str:
    """Return a feed field as paragraphs: markup when it looks like it, plain text otherwise.

    Publishers label both wrongly, so the label is not asked: "2 < 3" stays, "&amp;#8217;" becomes ’.
    """
    if _LOOKS_LIKE_MARKUP.search(value):
        return html_to_text(value)
    text, _ = drop_lines(clean_paragraphs(html.unescape(value)))
    return text


def field_to_line(value: str) -> str:
    """Return a feed field as one line: a headline, a name. Nothing is dropped from it but markup."""
    if _LOOKS_LIKE_MARKUP.search(value):
        source = f"<html><body>{strip_controls(value)}</body></html>"
        try:
            tree = etree.fromstring(source.encode(), _PARSER)
        except etree.XMLSyntaxError:
            tree = None
        value = "".join(tree.itertext()) if tree is not None else ""
        return clean_line(value)
    return clean_line(html.unescape(value))
