"""The facts under a story's sentence, in words: its figures with who claims them, the gloss of its lead.

Plain text of fixed words and of the reports' own; the rest of a digest's words is `alerts.layout`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.plaintext import clean_line, cut_text, list_names, short_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.model import FigureClaim, Report, Tally

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


def figures_line(tally: Tally) -> str:
    """Return "Killed: 5 soldiers (junta spokesman) · at least 9 (KNDF), was 3"; disagreeing claims side by side."""
    label = _FIGURE_NAMES[tally.what] + (f" ({short_line(tally.period)})" if tally.period else "")
    return f"{label}: {' · '.join(_claim_words(claim) for claim in tally.claims)}"


def _claim_words(claim: FigureClaim) -> str:
    number = f"{'at least ' if claim.at_least else ''}{claim.value:,} {short_line(claim.who, 40)}".rstrip()
    words = f"{number} ({list_names(claim.said_by, 3)})"
    if claim.was is not None:
        words += f", was {claim.was:,}"
    return f"{words}, unverified" if claim.hedged else words


def fact_lines(lead: Report, tallies: Sequence[Tally]) -> tuple[str, ...]:
    """Return the gloss of a story's lead and the story's figures, a line each."""
    gloss = cut_text(clean_line(lead.gloss), _GLOSS_CHARS)
    lines = [f"In English (word list): {gloss}"] if gloss else []
    return (*lines, *(cut_text(figures_line(tally), _FIGURES_CHARS) for tally in tallies))
