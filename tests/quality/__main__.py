"""Print how well the shipped topics do, beside a naive search, and what is urgent: ``python -m tests.quality``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from tests.conftest import SHARED
from tests.quality import severity
from tests.quality.matching import (
    FLOORS,
    TOPICS,
    Judged,
    Score,
    find_errors,
    group,
    judge,
    read_dev,
    read_own,
    score,
)

WIDTH = 110
NAME = 32
COUNTS = ("tp", "fp", "fn", "tn")
SHARES = ("precision", "recall")


def show_table(judged: tuple[Judged, ...], topic: str) -> Iterator[str]:
    """Yield the lines of one table: what the matcher answers, beside it the naive search."""
    cells = "".join(f"{name:>6}" for name in COUNTS) + "".join(f"{name:>11}" for name in SHARES)
    yield f"{'':{NAME}}{cells}   |{'precision':>11}{'recall':>9}  naive"
    for name, rows in group(judged).items():
        ours = score(rows, topic, lambda one: one.found)
        naive = score(rows, topic, lambda one: one.naive)
        counts = "".join(f"{value:6}" for value in (ours.tp, ours.fp, ours.fn, ours.tn))
        yield f"{name:{NAME}}{counts}{_shares(ours, 11, 11)}   |{_shares(naive, 11, 9)}".rstrip()
    for label, ids in zip(("missed", "false alarms"), find_errors(judged, topic), strict=True):
        yield from textwrap.wrap(f"{label}: {', '.join(ids) or 'none'}", WIDTH, subsequent_indent="  ")


def _shares(found: Score, first: int, second: int) -> str:
    return "".join(
        f"{'-' if share is None else format(share, '.3f'):>{width}}"
        for share, width in ((found.precision, first), (found.recall, second))
    )


def main() -> None:
    """Print every table."""
    sets = {"own set": read_own(), "corpus/dev": read_dev(SHARED)}
    for name, lines in sets.items():
        if not lines:
            print(f"{name}: not beside this checkout, left out\n")
            continue
        judged = judge(lines)
        for topic in TOPICS:
            print(f"{topic} on the {name}: {len(lines)} texts, floor {FLOORS[topic]:.2f} for both")
            print("\n".join(show_table(judged, topic)), end="\n\n")
    print("\n".join(severity.show_table(severity.score_own())))


if __name__ == "__main__":
    main()
