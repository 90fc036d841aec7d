"""``newswatch try``: any input, the interface's exact lines, nothing stored, what fails costs itself only."""

from __future__ import annotations

import fcntl
import gzip
import itertools
import json
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path
from typing import Any

import pytest

from alerts.text.fold import fold
from alerts.text.syllable import is_syllable_end
from alerts.text.width import display_width
from alerts.trial.jsonline import read_line
from alerts.trial.language import guess_language
from alerts.trial.value import Document, Trouble
from tests.e2e.newsdesk import FILLER
from tests.e2e.program import SETTINGS, Program, a_source, page
from tests.newsroom import Newsroom

pytestmark = pytest.mark.slow  # a dozen starts of the program

CLINIC = page("A clinic reopens", f"A clinic in Loikaw opened its doors again.\n{FILLER}")
# "In Loikaw town a clinic was opened again today, local people said. Rice came, too."
BURMESE = "လွိုင်ကော်မြို့မှာ ဆေးခန်းတစ်ခုကို ဒီကနေ့ ပြန်ဖွင့်ခဲ့ပါတယ်လို့ ဒေသခံတွေက ပြောပါတယ်။ ဆန်လည်း ရောက်လာပါတယ်။"
EITHER = "ကယား"  # Kayah: the same letters in Zawgyi and in Unicode
ESCAPE = re.compile(r"\x1b\[[\d;]*m")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return the program on the shipped topics, its one source far away."""
    made = Program(tmp_path)
    made.configure([a_source("far", "https://example.org/feed", encoding="zawgyi", language="my")], [])
    return made


def write(program: Program, name: str, body: str | bytes) -> str:
    (program.home / name).write_bytes(body.encode() if isinstance(body, str) else body)
    return name


def a_line(name: str, text: str, **more: Any) -> str:
    return json.dumps({"id": name, "title": f"News {name}", "text": text, **more}, ensure_ascii=False) + "\n"


def lines_of(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def in_terminal(program: Program, columns: int, *words: str, **environ: str) -> tuple[int, str]:
    """Run a command on a terminal of so many columns; return its status and what the terminal got."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {"TERM": "xterm", **program.environment(**environ)}
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        if name not in environ:
            environment.pop(name, None)
    child = subprocess.Popen(
        program.command(*words), env=environment, cwd=program.home, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    received = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # EIO: the other end is closed
            break
        if not chunk:
            break
        received += chunk
    os.close(ours)
    return child.wait(60), received.decode("utf-8").replace("\r\n", "\n")


def test_line_of_json_has_the_keys_of_the_interface_and_offsets_into_what_was_given(program: Program) -> None:
    write(
        program,
        "a.jsonl",
        a_line("a1", f"Rice.\n{BURMESE}") + '{"id": 7, "title": "Loikaw", "language": "fr"}\n',
    )
    done = program.do("try", "--json", "a.jsonl")
    assert (done.status, done.err) == (0, "")
    first, second = lines_of(done.out)
    assert list(first) == ["id", "topics", "encoding", "language", "figures"]
    (hit,) = first["topics"]["loikaw"]
    assert list(hit) == ["term", "form", "field", "start", "end", "matched", "sentence"]
    assert f"Rice.\n{BURMESE}"[hit["start"] : hit["end"]] == hit["matched"] == "လွိုင်ကော်"  # Loikaw
    assert (hit["term"], hit["field"]) == ("@loikaw", "text")
    assert (first["id"], first["encoding"], first["language"]) == ("a1", "unicode", "my")
    assert (second["id"], second["language"]) == (7, "fr")
    assert second["topics"]["loikaw"][0]["field"] == "title"


def test_inputs_of_every_kind_are_told_in_their_order_and_failures_cost_themselves_only(
    program: Program,
) -> None:
    write(program, "page.htm", CLINIC)
    write(program, "packed.html.gz", gzip.compress(CLINIC))
    write(program, "saved", b"\n<!DOCTYPE html>" + CLINIC)
    write(program, "wide.txt", BURMESE.encode("utf-16"))
    write(program, "old.txt", "Loikaw, the caf\xe9 is open".encode("cp1252"))
    write(program, "book.pdf", b"%PDF-1.7\nLoikaw")
    write(program, "torn.html.gz", gzip.compress(CLINIC)[:200])
    write(program, "menu.html", "<html><body><nav>Loikaw</nav></body></html>")
    write(program, "a.jsonl", a_line("in-file", "Loikaw"))
    (program.home / "folder").mkdir()
    names = ["page.htm", "gone.txt", "packed.html.gz", "saved", "folder", "wide.txt", "a.jsonl", "book.pdf"]
    done = program.do("try", "--json", *names, "torn.html.gz", "menu.html", "example.org/a.txt", "old.txt")
    told = lines_of(done.out)
    assert [line["id"] for line in told] == [
        *("page.htm", "packed.html.gz", "saved", "wide.txt", "in-file", "old.txt")
    ]
    assert all(line["topics"]["loikaw"] for line in told)
    assert {line["topics"]["loikaw"][0]["sentence"] for line in told[:3]} == {
        "A clinic in Loikaw opened its doors again."
    }
    causes = dict(line.removeprefix("newswatch: ").split(": ", 1) for line in done.err.splitlines())
    assert causes["gone.txt"] == "no such file"
    assert causes["folder"] == "is a folder; name the files in it"
    assert causes["book.pdf"].startswith("is no text")
    assert causes["torn.html.gz"].startswith("cannot be unpacked")
    assert causes["menu.html"] == "no article text on the page"
    assert causes["example.org/a.txt"].endswith("write https://example.org/a.txt")
    assert causes["old.txt"].startswith("not UTF-8, read as Windows-1252")
    assert (done.status, len(causes)) == (0, 7)


@pytest.mark.parametrize("name", ["gone.txt", "http://127.0.0.1:9/x"])
def test_only_input_that_cannot_be_read_ends_with_1(program: Program, name: str) -> None:
    settings = program.config / "settings.yaml"
    settings.write_text(settings.read_text("utf-8").replace("true", "false"), "utf-8")
    done = program.do("try", "--json", name)
    assert (done.status, done.out) == (1, "")
    expected = "no such file" if name == "gone.txt" else "blocked: 127.0.0.1 is not a public address"
    assert done.err == f"newswatch: {name}: {expected}\n"


def test_bad_line_is_named_and_the_other_lines_are_done(program: Program) -> None:
    bad = [
        "no json",
        "[1]",
        '{"text": 5}',
        '{"id": NaN, "text": "x"}',
        "{}",
        "[" * 100_000,
        '{"language": 1}',
    ]
    body = a_line("first", "Loikaw") + "\n".join(bad) + "\n\n" + a_line("last", "Loikaw").rstrip()
    write(program, "a.jsonl", b"\xef\xbb\xbf" + body.encode() + b'\n{"text": "\xff"}')
    done = program.do("try", "--json", "a.jsonl")
    assert [line["id"] for line in lines_of(done.out)] == ["first", "last"]
    places = [line.split(": ")[1] for line in done.err.splitlines()]
    assert places == [f"a.jsonl:{number}" for number in (2, 3, 4, 5, 6, 7, 8, 11)]
    assert done.status == 2


def test_pages_are_asked_for_as_a_crawl_does_and_nothing_is_stored(
    tmp_path: Path, newsroom: Newsroom
) -> None:
    program = Program(tmp_path)
    program.configure([a_source("near", newsroom.url("/feed"), headers={"X-Key": "k-s3cret"})], [])
    newsroom.robots("User-agent: *\nDisallow: /private\n")
    newsroom.add("/news/a", CLINIC)
    newsroom.behave("/moved", "/redirect?to=/news/a")
    paths = ("/news/a", "/moved", "/private/x", "/404", "/403-challenge", "/gzip-bomb")
    addresses = [newsroom.url(path) for path in paths]
    done = program.do("try", "--json", *addresses)
    told = lines_of(done.out)
    assert [line["id"] for line in told] == addresses[:2]
    assert {line["topics"]["loikaw"][0]["sentence"] for line in told} == {
        "A clinic in Loikaw opened its doors again."
    }
    causes = dict(line.removeprefix("newswatch: ").rsplit(": ", 1) for line in done.err.splitlines())
    assert causes == {
        addresses[2]: "robots.txt forbids this address",
        addresses[3]: "404 not found",
        addresses[4]: "403 challenge page",
        addresses[5]: "answer too large",
    }
    assert done.status == 0
    assert len(newsroom.requests_for("/robots.txt")) == 1
    assert not newsroom.requests_for("/private/x")
    assert {request.headers["user-agent"] for request in newsroom.requests} == {
        "newswatch/0.1 (+https://example.org/tests)"
    }
    assert newsroom.requests_for("/news/a")[0].headers["x-key"] == "k-s3cret"
    assert [path.name for path in tmp_path.iterdir()] == ["config"]


def test_who_asked_for_a_proxy_is_not_unmasked(tmp_path: Path, newsroom: Newsroom) -> None:
    program = Program(tmp_path)
    program.configure([a_source("far", "https://example.org/feed")], [])
    proxied = SETTINGS.replace(
        "delay: 0s", "delay: 0s, proxy: 'socks5h://127.0.0.1:9'"
    )  # nobody listens there
    (program.config / "settings.yaml").write_text(proxied, "utf-8")
    newsroom.add("/news/a", CLINIC)
    done = program.do("try", newsroom.url("/news/a"))
    assert (done.status, newsroom.requests) == (1, ())
    assert "the proxy does not answer" in done.err


def test_query_replaces_the_topics_and_joins_those_that_are_named(program: Program) -> None:
    write(program, "a.jsonl", a_line("a", "Bishop and church in Loikaw; Operation 1111 went on"))
    topics = [
        set(lines_of(program.do("try", "--json", *words, "a.jsonl").out)[0]["topics"])
        for words in (("--query", "mosque", "--query", "church"), ("--topic", "loikaw", "--query", "church"))
    ]
    assert topics == [{"query"}, {"query", "loikaw"}]


def test_wrong_options_are_told_at_once_each_in_one_line(program: Program) -> None:
    done = program.do("try", "--topic", "loikav", "-")
    assert (done.status, done.out) == (2, "")
    assert "no topic 'loikav'" in done.err
    assert "loikaw, operation-1111" in done.err
    done = program.do("try", "--query", "@loikav", "--query", "lo*", "--query", "church", "-")
    assert (done.status, done.out) == (2, "")
    first, second = done.err.splitlines()
    assert first == "newswatch: --query: unknown concept @loikav; did you mean @loikaw?"
    assert "'lo*'" in second


def test_lines_are_told_as_they_come_and_a_reader_may_leave(program: Program) -> None:
    with subprocess.Popen(
        program.command("try", "--json", "-"),
        env=program.environment(),
        cwd=program.home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        for name in ("first", "second"):
            child.stdin.write(a_line(name, "Loikaw").encode())
            child.stdin.flush()
            assert json.loads(child.stdout.readline())["id"] == name  # the input is still open
        child.stdout.close()
        child.stdin.write(a_line("third", "Loikaw").encode())
        child.stdin.close()
        assert (child.stderr.read(), child.wait(60)) == (b"", 0)


def test_source_named_as_outlet_brings_its_encoding_and_language(program: Program) -> None:
    lines = a_line("known", EITHER, outlet="far", title="") + a_line("unknown", EITHER, outlet="x", title="")
    write(program, "a.jsonl", lines + a_line("English", "Loikaw", outlet="far"))
    known, unknown, english = lines_of(program.do("try", "--json", "a.jsonl").out)
    assert (known["encoding"], unknown["encoding"]) == ("zawgyi", "unicode")
    assert english["language"] == "my"  # as a run would take it


def test_scope_of_a_source_is_told_and_not_applied(program: Program) -> None:
    sources = [a_source("some", "https://example.org/a", topics=["loikaw"])]
    sources.append(a_source("local", "https://example.org/b", topics="all"))
    program.configure(sources, [])
    lines = [a_line(name, "Operation 1111", outlet=name) for name in ("some", "local")]
    write(program, "a.jsonl", "".join(lines))
    out = program.do("try", "a.jsonl").out
    assert out.count("  operation-1111\n") == 2
    assert "a run matches some for loikaw only" in out
    assert "a run takes everything of local as relevant" in out


def test_people_see_each_sentence_once_within_the_width_of_their_terminal(program: Program) -> None:
    english = "Loikaw, Loikaw and LOIKAW: the road to Loikaw was open, drivers in Loikaw said. Nothing else."
    zawgyi = "လြိဳင္ေကာ္ၿမိဳ႕မွာ ေဆးခန္းကို ဒီေန႔ ျပန္ဖြင့္ခဲ့ပါတယ္လို႔ ေျပာပါတယ္။"  # in Loikaw the clinic opened again
    lines = (
        a_line("en", english) + a_line("my", BURMESE, title="") + a_line("zg", zawgyi) + a_line("no", "Rice.")
    )
    write(program, "a.jsonl", lines)
    status, screen = in_terminal(program, 40, "try", "a.jsonl")
    plain = ESCAPE.sub("", screen)
    assert status == 0
    assert max(map(display_width, plain.splitlines())) <= 40
    assert plain.count("LOIKAW") == 1
    assert "Loikaw ×5" in plain
    assert "လွိုင်ကော်မြို့မှာ ဆေးခန်းကို" in plain.replace("\n    │ ", "")  # the Zawgyi sentence in Unicode
    assert screen.count("\x1b[1;33m") == 7
    quoted = [line.removeprefix("    │ ") for line in plain.splitlines() if line.startswith("    │ ")]
    for line, following in itertools.pairwise(quoted):
        both = fold(line).text + fold(following, squeeze=False).text
        assert is_syllable_end(both, len(fold(line).text)), (line, following)
    assert "  no topic" in plain
    assert "\n4 documents · loikaw 3 · no topic 1" in plain


def test_figures_are_told_with_who_says_them(program: Program) -> None:
    write(program, "a.txt", "At least 76 people were killed in Loikaw, the Karenni relief group said.")
    out = program.do("try", "a.txt").out
    assert "    at least 76 killed (people), according to Karenni relief group\n" in out
    (figure,) = lines_of(program.do("try", "--json", "a.txt").out)[0]["figures"]
    assert (figure["value"], figure["at_least"], figure["what"], figure["hedged"]) == (
        76,
        True,
        "killed",
        False,
    )
    names = ["value", "at_least", "what", "who", "source", "hedged", "sentence", "start", "end", "about"]
    assert list(figure) == names


def test_colours_are_for_terminals_and_for_who_asks(program: Program) -> None:
    write(program, "a.txt", "Fighting at Loikaw.")
    assert "    │ Fighting at «Loikaw».\n" in program.do("try", "a.txt").out
    assert "at \x1b[1;33mLoikaw\x1b[0m" in program.do("try", "--color", "a.txt", NO_COLOR="1").out
    for words, environ in (
        (("try", "a.txt"), {"NO_COLOR": "1"}),
        (("try", "a.txt"), {"TERM": "dumb"}),
        (("try", "--no-color", "a.txt"), {}),
    ):
        assert "\x1b" not in in_terminal(program, 80, *words, **environ)[1]
    assert "\x1b[1;33mLoikaw" in in_terminal(program, 80, "try", "a.txt", NO_COLOR="")[1]


def test_stranger_steers_no_terminal_and_half_characters_survive_in_json(program: Program) -> None:
    line = r'{"id": "\u001b[2J\udc00", "title": "\u202eLoikaw \u0007", "text": "Loikaw \ud800 \u001b]0;x\u0007 \r"}'
    write(program, "a.jsonl", line)
    done = program.do("try", "a.jsonl")
    assert done.status == 0
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", done.out)
    (told,) = lines_of(program.do("try", "--json", "a.jsonl").out)
    assert told["id"] == "\x1b[2J\udc00"
    assert told["topics"]["loikaw"][-1]["sentence"].startswith("Loikaw \ufffd")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Fighting in Loikaw", "en"),
        (BURMESE, "my"),
        (f"{BURMESE} KNDF", "my"),
        ("การสู้รบในลอยก่อ", "th"),  # fighting in Loikaw
        ("垒固的战斗 (Loikaw)", "zh"),  # the fighting of Loikaw
        ("ロイコーで戦闘が続く", "ja"),  # fighting goes on in Loikaw
        ("로이코 전투", "ko"),  # Loikaw battle
        ("1111 …", None),
        ("", None),
    ],
)
def test_language_is_guessed_from_the_script(text: str, language: str | None) -> None:
    assert guess_language(text) == language


def test_line_without_id_is_called_by_its_number_and_odd_extras_do_no_harm() -> None:
    found = read_line(b'{"text": "x", "title": null, "published": 1700000000, "lang": 5}', "here:3", "3")
    assert found == Document("3", "", "x")
    assert read_line(b'{"text": "x", "language": ["en"]}', "here:3", "3") == Trouble(
        "here:3", "language: write a string", is_line=True
    )
