"""What of a page is not its article: widgets, related stories, share bars, calls to subscribe.

Facts about themes and plugins as data, in two forms: elements to prune before extraction and lines to drop
after it. It never judges an article's own words and never empties a page: containers of the story are exempt.
"""

from __future__ import annotations

import re
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
    *("screen-reader-text", "breaking-news-ticker", "author-box", "tagcloud"),
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
    | {"post-tags", "entry-tags", "tags-links", "most-read", "most-viewed", "most-popular", "mostread"}
    | {"popular-posts", "trending", "trending-posts", "trending-now", "trending-bar", "trending-news"}
    | {"subscribe-box", "subscribe-form", "subscribe-widget", "sidebar", "sidebar-widget", "sidebar-right"}
    | {"sidebar-left", "advert", "advertisement", "ad-container", "ad-slot", "ad-wrapper", "ads"}
)
# What themes call the element that holds the story: Jannah and most others, tagDiv, JNews, Elementor.
_STORY = frozenset(
    {
        "entry-content",
        "td-post-content",
        "tdb_single_content",
        "content-inner",
        "post-content",
        "article-body",
    }
    | {"article-content", "story-body", "elementor-widget-theme-post-content", "jeg_post_content"}
)
_WEATHER = re.compile(r"(?:^|[-_])weather", re.IGNORECASE)
# A state of the whole page, put on its wrapper: a wrapper called "has-sidebar" is not a sidebar.
_RESTRICTED = re.compile(
    r"pmpro_content_message|mepr[-_]unauthorized|wc-memberships-restriction|rcp_restricted|paywall-?(?:notice|prompt|wall)",
    re.IGNORECASE,
)
_MAX_TOKENS = 60  # elements with more class names than any theme gives are looked at up to here


