"""How well articles are grouped by event: streams of labelled articles in many orders, beside a naive grouping.

``python -m tests.quality.stories`` prints the tables. ``stories.jsonl`` holds invented articles; an article's ``event``
is a person's reading: equal for reports of one occurrence, none for an article that shares its event with no other,
and for round-ups. Its ``half`` says what it was used for: weights were chosen on corpus/dev and the half ``tune``;
nothing was ever changed for the half ``held``.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import combinations
from pathlib import Path

from alerts.config import load_config
from alerts.story.fingerprint import Fingerprinter
from alerts.story.memory import Memory
from alerts.story.model import Fingerprint
from alerts.story.standing import read_standing
from crawler.parse.dates import parse_date
from tests.conftest import SHARED

ROOT = Path(__file__).resolve().parents[2]
OWN = Path(__file__).parent / "stories.jsonl"
SHUFFLES = 24
# What is promised on corpus/dev, in every order of arrival.
FLOORS = {"precision": 0.97, "recall": 0.85, "across": 0.75}
# How many of a story's pairs two orders of arrival may decide differently.
INSTABILITY = 0.10
NAIVE_CUT = 0.5  # cosine of titles from which the naive grouping takes two articles as one event

Groups = Mapping[str, int]  # story by article id


@dataclass(frozen=True, slots=True)
class Article:
    """One labelled article."""

    id: str
    language: str
    title: str
    text: str
    event: str | None
    published: datetime | None
    outlet: str | None = None
    half: str = "dev"
    trap: str = ""
    copy_of: str | None = None

    @property
    def is_burmese(self) -> bool:
        """Tell English from Burmese in either encoding: a pair of both is one across languages."""
        return self.language != "en"


@dataclass(frozen=True, slots=True)
class Score:
    """One grouping against the labels."""

    precision: float
    recall: float
    across: float  # recall of the pairs in two languages
    bcubed: float  # F1
    false: tuple[tuple[str, str], ...] = ()
    missed: tuple[tuple[str, str], ...] = ()


def read_own(half: str | None = None) -> tuple[Article, ...]:
    """Read the articles beside this module, all or one half."""
    return tuple(article for article in _read(OWN, "language") if half in (None, article.half))


def read_dev(shared: Path) -> tuple[Article, ...]:
    """Read the labelled corpus of the papers beside the checkout; none when it is absent."""
    path = shared / "corpus" / "dev" / "articles.jsonl"
    return tuple(_read(path, "lang")) if path.is_file() else ()


def _read(path: Path, language: str) -> Iterable[Article]:
    for line in path.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        yield Article(
            item["id"],
            item[language],
            item["title"],
            item["text"],
            item.get("event"),
            parse_date(item.get("published")),
            item.get("outlet"),
            item.get("half", "dev"),
            item.get("trap") or "",
            item.get("copy_of"),
        )


@cache
def _shipped() -> tuple[Fingerprinter, Callable[[], Memory]]:
    config = load_config(ROOT / "config", environ={})
    standing = read_standing(config.lexicon, config.topics)
    return Fingerprinter(config.lexicon), lambda: Memory(standing)


def fingerprint_all(articles: Iterable[Article]) -> dict[str, Fingerprint]:
    """Make every article's fingerprint with the shipped lexicon."""
    make = _shipped()[0].make
    return {a.id: make(a.title, a.text, a.published, outlet=a.outlet) for a in articles}


def group(order: Sequence[str], fingerprints: Mapping[str, Fingerprint]) -> Groups:
    """Stream articles in an order; return the story of each."""
    memory = _shipped()[1]()
    return {name: memory.add(fingerprints[name])[0] for name in order}


def orders(articles: Sequence[Article], shuffles: int = SHUFFLES) -> list[list[str]]:
    """Return the ids in the order of publication, undated ones last, and in so many shuffled ones."""
    dated = sorted(articles, key=lambda a: (a.published is None, str(a.published)))
    found = [[article.id for article in dated]]
    for seed in range(shuffles):
        ids = [article.id for article in articles]
        random.Random(seed).shuffle(ids)
        found.append(ids)
    return found


