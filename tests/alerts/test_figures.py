"""Figures: numbers with their noun, verb and source in one clause, in English and Burmese, and nothing else."""

from __future__ import annotations

import time

import pytest

from alerts.figure.burmesewords import read_numeral
from alerts.figure.extract import find_figures
from alerts.figure.numeral import read_number
from alerts.figure.phrase import Tokens
from alerts.figure.verb import names_event
from alerts.figure.wordlist import COUNTED_EVENTS, EVENT_NOUNS, INTRANSITIVE, PARTICIPLES, PHRASES, TRANSITIVE
from alerts.text.fold import fold
from tests.zawgyi_writer import write_zawgyi


def read(text: str) -> list[tuple[int, str]]:
    return [(figure.value, figure.what) for figure in find_figures(text)]


def test_figure_says_what_who_and_by_whom_it_is_said() -> None:
    text = "It rained. At least 76 people have been killed, said Khun Aye of the aid group. It rained again."
    [figure] = find_figures(text)
    assert (figure.value, figure.what, figure.at_least, figure.hedged) == (76, "killed", True, False)
    assert (figure.who, figure.source) == ("people", "Khun Aye of the aid group")
    assert figure.sentence == "At least 76 people have been killed, said Khun Aye of the aid group."
    assert text[figure.start : figure.end] == figure.sentence


def test_offsets_are_those_of_zawgyi_as_given() -> None:
    zawgyi = write_zawgyi("ကျေးရွာကို ဗုံးကြဲရာ ရွာသား ၆ ဦး သေဆုံးသည်။")  # a village bombed, six villagers died
    text = f"A line before.\n  {zawgyi}\n"
    [figure] = find_figures(text)
    assert (figure.value, figure.what) == (6, "killed")
    assert text[figure.start : figure.end] == figure.sentence == zawgyi


def test_text_printed_in_both_encodings_counts_once() -> None:
    burmese = "ကျေးရွာကို ဗုံးကြဲရာ ရွာသား ၆ ဦး သေဆုံးသည်။"  # a village bombed, six villagers died
    assert read(f"{write_zawgyi(burmese)}\n{burmese}\n") == [(6, "killed")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5,000", 5000),
        ("5.000", 5000),
        ("twenty-five", 25),
        ("two hundred and fifty", 250),
        ("three thousand five hundred", 3500),
        ("a hundred", 100),
        ("1.5 million", 1_500_000),
        ("40 thousand", 40_000),
        ("12 to 15", 12),
        ("7.8", None),
        ("12,34", None),
        ("007", None),
        ("999999999", None),
        ("hundreds", None),
    ],
)
def test_english_numerals(text: str, value: int | None) -> None:
    number = read_number(text.split(), 0)
    assert (number and number.value) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("၃,၀၀၀", 3000),
        ("၁.၅၀၀", 1500),
        ("၂ ထောင်", 2000),
        ("၃ သောင်း", 30_000),
        ("ဆယ့်နှစ်", 12),
        ("နှစ်ဆယ့်ငါး", 25),
        ("တစ်ရာ့ငါးဆယ်", 150),
        ("သုံးထောင်", 3000),
        ("ခုနှစ်", 7),
        ("ထောင်", None),  # a prison
        ("လေးသုံး", None),  # two units side by side
        ("ရာထောင်", None),
    ],
)
def test_burmese_numerals(text: str, value: int | None) -> None:
    assert read_numeral(fold(text).text) == value


