"""Lines for a terminal: how wide they are, where they break, what is marked in them, when they have colours.

Every command that writes to people writes with it. Cleans what a stranger wrote; prints nothing itself.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alerts.message.layout import sentence_pieces
from alerts.message.plaintext import clean_line
from alerts.model import MarkedText
from alerts.text.span import merge_spans
from alerts.text.width import display_width
from alerts.text.zawgyi import to_unicode

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence
    from typing import TextIO

    from alerts.model import Hit

MIN_COLUMNS, MAX_COLUMNS = 30, 100  # longer lines are hard to read back, however wide the terminal is
YELLOW, CYAN = 33, 36
OPEN, CLOSE = "«", "»"  # stand for colour where there is none; foreign to English and Burmese spelling
_LEAST_ROOM = 16  # beside a deep indent in a narrow terminal: better too wide than a word a line
_ANY_LENGTH = 1 << 30
# A syllable starts at a consonant that is neither stacked under another nor killed by asat or virama,
# or at an independent vowel or sign (Unicode Technical Note 11).
_SYLLABLE_START = re.compile(
    "(?<!\u1039)[\u1000-\u1021](?!\u1037?[\u103a\u1039])|[\u1023-\u102a\u103f\u104c-\u104f]|[\u1040-\u1049]+"
)
_OPENING = "([{“‘«"
_ESCAPE = "\x1b["


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line in one style. ``text`` holds no line break."""

    text: str
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    code: bool = False
    colour: int | None = None  # one of the terminal's own 16 foreground codes, so that themes keep working
    whole: bool = False  # kept on one line while it takes no more than half of one


def break_points(text: str) -> list[int]:
    """Return the ascending indices at which a new line may start: after a space, or at a Burmese syllable.

    Never inside a syllable, before closing punctuation, after an opening bracket or between digits.
    """
    points = []
    for match in re.finditer(r"(?<=[ \u200b])[^ \u200b]", text):
        points.append(match.start())
    for match in _SYLLABLE_START.finditer(text):
        start = match.start()
        if start and text[start - 1] not in _OPENING and _is_myanmar(text[start - 1]):
            points.append(start)
    return sorted(set(points))


def _is_myanmar(char: str) -> bool:
    return "\u1000" <= char <= "\u109f" and not "\u1040" <= char <= "\u1049"


def wrap_text(text: str, columns: int, held: Container[int] = ()) -> list[tuple[int, int]]:
    """Return the lines of *text* as ``(start, end)`` slices, at most *columns* wide without trailing spaces.

    A single word wider than a line is cut between clusters, Burmese syllables excepted: those stand whole.
    No line starts at an index in *held* unless it must.
    """
    edges = [0, *(point for point in break_points(text) if point not in held), len(text)]
    lines: list[tuple[int, int]] = []
    start = 0
    for piece_start, piece_end in itertools.pairwise(edges):
        if display_width(text[start:piece_end].rstrip()) <= columns:
            continue
        if piece_start > start:
            lines.append((start, piece_start))
            start = piece_start
        for cut in _forced_cuts(text, start, piece_end, columns):
            lines.append((start, cut))
            start = cut
    if start < len(text) or not lines:
        lines.append((start, len(text)))
    return lines


def _forced_cuts(text: str, start: int, end: int, columns: int) -> Iterator[int]:
    """Yield where a word too long for a line is cut: at any letter, digit or whole Burmese syllable."""
    syllables = {match.start() for match in _SYLLABLE_START.finditer(text, start, end)}
    units = [
        index
        for index in range(start + 1, end)
        if index in syllables
        or (display_width(text[index]) and text[index] != " " and not _is_myanmar(text[index]))
    ]
    for unit, unit_end in zip(units, [*units[1:], end], strict=False):
        if display_width(text[start:unit_end].rstrip()) > columns:
            yield unit
            start = unit


def wrap_spans(spans: Sequence[Span], columns: int) -> list[tuple[Span, ...]]:
    """Return *spans* as lines of spans, wrapped as `wrap_text` would wrap their joined text."""
    text = "".join(span.text for span in spans)
    held: set[int] = set()
    offset = 0
    for span in spans:
        if span.whole and display_width(span.text) <= columns // 2:
            held.update(range(offset + 1, offset + len(span.text)))
        offset += len(span.text)
    lines = []
    for start, end in wrap_text(text, columns, held):
        stop = start + len(text[start:end].rstrip(" "))
        lines.append(tuple(_slice(spans, start, stop)))
    return lines


