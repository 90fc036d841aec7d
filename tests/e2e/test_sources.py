"""``newswatch sources``: the list with and without a database, and OPML there and back through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import etree

from crawler.config import load_crawl_config
from tests.e2e.program import Program, a_source, publish
from tests.newsroom import Newsroom

pytestmark = pytest.mark.slow  # a dozen starts of the program

FEEDS = """\
<?xml version="1.0"?><opml version="2.0"><body>
<outline text="Ethnic"><outline text="Karen News" xmlUrl="https://karen.example/feed" language="en"/></outline>
<outline text="One" xmlUrl="https://one.example/feed/"/>
<outline text="Evil&#27;[31m" xmlUrl="javascript:alert(1)"/>
</body></opml>
"""
BLOCK = """\
# mine
sources:
  - id: one
    name: One
    language: en
    perspective: ethnic
    every: 15m
    routes:
      - {kind: feed, url: "https://one.example/feed"}   # a remark
      - {kind: telegram, url: "https://t.me/s/one"}
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    program = Program(tmp_path)
    program.configure([a_source("one", "https://one.example/feed")], [])
    (program.config / "sources.yaml").write_text(BLOCK, "utf-8")
    return program


def test_list_makes_no_database(program: Program) -> None:
    done = program.do("sources", "list", COLUMNS="100")
    assert done.status == 0, done.err
    assert "one  en  ethnic         15m  One" in done.out
    assert "not read yet" in done.out
    assert "feed one.example · telegram t.me" in done.out
    assert not (program.home / "var").exists()


def test_opml_goes_out_and_comes_back(program: Program, tmp_path: Path) -> None:
    exported = program.do("sources", "export")
    assert exported.status == 0, exported.err
    (outline,) = etree.fromstring(exported.out.encode()).iter("outline")
    assert outline.get("xmlUrl") == "https://one.example/feed"
    (tmp_path / "sources.opml").write_text(exported.out, "utf-8")
    again = program.do("sources", "import", str(tmp_path / "sources.opml"), "--write")
    assert (again.status, again.out) == (0, "")
    assert "left out: One: already read as one" in again.err
    other = Program(tmp_path / "other")
    other.configure([], [])
    (other.config / "sources.yaml").write_text(BLOCK.replace("one", "two"), "utf-8")
    assert other.do("sources", "import", str(tmp_path / "sources.opml"), "--write").status == 0
    mine, theirs = (load_crawl_config(home.config).sources for home in (program, other))
    assert theirs[1] == mine[0]


def test_import_prints_entries_and_changes_nothing(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "feeds.opml"
    file.write_text(FEEDS)
    done = program.do("sources", "import", str(file), "--perspective", "ethnic")
    assert done.status == 0, done.err
    assert "  - id: karen-news\n" in done.out
    assert "perspective: ethnic\n" in done.out
    assert "left out: One: already read as one" in done.err
    assert "\x1b" not in done.err
    assert (program.config / "sources.yaml").read_text("utf-8") == BLOCK


def test_import_writes_what_check_accepts_and_keeps_remarks(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "feeds.opml"
    file.write_text(FEEDS)
    done = program.do("sources", "import", str(file), "--write")
    assert (done.status, done.out) == (0, "added karen-news: Karen News\n")
    written = (program.config / "sources.yaml").read_text("utf-8")
    assert written.startswith(BLOCK)
    assert "perspective: independent  # guessed: look at it" in written
    assert "sources: 2 (2 en)" in program.do("check").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "FILE", "--perspective", "left"), "allowed are independent, ethnic"),
        (("import", "FILE", "--language", "Burmese"), "write a language code"),
        (("import", "FILE"), "not OPML: it holds no <opml> element"),
        (("import", "nowhere.opml"), "No such file"),
    ],
)
def test_mistakes_are_told_in_one_line(
    program: Program, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "feeds.opml"
    file.write_text("<html>")
    done = program.do("sources", *(str(file) if word == "FILE" else word for word in words))
    assert done.status == 2
    assert said in done.err
    assert done.err.count("\n") == 1


def test_flow_style_file_is_left_alone(program: Program, tmp_path: Path) -> None:
    program.configure([a_source("one", "https://one.example/feed")], [])
    before = (program.config / "sources.yaml").read_bytes()
    file = tmp_path / "feeds.opml"
    file.write_text(FEEDS)
    done = program.do("sources", "import", str(file), "--write")
    assert done.status == 2
    assert "add these by hand; the file was not changed" in done.err
    assert (program.config / "sources.yaml").read_bytes() == before


def test_list_tells_what_the_database_knows(tmp_path: Path, newsroom: Newsroom) -> None:
    program = Program(tmp_path)
    article = {"id": "x", "title": "A title", "text": "Some words."}
    program.configure(
        [
            a_source("good", publish(newsroom, "/feed", [article])),
            a_source("bad", newsroom.url("/404")),
            a_source("off", newsroom.url("/x"), enabled=False),
        ],
        [],
    )
    program.run()
    listed = {entry["id"]: entry for entry in json.loads(program.do("sources", "list", "--json").out)}
    assert listed["good"]["last_ok"] and listed["good"]["problem"] is None
    assert (listed["bad"]["last_ok"], listed["bad"]["problem"]) == (None, "404 not found")
    assert listed["off"]["enabled"] is False
    out = program.do("sources", "list").out
    assert "read just now" in out
    assert "never read, failing since just now: 404 not found" in out
    assert "disabled" in out
