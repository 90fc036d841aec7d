"""Sentences end where a reader ends them, and a shown sentence is Unicode with its matches marked."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.match.lexicon import read_lexicon
from alerts.match.matcher import compile_topics
from alerts.match.rule import TopicRule
from alerts.model import MarkedText
from alerts.text.fold import fold
from alerts.text.sentence import MAX_SENTENCE_CHARS, excerpt_at, sentence_at, shown_sentence

LEXICON = read_lexicon(Path(__file__).resolve().parents[2] / "config" / "lexicon.csv")
MATCHER = compile_topics((TopicRule("t", "T", any=("@loikaw",)),), LEXICON)


def show(text: str, default: str = "unicode") -> MarkedText:
    hits = MATCHER.find_matches("", text, default_encoding=default).topics["t"]
    return shown_sentence(text, [hit for hit in hits if hit.field == "text"], default)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Two X here! Three", "Two X here!"),
        ("U. X spoke. Then left.", "U. X spoke."),
        ("He met Lt. X today. Then left.", "He met Lt. X today."),
        ("Since Operation 11.11 X is quiet. More", "Since Operation 11.11 X is quiet."),
        ("Camp No. 5 X fell. More", "Camp No. 5 X fell."),
        ("At 6 a.m. X fell. More", "At 6 a.m. X fell."),
        ('"X fell." She left.', '"X fell."'),
        ("On Nov. 11 X fell? Yes.", "On Nov. 11 X fell?"),
        ("Line\nX here\nLine", "X here"),
        ("ပထမ။ X ကို ရသည်။ နောက်ဆုံး။", "X ကို ရသည်။"),  # First. X was taken. Last.
        ("ပထမ။X၏ မြို့။", "X၏ မြို့။"),  # First. The town of X.
        ("X ၁.၅၀၀ ဦး ရှိသည်။ ထို့နောက်", "X ၁.၅၀၀ ဦး ရှိသည်။"),  # There are 1.500 X. And then
        ("X သည်.၅ ရက်", "X သည်."),  # X is. Five days
        ("What?!... X fell!!! Then", "X fell!!!"),
        ('Wait...what? X is it?!" Then', 'X is it?!"'),
        ("第一。X在此。第三", "X在此。"),  # First. X is here. Third
    ],
)
def test_a_sentence_is_cut_where_readers_cut_it(text: str, sentence: str) -> None:
    at = text.index("X")
    begin, stop = sentence_at(text, at, at + 1)
    assert text[begin:stop] == sentence


def test_a_span_over_two_lines_gets_both() -> None:
    assert sentence_at("a\nLoi\nKaw b\nc", 2, 9) == (2, 11)


@given(st.text(alphabet='ab. !?\n။"U', max_size=30), st.integers(0, 29), st.integers(1, 5))
@settings(deadline=None, max_examples=100)
def test_a_sentence_always_holds_its_span(text: str, start: int, length: int) -> None:
    end = min(start + length, len(text))
    if start < end:
        begin, stop = sentence_at(text, start, end)
        assert 0 <= begin <= start < end <= stop <= len(text)


@pytest.mark.parametrize("at", [0, 7, 7000, 69_993])
def test_of_an_endless_sentence_the_part_around_the_hit_is_cut_between_words(at: int) -> None:
    text = "Loikaw " * 10_000
    begin, stop = excerpt_at(text, at, at + 6)
    words = text[begin:stop].split(" ")
    assert begin <= at < at + 6 <= stop
    assert set(words) == {"Loikaw"}
    assert MAX_SENTENCE_CHARS - 20 < stop - begin <= MAX_SENTENCE_CHARS


@pytest.mark.parametrize(
    "word", ["လွိုင်ကော်တွင်", "စစ်တပ်", "လြိဳင္ေကာ္ၿမိဳ႕", "ဗုဒ္ဓဘာသာ"]
)  # in Loikaw, army, Loikaw town (Zawgyi), Buddhism
def test_an_endless_burmese_sentence_is_cut_between_syllables(word: str) -> None:
    text = word * 1000
    at = text.index(word, len(text) // 2)
    begin, stop = excerpt_at(text, at, at + len(word))
    pieces = {word[:index] for index in range(1, len(word)) if "က" <= word[index] <= "အ"} | {word}
    assert text[begin] in {"လ", "စ", "တ", "ဗ", "ဘ", "သ", "ၿ", "က"}
    assert any(text[:stop].endswith(piece) for piece in pieces)
    assert stop - begin <= MAX_SENTENCE_CHARS
    for edge in (begin, stop):
        assert text[edge] not in "\u1039\u103a" and text[edge - 1] != "\u1039"
        assert text[edge + 1] not in "\u1039\u103a"


@given(st.text(alphabet="ab ကင်ေ္။\n", max_size=3000), st.integers(0, 2999), st.integers(1, 900))
@settings(deadline=None, max_examples=100)
def test_an_excerpt_always_holds_its_span_within_its_sentence(text: str, start: int, length: int) -> None:
    end = min(start + length, len(text))
    if start < end:
        begin, stop = excerpt_at(text, start, end)
        first, last = sentence_at(text, start, end)
        assert first <= begin <= start < end <= stop <= last
        assert stop - begin <= max(MAX_SENTENCE_CHARS, end - start)


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u200b"])
def test_blanks_around_a_sentence_are_left_out_however_many(blank: str) -> None:
    text = f"One. {blank * 5}Loikaw fell {blank * 5}"
    begin, stop = sentence_at(text, text.index("Loikaw"), text.index("fell"))
    assert text[begin:stop] == "Loikaw fell"


def test_an_endless_sentence_is_shown_in_part() -> None:
    shown = show("Loikaw " * 2000)
    assert len(shown.text) <= MAX_SENTENCE_CHARS
    assert shown.text.startswith("Loikaw Loikaw")


def test_the_first_matched_sentence_is_shown_with_all_its_marks() -> None:
    shown = show("Quiet. Loikaw  and\u00a0Loi Kaw fell. Loikaw again.")
    assert shown.text == "Loikaw and Loi Kaw fell."
    assert [shown.text[start:end] for start, end in shown.marks] == ["Loikaw", "Loi Kaw"]


def test_a_hit_over_a_line_break_is_shown_in_one_line() -> None:
    shown = show("near Loi\nKaw today")
    assert shown == MarkedText("near Loi Kaw today", ((5, 12),))


def test_zawgyi_is_shown_in_unicode() -> None:
    shown = show(
        "ျဖစ္ပြားေနသည္။ လြိဳင္ေကာ္ၿမိဳ႕၌ တိုက္ပြဲမ်ား ျဖစ္ပြားေနသည္။"
    )  # It goes on. Fighting goes on in the town of Loikaw.
    assert fold(shown.text).text == fold("လွိုင်ကော်မြို့၌ တိုက်ပွဲများ ဖြစ်ပွားနေသည်။").text
    assert [fold(shown.text[start:end]).text for start, end in shown.marks] == [fold("လွိုင်ကော်").text]


def test_short_zawgyi_is_shown_by_the_habit_of_its_source() -> None:
    shown = show("လြိဳင္ေကာ္", "zawgyi")
    assert fold(shown.text).text == fold("လွိုင်ကော်").text
    assert shown.marks == ((0, len(shown.text)),)


def test_without_hits_nothing_is_shown() -> None:
    assert shown_sentence("Loikaw", ()) == MarkedText("")
