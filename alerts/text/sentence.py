"""Find the sentence around a hit, in Burmese and Latin script, and make it ready to be shown."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING

from alerts.model import MarkedText
from alerts.text.span import merge_spans
from alerts.text.zawgyi import to_unicode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alerts.model import Hit
    from alerts.text.zawgyi import UnicodeText

# Points and marks are taken as a whole run and only from its beginning: a page of them is read once.
_END = re.compile(
    "[\u104b\u3002\uff01\uff1f][\"'”’»)\\]」』]*|\n+|(?<![.!?])[.!?]++[\"'”’»)\\]]*+(?=[\\s\u1000-\u109f]|$)"
)
_ABBREVIATION = re.compile(
    r"(?:\b[A-Za-z]|\b(?:lt|col|gen|maj|brig|capt|sgt|cpl|pvt|adm|cmdr|dr|mr|mrs|ms|prof|rev|fr|st|sr|jr|no|nos|vs|op"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|inc|ltd|co|corp|dept|est|approx|ph|vol|fig|al|cf|viz|govt))$",
    re.IGNORECASE,
)
_IN_NUMBER = re.compile(r"\d\.\d")  # ၁.၅၀၀, fifteen hundred with the European point
MAX_SENTENCE_CHARS = (
    600  # a page without sentence ends is one sentence: nobody reads it, and every hit stores it
)
_EDGE_REACH = 60  # how far from the cap a word's or syllable's edge is looked for
# a word after a blank, or a Burmese syllable: no final, nothing stacked, no Zawgyi sign that stands before its letter
_EDGE_OF_WORD = re.compile(
    "(?<=\\s)\\S|(?<![\u1031\u1039\u103b\u107e-\u1084])[\u1000-\u1021](?!\u1037?[\u1039\u103a])"
)
_EDGE = " \t\r\n\u00a0\u200b\ufeff"
_SPACES = re.compile(r"\s+")


def _is_end(text: str, match: re.Match[str]) -> bool:
    if match[0][0] not in ".":
        return True
    if match[0] == ".":
        if _ABBREVIATION.search(text, max(0, match.start() - 10), match.start()):  # U. Lt. No. a.m.
            return False
        if _IN_NUMBER.match(text, match.start() - 1):
            return False
        rest = text[match.end() : match.end() + 3].lstrip()
        return not (rest[:1].isalpha() and rest[0].islower())
    return True


def find_cuts(text: str) -> tuple[int, ...]:
    """Return the offsets at which the sentences of *text* end, in order; the last is its length.

    Ends are ``။``, a line break, and ``. ! ?`` before a space. A point after an initial, a rank, a
    month or "No." ends nothing, nor does one inside a number. ``၏`` is mostly possessive: no end.
    """
    cuts = [match.end() for match in _END.finditer(text) if _is_end(text, match)]
    if not cuts or cuts[-1] != len(text):
        cuts.append(len(text))
    return tuple(cuts)


def sentence_at(text: str, start: int, end: int, cuts: Sequence[int] | None = None) -> tuple[int, int]:
    """Return the bounds of the sentence that holds the span, without the spaces around it.

    A span over several sentences gets all of them. *cuts* are those of ``find_cuts``, for a caller with
    many spans in one text.
    """
    cuts = find_cuts(text) if cuts is None else cuts
    before = bisect_right(cuts, start)
    begin = cuts[before - 1] if before else 0
    after = bisect_left(cuts, max(end, start + 1))
    stop = cuts[after] if after < len(cuts) else len(text)
    begin = max(begin, start - len(text[begin:start].lstrip(_EDGE)))
    stop = min(stop, end + len(text[end:stop].rstrip(_EDGE)))
    return begin, stop


def excerpt_at(text: str, start: int, end: int, cuts: Sequence[int] | None = None) -> tuple[int, int]:
    """Return the bounds of the sentence that holds the span; of an endless one, those of the part around it.

    The part has about `MAX_SENTENCE_CHARS` and ends between words or syllables where there are any. It always
    holds the span. *cuts* are as in `sentence_at`.
    """
    begin, stop = sentence_at(text, start, end, cuts)
    if stop - begin <= MAX_SENTENCE_CHARS:
        return begin, stop
    room = max(0, MAX_SENTENCE_CHARS - (end - start))
    first = max(begin, min(start - room // 2, stop - MAX_SENTENCE_CHARS))
    last = min(stop, max(end + room // 2, begin + MAX_SENTENCE_CHARS))
    first, last = min(first, start), max(last, end)
    if first > begin:
        edges = (edge.start() for edge in _EDGE_OF_WORD.finditer(text, first, first + _EDGE_REACH))
        first = next((at for at in edges if at <= start), first)
    if last < stop:
        edges = (edge.start() for edge in _EDGE_OF_WORD.finditer(text, last - _EDGE_REACH, last + 3))
        last = max((at for at in edges if end <= at <= last), default=last)
    return first, min(last, end + len(text[end:last].rstrip(_EDGE)))


def _clean(text: str, marks: Iterable[tuple[int, int]]) -> MarkedText:
    """Put every run of white space, line breaks too, into one space; marks move along and merge."""
    pieces: list[str] = []
    gaps: list[tuple[int, int]] = []  # where a run ends, and how many characters are gone by then
    last = gone = 0
    for run in _SPACES.finditer(text):
        pieces += (text[last : run.start()], " ")
        last = run.end()
        gone += len(run[0]) - 1
        gaps.append((last, gone))
    pieces.append(text[last:])

    def moved(at: int) -> int:
        index = bisect_right(gaps, (at, len(text))) - 1
        return at - (gaps[index][1] if index >= 0 else 0)

    merged = merge_spans((moved(start), moved(end)) for start, end in marks)
    return MarkedText("".join(pieces), tuple(merged))


@lru_cache(maxsize=1)
def _read(text: str, default_encoding: str) -> tuple[tuple[int, ...], UnicodeText]:
    """Cut and convert a field; its sentences are asked for one after the other, and telling Zawgyi is slow."""
    return find_cuts(text), to_unicode(text, default_encoding)


def shown_excerpt(
    field_text: str, start: int, end: int, hits: Iterable[Hit], default_encoding: str = "unicode"
) -> MarkedText:
    """Return ``field_text[start:end]`` as it is shown: Unicode, one line, the hits inside it marked.

    *hits* must be of this one field. *default_encoding* is what the article or its source is ("unicode" or
    "zawgyi") and decides for text too short to judge.
    """
    _, plain = _read(field_text, default_encoding)
    first, last = plain.locate(start, end)
    marks = [plain.locate(hit.start, hit.end) for hit in hits if start <= hit.start and hit.end <= end]
    return _clean(plain.text[first:last], sorted((start - first, end - first) for start, end in marks))


def shown_sentence(field_text: str, hits: Iterable[Hit], default_encoding: str = "unicode") -> MarkedText:
    """Return the first matched sentence of a field, as `shown_excerpt` shows it; "" without any hit."""
    found = sorted(hits, key=lambda hit: (hit.start, hit.end))
    if not found:
        return MarkedText("")
    cuts, _ = _read(field_text, default_encoding)
    begin, stop = excerpt_at(field_text, found[0].start, found[0].end, cuts)
    return shown_excerpt(field_text, begin, stop, found, default_encoding)
