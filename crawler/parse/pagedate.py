"""Dates as pages print them for people, in English and Burmese, into aware UTC. Relative ones are passed over.

A day without a clock is a day in Yangon, where the outlets' sites keep their time. It reads no clock: what says
"5 days ago" or leaves out the year names no date here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.parse.dates import parse_date

if TYPE_CHECKING:
    from datetime import datetime

MAX_DATE_CHARS = 80  # a longer line is prose, and the days it names are those of its story
_BESIDE_CHARS = 48  # what may stand beside a date: "Posted on", an author, a section
_BARE_CHARS = 14  # a weekday
_YANGON = "+06:30"

_DIGITS = str.maketrans("၀၁၂၃၄၅၆၇၈၉", "0123456789")
# Burmese names with the ways they are spelt; ဝ has become 0 where somebody typed the digit for the letter.
_MONTHS = (
    ("jan(?:uary)?", "ဇန[်္]န[ဝ0]ါရီ"),
    ("feb(?:ruary)?", "ဖေဖ(?:ော်|ေါ်)[ဝ0]ါရီ"),
    ("mar(?:ch)?", "မတ်"),
    ("apr(?:il)?", "ဧပြီ"),
    ("may", "မေ"),
    ("june?", "ဇွန်"),
    ("july?", "ဇူ(?:လ|လှ)ိုင်"),
    ("aug(?:ust)?", "(?:ဩ|သြ)ဂုတ်"),
    ("sept?(?:ember)?", "စက်တင်(?:ဘာ|ဗာ)"),
    ("oct(?:ober)?", "အောက်တို(?:ဘာ|ဗာ)"),
    ("nov(?:ember)?", "နို[ဝ0]င်(?:ဘာ|ဗာ)"),
    ("dec(?:ember)?", "ဒီဇင်(?:ဘာ|ဗာ)"),
)
_NAMED = "|".join(rf"(?P<m{number}>\b(?:{en})\b|{my})" for number, (en, my) in enumerate(_MONTHS, 1))
_MONTH = rf"(?:{_NAMED})\.?လ?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?!\d)(?:\s?ရက်)?"  # ရက် day
_YEAR = r"(?P<year>\d{4})(?!\d)(?:\s?ခု)?(?:\s?နှစ်)?"  # ခုနှစ် year
_GAP = r"[\s,၊./-]{0,4}"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)",
        r"(?<!\d)(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4}|\d{2})(?!\d)",
        rf"(?<!\d){_DAY}{_GAP}{_MONTH}{_GAP}{_YEAR}",
        rf"{_MONTH}{_GAP}{_DAY}{_GAP}{_YEAR}",
        rf"(?<!\d){_YEAR}{_GAP}{_MONTH}{_GAP}{_DAY}",
    )
)
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::\d{2})?\s*([ap])?\.?m?\b", re.IGNORECASE)
_HAS_ZONE = re.compile(r"(?:Z|UTC|GMT|MMT|[+-]\d{2}:?\d{2})\s*$", re.IGNORECASE)
_MACHINE = re.compile(r"\d{4}-\d{2}-\d{2}")
_IN_PATH = re.compile(r"/((?:19|20)\d{2})/(\d{1,2})/(\d{1,2})(?=[/-]|$)")


def read_machine_date(value: str | None) -> datetime | None:
    """Return the instant of a ``datetime`` attribute; without a zone it is Yangon's."""
    text = (value or "").strip()
    if _MACHINE.match(text) and not _HAS_ZONE.search(text[10:]):
        text = f"{text}{'' if len(text) > 10 else 'T00:00'}{_YANGON}"
    return parse_date(text)


def is_bare_date(line: str) -> bool:
    """Tell whether *line* is a date and nothing else; a digest of the day has a date in its headline."""
    return read_printed_date(line, _BARE_CHARS) is not None


def read_printed_date(line: str, beside_chars: int = _BESIDE_CHARS) -> datetime | None:
    """Return the date of a line that is little else than a date: "Posted on ၂၂ နိုဝင်ဘာ ၂၀၂၆"."""
    if not line or len(line) > MAX_DATE_CHARS:
        return None
    text = line.translate(_DIGITS)
    for form in _FORMS:
        match = form.search(text)
        if match is None:
            continue
        clock = _CLOCK.search(text, match.end())
        other = text[: match.start()] + text[(clock or match).end() :]
        moment = _moment(match, clock) if len(other.strip()) <= beside_chars else None
        if moment is not None:
            return moment
    return None


def read_path_date(path: str) -> datetime | None:
    """Return the day in an address such as ``/2026/11/22/slug``."""
    match = _IN_PATH.search(path)
    return _at(*(int(part) for part in match.groups())) if match else None


def _moment(match: re.Match[str], clock: re.Match[str] | None) -> datetime | None:
    found = match.groupdict()
    year, day = int(found["year"]), int(found["day"])
    if "month" in found:
        month = int(found["month"])
        if month > 12 >= day:  # 11/22/2026
            month, day = day, month
    else:
        month = next(number for number in range(1, 13) if found[f"m{number}"])
    hour = minute = 0
    if clock is not None:
        hour, minute = int(clock[1]), int(clock[2])
        if clock[3]:
            hour = hour % 12 + (12 if clock[3].lower() == "p" else 0)
    return _at(year + 2000 if year < 100 else year, month, day, hour, minute)


def _at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime | None:
    return parse_date(f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}{_YANGON}")
