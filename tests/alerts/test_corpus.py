"""The shipped topics on the labelled corpus: a floor for precision and recall that may not sink."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alerts.match.lexicon import read_lexicon
from alerts.match.matcher import Findings, TopicRule, compile_topics

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "lexicon.csv"
FLOORS = {"loikaw": 0.99, "operation-1111": 0.98}
MATCHER = compile_topics(
    (
        TopicRule("loikaw", "Loikaw", any=("@loikaw",), mask=("@loi-kaw-wan",)),
        TopicRule("operation-1111", "Operation 1111", any=("@operation-1111",), mask=("@op-1x8",)),
    ),
    read_lexicon(SHIPPED),
)


@pytest.fixture
def judged(shared: Path) -> list[tuple[dict[str, Any], Findings]]:
    path = shared / "corpus" / "dev" / "articles.jsonl"
    if not path.is_file():
        pytest.skip("no labelled corpus in the shared folder")
    articles = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(article, MATCHER.find_matches(article["title"], article["text"])) for article in articles]


@pytest.mark.parametrize("topic", FLOORS)
def test_precision_and_recall_stay_above_their_floor(
    topic: str, judged: list[tuple[dict[str, Any], Findings]]
) -> None:
    verdicts = [
        (article["id"], topic in article["topics"], topic in found.topics) for article, found in judged
    ]
    missed = [name for name, wanted, found in verdicts if wanted and not found]
    wrong = [name for name, wanted, found in verdicts if found and not wanted]
    hit = sum(wanted and found for _, wanted, found in verdicts)
    precision, recall = hit / (hit + len(wrong)), hit / (hit + len(missed))
    print(f"{topic}: precision {precision:.3f}, recall {recall:.3f}; missed {missed}, wrong {wrong}")
    assert precision >= FLOORS[topic], wrong
    assert recall >= FLOORS[topic], missed


def test_encodings_are_told_right(judged: list[tuple[dict[str, Any], Findings]]) -> None:
    wanted = {"en": "unicode", "my": "unicode", "my-zawgyi": "zawgyi"}
    wrong = [
        (article["id"], found.encoding)
        for article, found in judged
        if found.encoding != wanted.get(article["lang"], found.encoding)
    ]
    assert wrong == []
