"""A page of a digest as running text, for platforms whose message is one string.

Owns the order of the lines; escaping, emphasis and links come from the adapter as a `Markup`.
"""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from alerts.message.layout import Line, Telling
from alerts.message.template import fill_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alerts.message.paging import Item, Page
    from alerts.message.plaintext import Piece


@dataclass(frozen=True, slots=True)
class Markup:
    """How one platform dresses text. The others are handed what ``text`` has made safe."""

    text: Callable[[str], str]
    strong: Callable[[str], str]  # a heading or headline, whole
    mark: Callable[[str], str]  # matched words inside a sentence, letters close by on both sides
    link: Callable[[str, str, str], str]  # label, host, url; the result may hold a line break
    quote: tuple[str, str] = ("", "")  # around the matched sentence
    bullet: str = "• "


def as_is(text: str) -> str:
    """Return *text*."""
    return text


def address_below(label: str, host: str, url: str) -> str:
    """Write the address on a line of its own."""
    return f"{label} ({host})\n{url}"


def address_below_in_markdown(label: str, host: str, url: str) -> str:
    """Write the address on a line of its own, without the signs that markdown would take for emphasis."""
    return address_below(label, host, url.replace("_", "%5F").replace("*", "%2A").replace("~", "%7E"))


def _no_address(label: str, host: str, url: str) -> str:
    return f"{label} ({host})"


def plain_markup(text: Callable[[str], str], link: Callable[[str, str, str], str] = address_below) -> Markup:
    """Return the dress of a plain message: nothing is emphasised, addresses are written out."""
    return Markup(text=text, strong=as_is, mark=as_is, link=link)


PLAIN_TEXT = plain_markup(as_is)
NO_ADDRESS = plain_markup(as_is, _no_address)


def bold_in_markdown(text: str) -> str:
    """Return *text* in bold inside a line, or bare where punctuation at an edge would keep the asterisks.

    CommonMark's flanking rules: ``**`` between a letter and a punctuation mark opens or closes nothing.
    """
    edges = (text[:1], text[-1:])
    return (
        f"**{text}**" if all(c.isalnum() or unicodedata.category(c)[0] == "M" for c in edges if c) else text
    )


def section_of(item: Item) -> str:
    """Return the heading under which *item* stands, "" for a story, which has its own."""
    if isinstance(item.content, Telling):
        return ""
    return "Also" if isinstance(item.content, Line) else "Notices"


def write_lines(page: Page, markup: Markup, *, heading: bool = True) -> list[str]:
    """Return the lines of *page*; "" separates paragraphs. *heading* is off where there is a title field.

    A channel's own template decides where there is one; should it fail, the usual layout serves.
    """
    if page.template:
        from jinja2 import TemplateError

        with suppress(TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
            return fill_template(page.template, dress_page(page, markup))
    lines = [markup.strong(markup.text(page.heading))] if heading else []
    previous = ""
    for item in page.items:
        section = section_of(item)
        if not section or section != previous:
            lines.append("")
        if section and section != previous:
            lines.append(markup.strong(section))
        lines += _item_lines(item, markup)
        previous = section
    lines += ["", *(markup.text(line) for line in (*page.tail, page.footer))]
    return lines if lines[0] else lines[1:]


def dress_page(page: Page, markup: Markup) -> dict[str, object]:
    """Return what a template may write of *page*: every text safe for the platform, links and emphasis in place."""
    stories, also, notices = [], [], []
    for item in page.items:
        content = item.content
        if isinstance(content, str):
            notices.append(markup.text(content))
        elif isinstance(content, Line):
            also.append(_one_line(content, markup))
        else:
            stories.append(_dress_story(content, markup))
    return {
        "heading": markup.strong(markup.text(page.heading)),
        "stories": stories,
        "also": also,
        "notices": notices,
        "tail": [markup.text(line) for line in page.tail],
        "footer": markup.text(page.footer),
        "bullet": markup.bullet,
    }


def _dress_story(story: Telling, markup: Markup) -> dict[str, object]:
    return {
        "heading": markup.text(story.heading),
        "headline": _linked(story.lead, markup, strong=True),
        "byline": markup.text(story.lead.byline),
        "sentence": _quoted(story.sentence, markup),
        "facts": [dress_pieces(fact, markup) for fact in story.facts],
        "further": [_one_line(line, markup) for line in story.further],
        "notes": [markup.text(note) for note in (story.rest, story.known) if note],
    }


def _quoted(sentence: tuple[Piece, ...], markup: Markup) -> str:
    before, after = markup.quote
    return f"{before}{dress_pieces(sentence, markup)}{after}" if sentence else ""


def dress_pieces(pieces: tuple[Piece, ...], markup: Markup) -> str:
    """Return the pieces of one line with those that are marked emphasised; two beside each other as one.

    Else ``**`` of the first would end in ``****`` before the second, which markdown shows.
    """
    dressed = []
    for marked, group in groupby(pieces, key=lambda piece: piece[1]):
        text = markup.text("".join(text for text, _ in group))
        dressed.append(markup.mark(text) if marked else text)
    return "".join(dressed)


@lru_cache(maxsize=512)
def _item_lines(item: Item, markup: Markup) -> tuple[str, ...]:
    """Return the lines of one item, remembered: a page is written anew for every size that is tried."""
    return tuple(_write_item(item, markup))


def _write_item(item: Item, markup: Markup) -> Iterator[str]:
    content = item.content
    if isinstance(content, str):
        yield markup.bullet + markup.text(content)
    elif isinstance(content, Line):
        yield markup.bullet + _one_line(content, markup)
    else:
        if content.heading:
            yield markup.text(content.heading)
        yield _linked(content.lead, markup, strong=True)
        yield markup.text(content.lead.byline)
        if content.sentence:
            yield _quoted(content.sentence, markup)
        for fact in content.facts:
            yield dress_pieces(fact, markup)
        for line in content.further:
            yield markup.bullet + _one_line(line, markup)
        for note in (content.rest, content.known):
            if note:
                yield markup.bullet + markup.text(note)


def _linked(line: Line, markup: Markup, *, strong: bool = False) -> str:
    """Return the linked headline with the host beside it, outside the link: it names the true address."""
    label, host = markup.text(line.headline), markup.text(line.host)
    if strong:
        label = markup.strong(label)
    if line.url:
        return markup.link(label, host, line.url)
    return f"{label} ({host})" if host else label


def _one_line(line: Line, markup: Markup) -> str:
    """Return a further report, its headline first; behind the byline where an address line follows it."""
    linked, byline = _linked(line, markup), markup.text(line.byline)
    return f"{byline}: {linked}" if "\n" in linked else f"{linked} · {byline}"
