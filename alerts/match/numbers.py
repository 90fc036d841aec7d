"""Recognise an operation that is named by a number, "11 11" or "10 27", beside a word for operation.

A number alone is never a match: it may be a date, a price, a count, a battalion or a telephone number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.text.fold import Folded, fold
from alerts.text.syllable import is_syllable_end, is_syllable_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NUMBER_FORM = re.compile("[0-9]{1,2} [0-9]{1,2}")  # the two halves of the name, as day and month usually

_ENGLISH = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_ENGLISH_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# Burmese digit words; "one" is also spelled short, "seven" has three spellings in print.
_BURMESE = (
    "(?:သုည)?",
    "(?:တစ်|တ)",
    "နှစ်",
    "သုံး",
    "လေး",
    "ငါး",
    "ခြောက်",
    "(?:ခုနစ်|ခုနှစ်|ခွန်)",
    "ရှစ်",
    "ကိုး",
)


def _folded(pattern: str) -> str:
    return fold(pattern).text


_QUOTES = "\"'“”‘’«»„()\\[\\]<>【】「」《》〈〉"
_GAP = rf"[ \n{_QUOTES}#_\-–—:*]{{0,6}}"  # between number and word
_POINT = r"(?:[ ]?[-./:·•။၊\u2044–—][ ]?|,)"  # between the halves: 11.11, 11/11, 11-11, 11,11
_AND = _folded(r"(?:,? ?(?:and|or|&|နှင့်|နဲ့|和|与|與|及|และ)|[,/၊、]) ?")
_CHAIN = rf"(?:[0-9]{{4}} ?{_AND})"  # "Operations 1027 and 1111"
_NAMED = r"(?:,? ?(?:also )?(?:code-?named|named|called|dubbed|known as|titled)(?: as)?)?"
_MODIFIER = r"(?:(?:joint|military|karenni|armed|resistance|rebel|revolutionary|anti-junta|anti-regime|combined)[ -])*"
_CLOCK = _folded(r"(?! ?(?:am|pm|a\.m|p\.m|hrs|hours|o'clock|နာရီ))")
# After "operation 1111": words that make the number a count of something.
_NO_COUNT = _folded(
    r"(?! ?(?:people|civilians|women|children|suspects|houses|homes|tablets|pills|kg|kilos|days|times|cases|percent"
    r"|dollars|kyats|baht)(?![a-z]))(?! ?%)"
    r"(?!\)? ?(?:ကြိမ်|ခု(?!နစ်|နှစ်)|ဦး(?!ဆောင်)|ယောက်|ရက်|လုံး|စီး|အိမ်|ကျပ်|ခန့်|ကျော်))"
    r"(?! ?(?:ครั้ง|คน|นาย|วัน|ราย|次|人|名|个|個|回|件|명|회|건|번))"
)
_MONTH_BEFORE = re.compile(
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august"
    r"|september|october|november|december)\.? $"
)

_CLOSING = {"(": ")", "[": "]", "“": "”", "«": "»", "「": "」", "'": "'", '"': '"'}


@dataclass(frozen=True, slots=True)
class NumberName:
    """One numbered operation made ready for searching."""

    pattern: re.Pattern[str]
    hint: re.Pattern[str]  # without this no match is possible: spares the long pattern
    words: tuple[str, ...]  # without one of these neither


def _english(number: int) -> str:
    if number < 20:
        return f"(?:{'(?:zero|oh?)[ -]*' if number < 10 else ''}{_ENGLISH[number]})"
    ones = f"[ -]?{_ENGLISH[number % 10]}" if number % 10 else ""
    return f"(?:{_ENGLISH_TENS[number // 10]}{ones})"


def _burmese(number: int) -> str:
    tens, ones = divmod(number, 10)
    if not tens:
        return f"(?:သုည)?{_BURMESE[ones]}"
    head = "(?:တစ်|တ)?" if tens == 1 else _BURMESE[tens]
    return head + (f"ဆယ့် ?{_BURMESE[ones]}" if ones else "ဆယ်")


def _number(first: str, second: str, *, guarded: bool) -> str:
    """Return the pattern of the number in digits; unguarded right after a chain of other numbers."""
    left = "(?<![0-9])(?<![0-9][.,/:-])(?<![0-9] )" if guarded else ""
    plain = rf"{first}{second}(?! [0-9]{{4}})"
    spaced = rf"{first} {second}(?! ?[0-9])"
    pointed = rf"{first}{_POINT}{second}"
    again = rf"(?! ?{first}[ .,/-]?{second})"
    return rf"{left}(?:{plain}|{pointed}|{spaced})(?![0-9])(?![.,/:-][0-9]){again}{_CLOCK}"


def _repeated_digit(digits: str) -> str | None:
    """Return the spoken "one, four of them" of a number made of one digit: ၁ လေးလုံး."""
    if len(set(digits)) > 1:
        return None
    one, many = int(digits[0]), len(digits)
    return rf"(?:(?<![0-9])\(?{one}\)?|{_BURMESE[one]}) ?\(?(?:{_BURMESE[many]}|{many})\)? ?လုံး"


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
    number, chained = _number(first, second, guarded=True), _number(first, second, guarded=False)
    english = rf"{_english(int(first))}[ \-–]*{_english(int(second))}"
    spoken = rf"{_burmese(int(first))} ?{_burmese(int(second))}"
    anywhere = rf"(?:{number}|{_CHAIN}+{chained})"
    options: list[str] = []
    if latin:
        word = rf"(?:{'|'.join(map(re.escape, latin))})"
        before = rf"(?<![a-z])(?<![a-z]-){word}(?:s|\.)?{_NAMED}"
        options += [
            rf"{before}{_GAP}{anywhere}(?![a-z]){_NO_COUNT}",
            rf"{before}{_GAP}{english}(?![a-z])",
            # "police carried out 1111 operations" counts them: a plural needs a sign that it is a name
            rf"(?<![a-z]){number}(?: ?{_AND}[0-9]{{4}})+{_GAP}{_MODIFIER}{word}s?(?![a-z])",
            rf"(?<![0-9a-z]){_CHAIN}+{chained}{_GAP}{_MODIFIER}{word}s?(?![a-z])",
            rf"(?<![a-z]){number}{_GAP}{_MODIFIER}{word}(?![a-z])",
            rf"(?<![a-z])(?:(?<=[{_QUOTES}]){first}{second}[{_QUOTES}]|{first}[./-]{second}) {word}s(?![a-z])",
            rf"(?<![a-z])(?<![a-z]-){english}{_GAP}{_MODIFIER}{word}(?![a-z])",
        ]
    if burmese:
        word = rf"(?:{'|'.join(map(re.escape, burmese))})"
        called = _folded(
            "(?:(?:အမည်|နာမည်)(?:ရှိ|ရ|ပေး)?(?:ထားသည့်|ထားသော|ထားတဲ့|သော|သည့်|တဲ့)?|(?:ဟု|လို့|ဟူသော) ?(?:ခေါ်|အမည်ပေး)"
            "(?:သော|သည့်|တဲ့|ထားသည့်|ထားသော|ထားတဲ့)?|ဟူသော)?"
        )
        names = [number, spoken]
        if lay := _repeated_digit(first + second):
            names.append(lay)
        name = rf"(?:{'|'.join(names)})"
        options += [
            rf"{name}(?: ?{_AND}[0-9]{{4}})*{_GAP}(?:{number}{_GAP})?{called}{_GAP}{word}(?!ကွပ်ကဲ)",
            rf"(?<!စိတ်ဓာတ်){word}{_GAP}(?:အမည်|အမှတ်)?{_GAP}(?:{anywhere}|{spoken}){_NO_COUNT}",
        ]
    if other:
        word = rf"(?:{'|'.join(map(re.escape, other))})"
        options += [
            rf"{number}(?: ?{_AND}[0-9]{{4}})*{_GAP}[号號]?{_GAP}{word}",
            rf"{word}{_GAP}{anywhere}{_NO_COUNT}",
        ]
    hint = rf"{first}(?:{_POINT}| )?{second}|{english}|{spoken}|(?:{_BURMESE[4]}|[2-4])\)? ?လုံး"
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
    for match in name.pattern.finditer(text):
        start, end = match.span()
        if "\u1000" <= text[start] <= "\u104e" and not is_syllable_start(text, start):
            continue
        if "\u1000" <= text[end - 1] <= "\u104e" and not is_syllable_end(text, end):
            continue
        # "On November 11, 11 operations": the first half is a day of the month.
        if text[start].isdigit() and _MONTH_BEFORE.search(text[max(0, start - 12) : start]):
            continue
        yield _with_brackets(text, start, end)
