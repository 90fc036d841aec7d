"""What a feature tells about an event: how rare it is, times what its kind is worth.

What the topics themselves name (their own town) stands in nearly everything and tells nearly nothing, from the first
article on. All else is learned: the more articles hold a feature, the less it weighs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.story.model import Fingerprint, Rarity
    from alerts.story.standing import Standing

# Before anything is read, a feature of a kind counts as seen in so many of so many articles.
PRIOR_ARTICLES = 400
PRIOR: Mapping[str, float] = {
    "place": 8, "ward": 4, "actor": 12, "person": 12, "operation": 60, "event": 12, "thing": 10,
    "day": 4, "figure": 6, "number": 8, "name": 4, "word": 16,
}  # fmt: skip
EVERYDAY_PRIOR, TOWN_PRIOR, TOPIC_PRIOR = 100.0, 40.0, 200.0
# What a shared feature of a kind is worth beside its rarity.
WORTH: Mapping[str, float] = {
    "place": 1.0, "ward": 1.0, "actor": 0.5, "person": 0.8, "operation": 0.4, "event": 0.9, "thing": 1.0,
    "day": 0.7, "figure": 1.2, "number": 0.7, "name": 0.7, "word": 0.35,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """One article as it is compared: its sizes, and what may contradict another's."""

    size: float  # the weight of all that it says: how much there is to share
    size_of_what: float  # of what it says that happened
    places: Mapping[str, float]  # with their prominence, without the topics' own and the broad ones
    title: frozenset[
        str
    ]  # its title's concepts and numbers, but wide and everyday ones; empty where it is places alone
    headline: tuple[str, ...]  # what its title says that happened, or to what
    events: frozenset[str]  # but everyday ones
    numbers: frozenset[str]
    counts: Mapping[str, set[int]]  # values by what they count


class Weigher:
    """Weighs features by *rarity* and by what the lexicon and the topics say of them beforehand."""

    def __init__(self, rarity: Rarity, standing: Standing) -> None:
        self.rarity = rarity
        self.standing = standing
        self._weights: dict[str, float] = {}
        self._views: dict[int, tuple[Fingerprint, View]] = {}
        self._weighed_at = -1  # how many articles had been read

    def weight(self, feature: str) -> float:
        """Return what *feature* tells where two articles share it, 0 or more."""
        self._refresh()
        if (known := self._weights.get(feature)) is None:
            known = self._weights[feature] = self._weigh(feature)
        return known

    def _refresh(self) -> None:
        """Forget what was weighed before the last article was read."""
        if self._weighed_at != self.rarity.articles:
            self._weights.clear()
            self._views.clear()
            self._weighed_at = self.rarity.articles

    def _weigh(self, feature: str) -> float:
        kind = feature.partition(":")[0]
        prior = PRIOR.get(kind, 20.0)
        if feature in self.standing.topics:
            prior = TOPIC_PRIOR
        elif feature in self.standing.everyday or feature in self.standing.broad:
            prior = EVERYDAY_PRIOR
        elif feature in self.standing.towns:
            prior = TOWN_PRIOR
        elif kind in ("figure", "number"):
            prior += _commonness(feature)
        seen = self.rarity.counts.get(feature, 0)
        told = log((PRIOR_ARTICLES + self.rarity.articles) / (prior + seen))
        return max(0.0, told) * WORTH.get(kind, 0.3)

    def view(self, article: Fingerprint) -> View:
        """Return what comparing asks of one article again and again."""
        self._refresh()
        known = self._views.get(id(article))
        if known is None:  # the article is kept beside its view, so that its id stays its own
            known = self._views[id(article)] = (article, self._make_view(article))
        return known[1]

    def _make_view(self, article: Fingerprint) -> View:
        kinds: dict[str, list[str]] = {}
        for feature in article.features:
            kinds.setdefault(feature.partition(":")[0], []).append(feature)
        counts: dict[str, set[int]] = {}
        for figure in kinds.get("figure", ()):
            what, _, value = figure.removeprefix("figure:").partition("=")
            counts.setdefault(what, set()).add(int(value))
        counted = {f"number:{value}" for values in counts.values() for value in values}
        everyday = self.standing.everyday
        events = frozenset(kinds.get("event", ())) - everyday
        size = size_of_what = 0.0
        for feature, prominence in article.features.items():
            weight = self.weight(feature) * prominence
            size += weight
            if feature not in counted and self.says_what(feature):
                size_of_what += weight
        headline = tuple(
            feature
            for kind in ("event", "thing")
            for feature in kinds.get(kind, ())
            if article.features[feature] > 1.0 and feature not in everyday
        )
        places = {
            feature: article.features[feature]
            for kind in ("place", "ward")
            for feature in kinds.get(kind, ())
            if feature not in self.standing.topics and feature not in self.standing.broad
        }
        title = frozenset(
            feature
            for feature, prominence in article.features.items()
            if prominence > 1.0
            and feature.partition(":")[0] not in ("word", "name")
            and not self.standing.is_wide(feature)
            and feature not in everyday
        )
        if all(feature.startswith(("place:", "ward:")) for feature in title):
            title = frozenset()  # places contradict in their own way
        numbers = frozenset(kinds.get("number", ()))
        return View(size, size_of_what, places, title, headline, events, numbers, counts)

    def says_what(self, feature: str) -> bool:
        """Tell whether a feature says what happened, to whom or how much; a town and a day do not."""
        kind = feature.partition(":")[0]
        if kind in ("place", "ward"):
            return not self.standing.is_wide(feature)
        return kind in ("event", "thing", "figure", "number", "person")


def _commonness(feature: str) -> float:
    """Small counts and round ones are common: one killed says less than 38, 1,000 who fled less than 1,340."""
    written = re.split("[:=]", feature)[-1]
    if not written.isdigit():
        return 0.0
    zeros = len(written) - len(written.rstrip("0"))
    return 40.0 / max(1, int(written)) + 10.0 * max(0, zeros - 1)
