"""The fold and the search: what is equal after folding, what is not, and that offsets quote the original."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.text.fold import Folded, fold
from alerts.text.key import find_folded, make_key
from alerts.text.syllable import count_syllables

LOIKAW = "လွိုင်ကော်"  # the town
SAYS = "သည်"  # a final particle


def find(form: str, text: str, *, exact_case: bool = False) -> list[str]:
    """Return what *form* matched in *text*, quoted from the original."""
    folded = fold(text)
    spans = find_folded(folded, make_key(form, exact_case=exact_case))
    return [text[slice(*folded.span(start, end))] for start, end in spans]


EQUAL = [
    # (row of the fold table, as typed, as it should be)
    ("1 zero-width space", "လွိုင်\u200bကော်", LOIKAW),
    ("1 soft hyphen", "Loi\u00adkaw", "Loikaw"),
    ("1 joiners and marks", "\ufeffလွိုင်\u2060ကော်\u200e", LOIKAW),
    ("2 space before a mark", "မကြာသေ ာ", "မကြာသော"),  # "not long since"
    ("2 no-break space before a mark", "လွ\u00a0ိုင်", "လွိုင်"),
    ("3 e before its consonant", "စစ်ဆင်ေရး", "စစ်ဆင်ရေး"),  # operation
    ("3 e before a stack", "ေတ္တ", "တ္တေ"),
    ("4 zero for wa between letters", "ဧရာ၀တီ", "ဧရာဝတီ"),  # Irrawaddy
    ("4 zero for wa before a mark", "ပါ၀င်", "ပါဝင်"),  # take part
    ("4 e and zero for wa", "ေ၀", "ဝေ"),  # to distribute
    ("4 zero for wa at the end", "အေ၀း", "အေဝး"),  # meeting
    ("5 wa for zero", "၁၀ဝ၀", "၁၀၀၀"),
    ("5 wa for zero in a ward's name", "(၅၀ဝ)", "(၅၀၀)"),
    ("6 seven for ra", "၇န်ကုန်", "ရန်ကုန်"),  # Yangon
    ("7 four for lagaung", "၄င်း", "၎င်း"),  # the said
    ("8 dot and asat, both orders", "ခွင\u1037\u103a", "ခွင\u103a\u1037"),  # permission
    ("8 u and ii", "ဥ\u102eး", "ဦး"),  # head, Mr
    ("9 medial after the vowel", "လိွုင်ကော်", LOIKAW),
    ("9 repeated mark", "တိုက်ပွဲဲ", "တိုက်ပွဲ"),  # battle
    ("9 asat before aa", "လွိုင်ကေ်ာ", LOIKAW),
    ("10 tall aa", "ဖါ", "ဖာ"),
    ("10 nya and u", "လေယာဥ်", "လေယာဉ်"),  # aircraft
    ("10 au", "ဩဂုတ်", "သြဂုတ်"),  # August
    ("10 aw", "ဪ", "သြော်"),
    ("10 jha", "ဈေး", "စျေး"),  # market
    ("10 great sa", "ပြဿနာ", "ပြသ္သနာ"),  # problem
    ("11 Burmese digits", "၁၁၁၁", "1111"),
    ("11 full-width digits", "１１１１", "1111"),
    ("11 Thai digits", "๑๑๑๑", "1111"),
    ("11 full-width letters", "Ｌｏｉｋａｗ", "loikaw"),
    ("12 accents", "Lwègaw", "lwegaw"),
    ("12 loose accent", "Lwe\u0300gaw", "lwegaw"),
    ("12 a letter that grows when lowered", "İstanbul LOIKAW", "istanbul loikaw"),
    ("12 case", "LOIKAW Straße", "loikaw strasse"),
    ("12 apostrophes", "People’s", "People's"),
    ("13 space between syllables", "လွိုင် ကော်", LOIKAW),
    ("13 line break between syllables", "လက်\nနက်ချ", "လက်နက်ချ"),  # surrender
]


@pytest.mark.parametrize(("typed", "meant"), [row[1:] for row in EQUAL], ids=[row[0] for row in EQUAL])
def test_every_safe_fold_makes_spellings_equal(typed: str, meant: str) -> None:
    assert fold(typed).text == fold(meant).text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ဗုံးကြဲ", "ဗုံးကျဲ"),  # bombing, and its misspelling: a row of the lexicon, not a fold
        ("မယ်စဲ့", "မယ်စဲ"),  # Mese with and without tone: rows too
        ("ည", "ဉ"),
        ("ရှ", "ရ"),
        ("ရ", "ယ"),
        ("န", "ဏ"),
        ("၇လက်", "ရလက်"),  # seven weapons
        ("၂၀ဝယ်", "၂၀၀"),  # bought 20; the last letter is a verb, no zero
        ("11¹¹", "1111"),  # superscript
        ("①①①①", "1111"),
        ("11.11", "1111"),
        ("\u1091\u1091", "11"),  # Shan digits double as Zawgyi letters
        ("လွိုင်\n\nကော်", LOIKAW),  # a blank line parts
        ("လွိုင်။ ကော်", LOIKAW),  # a full stop parts
    ],
)
def test_no_unsafe_fold_joins_different_words(one: str, other: str) -> None:
    assert fold(one).text != fold(other).text


def test_all_36_orders_of_the_marks_of_the_town_are_equal() -> None:
    orders = {
        f"လ{''.join(first)}င်က{''.join(second)}"
        for first in permutations("\u103d\u102d\u102f")
        for second in permutations("\u1031\u102c\u103a")
    }
    assert len(orders) == 36
    assert {fold(order).text for order in orders} == {fold(LOIKAW).text}


def test_kinzi_and_stacks_stay_in_place() -> None:
    word = "မင်္ဂလာ"  # auspicious
    assert fold(word).text == word
    assert fold("သင့်္ဘော").text == fold("သင်္ဘော").text  # ship, with a stray dot in the kinzi


def test_unsqueezed_fold_keeps_the_spaces() -> None:
    assert fold("လွိုင် ကော်", squeeze=False).text == "လွိုင် ကော်"


BURMESE = st.text(alphabet=st.characters(min_codepoint=0x1000, max_codepoint=0x104F), max_size=12)
MIXED = st.lists(
    st.one_of(
        BURMESE,
        st.sampled_from(
            [LOIKAW, "ဥ", "\u102e", "\u1031", "\u1039", "၀", " ", "  ", "\n", "\u200b", "Loi Kaw", "é", "ß"]
        ),
        st.text(max_size=4),
    ),
    max_size=8,
).map("".join)


@given(MIXED, st.booleans())
@settings(deadline=None, max_examples=100)
def test_folding_what_is_folded_changes_nothing(text: str, squeeze: bool) -> None:
    once = fold(text, squeeze).text
    assert fold(once, squeeze).text == once


@given(MIXED)
@settings(deadline=None, max_examples=100)
def test_offsets_stay_inside_the_original_and_in_order(text: str) -> None:
    folded = fold(text)
    spans = [folded.span(at, at + 1) for at in range(len(folded.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
    assert [end for _, end in spans] == sorted(end for _, end in spans)


@given(MIXED, MIXED, st.sampled_from([LOIKAW, "လိွုင် ကေ်ာ", "လွိုင်\u200bကော်", "Lo\u00adikaw", "LOIKAW"]))
@settings(deadline=None, max_examples=100)
def test_a_span_quotes_exactly_the_matched_letters(before: str, after: str, town: str) -> None:
    text = f"{before} | {town} | {after}"
    form = "Loikaw" if town[0] == "L" else LOIKAW
    assert town in find(form, text)


def test_empty_spans_point_between_letters() -> None:
    assert fold("ab").span(1, 1) == (1, 1)
    assert fold("ab").span(2, 2) == (2, 2)
    assert Folded("", (), ()).span(0, 0) == (0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "Loikawမြို့",  # Loikaw town
        "အဝေးLoikaw",  # glued behind Burmese
        "Loikaw's people",
        "Loikaw’s people",
        "#Loikaw",
        "Loikaw-PDF",
        "theLoikawTownship",  # glued by extraction
        "LOIKAW",
        "(Loikaw)",
    ],
)
def test_a_latin_form_is_found_beside_other_signs(text: str) -> None:
    assert [found.lower() for found in find("Loikaw", text)] == ["loikaw"]


@pytest.mark.parametrize(
    "text", ["Loikaws", "aloikaw", "LOIKAWX", "Loikaw2", "2Loikaw", "Laukkai", "Loi kaw"]
)
def test_a_latin_form_is_not_found_inside_a_word(text: str) -> None:
    assert find("Loikaw", text) == []


@pytest.mark.parametrize(
    "text", ["Loi Kaw", "Loi-kaw", "LoiKaw", "Loikaw", "Loi\u2011Kaw", "LOI KAW", "Loi–Kaw"]
)
@pytest.mark.parametrize("form", ["Loi Kaw", "Loi-kaw", "LoiKaw"])
def test_parts_of_a_latin_form_may_be_joined_parted_or_hyphenated(form: str, text: str) -> None:
    assert find(form, f"in {text}, today") == [text]


def test_words_cut_in_the_middle_are_not_joined() -> None:
    assert find("become", "it willbecome clear") == []
    assert find("Become", "it willBecome clear") == ["Become"]


def test_an_abbreviation_glued_to_burmese_is_found_in_its_own_case_only() -> None:
    text = "KNDFတပ်ရင်း and kndf, KNDF-B01"  # KNDF battalion
    assert find("KNDF", text, exact_case=True) == ["KNDF", "KNDF"]
    assert find("IB-54", "IB 54, IB54, ib 54", exact_case=True) == ["IB 54", "IB54"]


def test_a_star_leaves_the_end_of_a_latin_word_open() -> None:
    assert find("Karenn*", "Karenni and Karennis but no Karen") == ["Karenni", "Karennis"]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("လွိုင်ကော", "လွိုင်ကောင်"),  # inside a longer syllable
        ("ဂလာ", "မင်္ဂလာ"),  # lower half of a stack
        ("လွိုင်ကောင်", "လွိုင်ကောင်း"),  # a tone mark follows
        ("သိရိဒေါ", "သိရိဒေါ်"),  # "Thiri Daw" and "Thiri, Mrs"
        ("လေယာ", "လေယာဉ်"),  # the aircraft's killed nya belongs to its syllable
        (LOIKAW, "လွိုင်လင်"),  # Loilem
        (LOIKAW, "လောက်ကိုင်"),  # Laukkai
        ("သေ", "သော"),  # die, that
    ],
)
def test_a_burmese_form_keeps_to_whole_syllables(form: str, text: str) -> None:
    assert find(form, text) == []


@pytest.mark.parametrize("suffix", ["", "မြို့", "မြို့နယ်ကို", SAYS, "ဝန်းကျင်", "တွင်", "Town", "1"])
def test_a_burmese_form_may_carry_suffixes(suffix: str) -> None:
    assert find(LOIKAW, f"ယနေ့ {LOIKAW}{suffix}") == [LOIKAW]  # "today"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("垒固", "控制垒固等城区"),
        ("ลอยก่อ", "ที่เมืองลอยก่อว์ร่วม"),
        ("ロイコー", "州都ロイコーの"),
        ("로이코", "주도 로이코에서"),
    ],
    # controls Loikaw and other urban areas; in the town of Loikaw with; of (in) the capital Loikaw
    ids=["Chinese", "Thai", "Japanese", "Korean"],
)
def test_scripts_without_word_edges_match_by_containment(form: str, text: str) -> None:
    assert find(form, text) == [form]


@pytest.mark.parametrize("text", ["1,1111", "11112", "1111.5", "09-1111-2222", "A1111"])
def test_a_number_is_not_found_inside_a_longer_one(text: str) -> None:
    assert find("1111", text) == []


def test_syllables_are_counted_over_stacks_and_killed_consonants() -> None:
    assert count_syllables(fold(LOIKAW).text) == 2
    assert count_syllables(fold("မင်္ဂလာ").text) == 3
    assert count_syllables(fold("ခွင့်").text) == 1
