"""Styled text in a terminal: display width, wrapping that never cuts a Burmese syllable, colour."""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# A syllable starts at a consonant that is neither stacked under another nor killed by asat or virama,
# or at an independent vowel or sign (Unicode Technical Note 11).
_SYLLABLE_START = re.compile(
    "(?<!\u1039)[\u1000-\u1021](?!\u1037?[\u103a\u1039])|[\u1023-\u102a\u103f\u104c-\u104f]|[\u1040-\u1049]+"
)
_OPENING = "([{“‘«"
_ESCAPE = "\x1b["
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2028\u2029\u2066\u2067\u2068\u2069"


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


def display_width(text: str) -> int:
    """Return the terminal columns that *text* takes.

    Combining marks and invisible characters take none, East Asian wide characters two. Burmese spacing vowels
    (category Mc) take one, as in the C library and so in tmux.
    """
    return sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


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


def wrap_text(text: str, columns: int) -> list[tuple[int, int]]:
    """Return the lines of *text* as ``(start, end)`` slices, at most *columns* wide without trailing spaces.

    A single word wider than a line is cut between clusters, Burmese syllables excepted: those stand whole.
    """
    edges = [0, *break_points(text), len(text)]
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
        or (_char_width(text[index]) and text[index] != " " and not _is_myanmar(text[index]))
    ]
    for unit, unit_end in zip(units, [*units[1:], end], strict=False):
        if display_width(text[start:unit_end].rstrip()) > columns:
            yield unit
            start = unit


def wrap_spans(spans: Sequence[Span], columns: int) -> list[tuple[Span, ...]]:
    """Return *spans* as lines of spans, wrapped as `wrap_text` would wrap their joined text."""
    text = "".join(span.text for span in spans)
    lines = []
    for start, end in wrap_text(text, columns):
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


def make_printable(text: str) -> str:
    """Return *text* without control and direction characters: they could move the cursor or hide words."""
    kept = (" " if char in "\t\r" else char for char in text if char not in _BIDI)
    return "".join(char for char in kept if unicodedata.category(char) not in ("Cc", "Cs"))
