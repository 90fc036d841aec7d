"""The gate on severity: a false alarm at night costs trust, a missed one costs more than that."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.model import Severity
from tests.quality.severity import Score, grade_text, read_own, score_own

MIN_PRECISION = 0.95
MIN_RECALL = 0.8
MIN_EXACT = 0.9
# Every article of the labelled corpus that is urgent by a person's reading of it.
URGENT_IN_CORPUS = {"d002", "d014", "d019", "d021", "d036", "d082", "d092", "d099", "d145"}


@pytest.fixture(scope="module")
def own() -> dict[str, Score]:
    return score_own()


def test_own_set_is_large_in_both_languages_and_full_of_traps() -> None:
    cases = read_own()
    assert len({case["id"] for case in cases}) == len({case["text"] for case in cases}) == len(cases) >= 160
    languages = Counter(case["language"] for case in cases)
    assert min(languages["en"], languages["my"]) >= 60
    assert all(case["gloss"] for case in cases if case["language"] == "my")
    assert len({case["trap"] for case in cases if case["severity"] == "routine"}) >= 40
    assert sum(case["severity"] == "urgent" for case in cases) >= 60


@pytest.mark.parametrize("language", ["en", "my"])
def test_urgent_is_rarely_wrong_and_rarely_missed(language: str, own: dict[str, Score]) -> None:
    score = own[language]
    assert score.precision >= MIN_PRECISION, score.notes
    assert score.recall >= MIN_RECALL, score.notes
    assert score.exact / score.all >= MIN_EXACT, score.notes


def test_labelled_corpus_has_the_alarms_that_a_person_finds_in_it(shared: Path) -> None:
    file = shared / "corpus" / "dev" / "articles.jsonl"
    if not file.is_file():
        pytest.skip("no labelled articles in the shared folder")
    urgent = set()
    for line in file.read_text(encoding="utf-8").splitlines():
        article = json.loads(line)
        try:
            grade = grade_text(article["title"], article["text"], None)
        except LookupError:
            continue  # about something else
        urgent |= {article["id"]} if grade.severity is Severity.URGENT else set()
    assert urgent == URGENT_IN_CORPUS


@pytest.mark.parametrize(
    ("seen", "severity"),
    [
        (datetime(2026, 5, 4, tzinfo=UTC), Severity.URGENT),
        (datetime(2026, 5, 30, tzinfo=UTC), Severity.ROUTINE),
        (
            datetime(2026, 4, 30, tzinfo=UTC),
            Severity.URGENT,
        ),  # the day named is yet to come: an error of print
    ],
)
def test_same_words_are_news_or_history_by_the_day_they_name(seen: datetime, severity: Severity) -> None:
    text = "On May 3 a shell hit the market of Loikaw and killed four people, a trader said."
    assert grade_text("", text, seen).severity is severity


def test_reasons_are_words_of_the_article() -> None:
    text = "Two jets bombed a clinic in Loikaw. A nurse was killed."
    grade = grade_text("", text)
    assert grade.severity is Severity.URGENT
    assert grade.reasons[0] in text
    assert grade.reasons[1] == "met clinic"
    past = grade_text("", "Two years ago jets bombed a clinic in Loikaw.")
    assert past.reasons == ("told as past: “years ago”",)


def test_zawgyi_is_graded_like_unicode() -> None:
    unicode = "လွိုင်ကော်မြို့တွင် ဗုံးကြဲမှုကြောင့် အရပ်သား ၃ ဦး သေဆုံးသည်။"  # bombs killed three civilians in Loikaw
    zawgyi = "လြိဳင္ေကာ္ၿမိဳ႕တြင္ ဗံုးၾကဲမႈေၾကာင့္ အရပ္သား ၃ ဦး ေသဆံုးသည္။"  # the same in the other encoding
    assert grade_text("", unicode).severity is grade_text("", zawgyi).severity is Severity.URGENT


@pytest.mark.parametrize(
    "text",
    [
        "Loikaw " * 5_000,
        "Loikaw bombed" + " hospital" * 3_000,
        "killed " * 3_000 + "Loikaw",
        "Loikaw." * 3_000,
        "Loikaw \ud800 was bombed\0 hospital.",
    ],
)
def test_hostile_text_gets_a_grade_and_no_error(text: str) -> None:
    assert grade_text(text[:300], text).severity in Severity
