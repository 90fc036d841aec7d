"""Topics hold for the right articles, and every hit quotes the field as given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.match.lexicon import Lexicon, LexiconRow, build_lexicon, read_lexicon
from alerts.match.matcher import MAX_HITS, Findings, compile_topics
from alerts.match.rule import TopicRule
from alerts.match.topic import find_rule_problems
from alerts.model import Hit
from alerts.terminal import Pen
from alerts.text.sentence import MAX_SENTENCE_CHARS
from alerts.trial.show import Teller
from alerts.trial.value import Document
from crawler.errors import ConfigError

LEXICON = read_lexicon(Path(__file__).resolve().parents[2] / "config" / "lexicon.csv")
LOIKAW = TopicRule("loikaw", "Loikaw", any=("@loikaw",), mask=("@loi-kaw-wan",))
ELEVEN = TopicRule("operation-1111", "Operation 1111", any=("@operation-1111",), mask=("@op-1x8",))
SHIPPED = compile_topics((LOIKAW, ELEVEN), LEXICON)

ZAWGYI = "လြိဳင္ေကာ္ၿမိဳ႕၌ တိုက္ပြဲမ်ား ျဖစ္ပြားေနသည္။"  # fighting goes on in the town of Loikaw
UNICODE = "လွိုင်ကော်မြို့၌ တိုက်ပွဲများ ဖြစ်ပွားနေသည်။"  # the same


def find(rule: TopicRule, text: str, title: str = "", language: str | None = None) -> tuple[Hit, ...]:
    return compile_topics((rule,), LEXICON).find_matches(title, text, language).topics.get(rule.id, ())


def holds(text: str, headline: str = "", spoken: str | None = None, **rule: tuple[object, ...]) -> bool:
    topic = replace(TopicRule("t", "T"), **rule)  # type: ignore[arg-type]  # each test names fields of TopicRule
    return bool(find(topic, text, headline, spoken))


def topics(text: str, title: str = "") -> set[str]:
    return set(SHIPPED.find_matches(title, text).topics)


@pytest.mark.parametrize(
    "text",
    ["Loikaw", "Loi Kaw", "LoiKaw", "Lwègaw", "လွိုင်ကော်မြို့", "လွိုင် ကော် မြို့", "လွိုင်\u200bကော်", "လြိဳင္ေကာ္", "ลอยก่อว์", "垒固",
     "ロイコー", "Loikaw-PDF", "Loikaw, 13 July", "Taunggyi-Loikaw road", "လွိုင်ကော်ဝန်းကျင်"],
)  # fmt: skip  # the last: around Loikaw
def test_every_name_of_the_town_matches(text: str) -> None:
    assert topics(text) == {"loikaw"}


@pytest.mark.parametrize(
    "text",
    ["Loi Kaw Wan camp", "Loi-Kaw-Wan", "လွိုင်ကော်ဝမ်း", "Loilem", "Loi Mwe", "Laukkai", "လွိုင်လင်လေး", "လွိုင်ခေါ်", "လောက်ကိုင်",
     "Loi Khaw village", "shop in Loikaw Street, Yangon", "Loilinlay"],
)  # fmt: skip
def test_similar_names_do_not_match(text: str) -> None:
    assert topics(text) == set()


def test_a_mask_excludes_the_phrase_and_never_the_article() -> None:
    (hit,) = find(LOIKAW, "People of Loi Kaw Wan remember Loikaw.")
    assert (hit.start, hit.matched) == (31, "Loikaw")
    assert topics("၁ ရှစ်လုံး (၁၁ ၁၁ ၁၁ ၁၁) စစ်ဆင်ရေး") == set()  # the eight ones
    assert topics("၁ ရှစ်လုံး စစ်ဆင်ရေးနှင့် ၁၁၁၁ စစ်ဆင်ရေး") == {"operation-1111"}  # the eight ones and Operation 1111


def test_a_hit_tells_term_form_place_and_sentence() -> None:
    text = "Calm today. Lt. Aung said Lwègaw is quiet. More later."
    (hit,) = find(LOIKAW, text)
    assert hit == Hit("@loikaw", "Lwègaw", "text", 26, 32, "Lwègaw", "Lt. Aung said Lwègaw is quiet.")


def test_hits_of_title_and_text_come_in_reading_order() -> None:
    hits = find(LOIKAW, "Loikaw, then Loi Kaw", "In Loikaw")
    assert [(hit.field, hit.start) for hit in hits] == [("title", 3), ("text", 0), ("text", 13)]


def test_of_overlapping_hits_of_a_concept_the_longest_stays() -> None:
    rows = [LexiconRow("c", "event", form, "latin", "standard") for form in ("air", "air raid", "raid siren")]
    matcher = compile_topics((TopicRule("t", "T", any=("@c",)),), build_lexicon(rows))
    assert [hit.matched for hit in matcher.find_matches("", "an air raid siren").topics["t"]] == [
        "air",
        "raid siren",
    ]


def test_zawgyi_is_matched_and_quoted_as_given() -> None:
    findings = SHIPPED.find_matches("", f"၁၁၁၁ စစ္ဆင္ေရး။ {ZAWGYI}")  # Operation 1111
    assert findings.encoding == "zawgyi"
    assert [hit.matched for hit in findings.topics["loikaw"]] == ["လြိဳင္ေကာ္"]
    assert [hit.matched for hit in findings.topics["operation-1111"]] == ["၁၁၁၁ စစ္ဆင္ေရး"]


def test_a_short_zawgyi_title_follows_its_article() -> None:
    findings = SHIPPED.find_matches("လြိဳင္ေကာ္", ZAWGYI)
    assert findings.encoding == "zawgyi"
    assert [hit.field for hit in findings.topics["loikaw"]] == ["title", "text"]


@pytest.mark.parametrize("text", [f"{ZAWGYI}\n{UNICODE}", f"{UNICODE}\n(Zawgyi)\n{ZAWGYI}"])
def test_the_second_printing_in_the_other_encoding_is_not_told_again(text: str) -> None:
    findings = SHIPPED.find_matches("", text)
    assert findings.encoding == "mixed"
    (hit,) = findings.topics["loikaw"]
    assert hit.start == 0


def test_of_many_printings_only_what_the_first_has_is_told_once() -> None:
    first, other = UNICODE, "ကယားပြည်နယ်၌ မိုးရွာသည်။"  # the fighting in Loikaw; it rains in Kayah
    text = "\n".join((other, first, ZAWGYI, "Loikaw is quiet.", other, ZAWGYI, "Loikaw"))
    hits = SHIPPED.find_matches("Loikaw", text).topics["loikaw"]
    assert [(hit.field, hit.matched) for hit in hits] == [
        ("title", "Loikaw"),
        ("text", "လွိုင်ကော်"),
        ("text", "Loikaw"),
        ("text", "Loikaw"),
    ]
    assert hits[1].start == text.index("လွိုင်ကော်")


def test_a_paragraph_repeated_in_one_encoding_is_told_twice() -> None:
    assert len(find(LOIKAW, f"{UNICODE}\n{UNICODE}")) == 2


def test_page_furniture_never_alerts() -> None:
    text = (
        "24.1 C\nLoikaw\nTuesday 27, January 2026\nA bridge was opened in Mese.\nTags: Loikaw, 1111 Operation"
    )
    assert topics(text) == set()
    (hit,) = find(LOIKAW, f"{text}\nIt leads to Loikaw.")
    assert f"{text}\nIt leads to Loikaw."[hit.start : hit.end] == "Loikaw"
    assert hit.sentence == "It leads to Loikaw."


def test_any_all_none_and_title_combine() -> None:
    text = "Airstrike on Loikaw"
    assert holds(text, any=("@demoso", "@loikaw"))
    assert holds(text, any=("@demoso|@loikaw",))
    assert not holds(text, any=("@demoso",))
    assert holds(text, all=("@airstrike", "@loikaw"))
    assert not holds(text, all=("@airstrike", "@demoso"))
    assert not holds(text, any=("@loikaw",), none=("@airstrike",))
    assert holds("Airstrike", "Loikaw", title=("@loikaw",))
    assert not holds("Loikaw", "Airstrike", title=("@loikaw",))


def test_a_literal_is_found_in_either_script() -> None:
    assert [hit.term for hit in find(TopicRule("t", "T", any=("Moe Bye",)), "near Moe-bye")] == ["Moe Bye"]
    assert holds("မိုးဗြဲတွင်", any=("မိုးဗြဲ",))  # in Moebye
    assert [hit.matched for hit in find(TopicRule("t", "T", any=("Karenn*",)), "Karennis")] == ["Karennis"]
    assert holds("a|b", any=('"a|b"',))


def test_languages_restrict_only_what_is_known() -> None:
    assert holds("Loikaw", any=("@loikaw",), languages=("en",), spoken="en-GB")
    assert not holds("Loikaw", any=("@loikaw",), languages=("en",), spoken="my")
    assert holds("Loikaw", any=("@loikaw",), languages=("en",), spoken=None)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("An airstrike hit three villages of Demoso", True),
        ("Demoso: an airstrike", True),
        ("An airstrike one two three four five six Demoso", False),
        ("An airstrike.\nDemoso", False),  # never across a paragraph
        ("ဗုံးကြဲ ဒီးမော့ဆို", True),  # bombing, Demoso
        ("ဗုံးကြဲခံရသည်ဟုသိရပြီးနောက် ဒီးမော့ဆို", False),  # eight syllables stand between
    ],
)
def test_near_counts_syllables_and_words_within_a_paragraph(text: str, near: bool) -> None:
    assert holds(text, near=(("@airstrike", "@demoso|@loikaw", 5),)) is near


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("โจมตีทางอากาศที่ลอยก่อว์", True),  # an air strike on Loikaw
        (
            "โจมตีทางอากาศเมื่อวันจันทร์ที่ผ่านมาตามคำบอกเล่าของชาวบ้านในลอยก่อว์",
            False,
        ),  # on Monday, say villagers of Loikaw
    ],
)
def test_near_counts_thai_letters_as_words_of_usual_length(text: str, near: bool) -> None:
    assert holds(text, near=(("โจมตีทางอากาศ", "@loikaw", 5),)) is near


def test_the_hash_changes_with_rules_and_forms_and_not_with_notes() -> None:
    rows = [row for forms in LEXICON.concepts.values() for row in forms]

    def hash_of(rule: TopicRule, lexicon: Lexicon = LEXICON) -> str:
        return compile_topics((rule,), lexicon).rules_hash

    noted = build_lexicon([replace(rows[0], note="another"), *rows[1:]])
    formed = build_lexicon([*rows, LexiconRow("loikaw", "place", "Loykaw", "latin", "misspelling")])
    assert hash_of(LOIKAW) == hash_of(LOIKAW) == hash_of(LOIKAW, noted)
    assert len({hash_of(LOIKAW), hash_of(LOIKAW, formed), hash_of(replace(LOIKAW, none=("@demoso",)))}) == 3


@pytest.mark.parametrize(
    ("rule", "key", "message"),
    [
        (TopicRule("t", "T", any=("@loikw",)), "any[0]", "did you mean @loikaw?"),
        (TopicRule("t", "T", any=("@loikaw|@demso",)), "any[0]", "did you mean @demoso?"),
        (TopicRule("t", "T", any=("x", "သေ")), "any[1]", "one syllable"),  # to die
        (TopicRule("t", "T", any=("Loi Kaw Wan",), mask=("@loi-kaw-wan",)), "any[0]", "the mask blanks it"),
        (TopicRule("t", "T"), "any", "nothing to look for"),
        (TopicRule("t", "T", none=("@loikaw",)), "any", "nothing to look for"),
        (TopicRule("t", "T", any=("\u200b",)), "any[0]", "no letter or digit"),
        (TopicRule("t", "T", any=("@loikaw|",)), "any[0]", "no letter or digit"),
        (TopicRule("t", "T", any=("Kar*",)), "any[0]", "four Latin letters"),
        (TopicRule("t", "T", any=("*karen",)), "any[0]", "four Latin letters"),
        (TopicRule("t", "T", near=(("@loikaw", "@demoso", 0),)), "near[0][2]", "no distance"),
        (TopicRule("t", "T", near=(("@loikaw", "@nowhere", 5),)), "near[0][1]", "unknown concept"),
    ],
)
def test_each_mistake_in_a_rule_is_told_with_its_key(rule: TopicRule, key: str, message: str) -> None:
    (problem,) = find_rule_problems((rule,), LEXICON)
    assert (problem.topic, problem.key) == ("t", key)
    assert message in problem.message
    with pytest.raises(ConfigError, match=r"t\."):
        compile_topics((rule,), LEXICON)


def test_a_stacked_word_of_two_syllables_is_long_enough() -> None:
    assert find_rule_problems((TopicRule("t", "T", any=("သတ္တု",)),), LEXICON) == ()  # metal


def test_shipped_topics_have_no_problem_and_equal_ids_do() -> None:
    assert find_rule_problems((LOIKAW, ELEVEN), LEXICON) == ()
    assert [problem.key for problem in find_rule_problems((LOIKAW, LOIKAW), LEXICON)] == ["id"]


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                UNICODE,
                ZAWGYI,
                "Loikaw",
                "လိွုင် ကော်",
                "Operation 1111",
                "Loi Kaw Wan",
                "\n",
                "။ ",
                ". ",
                "Tags: Loikaw",
            ]
        ),
        st.text(max_size=10),
    ),
    max_size=8,
).map(" ".join)


@given(PIECES, PIECES)
@settings(deadline=None, max_examples=100)
def test_every_hit_quotes_its_field_and_stands_in_its_sentence(title: str, text: str) -> None:
    findings: Findings = SHIPPED.find_matches(title, text)
    for hits in findings.topics.values():
        for hit in hits:
            given_field = title if hit.field == "title" else text
            assert hit.matched == given_field[hit.start : hit.end] != ""
            assert hit.matched in hit.sentence
            assert hit.sentence in given_field


def test_a_page_full_of_one_name_keeps_a_few_short_hits() -> None:
    hits = find(LOIKAW, "Loikaw " * 20_000, "Loikaw")
    assert len(hits) == MAX_HITS
    assert hits[0].field == "title"
    assert [hit.start for hit in hits[1:]] == [number * 7 for number in range(MAX_HITS - 1)]
    assert all(len(hit.sentence) <= MAX_SENTENCE_CHARS for hit in hits)


def test_of_many_hits_the_first_of_every_term_stays() -> None:
    rule = TopicRule("t", "T", all=("@loikaw", "clinic"))
    assert find(rule, "Loikaw. " * 500 + "A clinic.")[-1].matched == "clinic"


TOWN_WITH_WARDS = TopicRule("t", "T", any=("@loikaw",), detail=("@ward-daw-au-khu",))


def test_a_detail_is_told_beside_the_topic_and_founds_no_match() -> None:
    matcher = compile_topics((TOWN_WITH_WARDS,), LEXICON)
    both = matcher.find_matches("", "Shells fell on Daw Au Khu in Loikaw.")
    assert [hit.matched for hit in both.topics["t"]] == ["Loikaw"]
    assert [hit.matched for hit in both.details["t"]] == ["Daw Au Khu"]
    assert matcher.find_matches("", "Shells fell on Daw Au Khu.") == Findings()


def test_a_detail_is_told_to_people_below_the_topic() -> None:
    document = Document("a", "", "Shells fell on Daw Au Khu in Loikaw. Daw Au Khu burns.")
    found = compile_topics((TOWN_WITH_WARDS,), LEXICON).find_matches("", document.text)
    lines = Teller(Pen(colour=False, columns=None)).tell(document, found, "en", (), "unicode").splitlines()
    assert lines[-3:] == ["    Loikaw ×1", "    also: Daw Au Khu ×2", ""]


@pytest.mark.parametrize("key", ["any", "all", "title"])
def test_a_ward_may_not_found_a_match(key: str) -> None:
    rule = replace(TopicRule("t", "T", any=("@loikaw",)), **{key: ("@ward-daw-au-khu",)})  # type: ignore[arg-type]
    (problem,) = find_rule_problems((rule,), LEXICON)
    assert (problem.key, "is a ward" in problem.message) == (f"{key}[0]", True)


def test_a_literal_in_zawgyi_is_read_as_the_text_is() -> None:
    assert holds(UNICODE, any=("လြိဳင္ေကာ္",))
    assert holds(ZAWGYI, any=("လြိဳင္ေကာ္",))


def test_a_literal_that_is_a_piece_of_a_syllable_is_refused() -> None:
    # the town's name without its first letter: it begins with a mark
    (problem,) = find_rule_problems((TopicRule("t", "T", any=("\u102d\u102fင်ကော်မြို့",)),), LEXICON)
    assert "can never match" in problem.message


def test_many_topics_share_one_pass_and_do_not_disturb_each_other() -> None:
    rules = tuple(TopicRule(f"t{number}", "T", any=(f"village {number}",)) for number in range(300))
    found = compile_topics(rules, LEXICON).find_matches(
        "", "Fighting at Village-7, village 12 and village123."
    )
    assert {topic: [hit.matched for hit in hits] for topic, hits in found.topics.items()} == {
        "t7": ["Village-7"],
        "t12": ["village 12"],
        "t123": ["village123"],
    }


def test_overlapping_masks_and_names_are_told_apart() -> None:
    rule = TopicRule("t", "T", any=("karenni army", "army base"), mask=("karenni army base",))
    assert find(rule, "The Karenni Army base fell.") == ()
    assert [hit.matched for hit in find(rule, "The Karenni Army took an army base.")] == [
        "Karenni Army",
        "army base",
    ]
