"""The days that an article names as those of its news. Reads folded text; no year is guessed, none is needed.

A day after "since" or "began on" is the background of the news and is left out.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from alerts.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

Day = tuple[int, int]  # month, day of the month

_ENGLISH_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_SHORT_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_BURMESE_MONTHS = (
    "ဇန်နဝါရီ", "ဖေဖော်ဝါရီ", "မတ်", "ဧပြီ", "မေ", "ဇွန်", "ဇူလိုင်", "ဩဂုတ်", "စက်တင်ဘာ", "အောက်တိုဘာ", "နိုဝင်ဘာ", "ဒီဇင်ဘာ",
)  # fmt: skip  # January to December
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_BURMESE_WEEKDAYS = ("တနင်္လာ", "အင်္ဂါ", "ဗုဒ္ဓဟူး", "ကြာသပတေး", "သောကြာ", "စနေ", "တနင်္ဂနွေ")  # Monday to Sunday

_MONTH_OF = {
    name: number for names in (_ENGLISH_MONTHS, _SHORT_MONTHS) for number, name in enumerate(names, 1)
}
_MONTH_OF["sept"] = 9
_BURMESE_MONTH_OF = {fold(name).text: number for number, name in enumerate(_BURMESE_MONTHS, 1)}
_WEEKDAY_OF = {name: number for number, name in enumerate(_WEEKDAYS)}
_WEEKDAY_OF |= {fold(name).text: number for number, name in enumerate(_BURMESE_WEEKDAYS)}

_SINCE = (
    "(?P<since>(?:since|from|until"
    "|(?:began|begun|launched|started|starting|beginning|opened)(?:(?: [a-z0-9]+){0,4} on)?)(?: the)? )?"
)
_MONTH = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
_NUMBER = r"\(?([0-9]{1,2})\)?(?:st|nd|rd|th)?"
_ENGLISH = re.compile(rf"\b{_SINCE}(?:({_MONTH})\.? {_NUMBER}|{_NUMBER}(?: of)? ({_MONTH})\b)(?![0-9:])")
_BURMESE_MONTH = "|".join(sorted(_BURMESE_MONTH_OF, key=len, reverse=True))
_BURMESE = re.compile(
    rf"({_BURMESE_MONTH})(?:လ)? ?\(?([0-9]{{1,2}})\)? ?ရက်(?P<since>(?:နေ့)? ?(?:ကတည်းက|ကစ|မှစ|က စ))?"
)
_BURMESE_WEEKDAY = "|".join(sorted((fold(name).text for name in _BURMESE_WEEKDAYS), key=len, reverse=True))
_DAY_NAME = re.compile(
    rf"\b({'|'.join(_WEEKDAYS)})\b(?!,? (?:[0-9]{{1,2}}|{_MONTH})\b)|({_BURMESE_WEEKDAY})(?=နေ့|ည|မနက်)"
)
_STALE = timedelta(days=12)  # a day so long before the article is no longer its news
MOST_DAYS = 6


def find_days(folded: str, at: datetime | None) -> tuple[tuple[Day, ...], tuple[tuple[int, int], ...]]:
    """Return the days named in *folded* text, first named first, at most six; and the spans of all dates.

    Weekdays count when *at*, the day of the article, is known: the last such day up to it. With *at*, days
    that lie far from it are left out.
    """
    found: dict[int, Day] = {}
    spans: list[tuple[int, int]] = []
    for span, day in _find_dates(folded):
        spans.append(span)
        where = span[0]
        if day is None:
            continue
        if at is None or is_near(day, (at.month, at.day), _STALE.days):
            found[where] = day
    if at is not None:
        for match in _DAY_NAME.finditer(folded):
            name = match[1] or match[2]
            back = (at.weekday() - _WEEKDAY_OF[name]) % 7
            then = (at - timedelta(days=back)).date()
            found.setdefault(match.start(), (then.month, then.day))
    days = dict.fromkeys(day for _, day in sorted(found.items()))
    return tuple(days)[:MOST_DAYS], tuple(spans)


def _find_dates(folded: str) -> Iterator[tuple[tuple[int, int], Day | None]]:
    """Yield every date with its span; None for the day of a date that is background."""
    for match in _ENGLISH.finditer(folded):
        month, number = (match[2], match[3]) if match[2] else (match[5], match[4])
        yield match.span(), _day(_MONTH_OF[month], int(number), match["since"])
    for match in _BURMESE.finditer(folded):
        yield match.span(), _day(_BURMESE_MONTH_OF[match[1]], int(match[2]), match["since"])


def _day(month: int, number: int, since: str | None) -> Day | None:
    return (month, number) if not since and 1 <= number <= 31 else None


def is_near(one: Day, other: Day, days: int) -> bool:
    """Tell whether two days of the year lie at most *days* apart, over New Year too."""
    return distance(one, other) <= days


def distance(one: Day, other: Day) -> int:
    """Count the days between two days of the year, the shorter way round."""
    first, second = (_ordinal(day) for day in (one, other))
    apart = abs(first - second)
    return min(apart, 366 - apart)


def _ordinal(day: Day) -> int:
    month, number = day
    try:
        return date(2024, month, number).timetuple().tm_yday  # a leap year: 29 February is a day
    except ValueError:
        return date(2024, month, 28).timetuple().tm_yday