def score(articles: Sequence[Article], groups: Groups) -> Score:
    """Compare a grouping with the labels, pair by pair and by B-cubed (Bagga and Baldwin, 1998)."""
    by_id = {article.id: article for article in articles}
    wanted = {
        (one.id, other.id)
        for one, other in combinations(articles, 2)
        if one.event and one.event == other.event
    }
    found = {
        (one.id, other.id) for one, other in combinations(articles, 2) if groups[one.id] == groups[other.id]
    }
    across = {(a, b) for a, b in wanted if by_id[a].is_burmese != by_id[b].is_burmese}
    return Score(
        _share(len(found & wanted), len(found)),
        _share(len(found & wanted), len(wanted)),
        _share(len(found & across), len(across)),
        _bcubed(articles, groups),
        tuple(sorted(found - wanted)),
        tuple(sorted(wanted - found)),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _bcubed(articles: Sequence[Article], groups: Groups) -> float:
    label = {article.id: article.event or f"alone-{article.id}" for article in articles}
    events, stories = Counter(label.values()), Counter(groups.values())
    both = Counter((label[article.id], groups[article.id]) for article in articles)
    precision = recall = 0.0
    for article in articles:
        shared = both[label[article.id], groups[article.id]]
        precision += shared / stories[groups[article.id]] / len(articles)
        recall += shared / events[label[article.id]] / len(articles)
    return 2 * precision * recall / (precision + recall)


def instability(articles: Sequence[Article], all_groups: Sequence[Groups]) -> float:
    """Return the largest share of a story's pairs that two orders decide differently: 0 where order does not count."""
    pairs = list(combinations([article.id for article in articles], 2))
    decided = [{pair for pair in pairs if groups[pair[0]] == groups[pair[1]]} for groups in all_groups]
    worst = 0.0
    for one, other in combinations(decided, 2):
        worst = max(worst, len(one ^ other) / max(1, len(one) + len(other)))
    return worst


def group_naively(articles: Sequence[Article]) -> Groups:
    """Group by the cosine of title words weighted by rarity, in one pass: what is usual, and blind to languages."""
    words = {
        article.id: Counter(re.findall(r"[^\W\d_]{3,}", article.title.casefold())) for article in articles
    }
    seen = Counter(word for counts in words.values() for word in counts)
    vectors: dict[str, dict[str, float]] = {}
    for name, counts in words.items():
        weights = {word: count * math.log(1 + len(articles) / seen[word]) for word, count in counts.items()}
        length = math.sqrt(sum(weight**2 for weight in weights.values())) or 1.0
        vectors[name] = {word: weight / length for word, weight in weights.items()}
    groups: dict[str, int] = {}
    for name, vector in vectors.items():
        likeness = {
            other: sum(weight * vectors[other].get(word, 0.0) for word, weight in vector.items())
            for other in groups
        }
        best = max(likeness, key=lambda other: likeness[other], default=None)
        joins = best is not None and likeness[best] >= NAIVE_CUT
        groups[name] = groups[best] if best is not None and joins else len(groups) + 1
    return groups


def _show_set(name: str, articles: Sequence[Article]) -> None:
    fingerprints = fingerprint_all(articles)
    all_orders = orders(articles)
    all_groups = [group(order, fingerprints) for order in all_orders]
    scores = [score(articles, groups) for groups in all_groups]
    naive = score(articles, group_naively(articles))
    print(f"{name}: {len(articles)} articles, {len({a.event for a in articles} - {None})} events")
    print(f"{'':30}{'precision':>10}{'recall':>8}{'across languages':>18}{'B-cubed F1':>12}")
    rows = [("in the order of publication", scores[0])]
    for label, pick in ((f"worst of {SHUFFLES} shuffled orders", min), ("mean of them", _mean)):
        values = [
            pick([getattr(one, field) for one in scores[1:]])
            for field in ("precision", "recall", "across", "bcubed")
        ]
        rows.append((label, Score(*values)))
    rows.append(("naive: cosine of titles", naive))
    for label, one in rows:
        print(f"{label:30}{one.precision:10.3f}{one.recall:8.3f}{one.across:18.3f}{one.bcubed:12.3f}")
    print(f"pairs that two orders decide differently, at worst: {instability(articles, all_groups[1:]):.3f}")
    for event in sorted({article.event for article in articles if article.event}):
        members = [article.id for article in articles if article.event == event]
        stories = sorted(len({groups[member] for member in members}) for groups in all_groups)
        print(f"  {event:24}{len(members):3} articles in {stories[0]} to {stories[-1]} stories")
    for label, field in (("wrongly together", "false"), ("wrongly apart", "missed")):
        counts = Counter(pair for one in scores for pair in getattr(one, field))
        shown = ", ".join(f"{a}+{b} ({number}x)" for (a, b), number in counts.most_common(20))
        print(f"{label}: {shown or 'none'}")
    print()


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def main() -> None:
    """Print every table."""
    for name, articles in (
        ("corpus/dev", read_dev(SHARED)),
        ("own set, half tune", read_own("tune")),
        ("own set, half held", read_own("held")),
        ("own set, both halves in one stream", read_own()),
    ):
        if articles:
            _show_set(name, articles)
        else:
            print(f"{name}: not beside this checkout, left out\n")


if __name__ == "__main__":
    main()
