"""How two articles stand to each other: every piece of evidence with its weight, and their sum.

Shared features speak for one event; another place, day, count or headline speaks against it.
"""

from __future__ import annotations

from datetime import timedelta
from math import sqrt
from typing import TYPE_CHECKING

from alerts.story.day import distance
from alerts.story.model import Evidence, Verdict
from alerts.story.roundup import ROUNDUP
from alerts.story.sketch import estimate_similarity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alerts.story.model import Fingerprint, Relation
    from alerts.story.standing import Standing
    from alerts.story.weigh import View, Weigher

WINDOW = timedelta(hours=96)  # between two reports of one event; later ones are follow-ups
COPY = 0.5  # share of shingles from which a text is a copy of another
SURE_COPY = 0.85  # where the places differ
COPY_WINDOW = timedelta(days=10)  # weeklies reprint late
# Kinds whose sum is bounded: many shared words of a region's news are no event.
MOST: Mapping[str, float] = {"word": 4.0, "actor": 2.0, "number": 6.5, "name": 4.0, "operation": 1.0}
# Weights that count together to be one event: where both articles have a time, and where one has none.
NEEDED, NEEDED_UNDATED = 7.3, 7.6
SHORT = 50.0  # weight of all that is said in an article of some sentences
RELATED = 0.6  # of what is needed: near it, or a follow-up
COPY_WORTH = 14.0
SAME_DAYS, SIDE_BY_SIDE, NEAR_DAYS, OTHER_DAYS, FAR_DAYS = 1.5, 0.75, 1.0, 9.0, 10
ANOTHER_PLACE, PERHAPS_ANOTHER, ANOTHER_EVENT, ANOTHER_FIGURE = 6.0, 4.0, 2.0, 1.5
TOLD = 3.0  # at least so much must be shared of what happened
PIECE, PIECES = 0.9, 2  # one thing in common, a clinic, is no event, however rare
LEAST_SHARE, OTHER_NEWS = 0.4, 4.0
HEADLINE_EVENT, HEADLINE_THING = 2.5, 1.5
SOME_NUMBERS, OTHER_NUMBERS = 2, 1.0
MOST_EVIDENCE = 12
ANOTHER, OTHER_TITLE = "another place", "nothing of its title"
TITLE_UNTOLD = 2.5


def compare(one: Fingerprint, other: Fingerprint, weigher: Weigher) -> Verdict:
    """Return how two articles stand to each other. Symmetric."""
    similarity = estimate_similarity(one.sketch, other.sketch)
    views = weigher.view(one), weigher.view(other)
    against = list(_find_contradictions(one, other, views, weigher.standing))
    # a form letter with another name in it is no copy, nor is a page whose ending is that of all its pages
    is_doubtful = any(item.what in (ANOTHER, OTHER_TITLE) for item in against)
    is_copy = similarity >= (SURE_COPY if is_doubtful else COPY)
    if one.at and other.at and abs(one.at - other.at) > (COPY_WINDOW if is_copy else WINDOW):
        return Verdict("different", 0.0, similarity, (Evidence("too far apart in time", -1.0),))
    shared = _find_shared(one, other, weigher)
    time, is_dated = _weigh_time(one, other)
    evidence = [*shared, *time, *against]
    told = sum(item.weight for item in shared if weigher.says_what(item.what))
    size = min(view.size_of_what for view in views)
    if not is_copy and told < size * LEAST_SHARE:
        share = told / size
        evidence.append(
            Evidence("little of what happened is the same", -OTHER_NEWS * (1 - share / LEAST_SHARE))
        )
    if is_copy:
        evidence.append(Evidence(f"{similarity:.0%} of the text is the same", COPY_WORTH * similarity))
    needed = NEEDED if is_dated else NEEDED_UNDATED
    needed *= max(1.0, sqrt(views[0].size * views[1].size) / SHORT)  # long articles share much by chance
    score = sum(item.weight for item in evidence) / needed
    if score >= 1.0 and not is_copy and (told < TOLD or not _is_event(shared, weigher)):
        score = 0.99  # the same town on the same day: but what happened?
    roundups = sum(article.events >= ROUNDUP for article in (one, other))
    if score >= 1.0 and roundups and not (is_copy and roundups == 2):
        evidence.append(Evidence("one of them reports many events", 0.0))
        return Verdict("related", score, similarity, _heaviest(evidence))
    relation: Relation = "same" if score >= 1.0 else "related" if score >= RELATED else "different"
    return Verdict(relation, score, similarity, _heaviest(evidence))


def _is_event(shared: Sequence[Evidence], weigher: Weigher) -> bool:
    """Tell whether what is shared can be one event: two things at least, and not only clinics and medicines."""
    pieces = [
        item.what
        for item in shared
        if item.weight >= PIECE and (weigher.says_what(item.what) or item.what.startswith("day:"))
    ]
    return len(pieces) >= PIECES and not all(piece.startswith("thing:") for piece in pieces)