@pytest.mark.parametrize(
    "text",
    [
        "LID-55 soldiers were killed.",
        "Infantry Battalion 54 has been killing livestock.",
        "A 12-year-old was hit by a 500-pound bomb.",
        "Ko Htun, 31, was killed.",
        "In July 24 were pardoned.",
        "Operation 1027 killed the talks.",
        "The army denied that 15 of its soldiers had been killed.",
        "To say that no fewer than 15 died is a lie.",
        "Fewer than 20 people died.",
        "Twelve people were killed or wounded.",
        "More than 100 are still detained.",
        "150 families were displaced.",
        "300 12 soldiers died.",
        "6 years ago one person killed in a crash",
        "ဒေသခံတစ်ဦးက သေဆုံးသူရှိသည်ဟု ပြောသည်။",  # a local said there are dead
        "အသက် (၃၇) နှစ်အရွယ် ရွာသား သေဆုံးသည်။",  # a villager of 37 died
        "ခမရ (၁၁) က စစ်သားများ သေဆုံးသည်။",  # soldiers of battalion 11 died
        "သူပုန် ၁၅ ဦး သေဆုံးသည်ဆိုသည်မှာ ဗြောင်လိမ်ဖြစ်သည်။",  # that 15 rebels died is a bare lie
        "လူထိခိုက်မှု မရှိပါ။",  # nobody came to harm
        "မိုင်း ၁၂ လုံး ပေါက်ကွဲသည်။",  # twelve mines went off
    ],
)
def test_number_that_is_no_figure_is_left_alone(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("A junta column of about 600 troops was attacked and two civilians were killed.", [(2, "killed")]),
        ("200 fighters killed three soldiers.", [(3, "killed")]),
        ("She was one of seven people killed in the blast.", [(7, "killed")]),
        ("Twelve of the 20 students detained in March were released.", [(12, "other")]),
        ("5.000 people have fled.", [(5000, "displaced")]),
        # a column of 600 was attacked and two villagers died
        ("စစ်သား ၆၀၀ ပါ စစ်ကြောင်းကို တိုက်ခိုက်ရာ ရွာသား ၂ ဦး သေဆုံးသည်။", [(2, "killed")]),
        # three of ten died
        ("လူ ၁၀ ဦးအနက် ၃ ဦး သေဆုံးသည်။", [(3, "killed")]),
    ],
)
def test_number_is_never_borrowed_by_another_verb(text: str, figures: list[tuple[int, str]]) -> None:
    assert read(text) == figures


def test_parts_say_what_they_are_included_in() -> None:
    text = "82 civilians were killed, including 43 from shelling, and 24 from airstrikes."
    figures = find_figures(text)
    assert [figure.value for figure in figures] == [82, 43, 24]
    assert [figure.who for figure in figures[1:]] == ["people (included in the 82)"] * 2
    # eleven civilians died, two children among them
    part, whole = find_figures("ကလေး ၂ ဦးအပါအဝင် အရပ်သား ၁၁ ဦး သေဆုံးခဲ့သည်။")
    assert (part.who, whole.value) == ("ကလေး (included in the 11)", 11)


def test_total_keeps_its_period() -> None:
    [figure] = find_figures("Since February 2021, at least 6,000 civilians have died.")
    assert figure.who == "civilians (Since February 2021)"


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("20 men, women and children were killed.", "men, women and children"),
        ('At least 15 "terrorists" were killed.', "terrorists"),
        ("Four of the wounded died.", "wounded"),
        ("A young monk was killed.", "young monk"),
        ("Twelve were killed.", "people"),
    ],
)
def test_who_is_told_in_the_words_of_the_text(text: str, who: str) -> None:
    assert [figure.who for figure in find_figures(text)] == [who]


@pytest.mark.parametrize(
    "text", ["Soldiers killed 12 of", "They killed one of the", "They killed a man aged"]
)
def test_line_cut_off_behind_a_number_is_read(text: str) -> None:
    assert [figure.what for figure in find_figures(text)] in ([], ["killed"])


@pytest.mark.parametrize(
    "words", [*PARTICIPLES, *INTRANSITIVE, *TRANSITIVE, *EVENT_NOUNS, *COUNTED_EVENTS, *PHRASES]
)
def test_no_sentence_with_a_word_for_an_event_is_passed_over(words: str) -> None:
    assert names_event(Tokens(fold(f"It was {words.capitalize()}, they say.")))
    assert not names_event(Tokens(fold("It was, they say.")))


def test_pronoun_looks_past_lines_that_say_nothing_or_say_it_again() -> None:
    lines = [
        "Khun Aye said so.",
        "The army said no.",
        "Khun Aye said so.",
        "It rained.",
        "He said 13 people died.",
    ]
    assert [figure.source for figure in find_figures("\n".join(lines))] == ["army"]
    # a group said fighting broke out; it rained; they said six had died
    text = "ကေအဲန်အို က တိုက်ပွဲဖြစ်သည်ဟု ပြောသည်။ မိုးရွာသည်။ ရွာသား ၆ ဦး သေဆုံးသည်ဟု ၎င်းတို့က ပြောသည်။"
    assert [(figure.value, figure.source) for figure in find_figures(text)] == [(6, "ကေအဲန်အို")]


