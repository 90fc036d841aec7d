"""What points from a story to others: "Read also: ...", lists of links at its end, hashtags, "6 years ago".

A line goes for its shape, whatever its language: it is all link, or a label and a link. A story is never emptied.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from crawler.parse.furniture import drop_element

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.etree import _Element

_MOST_LOOKED_AT = 80  # elements, lines: a tail that is longer is not ours to judge
_LEAST_LINKS = 2  # one alone may be the story's source
_LINKED_SHARE = 0.9
_LABEL_CHARS = 60
_LINK_CHARS = 15
_MOST_PARAGRAPHS = 2000
_HEADLINE_CHARS = 160
_WRAPPERS = frozenset({"div", "section", "article"})
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})

_SENTENCE_END = re.compile(r"[.!?။][\"'”’)\]]*\s*$")
_LABEL = re.compile(r"(?:.{0,40}[:：|»–-]\s*)?")
_HASHTAGS = re.compile(r"(?:#[^\s#]+[\s,၊]*)+")
_HASHTAG_END = re.compile(r"(?<=[.!?။”\"])(?:\s*#[^\s#]+)+\s*$")
# မိနစ် minute, နာရီ hour, ရက် day, ပတ် week, လ month, နှစ် year; လွန်ခဲ့သော past, အကြာက ago.
_AGO = (
    r"(?:(?:about|over|almost)\s)?(?:an?|[0-9]{1,3})\s(?:second|minute|min|hour|day|week|month|year)s?\sago"
    r"|(?:လွန်ခဲ့(?:သော|သည့်|တဲ့)\s*)?[0-9၀-၉]{1,3}\s*(?:မိနစ်|နာရီ|ရက်|ပတ်|လ|နှစ်)\s*(?:က|အကြာက|အကြာ|ခန့်က)"
)
_AGO_LINE = re.compile(rf"\W*(?:{_AGO})\W*", re.IGNORECASE)
_ENDS_AGO = re.compile(rf".{{10,160}}\s(?:{_AGO})\W*", re.IGNORECASE)


def drop_pointers(story: _Element) -> None:
    """Remove from *story* the paragraphs that are one link, or a label and one; they must be the smaller part.

    Items of lists stay, for a list of links can be what an article is about; at the end it goes with the tail.
    """
    doomed: list[_Element] = []
    kept = 0
    for paragraph in islice(story.iter("p", "h3", "h4", "h5"), _MOST_PARAGRAPHS):
        text = _squeeze(paragraph.itertext())
        if _is_pointer(paragraph, text) and next(paragraph.iterancestors("li", "td"), None) is None:
            doomed.append(paragraph)
        else:
            kept += len(text)
    if doomed and kept > sum(len(_squeeze(paragraph.itertext())) for paragraph in doomed):
        for paragraph in doomed:
            drop_element(paragraph)
    _cut_link_tail(story)


def _is_pointer(paragraph: _Element, text: str) -> bool:
    if not _LINK_CHARS <= len(text) <= _HEADLINE_CHARS or _SENTENCE_END.search(text):
        return False
    anchors = [words for anchor in paragraph.iter("a") if (words := _squeeze(anchor.itertext()))]
    if len(anchors) != 1 or len(anchors[0]) < _LINK_CHARS or not text.endswith(anchors[0]):
        return False
    return _LABEL.fullmatch(text[: -len(anchors[0])]) is not None


def _cut_link_tail(story: _Element) -> None:
    """Remove from the end of *story* what is all links: read-next lists, tags, with the words above them."""
    story = _inmost(story)
    children = [child for child in story if isinstance(child.tag, str)]
    doomed: list[_Element] = []
    links = tags = 0
    for child in reversed(children[-_MOST_LOOKED_AT:]):
        text = _squeeze(child.itertext())
        if (child.tail or "").strip():
            break
        if not text:
            continue
        anchors = [_squeeze(anchor.itertext()) for anchor in islice(child.iter("a"), 100)]
        if sum(map(len, anchors)) >= _LINKED_SHARE * len(text.replace(" ", "")):
            doomed.append(child)
            links += len(anchors)
            tags += sum(words.startswith("#") for words in anchors)
        elif doomed and _is_label(child, text):
            doomed.append(child)
        else:
            break
    if (links >= _LEAST_LINKS or tags) and len(doomed) < len(children):
        for child in doomed:
            drop_element(child)


def _inmost(story: _Element) -> _Element:
    """Return the element that holds the paragraphs: themes wrap them in boxes of one child."""
    for _ in range(6):
        filled = [child for child in story if isinstance(child.tag, str) and _squeeze(child.itertext())]
        if len(filled) != 1 or filled[0].tag not in _WRAPPERS or (story.text or "").strip():
            break
        story = filled[0]
    return story


def _is_label(child: _Element, text: str) -> bool:
    return (
        len(text) <= _LABEL_CHARS
        and (child.tag in _HEADINGS or text.endswith((":", "：")))
        and (_SENTENCE_END.search(text) is None)
    )


def _squeeze(pieces: Iterable[str]) -> str:
    return " ".join(" ".join(islice(pieces, 400)).split())


def drop_tail(text: str) -> str:
    """Drop hashtags and dated lists of other headlines from the end of *text* (paragraphs by ``\\n``)."""
    lines = text.split("\n")
    end = len(lines)
    while end > 1 and _HASHTAGS.fullmatch(lines[end - 1]):
        end -= 1
    end = _before_dated_list(lines[:end])
    if end:
        lines[end - 1] = _HASHTAG_END.sub("", lines[end - 1])
    return "\n".join(lines[:end])


def _before_dated_list(lines: list[str]) -> int:
    """Return how many of *lines* are left without a list of headlines that says how old each is."""
    at, told = len(lines), 0
    while at > 1 and len(lines) - at < _MOST_LOOKED_AT:
        last, above = lines[at - 1], lines[at - 2]
        if (_AGO_LINE.fullmatch(last) and _is_headline(above)) or (
            _AGO_LINE.fullmatch(above) and _is_headline(last)
        ):
            at -= 2
        elif _ENDS_AGO.fullmatch(last):
            at -= 1
        else:
            break
        told += 1
    return at if told >= _LEAST_LINKS and at > 0 else len(lines)


def _is_headline(line: str) -> bool:
    return 10 <= len(line) <= _HEADLINE_CHARS and _SENTENCE_END.search(line) is None