def _find_shared(one: Fingerprint, other: Fingerprint, weigher: Weigher) -> list[Evidence]:
    found: dict[str, list[Evidence]] = {}
    few, many = sorted((one.features, other.features), key=len)
    shared = few.keys() & many.keys()
    counted = {f"number:{name.rpartition('=')[2]}" for name in shared if name.startswith("figure:")}
    for feature, prominence in few.items():
        if feature in shared and feature not in counted:  # the figure weighs already
            weight = weigher.weight(feature) * min(prominence, many[feature])
            found.setdefault(feature.partition(":")[0], []).append(Evidence(feature, weight))
    evidence: list[Evidence] = []
    for kind, items in found.items():
        total = sum(item.weight for item in items)
        share = min(1.0, MOST[kind] / total) if kind in MOST and total else 1.0
        evidence += [Evidence(item.what, item.weight * share) for item in items]
    return evidence


def _find_contradictions(
    one: Fingerprint, other: Fingerprint, views: tuple[View, View], standing: Standing
) -> Iterator[Evidence]:
    mine, theirs = views
    yield from _compare_places(one, other, views, standing)
    for view, another in ((mine, other), (theirs, one)):
        if view.title and view.title.isdisjoint(another.features):
            yield Evidence(OTHER_TITLE, -TITLE_UNTOLD)
        if view.headline and not any(name in another.features for name in view.headline):
            happened = view.headline[0].startswith("event:")
            yield Evidence(
                f"a headline on {view.headline[0]}", -HEADLINE_EVENT if happened else -HEADLINE_THING
            )
    if mine.events and theirs.events and not mine.events & theirs.events:
        yield Evidence("another kind of event", -ANOTHER_EVENT)
    if min(len(mine.numbers), len(theirs.numbers)) >= SOME_NUMBERS and not mine.numbers & theirs.numbers:
        yield Evidence("no number in common", -OTHER_NUMBERS)
    for what in sorted(mine.counts.keys() & theirs.counts.keys()):
        named, also = max(mine.counts[what]), max(theirs.counts[what])
        if f"number:{named}" not in theirs.numbers and f"number:{also}" not in mine.numbers:
            least, most = sorted((named, also))
            yield Evidence(
                f"{what}: {least}, not {most}", -ANOTHER_FIGURE * min(1.0, (most - least) / most * 2)
            )


def _compare_places(
    one: Fingerprint, other: Fingerprint, views: tuple[View, View], standing: Standing
) -> Iterator[Evidence]:
    places, others = views[0].places, views[1].places
    if not places or not others or any(place in others and place not in standing.towns for place in places):
        return
    is_same_day = bool({*one.days} & {*other.days})
    for main, rest in ((places, others), (others, places)):
        most = max(main.values())
        if any(place in rest for place, prominence in main.items() if prominence == most):
            continue
        # a village and a township may be one place; two villages are not, nor two townships
        main_towns, rest_towns = main.keys() & standing.towns, rest.keys() & standing.towns
        may_lie_in = (not main_towns and len(rest_towns) == len(rest)) or (
            not rest_towns and len(main_towns) == len(main)
        )
        weight = (
            ANOTHER_PLACE if not may_lie_in else PERHAPS_ANOTHER if not is_same_day else PERHAPS_ANOTHER / 3
        )
        yield Evidence(ANOTHER, -weight)


def _weigh_time(one: Fingerprint, other: Fingerprint) -> tuple[list[Evidence], bool]:
    """Return what the two times say, and whether both articles have one, by date or by the days they name."""
    days, other_days = _days_of(one), _days_of(other)
    if not days or not other_days:
        return [], False
    apart = min(distance(day, another) for day in days for another in other_days)
    if apart == 0 or (apart == 1 and not (one.days and other.days)):
        return [Evidence("the same days", SAME_DAYS)], True
    if apart == 1:
        return [Evidence("days side by side", SIDE_BY_SIDE)], True
    if apart > FAR_DAYS:
        return [Evidence(f"{apart} days apart", -OTHER_DAYS)], True
    if one.days and other.days:
        return [Evidence(f"{apart} days apart", -NEAR_DAYS * min(apart, 4))], True
    return [], True


def _days_of(article: Fingerprint) -> tuple[tuple[int, int], ...]:
    if article.days or article.at is None:
        return article.days
    return ((article.at.month, article.at.day),)


def _heaviest(evidence: list[Evidence]) -> tuple[Evidence, ...]:
    return tuple(sorted(evidence, key=lambda item: -abs(item.weight))[:MOST_EVIDENCE])
