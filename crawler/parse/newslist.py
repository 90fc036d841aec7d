"""Which of a page's headlines are its list, and which belong to menus, rails and boxes round it.

Repeated structure decides: cards of one shape, weighed by how many, how telling and how richly furnished they are.
It also says when a page is an article whose headlines are other stories. Pure; the tree is changed by pruning.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from lxml import etree

from crawler.parse.furniture import prune_tree
from crawler.parse.headline import Headline, is_telling, pattern
from crawler.parse.markup import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lxml.etree import _Element

LEAST_ENTRIES = 3
_ENOUGH = 25  # more cards do not make a likelier list
_CARD_LEVELS = 14
_MAX_COMPARED = 1000
_RAIL_TAGS = frozenset({"div", "section", "ul", "li", "td", "header"})
_INLINE = frozenset({"b", "i", "em", "strong", "span", "u", "font"})
_LIST_TAGS = frozenset({"html", "body", "main", "ul", "ol", "dl", "table", "tbody"})

# JNews numbers its blocks by look: the one that is a rail beside an article is a category's list.
_LOOKS = re.compile(r"\bjeg_postblock_\d+\b")
# Rails, carousels' copies and menus, as class and id names begin; ``prune_tree`` knows the rest.
_RAILS = re.compile(
    r"(?:jeg_sidebar|td-ss-main-sidebar|td-pb-span4|region-sidebar|sidebar-(?:first|second|primary|wrap)|main-sidebar"
    r"|popular|most[-_]|top-?ten|wpp-list|widget_(?:jnews_)?(?:popular|recent|related|tag|categor|archive|nav|text|search)"
    r"|slick-cloned|swiper-slide-duplicate|menu-item|main-menu|nav-menu|navbar|dropdown-menu|breaking|news-?ticker|ticker"
    r"|blogarchive|label\d|popularposts|linklist|footer|bottom-bar|pager|pagination|breadcrumbs|jeg_breadcrumbs"
    r"|language-switcher|hot-?news|editor-?s?-?pick)",
    re.IGNORECASE,
)
# လူကြည့်အများဆုံး most viewed, လူဖတ်အများဆုံး most read, ရေပန်းစား popular, ဆက်စပ် related, အကြံပြု recommended.
_RAIL_HEADING = re.compile(
    r"\W*(?:(?:most|also)\s(?:read|viewed|popular|shared|commented)|popular(?:\s\w+)?|trending(?:\s\w+)?|recommended.{0,20}"
    r"|related.{0,20}|you\s(?:may|might)\s(?:also\s)?like|editor['’]?s?['’]?\s(?:picks?|choice)|don['’]t\smiss|must\sread"
    r"|what['’]?s\s(?:hot|trending)|blog\sarchive|(?:လူကြည့်|လူဖတ်|ဖတ်ရှုမှု).{0,20}|ရေပန်းစား.{0,20}|ဆက်စပ်.{0,20}|အကြံပြု.{0,20})\W*",
    re.IGNORECASE,
)
_SINGLE = re.compile(
    r"(?:single|single-post|single-format-\w+|postid-\d+|item-view|(?:page-)?node-?-?type-+(?:article|news|story|post))"
)
_ARTICLE_TYPE = re.compile(
    r"(?:News|Reportage|Opinion|Analysis|Background)?Article|BlogPosting|LiveBlogPosting"
)
_COLLECTIONS = frozenset({"CollectionPage", "ItemList", "Blog", "SearchResultsPage"})
_LONG_PARAGRAPH_CHARS, _SHORT_STORY_CHARS, _STORY_CHARS = 90, 250, 800
_MAX_LD_CHARS = 300_000


def prune_listing(tree: _Element) -> None:
    """Remove what is never the list: furniture, rails by their names, boxes under "Most read", site headers."""
    for element in tree.iter("div", "section"):
        name = element.get("class") or ""
        if len(name) < 1000 and "jeg_postblock_" in name:
            element.set("class", _LOOKS.sub("jeg_block", name))
    prune_tree(tree)
    for element in _rails(tree):
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)


def choose_list(headlines: Sequence[Headline]) -> list[Headline]:
    """Return the headlines of the page's list in its order, each article once; [] when there is no list."""
    groups: dict[str, list[Headline]] = {}
    for headline in headlines:
        groups.setdefault(headline.shape, []).append(headline)
    read = {headline.key for headline in headlines if headline.weight > 1}
    scored = []
    for shape, group in groups.items():
        distinct = list(
            {
                headline.key: headline
                for headline in group
                if headline.weight > 1 or headline.key not in read
            }.values()
        )
        if len(distinct) >= LEAST_ENTRIES and _is_news(distinct):
            scored.append((_score(distinct), -distinct[0].order, shape))
    if not scored:
        return []
    best = max(scored)[2]
    chosen = list(groups[best])
    chosen += _beside(
        chosen, [headline for headline in headlines if headline.shape != best and headline.weight == 3]
    )
    return _once(chosen, headlines)


