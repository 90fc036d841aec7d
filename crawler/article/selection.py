"""What a source's configuration says of its pages: where the story stands, what is to go. CSS, applied to a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.parse.furniture import drop_element, is_container
from crawler.parse.furniturelines import drop_lines
from crawler.parse.markup import tree_to_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element

_MOST_MATCHES = 2000


def drop_selected(tree: _Element, selectors: Sequence[str]) -> None:
    """Remove what *selectors* find; the page's own containers (html, body, main, article) stay."""
    for element in _find(tree, selectors):
        if not is_container(element):
            drop_element(element)


def keep_selected(tree: _Element, selectors: Sequence[str]) -> str:
    """Return the text of what *selectors* find, in the page's order; "" when they find no text but furniture.

    Lines of furniture are in it: one of them may say that the story was cut.
    """
    found = _find(tree, selectors)
    chosen = set(found)
    outermost = [element for element in found if chosen.isdisjoint(element.iterancestors())]
    written = "\n".join(text for element in outermost if (text := tree_to_lines(element)))
    return written if drop_lines(written)[0] else ""


def _find(tree: _Element, selectors: Sequence[str]) -> list[_Element]:
    from lxml.cssselect import CSSSelector  # most sources name no selector

    return CSSSelector(", ".join(selectors), translator="html")(tree)[:_MOST_MATCHES] if selectors else []
