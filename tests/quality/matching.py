"""Judge the shipped topics on labelled lines: who is right, who is wrong. Prints nothing, sets no floor."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alerts.config import load_config
from alerts.match.matcher import Findings, Matcher, compile_topics

ROOT = Path(__file__).resolve().parents[2]
OWN = tuple(sorted(Path(__file__).parent.glob("lines-*.jsonl")))
TOPICS = ("loikaw", "operation-1111")
# What the product promises on any labelled set, precision and recall alike.
FLOORS = {"loikaw": 0.99, "operation-1111": 0.98}
# What a watcher without this program would search for, ignoring case.
NAIVE = {"loikaw": ("loikaw", "လွိုင်ကော်"), "operation-1111": ("1111",)}
# The corpus calls Zawgyi a language; feeds and pages call both encodings "my".
TAGS = {"zawgyi": "my", "my-zawgyi": "my", "mixed": None}


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled text."""

    id: str
    language: str
    title: str
    text: str
    topics: frozenset[str]
    trap: str
    near_miss: bool = False
    gloss: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of right and wrong answers; a share of nothing is None."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def precision(self) -> float | None:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else None

    @property
    def recall(self) -> float | None:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else None


@dataclass(frozen=True, slots=True)
class Judged:
    """A line with what the matcher and the naive search made of it."""

    line: Line
    findings: Findings
    naive: frozenset[str]

    @property
    def found(self) -> frozenset[str]:
        return frozenset(self.findings.topics)


def read_own() -> tuple[Line, ...]:
    """Read the lines that stand beside this module."""
    return tuple(line for path in OWN for line in _read(path, "language"))


def read_dev(shared: Path) -> tuple[Line, ...]:
    """Read the labelled articles of the papers beside the checkout; none when they are absent."""
    path = shared / "corpus" / "dev" / "articles.jsonl"
    return tuple(_read(path, "lang")) if path.is_file() else ()


def _read(path: Path, language: str) -> Iterable[Line]:
    for written in path.read_text(encoding="utf-8").split("\n"):
        if not written.strip():
            continue
        item = json.loads(written)
        yield Line(
            item["id"],
            item[language],
            item.get("title", ""),
            item["text"],
            frozenset(item["topics"]),
            item["trap"] or "plain",
            item.get("near_miss", False),
            item.get("gloss", ""),
        )


@cache
def shipped_matcher() -> Matcher:
    """Compile the topics and the lexicon in config/, as the program does."""
    config = load_config(ROOT / "config", environ={})
    return compile_topics(config.topics, config.lexicon)


def judge(lines: Iterable[Line]) -> tuple[Judged, ...]:
    """Match every line, with the shipped topics and with the naive search."""
    matcher = shipped_matcher()
    return tuple(
        Judged(
            line,
            matcher.find_matches(line.title, line.text, TAGS.get(line.language, line.language)),
            search_naively(line),
        )
        for line in lines
    )


def search_naively(line: Line) -> frozenset[str]:
    """Return the topics one of whose words stands in the title or the text, letter for letter."""
    text = f"{line.title}\n{line.text}".lower()
    return frozenset(topic for topic, words in NAIVE.items() if any(word in text for word in words))


def score(judged: Iterable[Judged], topic: str, answer: Callable[[Judged], frozenset[str]]) -> Score:
    """Count the answers on *topic* against the labels."""
    counts = {(True, True): 0, (False, True): 0, (True, False): 0, (False, False): 0}  # (wanted, found)
    for one in judged:
        counts[topic in one.line.topics, topic in answer(one)] += 1
    return Score(counts[True, True], counts[False, True], counts[True, False], counts[False, False])


def find_errors(judged: Iterable[Judged], topic: str) -> tuple[list[str], list[str]]:
    """Return the ids that the matcher missed and those that it found wrongly."""
    missed: list[str] = []
    false: list[str] = []
    for one in judged:
        wanted, found = topic in one.line.topics, topic in one.found
        if wanted != found:
            (missed if wanted else false).append(one.line.id)
    return missed, false


def group(judged: Iterable[Judged]) -> Mapping[str, tuple[Judged, ...]]:
    """Return the rows of a table: all, then each language, then each trap."""
    every = tuple(judged)
    rows: dict[str, list[Judged]] = {"all": list(every)}
    for one in sorted(every, key=lambda one: one.line.language):
        rows.setdefault(f"language {one.line.language}", []).append(one)
    for one in sorted(every, key=lambda one: one.line.trap):
        rows.setdefault(f"trap {one.line.trap}", []).append(one)
    return {name: tuple(some) for name, some in rows.items()}
