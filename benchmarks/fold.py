"""How fast text is folded, beside the plain fold of ``plain_fold.py``, text by text in turn.

Burmese: articles of the corpus where it is present (``shared/corpus/text`` beside the checkout or in
$NEWSWATCH_SHARED), else the sentences of ``tests/quality``. English: those sentences. Two rows for ours:
folding alone, which is what an article without a hit costs, and folding with the way back worked out for
one span in every five hundred characters.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from statistics import median

from alerts.text.fold import fold
from benchmarks import plain_fold

ROOT = Path(__file__).resolve().parent.parent


def read_lines(path: Path) -> list[dict[str, str]]:
    """Return the JSON lines of a file, none when it is absent."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []


def find_texts() -> dict[str, list[str]]:
    """Return the texts to fold, by language."""
    shared = Path(os.environ.get("NEWSWATCH_SHARED") or ROOT.parent / "shared")
    own = [
        item for path in sorted((ROOT / "tests/quality").glob("lines-*.jsonl")) for item in read_lines(path)
    ]
    articles = read_lines(shared / "corpus/text/voa_burmese_articles.jsonl")
    burmese = [item["text"] for item in articles] or [
        item["text"] for item in own if item["language"] == "my"
    ]
    english = [item["text"] for item in own if item["language"] == "en"]
    return {"Burmese": burmese[:100], "English": english * 10}


def fold_and_ask(text: str) -> None:
    """Fold and work out where one span in five hundred characters came from."""
    folded = fold(text)
    for at in range(0, len(folded.text) - 8, 500):
        folded.span(at, at + 8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    contenders = {"plain fold": plain_fold.fold, "fold": fold, "fold, spans asked": fold_and_ask}
    for language, texts in find_texts().items():
        chars = sum(map(len, texts))
        spent: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(options.rounds + 1):
            total = dict.fromkeys(contenders, 0.0)
            for text in texts:
                for name, contender in contenders.items():
                    started = time.process_time()
                    contender(text)
                    total[name] += time.process_time() - started
            for name, seconds in total.items():
                spent[name].append(seconds)
        medians = {
            name: median(seconds[1:]) for name, seconds in spent.items()
        }  # the first round fills caches
        print(f"{language}: {len(texts)} texts, {chars} characters, medians of {options.rounds} rounds")
        for name, seconds in medians.items():
            ratio = medians["plain fold"] / seconds
            print(f"  {name:<18} {seconds / chars * 1e6:6.3f} µs per character   {ratio:6.1f} x")


if __name__ == "__main__":
    main()
