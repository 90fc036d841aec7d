"""Recognise an operation that is named by a number, "11 11" or "10 27", beside a word for operation.

A number alone is never a match: it may be a date, a price, a count, a battalion or a telephone number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.match.numeral import BURMESE_DIGITS, repeat_burmese, spell_burmese, spell_english
from alerts.text.fold import Folded, fold
from alerts.text.key import is_hump
from alerts.text.syllable import is_syllable_end, is_syllable_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NUMBER_FORM = re.compile("[0-9]{1,2} [0-9]{1,2}")  # the two halves of the name, as day and month usually


def _folded(pattern: str) -> str:
    return fold(pattern).text


_QUOTES = "\"'“”‘’«»„()\\[\\]<>【】「」《》〈〉"
_GAP = rf"[ \n{_QUOTES}#_\-–—:*]{{0,6}}"  # between word and number
_NARROW_GAP = _GAP.replace(":", "")  # between number and word: "11/11: operation begins" is a date
_POINT = r"(?:[ ]?[-./:·•・။၊\u2044–—][ ]?|,)"  # between the halves: 11.11, 11/11, 11-11, 11,11
_AND = _folded(r"(?:,? ?(?:and|or|&|နှင့်|နဲ့|和|与|與|及|และ)|[,/၊、]) ?")
_CHAIN = rf"(?:[0-9]{{4}} ?{_AND})"  # "Operations 1027 and 1111"
_NAMED = (
    r"(?:,? ?(?:(?:which|that) )?(?:(?:was|is|has been|had been|were|being|to be) )?(?:also )?"
    r"(?:code-?named|named|called|dubbed|known as|titled)(?: as)?)?"
)
_NUMERO = r"(?:(?:no\.?|nr\.?|number) ?)?"
_MODIFIER = r"(?:(?:joint|military|karenni|armed|resistance|rebel|revolutionary|anti-junta|anti-regime|combined)[ -])*"
_BURMESE_MODIFIER = "(?:(?:ပူးပေါင်း|စုပေါင်း|ပူးတွဲ|တော်လှန်ရေး|ကရင်နီ|စစ်ရေး|လက်နက်ကိုင်) ?)*"  # joint, armed, ...
_OTHER_MODIFIER = "(?:(?:联合|聯合|军事|軍事|共同|합동|군사|연합) ?)?"
_THAI_MODIFIER = "(?: ?(?:ทางทหาร|ทางการทหาร|ร่วม))?"
_CLOCK = _folded(r"(?! ?(?:am|pm|a\.m|p\.m|hrs|hours|o'clock|နာရီ))")
# After "operation 1111": words that make the number a count of something.
_COUNTED = re.compile(
    _folded(
        r" ?%| ?(?:people|persons|civilians|women|men|children|suspects|volunteers|soldiers|troops|fighters|police"
        r"|officers|staff|workers|families|households|patients|surgeries|houses|homes|tablets|pills|bottles|kg|kilos|days|times"
        r"|cases|percent|dollars|kyats|baht)(?![a-z])"
        r"|\)? ?(?:ကြိမ်|ခု(?!နစ်|နှစ်)|ဦး(?!ဆောင်)|ယောက်|ရက်|လုံး|စီး|အိမ်|ကျပ်|ခန့်|ကျော်)"
        r"| ?(?:ครั้ง|คน|นาย|วัน|ราย|次|人|名|个|個|回|件|명|회|건|번)"
    )
)
_NAME = re.compile(
    r"[a-z]*[a-rt-z][ \-]?[\"'“”‘’«(\[#]?[0-9]"
)  # one word, not its plural, right before the number
_MONTH_BEFORE = re.compile(
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august"
    r"|september|october|november|december)\.? $"
)
_MONEY_BEFORE = re.compile(_folded("(?:သိန်း|ကျပ်|ဒေါ်လာ|ဘတ်|\\$|usd|mmk|kyats?|baht|dollars?) ?$"))
# "Surgical operations 1111 and 1112", and the co- of co-operation.
_OTHER_TRADE = re.compile(
    r"(?:\bco-|\b(?:surgical|medical|rescue|relief|flight|bank|banking|business|mining|police|customs|sales?) )$"
)
_ABBREVIATION = re.compile("[a-z]{1,3}-")

_CLOSING = {"(": ")", "[": "]", "“": "”", "«": "»", "「": "」", "'": "'", '"': '"'}


@dataclass(frozen=True, slots=True)
class NumberName:
    """One numbered operation made ready for searching."""

    pattern: re.Pattern[str]
    hint: re.Pattern[str]  # without this no match is possible: spares the long pattern
    words: tuple[str, ...]  # without one of these neither


def _number(first: str, second: str, *, is_first: bool) -> str:
    """Return the pattern of the number in digits; before the word it needs guards that the word else gives."""
    left = "(?<![0-9])(?<![0-9][.,/:-])(?<![0-9] )" if is_first else ""
    plain = rf"{first}{second}" + ("(?! [0-9]{4})" if is_first else "")
    spaced = rf"{first} {second}(?! ?[0-9])"
    pointed = rf"{first}{_POINT}{second}"
    again = rf"(?! ?{first}[ .,/-]?{second})"
    return rf"{left}(?:{plain}|{pointed}|{spaced})(?![0-9])(?![.,/:-][0-9]){again}{_CLOCK}"


def compile_number(form: str, words: Iterable[str]) -> NumberName:
    """Build the matcher of an operation named *form* ("11 11"), with *words* for operation in any script.

    The spellings are those found in print: halves joined or parted by a point, stroke, comma, hyphen or
    space; quoted or bracketed; before or after the word; spelled out in English and Burmese. *form* must
    be two numbers of one or two digits, else ``ValueError``.
    """
    if not NUMBER_FORM.fullmatch(form):
        raise ValueError(f"{form!r} is not two numbers of one or two digits")
    first, second = form.split()
    latin: list[str] = []
    burmese: list[str] = []
    other: list[str] = []
    for word in sorted({fold(word).text for word in words}, key=lambda word: (-len(word), word)):
        kind = latin if word[:1].isascii() else burmese if "\u1000" <= word[:1] <= "\u109f" else other
        kind.append(word)
    number = _number(first, second, is_first=True)
    after = (
        rf"{_CHAIN}*{_number(first, second, is_first=False)}"  # behind the word, perhaps behind other numbers
    )
    english = rf"{spell_english(int(first))}[ \-–]*{spell_english(int(second))}"
    spoken = rf"{spell_burmese(int(first))} ?{spell_burmese(int(second))}"
    options: list[str] = []
    if latin:
        word = rf"(?:{'|'.join(map(re.escape, latin))})"
        before = rf"{word}(?:s|\.)?{_NAMED}{_GAP}{_NUMERO}"
        options += [
            rf"{before}{after}(?![a-z])",
            rf"{before}{english}(?![a-z])",
            # "police carried out 1111 operations" counts them: a plural needs a sign that it is a name
            rf"(?<![a-z]){number}(?: ?{_AND}[0-9]{{4}})+{_NARROW_GAP}{_MODIFIER}{word}s?(?![a-z])",
            rf"(?<![0-9a-z]){_CHAIN}+{_number(first, second, is_first=False)}{_NARROW_GAP}{_MODIFIER}{word}s?(?![a-z])",
            rf"(?<![a-z]){number}{_NARROW_GAP}{_MODIFIER}{word}(?![a-z])",
            rf"(?<![a-z])(?:(?<=[{_QUOTES}]){first}{second}[{_QUOTES}]|{first}[./-]{second}) {word}s(?![a-z])",
            rf"(?<![a-z])(?<![a-z]-){english}{_NARROW_GAP}{_MODIFIER}{word}(?![a-z])",
        ]
    if burmese:
        word = rf"(?:{'|'.join(map(re.escape, burmese))})"
        called = _folded(
            "(?:(?:အမည်|နာမည်)(?:ရှိ|ရ|ပေး)?(?:ထားသည့်|ထားသော|ထားတဲ့|သော|သည့်|တဲ့)?|(?:ဟု|လို့|ဟူသော) ?(?:ခေါ်|အမည်ပေး)"
            "(?:သော|သည့်|တဲ့|ထားသည့်|ထားသော|ထားတဲ့)?|ဟူသော)?"
        )
        names = [number, spoken]
        if lay := repeat_burmese(first + second):
            names.append(lay)
        name = rf"(?:{'|'.join(names)})"
        behind = rf"(?:{after}|{spoken})"
        options += [
            rf"{name}(?: ?{_AND}[0-9]{{4}})*{_GAP}(?:{number}{_GAP})?{called}{_GAP}{_BURMESE_MODIFIER}{word}(?!ကွပ်ကဲ)",
            rf"(?<!စိတ်ဓာတ်){word}{_GAP}(?:အမည်|အမှတ်)?{_GAP}{behind}",
            rf"(?<!စိတ်ဓာတ်){word}(?:ကို|အား){_GAP}{behind}(?={_GAP}(?:ဟု|ဟူ၍|လို့|အမည်|နာမည်))",  # "named it 1111"
        ]
    if other:
        word = rf"(?:{'|'.join(map(re.escape, other))})"
        options += [
            rf"{number}(?: ?{_AND}[0-9]{{4}})*{_GAP}[号號]?{_GAP}{_OTHER_MODIFIER}{word}",
            rf"{word}{_THAI_MODIFIER}{_GAP}{after}",
        ]
    hint = rf"{first}(?:{_POINT}| )?{second}|{english}|{spoken}|(?:{BURMESE_DIGITS[4]}|[2-4])\)? ?လုံး"
    return NumberName(
        re.compile("|".join(_refold(option) for option in options)),
        re.compile(_refold(hint)),
        tuple(latin + burmese + other),
    )


def _refold(pattern: str) -> str:
    """Fold the Myanmar letters of a pattern, whatever order its author typed the marks in."""
    return re.sub("[\u1000-\u103f]+", lambda match: fold(match[0]).text, pattern)


def _with_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in the bracket or quote outside the span whose partner is inside."""
    inside = text[start:end]
    if start and (closing := _CLOSING.get(text[start - 1])) and _is_single(inside, text[start - 1], closing):
        return start - 1, end
    if end < len(text):
        for opening, closing in _CLOSING.items():
            if text[end] == closing and opening in inside and _is_single(inside, closing, opening):
                return start, end + 1
    return start, end


