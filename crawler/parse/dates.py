"""Publishers' dates into aware UTC. Reads what they wrote; never decides what is new by it.

A date that cannot be right is None: an absent date does less harm than a wrong one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

_MAX_CHARS = 100
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_DIGITS = str.maketrans("၀၁၂၃၄၅၆၇၈၉๐๑๒๓๔๕๖๗๘๙", "01234567890123456789")  # Burmese, Thai
# The Buddhist era of Thailand, and of some Burmese sites' clocks, is 543 years ahead.
_BUDDHIST_YEAR = re.compile(r"(?<![\d:+-])(25[3-9]\d|26[0-3]\d)(?=$|[-/.\s,T])")
_BUDDHIST_AHEAD = 543
_ISO = re.compile(
    r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})"
    r"(?:[T\s]+(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(Z|UTC|GMT|MMT|[+-]\d{2}(?::?\d{2})?)?$",
    re.IGNORECASE,
)
_MMT = re.compile(r"\b(?:MMT|Asia/(?:Yangon|Rangoon))$", re.IGNORECASE)  # unknown to RFC 822
_TWELVE_HOURS = re.compile(r"\b(1[0-2]|0?[1-9])(:\d{2}(?::\d{2})?)\s*([ap])\.?m\b\.?", re.IGNORECASE)


def parse_date(text: str | None) -> datetime | None:
    """Return the instant that *text* names as aware UTC, or None when it names none that can be.

    RFC 822 and 2822 (RSS), RFC 3339 and ISO 8601 (Atom, JSON Feed), both with Burmese or Thai digits.
    No time zone means UTC; a Buddhist year is corrected. Years before 1990 or after 2100 are nonsense.
    """
    if not text or len(text) > _MAX_CHARS:
        return None
    folded = " ".join(text.translate(_DIGITS).split())
    folded = _BUDDHIST_YEAR.sub(lambda match: str(int(match.group()) - _BUDDHIST_AHEAD), folded)
    folded = _TWELVE_HOURS.sub(_on_24_hours, folded)
    try:
        moment = _iso(folded) or _rfc822(_MMT.sub("+0630", folded))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    if moment is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return moment


def _on_24_hours(clock: re.Match[str]) -> str:
    return f"{int(clock[1]) % 12 + (12 if clock[3] in 'pP' else 0):02}{clock[2]}"


def _iso(text: str) -> datetime | None:
    match = _ISO.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    naive = datetime(  # noqa: DTZ001 -- the zone is subtracted below
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), min(int(second or 0), 59)
    )
    return (naive - _offset(zone)).replace(tzinfo=UTC)


def _offset(zone: str | None) -> timedelta:
    if not zone or zone.upper() in ("Z", "UTC", "GMT"):
        return timedelta(0)
    if zone.upper() == "MMT":
        return timedelta(hours=6, minutes=30)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if size > timedelta(hours=14):
        raise ValueError(zone)
    return size if zone[0] == "+" else -size


def _rfc822(text: str) -> datetime | None:
    parts = parsedate_tz(text)
    if parts is None:
        return None
    year, month, day, hour, minute, second = parts[:6]
    naive = datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 -- idem
    ahead_s = parts[9] or 0
    if abs(ahead_s) > 14 * 3600:
        return None
    return (naive - timedelta(seconds=ahead_s)).replace(tzinfo=UTC)
