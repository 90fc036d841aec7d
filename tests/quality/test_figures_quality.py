"""The gate on reading figures: the project's own sentences, and the labelled corpus beside the checkout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from alerts.figure.extract import find_figures
from tests.quality.figures import OWN, Score, score_corpus, score_own, score_sentence

if TYPE_CHECKING:
    from pathlib import Path

MIN_PRECISION = 0.97
MIN_RECALL = 0.85
MIN_CORPUS_RECALL = 0.75
MIN_SOURCE = 0.85
MIN_HEDGE = 0.9


@pytest.fixture(scope="module")
def own() -> dict[str, Score]:
    return score_own()


def test_own_set_is_large_and_half_burmese() -> None:
    cases = [json.loads(line) for line in OWN.read_text(encoding="utf-8").splitlines()]
    burmese = [case for case in cases if case["language"] != "en"]
    assert len(cases) >= 200
    assert len({case["id"] for case in cases}) == len({case["text"] for case in cases}) == len(cases)
    assert 0.45 <= len(burmese) / len(cases) <= 0.6
    assert all(case["gloss"] for case in burmese)
    assert sum(case["language"] == "my-zawgyi" for case in cases) >= 10
    assert sum(not case["figures"] for case in cases) >= 70


@pytest.mark.parametrize("language", ["en", "my", "my-zawgyi"])
def test_own_set_is_read_above_its_floors(language: str, own: dict[str, Score]) -> None:
    score = own[language]
    assert score.precision >= MIN_PRECISION, score.notes
    assert score.recall >= MIN_RECALL, score.notes
    assert score.share(score.source_hits) >= MIN_SOURCE, score.notes
    assert score.share(score.hedge_hits) >= MIN_HEDGE, score.notes
    assert score.share(score.least_hits) >= MIN_HEDGE, score.notes


@pytest.mark.parametrize("language", ["en", "my", "my-zawgyi"])
def test_no_figure_in_a_sentence_without_one(language: str, own: dict[str, Score]) -> None:
    assert own[language].bare_wrong == 0, own[language].notes


def test_labelled_corpus_is_read_above_its_floors(shared: Path) -> None:
    folder = shared / "corpus" / "dev"
    if not (folder / "figures.jsonl").is_file():
        pytest.skip("no labelled figures in the shared folder")
    score = score_corpus(folder)
    assert score.bare_wrong == 0, score.notes
    assert score.precision >= MIN_PRECISION, score.notes
    assert score.recall >= MIN_CORPUS_RECALL, score.notes
    assert score.share(score.source_hits) >= MIN_SOURCE, score.notes
    assert score.share(score.hedge_hits) >= MIN_HEDGE, score.notes


def test_score_counts_wrong_missed_and_misattributed() -> None:
    score = Score()
    wanted = [
        {"value": 3, "what": "killed", "at_least": False, "hedged": False, "source": "the army"},
        {"value": 9, "what": "injured", "at_least": False, "hedged": False, "source": None},
    ]
    found = list(find_figures("Three people were killed and four arrested, residents said."))
    score_sentence(score, "x", wanted, found)
    assert (score.hits, score.wrong, score.missed, score.source_hits) == (1, 1, 1, 0)
    assert (score.precision, score.recall) == (0.5, 0.5)
