"""Tell the number of an operation from a count, a date, a sum, an address or a bargain, by what stands round it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.text.fold import fold
from alerts.text.key import is_hump
from alerts.text.syllable import is_syllable_end, is_syllable_start

if TYPE_CHECKING:
    from alerts.text.fold import Folded

_REACH = 24  # characters before a number that say what it counts
_SHOP_REACH = 120  # round a number: a sentence or so


def _folded(pattern: str) -> str:
    return fold(pattern).text


# After "operation 1111": words that make the number a count of something.
_COUNTED = re.compile(
    _folded(
        r" ?%| ?(?:people|persons|civilians|women|men|children|suspects|volunteers|soldiers|troops|fighters|police"
        r"|officers|staff|workers|families|households|patients|surgeries|houses|homes|tablets|pills|bottles|rounds"
        r"|kg|kilos|hz|miles|acres|hours|days|years|times|cases|percent|dollars|kyats|baht"
        r"|(?:were |was )?(?:killed|dead|injured|wounded|arrested|displaced))(?![a-z])"
        r"|\)? ?(?:ကြိမ်|ခု(?!နစ်|နှစ်)|ဦး(?!ဆောင်)|ယောက်|ရက်|လုံး|စီး|အိမ်|ကျပ်|ခန့်|ကျော်|ပွဲ|မိုင်|ပေ(?!း)|ဧက|ရွာ"
        r"|လက်(?!နက်)|တောင့်|နေ့|နှစ်|နာရီ|စု(?!ပေါင်း)|တန်|ပိဿာ|ဒေါ်လာ|ဘတ်)"
        r"| ?(?:ครั้ง|คน|นาย|วัน|ราย|次|人|名|个|個|回|件|명|회|건|번)"
    )
)
_NAME = re.compile(r"[a-z]*[a-rt-z][ \-]?[\"'“”‘’«(\[#]?[0-9]")  # a word, no plural, right before the number
_ADDRESS = re.compile(
    _folded(r",? ?(?:avenue|ave|street|st|road|rd|square|boulevard)(?![a-z])|လမ်း(?!ကြောင်း)|ပန်းခြံ")
)
_DAY_BEFORE = re.compile(
    _folded(
        r"(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august"
        r"|september|october|november|december)\.? |(?<![a-z])on "
        r"|(?:ဇန်နဝါရီ|ဖေဖော်ဝါရီ|မတ်|ဧပြီ|မေ|ဇွန်|ဇူလိုင်|ဩဂုတ်|စက်တင်ဘာ|အောက်တိုဘာ|နိုဝင်ဘာ|ဒီဇင်ဘာ)(?:လ)? ?"
        r"|(?:ခမရ|ခလရ|တပ်ရင်း|တပ်မ) ?\(?)$"
    )
)
_SUM_BEFORE = re.compile(
    _folded(
        r"(?:သိန်း|ကျပ်|ဒေါ်လာ|ဘတ်|\$|usd|mmk|kyats?|baht|dollars?|(?<![a-z])(?:day|year|room|hotel|at)|အမှတ်) ?$"
    )
)
# "Surgical operations 1111 and 1112", "hours of operation: 11-11", and the co- of co-operation.
_OTHER_TRADE = re.compile(
    r"(?:\bco-|\b(?:surgical|medical|rescue|relief|flight|bank|banking|business|mining|police"
    r"|customs|sales?|hours of) )$"
)
_OUT_OF_WORK = re.compile(r"(?<![a-z])in $")  # "the shop is in operation 11-11"
_ABBREVIATION = re.compile("[a-z]{1,3}-|op[. ]+[0-9]+[-.]")  # OP-1111, a tender; op. 11-11, a sonata
_SHOP = re.compile(
    _folded(
        r"(?<![a-z])(?:sales?|shop|shops|shopping|shoppers|discounts?|bargains?|singles|lazada|shopee|alibaba|taobao)(?![a-z])"
        r"|双十一|双11|雙十一|購物|购物|特賣|특가|セール|ลดราคา|လျှော့ဈေး|ဈေးဝယ်"
    )
)


def is_operation_name(folded: Folded, start: int, end: int) -> bool:
    """Tell whether the number and the word for operation in the folded span name an operation together."""
    text, first = folded.text, folded.text[start]
    left = text[max(0, start - _REACH) : start]
    if "\u1000" <= first <= "\u104e" and not is_syllable_start(text, start):
        return False
    if "\u1000" <= text[end - 1] <= "\u104e" and not is_syllable_end(text, end):
        return False
    if "a" <= first <= "z":
        if "a" <= left[-1:] <= "z" and not is_hump(folded, start):  # extraction glues words: onOperation 1111
            return False
        if _OTHER_TRADE.search(left) or _ABBREVIATION.match(text, start):
            return False
        if folded.original[folded.span(start, start + 1)[0]].isupper() and _NAME.match(text, start):
            return True  # "Before Operation 1111 people lived here"
        if _OUT_OF_WORK.search(left):
            return False
    if first.isdigit():
        is_parted = not text[
            start : start + 3
        ].isdigit()  # 11/11 and 11, 11 may be days and units, 1111 is none
        if (is_parted and _DAY_BEFORE.search(left)) or _SUM_BEFORE.search(left) or _ADDRESS.match(text, end):
            return False
    if text[end - 1].isdigit() and _COUNTED.match(text, end):
        return False
    return not _SHOP.search(text, max(0, start - _SHOP_REACH), end + _SHOP_REACH)
