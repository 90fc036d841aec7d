"""Bombs at full size: the memory that they cost, the time that they take, and that their neighbours are unharmed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.crawler.crawling import PROSE, Desk, a_feed
from tests.e2e.program import a_source, page
from tests.newsroom import Newsroom

pytestmark = [
    pytest.mark.slow,  # megabytes, and processes of their own
    pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc"),
]

BOMBS = {"gzip": 1 << 30, "brotli": 1 << 28, "zstd": 1 << 28, "layers": 1 << 30}  # bytes inside
MOST_MB = 64  # over what reading an ordinary feed costs
MEASURED = r"""
import json, re, sys
from pathlib import Path
from tests.crawler.crawling import Desk
from tests.e2e.program import a_source
home, base, *paths = sys.argv[1:]
with Desk.open(Path(home), [a_source(f"s{n}", base + path) for n, path in enumerate(paths)]) as desk:
    crawled = desk.crawl(settings={"DOWNLOAD_TIMEOUT": 20.0})
    causes = {name: problem.problem for name, problem in crawled.problems.items()}
    # not ru_maxrss, which begins at what the parent had when it forked
    peak = int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) // 1024
    print(json.dumps({"peak_mb": peak, "causes": causes, "seconds": crawled.seconds}))
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """A crawl in a process of its own, with the limits that a run has."""

    peak_mb: int
    causes: Mapping[str, str]
    seconds: float


def measure(home: Path, newsroom: Newsroom, *paths: str) -> Measured:
    """Crawl these paths."""
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(home), newsroom.base_url, *paths],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    return Measured(**json.loads(done.stdout))


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """Return what a crawl of an ordinary feed costs."""
    with Newsroom() as newsroom:
        newsroom.add("/feed", a_feed(), "application/rss+xml")
        return measure(tmp_path_factory.mktemp("usual") / "home", newsroom, "/feed")


def test_f10_bombs_cost_no_more_memory_than_a_large_feed(
    usual: Measured, tmp_path: Path, newsroom: Newsroom
) -> None:
    paths = [f"/{name}-bomb?bytes={size}" for name, size in BOMBS.items()]
    bombed = measure(tmp_path / "home", newsroom, *paths)
    assert list(bombed.causes.values()) == ["answer too large"] * len(BOMBS)
    assert bombed.peak_mb - usual.peak_mb <= MOST_MB


def test_f11_body_without_end_costs_little_memory_and_time(
    usual: Measured, tmp_path: Path, newsroom: Newsroom
) -> None:
    endless = measure(tmp_path / "home", newsroom, "/endless", "/lying-length")
    assert list(endless.causes.values()) == ["answer too large"] * 2
    assert endless.peak_mb - usual.peak_mb <= MOST_MB
    assert endless.seconds < 60


def test_f13_head_without_end_costs_little_memory_and_time(
    usual: Measured, tmp_path: Path, newsroom: Newsroom
) -> None:
    flooded = measure(tmp_path / "home", newsroom, "/header-line", "/header-flood?count=300000")
    assert len(flooded.causes) == 2
    assert flooded.peak_mb - usual.peak_mb <= MOST_MB
    assert flooded.seconds < 60


HOSTILE = {
    "ten-megabytes": b"<html><body><article>"
    + b"<p>Rice and medicine came by the river today.</p>" * 210_000,
    "links": b"<html><body>" + b"".join(b'<a href="/n/%d">link</a> ' % n for n in range(400_000)),
    "links-that-fit": b"<html><body>" + b"".join(b'<a href="/n/%d">link</a> ' % n for n in range(140_000)),
    "deep": b"<html><body>" + b"<div>" * 100_000 + b"words " * 100,
    "attributes": b"<html><body><p " + b" ".join(b'a%d="1"' % n for n in range(200_000)) + b">x</p>",
    "structured-data": b'<html><script type="application/ld+json">{"a":"' + b'\\"' * 36_000 + b"</script>",
}
BRIEF = "What the feed says of it."


def test_a06_hostile_pages_cost_themselves_only_and_are_told_by_their_summary(
    tmp_path: Path, newsroom: Newsroom
) -> None:
    names = [*HOSTILE, *(f"good-{number}" for number in range(20))]
    for name in names:
        body = HOSTILE.get(name) or page(name, f"{PROSE}{name}")
        newsroom.add(f"/p/{name}", body, etag=None)
    items = [{"title": name, "link": newsroom.url(f"/p/{name}"), "summary": BRIEF} for name in names]
    newsroom.add("/feed", a_feed(*items), "application/rss+xml")
    with Desk.open(tmp_path, [a_source("press", newsroom.url("/feed"))]) as desk:
        crawled = desk.crawl(settings={}, deadline_s=240.0)
        found = {row.title: row for row in desk.articles("press")}
        assert {row.state for row in desk.entries("press")} == {"settled"}
    assert found.keys() == set(names)
    good = [row for name, row in found.items() if name.startswith("good-")]
    assert {row.origin for row in good} == {"page"}
    for name in HOSTILE:
        assert found[name].text == BRIEF or found[name].origin == "page", name
    assert crawled.seconds < 10 * len(HOSTILE) + 60  # each is cut off; the rest is a busy machine
    assert crawled.log == ()