def find_cards(anchors: Sequence[_Element]) -> list[_Element]:
    """Return for each link the largest element round it that holds no other of them."""
    holds: Counter[_Element] = Counter()
    for anchor in anchors:
        holds.update(islice(anchor.iterancestors(), _CARD_LEVELS))
    cards = []
    for anchor in anchors:
        card = anchor
        for element in islice(anchor.iterancestors(), _CARD_LEVELS):
            if holds[element] > 1 or element.tag in _LIST_TAGS:
                break
            card = element
        cards.append(card)
    return cards


def is_article(tree: _Element, cards: Iterable[_Element], *, dated: bool = False) -> bool:
    """Tell whether the page is an article: its theme says so, or it tells a story outside the list's *cards*.

    *dated*: its metadata give it a time of publication, so that a shorter story is enough.
    """
    body = tree.find(".//body")
    names = ((body.get("class") or "") if body is not None else "")[:3000].lower().split()
    if any(_SINGLE.fullmatch(name) for name in names):
        return True
    return _story_chars(tree, set(cards)) >= (_SHORT_STORY_CHARS if dated else _STORY_CHARS)


def is_dated(tree: _Element) -> bool:
    """Tell whether the metadata give the page itself a time of publication, as they do for articles."""
    metas = islice(tree.iter("meta"), 400)
    return any((meta.get("property") or "").lower() == "article:published_time" for meta in metas)


def declares_article(tree: _Element) -> bool:
    """Tell whether schema.org's metadata call the page one article, and no collection of them."""
    types: list[str] = []
    for script in islice(tree.iterfind('.//script[@type="application/ld+json"]'), 20):
        text = script.text or ""
        if len(text) <= _MAX_LD_CHARS:
            try:
                types += _top_types(json.loads(text, strict=False))
            except (ValueError, RecursionError):
                continue
    articles = sum(_ARTICLE_TYPE.fullmatch(name) is not None for name in types)
    return articles == 1 and _COLLECTIONS.isdisjoint(types)


def _is_news(group: Sequence[Headline]) -> bool:
    telling = sum(is_telling(headline.title) for headline in group)
    proven = sum(headline.dug or headline.weight == 3 for headline in group)
    return telling * 2 >= len(group) and telling >= LEAST_ENTRIES and proven * 2 >= len(group)


def _score(group: Sequence[Headline]) -> float:
    worth = sum(
        (1.0 if headline.dug else 0.4) * (1.0 if is_telling(headline.title) else 0.3)
        for headline in group[:_ENOUGH]
    )
    headed = sum(headline.weight == 3 for headline in group) / len(group)
    sample = group[:_ENOUGH]
    cards = find_cards([headline.anchor for headline in sample])
    rich = sum(next(card.iter("img", "time", "p"), None) is not None for card in cards) / len(cards)
    main = any(element.tag in ("main", "article") for element in group[0].anchor.iterancestors())
    return worth * (1 + 0.6 * headed) * (1 + 0.5 * rich) * (1.2 if main else 1.0)


def _beside(chosen: Sequence[Headline], others: Sequence[Headline]) -> list[Headline]:
    """Return headlines of other shapes that belong to the list: the lead stories before it, or cards within it."""
    chosen, others = chosen[:_MAX_COMPARED], others[:_MAX_COMPARED]
    patterns = {pattern(headline.url) for headline in chosen}
    first = chosen[0].order
    around = Counter(element for headline in chosen for element in headline.anchor.iterancestors())
    # The smallest element that holds the whole list; iteration goes upwards.
    home = next(
        (element for element in chosen[0].anchor.iterancestors() if around[element] == len(chosen)), None
    )
    return [
        headline
        for headline in others
        if headline.dug
        and pattern(headline.url) in patterns
        and (headline.order < first or (home is not None and home in headline.anchor.iterancestors()))
    ]


