"""Score the grading of news against labelled articles. `python -m tests.quality.severity` prints the table."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.config import load_config
from alerts.match.matcher import compile_topics
from alerts.model import Severity
from alerts.severity.grade import Grader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.match.matcher import Matcher
    from alerts.model import Grade

OWN = Path(__file__).with_name("severity.jsonl")
CONFIG = Path(__file__).parents[2] / "config"
SEEN = datetime(2026, 11, 22, 5, tzinfo=UTC)  # when all of the own set was first seen
TOPIC = "loikaw"


@dataclass(slots=True)
class Score:
    """How `URGENT` was told from the rest, how often the very grade was right, and each error."""

    right: int = 0
    false: int = 0
    missed: int = 0
    exact: int = 0
    all: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.false)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)


@cache
def tools() -> tuple[Matcher, Grader]:
    """Return the shipped topics' matcher and a grader with the shipped lexicon."""
    config = load_config(CONFIG, environ={})
    return compile_topics(config.topics, config.lexicon), Grader(config.lexicon)


def grade_text(title: str, text: str, seen: datetime | None = SEEN) -> Grade:
    """Return the grade near the words of the topic; ``LookupError`` when it does not stand there."""
    matcher, grader = tools()
    hits = [hit for found in matcher.find_matches(title, text).topics.values() for hit in found]
    if not hits:
        raise LookupError(title)
    return grader.grade(title, text, hits, seen=seen)


def read_own() -> list[dict[str, str]]:
    """Return the labelled articles."""
    return [json.loads(line) for line in OWN.read_text(encoding="utf-8").splitlines()]


def score_own() -> dict[str, Score]:
    """Score the own set by language."""
    scores: dict[str, Score] = {}
    for case in read_own():
        score = scores.setdefault(case["language"], Score())
        grade = grade_text(case["title"], case["text"])
        wanted, got = case["severity"], grade.severity.word
        urgent = Severity.URGENT.word
        score.all += 1
        score.exact += got == wanted
        score.right += got == wanted == urgent
        score.false += got == urgent != wanted
        score.missed += wanted == urgent != got
        if got != wanted:
            score.notes.append(f"{case['id']} {case['trap']}: {wanted}, graded {got}: {grade.reasons}")
    return scores


def show_table(scores: dict[str, Score]) -> Iterator[str]:
    """Yield the lines of the table, then every error."""
    yield "severity    urgent: precision recall  right false missed   exact grade"
    for name, score in scores.items():
        yield (
            f"{name:18} {score.precision:10.3f} {score.recall:6.3f} {score.right:6} {score.false:5} {score.missed:6}"
            f"   {score.exact}/{score.all}"
        )
    labels = Counter(case["severity"] for case in read_own())
    yield "labels: " + ", ".join(f"{number} {label}" for label, number in labels.most_common())
    for name, score in scores.items():
        yield from (f"  {name}: {note}" for note in score.notes)


if __name__ == "__main__":
    print("\n".join(show_table(score_own())))
