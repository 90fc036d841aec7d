"""Thousands of keys in one pass find exactly what each finds alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.match.lexicon import read_lexicon
from alerts.text.fold import fold
from alerts.text.key import find_folded, make_key
from alerts.text.scan import Scanner

LEXICON = read_lexicon(Path(__file__).resolve().parents[2] / "config" / "lexicon.csv")
FORMS = sorted({row.form for rows in LEXICON.concepts.values() for row in rows})
KEYS = [make_key(form) for form in FORMS]
SCANNER = Scanner(KEYS)

PIECES = st.sampled_from(
    [*FORMS, " ", "-", "\n", " - ", "မြို့", "သည်", "the", "'s", ".", "။ ", "\u200b", "1", "\u1031"]
)


@given(st.lists(PIECES, max_size=12).map("".join))
@settings(deadline=None, max_examples=150)
def test_one_pass_finds_what_each_key_finds_alone(text: str) -> None:
    folded = fold(text)
    alone = {key: spans for key in KEYS if (spans := list(find_folded(folded, key)))}
    assert SCANNER.find(folded) == alone


@pytest.mark.parametrize("keys", [[], [make_key("-")], [make_key("*")]])
def test_nothing_to_look_for_finds_nothing(keys: list[object]) -> None:
    assert Scanner(keys).find(fold("Loikaw - *")) == {}  # type: ignore[arg-type]


def test_a_key_with_parts_and_one_without_are_both_told() -> None:
    joined, parted = make_key("Loikaw"), make_key("Loi Kaw")
    found = Scanner([joined, parted]).find(fold("Loikaw, Loi-kaw"))
    assert found == {joined: [(0, 6)], parted: [(0, 6), (8, 15)]}


def test_half_a_character_in_text_or_key_does_no_harm() -> None:
    key = make_key("Loikaw")
    assert Scanner([key, make_key("Lo\ud800i")]).find(fold("\ud83d in \udc00 Loikaw")) == {key: [(7, 13)]}
