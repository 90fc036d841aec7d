"""``python -m tests.twins``: crawl the twins of all default sources, print what came of each; status 1 on a fault."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.twins.crawl import Crawled, crawl_twins
from tests.twins.verdict import Verdict, judge, judge_manners, judge_second, judge_third

HEAD = (
    "source",
    "made with",
    "lang",
    "route",
    "entries",
    "page/feed/summary",
    "lines",
    "unwanted",
    "F1",
    "topics",
)


def main() -> int:
    """Crawl, print, and return the exit status."""
    with tempfile.TemporaryDirectory(prefix="twins-") as home:
        crawled = crawl_twins(Path(home))
    verdicts = judge(crawled)
    print_table(verdicts)
    further = (*judge_second(crawled), *judge_third(crawled), *judge_manners(crawled))
    for fault in further:
        print(f"! {fault}")
    print_totals(crawled, verdicts)
    return 1 if further or any(verdict.faults for verdict in verdicts) else 0


def print_table(verdicts: tuple[Verdict, ...]) -> None:
    """Print a line a source, and below it what was told of it and what is wrong."""
    rows = [HEAD, *(_row(verdict) for verdict in verdicts)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    notes = [(), *((*_notes(verdict), *(f"! {fault}" for fault in verdict.faults)) for verdict in verdicts)]
    for row, below in zip(rows, notes, strict=True):
        print("  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip())
        for line in below:
            print(f"    {line}")


def print_totals(crawled: Crawled, verdicts: tuple[Verdict, ...]) -> None:
    """Print what all sources together brought, and how each run went."""
    required = sum(verdict.required for verdict in verdicts)
    found = sum(verdict.found for verdict in verdicts)
    scores = [verdict.f1 for verdict in verdicts if verdict.f1 is not None]
    entries = sum(len(verdict.reading.entries) for verdict in verdicts)
    print(
        f"\n{len(verdicts)} sources, {entries} entries, {crawled.first.articles} articles; "
        f"lines {found} of {required}, unwanted {sum(verdict.unwanted for verdict in verdicts)}, "
        f"F1 {sum(scores) / len(scores):.3f}; {sum(not verdict.faults for verdict in verdicts)} sources without a fault"
    )
    told = {
        "first run": crawled.first,
        "second run, nothing new": crawled.second,
        "third run, first routes gone": crawled.third,
    }
    for name, done in told.items():
        report = done.finished.report
        print(
            f"{name}: {report['seconds']} s, {len(done.visits)} requests, {report['sources']['not_modified']} not "
            f"modified, {report['entries']['new']} new entries, {report['articles']['fetched']} pages read"
        )


def _row(verdict: Verdict) -> tuple[str, ...]:
    twin, reading = verdict.twin, verdict.reading
    origins = Counter(entry.origin for entry in reading.entries)
    topics = Counter(topic for entry in reading.entries for topic in entry.topics)
    served = "none" if reading.route is None else f"{reading.route + 1} {twin.routes[reading.route]}"
    return (
        twin.source_id,
        twin.cms,
        twin.language,
        f"{served} of {len(twin.routes)}",
        str(len(reading.entries)),
        "/".join(str(origins[origin]) for origin in ("page", "feed", "summary")),
        f"{verdict.found} of {verdict.required}",
        str(verdict.unwanted),
        "-" if verdict.f1 is None else f"{verdict.f1:.3f}",
        " ".join(f"{topic} {number}" for topic, number in sorted(topics.items())),
    )


def _notes(verdict: Verdict) -> tuple[str, ...]:
    refused = [
        f"route {index + 1} answers {'403 with a challenge' if does == 'refuses' else does}"
        for index, does in enumerate(verdict.twin.routes[: verdict.twin.serves])
    ]
    entries = [f"{entry.title[:40]}…: {entry.problem}" for entry in verdict.reading.entries if entry.problem]
    return (*refused, *(f"told: {words}" for words in verdict.reading.told), *entries)


if __name__ == "__main__":
    sys.exit(main())
