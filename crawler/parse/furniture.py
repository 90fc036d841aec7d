"""Which elements of a page are not its article: widgets, related stories, share bars, calls to subscribe.

Facts about themes and plugins as data. It never judges an article's own words (`furniturelines` knows the lines
that are none) and never empties a page: containers of the story are exempt.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

# `form` stays: ASP.NET wraps whole pages in one.
_TAGS = frozenset(
    {"script", "style", "svg", "iframe", "nav", "footer", "aside", "noscript", "button", "input", "select"}
    | {"marquee", "template", "textarea", "object", "embed", "dialog", "amp-ad", "amp-sidebar"}
)
_EXEMPT_TAGS = frozenset({"html", "body", "head", "main", "article"})

# Beginnings of class and id names, whole words of a theme's or plugin's vocabulary: a bare "share" or
# "related" anywhere in a name costs real articles (F1 0.96 -> 0.86 on a public benchmark).
_BEGINNINGS = (
    # JNews (The Irrawaddy)
    *("jnews_inline_related_post", "jnews_related_post", "jnews_prev_next", "jeg_prevnext_post", "jeg_share"),
    *("jeg_top_weather", "jeg_navigate", "jeg_news_ticker", "jeg_post_tags", "jeg_authorbox"),
    # tagDiv Newspaper (Mizzima, Kantarawaddy)
    *("td_block_related", "td-related-", "td-weather", "tdb_header_weather", "td-trending", "tdb-trending"),
    *(
        "td-post-sharing",
        "td-post-source",
        "td-post-next-prev",
        "td-tags",
        "tdb-tags",
        "tdb_single_next_prev",
    ),
    *("tdb_single_related", "tdb_single_tags", "tdb_single_comments", "tdb_single_post_share"),
    *("td-author-box", "td-a-rec", "td-crumb"),
    # Jannah (Myanmar Now) and Elementor
    *("tie-weather", "stream-item-above", "stream-item-below", "stream-item-in-post", "post-components"),
    *(
        "post-bottom-meta",
        "elementor-share-buttons",
        "elementor-post-navigation",
        "elementor-location-footer",
    ),
    *("elementor-location-header", "elementor-widget-share", "elementor-widget-post-nav"),
    # related posts: Contextual Related Posts (GNLM), YARPP, Jetpack, older ones
    *("crp_related", "yarpp", "jp-relatedposts", "rp4wp", "wp_rp", "zem_rp", "you-may-also-like"),
    # sharing: Jetpack, Heateor (S.H.A.N.), Easy Social Share Buttons, Ultimate Social Media (Than Lwin) ...
    *("sharedaddy", "sd-sharing", "jp-post-flair", "heateor", "essb", "sfsi", "addtoany", "a2a_", "addthis"),
    *("ssba", "mashsb", "social-share", "socialshare", "share-button", "ultimatesocial"),
    # comments, newsletters, consent, chrome
    *("disqus_thread", "fb-comments", "mc4wp", "mailpoet", "newsletter", "cookie-", "cookieconsent", "gdpr"),
    *(
        "moove_gdpr",
        "widget-area",
        "breadcrumb",
        "mega-menu",
        "mobile-menu",
        "site-footer",
        "site-navigation",
    ),
    *("screen-reader-text", "breaking-news-ticker", "author-box", "tagcloud", "elementor-location-popup"),
    # Arc (RFA); names of its public blocks: https://github.com/WPMedia/arc-themes-blocks
    *("b-article-body__interstitial-link", "b-article-tag", "b-author-bio", "b-alert-bar", "b-links-bar"),
    *("b-share-bar", "b-results-list", "b-card-list", "b-numbered-list", "b-simple-list", "b-tag-title"),
    *("b-top-table-list", "b-small-promo", "b-medium-promo", "b-large-promo", "b-xl-promo", "b-footer"),
    *("b-small-manual-promo", "b-medium-manual-promo", "b-large-manual-promo", "b-xl-manual-promo"),
    *("b-header-nav-chain", "b-story-carousel", "b-subscriptions"),
    # Pangea (VOA): teasers of other stories stand in media blocks, its own pictures in "media-image"
    *("media-block", "sticky-share", "share--box", "comments-parent", "trends-wg"),
    # Drupal: fields and views of other stories (BNI), "service links" for sharing
    *("field-name-field-tags", "field-name-field-related", "field--name-field-tags", "service-links"),
    *("field--name-field-related", "view-related", "view-popular", "view-most", "view-latest", "view-recent"),
    *(
        "view-trending",
        "statistics_counter",
        "region-sidebar",
        "region-footer",
        "region-header",
        "comment-wrapper",
        "rdf-meta",
    ),
    # Blogger
    *("blog-pager", "post-footer", "post-labels", "post-share-buttons", "post-feeds", "blogarchive"),
    *("popularposts", "followbyemail", "linklist"),
)
_NAMES = frozenset(
    {"jeg_postblock_5", "jeg_postblock_21", "jeg_ad", "prev-next-post", "post-navigation", "nav-links"}
    | {"related", "related-post", "related-posts", "relatedposts", "related-articles", "related-news"}
    | {
        "related-stories",
        "post-related",
        "also-read",
        "read-also",
        "recommended-posts",
        "recommended-stories",
    }
    | {"share", "share-bar", "share-links", "share-post", "post-share", "entry-share", "sharing"}
    | {"comments", "comments-area", "comment-list", "comment-respond", "comment-form", "respond"}
    | {
        "post-tags",
        "entry-tags",
        "tags-links",
        "most-read",
        "most-viewed",
        "most-popular",
        "mostread",
    }
    | {"popular-posts", "trending", "trending-posts", "trending-now", "trending-bar", "trending-news"}
    | {"subscribe-box", "subscribe-form", "subscribe-widget", "sidebar", "sidebar-widget", "sidebar-right"}
    | {"sidebar-left", "advert", "advertisement", "ad-container", "ad-slot", "ad-wrapper", "ads"}
)
# By-lines, dates and tags of an article, which its page's metadata tell better; lists of articles need them.
_BY_LINES = frozenset(
    {"single-post-meta", "jeg_meta_container", "td-module-meta-info", "entry-meta", "post-meta", "submitted"}
    | {"tags-list"}
)
# What themes call the element that holds the story: Jannah and most others, tagDiv, JNews, Elementor, Blogger,
# Arc, Pangea, Drupal.
_STORY = frozenset(
    {"entry-content", "td-post-content", "tdb_single_content", "post-content", "article-body"}
    | {"article-content", "story-body", "elementor-widget-theme-post-content", "jeg_post_content"}
    | {"post-body", "b-article-body", "wsw", "field-name-body", "field--name-body"}
)
_WEATHER = re.compile(r"(?:^|[-_])weather", re.IGNORECASE)
# A state of the whole page, put on its wrapper: a wrapper called "has-sidebar" is not a sidebar.
# Membership plugins, each by the box that it prints in place of the text: Paid Memberships Pro, MemberPress,
# WooCommerce Memberships, Restrict Content Pro, Leaky Paywall, Simple Membership, WP-Members, Members, Ultimate
# Membership Pro, Memberful, WordPress' own password form; Arc, Piano and Poool as services.
_RESTRICTED = re.compile(
    r"pmpro_content_message|mepr[-_]unauthorized|wc-memberships-(?:content-)?restriction|rcp[-_]restricted"
    r"|leaky_paywall_message|swpm-(?:more-tag-)?(?:restricted|protection|no-access)|wpmem_(?:msg|login|restricted)"
    r"|members-access-error|ihc-locker|memberful-(?:global-)?marketing|post-password-form|b-paywall"
    r"|(?:tp|piano)-(?:paywall|container-inner)|poool-widget|paywall-?(?:notice|prompt|wall|message|overlay)"
    r"|(?:subscriber|member)s?-only-(?:message|notice|content-message)",
    re.IGNORECASE,
)
_NAME_CHARS = 60  # of a name that are looked at
_BY_LINE, _FURNITURE, _RESTRICTION = 1, 2, 3  # what a name says of its element; the strongest counts
_MAX_TOKENS = 60  # elements with more class names than any theme gives are looked at up to here


def prune_tree(tree: _Element, *, by_lines: bool = False) -> bool:
    """Remove furniture from *tree* in place, *by_lines* too; return True when a membership plugin hid text.

    Structured data (``application/ld+json``) stays, for extractors that fall back on it.
    """
    restricted = False
    doomed: list[_Element] = []
    for element in tree.iter():
        tag = element.tag
        if not isinstance(tag, str):
            doomed.append(element)  # comments and processing instructions
            continue
        if tag in _EXEMPT_TAGS:
            continue
        if tag in _TAGS:
            if element.get("type") != "application/ld+json":
                doomed.append(element)
            continue
        kind = max(map(_kind, _tokens(element)), default=0)
        if kind > _BY_LINE or (by_lines and kind == _BY_LINE):
            restricted = restricted or kind == _RESTRICTION
            doomed.append(element)
    for element in doomed:
        drop_element(element)
    return restricted


def find_story(tree: _Element) -> _Element | None:
    """Return the element that the theme calls the story; None when there is none or there are several."""
    found = [
        element
        for element in tree.iter("div", "section", "article")
        if not _STORY.isdisjoint(_tokens(element))
    ]
    if not found or any(found[0] not in other.iterancestors() for other in found[1:]):
        return None
    return found[0]


def drop_element(element: _Element) -> None:
    """Remove *element*, not the text that follows it."""
    parent = element.getparent()
    if parent is None:
        return
    if tail := element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + tail
        else:
            before.tail = (before.tail or "") + tail
    parent.remove(element)


def is_container(element: _Element) -> bool:
    """Tell whether *element* holds the page itself, so that it never goes."""
    return element.tag in _EXEMPT_TAGS


@lru_cache(maxsize=8192)  # a page has few names, and most pages of a theme the same
def _kind(name: str) -> int:
    if _RESTRICTED.match(name):
        return _RESTRICTION
    if name.startswith(_BEGINNINGS) or name in _NAMES or _WEATHER.search(name):
        return _FURNITURE
    return _BY_LINE if name in _BY_LINES else 0


def _tokens(element: _Element) -> list[str]:
    classes, identifier = element.get("class"), element.get("id")
    if classes is None and identifier is None:
        return []
    names = f"{classes or ''} {identifier or ''}"
    if len(names) >= 4000:
        return []
    return [name[:_NAME_CHARS] for name in names.lower().split(maxsplit=_MAX_TOKENS)[:_MAX_TOKENS]]
