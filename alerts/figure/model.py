"""The values of reading figures: what a figure is, what it may count. No behaviour beyond its own sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from alerts.model import What

# What a counted noun stands for; "" is a number that leaves its noun unsaid ("ten were hurt").
Class = Literal["person", "house", "base", "town", "case", ""]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that a sentence states, as it states it.

    ``start`` and ``end`` are code-point offsets into the text as given and span the sentence, so that
    ``text[start:end] == sentence`` always holds; figures of one sentence share them.
    """

    value: int
    at_least: bool  # "at least", "more than", the lower end of a range
    what: What
    who: str  # who or what is counted, in the words of the text; "… (included in the 12)" for a part
    source: str | None  # to whom the sentence attributes the number, in the words of the text
    hedged: bool  # "about", "claimed", an unattributed report
    sentence: str  # verbatim from the text as given
    start: int
    end: int
    about: bool = False  # hedged by "about" alone: vague, not doubtful


@dataclass(frozen=True, slots=True)
class Count:
    """A figure before its sentence is known: offsets are those of the folded sentence."""

    value: int
    at_least: bool
    what: What
    who: str
    hedged: bool
    start: int
    end: int
    about: bool = False  # hedged by "about" alone


@dataclass(frozen=True, slots=True)
class Claim:
    """Who a stretch of a sentence is attributed to, and whether it is told at a distance."""

    source: str | None
    hedged: bool
    start: int = 0  # where the stretch begins in the folded sentence; it ends where the next begins
