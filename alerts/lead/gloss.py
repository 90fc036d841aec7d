"""An English gloss of what a report in another language names: lexicon facts only, never a translation.

Event words, figures, places and actors, each as the lexicon names it in English, in a fixed order. It is told as a
gloss, and says nothing of how they belong together: the sentence itself does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.lead.figures import TOLD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from alerts.figure.model import Figure
    from alerts.match.concept import Mention
    from alerts.model import What

MOST_OF_A_KIND = 3
LEAST_WORDS = 2  # a place alone tells nothing that the topic does not
_KINDS = (("event", "operation"), ("place", "ward"), ("actor",))
# Events that a figure of the same kind already says: "killed 6" beside "killed" is once too often.
_SAID_BY_FIGURE: Mapping[str, What] = {
    "killed": "killed",
    "injured": "injured",
    "displaced": "displaced",
    "arrested": "arrested",
    "surrender": "surrendered",
}
_DENIED = re.compile(r"\s*(?:တွေ|များ)?\s*(?:လုံးဝ\s*)?မ(?:ရှိ|ဖြစ်|ဟုတ်)")  # there is not, did not happen, is not so
NAMES: Mapping[What, str] = {
    "killed": "killed",
    "injured": "injured",
    "displaced": "displaced",
    "arrested": "arrested",
    "captured": "captured",
    "surrendered": "surrendered",
    "houses_destroyed": "houses destroyed",
    "bases_captured": "bases captured",
}


def is_denied(mention: Mention, text: str) -> bool:
    """Tell whether the words right behind *mention* take it back: တိုက်ပွဲမရှိဘဲ is "without fighting"."""
    return mention.field == "text" and _DENIED.match(text, mention.end) is not None


def write_gloss(mentions: Iterable[Mention], figures: Iterable[Figure], names: Mapping[str, str]) -> str:
    """Return "airstrike; killed 6, injured at least 10; Loikaw, Demoso; Karenni Army", "" when little has a name.

    *mentions* and *figures* are those of what is shown of the report; *names* of `match.concept.name_concepts`.
    """
    numbers = _figures(figures)
    told = {figure_kind for figure_kind, _ in numbers}
    groups: list[Sequence[str]] = []
    found = tuple(mentions)
    for kinds in _KINDS:
        concepts = dict.fromkeys(mention.concept for mention in found if mention.kind in kinds)
        words = [
            names[concept]
            for concept in concepts
            if concept in names and _SAID_BY_FIGURE.get(concept) not in told
        ]
        groups.append(words[:MOST_OF_A_KIND])
    groups.insert(1, [text for _, text in numbers][:MOST_OF_A_KIND])
    if sum(len(group) for group in groups) < LEAST_WORDS:
        return ""
    return "; ".join(", ".join(group) for group in groups if group)


def _figures(figures: Iterable[Figure]) -> list[tuple[What, str]]:
    """Return each kind once, with its first number, in the order of `TOLD`."""
    firsts: dict[What, Figure] = {}
    for figure in figures:
        if figure.what in NAMES and figure.value > 0 and "(" not in figure.who:
            firsts.setdefault(figure.what, figure)
    return [
        (what, f"{NAMES[what]} {'at least ' if firsts[what].at_least else ''}{firsts[what].value}")
        for what in TOLD
        if what in firsts
    ]
