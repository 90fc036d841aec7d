"""The gate on reading feeds: feedparser's own test files, and the scorer that reads what they expect.

The files are taken from the folder that NEWSWATCH_FEED_SUITE names, else from the source distribution of the pinned
feedparser, which pip fetches by its name and hash. Where neither can be had the sweep skips and says why.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest

from tests.conftest import ROOT
from tests.quality.feeds import ON_PURPOSE, OURS, PEERS, Tally, find_lost_entries, score, tally
from tests.quality.feedsuite import Case, Wanted, read_expectation, read_suite

SUITE = os.environ.get("NEWSWATCH_FEED_SUITE")
MIN_SHARE = 0.99
MIN_FILES = 500  # of the suite that expect something that we have: fewer, and it is another suite


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, ...]:
    return read_suite(Path(SUITE) if SUITE else fetch_source(tmp_path_factory.mktemp("feedparser")))


def fetch_source(folder: Path) -> Path:
    """Unpack the source distribution of the pinned feedparser into *folder*, or skip the test."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.search(r"^feedparser==[^\n]*\n(?:[ \t]+[^\n]*\n)*", lock, re.MULTILINE)
    assert pinned, "feedparser is not pinned"
    own = [sys.executable, "-m", "pip"] if find_spec("pip") else []  # an environment made by uv has none
    pip = own or [shutil.which("pip") or _skip("there is no pip")]
    wanted = folder / "requirements.txt"
    wanted.write_text(pinned.group(), encoding="utf-8")
    options = ["--no-deps", "--no-binary", "feedparser", "--require-hashes", "--quiet", "-d", str(folder)]
    options += ["--no-build-isolation"] if own else []  # setuptools is among our own packages
    command = [*pip, "download", *options, "-r", str(wanted)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        _skip("pip took more than two minutes")
    found = list(folder.glob("feedparser-*.tar.gz"))
    if not found:
        said = done.stderr.strip().splitlines() or ["no reason given"]
        _skip(next((line for line in said if "ERROR" in line), said[-1]).strip()[:120])
    with tarfile.open(found[0]) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _skip(reason: str) -> NoReturn:
    pytest.skip(f"feedparser's test files: NEWSWATCH_FEED_SUITE names no folder, and {reason}")


@pytest.mark.slow
def test_feedparsers_own_files_are_read_at_least_as_well_as_by_feedparser(cases: tuple[Case, ...]) -> None:
    ours, theirs = tally(cases, OURS), tally(cases, PEERS["feedparser"])
    assert len(ours.results) >= MIN_FILES
    assert ours.share() >= max(MIN_SHARE, theirs.share()), _tell(ours)
    for folder in ("wellformed", "illformed"):
        assert ours.share(folder) >= max(MIN_SHARE, theirs.share(folder)), _tell(ours)


@pytest.mark.slow
def test_no_file_of_the_suite_raises_but_a_refusal_or_takes_long(cases: tuple[Case, ...]) -> None:
    assert not tally(cases, OURS).defects


@pytest.mark.slow
def test_no_entry_that_feedparser_finds_is_lost(cases: tuple[Case, ...]) -> None:
    assert set(find_lost_entries(cases, OURS)) <= set(ON_PURPOSE)


def _tell(ours: Tally) -> str:
    return "\n".join(f"{result.case.name}: {'; '.join(result.lost)}" for result in ours.lost)


FEED = """<!--
Header: Content-type: application/xml; charset=utf-8
Description: rain
Expect: not bozo and entries[0]['title'] == '%s' and entries[0].updated_parsed == (2025, 11, 3, 8, 0, 0, 0, 307, 0)
-->
<rss version="2.0"><channel><item>%s<pubDate>Mon, 03 Nov 2025 08:00:00 GMT</pubDate></item></channel></rss>
"""


def a_case(tmp_path: Path, expected: str, title: str = "<title>Rain &amp; sun</title>") -> Case:
    (tmp_path / "wellformed").mkdir()
    (tmp_path / "wellformed" / "rain.xml").write_text(FEED % (expected, title), encoding="utf-8")
    (case,) = read_suite(tmp_path)
    return case


def test_scorer_sees_what_holds_and_what_is_lost(tmp_path: Path) -> None:
    right = a_case(tmp_path, "Rain &amp; sun")
    assert (right.content_type, right.folder) == ("application/xml; charset=utf-8", "wellformed")
    assert [wanted.field for wanted in right.wanted] == ["title", "date"]
    assert score(right, OURS).holds
    other = (tmp_path / "other").absolute()
    other.mkdir()
    (loss,) = score(a_case(other, "Snow"), OURS).lost
    assert "Rain & sun" in loss
    assert "Snow" in loss


def test_scorer_names_an_entry_of_a_date_alone_and_says_so(tmp_path: Path) -> None:
    case = a_case(tmp_path, "", title="")
    result = score(case, OURS)
    assert (result.holds, result.named) == (True, True)


def test_scorer_counts_what_is_raised_and_what_never_ends(tmp_path: Path) -> None:
    case = a_case(tmp_path, "Rain")

    def fail(_case: Case) -> None:
        raise KeyError("x")

    result = score(case, type(OURS)(fail, ValueError))  # type: ignore[arg-type]
    assert (result.holds, result.error, result.is_refusal) == (False, "KeyError: 'x'", False)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("not bozo and feed.title == 'a'", [Wanted("feed title", 0, ("a",))]),
        ("entries[1]['title_detail']['value'] == 'a'", [Wanted("title", 1, ("a",))]),
        ("entries[0]['id'] == entries[1]['id'] == 'a'", [Wanted("id", 0, ("a",)), Wanted("id", 1, ("a",))]),
        ("not bozo and feed['title'] == 'a' or feed['title'] == 'b'", [Wanted("feed title", 0, ("a", "b"))]),
        ("not bozo and not entries[0].has_key('link')", [Wanted("link", 0, (None,))]),
        ("entries[0]['description'] == 'a' and len(entries) == 1", []),
        ("__import__('os').abort()", []),
    ],
)
def test_expectations_are_read_never_run(expression: str, wanted: list[Wanted]) -> None:
    assert list(read_expectation(expression)) == wanted
