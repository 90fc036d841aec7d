"""What readers see of a text: readers of HTML and markdown that share nothing with the adapters.

What is lost to markup is missing from the text; what pings, runs or turns into something else is in ``live``; a link is
what it shows and what it opens. What each platform makes of them is in `tests.kit.chats`.
"""

from __future__ import annotations

import html.parser
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt

# Signs that may stand in for others where a chat has no escape: readers take one for the other.
LOOKALIKES = str.maketrans("∗＿ʻ＼∼‹›", "*_`\\~<>")


@dataclass(frozen=True, slots=True)
class Seen:
    """One form of a message as its readers have it."""

    text: str
    live: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


class SeenPage:
    """Collects what is seen, field by field."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.live: list[str] = []
        self.links: list[tuple[str, str]] = []

    def add(self, seen: Seen) -> None:
        """Take over what one field shows."""
        self.lines.append(seen.text)
        self.live += seen.live
        self.links += seen.links

    def plain(self, text: str) -> None:
        """Take over a field that is shown as it is."""
        self.lines.append(text)

    @property
    def seen(self) -> Seen:
        """Everything so far."""
        return Seen("\n".join(self.lines), tuple(self.live), tuple(self.links))


def every(node: object, key: str) -> Iterator[Any]:
    """Yield every value under *key* in nested JSON, in order."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            if name == key:
                yield value
            yield from every(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from every(value, key)


# -- HTML as chats allow it -----------------------------------------------------------------------------------------


class HtmlReader(html.parser.HTMLParser):
    """A strict reader: only tags in *allowed*, each closed in its turn; an attribute only where it is a link's."""

    def __init__(self, allowed: frozenset[str], named: frozenset[str] | None) -> None:
        super().__init__(convert_charrefs=False)
        self.allowed, self.named = allowed, named
        self.open: list[tuple[str, str]] = []
        self.text, self.outside, self.label = "", "", ""
        self.links: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.allowed, f"a live <{tag}>"
        assert [name for name, _ in attrs] == (["href"] if tag == "a" else []), f"<{tag} {attrs}>"
        if tag == "br":
            self._show("\n")
            return
        self.open.append((tag, attrs[0][1] or "" if attrs else ""))
        self.label = "" if tag == "a" else self.label

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        opened, target = self.open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"
        if tag == "a":
            self.links.append((self.label, target))
        if tag in ("p", "li", "ul", "blockquote"):
            self._show("\n")

    def handle_data(self, data: str) -> None:
        assert "<" not in data, f"a tag begun in {data!r}"
        assert not re.search(r"&#?\w+;?", data) or self.named is None, f"an entity begun in {data!r}"
        self._show(data)

    def handle_entityref(self, name: str) -> None:
        assert self.named is None or name in self.named, f"&{name};"
        self._show(html.unescape(f"&{name};"))

    def handle_charref(self, name: str) -> None:
        self._show(html.unescape(f"&#{name};"))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"markup that shows nothing: {data!r}")

    handle_decl = handle_pi = unknown_decl = handle_comment

    def _show(self, text: str) -> None:
        self.text += text
        if any(tag == "a" for tag, _ in self.open):
            self.label += text
        else:
            self.outside += text


def read_html(text: str, allowed: frozenset[str], named: frozenset[str] | None = None) -> HtmlReader:
    """Return what a chat shows of *text*; fails on a tag or an entity that it does not know."""
    parser = HtmlReader(allowed, named)
    parser.feed(text)
    parser.close()
    assert not parser.open, f"<{parser.open[-1][0]}> is never closed"
    return parser


# -- CommonMark, read by a parser that is not ours ----------------------------------------------------------------

COMMONMARK = MarkdownIt("commonmark")
TABLES = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def read_commonmark(parser: MarkdownIt, text: str, allowed: frozenset[str]) -> Seen:
    """Return what is shown; *allowed* blocks (list, quote) and bold are ours, all other markup is live."""
    shown, live, links = [], [], []
    for block in parser.parse(text):
        if block.type in (
            "heading_open",
            "code_block",
            "fence",
            "hr",
            "html_block",
            "table_open",
            "ordered_list_open",
        ):
            live.append(f"{block.type} {block.content or block.markup}")
        if block.type == "bullet_list_open" and "list" not in allowed:
            live.append("a list")
        if block.type == "blockquote_open" and "quote" not in allowed:
            live.append("a quotation")
        if block.type != "inline":
            continue
        target = ""
        for child in block.children or []:
            if child.type in ("text", "text_special"):
                shown.append(child.content)
            elif child.type in ("softbreak", "hardbreak"):
                shown.append("\n")
            elif child.type == "link_open":
                target = str(child.attrGet("href"))
                links.append(("", target))
            elif child.type.startswith("strong") and child.markup == "**":
                pass  # ours: headlines, labels, matched words
            elif child.type != "link_close":
                live.append(f"{child.type} {child.content or child.markup}")
        shown.append("\n")
    return Seen("".join(shown), tuple(live), tuple(links))
