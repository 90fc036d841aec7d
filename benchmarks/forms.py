"""What ten thousand forms cost beside a hundred, on the same articles, and what looking for each in turn costs.

The forms are two to four syllables or words of the articles, drawn at random and put together: names that
nobody bears, with beginnings that stand everywhere; one in twenty is a piece of an article as it stands.
Articles: the corpus where it is present (``shared/corpus`` beside the checkout or in $NEWSWATCH_SHARED), else
the sentences of ``tests/quality``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import time
from pathlib import Path
from statistics import median

from alerts.match.lexicon import build_lexicon
from alerts.match.matcher import Matcher, compile_topics
from alerts.match.rule import TopicRule, find_term_problems
from alerts.text.fold import fold
from alerts.text.key import find_folded, make_key
from alerts.text.syllable import SYLLABLE

ROOT = Path(__file__).resolve().parent.parent
LEXICON = build_lexicon(())
_PIECE = re.compile(f"(?:{SYLLABLE.pattern}|[a-z]{{3,}})")


def read_texts(path: Path) -> list[str]:
    """Return the texts of a file of JSON lines, none when it is absent."""
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return [text for line in lines if (text := json.loads(line)["text"])]


def make_forms(texts: list[str], most: int) -> list[str]:
    """Return *most* different forms out of the texts; the same ones on every run."""
    chance = random.Random(1111)  # a benchmark must repeat, not be secret
    forms: dict[str, None] = {}
    folded = [fold(text).text for text in texts]
    pieces = [_PIECE.findall(text) for text in folded]
    while len(forms) < most:
        which = chance.randrange(len(texts))
        starts = [match.start() for match in _PIECE.finditer(folded[which])]
        if len(starts) < 6:
            continue
        length = chance.randint(2, 4)
        if chance.random() < 0.05:
            first = chance.randrange(len(starts) - 4)
            form = folded[which][starts[first] : starts[first + length]].strip()
        else:
            form = " ".join(chance.choice(pieces[which]) for _ in range(length))
        rule = TopicRule("t", "T", any=(f'"{form}"',))
        if (
            form not in forms
            and "\n" not in form
            and "|" not in form
            and not find_term_problems(rule, LEXICON)
        ):
            forms[form] = None
    return list(forms)


def match_all(matcher: Matcher, texts: list[str]) -> int:
    """Match every text; return how many hold the topic."""
    return sum(bool(matcher.find_matches("", text).topics) for text in texts)


def find_in_turn(forms: list[str], texts: list[str]) -> int:
    """Look for every form by itself; return how many texts hold one."""
    keys = [make_key(form) for form in forms]
    folds = [fold(text) for text in texts]
    return sum(any(next(find_folded(folded, key), None) for key in keys) for folded in folds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    shared = Path(os.environ.get("NEWSWATCH_SHARED") or ROOT.parent / "shared")
    own = [
        text for path in sorted((ROOT / "tests/quality").glob("lines-*.jsonl")) for text in read_texts(path)
    ]
    articles = read_texts(shared / "corpus/text/voa_burmese_articles.jsonl") + read_texts(
        shared / "corpus/dev/articles.jsonl"
    )
    texts = articles or own
    forms = make_forms([*own, *articles], 10_000)
    matchers: dict[int, Matcher] = {}
    for count in (100, 1_000, 10_000):
        started = time.process_time()
        rule = TopicRule("t", "T", any=tuple(f'"{form}"' for form in forms[:count]))
        matchers[count] = compile_topics((rule,), LEXICON)
        print(f"{count:>6} forms checked and compiled in {time.process_time() - started:.2f} s")
    spent: dict[int, list[float]] = {count: [] for count in matchers}
    found: dict[int, int] = {}
    for _ in range(options.rounds):
        for count, matcher in matchers.items():
            started = time.process_time()
            found[count] = match_all(matcher, texts)
            spent[count].append(time.process_time() - started)
    chars = sum(map(len, texts))
    print(
        f"{len(texts)} articles, {chars} characters; x: times 100 forms; medians of {options.rounds} rounds"
    )
    least = median(spent[100])
    for count, seconds in spent.items():
        middle = median(seconds)
        rate = len(texts) / middle
        times = middle / least
        print(f"{count:>6} forms {middle:6.3f} s {rate:6.0f} articles/s; {found[count]} hold; {times:.2f} x")
    started = time.process_time()
    held = find_in_turn(forms[:1_000], texts)
    turn = time.process_time() - started
    print(f"  1000 forms, each looked for in turn until one is found: {turn:.3f} s, {held} hold")


if __name__ == "__main__":
    main()
