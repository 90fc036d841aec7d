"""The stories of the documents of one call: which of them report one event, and why. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.story.fingerprint import Fingerprinter
from alerts.story.memory import Memory
from alerts.story.standing import read_standing
from crawler.parse.dates import parse_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.match.lexicon import Lexicon
    from alerts.match.rule import TopicRule
    from alerts.story.model import Evidence
    from alerts.trial.value import Document

MOST_REASONS = 4


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a document went: its story, the documents that were there before it, and what decided."""

    story: str
    earlier: tuple[str, ...] = ()  # ids of documents on the same event, in the order of arrival
    copy_of: str | None = None
    near: tuple[str, ...] = ()  # stories about something close to it
    reasons: tuple[Evidence, ...] = ()


class Grouping:
    """Groups documents one after the other, as a run would, by lexicon and topics."""

    def __init__(self, lexicon: Lexicon, rules: Sequence[TopicRule]) -> None:
        self._fingerprinter = Fingerprinter(lexicon)
        self._memory = Memory(read_standing(lexicon, rules))
        self._names: list[str] = []
        self._stories: dict[int, list[str]] = {}

    def add(self, document: Document, default_encoding: str = "unicode") -> Placed:
        """Place the next document. One without a date is compared by the days that it names alone."""
        at = parse_date(document.published)
        fingerprint = self._fingerprinter.make(
            document.title, document.text, at, default_encoding, document.outlet
        )
        story_id, placement = self._memory.add(fingerprint)
        members = self._stories.setdefault(story_id, [])
        earlier = tuple(members)
        self._names.append(str(document.id))
        members.append(str(document.id))
        reasons = placement.verdict.evidence if placement.verdict and earlier else ()
        return Placed(
            f"s{story_id}",
            earlier,
            None if placement.origin_id is None else self._names[placement.origin_id - 1],
            tuple(f"s{number}" for number in placement.links),
            reasons[:MOST_REASONS],
        )

    def groups(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the stories with more than one document, each with its documents."""
        return tuple(
            (f"s{story_id}", tuple(members))
            for story_id, members in self._stories.items()
            if len(members) > 1
        )
