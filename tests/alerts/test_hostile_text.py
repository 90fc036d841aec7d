"""Reading what somebody wrote to keep the reader busy comes to an end, and the news behind it is found.

Every text is about 200 kB. Nothing is measured: what looks at everything again for every character would
take minutes, and a hang is the failure.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from alerts.figure.extract import find_figures
from alerts.match.furniture import blank_furniture_lines
from alerts.match.lexicon import read_lexicon
from alerts.match.matcher import compile_topics
from alerts.match.rule import TopicRule
from alerts.text.fold import fold
from alerts.text.key import make_key
from alerts.text.scan import Scanner
from alerts.text.sentence import excerpt_at, find_cuts
from alerts.text.zawgyi import convert_zawgyi, to_unicode

pytestmark = pytest.mark.slow  # megabytes of hostile text

SIZE = 200_000  # bytes
HANG_S = 30  # far more than the slowest takes on a busy machine
NEWS = "At least 5 people were killed in Loikaw on Monday."
ZAWGYI = "လြိဳင္ေကာ္ၿမိဳ႕၌ တိုက္ပြဲမ်ား ျဖစ္ပြားေနသည္။"  # fighting goes on in the town of Loikaw
LOIKAW = "လြိဳင္ေကာ္"  # Loikaw, in Zawgyi

MATCHER = compile_topics(
    (
        TopicRule("loikaw", "L", any=("@loikaw",), mask=("@loi-kaw-wan",), detail=("@ward-daw-au-khu",)),
        TopicRule("operation", "O", any=("@operation-1111",), mask=("@op-1x8",)),
        TopicRule("near", "N", near=(("@airstrike", "@demoso|@loikaw", 5),)),
    ),
    read_lexicon(Path(__file__).resolve().parents[2] / "config" / "lexicon.csv"),
)


def full_of(piece: str) -> str:
    return piece * (SIZE // len(piece.encode()))


@pytest.fixture(autouse=True)
def _hang() -> Iterator[None]:
    def give_up(_: int, __: FrameType | None) -> None:
        pytest.fail("it does not come to an end")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(HANG_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


# Read by the whole matcher.
HOSTILE = {
    "second printings": f"{ZAWGYI}\n" + full_of(f"{LOIKAW}\n"),
    "exclamation marks": full_of("!") + "x",
    "points": full_of(".") + "x",
    "quoted points": full_of('."') + "x",
    "vowels before no consonant": ZAWGYI + full_of("\u1031"),
    "medials before no consonant": ZAWGYI + full_of("\u103b"),
    "one letter with marks without end": ZAWGYI + "က" + full_of("\u102d\u1036"),
    "stacks": full_of("က\u1039"),
    "zeros for a letter": "၅" + full_of("ဝ") + "ာ",
    "accents": "a" + full_of("\u0301"),
    "blanks": "Loi" + full_of(" ") + "Kaw",
    "odd blanks": full_of("\t \u00a0") + "x",
    "hyphens": "Loi" + full_of("-") + "Kaw",
    "names": full_of("Loi Kaw Wan: airstrike, Loikaw Daw Au Khu. "),
    "Thai": full_of("ลอยก่อว์"),
    "numbers in a row": "operations " + full_of("1027, ") + "x 1111",
    "ones": full_of("1")[: SIZE // 4],  # every one of them is looked at ten times over
    "operations": full_of("operation 1111 "),
}
# Read by one part of it, or of the reading of figures.
FURNITURE = {
    "labels": full_of("Related\n"),
    "label and blanks": "Trending" + full_of(" ") + "x",
    "ends of sentences behind a label": "Topics: " + full_of('a. " '),
    "dates": full_of("September 20, 2024\n"),
    "weather": full_of("20 C\n"),
}
COUNTS = {
    "counts in one sentence": full_of("5 people were killed and "),
    "counts in many": "".join(f"He said {number} people were killed.\n" for number in range(SIZE // 70)),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_matched(text: str) -> None:
    findings = MATCHER.find_matches("", f"{text}\n{NEWS}")
    assert "loikaw" in findings.topics


def test_a_hostile_title_is_matched() -> None:
    assert "loikaw" in MATCHER.find_matches(HOSTILE["exclamation marks"] + LOIKAW, ZAWGYI).topics


@pytest.mark.parametrize("name", [*COUNTS, "exclamation marks", "points", "vowels before no consonant"])
def test_figures_are_read_behind_hostile_text(name: str) -> None:
    text = (HOSTILE | COUNTS)[name]
    assert find_figures(f"{text}\n{NEWS}")[-1].value == 5


@pytest.mark.parametrize("name", ["vowels before no consonant", "medials before no consonant"])
def test_hostile_zawgyi_is_converted(name: str) -> None:
    text = f"{HOSTILE[name]}\n{NEWS}"
    assert convert_zawgyi(text).endswith(NEWS)
    assert to_unicode(text, "zawgyi").text.endswith(NEWS)


@pytest.mark.parametrize(
    "name", ["one letter with marks without end", "stacks", "zeros for a letter", "vowels before no consonant",
             "accents", "blanks", "odd blanks"],
)  # fmt: skip
def test_hostile_text_is_folded_and_scanned(name: str) -> None:
    text = f"{HOSTILE[name]}\n{NEWS}"
    folded = fold(text)
    key = make_key("Loikaw")
    start, end = folded.span(*Scanner([key]).find(folded)[key][-1])
    assert (text[start:end], start) == ("Loikaw", text.rindex("Loikaw"))


@pytest.mark.parametrize("name", ["exclamation marks", "points", "quoted points", "odd blanks"])
def test_hostile_text_is_cut_into_sentences(name: str) -> None:
    text = f"{HOSTILE[name]}\n{NEWS}"
    cuts = find_cuts(text)
    assert cuts[-2:] == (len(text) - len(NEWS), len(text))
    at = text.rindex("Loikaw")
    assert text[slice(*excerpt_at(text, at, at + 6, cuts))] == NEWS


@pytest.mark.parametrize("text", FURNITURE.values(), ids=FURNITURE)
def test_furniture_is_looked_for_in_hostile_text(text: str) -> None:
    text = f"{text}\n{NEWS}"
    blanked = blank_furniture_lines(text)
    assert len(blanked) == len(text)
    assert blanked.endswith(NEWS)
