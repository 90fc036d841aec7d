"""Limits at n - 1, n and n + 1, counted in the platform's own unit from the bytes alone.

A digest grows by one code point (or one story) at a time. *n* is the last size at which everything still stands in one
message: that message is within every limit of ours, one step more would have broken one of them, and n + 1 is split or
shortened. So the adapter's own account is exact, and no room is wasted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.message.platform import Style
from tests.builders import a_digest, a_report, a_story
from tests.kit.material import DIGEST_ID, SLOTS, digest_with, fill, story_of, visible

if TYPE_CHECKING:
    from alerts.message.platform import Part
    from alerts.model import Digest
    from tests.kit.profile import Limit, Subject

# The adapter keeps room for what stands in a last message of many: " · (99/99)", and a digit more in "+1 more story".
_KEPT = 32
_MOST_CHARS, _MOST_STORIES = 900, 120


@dataclass(frozen=True, slots=True)
class Growth:
    """A way for a digest to grow; ``make(size)`` holds the word ``last`` in the text that grows last."""

    name: str
    make: Callable[[int], Digest]
    most: int


def _sentences(kind: str, stories: int) -> Growth:
    """Stories whose sentences grow together, a code point at a time."""

    def make(size: int) -> Digest:
        each, more = divmod(size, stories)
        told = [
            story_of(i, f"Kh{i}z", f"Ks{i}z {fill(kind, each + (i < more))}", url=None)
            for i in range(stories)
        ]
        return a_digest(*told, more=1, title="T")

    return Growth(f"{stories} sentences in {kind}", make, stories * _MOST_CHARS)


def _stories(kind: str) -> Growth:
    """Short stories, one more at a time."""

    def make(size: int) -> Digest:
        told = [story_of(i, f"Kh{i}z {fill(kind, 4)}", url=f"https://n.example/{i:03}") for i in range(size)]
        return a_digest(*told, more=1, title="T", coverage=None)

    return Growth(f"short stories in {kind}", make, _MOST_STORIES)


def _addresses(stories: int) -> Growth:
    """Stories whose addresses grow, a percent-encoded byte at a time: three characters that nobody sees."""

    def make(size: int) -> Digest:
        each, more = divmod(size, stories)
        told = [
            story_of(i, f"Kh{i}z", url=f"https://n.example/{'%e1' * (each + (i < more))}")
            for i in range(stories)
        ]
        return a_digest(*told, more=1, title="T", coverage=None)

    return Growth(f"{stories} addresses", make, stories * 600)


def _reports(kind: str) -> Growth:
    """One story whose further reports grow, a code point at a time: it cannot be split, only shortened."""

    def make(size: int) -> Digest:
        each, more = divmod(size, 38)
        few = {"outlet": "O", "perspective": "", "language": None, "url": None, "sentence": None}
        further = [a_report(headline=f"Kh{i}z{fill(kind, each + (i < more))}", **few) for i in range(38)]
        return a_digest(
            a_story(a_report(headline="Kh38z", sentence=None, url=None), *further, topics=()),
            more=1,
            title="T",
        )

    return Growth(f"further reports in {kind}", make, 38 * 180)


def check_limits(subject: Subject, *, thorough: bool = False) -> int:
    """Grow digests until one message does not hold them; in the long sweep every limit of ours is met once."""
    met: set[str] = set()
    checks = 0
    for style in Style:
        kinds: tuple[str, ...] = ("burmese",) if style is Style.RICH else ("emoji",)
        if thorough:
            kinds = ("burmese", "emoji", "combining", "quotes")
        for kind in kinds:
            checks += _check_sentences(subject, style, kind, met)
            checks += _check_long_texts(subject, style, kind)
        if thorough:
            for growth in (_stories("burmese"), _reports("burmese"), *map(_addresses, (3, 8, 18))):
                checks += _check_growth(subject, style, growth, met)
    missed = {limit.what for limit in subject.profile.limits} - met - subject.profile.unmet.keys()
    assert not (thorough and missed), f"no digest of the kit meets the limit of {', '.join(sorted(missed))}"
    return checks


def _check_sentences(subject: Subject, style: Style, kind: str, met: set[str]) -> int:
    """Choose so many stories that they cannot all be long, then grow their sentences."""
    stories = 1
    while stories < _MOST_STORIES:
        growth = _sentences(kind, stories)
        if not _is_whole(subject, growth.make(growth.most), style):
            return _check_growth(subject, style, growth, met)
        stories += 1 + stories // 3
    return 0


def _check_long_texts(subject: Subject, style: Style, kind: str) -> int:
    """Every slot far too long at once: shortened, never over a limit."""
    digest = digest_with({slot: fill(kind, 2500) for slot in SLOTS}, f"https://n.example/{'a' * 1900}")
    parts = subject.render(digest, style)
    for part in parts:
        marked = subject.marked(part.body, DIGEST_ID)
        subject.profile.verify(marked)
        for limit in subject.profile.limits:
            _check_limit(limit, limit.measure(marked), f"{style}, all slots too long in {kind}")
    return len(parts) * len(subject.profile.limits)


def _is_whole(subject: Subject, digest: Digest, style: Style) -> Part | None:
    """Return the one message that tells all of *digest* uncut, None where there is no such message.

    Told by the words of ours, which no markup changes, and the absence of an ellipsis.
    """
    parts = subject.render(digest, style)
    if len(parts) != 1 or any(sign in parts[0].body for sign in ("…".encode(), b"\\u2026")):
        return None
    shown = parts[0].body.decode()
    reports = [report for story in digest.stories for report in story.reports]
    words = [report.headline.partition("z")[0] + "z" for report in reports]
    words += [report.sentence.text.partition("z")[0] + "z" for report in reports if report.sentence]
    is_told = all(word in shown for word in words)
    linked = sum(report.url is not None for report in reports)
    opens_one = subject.profile.most_parts == 1 and style is Style.RICH  # ntfy: a tap
    return (
        parts[0]
        if is_told and shown.count("://n.example/") >= min(linked, 1 if opens_one else linked)
        else None
    )


def _check_growth(subject: Subject, style: Style, growth: Growth, met: set[str]) -> int:
    few, many = 0, growth.most + 1  # few fits, many does not
    if not _is_whole(subject, growth.make(max(few, 1)), style):
        return 0
    while many - few > 1:
        middle = (few + many) // 2
        if _is_whole(subject, growth.make(middle), style):
            few = middle
        else:
            many = middle
    if many > growth.most:
        return 0  # this growth meets no limit here
    where = f"{style} {growth.name} at {few}"
    sizes = []
    for size in (few - 1, few):
        part = _is_whole(subject, growth.make(size), style)
        assert part, f"{where}: {size} is not told whole, though {few} is"
        shown = visible(subject.profile.read(part.body)[0].text)
        assert all(visible(text) in shown for text in _texts(growth.make(size))), (
            f"{where}: something is cut in silence"
        )
        marked = subject.marked(part.body, DIGEST_ID)
        sizes.append([limit.measure(marked) for limit in subject.profile.limits])
    reached = [
        limit.what
        for limit, before, size in zip(subject.profile.limits, *sizes, strict=True)
        if _check_limit(limit, size, where) + _step(size - before) > limit.ours
    ]
    told = {limit.what: size for limit, size in zip(subject.profile.limits, sizes[-1], strict=True)}
    assert reached, f"{where}: split or shortened though no limit is near: {told}"
    met.update(reached)
    return 3 + len(sizes) + _check_beyond(subject, growth.make(many), style, where)


def _texts(digest: Digest) -> list[str]:
    reports = [report for story in digest.stories for report in story.reports]
    sentences = [report.sentence.text for report in reports if report.sentence]
    return [*(report.headline for report in reports), *sentences]


def _step(last: int) -> int:
    """Return how much one step more may take: signs differ, so at least the largest sign; and what is kept free."""
    return max(last, 12) + _KEPT if last < 60 else last + _KEPT


def _check_limit(limit: Limit, size: int, where: str) -> int:
    assert size <= limit.ours <= limit.hard, (
        f"{where}: {limit.what} {size:,} of {limit.ours:,} ({limit.source})"
    )
    return size


def _check_beyond(subject: Subject, digest: Digest, style: Style, where: str) -> int:
    """Check that one step more is split or shortened, keeps every limit as a repeat, and names every story."""
    parts = subject.render(digest, style)
    told = [story_id for part in parts for story_id in part.story_ids]
    assert sorted(told) == sorted(story.story_id for story in digest.stories), (
        f"{where}: a story is lost one step beyond"
    )
    for part in parts:
        marked = subject.marked(part.body, DIGEST_ID)
        for limit in subject.profile.limits:
            _check_limit(limit, limit.measure(marked), f"{where}, one step beyond")
    return 1 + len(parts) * len(subject.profile.limits)
