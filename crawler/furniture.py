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

# Beginnings of class and id tokens. Whole words of a theme's or plugin's vocabulary: a bare "share" or
# "related" as a substring costs real articles (F1 0.96 -> 0.86 on a public benchmark).
_TOKEN = re.compile(
    r"""(?:
    jnews_inline_related_post | jnews_related_post | jeg_top_weather | jeg_share | jeg_postblock_(?:5|21)\b
  | jeg_navigate | jnews_prev_next | jeg_prevnext_post | jeg_ad\b | jeg_news_ticker | jeg_post_tags | jeg_authorbox
  | td_block_related | td-related- | tdb_header_weather | td-weather | td-trending | tdb-trending
  | td-post-sharing | td-post-source | td-tags | tdb-tags | tdb_single_(?:next_prev|related|tags|comments|post_share)
  | td-post-next-prev | td-author-box | td-a-rec | td-crumb
  | crp_related | yarpp | jp-relatedposts | sharedaddy | sd-sharing | jp-post-flair | rp4wp | wp_rp | zem_rp
  | related-?posts?\b | related-?articles?\b | related-?news\b | related-?stories\b | post-related\b
  | you-may-also-like | also-read\b | read-also\b | recommended-(?:posts|articles|stories)
  | heateor | essb | sfsi | addtoany | a2a_ | addthis | ssba | social-?share | share-?(?:buttons?|bar|links?|post)\b
  | mashsb | post-share | entry-share | fb-comments | ultimatesocial
  | comments?-(?:area|list|respond|form|template|section)\b | comments$ | respond$ | disqus_thread
  | post-tags\b | entry-tags\b | tagcloud | tags-links | post-bottom-meta | post-components | elementor-post-navigation
  | elementor-share-buttons | elementor-location-(?:header|footer)\b | elementor-widget-(?:share|post-nav|posts\b)
  | most-?(?:read|viewed|popular)\b | popular-?posts | trending-?(?:posts|now|bar|news)?\b | breaking-?news-?ticker
  | newsletter | mc4wp | mailpoet | subscribe-?(?:box|form|widget) | cookie-?(?:notice|consent|law|banner) | gdpr
  | moove_gdpr | widget-area | sidebar-?(?:widget|right|left|primary)?$ | breadcrumbs? | mega-?menu | mobile-menu
  | site-(?:footer|navigation) | screen-reader-text | post-navigation | nav-links | prev-next-post | author-box
  | advert(?:isement)?\b | ad-?(?:container|slot|wrapper)\b | tie-weather | stream-item-(?:above|below|in-post)
)""",
    re.VERBOSE | re.IGNORECASE,
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
        elif any(_TOKEN.match(token) or _WEATHER.search(token) for token in tokens):
            doomed.append(element)
    for element in doomed:
        _drop(element)
    return restricted


def _tokens(element: _Element) -> list[str]:
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return names.split(maxsplit=_MAX_TOKENS)[:_MAX_TOKENS] if len(names) < 4000 else []


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
    r"(?:related (?:posts?|articles?|news|stories|topics|content)|you (?:may|might) (?:also )?like|more (?:stories|news)"
    r"|(?:most|also) (?:read|popular|viewed)|latest (?:news|stories|posts)|recommended(?: for you)?|leave a (?:reply|comment)"
    r"|(?:previous|next) (?:article|post|story)|trending(?: now)?"
    r"|(?:ဆက်စပ်|နောက်ဆုံးရ|အခြား)\s*သတင်း(?:များ)?|ဆက်စပ်ဖတ်ရှုရန်|လူကြည့်အများဆုံး(?:\s*သတင်းများ)?)\W*",
    re.IGNORECASE,
)
_LINE = re.compile(
    r"""(?:
    the\ post\ .{1,300}\ (?:appeared\ first\ on|first\ appeared\ on)\ .{1,120}
  | (?:share|like|tweet|print|email|follow)\ (?:this|us|on)\b.{0,60} | share\W* | loading\W* | advertisements?\W*
  | click\ to\ (?:share|email|print)\b.{0,80} | (?:previous|next)\ (?:article|post|story)\b.{0,200}
  | (?:also\ read|read\ (?:also|more|next)|see\ also|related(?:\ (?:story|article))?)\s*[:：»].{0,250}
  | continue\ reading\b.{0,200} | (?:save\ my\ name|please\ enter\ your)\b.{0,120} | cancel\ reply
  | this\ article\ is\ the\ copyrighted\ property\ of\b.{0,300} | written\ permission\ must\ be\ obtained\b.{0,200}
  | release\ date\s*:.{0,40} | (?:tags?|categories|filed\ under)\s*:.{0,250}
  | (?:join|follow)\ (?:us|our)\ (?:on|telegram|facebook|whatsapp)\b.{0,120}
  | (?:ဆက်စပ်ဖတ်ရှုရန်|ဆက်လက်ဖတ်ရှုရန်|ဆက်ဖတ်ရန်)\s*[:：၊။»-].{0,250}
  | (?:မျှဝေ(?:ရန်|ပါ)|ရှယ်ရန်|ဆက်ဖတ်ရန်|ဆက်လက်ဖတ်ရှုရန်)\W*
)$""",
    re.VERBOSE | re.IGNORECASE,
)
# အသင်းဝင် member, စာရင်းသွင်း register or subscribe.
_CUT = re.compile(
    r"(?:subscribe (?:now )?(?:for full access|to (?:continue|keep|read))|(?:log|sign) ?in to (?:continue|read)|"
    r"this (?:content|article|story) is (?:only )?(?:for|available (?:only )?to) (?:\w+ )?(?:members|subscribers)|"
    r"(?:create|register for) (?:a free|an) account to (?:continue|read)|already a (?:member|subscriber)\?|"
    r"to (?:continue|keep) reading\b.{0,60}\b(?:subscribe|sign|log|register)|"
    r".{0,60}ဆက်(?:လက်)?ဖတ်(?:ရှု)?ရန်.{0,40}(?:အသင်းဝင်|စာရင်းသွင်း|အကောင့်))",
    re.IGNORECASE,
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
