"""``newswatch try --stories``: documents grouped by event as a stream, in JSON and for people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.program import Program, a_source
from tests.zawgyi_writer import write_zawgyi

pytestmark = pytest.mark.slow  # starts of the program

ENGLISH = (
    "Two jets bombed a clinic near Hpruso on April 21. Three nurses were killed and eight patients injured."
)
# The same: a clinic near Hpruso bombed on 21 April, three nurses killed, eight patients injured.
BURMESE = "ဖရူဆိုအနီး ဆေးခန်းတစ်ခုကို ဧပြီ ၂၁ ရက်က ဗုံးကြဲရာ သူနာပြု ၃ ဦး သေဆုံးပြီး လူနာ ၈ ဦး ဒဏ်ရာရသည်။"
LINES = [
    {
        "id": "a",
        "title": "Jets bomb clinic",
        "text": ENGLISH,
        "published": "2025-04-22",
        "outlet": "Hill Post",
    },
    {"id": "b", "title": write_zawgyi("ဆေးခန်း ဗုံးကြဲခံရ"), "text": write_zawgyi(BURMESE)},  # clinic bombed
    {
        "id": "c",
        "title": "Bus overturns in Mese",
        "text": "A bus overturned in Mese on April 21, two were hurt.",
    },
    {"id": "d", "title": "Raid on clinic", "text": f"{ENGLISH} (Hill Post)", "published": "2025-04-23"},
]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    made = Program(tmp_path)
    made.configure([a_source("far", "https://example.org/feed")], [])
    (made.home / "lines.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in LINES), encoding="utf-8"
    )
    return made


def test_story_is_equal_for_documents_on_the_same_event_and_only_where_it_is_asked_for(
    program: Program,
) -> None:
    told = [
        json.loads(line) for line in program.do("try", "--stories", "--json", "lines.jsonl").out.splitlines()
    ]
    stories = {item["id"]: item["story"] for item in told}
    assert stories["a"] == stories["b"] == stories["d"] != stories["c"]
    plain = [json.loads(line) for line in program.do("try", "--json", "lines.jsonl").out.splitlines()]
    assert all("story" not in item for item in plain)
    assert [{**item, "story": stories[item["id"]]} for item in plain] == told


def test_people_see_why_documents_are_one_story_and_which_is_a_copy(program: Program) -> None:
    out = program.do("try", "--stories", "lines.jsonl").out
    assert "the same event as a" in out
    assert "clinic +" in out
    assert "a copy of a" in out
    assert "s1 3: a, b, d" in out
