"""Recognise an operation that is named by a number, "11 11" or "10 27", beside a word for operation.

A number alone is never a match: it may be a date, a price, a count, a battalion or a telephone number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.match.numbersense import is_operation_name
from alerts.match.numeral import BURMESE_DIGITS, repeat_burmese, spell_burmese, spell_english
from alerts.text.fold import Folded, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NUMBER_FORM = re.compile("[0-9]{1,2} [0-9]{1,2}")  # the two halves of the name, as day and month usually


def _folded(pattern: str) -> str:
    return fold(pattern).text


_QUOTES = "\"'“”‘’«»„()\\[\\]<>【】「」《》〈〉"
_GAP = rf"[ {_QUOTES}#_\-–—:*]{{0,6}}"  # between word and number
_NARROW_GAP = _GAP.replace(":", "")  # between number and word: "11/11: operation begins" is a date
_POINT = r"(?:[ ]?[-./:·•・။၊\u2044–—][ ]?|,)"  # between the halves: 11.11, 11/11, 11-11, 11,11
# atomic and with its own spaces: two readings of one space would double the work at every link of a list
_AND = _folded(r"(?> ?(?:,? ?(?:and|or|&|နှင့်|နဲ့|和|与|與|及|และ)|[,/၊、]) ?)")
_CHAIN = rf"(?:[0-9]{{4}}{_AND})"  # "Operations 1027 and 1111"
_NAMED = (
    r"(?:,? ?(?:(?:which|that) )?(?:(?:was|is|has been|had been|were|being|to be) )?(?:also )?"
    r"(?:code-?named|named|called|dubbed|known as|titled)(?: as)?)?"
)
_NUMERO = r"(?:(?:no\.?|nr\.?|number) ?)?"
_MODIFIER = r"(?:(?:joint|military|karenni|armed|resistance|rebel|revolutionary|anti-junta|anti-regime|combined)[ -])*"
_BURMESE_MODIFIER = "(?:(?:ပူးပေါင်း|စုပေါင်း|ပူးတွဲ|တော်လှန်ရေး|ကရင်နီ|စစ်ရေး|လက်နက်ကိုင်) ?)*"  # joint, armed, ...
_OTHER_MODIFIER = "[的之]?(?:(?:联合|聯合|军事|軍事|共同|합동|군사|연합) ?)?"
_THAI_MODIFIER = "(?: ?(?:ทางทหาร|ทางการทหาร|ร่วม|ที่ชื่อว่า|ชื่อ|รหัส))?"
_CLOCK = _folded(r"(?! ?(?:am|pm|a\.m|p\.m|hrs|hours|o'clock|နာရီ))")
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
    unguarded = _number(first, second, is_first=False)
    after = rf"{_CHAIN}{{0,6}}{unguarded}"  # behind the word, perhaps behind other numbers
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
            rf"(?<![a-z]){number}(?:{_AND}[0-9]{{4}}){{1,6}}{_NARROW_GAP}{_MODIFIER}{word}s?(?![a-z])",
            rf"(?<![0-9a-z]){_CHAIN}{{1,6}}{unguarded}{_NARROW_GAP}{_MODIFIER}{word}s?(?![a-z])",
            rf"(?<![a-z]){number}{_NARROW_GAP}{_MODIFIER}{word}(?![a-z])",
            rf"(?<![a-z])(?:(?<=[{_QUOTES}]){first}{second}[{_QUOTES}]|{first}[./-]{second}) {word}s(?![a-z])",
            rf"(?<![a-z])(?<![a-z]-){english}{_NARROW_GAP}{_MODIFIER}{word}(?![a-z])",
        ]
    if burmese:
        word = rf"(?:{'|'.join(map(re.escape, burmese))})"
        called = _folded(
            "(?:(?:အမည်|နာမည်)(?:ရှိ|ရ|ပေး)?(?:ထားသည့်|ထားသော|ထားတဲ့|သော|သည့်|တဲ့)?|ဆို(?:တဲ့|သော|သည့်)|(?:ဟု|လို့|ဟူသော) ?(?:ခေါ်|အမည်ပေး)"
            "(?:သော|သည့်|တဲ့|ထားသည့်|ထားသော|ထားတဲ့)?|ဟူသော)?"
        )
        names = [number, spoken]
        if lay := repeat_burmese(first + second):
            names.append(lay)
        name = rf"(?:{'|'.join(names)})"
        behind = rf"(?:{after}|{spoken})"
        options += [
            rf"{name}(?:{_AND}[0-9]{{4}}){{0,6}}{_GAP}(?:{number}{_GAP})?{called}{_GAP}{_BURMESE_MODIFIER}{word}(?!ကွပ်ကဲ)",
            rf"(?<!စိတ်ဓာတ်){word}{_GAP}(?:(?:အမည်|အမှတ်)(?:မှာ|သည်|က)?)?{_GAP}{behind}",
            rf"(?<!စိတ်ဓာတ်){word}(?:ကို|အား){_GAP}{behind}(?={_GAP}(?:ဟု|ဟူ၍|လို့|အမည်|နာမည်))",  # "named it 1111"
        ]
    if other:
        word = rf"(?:{'|'.join(map(re.escape, other))})"
        options += [
            rf"{number}(?:{_AND}[0-9]{{4}}){{0,6}}{_GAP}[号號]?{_GAP}{_OTHER_MODIFIER}{word}",
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
        if is_operation_name(folded, start, end):
            yield _with_brackets(text, start, end)
            at = end
        else:
            at = start + 1
