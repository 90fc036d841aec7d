"""Articles come out of their pages whole and alone, and no page does worse than it did."""

from __future__ import annotations

import json
from functools import cache

import pytest

from tests.conftest import SHARED
from tests.goldenfile import REWRITE
from tests.quality.pages import (
    FLOORS,
    Judged,
    chunk_f1,
    judge,
    mean_f1,
    read_floors,
    read_gold,
    render_themes,
    shingle_f1,
)

TOLERANCE = 0.002


@cache  # tests run in random order
def judge_set(name: str) -> tuple[Judged, ...]:
    return judge(read_gold(SHARED) if name == "real" else render_themes())


@pytest.fixture(params=["real", "themes"])
def judged(request: pytest.FixtureRequest) -> tuple[Judged, ...]:
    pages = judge_set(request.param)
    if not pages:
        pytest.skip("no corpus/raw in the shared folder")
    return pages


def test_every_required_string_is_there_and_no_unwanted_one(judged: tuple[Judged, ...]) -> None:
    lacking = [one.sample.name for one in judged if one.ours.found < len(one.sample.required)]
    leaking = {one.sample.name: one.ours.leaked for one in judged if one.ours.leaked}
    assert (lacking, leaking) == ([], {})


def test_text_is_at_least_as_good_as_by_the_defaults_of_trafilatura(judged: tuple[Judged, ...]) -> None:
    worse = [one.sample.name for one in judged if one.ours.f1 < one.default.f1 - TOLERANCE]
    assert worse == []
    assert mean_f1([one.ours for one in judged]) >= mean_f1([one.default for one in judged])


def test_no_page_sinks_under_its_floor(judged: tuple[Judged, ...]) -> None:
    reached = {one.sample.name: round(one.ours.f1, 3) for one in judged}
    floors = read_floors()
    if REWRITE:
        floors |= reached
        FLOORS.write_text(json.dumps(dict(sorted(floors.items())), indent=1) + "\n", encoding="utf-8")
    sunk = {
        name: (f1, floors.get(name)) for name, f1 in reached.items() if f1 < floors.get(name, 2) - TOLERANCE
    }
    assert sunk == {}


def test_the_measure_sees_loss_and_foreign_text() -> None:
    text = "The ferry ran again on Monday after three weeks. It waits for forty people, the pilot said."
    assert shingle_f1(text, text) == 1.0
    assert shingle_f1(text[:48], text) < 0.75
    assert shingle_f1(text + " Most read: shelling near the market of the old town", text) < 0.85
    burmese = "မြို့မဈေးက ဆိုင်ခန်း ၂၀၀ ပြန်ဖွင့်လိုက်တယ်"  # the town market reopened 200 stalls
    assert shingle_f1(burmese, burmese.replace(" ", "")) == 1.0  # spaces mean nothing in Burmese
    assert shingle_f1(burmese[:20], burmese) < 0.7
    assert (chunk_f1(2, 2, 0), chunk_f1(1, 2, 0), chunk_f1(2, 2, 2)) == (
        1.0,
        pytest.approx(2 / 3),
        pytest.approx(2 / 3),
    )
