"""What is known of features beforehand, from lexicon notes and topics: everyday, wide, or the topic itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.match.concept import kind_of
from alerts.match.lexicon import NUMBER_KIND
from alerts.match.rule import split_term

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.match.lexicon import Lexicon
    from alerts.match.rule import TopicRule

# Notes of the lexicon, or MIMU's place code: MMR and three digits are a state, with three more a township.
_EVERYDAY = re.compile(r"\bis=everyday\b")
_TOWN = re.compile(r"\bis=town\b|\bpcode=MMR\d{6}\b")
_BROAD = re.compile(r"\bis=broad\b|\bpcode=MMR\d{3}\b")


@dataclass(frozen=True, slots=True)
class Standing:
    """Features by what they tell before any article is read."""

    everyday: frozenset[str] = frozenset()  # the news is full of it
    towns: frozenset[str] = frozenset()  # many events of one day may be there
    broad: frozenset[str] = frozenset()  # a dateline, not the place of an event
    topics: frozenset[str] = frozenset()  # what the topics look for

    def is_wide(self, place: str) -> bool:
        """Tell whether many events have that place at once."""
        return place in self.towns or place in self.broad or place in self.topics


def read_standing(lexicon: Lexicon, rules: Iterable[TopicRule]) -> Standing:
    """Read what the notes of the lexicon and the terms of the topics say."""
    found: dict[str, set[str]] = {"everyday": set(), "town": set(), "broad": set()}
    for concept, rows in lexicon.concepts.items():
        notes = " ".join(row.note for row in rows)
        feature = f"{kind_of(concept, lexicon)}:{concept}"
        for name, pattern in (("everyday", _EVERYDAY), ("broad", _BROAD), ("town", _TOWN)):
            if pattern.search(notes):
                found[name].add(feature)
                break
    return Standing(
        frozenset(found["everyday"]),
        frozenset(found["town"]),
        frozenset(found["broad"]),
        frozenset(feature for rule in rules for feature in _find_topic_features(rule, lexicon)),
    )


def _find_topic_features(rule: TopicRule, lexicon: Lexicon) -> Iterable[str]:
    for term in (*rule.any, *rule.all, *rule.title):
        for part in split_term(term):
            concept = part.removeprefix("@")
            if not part.startswith("@") or concept not in lexicon.concepts:
                continue
            yield f"{kind_of(concept, lexicon)}:{concept}"
            for row in lexicon.concepts[concept]:
                if row.kind == NUMBER_KIND:  # Operation 1111 began on 11 November: the day is its name
                    month, _, day = row.form.partition(" ")
                    yield f"day:{int(month):02}-{int(day):02}"
