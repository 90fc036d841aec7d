"""Make the fingerprint of an article: what it names, counts and dates, in a form equal for every language.

Reads the beginning of a long text only: news says first what it is about, and pages end with other news.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.figure.extract import find_figures
from alerts.match.article import read_fields
from alerts.match.concept import ConceptFinder
from alerts.match.furniture import blank_furniture_lines
from alerts.story.credit import find_credit
from alerts.story.day import find_days
from alerts.story.model import Fingerprint
from alerts.story.roundup import count_events
from alerts.story.sketch import make_sketch
from alerts.story.word import find_latin_words, find_syllable_pairs
from alerts.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.match.concept import Mention
    from alerts.match.lexicon import Lexicon
    from alerts.story.model import Script

REVISION = 1  # raise it when the same text comes to give other features: stored ones are then not compared
LONGEST = 4_000  # characters read for features
MOST_OF_A_KIND = 30
MOST = {"word": 40, "name": 16, "number": 10, "figure": 10, "day": 6}  # kept of a kind, first come first
_TITLE = 1.4
_PROMINENCE = ((350, 1.0), (800, 0.6), (1_800, 0.3), (LONGEST, 0.15))  # up to this character of the text
_BURMESE = re.compile("[\u1000-\u103f]")
_LATIN = re.compile("[A-Za-z]")
_NUMBER = re.compile(
    r"(?<![0-9.,:/-])(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,7})"
    r"(?![0-9]|[.,:/-][0-9]| ?(?:am|pm|a\.m|p\.m|mm|lb|နာရီ|ရက်)|st|nd|rd|th)"  # no clock, calibre, day
)
# A count over months is the background of many events and the news of none.
_TOTAL = re.compile(
    r"\b(?:since|so far|this year|last year|in (?:all|total)|across the country|to date)\b|ယနေ့အထိ|စုစုပေါင်း|ကတည်းက|ယခုနှစ်",
    re.IGNORECASE,
)  # Burmese: until today, in all, since, this year
_HALF = re.compile(r"\bhalf (?:of|the)\b|တစ်ဝက်|ထက်ဝက်|တဝက်")
_SMALLEST_NUMBER = 10  # smaller ones stand everywhere; those that count something are figures
_YEARS = range(1950, 2050)
_LEFT_OUT = frozenset({"hedge"})


class Fingerprinter:
    """Reads articles by the lexicon; safe to share, remembers nothing of what it has read."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._concepts = ConceptFinder(lexicon)

    def make(
        self,
        title: str,
        text: str,
        at: datetime | None = None,
        default_encoding: str = "unicode",
        outlet: str | None = None,
    ) -> Fingerprint:
        """Return the fingerprint of an article; *at* is when it was published, else first seen.

        *outlet* is whose article it is, as others would credit it.
        """
        head, body, _ = read_fields(title, text, default_encoding)
        body_text = blank_furniture_lines(body.text)
        lead = body_text[:LONGEST]
        script = _script_of(f"{head.text}\n{lead}")
        folded = fold(f"{head.text}\n{lead}", squeeze=False)
        features = _Features()
        mentions = _outermost(self._concepts.find(head.text, lead))
        for mention in mentions:
            if mention.kind not in _LEFT_OUT:
                where = IN_TITLE if mention.field == "title" else mention.start
                features.add(f"{mention.kind}:{mention.concept}", where)
        days, dated = find_days(folded.text, at)
        for month, number in days:
            is_today = at is not None and (at.month, at.day) == (month, number)  # perhaps only its dateline
            features.add(f"day:{month:02}-{number:02}", 800 if is_today else 0)
        _add_numbers(features, lead, folded.text, dated)
        for match in _HALF.finditer(folded.text):
            features.add(
                "number:half", IN_TITLE if match.start() < len(head.text) else match.start() - len(head.text)
            )
        for in_title, field in ((True, head.text), (False, lead)):
            taken = [
                (mention.start, mention.end) for mention in mentions if (mention.field == "title") == in_title
            ]
            _add_words(features, field, taken, script, in_title=in_title)
        return Fingerprint(
            script,
            features.found,
            make_sketch(fold(body_text).text, script),
            at,
            days,
            count_events(head.text, lead, mentions),
            find_credit(body_text),
            outlet.casefold() if outlet else None,
        )


IN_TITLE = -1  # a place before the text


class _Features:
    """The features found so far, each with its most prominent place, bounded by kind."""

    def __init__(self) -> None:
        self.found: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def add(self, key: str, place: int) -> None:
        """Take a feature that stands at character *place* of the text, or `IN_TITLE`."""
        prominence = (
            _TITLE if place == IN_TITLE else next((share for end, share in _PROMINENCE if place < end), 0.0)
        )
        kind = key.partition(":")[0]
        if key in self.found:
            self.found[key] = max(self.found[key], prominence)
        elif prominence and self._counts.get(kind, 0) < MOST.get(kind, MOST_OF_A_KIND):
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self.found[key] = prominence


def _outermost(mentions: Sequence[Mention]) -> list[Mention]:
    """Drop what stands inside a longer mention: police inside police station, a township inside a battalion."""
    kept: list[Mention] = []
    reach = {"title": -1, "text": -1}
    for mention in sorted(mentions, key=lambda item: (item.field, item.start, -item.end)):
        if mention.end > reach[mention.field] or any(
            (mention.start, mention.end) == (other.start, other.end) for other in kept[-3:]
        ):
            kept.append(mention)
            reach[mention.field] = max(reach[mention.field], mention.end)
    return kept


def _add_numbers(features: _Features, lead: str, folded: str, dated: Sequence[tuple[int, int]]) -> None:
    for figure in find_figures(lead):
        if figure.value > 0 and not _TOTAL.search(figure.sentence):
            features.add(f"figure:{figure.what}={figure.value}", figure.start)
            features.add(f"number:{figure.value}", figure.start)
    operations = {key.rpartition("-")[2] for key in features.found if key.startswith("operation:")}
    for match in _NUMBER.finditer(folded):
        value = int(match[0].replace(",", ""))
        is_date = any(start <= match.start() < end for start, end in dated)
        if value >= _SMALLEST_NUMBER and value not in _YEARS and not is_date and match[0] not in operations:
            features.add(f"number:{value}", match.start())


def _add_words(
    features: _Features, text: str, taken: list[tuple[int, int]], script: Script, *, in_title: bool
) -> None:
    for start, word, is_name in find_latin_words(text, sorted(taken)):
        kind = "name" if is_name and not in_title else "word"
        if kind == "name" or script == "latin":  # English words in a Burmese text are names
            features.add(f"{kind}:{word}", IN_TITLE if in_title else start)
    if script == "my":
        for start, pair in find_syllable_pairs(fold(text).text):
            features.add(f"word:{pair}", IN_TITLE if in_title else start)


def _script_of(text: str) -> Script:
    burmese, latin = len(_BURMESE.findall(text)), len(_LATIN.findall(text))
    if burmese + latin < len(text) // 4:
        return "other"
    return "my" if burmese > latin else "latin"
