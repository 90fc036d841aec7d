"""Numbers as print writes them: digits with commas or points, words, ranges. Knows nothing of what they count."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from alerts.figure.wordlist import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_COUNT = 100_000_000  # more people than live in the country: a telephone number or a price

_UNITS = words_of(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
    """
)
_TENS = words_of("twenty thirty forty fifty sixty seventy eighty ninety")
_BELOW_HUNDRED = {word: value for value, word in enumerate(_UNITS) if value}
for _value, _ten in enumerate(_TENS, 2):
    _BELOW_HUNDRED[_ten] = 10 * _value
    _BELOW_HUNDRED |= {f"{_ten}-{one}": 10 * _value + value for value, one in enumerate(_UNITS[1:10], 1)}
_SCALES = {"hundred": 100, "thousand": 1000, "lakh": 100_000, "million": 1_000_000}
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?:\.[0-9]{3})+")  # 5,000 and the European 5.000
_PLAIN = re.compile("[1-9][0-9]{0,8}")
_DECIMAL = re.compile(r"[0-9]{1,3}\.[0-9]{1,2}")
_RANGE = re.compile(r"([0-9,.]+)[-–]([0-9,.]+)")


@dataclass(frozen=True, slots=True)
class Number:
    """A number in tokens ``[start, end)``; of a range the lower end."""

    value: int
    start: int
    end: int
    is_range: bool = False
    in_digits: bool = False


def read_digits(text: str) -> int | None:
    """Return the value of digits with or without grouping; None for decimals, codes and the absurd."""
    if _GROUPED.fullmatch(text):
        text = re.sub("[,.]", "", text).lstrip("0")
    if not _PLAIN.fullmatch(text):
        return None
    value = int(text)
    return value if value <= MAX_COUNT else None


def _read_words(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """Return the value of spelled-out words and where they end: "two hundred and fifty"."""
    total = current = 0
    begin, seen_scale = at, False
    while at < len(words):
        word = words[at]
        small = _BELOW_HUNDRED.get(word)
        if small is not None and current % 100 == 0:
            current += small
        elif small is not None and small < 10 and current % 100 >= 20 and current % 10 == 0:
            current += small  # "sixty six"
        elif word == "hundred" and 0 < current < 100:
            current, seen_scale = current * 100, True
        elif word == "dozen" and 0 < current < 20:
            return current * 12, at + 1
        elif (scale := _SCALES.get(word)) and word != "hundred" and current:
            total, current, seen_scale = total + current * scale, 0, True
        elif (
            word == "and"
            and seen_scale
            and current % 100 == 0
            and at + 1 < len(words)
            and words[at + 1] in _BELOW_HUNDRED
        ):
            pass
        elif word in ("a", "an") and at == begin and at + 1 < len(words):
            if words[at + 1] not in ("hundred", "thousand", "million", "dozen"):
                return None
            current = 1
        else:
            break
        at += 1
    value = total + current
    return (value, at) if 0 < value <= MAX_COUNT else None


def _read_one(words: Sequence[str], at: int) -> Number | None:
    word = words[at]
    after = words[at + 1] if at + 1 < len(words) else ""
    scale = _SCALES.get(after, 0)
    if word[0].isdigit():
        if _DECIMAL.fullmatch(word) and scale >= 1000:  # 1.5 million
            return Number(int(Decimal(word) * scale), at, at + 2, in_digits=True)
        if match := _RANGE.fullmatch(word):
            low, high = read_digits(match[1]), read_digits(match[2])
            years = low is not None and 1900 <= low <= 2099 and "," not in match[1]
            if low is None or high is None or low >= high or years:
                return None
            return Number(low * (scale or 1), at, at + (2 if scale else 1), is_range=True, in_digits=True)
        value = read_digits(word)
        if value is None:
            return None
        if scale and value * scale <= MAX_COUNT:
            return Number(value * scale, at, at + 2, in_digits=True)
        return Number(value, at, at + 1, in_digits=True)
    found = _read_words(words, at)
    return Number(found[0], at, found[1]) if found else None


def read_number(words: Sequence[str], at: int) -> Number | None:
    """Read the number at token *at* of lower-case *words*, a range as its lower end; None where none begins."""
    word = words[at] if at < len(words) else ""
    if not (word in _BELOW_HUNDRED or word[:1].isdigit() or word in ("a", "an")):
        return None  # nearly every word of a text
    first = _read_one(words, at)
    if first is None:
        return None
    joint = words[first.end] if first.end < len(words) else ""
    is_between = joint == "and" and at > 0 and words[at - 1] == "between"
    if (joint in ("to", "or", "-", "–") or is_between) and first.end + 1 < len(words):
        second = _read_one(words, first.end + 1)
        if second is not None and not first.is_range and first.value < second.value:
            return Number(first.value, at, second.end, is_range=True, in_digits=first.in_digits)
    return first
