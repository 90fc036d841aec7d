"""The markup of Telegram's channel previews into posts as they stand there. What an entry gets is ``telegram``'s.

Every element is looked at once, however the page is nested.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from lxml import etree

from crawler.parse.dates import parse_date
from crawler.parse.markup import clean_line, clean_paragraphs

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_POSTS = 200  # a preview page holds 20
MAX_NAME_CHARS = 200
POST_NAME = re.compile(r"([A-Za-z][A-Za-z0-9_]{2,63})/([1-9]\d{0,9})", re.ASCII)

# Classes of https://t.me/s/ as of 2026. A reply quotes another post, its text by the same name included.
_QUOTED = frozenset(
    {"tgme_widget_message_reply", "tgme_widget_message_reply_template", "js-message_reply_text"}
)
_TEXT = "tgme_widget_message_text"
_DATE = "tgme_widget_message_date"
_FORWARDED = "tgme_widget_message_forwarded_from_name"
_SIGNED = "tgme_widget_message_from_author"
_PREVIEW = "tgme_widget_message_link_preview"
_PREVIEW_WORDS = frozenset({"link_preview_title", "link_preview_description"})
_WITHHELD = "message_media_not_supported_wrap"  # "Please open Telegram to view this post"

_LINE_END = re.compile(r"[\r\n\x0b\x0c\x85\u2028\u2029]+")  # white space in markup: <br> breaks lines
_BLOCKS = frozenset({"br", "div", "p", "pre", "blockquote", "ul", "ol", "li", "table", "tr"})
_PARSER = etree.HTMLParser(
    encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False
)


@dataclass(slots=True)
class Post:
    """One message as the page shows it; an album is one."""

    channel: str
    number: int
    service: bool = False  # "Channel created", "pinned a photo"
    texts: list[str] = field(default_factory=list)
    preview: list[str] = field(default_factory=list)  # of the page that it links to: title, description
    links: list[str] = field(default_factory=list)
    forwarded_from: str = ""
    signed: str = ""
    published: datetime | None = None
    dated: bool = False  # its footer, which comes last, is there
    withheld: bool = False


@dataclass(slots=True)
class Page:
    """A channel's page, or what came in its stead."""

    posts: list[Post] = field(default_factory=list)  # the newest last
    befores: list[int] = field(default_factory=list)  # where the links to older posts lead
    title: str = ""
    is_channel: bool = False
    is_contact: bool = False  # the page of a name, without posts: "Telegram: Contact @NAME"


def read_page(text: str) -> Page:
    """Read what a preview page shows; markup that libxml2 cannot read is an empty page."""
    page = Page()
    try:
        tree = etree.fromstring(text.encode(), _PARSER)
    except etree.XMLSyntaxError:
        tree = None
    if tree is None:
        return page
    messages: deque[_Element] = deque(maxlen=MAX_POSTS)
    walk = etree.iterwalk(tree, events=("start",))
    for _, element in walk:
        classes = _classes(element)
        if "tgme_widget_message" in classes:
            walk.skip_subtree()  # a post within a post would be read again and again
            messages.append(element)
        elif "tme_messages_more" in classes:
            before = element.get("data-before") or ""
            if before.isascii() and before.isdigit() and len(before) <= 10:
                page.befores.append(int(before))
        elif "tgme_channel_info_header_title" in classes:
            walk.skip_subtree()
            page.title = page.title or clean_line(_text(element))[:MAX_NAME_CHARS]
        elif "tgme_channel_history" in classes or "tgme_channel_info" in classes:
            page.is_channel = True
        elif "tgme_page" in classes:
            page.is_contact = True
    page.posts = [post for message in messages if (post := _read_post(message))]
    page.is_channel = page.is_channel or bool(page.posts)
    return page


def _read_post(message: _Element) -> Post | None:
    named = POST_NAME.fullmatch(message.get("data-post") or "")
    if named is None:
        return None
    post = Post(named.group(1), int(named.group(2)), service="service_message" in _classes(message))
    walk = etree.iterwalk(message, events=("start",))
    for _, element in walk:
        classes = _classes(element)
        if not classes:
            continue
        if not _QUOTED.isdisjoint(classes):
            walk.skip_subtree()
        elif _TEXT in classes:
            walk.skip_subtree()  # Telegram puts one into another
            if (text := _text(element)) and text not in post.texts[-1:]:
                post.texts.append(text)
            post.links += _hrefs(element)
        elif _FORWARDED in classes:
            walk.skip_subtree()
            post.forwarded_from = post.forwarded_from or clean_line(_text(element))[:MAX_NAME_CHARS]
        elif _SIGNED in classes:
            walk.skip_subtree()
            post.signed = post.signed or clean_line(_text(element))[:MAX_NAME_CHARS]
        elif _DATE in classes:
            walk.skip_subtree()
            post.dated = True
            time = next(element.iter("time"), None)
            if time is not None and post.published is None:
                post.published = parse_date(time.get("datetime"))
        elif _PREVIEW in classes:
            if href := element.get("href"):
                post.links.append(href)
        elif not _PREVIEW_WORDS.isdisjoint(classes):
            walk.skip_subtree()
            post.preview.append(_text(element))
        elif _WITHHELD in classes:
            walk.skip_subtree()  # its label is no text of the post
            post.withheld = True
    return post


def _text(element: _Element) -> str:
    """Return all words of *element*, its line breaks kept; emoji are words, as pictures with a name too."""
    pieces: list[str] = []
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if node.tag in _BLOCKS and node is not element and (event == "start" or node.tag != "br"):
            pieces.append("\n")
        if event == "start" and node.tag == "img" and "emoji" in _classes(node):
            pieces.append(node.get("alt") or "")
        text = node.text if event == "start" else (node.tail if node is not element else None)
        if text:
            pieces.append(_LINE_END.sub(" ", text))
    return clean_paragraphs("".join(pieces))


def _hrefs(element: _Element) -> list[str]:
    return [href for link in element.iter("a") if (href := link.get("href"))]


def _classes(element: _Element) -> list[str]:
    return (element.get("class") or "").split()
