"""Zawgyi is told from Unicode by segment, converted, and quoted from the original."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.text.fold import fold
from alerts.text.zawgyi import convert_zawgyi, to_unicode

ZAWGYI = "လြိဳင္ေကာ္ၿမိဳ႕၌ တိုက္ပြဲမ်ား ျဖစ္ပြားေနသည္။"  # fighting goes on in the town of Loikaw
UNICODE = "လွိုင်ကော်မြို့၌ တိုက်ပွဲများ ဖြစ်ပွားနေသည်။"  # the same


@pytest.mark.parametrize(
    ("zawgyi", "unicode"),
    [
        ("လြိဳင္ေကာ္", "လွိုင်ကော်"),  # Loikaw
        ("လိြဳင္ေကာ္", "လွိုင်ကော်"),  # Loikaw, marks typed in another order
        ("စစ္ဆင္ေရး", "စစ်ဆင်ရေး"),  # operation
        ("ၿမိဳ႕", "မြို့"),  # town
        ("ၿမိဳ ့", "မြို့"),  # town, a space before its dot
        ("၀န္ႀကီး", "ဝန်ကြီး"),  # minister, wa typed as zero
        ("ျဖစ္၇င္", "ဖြစ်ရင်"),  # if so, ra typed as seven
        ("မဂၤလာ", "မင်္ဂလာ"),  # auspicious
        ("ဦးေႏွာက္", "ဦးနှောက်"),  # brain
        ("ပစၥည္း", "ပစ္စည်း"),  # goods
        ("ကၽြန္ေတာ္", "ကျွန်တော်"),  # I
        ("၄င္း", "၎င်း"),  # the said
        ("ၾသဂုတ္ ၁၁", "ဩဂုတ် ၁၁"),  # 11 August: digits stay digits
    ],
)
def test_a09_zawgyi_converts_to_the_same_word(zawgyi: str, unicode: str) -> None:
    assert fold(convert_zawgyi(zawgyi)).text == fold(unicode).text


def test_long_zawgyi_is_recognised_and_converted() -> None:
    found = to_unicode(ZAWGYI)
    assert found.encoding == "zawgyi"
    assert fold(found.text).text == fold(UNICODE).text


def test_unicode_is_left_as_it_is() -> None:
    found = to_unicode(UNICODE, default="zawgyi")
    assert (found.text, found.encoding) == (UNICODE, "unicode")


@pytest.mark.parametrize("text", ["", "Loikaw 1111", "垒固", "\n\n"])
def test_text_without_myanmar_letters_is_unicode_whatever_the_source(text: str) -> None:
    found = to_unicode(text, default="zawgyi")
    assert (found.text, found.encoding) == (text, "unicode")


def test_a09_each_segment_is_judged_on_its_own() -> None:
    found = to_unicode(f"{UNICODE}\n{ZAWGYI}")
    assert found.encoding == "mixed"
    first, second = found.text.split("\n")
    assert fold(first).text == fold(second).text
    assert len(found.zawgyi) == 1


def test_a_segment_too_short_to_judge_takes_the_majority() -> None:
    short = "ကယား၌"  # in Kayah; says too little by itself
    assert to_unicode(f"{short}\n{ZAWGYI}").encoding == "zawgyi"
    assert to_unicode(f"{short}\n{UNICODE}", default="zawgyi").encoding == "unicode"


def test_a09_a_lone_short_text_takes_the_source_default() -> None:
    town = "ၿမိဳ႕"  # town
    assert to_unicode(town, default="zawgyi").text == convert_zawgyi(town)
    assert to_unicode("ကယား", default="unicode").text == "ကယား"  # Kayah, spelled alike in both


def test_offsets_lead_back_to_the_letters_as_given() -> None:
    text = f"Loikaw: {ZAWGYI}"
    found = to_unicode(text)
    at = found.text.index("တိုက်ပွဲ")  # battle
    start, end = found.span(at, at + len("တိုက်ပွဲ"))
    assert text[start:end] == "တိုက္ပြဲ"
    assert found.locate(start, end) == (at, at + len("တိုက်ပွဲ"))


@given(
    st.text(alphabet=st.characters(min_codepoint=0x1000, max_codepoint=0x109F), max_size=20),
    st.text(max_size=5),
)
@settings(deadline=None, max_examples=100)
def test_offsets_stay_inside_the_original_and_in_order(burmese: str, other: str) -> None:
    text = f"{other}{burmese}\n{ZAWGYI}"
    found = to_unicode(text, default="zawgyi")
    assert len(found.text) == len(found.starts) == len(found.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(found.starts, found.ends, strict=True))
    assert list(found.starts) == sorted(found.starts)
