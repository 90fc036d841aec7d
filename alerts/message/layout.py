"""The words of a digest, equal on every platform: headings, bylines, counts, footers, cleaned and cut.

Refuses markup: what it returns is plain text and safe URLs, to be escaped by each platform.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from alerts.message.factline import fact_lines
from alerts.message.moment import age, local_time
from alerts.message.plaintext import (
    ELLIPSIS,
    clean_line,
    cut_text,
    is_cut_point,
    list_names,
    safe_url,
    short_line,
    shown_host,
    tidy,
)
from alerts.model import Severity
from crawler.urls import is_news_redirect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from alerts.message.plaintext import Piece
    from alerts.model import Coverage, Digest, MarkedText, Report, Story

Item = TypeVar("Item")


# ISO 639 codes of the press that writes about Kayah State, and of agencies.
_LANGUAGES = {
    "my": "Burmese", "en": "English", "shn": "Shan", "ksw": "S'gaw Karen", "kar": "Karen", "pwo": "Pwo Karen",
    "blk": "Pa'O", "kyu": "Western Kayah", "eky": "Eastern Kayah", "pdu": "Kayan", "mnw": "Mon",
    "kac": "Jingpho", "cnh": "Hakha Chin", "rki": "Rakhine", "rhg": "Rohingya", "th": "Thai", "zh": "Chinese",
    "ja": "Japanese", "ko": "Korean", "hi": "Hindi", "bn": "Bengali", "fr": "French", "de": "German",
    "es": "Spanish", "it": "Italian", "ru": "Russian", "ar": "Arabic", "id": "Indonesian", "vi": "Vietnamese",
}  # fmt: skip

_PERSPECTIVES = {
    "independent": "independent",
    "ethnic": "ethnic media",
    "junta": "junta media",
    "international": "international",
    "humanitarian": "humanitarian",
    "aggregator": "aggregator",
}

NO_BREAK = "\u00a0"
MAX_FAILED_NAMES = 6
MAX_NOTICES = 8
MAX_VOLUMES = 4
_BARS = "▁▂▃▄▅▆▇█"
_NOTICE_CHARS = 240


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of one story is shown. Texts in units of *count*, URLs in characters."""

    headline: int = 200
    sentence: int = 400
    further: int = 5  # reports after the first
    further_headline: int = 120
    facts: int = 6  # lines
    further_url: int = 500  # a longer link of a further report is left out; its host stays
    count: Callable[[str], int] = len


@dataclass(frozen=True, slots=True)
class Line:
    """One report, ready for display. ``url`` is safe inside any markup; ``host`` names its true address."""

    headline: str
    url: str | None
    host: str
    byline: str

    @property
    def shown(self) -> str:
        """The headline with its host beside it."""
        return f"{self.headline} ({self.host})" if self.host else self.headline


@dataclass(frozen=True, slots=True)
class Telling:
    """A story in display order, cleaned and cut. Empty texts are not shown."""

    heading: str
    lead: Line
    sentence: tuple[Piece, ...]
    facts: tuple[
        tuple[Piece, ...], ...
    ]  # figures with who claims them, the gloss: a line each, its label marked
    further: tuple[Line, ...]
    rest: str  # "+3 more reports: DVB, Mizzima, The Irrawaddy"
    known: str  # "Reported before by DVB"


def language_name(code: str | None) -> str:
    """Return the English name of an ISO 639 or BCP 47 *code*; an unknown code itself, "" for None."""
    code = clean_line(code or "")
    return _LANGUAGES.get(code.split("-")[0].lower(), cut_text(code, 12))


def _counted(number: int, noun: str, plural: str | None = None) -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def outlet_name(report: Report) -> str:
    """Return the outlet of *report*, cleaned and cut."""
    return short_line(report.outlet) or "unknown outlet"


def perspective_word(report: Report) -> str:
    """Return who speaks in *report*, in words: "ethnic media", "junta media"."""
    return _PERSPECTIVES.get(report.perspective, short_line(report.perspective))


def circumstances(report: Report, digest: Digest) -> tuple[str, ...]:
    """Return the language of *report*, its local time and age, and its caveats.

    The publisher's time is shown where it is believable (not ahead of the digest); else when we saw it.
    """
    published = report.published if report.published != report.first_seen else None  # a lie that was clamped
    believable = published is not None and published.tzinfo is not None and published <= digest.created
    moment = published if published is not None and believable else report.first_seen
    when = local_time(moment, digest.timezone).replace(
        " ", NO_BREAK
    )  # neither a time nor an age is torn apart
    words = (
        language_name(report.language),
        when if believable else f"first seen {when}",
        age(moment, digest.created).replace(" ", NO_BREAK),
        f"repeats {short_line(report.copy_of)}" if report.copy_of else "",
        "summary only" if report.summary_only else "teaser" if report.teaser else "",
        "one of several stories on its page" if report.several else "",
        "link is a redirect" if is_news_redirect(report.url) else "",
        "converted from Zawgyi" if report.converted else "",
        "unverified" if report.unverified else "",
    )
    return tuple(word for word in words if word)


