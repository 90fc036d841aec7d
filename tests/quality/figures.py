"""Score the reading of figures against labelled sentences. `python -m tests.quality.figures` prints the table."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alerts.figure.extract import find_figures

if TYPE_CHECKING:
    from alerts.figure.model import Figure

OWN = Path(__file__).with_name("figures.jsonl")


@dataclass(slots=True)
class Score:
    """Counts of right and wrong readings; ``notes`` names each error."""

    hits: int = 0
    wrong: int = 0
    missed: int = 0
    source_hits: int = 0
    hedge_hits: int = 0
    least_hits: int = 0
    bare: int = 0  # sentences without a figure, and how many of them got one
    bare_wrong: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.hits / max(1, self.hits + self.wrong)

    @property
    def recall(self) -> float:
        return self.hits / max(1, self.hits + self.missed)

    def share(self, hits: int) -> float:
        return hits / max(1, self.hits)


def _words(name: str) -> set[str]:
    return {word.strip(".,") for word in name.casefold().split()} - {"a", "an", "the", "of"}


def is_same_source(wanted: str | None, found: str | None) -> bool:
    """Tell whether two sources are the same: both none, or sharing words; a translated one is there or not."""
    if wanted is None or found is None:
        return wanted is found
    if any("\u1000" <= char <= "\u109f" for char in wanted + found):
        return wanted in found or found in wanted or wanted.isascii()
    return bool(_words(wanted) & _words(found))


def score_sentence(score: Score, name: str, wanted: list[dict[str, Any]], found: list[Figure]) -> None:
    """Add one sentence to *score*; a figure is right when value and kind are."""
    want = Counter((item["value"], item["what"]) for item in wanted)
    got = Counter((item.value, item.what) for item in found)
    score.hits += (want & got).total()
    for key, many in (got - want).items():
        score.wrong += many
        score.notes.append(f"{name}: wrong {key}")
    for key, many in (want - got).items():
        score.missed += many
        score.notes.append(f"{name}: missed {key}")
    if not wanted:
        score.bare += 1
        score.bare_wrong += bool(found)
    for label in wanted:
        figure = next(
            (item for item in found if (item.value, item.what) == (label["value"], label["what"])), None
        )
        if figure is None:
            continue
        checks = (
            is_same_source(label["source"], figure.source),
            figure.hedged == label["hedged"],
            figure.at_least == label["at_least"],
        )
        score.source_hits += checks[0]
        score.hedge_hits += checks[1]
        score.least_hits += checks[2]
        if not all(checks):
            score.notes.append(
                f"{name}: {label['value']} got {figure.source!r} {figure.hedged=} {figure.at_least=}"
            )


def score_own() -> dict[str, Score]:
    """Score the project's own sentences, by language."""
    scores: dict[str, Score] = {}
    for line in OWN.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        score = scores.setdefault(case["language"], Score())
        score_sentence(score, case["id"], case["figures"], list(find_figures(case["text"])))
    return scores


def score_corpus(folder: Path) -> Score:
    """Score the labelled sentences of a corpus folder, each read inside its article."""
    articles = {}
    for line in (folder / "articles.jsonl").read_text(encoding="utf-8").splitlines():
        article = json.loads(line)
        articles[article["id"]] = article["text"]
    score = Score()
    for line in (folder / "figures.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        found = [
            figure
            for figure in find_figures(articles[case["article_id"]])
            if figure.sentence in case["sentence"]
        ]
        score_sentence(score, f"{case['article_id']} {case['sentence'][:60]}", case["figures"], found)
    return score


def print_table(scores: dict[str, Score]) -> None:
    """Print one row a set, then every error."""
    print("set         precision recall source hedge at-least  none: wrong/all")
    for name, score in scores.items():
        print(
            f"{name:11} {score.precision:9.3f} {score.recall:6.3f} {score.share(score.source_hits):6.3f}"
            f" {score.share(score.hedge_hits):5.3f} {score.share(score.least_hits):8.3f}"
            f"  {score.bare_wrong}/{score.bare}  ({score.hits} right, {score.wrong} wrong, {score.missed} missed)"
        )
    for name, score in scores.items():
        for note in score.notes:
            print(f"  {name}: {note}")


if __name__ == "__main__":
    results = score_own() if OWN.is_file() else {}
    for argument in sys.argv[1:]:
        results[Path(argument).name] = score_corpus(Path(argument))
    print_table(results)
