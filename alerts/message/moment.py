"""When something was, in words: the local time of a zone, and how long ago. Reads no clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ZONES = {"Asia/Yangon": "MMT", "Asia/Rangoon": "MMT"}  # tzdata has no letters for Myanmar Time


def local_time(moment: datetime, tz_name: str) -> str:
    """Return *moment* as "22 Nov 12:24 MMT" in the IANA zone *tz_name*.

    Zones without letters show their offset ("UTC+06:30"). A naive datetime raises ``ValueError``.
    """
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    local = moment.astimezone(ZoneInfo(tz_name))
    zone = _ZONES.get(tz_name) or local.tzname() or ""
    if zone[:1] in "+-":
        offset = local.strftime("%z")
        zone = f"UTC{offset[:3]}:{offset[3:5]}"
    return f"{local.day} {_MONTHS[local.month - 1]} {local:%H:%M} {zone}"


def age(moment: datetime, now: datetime) -> str:
    """Return how long before *now* the *moment* was: "just now", "12 min ago", "3 h ago", "2 days ago"."""
    minutes = (now - moment) // timedelta(minutes=1)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 48 * 60:
        return f"{minutes // 60} h ago"
    return f"{minutes // (24 * 60)} days ago"
