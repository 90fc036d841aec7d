"""Which one or two sentences of an article say most of its event: verbatim, chosen for place, event and figure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.figure.extract import find_figures
from alerts.lead.figures import TOLD
from alerts.model import MarkedText
from alerts.text.sentence import MAX_SENTENCE_CHARS, excerpt_at, find_cuts, shown_excerpt, shown_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.match.concept import Mention
    from alerts.model import Hit

OMISSION = " … "  # between two sentences that do not follow each other
OPENING = 3  # sentences: an article opens with its event
REACH = 3  # sentences from the matched one in which the second is looked for
SHORTEST_CHARS = 25  # "Loikaw, Nov. 12": a dateline, a caption
MOST_CHARS = 480  # of both sentences; a phone shows this much at a glance


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One sentence of the text as it is judged."""

    start: int
    end: int
    hits: int
    events: frozenset[str]
    others: frozenset[str]  # places and actors
    figures: int
    place: int  # its number in the text

    @property
    def length(self) -> int:
        return self.end - self.start

    def score(self) -> float:
        """Return how much of the event it says; a place alone is what every caption has."""
        return (
            2.0 * bool(self.hits)
            + 2.0 * bool(self.events)
            + 2.0 * bool(self.figures)
            + 0.5 * min(len(self.others), 2)
            + 1.0 * (self.place < OPENING)
            - 3.0 * (self.length < SHORTEST_CHARS)
            - 1.0 * (self.length > MOST_CHARS)
            - 0.05 * self.place
        )


def choose_sentences(
    text: str, hits: Sequence[Hit], mentions: Sequence[Mention], encoding: str = "unicode"
) -> MarkedText:
    """Return the best matched sentence of *text*, with a second one that adds an event or a figure.

    *hits* and *mentions* are of this text. Sentences that follow each other are one excerpt; otherwise
    `OMISSION` stands between them. Matched words are marked. "" without any hit.
    """
    if not hits:
        return MarkedText("")
    sentences = _judge(text, hits, mentions, encoding)
    matched = [sentence for sentence in sentences if sentence.hits]
    if not matched:  # a hit across sentences
        return shown_sentence(text, hits, encoding)
    best = max(matched, key=_Sentence.score)
    second = _find_second(best, sentences)
    if best.length > MAX_SENTENCE_CHARS or second is None:
        inside = [hit for hit in hits if best.start <= hit.start and hit.end <= best.end]
        start, end = excerpt_at(text, inside[0].start, inside[0].end)
        return shown_excerpt(text, start, end, hits, encoding)
    first, last = sorted((best, second), key=lambda sentence: sentence.start)
    if last.place == first.place + 1 and "\n" not in text[first.end : last.start]:
        return shown_excerpt(text, first.start, last.end, hits, encoding)
    return _join(
        shown_excerpt(text, first.start, first.end, hits, encoding),
        shown_excerpt(text, last.start, last.end, hits, encoding),
    )


def _judge(
    text: str, hits: Sequence[Hit], mentions: Sequence[Mention], encoding: str
) -> tuple[_Sentence, ...]:
    cuts = find_cuts(text)
    inside: dict[int, list[Mention]] = {}
    for mention in mentions:
        inside.setdefault(bisect_right(cuts, mention.start), []).append(mention)
    hit_places = [bisect_right(cuts, hit.start) for hit in hits]
    figure_places = [
        bisect_right(cuts, figure.start) for figure in find_figures(text, encoding) if figure.what in TOLD
    ]
    sentences = []
    for place, end in enumerate(cuts):
        begin = cuts[place - 1] if place else 0
        bare = text[begin:end]
        start = begin + len(bare) - len(bare.lstrip())
        named = inside.get(place, [])
        sentences.append(
            _Sentence(
                start,
                begin + len(bare.rstrip()),
                hit_places.count(place),
                frozenset(mention.concept for mention in named if mention.kind in ("event", "operation")),
                frozenset(mention.concept for mention in named if mention.kind in ("place", "actor", "ward")),
                figure_places.count(place),
                place,
            )
        )
    return tuple(sentence for sentence in sentences if sentence.length > 0)


def _find_second(best: _Sentence, sentences: Sequence[_Sentence]) -> _Sentence | None:
    """Return the sentence that adds most to *best* near it, None when none adds an event or a figure."""
    adding = [
        sentence
        for sentence in sentences
        if sentence is not best
        and abs(sentence.place - best.place) <= REACH
        and SHORTEST_CHARS <= sentence.length <= MOST_CHARS - best.length
        and (sentence.events - best.events or (sentence.figures and not best.figures))
    ]
    return max(adding, key=_Sentence.score, default=None)


def _join(first: MarkedText, last: MarkedText) -> MarkedText:
    offset = len(first.text) + len(OMISSION)
    marks = tuple((start + offset, end + offset) for start, end in last.marks)
    return MarkedText(f"{first.text}{OMISSION}{last.text}", first.marks + marks)