def _once(chosen: Sequence[Headline], headlines: Sequence[Headline]) -> list[Headline]:
    """Return each article once, where it stands first, under its best words."""
    words: dict[str, Headline] = {}
    for headline in headlines:
        known = words.get(headline.key)
        if known is None or headline.weight > known.weight:
            words[headline.key] = headline
    taken: dict[str, Headline] = {}
    for headline in sorted(chosen, key=lambda one: one.order):
        if headline.key not in taken and (headline.weight > 1 or words[headline.key].weight == 1):
            taken[headline.key] = headline
    return list(taken.values())


def _rails(tree: _Element) -> list[_Element]:
    """Return the rails of *tree*, but none with most of the links: that one is the page, whatever its name."""
    boxes: set[_Element] = set()
    headings = islice(tree.iter("h1", "h2", "h3", "h4", "h5", "h6"), 2000)
    for heading in islice((heading for heading in headings if _is_rail_heading(heading)), 50):
        boxes.update(_box_under(heading))
    begun: list[tuple[_Element, int]] = []
    counted: list[tuple[_Element, int]] = []
    links = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            links += element.tag == "a"
            if element in boxes or (element.tag in _RAIL_TAGS and _is_rail(element)):
                begun.append((element, links))
        elif begun and begun[-1][0] is element:
            counted.append((element, links - begun.pop()[1]))
    return [element for element, inside in counted if inside * 2 <= links]


def _is_rail(element: _Element) -> bool:
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    if element.tag == "header":  # the site's, not a card's
        return not any(above.tag in ("article", "li", "main", "section") for above in element.iterancestors())
    return len(names) < 2000 and any(_RAILS.match(name) for name in names.split()[:40])


def _is_rail_heading(heading: _Element) -> bool:
    if next(heading.iter("a"), None) is not None or next(heading.iterancestors("a"), None) is not None:
        return False  # a headline: "Trending down"
    text = clean_line("".join(islice(heading.itertext(), 20))[:200])
    return bool(text) and len(text) <= 60 and _RAIL_HEADING.fullmatch(text) is not None


def _box_under(heading: _Element) -> list[_Element]:
    """Return the smallest element round a heading that holds links."""
    for element in islice(heading.iterancestors(), 5):
        if element.tag in ("body", "main"):
            break
        if next(element.iter("a"), None) is not None:
            return [element]
    return []


def _story_chars(tree: _Element, cards: set[_Element]) -> int:
    """Count the characters outside *cards* in long paragraphs: of ``<p>``, and of blocks broken by ``<br>``."""
    chars = 0
    for block in islice(tree.iter("p", "div", "td", "article", "section"), 10_000):
        written = _prose_chars(block)
        if written >= _LONG_PARAGRAPH_CHARS and not any(
            element in cards for element in (block, *islice(block.iterancestors(), 40))
        ):
            chars += written
    return chars


def _prose_chars(block: _Element) -> int:
    """Count the characters of a block's own text, that of links left out."""
    pieces = [block.text or ""]
    for child in islice(block, 300):
        if child.tag in _INLINE:
            pieces += [*islice(child.itertext(), 20), child.tail or ""]
        elif child.tag in ("a", "br"):
            pieces.append(child.tail or "")
    return sum(len(piece.strip()) for piece in pieces)


def _top_types(data: object) -> list[str]:
    nodes = data if isinstance(data, list) else [data]
    types: list[str] = []
    for node in nodes[:200]:
        if not isinstance(node, dict):
            continue
        named = node.get("@type")
        types += [name for name in (named if isinstance(named, list) else [named]) if isinstance(name, str)]
        graph = node.get("@graph")
        if isinstance(graph, list):
            types += _top_types(
                [inner for inner in graph[:200] if isinstance(inner, dict) and "@graph" not in inner]
            )
    return types
