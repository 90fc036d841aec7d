"""What kind of page was fetched: an article, a page that lists articles, one that says it does not exist.

Pure. Doubt speaks for the article: a page that is refused falls back on the feed's words.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from crawler.parse.markup import clean_line

if TYPE_CHECKING:
    from lxml.etree import _Element

    from crawler.article.declared import Declared

_LINK_CHARS = 15  # shorter links are words of menus
_LEAST_LINKS = 5
_LISTED_SHARE = 0.5  # of the text, in links
_MOST_LINKS = 600
# https://developer.wordpress.org/reference/functions/body_class/
_SINGLE = re.compile(
    r"single|singular|single-post|single-format-\w+|postid-\d+|page-id-\d+|attachment|item-view|node-?-?type-+(?:article|news|story|post)"
)
_LISTING = frozenset({"archive", "category", "tag", "search", "search-results", "blog", "author", "date"})
NO_SUCH_PAGE = "the site says that the page does not exist"
_MISSING = frozenset({"error404", "page-not-found", "path-404"})


def body_names(tree: _Element) -> frozenset[str]:
    """Return the class names of the page's body in lower case; of its root where libxml2 made a piece of it."""
    body = tree.find(".//body")
    return frozenset(((tree if body is None else body).get("class") or "")[:3000].lower().split())


def refuse(names: frozenset[str], declared: Declared) -> str | None:
    """Return in words why a page cannot be an article by its own word; None when it can."""
    if any(_SINGLE.fullmatch(name) for name in names):
        return None
    if names & _MISSING:
        return NO_SUCH_PAGE
    if names & _LISTING or (declared.is_collection and not declared.is_article):
        return "a page that lists articles, not an article"
    return None


def is_list_of_links(tree: _Element, text: str) -> bool:
    """Tell whether *text* is mostly the words of links: headlines of other pages, as sections list them."""
    flat = " ".join(text.split())
    linked: set[str] = set()
    for anchor in islice(tree.iter("a"), _MOST_LINKS):
        words = clean_line("".join(islice(anchor.itertext(), 40)))
        if len(words) >= _LINK_CHARS and words in flat:
            linked.add(words)
    return len(linked) >= _LEAST_LINKS and sum(map(len, linked)) >= _LISTED_SHARE * len(flat)
