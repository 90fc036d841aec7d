"""A page's bytes into its article. The only module that imports trafilatura; it may be slow or die.

Hostile pages can freeze or exhaust any extractor, so production calls it in a child (``worker``), never in
the crawler's own process.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree
from trafilatura import bare_extraction, load_html
from trafilatura.settings import Extractor

from crawler.article.declared import read_declared
from crawler.article.pagekind import body_names, is_list_of_links, refuse
from crawler.article.pointer import drop_pointers, drop_tail
from crawler.article.script import judge_language
from crawler.article.selection import drop_selected, keep_selected
from crawler.article.several import is_dated_by_the_hour
from crawler.errors import ParseError
from crawler.model import ExtractedPage, ExtractRules
from crawler.parse.charset import decode_body
from crawler.parse.furniture import find_story, prune_tree
from crawler.parse.furniturelines import drop_lines
from crawler.parse.markup import (
    clean_paragraphs,
    describe_html,
    is_challenge,
    is_parked,
    strip_controls,
    tree_to_lines,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAX_ATTRIBUTES = 500  # of one element; XPath over 200,000 takes minutes, no theme writes 100
_OVERLOADED = etree.XPath(f"descendant-or-self::*[@*[{_MAX_ATTRIBUTES + 1}]]")
_SHORT_STORY_CHARS = 400  # trafilatura distrusts what is shorter than 250 and takes more
_PROSE_CHARS = 200
_TEASER_CHARS = 1500  # a page that says it is not free and holds less was cut

_NOT_MARKUP = re.compile(rb"\s*(?:%PDF-|\x89PNG|GIF8|\xff\xd8\xff|PK\x03\x04|RIFF)")
_OTHER_TYPE = re.compile(
    r"\s*(?:image|audio|video|font)/|\s*application/(?:pdf|zip|json|octet-stream|msword|vnd\.)"
)
NO_RULES = ExtractRules()


def extract_page(
    body: bytes, content_type: str | None, url: str, rules: ExtractRules = NO_RULES
) -> ExtractedPage:
    """Return the article of a page; ``text`` is "" when there is none (JavaScript-only, empty).

    *url* is the address after redirects, *rules* what the source's configuration says of its pages. Raises
    ``ParseError`` with the cause in words when the body is no page, a challenge page or a page that lists articles.
    The text is NFC, paragraphs separated by ``\\n``, furniture removed.
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
    declared, names = read_declared(tree, url), body_names(tree)
    drop_selected(tree, rules.drop)
    restricted = prune_tree(tree, by_lines=True)
    text = keep_selected(tree, rules.keep)
    was_kept = bool(text)
    if not was_kept:
        if refusal := refuse(names, declared):
            raise ParseError(refusal)
        text = _find_text(tree)
    text, cut = drop_lines(text)
    text = drop_tail(text)
    if not was_kept and not declared.is_article and is_list_of_links(tree, text):
        raise ParseError("a page that lists articles, not an article")
    teaser = not declared.free and len(text) < _TEASER_CHARS
    return ExtractedPage(
        text=text,
        title=declared.title,
        language=judge_language(declared.language, text),
        author=declared.author,
        published=declared.published,
        canonical_url=declared.canonical,
        truncated=cut or restricted or teaser,
        several=declared.is_live or is_dated_by_the_hour(text),
        keep_missed=bool(rules.keep) and not was_kept,
    )


def _find_text(tree: _Element) -> str:
    story = find_story(tree)
    if story is not None:
        drop_pointers(story)
    # fast: without the comparison with readability, which costs a sixth of the time for F1 +0.006.
    options = Extractor(output_format="python", fast=True, comments=False, with_metadata=False)
    document = bare_extraction(tree, options=options)
    text = clean_paragraphs(getattr(document, "text", None) or "")
    written = _themed_story(tree, story)  # with the line that says that it was cut
    told, _ = drop_lines(written)
    return written if told and _is_whole_page(text, told) else text


def _themed_story(tree: _Element, story: _Element | None) -> str:
    """Return what the theme marks as the story, with the caption of its picture; "" when it marks none."""
    if story is None:
        return ""
    captions = [element for element in tree.iter("figcaption") if story not in element.iterancestors()]
    texts = [tree_to_lines(element) for element in (*captions[:1], story)]
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
    for element in _OVERLOADED(tree):
        element.attrib.clear()