def test_point_inside_a_burmese_number_ends_no_sentence() -> None:
    text = "လူ ၁.၅၀၀ ကျော် ထွက်ပြေးခဲ့သည်။"  # more than 1.500 people fled
    [figure] = find_figures(text)
    assert (figure.value, figure.what, figure.sentence) == (1500, "displaced", text)


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("ရွာသား တစ်ဦး သေဆုံးသည်။", [(1, "killed")]),  # one villager died
        ("ရွာသား ဆယ့်နှစ် ယောက် သေဆုံးသည်။", [(12, "killed")]),  # twelve villagers died
        ("လူ သုံးထောင်ကျော် ထွက်ပြေးခဲ့သည်။", [(3000, "displaced")]),  # more than three thousand fled
        ("လူ သုံးထောင် ထွက်ပြေးခဲ့သည်။", []),  # without a classifier or "more than" the words may be others
        ("စစ်သား သုံးယောက် ရောက်လာသည်။", []),  # three soldiers came
    ],
)
def test_burmese_number_in_words_needs_a_classifier_or_a_bound(
    text: str, figures: list[tuple[int, str]]
) -> None:
    assert read(text) == figures


def test_pronoun_means_the_source_named_before() -> None:
    text = "The road is closed, said Khun Aye. He said 13 people had been killed."
    assert [figure.source for figure in find_figures(text)] == ["Khun Aye"]


def test_each_clause_keeps_its_own_source() -> None:
    first, second = find_figures(
        "The KLO said 12 soldiers died, while the army claimed that 30 rebels were killed."
    )
    assert (first.source, first.hedged) == ("KLO", False)
    assert (second.source, second.hedged) == ("army", True)


def test_number_denied_by_another_keeps_its_source() -> None:
    [figure] = find_figures("The army says 9 of its men died, but the KLO denies any losses.")
    assert (figure.value, figure.source) == (9, "army")


def test_denial_of_losses_is_a_figure_of_none() -> None:
    assert read("No one was killed in the attack.") == [(0, "killed")]
    assert read("သေဆုံးသူ မရှိပါ။") == [(0, "killed")]  # there are no dead


def test_half_a_unit_is_counted() -> None:
    # three and a half million had to flee
    assert read("လူ ၃ သန်းခွဲကျော် ထွက်ပြေးနေရသည်။") == [(3_500_000, "displaced")]


def test_seized_things_are_not_people() -> None:
    # fifteen traffickers, a clash, over a million tablets seized
    assert read("ကုန်ကူးသူ ၁၅ ဦးနဲ့ ပစ်ခတ်ပြီး စိတ်ကြွဆေးပြား ၁ သန်းကျော်ကို ဖမ်းဆီးခဲ့သည်။") == []


def test_source_stands_behind_the_nearest_quotation_mark() -> None:
    # because the navy fired, one died and 57 were arrested, the government said
    text = "ရေတပ်က ပစ်ခတ်လို့ လူတစ်ဦး သေဆုံးပြီး ၅၇ ဦး ဖမ်းဆီးခံခဲ့ရတယ်လို့ အစိုးရက ပြောပါတယ်။"
    figures = find_figures(text)
    assert [(figure.value, figure.what, figure.source) for figure in figures] == [
        (1, "killed", "အစိုးရ"),
        (57, "arrested", "အစိုးရ"),
    ]


def test_families_are_not_people() -> None:
    assert read("စစ်ရှောင် မိသားစု ၆၀ ရောက်လာသည်။") == []  # sixty displaced families arrived


HOSTILE = {
    "digits": "1" * 2900,
    "commas": "1,111" * 580,
    "numbers": "12 " * 960,
    "words": "one hundred " * 240,
    "qualifiers": "at least " * 320,
    "singles": "a man, " * 410,
    "verbs": "killed 3 and " * 220,
    "saying": "he said that " * 220,
    "quotes": '"' * 2900,
    "burmese units": "တစ်" * 900,
    "burmese scales": "ရာထောင်" * 400,
    "burmese thousands": "သောင်းလူသေဆုံး" * 200,
    "pronouns": "he said 3 died, " * 180,
    "burmese counts": "၁၂ ဦး " * 480,
    "burmese saying": "ဟု က " * 580,
    "burmese bases": "စခန်းကို " * 320,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sentences_take_time_in_proportion(name: str) -> None:
    def seconds(lines: int) -> float:
        text = "\n".join(f"{line} x {HOSTILE[name]}" for line in range(lines))
        begin = time.process_time()
        find_figures(text)
        return time.process_time() - begin

    seconds(1)
    assert seconds(12) < 1.5  # 36 kB; a quadratic pattern over one sentence alone would take longer


@pytest.mark.parametrize("text", ["7" * 200_000, "killed 3 and " * 15_000, "၁၂ ဦး " * 33_000, "\n" * 200_000])
def test_endless_sentence_is_passed_over(text: str) -> None:
    begin = time.process_time()
    assert find_figures(text) == ()
    assert time.process_time() - begin < 1.5