def _slice(spans: Iterable[Span], start: int, stop: int) -> Iterator[Span]:
    offset = 0
    for span in spans:
        piece = span.text[max(start - offset, 0) : max(stop - offset, 0)]
        offset += len(span.text)
        if piece:
            yield replace(span, text=piece)


def paint(spans: Iterable[Span], *, colour: bool) -> str:
    """Return one line for the terminal; without *colour* it holds no escape sequence at all."""
    return "".join(_paint(span) if colour else span.text for span in spans)


def _paint(span: Span) -> str:
    codes = [
        code
        for wanted, code in (
            (span.bold, "1"),
            (span.dim, "2"),
            (span.italic, "3"),
            (span.underline, "4"),
            (span.code, "36"),
            (span.colour is not None, str(span.colour)),
        )
        if wanted
    ]
    return f"{_ESCAPE}{';'.join(codes)}m{span.text}{_ESCAPE}0m" if codes else span.text


def wants_colour(stream: TextIO, asked: bool | None = None) -> bool:
    """Tell whether *stream* gets colours: as *asked*, else when it is a terminal that may and can show them.

    ``NO_COLOR`` forbids them with any value but an empty one (https://no-color.org).
    """
    if asked is not None:
        return asked
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns_of(stream: TextIO, piped: int | None = None) -> int | None:
    """Return how wide lines on *stream* may be: its terminal's width or ``COLUMNS``, else *piped*.

    Within `MIN_COLUMNS` and `MAX_COLUMNS`; None: lines are as long as they are, made for grep.
    """
    if not stream.isatty() and not os.environ.get("COLUMNS", "").isdigit():
        return piped
    return min(max(shutil.get_terminal_size((MAX_COLUMNS, 24)).columns, MIN_COLUMNS), MAX_COLUMNS)


@dataclass(frozen=True, slots=True)
class Pen:
    """How lines are written to one stream. *columns* None: they are not wrapped."""

    colour: bool = False
    columns: int | None = None

    @classmethod
    def for_stream(cls, stream: TextIO, *, piped: int | None = None, asked: bool | None = None) -> Pen:
        """Return the pen that `wants_colour` and `columns_of` choose for *stream*."""
        return cls(wants_colour(stream, asked), columns_of(stream, piped))

    def paint(self, *spans: Span) -> str:
        """Return one line, however long."""
        return paint(spans, colour=self.colour)

    def wrap(self, spans: Sequence[Span], lead: str = "", rest: str | None = None) -> list[str]:
        """Return *spans* wrapped, the first line behind *lead*, the others behind *rest* (else *lead* again)."""
        if self.columns is None:
            return [lead + self.paint(*spans)]
        rest = lead if rest is None else rest
        room = max(self.columns - max(display_width(lead), display_width(rest)), _LEAST_ROOM)
        lines = enumerate(wrap_spans(spans, room))
        return [(rest if number else lead) + self.paint(*line) for number, line in lines]

    def paragraph(
        self, text: str, lead: str = "", rest: str | None = None, *, bold: bool = False, dim: bool = False
    ) -> list[str]:
        """Return *text*, cleaned, as `wrap` would."""
        return self.wrap([Span(clean_line(text), bold=bold, dim=dim)], lead, rest)

    def quote(self, sentence: MarkedText, indent: str, limit: int = _ANY_LENGTH) -> list[str]:
        """Return a found sentence behind a bar; one of more than *limit* characters is cut round its marks."""
        return self.wrap(self.mark(sentence, limit), f"{indent}│ ")

    def mark(self, text: MarkedText, limit: int = _ANY_LENGTH, *, bold: bool = False) -> list[Span]:
        """Return *text*, cleaned and cut as for `quote`, its marks in colour or between « and »."""
        return [
            Span(shown if self.colour else f"{OPEN}{shown}{CLOSE}", bold=True, colour=YELLOW, whole=True)
            if is_marked
            else Span(shown, bold=bold)
            for shown, is_marked in sentence_pieces(text, limit)
        ]


def mark_title(title: str, hits: Iterable[Hit], encoding: str) -> MarkedText:
    """Return *title* in Unicode with what was found in it; hits in the text are passed over."""
    plain = to_unicode(title, encoding)
    marks = merge_spans(plain.locate(hit.start, hit.end) for hit in hits if hit.field == "title")
    return MarkedText(plain.text, tuple(marks))
