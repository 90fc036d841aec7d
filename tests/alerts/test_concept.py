"""Which concepts an article names: every script, offsets that quote, exclusions blanked."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.match.concept import NAMED_KINDS, ConceptFinder, name_concepts
from alerts.match.lexicon import read_lexicon
from tests.zawgyi_writer import write_zawgyi

LEXICON = read_lexicon(Path(__file__).resolve().parents[2] / "config" / "lexicon.csv")


@pytest.fixture(scope="module")
def finder() -> ConceptFinder:
    return ConceptFinder(LEXICON)


def concepts(finder: ConceptFinder, title: str, text: str = "") -> set[str]:
    return {mention.concept for mention in finder.find(title, text)}


def test_the_same_event_names_the_same_concepts_in_english_burmese_and_zawgyi(finder: ConceptFinder) -> None:
    # An air strike hit Demoso; the KNDF said so.
    burmese = "ဒီးမော့ဆိုမြို့ကို လေကြောင်းတိုက်ခိုက်မှု ဖြစ်ခဲ့တယ်လို့ KNDF က ပြောပါတယ်။"
    wanted = {"demoso", "airstrike", "kndf"}
    assert concepts(finder, "An airstrike hit Demoso, the KNDF said") >= wanted
    assert concepts(finder, "", burmese) >= wanted
    assert concepts(finder, "", write_zawgyi(burmese)) >= wanted


def test_offsets_quote_the_field_as_given_in_zawgyi_too(finder: ConceptFinder) -> None:
    text = write_zawgyi("လွိုင်ကော်မြို့မှာ တိုက်ပွဲဖြစ်တယ်။ ဒီးမော့ဆိုမှာလည်း ဖြစ်တယ်။")  # fighting in Loikaw, in Demoso too
    found = [(mention.concept, text[mention.start : mention.end]) for mention in finder.find("", text)]
    assert [concept for concept, _ in found if concept in ("loikaw", "demoso")] == ["loikaw", "demoso"]
    assert all(quoted and quoted in text for _, quoted in found)


def test_a_look_alike_is_not_the_place(finder: ConceptFinder) -> None:
    assert "loikaw" not in concepts(finder, "Meeting at Loi Kaw Wan")
    assert "loikaw" in concepts(finder, "Meeting at Loikaw")


def test_words_that_only_help_others_are_no_concepts(finder: ConceptFinder) -> None:
    mentions = finder.find("Operation 1111 goes on", "An operation on the heart went well.")
    assert [(mention.concept, mention.kind) for mention in mentions] == [("operation-1111", "operation")]
    assert {mention.kind for mention in mentions} <= NAMED_KINDS


def test_english_names_are_forms_of_the_lexicon() -> None:
    names = name_concepts(LEXICON)
    assert names["loikaw"] == "Loikaw"
    assert all(name in {row.form for row in LEXICON.concepts[concept]} for concept, name in names.items())