def prune_tree(tree: _Element) -> bool:
    """Remove furniture from *tree* in place; return True when a membership plugin hid text.

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
        tokens = _tokens(element)
        if not tokens:
            continue
        if any(_RESTRICTED.match(token) for token in tokens):
            restricted = True
            doomed.append(element)
        elif any(_is_furniture(token) for token in tokens):
            doomed.append(element)
    for element in doomed:
        _drop(element)
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


def _is_furniture(name: str) -> bool:
    return name.startswith(_BEGINNINGS) or name in _NAMES or _WEATHER.search(name) is not None


def _tokens(element: _Element) -> list[str]:
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return names.lower().split(maxsplit=_MAX_TOKENS)[:_MAX_TOKENS] if len(names) < 4000 else []


def _drop(element: _Element) -> None:
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


# Whole lines. Burmese ones: ဆက်စပ်သတင်းများ related news, ဆက်စပ်ဖတ်ရှုရန် related reading,
# ဆက်လက်ဖတ်ရှုရန် read on, မျှဝေရန် to share, နောက်ဆုံးရသတင်းများ latest news, လူကြည့်အများဆုံး most viewed.
_HEADING = re.compile(
    r"""(?:
    related\ (?:posts?|articles?|news|stories|topics|content) | you\ (?:may|might)\ (?:also\ )?like
  | more\ (?:stories|news) | (?:most|also)\ (?:read|popular|viewed) | latest\ (?:news|stories|posts)
  | recommended(?:\ for\ you)? | leave\ a\ (?:reply|comment) | trending(?:\ now)?
  | (?:previous|next)\ (?:article|post|story)
  | (?:ဆက်စပ်|နောက်ဆုံးရ|အခြား)\s*သတင်း(?:များ)? | ဆက်စပ်ဖတ်ရှုရန် | လူကြည့်အများဆုံး(?:\s*သတင်းများ)?
)\W*""",
    re.VERBOSE | re.IGNORECASE,
)
_LINE = re.compile(
    r"""(?:
    the\ post\ .{1,300}\ (?:appeared\ first\ on|first\ appeared\ on)\ .{1,120}
  | (?:share|like|tweet|print|email|follow)\ (?:this|us|on)\b.{0,60}
  | (?:share|loading|advertisements?)\W*
  | click\ to\ (?:share|email|print)\b.{0,80} | (?:previous|next)\ (?:article|post|story)\b.{0,200}
  | (?:also\ read|read\ (?:also|more|next)|see\ also|related(?:\ (?:story|article))?)\s*[:：»].{0,250}
  | continue\ reading\b.{0,200} | (?:save\ my\ name|please\ enter\ your)\b.{0,120} | cancel\ reply
  | ©.{0,300} | this\ article\ is\ the\ copyrighted\ property\ of\b.{0,300}
  | written\ permission\ must\ be\ obtained\b.{0,200}
  | release\ date\s*:.{0,40} | (?:tags?|categories|filed\ under)\s*:.{0,250}
  | (?:join|follow)\ (?:us|our)\ (?:on|telegram|facebook|whatsapp)\b.{0,120}
  | (?:ဆက်စပ်ဖတ်ရှုရန်|ဆက်လက်ဖတ်ရှုရန်|ဆက်ဖတ်ရန်)\s*[:：၊။»-].{0,250}
  | (?:မျှဝေ(?:ရန်|ပါ)|ရှယ်ရန်|ဆက်ဖတ်ရန်|ဆက်လက်ဖတ်ရှုရန်)\W*
)$""",
    re.VERBOSE | re.IGNORECASE,
)
# အသင်းဝင် member, စာရင်းသွင်း register or subscribe.
_CUT = re.compile(
    r"""(?:
    subscribe\ (?:now\ )?(?:for\ full\ access|to\ (?:continue|keep|read))
  | (?:log|sign)\ ?in\ to\ (?:continue|read) | already\ a\ (?:member|subscriber)\?
  | this\ (?:content|article|story)\ is\ (?:only\ )?(?:for|available\ (?:only\ )?to)\ (?:\w+\ )?
    (?:members|subscribers)
  | (?:create|register\ for)\ (?:a\ free|an)\ account\ to\ (?:continue|read)
  | to\ (?:continue|keep)\ reading\b.{0,60}\b(?:subscribe|sign|log|register)
  | .{0,60}ဆက်(?:လက်)?ဖတ်(?:ရှု)?ရန်.{0,40}(?:အသင်းဝင်|စာရင်းသွင်း|အကောင့်)
)""",
    re.VERBOSE | re.IGNORECASE,
)
_ADDRESS_LINE = re.compile(r"(?:https?://)?(?:[\w-]+\.)+(?:com|org|net|info|news|mm|io)/?", re.IGNORECASE)
# A Latin and a Cyrillic letter in one word: advertising in disguise, so that copies can be traced.
_MIXED_WORD = re.compile(r"[A-Za-z][Ѐ-ӿ]|[Ѐ-ӿ][A-Za-z]")
_MAX_LINE_CHARS = 320  # longer lines are prose, whatever they begin with
_MAX_HEADLINE_CHARS = 160


def drop_lines(text: str) -> tuple[str, bool]:
    """Drop furniture from *text* (paragraphs by ``\\n``); return it and whether a paywall cut it.

    After a heading such as "Related posts" the rest goes too when it is nothing but short lines.
    """
    kept: list[str] = []
    truncated = False
    lines = text.split("\n")
    for number, line in enumerate(lines):
        bare = line.strip(" \t-–—|•*#")
        if len(bare) <= _MAX_LINE_CHARS:
            if _CUT.match(bare):
                truncated = True
                continue
            if _HEADING.fullmatch(bare):
                if all(len(rest) <= _MAX_HEADLINE_CHARS for rest in lines[number + 1 :]):
                    truncated = truncated or any(_CUT.match(rest.strip()) for rest in lines[number + 1 :])
                    break
                continue
            if _LINE.match(bare) or _ADDRESS_LINE.fullmatch(bare):
                continue
        if len(_MIXED_WORD.findall(line[:2000])) >= 5:
            continue
        kept.append(line)
    return "\n".join(kept), truncated