def byline(report: Report, digest: Digest) -> str:
    """Return "The Irrawaddy · independent · English · 22 Nov 12:24 MMT · 3 h ago" and any caveats."""
    words = (outlet_name(report), perspective_word(report), *circumstances(report, digest))
    return " · ".join(word for word in words if word)


def coverage_line(coverage: Coverage) -> str:
    """Return "Read 27 of 28 sources. Failed: The Irrawaddy (403 challenge page)", six names of a kind at most."""
    line = f"Read {coverage.read} of {_counted(coverage.total, 'source')}."
    if coverage.offline:
        line = f"We are offline: hardly a source answers. Before: {line[0].lower()}{line[1:]}"
    if coverage.failed:
        line += f" Failed: {list_names(coverage.failed, MAX_FAILED_NAMES)}"
    if coverage.silent:
        line += f"{'.' if coverage.failed else ''} Unusually silent: {list_names(coverage.silent, MAX_FAILED_NAMES)}"
    return line


def volume_lines(digest: Digest) -> tuple[str, ...]:
    """Return "Loikaw, 14 days: ▁▁▂▃█▅ 31 reports, 6 today" for each topic, four at most.

    The highest day fills the line's height, the lowest bar is a day without reports. Nothing where nothing is told.
    """
    if not (digest.stories or digest.brief):
        return ()
    return tuple(
        f"{short_line(volume.topic)}, {_counted(len(volume.days), 'day')}: {_bars(volume.days)} "
        f"{_counted(sum(volume.days), 'report')}, {volume.days[-1]} today"
        for volume in digest.volumes[:MAX_VOLUMES]
        if volume.days
    )


def _bars(days: Sequence[int]) -> str:
    highest = max(days)
    return "".join(_BARS[1 + round(6 * count / highest)] if count > 0 else _BARS[0] for count in days)


def digest_heading(digest: Digest) -> str:
    """Return the title with what follows: "Loikaw watch: 3 stories, 1 update". At most 140 characters."""
    updates = sum(story.is_update for story in digest.stories)
    new = len(digest.stories) - updates
    counts = [_counted(new, "story", "stories")] if new else []
    counts += [_counted(updates, "update")] if updates else []
    changed = sum(bool(report.change) for report in digest.brief)
    brief = len(digest.brief) - changed
    counts += [_counted(brief, "brief")] if brief else []
    counts += [_counted(changed, "change")] if changed else []
    counts += ["nothing new"] if digest.is_heartbeat else []
    counts += ["notices"] if digest.notices and not counts else []
    label = "Test message: " if digest.is_test else "Catch-up: " if digest.is_catch_up else ""
    title = cut_text(clean_line(digest.title) or "News digest", 80)
    return label + title + (f": {', '.join(counts)}" if counts else "")


def remainder_line(digest: Digest, unlisted: int = 0, unlisted_briefs: int = 0) -> str | None:
    """Return what is counted but not told, None when everything is.

    *unlisted* and *unlisted_briefs* are what a platform's size limits kept out, beside ``digest.more``.
    """
    more = digest.more + unlisted
    words = [f"+{_counted(more, 'more story', 'more stories')} not listed"] if more else []
    words += [f"+{_counted(unlisted_briefs, 'more report')} not listed"] if unlisted_briefs else []
    if digest.queued:
        words.append(f"{_counted(digest.queued, 'story', 'stories')} to follow in the next digest")
    return "; ".join(words) + "." if words else None


def notice_lines(digest: Digest) -> tuple[str, ...]:
    """Return the notices, cleaned and cut, eight at most and then a count."""
    notices = tuple(line for line in (short_line(notice, _NOTICE_CHARS) for notice in digest.notices) if line)
    if len(notices) <= MAX_NOTICES:
        return notices
    rest = len(notices) - MAX_NOTICES + 1
    return (*notices[: MAX_NOTICES - 1], f"+{rest} more notices: see newswatch status")


def footer_line(digest: Digest, part: int, parts: int) -> str:
    """Return "Digest a1b2c3d4 · 22 Nov 12:24 MMT · (2/3)", so that people can spot doubles.

    *part* counts from 1; the number is left out of a digest in one piece.
    """
    words = (
        f"Digest {short_line(digest.digest_id, 16)}",
        local_time(digest.created, digest.timezone),
        f"({part}/{parts})" if parts > 1 else "",
        "catch-up" if digest.is_catch_up else "",
        "test message" if digest.is_test else "",
    )
    return " · ".join(word for word in words if word)


def sources_of(story: Story) -> str:
    """Return "3 outlets, 2 origins", "" for an event that one outlet reports."""
    if story.outlets < 2:
        return ""
    same = f", {_counted(story.origins, 'origin')}" if story.origins < story.outlets else ""
    return f"{_counted(story.outlets, 'outlet')}{same}"