def _is_single(inside: str, one: str, other: str) -> bool:
    return inside.count(other) == 1 and (one == other or one not in inside)


def find_numbers(folded: Folded, name: NumberName) -> Iterator[tuple[int, int]]:
    """Yield the folded spans, word and number together, where the operation is named."""
    text = folded.text
    if not any(word in text for word in name.words) or not name.hint.search(text):
        return
    at = 0
    while match := name.pattern.search(text, at):
        start, end = match.span()
        if _is_name(folded, start, end):
            yield _with_brackets(text, start, end)
            at = end
        else:
            at = start + 1


def _is_name(folded: Folded, start: int, end: int) -> bool:
    """Tell the name of an operation from a count, a date, a sum or the end of another word."""
    text, first = folded.text, folded.text[start]
    left = text[max(0, start - 16) : start]
    if "\u1000" <= first <= "\u104e" and not is_syllable_start(text, start):
        return False
    if "\u1000" <= text[end - 1] <= "\u104e" and not is_syllable_end(text, end):
        return False
    if first.isdigit():  # "On November 11, 11 operations": the first half is a day of the month
        return not (_MONTH_BEFORE.search(left) or _MONEY_BEFORE.search(left))
    if "a" <= first <= "z":
        if "a" <= left[-1:] <= "z" and not is_hump(folded, start):  # extraction glues words: onOperation 1111
            return False
        if _OTHER_TRADE.search(left) or _ABBREVIATION.match(text, start):
            return False
        is_capital = folded.original[folded.span(start, start + 1)[0]].isupper()
        if is_capital and _NAME.match(text, start):  # "Before Operation 1111 people lived here"
            return True
    return not (text[end - 1].isdigit() and _COUNTED.match(text, end))
