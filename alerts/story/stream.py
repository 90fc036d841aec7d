"""Put one article after the other into stories: it joins one, founds one, and may be linked to others.

A story is never renamed, split or merged: what was told stays true. An article is compared with the core of a
story, its first reports that agree with the founding one, so that no chain of likenesses leads from one event to
another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alerts.story.compare import compare
from alerts.story.model import Fingerprint, Placement
from alerts.story.sketch import find_bands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alerts.story.model import Known, Verdict
    from alerts.story.weigh import Weigher

MOST_KEYS = 14  # rare features under which a report is found again, beside the bands of its sketch
MOST_STORIES = 20  # that one article is compared with
NEWEST_OF_A_KEY = 30  # taken from the index for one key: a key with more tells little
CORE = 4  # reports of a story that others are compared with
CORE_SCORE = 0.8  # how well a report agrees with the founding one to be of the core
LEAST_MEAN = 0.35  # of the scores with all of the core: below this the one good score is chance
MOST_LINKS = 5
COPY_OF = 0.55  # similarity from which a report counts as no origin of its own
_KEY_KINDS = frozenset(
    {"place", "ward", "actor", "person", "event", "thing", "day", "figure", "number", "name"}
)


def find_keys(fingerprint: Fingerprint, weigher: Weigher) -> tuple[str, ...]:
    """Return what a report is found again by: the bands of its sketch and its rarest features."""
    weights = {
        feature: weigher.weight(feature) * prominence
        for feature, prominence in fingerprint.features.items()
        if feature.partition(":")[0] in _KEY_KINDS
    }
    rare = sorted(weights, key=lambda feature: (-weights[feature], feature))[:MOST_KEYS]
    return (*find_bands(fingerprint.sketch), *(feature for feature in rare if weights[feature] > 1.0))


def place(fingerprint: Fingerprint, cores: Mapping[int, Sequence[Known]], weigher: Weigher) -> Placement:
    """Decide where an article goes among stories, given by their cores. Of equal scores the older story wins.

    It is compared with every report of a core, and with all of them together: what one report leaves out
    another may tell.
    """
    ranked: list[_Judged] = []
    for story_id, core in cores.items():
        found = [(known, compare(fingerprint, known.fingerprint, weigher)) for known in core]
        by, verdict = max(found, key=lambda item: (item[1].score, -item[0].article_id))
        if len(core) > 1:
            joined = compare(fingerprint, merge([known.fingerprint for known in core]), weigher)
            mean = sum(other.score for _, other in found) / len(found)
            if joined.score > verdict.score and mean >= LEAST_MEAN:
                verdict = replace(joined, similarity=verdict.similarity)
            elif mean < LEAST_MEAN and verdict.relation == "same":
                verdict = replace(verdict, relation="related")
        ranked.append(_Judged(story_id, by.article_id, verdict, _find_origin(fingerprint, found)))
    ranked.sort(key=lambda item: (-item.verdict.score, item.story_id))
    joins = next((item for item in ranked if item.verdict.relation == "same"), None)
    near = [item.story_id for item in ranked if item.verdict.relation != "different" and item is not joins]
    links = tuple(near[:MOST_LINKS])
    if joins:
        return Placement(joins.story_id, joins.origin_id, links, joins.verdict, joins.by)
    return Placement(None, None, links, ranked[0].verdict, ranked[0].by) if ranked else Placement(None)


@dataclass(frozen=True, slots=True)
class _Judged:
    """How an article stands to one story."""

    story_id: int
    by: int  # the report of its core that is nearest
    verdict: Verdict
    origin_id: int | None


def merge(core: Sequence[Fingerprint]) -> Fingerprint:
    """Return what the reports of a core tell together; the first gives script and time."""
    features: dict[str, float] = {}
    for fingerprint in core:
        for feature, prominence in fingerprint.features.items():
            features[feature] = max(prominence, features.get(feature, 0.0))
    times = [fingerprint.at for fingerprint in core if fingerprint.at]
    days = dict.fromkeys(day for fingerprint in core for day in fingerprint.days)
    return Fingerprint(core[0].script, features, (), max(times, default=None), tuple(days))


def _find_origin(fingerprint: Fingerprint, found: Sequence[tuple[Known, Verdict]]) -> int | None:
    """Return the report that an article repeats, or the first that comes from the same agency as it does."""
    copies = [(verdict.similarity, -known.article_id, known.origin_id) for known, verdict in found]
    likest, _, origin_id = max(copies)
    if likest >= COPY_OF:
        return origin_id
    credit = fingerprint.credit
    if credit is None:
        return None
    return next(
        (
            known.origin_id
            for known, _ in found
            if credit == known.fingerprint.credit or _is_of(credit, known.fingerprint.outlet)
        ),
        None,
    )


def _is_of(credit: str, outlet: str | None) -> bool:
    """Tell whether a credit names an outlet: "hill post" is "hill post (english)"."""
    return outlet is not None and (credit.startswith(outlet) or outlet.startswith(credit))


def is_core(placement: Placement, core: Mapping[int, Known], founder: Verdict | None) -> bool:
    """Tell whether a report that was just placed is one that others are compared with."""
    return placement.story_id is None or (
        len(core) < CORE
        and placement.origin_id is None
        and founder is not None
        and founder.score >= CORE_SCORE
    )
