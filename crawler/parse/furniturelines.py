"""Lines of a text that are no part of its article: headings of other stories, calls to share, to subscribe, to log in.

Facts as data. A line goes for what it says of itself, never for its subject; lines of prose are too long to go.
"""

from __future__ import annotations

import re

# Whole lines. Burmese ones, some in Zawgyi too: ဆက်စပ်သတင်းများ related news, ဆက်စပ်ဖတ်ရှုရန် related reading,
# ဆက်လက်ဖတ်ရှုရန် read on, မျှဝေရန် to share, နောက်ဆုံးရသတင်းများ latest news, လူကြည့်အများဆုံး most viewed.
_HEADING = re.compile(
    r"""(?:
    related\ (?:posts?|articles?|news|stories|topics|content) | you\ (?:may|might)\ (?:also\ )?like
  | more\ (?:stories|news) | (?:most|also)\ (?:read|popular|viewed) | latest\ (?:news|stories|posts)
  | recommended(?:\ for\ you)? | leave\ a\ (?:reply|comment) | trending(?:\ now)?
  | (?:read|up)\ next | (?:further|more)\ reading | don['’]t\ miss | in\ case\ you\ missed\ it
  | editor['’]?s['’]?\ picks?
  | (?:previous|next)\ (?:article|post|story)
  | ဆက္စပ္\s*(?:သတင္း(?:မ်ား)?|ဖတ္(?:ရႈ|႐ႈ)ရန္)
  | (?:ဆက်စပ်|နောက်ဆုံးရ|အခြား)\s*သတင်း(?:များ)? | (?:ဆက်စပ်|ဆက်လက်|နောက်ထပ်)\s*ဖတ်ရှုရန် | လူကြည့်အများဆုံး(?:\s*သတင်းများ)?
)\W*""",
    re.VERBOSE | re.IGNORECASE,
)
_LINE = re.compile(
    r"""(?:
    the\ post\ .{1,300}\ (?:appeared\ first\ on|first\ appeared\ on)\ .{1,120}
  | (?:share|like|tweet|print|email|follow)\ (?:this|us|on)\b.{0,60}
  | (?:share|loading|advertisements?)\W*
  | click\ to\ (?:share|email|print)\b.{0,80} | (?:previous|next)\ (?:article|post|story)\b.{0,200}
  | (?:also\ read|read\ (?:also|more|next)|see\ also|related(?:\ (?:story|article))?)\s*(?:[:：»|]|[-–—]\ ).{0,250}
  | continue\ reading\b.{0,200} | (?:save\ my\ name|please\ enter\ your)\b.{0,120} | cancel\ reply
  | ©.{0,300} | this\ article\ is\ the\ copyrighted\ property\ of\b.{0,300}
  | written\ permission\ must\ be\ obtained\b.{0,200}
  | release\ date\s*:.{0,40} | (?:tags?|categories|filed\ under)\s*:.{0,250}
  | (?:join|follow)\ (?:us|our)\ (?:on|telegram|facebook|whatsapp)\b.{0,120}
  | (?:ဆက်စပ်ဖတ်ရှုရန်|ဆက်လက်ဖတ်ရှုရန်|ဆက်ဖတ်ရန်)\s*[:：၊။»–-].{0,250}
  | (?:ဆက္(?:စပ္|လက္)?\s*ဖတ္(?:ရႈ|႐ႈ)?ရန္)\s*[:：၊။»–-].{0,250}
  | (?:မျှဝေ(?:ရန်|ပါ)|ရှယ်ရန်|ဆက်ဖတ်ရန်|ဆက်လက်ဖတ်ရှုရန်)\W*
)$""",
    re.VERBOSE | re.IGNORECASE,
)
# အသင်းဝင် member, စာရင်းသွင်း register or subscribe.
_SUBSCRIBE = r"subscribe\ (?:now\ )?(?:for\ full\ access|to\ (?:continue|keep|read|access))"
_CUT = re.compile(
    rf"""(?:
    {_SUBSCRIBE}
  | (?:please\ )?(?:log|sign)\ ?in\ (?:or\ (?:register|subscribe|sign\ up)\ )?to\ (?:continue|read|view|access)
  | already\ (?:a\ (?:member|subscriber)|(?:have\ an\ account|subscribed|registered))\?
  | (?:sorry,?\ )?you\ (?:must|need\ to|have\ to)\ (?:have\ an\ account|(?:be\ )?(?:logged|log|sign|signed)\ in|register
    |be\ a\ (?:member|subscriber)|subscribe|become\ a)\b
  | become\ a\ (?:member|subscriber)\ to\ (?:continue|read|access|unlock)
  | this\ (?:content|article|story)\ is\ (?:only\ )?(?:for|available\ (?:only\ )?to)\ (?:\w+\ )?
    (?:members|subscribers)
  | (?:create|register\ for)\ (?:a\ free|an)\ account\ to\ (?:continue|read)
  | to\ (?:continue|keep)\ reading\b.{{0,60}}\b(?:subscribe|sign|log|register)
  | to\ read\ the\ (?:full|rest)\b.{{0,60}}\b(?:subscribe|sign|log|register|member)
  | .{{0,60}}ဆက်(?:လက်)?ဖတ်(?:ရှု)?ရန်.{{0,40}}(?:အသင်းဝင်|စာရင်းသွင်း|အကောင့်)
)""",
    re.VERBOSE | re.IGNORECASE,
)
# The call stands in the line that it cuts: "... Subscribe for full access".
_CUT_END = re.compile(rf"(?:\.\.\.|…)\]?\s*(?:{_SUBSCRIBE})\W*$".replace(r"\ ", " "), re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?။][\"'”’)\]]*$")
_ADDRESS_LINE = re.compile(r"(?:https?://)?(?:[\w-]+\.)+(?:com|org|net|info|news|mm|io)/?", re.IGNORECASE)
# A Latin and a Cyrillic letter in one word: advertising in disguise, so that copies can be traced.
_MIXED_WORD = re.compile(r"[A-Za-z][Ѐ-ӿ]|[Ѐ-ӿ][A-Za-z]")
_MAX_LINE_CHARS = 320  # longer lines are prose, whatever they begin with
_MAX_HEADLINE_CHARS = 160


def drop_lines(text: str) -> tuple[str, bool]:
    """Drop furniture from *text* (paragraphs by ``\\n``); return it and whether a paywall cut it.

    After a heading such as "Related posts" the headlines below go too: the rest when it is nothing but short
    lines, else up to the next line that is long or ends as a sentence does.
    """
    kept: list[str] = []
    truncated = under_heading = False
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if end := _CUT_END.search(line):
            truncated = True
            line = line[: end.start()] + "…"
        bare = line.strip(" \t-–—|•*#")
        if len(bare) <= _MAX_LINE_CHARS:
            if _CUT.match(bare):
                truncated = True
                continue
            if _HEADING.fullmatch(bare):
                if all(len(rest) <= _MAX_HEADLINE_CHARS for rest in lines[number + 1 :]):
                    truncated = truncated or any(_CUT.match(rest.strip()) for rest in lines[number + 1 :])
                    break
                under_heading = True
                continue
            if _LINE.match(bare) or _ADDRESS_LINE.fullmatch(bare):
                continue
        if under_heading and len(bare) <= _MAX_HEADLINE_CHARS and not _SENTENCE_END.search(bare):
            continue
        under_heading = False
        if len(_MIXED_WORD.findall(line[:2000])) >= 5:
            continue
        kept.append(line)
    return "\n".join(kept), truncated
