"""What a feature tells about an event: how rare it is, times what its kind is worth.

What the topics themselves name (their own town) stands in nearly everything and tells nearly nothing, from the first
article on. All else is learned: the more articles hold a feature, the less it weighs.
"""

from __future__ import annotations

import re
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


class Weigher:
    """Weighs features by *rarity* and by what the lexicon and the topics say of them beforehand."""

    def __init__(self, rarity: Rarity, standing: Standing) -> None:
        self.rarity = rarity
        self.standing = standing
        self._weights: dict[str, float] = {}
        self._weighed_at = -1  # how many articles had been read

    def weight(self, feature: str) -> float:
        """Return what *feature* tells where two articles share it, 0 or more."""
        if self._weighed_at != self.rarity.articles:
            self._weights.clear()
            self._weighed_at = self.rarity.articles
        if (known := self._weights.get(feature)) is None:
            known = self._weights[feature] = self._weigh(feature)
        return known

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

    def size(self, article: Fingerprint) -> float:
        """Return the weight of all that an article says: how much there is to share."""
        return sum(self.weight(feature) * prominence for feature, prominence in article.features.items())

    def size_of_what(self, article: Fingerprint) -> float:
        """Return the weight of what an article says that happened."""
        return sum(
            self.weight(feature) * prominence
            for feature, prominence in article.features.items()
            if self.says_what(feature)
            and not (
                feature.startswith("number:") and is_counted(feature, article.features, article.features)
            )
        )

    def says_what(self, feature: str) -> bool:
        """Tell whether a feature says what happened, to whom or how much; a town and a day do not."""
        kind = feature.partition(":")[0]
        if kind in ("place", "ward"):
            return not self.standing.is_wide(feature)
        return kind in ("event", "thing", "figure", "number", "person")


def is_counted(number: str, one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Tell whether both articles count the same things with that number: the figure weighs already."""
    value = number.partition(":")[2]
    return any(
        feature.startswith("figure:") and feature.rpartition("=")[2] == value and feature in other
        for feature in one
    )


def _commonness(feature: str) -> float:
    """Small counts and round ones are common: one killed says less than 38, 1,000 who fled less than 1,340."""
    written = re.split("[:=]", feature)[-1]
    if not written.isdigit():
        return 0.0
    zeros = len(written) - len(written.rstrip("0"))
    return 40.0 / max(1, int(written)) + 10.0 * max(0, zeros - 1)
