"""Numbers written out, as patterns: English words, Burmese words, the Burmese "one, four of them"."""

from __future__ import annotations

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
BURMESE_DIGITS = (
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


def spell_english(number: int) -> str:
    """Return the pattern of a number below 100 in English words."""
    if number < 20:
        return f"(?:{'(?:zero|oh?)[ -]*' if number < 10 else ''}{_ENGLISH[number]})"
    ones = f"[ -]?{_ENGLISH[number % 10]}" if number % 10 else ""
    return f"(?:{_ENGLISH_TENS[number // 10]}{ones})"


def spell_burmese(number: int) -> str:
    """Return the pattern of a number below 100 in Burmese words."""
    tens, ones = divmod(number, 10)
    if not tens:
        return f"(?:သုည)?{BURMESE_DIGITS[ones]}"
    head = "(?:တစ်|တ)?" if tens == 1 else BURMESE_DIGITS[tens]
    return head + (f"ဆယ့် ?{BURMESE_DIGITS[ones]}" if ones else "ဆယ်")


def repeat_burmese(digits: str) -> str | None:
    """Return the spoken "one, four of them" of a number made of one digit: ၁ လေးလုံး."""
    if len(set(digits)) > 1:
        return None
    one, many = int(digits[0]), len(digits)
    return rf"(?:(?<![0-9])\(?{one}\)?|{BURMESE_DIGITS[one]}) ?\(?(?:{BURMESE_DIGITS[many]}|{many})\)? ?လုံး"
