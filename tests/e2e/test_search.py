"""``newswatch search`` on what a run has stored, as a user types it."""

from __future__ import annotations

import json
import sqlite3

import pytest

from alerts.cli import main
from tests.e2e.newsdesk import set_up
from tests.e2e.program import Finished, Program
from tests.newsroom import Newsroom

pytestmark = pytest.mark.slow  # several starts of the program


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Return a program that has read the five articles of the newsdesk and was never asked for any."""
    with Newsroom() as newsroom:
        made = set_up(tmp_path_factory.mktemp("search"), newsroom, [])
        assert made.run().status == 0
    with sqlite3.connect(made.home / "var" / "newswatch.db") as connection:  # a run makes no index
        assert connection.execute("SELECT count(*) FROM search_state").fetchone() == (0,)
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'search_tokens'").fetchall()
    return made


def titles(done: Finished) -> set[str]:
    assert done.status == 0, done.err
    return {json.loads(line)["title"] for line in done.out.splitlines()}


def test_search_finds_articles_in_either_script_and_says_how_it_read_the_words(program: Program) -> None:
    by_name = program.do("search", "--json", "Loikaw")
    assert "searching for @loikaw (" in by_name.err
    assert titles(by_name) == {"Clinic reopens in the east of the town", "ကားလမ်း ပြန်ဖွင့်"}
    spaced = program.do("search", "--json", "လြိဳင္", "ေကာ္")  # in Zawgyi, a space inside the word
    assert spaced.out == by_name.out
    for line in by_name.out.splitlines():
        found = json.loads(line)
        assert set(found) == {"id", "url", "source", "published", "first_seen", "title", "sentence", "spans"}
        ((stored,),) = program.rows(f"SELECT text FROM article WHERE id = {found['id']}")
        assert [stored[span["start"] : span["end"]] for span in found["spans"]] == [
            span["given"] for span in found["spans"]
        ]


def test_search_is_narrowed_and_says_what_it_looked_at(
    program: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(program.home)

    def search(*words: str) -> Finished:
        status = main(["--config", str(program.config), "search", *words])
        out, err = capsys.readouterr()
        return Finished(status, out, err)

    shown = search("Loikaw", "clinic").out
    assert "A «clinic» in «Loikaw» opened its doors again after two months." in shown
    assert "\x1b" not in shown
    assert titles(search("--json", "Loikaw", "-clinic")) == {"ကားလမ်း ပြန်ဖွင့်"}
    assert titles(search("--json", "လွိုင်ကော်")) == titles(search("--json", "လွိုင်", "ကော်"))
    assert "1 more" in search("--limit", "1", "Loikaw").err
    nothing = search("zebra", "--source", "outlet-a", "--since", "30d")
    assert (nothing.status, nothing.out) == (0, "")
    assert "nothing found in 3 articles of " in nothing.err


def test_mistakes_are_told_in_one_line_with_the_remedy(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, told in (
        ((), "name at least one word"),
        (("Loikaw", "--source", "outlet-x"), "did you mean 'outlet-"),
        (("--limt", "3", "Loikaw"), "no such option: --limt"),
        (("Loikaw", "--since", "soon"), "30d"),
        (("Loikaw", "--since", "1d", "--until", "2d"), "--since is not before --until"),
        (("မြို့",), "one syllable"),  # town
    ):
        status = main(["--config", str(program.config), "search", *words])
        out, err = capsys.readouterr()
        assert (status, out) == (2, "")
        assert told in err
        assert len(err.splitlines()) == 1
    assert main(["search", "-h"]) == 0
    assert "leave out" in capsys.readouterr().out
