"""Stories of documents that are not stored: the same decisions on an index in memory, for ``try --stories``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from alerts.story.compare import compare
from alerts.story.model import Known, Placement, Rarity
from alerts.story.stream import MOST_STORIES, NEWEST_OF_A_KEY, find_keys, is_core, place
from alerts.story.weigh import Weigher

if TYPE_CHECKING:
    from alerts.story.model import Fingerprint
    from alerts.story.standing import Standing


class Memory:
    """Stories in memory; article and story numbers count from 1 in the order of arrival."""

    def __init__(self, standing: Standing) -> None:
        self.weigher = Weigher(Rarity(), standing)
        self.reports: dict[int, Known] = {}
        self._cores: dict[int, dict[int, Known]] = {}
        self._index: dict[str, list[int]] = {}
        self._stories = 0

    def add(self, fingerprint: Fingerprint) -> tuple[int, Placement]:
        """Place one more document; return its story and why."""
        article_id = len(self.reports) + 1
        keys = find_keys(fingerprint, self.weigher)
        cores = {story_id: tuple(self._cores[story_id].values()) for story_id in self._find(keys)}
        placement = place(fingerprint, cores, self.weigher)
        story_id = placement.story_id
        if story_id is None:
            self._stories = story_id = self._stories + 1
        core = self._cores.setdefault(story_id, {})
        founder = next(iter(core.values()), None)
        verdict = compare(fingerprint, founder.fingerprint, self.weigher) if founder else None
        known = Known(article_id, story_id, fingerprint, placement.origin_id or article_id)
        self.reports[article_id] = known
        if is_core(placement, core, verdict):
            core[article_id] = known
            for key in keys:
                self._index.setdefault(key, []).append(article_id)
        rarity = self.weigher.rarity
        rarity.articles += 1
        for feature in fingerprint.features:
            rarity.counts[feature] = rarity.counts.get(feature, 0) + 1
        return story_id, placement

    def _find(self, keys: tuple[str, ...]) -> list[int]:
        found: Counter[int] = Counter()
        for key in keys:
            for article_id in self._index.get(key, ())[-NEWEST_OF_A_KEY:]:
                found[self.reports[article_id].story_id] += 1
        return sorted(found, key=lambda number: (-found[number], number))[:MOST_STORIES]
