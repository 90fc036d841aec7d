"""What config/lexicon.csv promises: every form finds itself, none stands twice, every code is one place."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from alerts.match.lexicon import NUMBER_KIND, LexiconRow, build_lexicon, read_lexicon
from alerts.match.matcher import compile_topics
from alerts.match.rule import TopicRule
from alerts.text.fold import fold
from alerts.text.syllable import count_syllables
from alerts.text.zawgyi import convert_zawgyi

if TYPE_CHECKING:
    from collections.abc import Iterable

CONFIG = Path(__file__).resolve().parents[2] / "config"
LEXICON = read_lexicon(CONFIG / "lexicon.csv")
ROWS = tuple(row for rows in LEXICON.concepts.values() for row in rows)
PLACE_CODE = re.compile(r"MMR\d{3}(D\d{3}|\d{3})?\d*")
CODE_IN_NOTE = re.compile(r"pcode=(\w+)")
MYANMAR = re.compile("[\u1000-\u103f]")  # letters, not digits

# Two places that are rightly spelled alike: (concept, concept) → why.
SAME_NAME: dict[frozenset[str], str] = {}

# Zawgyi forms that no Unicode row of their concept equals → why.
WITHOUT_UNICODE: dict[str, str] = {}

# The letters of other things too: files, bodies, armies. They must stay case-sensitive.
ABBREVIATIONS_THAT_MEAN_MORE = ("KA", "SAC", "IEC", "PDF", "KSP", "PNA")

# Words of ours to stand around a form; a form that is a number has none and its own test.
AROUND = {
    "latin": (("Reports say that ", " was named on Monday."), ("(", ")"), ("", "")),
    "mymr-unicode": (
        ("ယနေ့ ", "မြို့တွင် ဖြစ်သည်။"),  # today … in the town of
        ("သူက", "ကို ပြောသည်။"),  # he told …
        ("", "နှင့်ပတ်သက်၍"),  # concerning …
    ),
    "mymr-zawgyi": (("ယေန႔ ", "ၿမိဳ႕တြင္ ျဖစ္ပြားေနသည္။"), ("သူက ", "ကို ေျပာျပခဲ့သည္။")),  # the same
    "thai": (("ข่าว", "ที่เมียนมา"),),  # news … in Myanmar
    "han": (("报道", "今天"),),
    "kana": (("今日の", "です"),),
    "hangul": (("오늘 ", "에서"),),
}


def as_unicode(row: LexiconRow) -> str:
    return convert_zawgyi(row.form) if row.script == "mymr-zawgyi" else row.form


def folded(row: LexiconRow, separator: str = " ") -> str:
    """Return the folded form with one *separator* wherever it has spaces or hyphens."""
    return re.sub(r"[\s\-\u2013]+", separator, fold(as_unicode(row)).text)


def where(rows: Iterable[LexiconRow]) -> list[str]:
    return [f"{row.concept}: {row.form}" for row in rows]


def test_every_concept_of_the_shipped_topics_exists() -> None:
    text = (CONFIG / "topics.yaml").read_text(encoding="utf-8")
    named = set(re.findall("@([a-z0-9-]+)", re.sub(r"(?m)#.*$", "", text)))
    assert {"loikaw", "operation-1111"} <= named
    assert named <= set(LEXICON.concepts)


def test_no_ward_is_a_reason_for_a_shipped_topic() -> None:
    wards = {row.concept for row in ROWS if row.kind == "ward"}
    assert {"ward-mine-lone", "ward-min-su"} <= wards
    for topic in yaml.safe_load((CONFIG / "topics.yaml").read_text(encoding="utf-8"))["topics"]:
        reasons = [term for key in ("any", "all", "title") for term in topic.get(key, ())]
        named = {part.strip().removeprefix("@") for term in reasons for part in term.split("|")}
        assert not named & wards, topic["id"]


def test_every_form_finds_itself_in_a_sentence() -> None:
    # Wards may be no reason of a topic; as places they are searched for in the same way.
    lexicon = build_lexicon(replace(row, kind="place") if row.kind == "ward" else row for row in ROWS)
    missed = []
    for concept, rows in lexicon.concepts.items():
        matcher = compile_topics([TopicRule("t", "T", any=(f"@{concept}",))], lexicon)
        for row in rows:
            encoding = "zawgyi" if row.script == "mymr-zawgyi" else "unicode"
            for before, after in AROUND.get(row.script, ()):
                text = f"{before}{row.form}{after}"
                hits = matcher.find_matches("", text, None, encoding).topics.get("t", ())
                start, end = len(before), len(before) + len(row.form)
                # a quote or bracket at the edge of a form may stay outside
                if not any(hit.start <= start + 1 and hit.end >= end - 1 for hit in hits):
                    missed.append(f"{concept}: {text}")
    assert missed == []


@pytest.mark.parametrize(
    ("concept", "text"),
    [
        ("operation-1111", "၁၁.၁၁ စစ်ဆင်ရေး"),
        ("operation-1107", "၁၁၀၇ စစ်ဆင်ရေးတွင်"),
        ("operation-1027", "the 1027 operation"),
        ("operation-1027", "၁၀၂၇ စစ်ဆင်ရေးအတွင်း"),
        ("operation-0307", "Operation 0307"),
    ],
)
def test_an_operation_named_by_a_number_is_one_row(concept: str, text: str) -> None:
    numbers = [row for row in ROWS if row.kind == NUMBER_KIND]
    only_the_number = build_lexicon([*numbers, *(row for row in ROWS if row.kind == "operation-word")])
    rules = [TopicRule(row.concept, row.concept, any=(f"@{row.concept}",)) for row in numbers]
    assert set(compile_topics(rules, only_the_number).find_matches("", text).topics) == {concept}


def test_no_form_stands_twice_under_a_concept() -> None:
    seen: dict[tuple[object, ...], list[LexiconRow]] = defaultdict(list)
    for row in ROWS:
        exact = row.form if row.status == "abbreviation" else ""
        seen[row.concept, row.script, folded(row), exact].append(row)
    twice = [rows for rows in seen.values() if len(rows) > 1]
    assert twice  # some raw spellings are the evidence, and say so
    assert [
        where(rows) for rows in twice if not any("raw spelling kept" in row.note for row in rows[1:])
    ] == []


def test_no_two_places_share_a_form() -> None:
    concepts: dict[str, set[str]] = defaultdict(set)
    for row in ROWS:
        if row.kind in {"place", "ward"}:
            concepts[folded(row, "")].add(row.concept)
    shared = {frozenset(names) for names in concepts.values() if len(names) > 1}
    assert shared == set(SAME_NAME)


def test_every_zawgyi_form_equals_a_unicode_form_of_its_concept() -> None:
    alone = []
    for row in ROWS:
        if row.script == "mymr-zawgyi":
            family = [other for other in LEXICON.concepts[row.concept] if other.script == "mymr-unicode"]
            if fold(convert_zawgyi(row.form)).text not in {fold(other.form).text for other in family}:
                alone.append(row.form)
    assert alone == list(WITHOUT_UNICODE)


def test_no_burmese_form_is_a_single_syllable() -> None:
    short = [
        row
        for row in ROWS
        if row.status != "abbreviation"
        and MYANMAR.search(as_unicode(row))
        and count_syllables(fold(as_unicode(row)).text) < 2
    ]
    assert where(short) == []


def test_burmese_is_typed_in_canonical_order() -> None:
    kept = [
        row
        for row in ROWS
        if row.script == "mymr-unicode"
        and row.status != "misspelling"
        and re.search("[\u200b-\u200d\ufeff]|(?<![\u1000-\u102a\u103b-\u103e])\u1031|\u103a\u1037", row.form)
    ]
    assert where(kept) == []


def test_ambiguous_abbreviations_are_found_in_this_case_only() -> None:
    for form in ABBREVIATIONS_THAT_MEAN_MORE:
        (row,) = [row for row in ROWS if row.form == form]
        assert row.status == "abbreviation", form


def test_every_place_code_is_well_formed_and_names_one_place() -> None:
    codes: dict[str, str] = {}
    for row in ROWS:
        for code in CODE_IN_NOTE.findall(row.note):
            assert PLACE_CODE.fullmatch(code), row
            assert codes.setdefault(code, row.form) == row.form, (
                f"{code} stands at {codes[code]} and {row.form}"
            )
            assert row.kind in {"place", "ward"}, row
    townships = {f"MMR00200{number}" for number in range(1, 8)}  # Kayah State has seven
    assert townships | {"MMR002", "MMR014009", "MMR014010"} <= set(codes)


def test_every_form_was_seen_or_says_that_it_was_not() -> None:
    unseen = [row for row in ROWS if not row.evidence_url and "generated" not in row.note]
    assert where(unseen) == []
    assert all(row.evidence_url.startswith(("https://", "http://")) for row in ROWS if row.evidence_url)


def test_kinds_stand_together_places_first_exclusions_last() -> None:
    first = [rows[0] for rows in LEXICON.concepts.values()]
    assert first[0].concept == "loikaw"
    order = ("ward", "actor", "operation", "operation-word", "event", "hedge", "exclusion")
    kinds = [row.kind for row in first if row.kind in order]
    assert kinds == sorted(kinds, key=order.index)
    lines = (CONFIG / "lexicon.csv").read_text(encoding="utf-8").splitlines()[1:]
    names = [line.split(",", 1)[0] for line in lines]
    assert len(LEXICON.concepts) == sum(one != other for one, other in zip(names, ["", *names], strict=False))
