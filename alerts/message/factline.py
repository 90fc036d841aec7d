"""The facts under a story's sentence, in words: its figures with who claims them, the gloss of its lead.

Plain text of fixed words and of the reports' own; the rest of a digest's words is `alerts.message.layout`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.message.plaintext import clean_line, cut_text, list_names, short_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.message.plaintext import Piece
    from alerts.model import FigureClaim, Report, Tally

GLOSS_LABEL = "In English, by word list"
_GLOSS_CHARS = 200
_FIGURES_CHARS = 260  # one kind of figure with its claims
_FIGURE_NAMES = {
    "killed": "Killed",
    "injured": "Injured",
    "displaced": "Displaced",
    "captured": "Captured",
    "surrendered": "Surrendered",
    "arrested": "Arrested",
    "houses_destroyed": "Houses destroyed",
    "bases_captured": "Bases captured",
    "other": "Other",
}


def figures_label(tally: Tally) -> str:
    """Return "Killed", or "Killed (since 2021)" for a total."""
    return _FIGURE_NAMES[tally.what] + (f" ({short_line(tally.period)})" if tally.period else "")


def figures_line(tally: Tally) -> str:
    """Return "Killed: 5 soldiers (junta spokesman) · at least 9 (KNDF), was 3"; disagreeing claims side by side."""
    return f"{figures_label(tally)}: {' · '.join(_claim_words(claim) for claim in tally.claims)}"


def claim_count(claim: FigureClaim) -> str:
    """Return "at least 9 civilians", "about 1,200 people"."""
    lead = "at least " if claim.at_least else "about " if claim.about else ""
    return f"{lead}{claim.value:,} {short_line(claim.who, 40)}".rstrip()


def claim_voices(claim: FigureClaim) -> str:
    """Return who says it, three names and then a count."""
    return list_names(claim.said_by, 3)


def _claim_words(claim: FigureClaim) -> str:
    words = f"{claim_count(claim)} ({claim_voices(claim)})"
    if claim.was is not None:
        words += f", was {claim.was:,}"
    return f"{words}, unverified" if claim.hedged else words


def gloss_text(report: Report) -> str:
    """Return the gloss of *report*, cleaned and cut; "" when it has none."""
    return cut_text(clean_line(report.gloss), _GLOSS_CHARS)


def fact_lines(lead: Report, tallies: Sequence[Tally]) -> tuple[tuple[Piece, ...], ...]:
    """Return the gloss of a story's lead and the story's figures, a line each, their labels marked."""
    gloss = gloss_text(lead)
    lines = [(GLOSS_LABEL, f": {gloss}")] if gloss else []
    lines += [
        _in_two(figures_label(tally), cut_text(figures_line(tally), _FIGURES_CHARS)) for tally in tallies
    ]
    return tuple(((label, True), (words, False)) for label, words in lines)


def _in_two(label: str, line: str) -> tuple[str, str]:
    return label, line.removeprefix(label)
