"""What a cron run costs on a quiet day: 40 feeds that answer 304, the whole process, state already stored.

The peer is a bare Scrapy spider (bare_spider.py) that makes the same requests and nothing else.
Both are started in turn, so that a busy machine slows both: read the ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.feedserver import ETAG, serve_feeds

ROOT = Path(__file__).resolve().parent.parent

SETTINGS = """\
timezone: UTC
contact: mailto:benchmark@example.com
database: sqlite:///var/newswatch.db
network: {allow_private_addresses: true, delay: 0s}
"""
TOPICS = """\
topics:
  - {id: loikaw, name: Loikaw, any: ["@loikaw"]}
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """One process from start to exit. ``cpu_s`` counts its children too."""

    cpu_s: float
    wall_s: float
    peak_mib: float


def write_config(folder: Path, base_url: str, feeds: int) -> None:
    """Write a configuration of *feeds* sources on the loopback server."""
    folder.mkdir()
    sources = "".join(
        f"  - {{id: s{number}, name: Sample {number}, language: en, perspective: independent, "
        f"routes: [{{kind: feed, url: '{base_url}/feed/{number}'}}]}}\n"
        for number in range(feeds)
    )
    (folder / "settings.yaml").write_text(SETTINGS)
    (folder / "topics.yaml").write_text(TOPICS)
    (folder / "sources.yaml").write_text("sources:\n" + sources)
    (folder / "channels.yaml").write_text("channels: []\n")
    (folder / "lexicon.csv").write_bytes((ROOT / "config/lexicon.csv").read_bytes())


def measure(command: list[str], cwd: Path) -> tuple[Cost, dict[str, Any]]:
    """Run *command* to its end; return what it cost and the JSON on its stdout."""
    # Cron sets none of these; without bytecode both contenders would spend their time compiling.
    unwanted = ("NEWSWATCH_", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    # A file, not a pipe: the process must be reaped by wait4 for its usage to be known.
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"exit status {process.returncode}: {command}")
        output.seek(0)
        answer: dict[str, Any] = json.load(output)
    return Cost(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss / 1024), answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=40)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with serve_feeds() as base_url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_config(folder / "config", base_url, options.feeds)
        ours = [
            sys.executable,
            "-P",
            "-m",
            "alerts",
            "--config",
            str(folder / "config"),
            "run",
            "--force",
            "--json",
        ]
        bare = [sys.executable, str(ROOT / "benchmarks/bare_spider.py"), base_url, str(options.feeds), ETAG]
        _, first = measure(ours, folder)
        assert first["entries"]["new"] == options.feeds, first
        costs: dict[str, list[Cost]] = {"newswatch run": [], "bare Scrapy spider": []}
        for _ in range(options.runs):
            cost, report = measure(ours, folder)
            assert report["sources"]["not_modified"] == options.feeds, report["sources"]
            costs["newswatch run"].append(cost)
            cost, count = measure(bare, folder)
            assert count["not_modified"] == options.feeds, count
            costs["bare Scrapy spider"].append(cost)

    print(f"{options.feeds} feeds, all 304, medians of {options.runs} interleaved runs")
    medians = {}
    for label, measured in costs.items():
        cpu_s, wall_s = (median(getattr(cost, key) for cost in measured) for key in ("cpu_s", "wall_s"))
        peak_mib = max(cost.peak_mib for cost in measured)
        medians[label] = (cpu_s, wall_s)
        print(f"{label:<20} CPU {cpu_s:6.2f} s   wall {wall_s:6.2f} s   peak {peak_mib:4.0f} MiB")
    (our_cpu, our_wall), (bare_cpu, bare_wall) = medians.values()
    print(f"ratio, newswatch / bare: CPU {our_cpu / bare_cpu:.2f}   wall {our_wall / bare_wall:.2f}")


if __name__ == "__main__":
    main()
