"""Lines for a terminal: where they break, what is marked, and when there are colours."""

from __future__ import annotations

import io
import itertools
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.model import Hit, MarkedText
from alerts.terminal import (
    MAX_COLUMNS,
    MIN_COLUMNS,
    Pen,
    Span,
    columns_of,
    mark_title,
    wants_colour,
    wrap_spans,
    wrap_text,
)
from alerts.text.width import display_width

SYLLABLES = ["လွိုင်", "ကော်", "မြို့", "စစ်", "ဆင်", "ရေး", "မင်္ဂ", "လာ", "က", "ဦး", "တက္က", "သိုလ်"]
WORDS = [*SYLLABLES, "၁၁၁၁", "။ ", " ", "Loikaw ", "KNDF", "(", ")", "x" * 12, "垒固"]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(WORDS), max_size=40).map("".join), st.integers(14, 60))
def test_wrapping_keeps_every_letter_fits_and_never_cuts_a_syllable(text: str, columns: int) -> None:
    lines = wrap_text(text, columns)
    assert "".join(text[start:end] for start, end in lines) == text
    for start, end in lines:
        assert display_width(text[start:end].rstrip()) <= columns
        head = text[start : start + 3]
        assert not head or unicodedata.category(head[0]) not in ("Mn", "Mc")
        # neither a killed consonant nor the upper half of a stack begins a line
        assert not re.match("[\u1000-\u1021]\u1037?[\u1039\u103a]", head)
        assert start == 0 or text[start - 1] != "\u1039"


def test_marks_take_no_column_and_wide_letters_two() -> None:
    assert display_width("မြို့") == 2  # "town": a consonant and a spacing medial; three marks above and below
    assert display_width("垒固") == 4  # "Loikaw" in Chinese
    assert display_width("é\u200b") == 1


class Screen(io.StringIO):
    """A stream that says of itself that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "on_screen"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "0"}, False),
        ({"NO_COLOR": ""}, True),  # no-color.org: any value that is not empty
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm"}, True),
    ],
)
def test_colours_are_for_a_terminal_that_may_and_can_show_them(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], on_screen: bool
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert wants_colour(Screen()) is on_screen
    assert not wants_colour(io.StringIO())
    assert wants_colour(io.StringIO(), asked=True)
    assert not wants_colour(Screen(), asked=False)


@pytest.mark.parametrize(
    ("columns", "expected"), [("70", 70), ("9", MIN_COLUMNS), ("500", MAX_COLUMNS), ("wide", None)]
)
def test_columns_are_those_asked_for_within_what_can_be_read(
    monkeypatch: pytest.MonkeyPatch, columns: str, expected: int | None
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert columns_of(io.StringIO()) == expected
    assert columns_of(io.StringIO(), piped=80) == (expected or 80)


def test_marks_are_coloured_or_stand_between_guillemets_and_the_sentence_is_cut_round_them() -> None:
    sentence = MarkedText("Before it.\x1b " * 40 + "at Loikaw \u202eat last", ((483, 489),))
    assert sentence.text[483:489] == "Loikaw"
    (plain,) = Pen().quote(sentence, "  ", 60)
    assert re.fullmatch(r"  │ ….*at «Loikaw» at last", plain)
    (coloured,) = Pen(colour=True).quote(sentence, "  ", 60)
    assert "at \x1b[1;33mLoikaw\x1b[0m at last" in coloured
    assert "«" not in coloured
    assert Pen().quote(sentence, "")[0].count("Before") == 40


def test_marked_words_stay_on_one_line_unless_they_are_too_long_for_it() -> None:
    text = "one two three four five six"
    spans = [Span("nearly full "), Span("two words", whole=True), Span(" here")]
    lines = ["".join(span.text for span in line) for line in wrap_spans(spans, 20)]
    assert lines == ["nearly full", "two words here"]
    long = ["".join(span.text for span in line) for line in wrap_spans([Span(text, whole=True)], 14)]
    assert long == ["one two three", "four five six"]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(WORDS), max_size=30).map("".join), st.integers(30, 60), st.booleans())
def test_paragraph_fits_behind_its_lead_and_loses_nothing(text: str, columns: int, colour: bool) -> None:
    lines = Pen(colour, columns).paragraph(text, "Key  ", "     ", bold=True)
    plain = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in lines]
    assert max(map(display_width, plain)) <= columns
    assert [line[:5] for line in plain] == ["Key  ", *["     "] * (len(plain) - 1)]
    assert "".join("".join(line[5:] for line in plain).split()) == "".join(text.split())


def test_title_is_marked_in_unicode_and_overlapping_hits_once() -> None:
    title = "လြိဳင္ေကာ္ Loikaw"  # Loikaw in Zawgyi and in English

    def hit(start: int, end: int, field: str = "title") -> Hit:
        return Hit("t", "f", "title" if field == "title" else "text", start, end, title[start:end], title)

    marked = mark_title(title, [hit(0, 10), hit(11, 15), hit(13, 17), hit(2, 3, "text")], "zawgyi")
    assert [marked.text[start:end] for start, end in marked.marks] == ["လွိုင်ကော်", "Loikaw"]
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(marked.marks))
