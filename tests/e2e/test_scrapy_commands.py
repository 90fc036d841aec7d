"""Scrapy's own commands on the same configuration, and what no process of ours does while it crawls."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.e2e.newsdesk import TOLD, set_up
from tests.e2e.program import Finished, Program
from tests.newsroom import LoopbackServer, Newsroom

# What must be equal whichever command crawled: everything but row numbers and instants.
ENTRIES = (
    "SELECT source_id, identity, guid, url, title, summary, content, author, first_poll, state, attempts, problem "
    "FROM entry ORDER BY identity"
)
ARTICLES = (
    "SELECT identity, source_id, url, title, text, language, author, origin, truncated, backlog, text_sha256, revision "
    "FROM article ORDER BY identity"
)
STATES = "SELECT source_id, route, url, etag, last_modified, body_sha256, failures, problem FROM source_state"


def scrapy(program: Program, *words: str, database: Path) -> tuple[list[str], dict[str, str]]:
    """Return the command line of Scrapy in the checkout, and its environment."""
    named = {"NEWSWATCH_CONFIG": str(program.config), "NEWSWATCH_DATABASE": f"sqlite:///{database}"}
    return [sys.executable, "-P", "-m", "scrapy", *words], program.environment(**named)


def do(command: Sequence[str], environ: dict[str, str]) -> Finished:
    """Run a command in the checkout, where scrapy.cfg lies."""
    done = subprocess.run(
        command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    """Return rows of a database."""
    with sqlite3.connect(database) as connection:
        return connection.execute(query).fetchall()


@dataclass(frozen=True, slots=True)
class Both:
    """One source crawled by both commands into a database each."""

    listed: Finished
    by_scrapy: Finished
    by_newswatch: Finished
    unknown: Finished
    scrapy_database: Path
    newswatch_database: Path


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Run the commands."""
    home = tmp_path_factory.mktemp("both")
    one, other = home / "scrapy.db", home / "newswatch.db"
    with Newsroom() as newsroom:
        program = set_up(home, newsroom, [])
        yield Both(
            do(*scrapy(program, "list", database=one)),
            do(*scrapy(program, "crawl", "outlet-a", database=one)),
            program.do("--database", f"sqlite:///{other}", "run", "--only", "outlet-a"),
            do(*scrapy(program, "crawl", "nobody", database=one)),
            one,
            other,
        )


def test_scrapy_list_shows_every_source_in_the_order_of_the_file(both: Both) -> None:
    assert (both.listed.status, both.listed.out.split()) == (0, ["outlet-a", "outlet-b"]), both.listed.err


def test_scrapy_list_shows_the_shipped_sources(tmp_path: Path) -> None:
    program = Program(tmp_path, {"NEWSWATCH_CONFIG": str(ROOT / "config")})
    command, environ = scrapy(program, "list", database=tmp_path / "unused.db")
    listed = do(command, environ | {"NEWSWATCH_CONFIG": str(ROOT / "config")})
    assert listed.status == 0, listed.err
    assert "irrawaddy-en" in listed.out.split()
    assert not (tmp_path / "unused.db").exists()


def test_both_commands_store_the_same(both: Both) -> None:
    assert (both.by_scrapy.status, both.by_newswatch.status) == (0, 0), both.by_scrapy.err
    for query in (ENTRIES, ARTICLES, STATES):
        found = rows(both.scrapy_database, query)
        assert found == rows(both.newswatch_database, query)
        assert found
    titles = {title for (title,) in rows(both.scrapy_database, "SELECT title FROM article")}
    assert {TOLD[0]["title"], TOLD[2]["title"]} <= titles
    assert TOLD[1]["title"] not in titles  # of the other outlet


def test_scrapy_crawl_is_quiet_and_shows_no_address(both: Both) -> None:
    assert both.by_scrapy.out == ""
    assert both.by_scrapy.err == ""


def test_scrapy_names_the_remedy_for_an_unknown_source(both: Both) -> None:
    assert both.unknown.status != 0
    assert "no source with id 'nobody'; `scrapy list` shows all" in both.unknown.err


def listening_sockets(pid: int) -> list[str]:
    """Return the listening TCP and UDP sockets of a process and its children, as /proc writes them."""
    pids = [pid, *children_of(pid)]
    inodes = set()
    for number in pids:
        for link in Path(f"/proc/{number}/fd").iterdir():
            try:
                target = str(link.readlink())
            except OSError:  # closed meanwhile
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    found = []
    for table, states in (("tcp", {"0A"}), ("tcp6", {"0A"}), ("udp", {"07"}), ("udp6", {"07"})):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] in states and fields[9] in inodes:
                found.append(f"{table} {fields[1]}")
    return found


def children_of(pid: int) -> list[int]:
    """Return the pids of all descendants."""
    below = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return [*below, *(grandchild for child in below for grandchild in children_of(child))]


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="reads /proc, which only Linux has")
@pytest.mark.parametrize("which", ["scrapy crawl", "newswatch run"])
def test_crawl_listens_nowhere_and_ignores_proxies_of_the_environment(
    which: str, tmp_path: Path, newsroom: Newsroom
) -> None:
    program = set_up(tmp_path, newsroom, [])
    newsroom.behave("/outlet-a/feed/clinic", "/hang")  # the feed has been read by then, in a child
    with LoopbackServer() as proxy:
        names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        program.environ.update(dict.fromkeys(names, proxy.base_url))
        command, environ = scrapy(program, "crawl", "outlet-a", database=tmp_path / "crawl.db")
        if which == "newswatch run":
            command, environ = program.command("run", "--force", "--only", "outlet-a"), program.environment()
        process = subprocess.Popen(
            command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            deadline = time.monotonic() + 40
            while not newsroom.requests_for("/outlet-a/feed/clinic") and time.monotonic() < deadline:
                time.sleep(0.05)
            assert newsroom.requests_for("/outlet-a/feed/clinic")
            assert children_of(process.pid)
            assert listening_sockets(process.pid) == []
        finally:
            process.kill()
            process.wait(10)
        assert proxy.requests == ()
    assert listening_sockets(os.getpid()), "the check must see the newsroom's own socket"
