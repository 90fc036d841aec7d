"""One field of an article under one set of masks: where terms stand in it, and how far apart."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alerts.text.span import merge_spans
from alerts.text.syllable import SYLLABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from alerts.match.term import AnyOf
    from alerts.model import Field
    from alerts.text.fold import Folded
    from alerts.text.key import Key
    from alerts.text.zawgyi import UnicodeText

    Found = Mapping[Key, Sequence[tuple[int, int]]]

# Thai sets no space between words, and only a dictionary could: five letters and marks are a word of usual length.
_TOKEN = re.compile(
    f"{SYLLABLE.pattern}|[a-z0-9\u00c0-\u024f]+|[\u0e00-\u0e7f]{{1,5}}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)
_BLANK = "\0"  # what a masked character becomes: no letter, no space, in no form


@dataclass(frozen=True, slots=True)
class Span:
    """A hit before it is told: folded span in one field."""

    term: str
    form: str
    field: Field
    start: int
    end: int


class View:
    """One field as a topic sees it."""

    __slots__ = ("_blanks", "_breaks", "_found", "_tokens", "field", "folded", "plain")

    def __init__(
        self,
        name: Field,
        plain: UnicodeText,
        folded: Folded,
        found: Found,
        blanks: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Take the field's text, its fold, what the scanner found in it and the masked spans, sorted."""
        self.field, self.plain = name, plain
        self.folded = _blank(folded, blanks) if blanks else folded
        self._found, self._blanks = found, blanks
        self._tokens: list[int] | None = None
        self._breaks: list[int] | None = None

    def find(self, terms: AnyOf) -> list[Span]:
        """Return the spans of every one of *terms*; of the overlapping ones of a term the longest stays."""
        by_term: dict[str, list[Span]] = {}
        for span in self._look_up(terms):
            by_term.setdefault(span.term, []).append(span)
        return [span for spans in by_term.values() for span in keep_longest(spans)]

    def masked(self, mask: AnyOf) -> View:
        """Return the view with the masked spans blanked, this one when there are none."""
        spans = merge_spans((span.start, span.end) for span in self._look_up(mask))
        return View(self.field, self.plain, self.folded, self._found, spans) if spans else self

    def _look_up(self, terms: AnyOf) -> Iterator[Span]:
        for key, spans in self._found.items():  # what stands in this field is far less than what may
            for name, form in terms.forms.get(key, ()):
                for start, end in spans:
                    if self._is_seen(start, end):
                        yield Span(name, form, self.field, start, end)
        for name, operation in terms.operations:
            for start, end, form in operation.find(self.folded):
                yield Span(name, form, self.field, start, end)

    def _is_seen(self, start: int, end: int) -> bool:
        """Tell whether no mask touches the span."""
        before = bisect_left(self._blanks, (end, 0)) - 1
        return before < 0 or self._blanks[before][1] <= start

    def has_break(self, start: int, end: int) -> bool:
        """Tell whether a paragraph ends inside the span."""
        if self._breaks is None:
            self._breaks = [at for at, char in enumerate(self.plain.text) if char == "\n"]
        begin, stop = self.folded.span(start, end)
        return bisect_left(self._breaks, begin) < bisect_left(self._breaks, stop)

    def distance(self, one: Span, other: Span) -> int:
        """Count the syllables and words between two spans."""
        if self._tokens is None:
            self._tokens = [match.start() for match in _TOKEN.finditer(self.folded.text)]
        first, second = sorted((one, other), key=lambda span: span.start)
        return max(0, bisect_left(self._tokens, second.start) - bisect_left(self._tokens, first.end))


def _blank(folded: Folded, spans: Sequence[tuple[int, int]]) -> Folded:
    text = folded.text
    pieces: list[str] = []
    last = 0
    for start, end in spans:
        pieces += (text[last:start], _BLANK * (end - start))
        last = end
    pieces.append(text[last:])
    return replace(folded, text="".join(pieces))


def keep_longest(found: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans without those that a longer one overlaps, in the order of the text."""
    kept: list[tuple[int, int, Span]] = []
    for span in sorted(found, key=lambda span: (span.start - span.end, span.start)):
        place = bisect_left(kept, (span.start,))
        if place and kept[place - 1][1] > span.start:
            continue
        if place < len(kept) and kept[place][0] < span.end:
            continue
        kept.insert(place, (span.start, span.end, span))
    return tuple(span for _, _, span in kept)