def story_heading(story: Story, digest: Digest) -> str:
    """Return the topics of *story*, led by "Urgent", "Update: +1 report" or "Example", and how many report it."""
    urgent = "Urgent" if story.severity is Severity.URGENT else ""
    label = f"Update: +{_counted(len(story.reports), 'report')}" if story.is_update else ""
    words = (
        "Example" if digest.is_test else "",
        urgent,
        label,
        list_names(story.topics, 4),
        sources_of(story),
    )
    return " · ".join(word for word in words if word)


def repeat_note(digest_id: str) -> str:
    """Return the sentence that a message says when its first sending may have arrived."""
    return f"This may be a repeat of digest {short_line(digest_id, 16)}."


def put_first(note: str, text: str, gap: str = "\n") -> str:
    """Return *text* opened by *note*, once however often it is asked for."""
    return text if text.startswith(note) else f"{note}{gap}{text}"


def sentence_pieces(
    marked: MarkedText | None, limit: int, count: Callable[[str], int] = len
) -> tuple[Piece, ...]:
    """Return the sentence cleaned, in stretches with and without matched words, within *limit* units.

    A long sentence keeps the first matched words in view: its beginning gives way to an ellipsis.
    """
    if marked is None or limit <= 0:
        return ()
    pieces = _joined(_split_at_marks(marked))
    whole = "".join(text for text, _ in pieces)
    if count(whole) <= limit:
        return tuple(pieces)
    first = 0  # where the first matched words stand
    for text, is_marked in pieces:
        if is_marked:
            break
        first += len(text)
    if first < len(whole) and count(whole[:first]) > limit // 2:
        start = max(first - limit // 4, 0)
        start = next((i for i in range(start, first) if is_cut_point(whole, i)), first)
        if start:
            pieces = [(ELLIPSIS, False), *_dropped(pieces, start)]
            whole = "".join(text for text, _ in pieces)
    shown = cut_text(whole, limit, count)
    if not shown or shown == whole:
        return tuple(pieces) if shown else ()
    return (*_taken(pieces, len(shown) - len(ELLIPSIS)), (ELLIPSIS, False))


def _split_at_marks(marked: MarkedText) -> list[Piece]:
    pieces: list[Piece] = []
    at = 0
    for start, end in marked.marks:
        if at <= start < end <= len(marked.text):
            pieces += [(marked.text[at:start], False), (marked.text[start:end], True)]
            at = end
    return [*pieces, (marked.text[at:], False)]


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Clean pieces of one line: no double space at a joint, none at the edges."""
    line: list[Piece] = []
    for raw, is_marked in pieces:
        text = tidy(raw)
        if not line or line[-1][0].endswith(" "):
            text = text.lstrip(" ")
        if text:
            line.append((text, is_marked))
    while line and not line[-1][0].rstrip(" "):
        line.pop()
    if line:
        line[-1] = (line[-1][0].rstrip(" "), line[-1][1])
    return line


def _taken(pieces: Iterable[Piece], chars: int) -> list[Piece]:
    kept: list[Piece] = []
    for text, is_marked in pieces:
        if chars > 0:
            kept.append((text[:chars], is_marked))
        chars -= len(text)
    return kept


def _dropped(pieces: Iterable[Piece], chars: int) -> list[Piece]:
    kept: list[Piece] = []
    for text, is_marked in pieces:
        if chars < len(text):
            kept.append((text[max(chars, 0) :], is_marked))
        chars -= len(text)
    return kept


def report_line(
    report: Report, digest: Digest, headline: int, url: int, count: Callable[[str], int] = len
) -> Line:
    """Return *report* ready for display, its headline within *headline* units and its link within *url*."""
    link = safe_url(report.url) if report.url else None
    return Line(
        headline=cut_text(clean_line(report.change or report.headline), headline, count) or "(no headline)",
        url=link if link and len(link) <= url else None,
        host=shown_host(link) if link else "",
        byline=byline(report, digest),
    )


def tell_story(story: Story, digest: Digest, budget: Budget) -> Telling:
    """Return *story* cut to *budget*: a story is never split, its sentence and further reports give way."""
    lead, *others = story.reports
    further = others[: budget.further]
    rest = others[budget.further :]
    outlets = list_names((report.outlet for report in rest), 4)
    return Telling(
        heading=story_heading(story, digest),
        lead=report_line(lead, digest, budget.headline, 2000, budget.count),
        sentence=sentence_pieces(lead.sentence, budget.sentence, budget.count),
        facts=fact_lines(lead, story.tallies)[: budget.facts],
        further=tuple(
            report_line(report, digest, budget.further_headline, budget.further_url, budget.count)
            for report in further
        ),
        rest=f"+{_counted(len(rest), 'more report')}: {outlets}" if rest else "",
        known=f"Reported before by {list_names(story.known_outlets, 4)}" if story.known_outlets else "",
    )


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
