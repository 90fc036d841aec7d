"""The words of a digest, equal on every platform: headings, bylines, counts, footers, cleaned and cut.

Refuses markup: what it returns is plain text, to be escaped by each platform.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from alerts.plaintext import clean_line, cut_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from alerts.model import Coverage, Digest, Report, Story

Item = TypeVar("Item")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ZONES = {"Asia/Yangon": "MMT", "Asia/Rangoon": "MMT"}  # tzdata has no letters for Myanmar Time

# ISO 639 codes of the press that writes about Kayah State, and of agencies.
_LANGUAGES = {
    "my": "Burmese", "en": "English", "shn": "Shan", "ksw": "S'gaw Karen", "kar": "Karen", "pwo": "Pwo Karen",
    "blk": "Pa'O", "kyu": "Western Kayah", "eky": "Eastern Kayah", "pdu": "Kayan", "mnw": "Mon",
    "kac": "Jingpho", "cnh": "Hakha Chin", "rki": "Rakhine", "rhg": "Rohingya", "th": "Thai", "zh": "Chinese",
    "ja": "Japanese", "ko": "Korean", "hi": "Hindi", "bn": "Bengali", "fr": "French", "de": "German", "es": "Spanish",
    "it": "Italian", "ru": "Russian", "ar": "Arabic", "id": "Indonesian", "vi": "Vietnamese",
}  # fmt: skip

_PERSPECTIVES = {
    "independent": "independent",
    "ethnic": "ethnic media",
    "junta": "junta media",
    "international": "international",
    "humanitarian": "humanitarian",
    "aggregator": "aggregator",
}

MAX_FAILED_NAMES = 6
_NAME_CHARS = 60  # of an outlet, a topic or a failed source with its cause


def language_name(code: str | None) -> str:
    """Return the English name of an ISO 639 or BCP 47 *code*; an unknown code itself, "" for None."""
    code = clean_line(code or "")
    return _LANGUAGES.get(code.split("-")[0].lower(), cut_text(code, 12))


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


def _name(text: str, limit: int = _NAME_CHARS) -> str:
    return cut_text(clean_line(text), limit)


def _listed(names: Iterable[str], most: int) -> str:
    """Join at most *most* cleaned names, then "+N more"."""
    cleaned = tuple(dict.fromkeys(name for name in map(_name, names) if name))
    more = f" +{len(cleaned) - most} more" if len(cleaned) > most else ""
    return ", ".join(cleaned[:most]) + more


def _counted(number: int, noun: str, plural: str | None = None) -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def byline(report: Report, digest: Digest) -> str:
    """Return "The Irrawaddy · independent · English · 22 Nov 12:24 MMT · 3 h ago" and any caveats.

    The publisher's time is shown where it is believable (not ahead of the digest); else when we saw it.
    """
    published = report.published
    believable = published is not None and published.tzinfo is not None and published <= digest.created
    moment = published if published is not None and believable else report.first_seen
    when = local_time(moment, digest.timezone)
    words = (
        _name(report.outlet) or "unknown outlet",
        _PERSPECTIVES.get(report.perspective, _name(report.perspective)),
        language_name(report.language),
        when if believable else f"first seen {when}",
        age(moment, digest.created),
        "summary only" if report.summary_only else "",
        "converted from Zawgyi" if report.converted else "",
    )
    return " · ".join(word for word in words if word)


def coverage_line(coverage: Coverage) -> str:
    """Return "Read 27 of 28 sources. Failed: The Irrawaddy (403 challenge page)", six names at most."""
    line = f"Read {coverage.read} of {_counted(coverage.total, 'source')}."
    return f"{line} Failed: {_listed(coverage.failed, MAX_FAILED_NAMES)}" if coverage.failed else line


def digest_heading(digest: Digest) -> str:
    """Return the title with what follows: "Loikaw watch: 3 stories, 1 update". At most 140 characters."""
    updates = sum(story.is_update for story in digest.stories)
    new = len(digest.stories) - updates
    counts = [_counted(new, "story", "stories")] if new else []
    counts += [_counted(updates, "update")] if updates else []
    counts += [_counted(len(digest.brief), "brief")] if digest.brief else []
    counts += ["notices"] if digest.notices and not counts else []
    label = "Test message: " if digest.is_test else "Catch-up: " if digest.is_catch_up else ""
    title = cut_text(clean_line(digest.title) or "News digest", 80)
    return label + title + (f": {', '.join(counts)}" if counts else "")


def remainder_line(digest: Digest) -> str | None:
    """Return what is counted but not told: "+4 more stories; 2 to follow in the next digest.", else None."""
    words = [f"+{_counted(digest.more, 'more story', 'more stories')} not listed"] if digest.more else []
    if digest.queued:
        words.append(f"{_counted(digest.queued, 'story', 'stories')} to follow in the next digest")
    return "; ".join(words) + "." if words else None


def footer_line(digest: Digest, part: int, parts: int) -> str:
    """Return "Digest a1b2c3d4 · 22 Nov 12:24 MMT · (2/3)", so that people can spot doubles.

    *part* counts from 1; the number is left out of a digest in one piece.
    """
    words = (
        f"Digest {_name(digest.digest_id, 16)}",
        local_time(digest.created, digest.timezone),
        f"({part}/{parts})" if parts > 1 else "",
        "catch-up" if digest.is_catch_up else "",
        "test message" if digest.is_test else "",
    )
    return " · ".join(word for word in words if word)


def story_heading(story: Story, digest: Digest) -> str:
    """Return the topics of *story*, led by "Update: +1 report" or, in a test message, by "Example"."""
    label = f"Update: +{_counted(len(story.reports), 'report')}" if story.is_update else ""
    words = ("Example" if digest.is_test else "", label, _listed(story.topics, 4))
    return " · ".join(word for word in words if word)


def repeat_note(digest_id: str) -> str:
    """Return the sentence that a message says when its first sending may have arrived."""
    return f"This may be a repeat of digest {_name(digest_id, 16)}."


REPEAT_NOTE = repeat_note


def pack(items: Iterable[Item], fits: Callable[[tuple[Item, ...]], bool]) -> list[tuple[Item, ...]]:
    """Return *items* in order, greedily bundled; an item that does not fit alone gets its own bundle."""
    bundles: list[tuple[Item, ...]] = []
    current: tuple[Item, ...] = ()
    for item in items:
        if current and not fits((*current, item)):
            bundles.append(current)
            current = ()
        current = (*current, item)
    return [*bundles, current] if current else bundles
