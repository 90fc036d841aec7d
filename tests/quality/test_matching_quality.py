"""The gate: the shipped topics keep their floors on labelled texts, and the labelled set keeps its breadth."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.quality.__main__ import WIDTH, show_table
from tests.quality.matching import FLOORS, TOPICS, Judged, find_errors, judge, read_dev, read_own, score

OWN = read_own()
# The rows of the fold: each with texts that are judged rightly only if the row is applied.
FOLD_ROWS = range(1, 14)
# What a fold must not do: texts that would be judged wrongly if it did.
UNSAFE = ("tone", "ha", "medial", "asat", "syllable", "nearest-word", "seven", "point", "superscript")
# What real pages print; page-9 stands for the districts around, which are not the town.
PAGE_TRAPS = {
    "page-1-weather",
    "page-1-title-twice",
    "page-2-menu",
    "page-2-most-read",
    "page-2-related",
    "page-2-tail",
    "page-2-years-ago",
    "page-3-cut",
    "page-3-glued",
    "page-4-dual",
    "page-4-half",
    "page-5-battalion",
    "page-6-editor-note",
    "page-7-misspelled",
    "page-8-karen",
    "page-9-pekon",
    "page-10-frame",
}
FORMS = {
    f"form-{name}"
    for name in [
        "operation-first",
        "number-first",
        "hyphen",
        "point",
        "hyphen-inside",
        "comma",
        "stroke",
        "quotes",
        "brackets",
        "words",
        "four-ones",
        "hashtag",
        "glued",
        "modifier",
        "offensive",
        "named",
        "list",
        "revolution",
        "upper-op",
        "other-script",
        "double",
        "mixed-script",
    ]
}
NEAR_MISSES = {
    "other-operation",
    "eight-ones",
    "unit",
    "date-only",
    "shopping",
    "count",
    "money",
    "percent",
    "phone",
    "clock",
    "hashtag",
    "year",
    "digits",
    "address",
    "coordinates",
    "identifier",
    "cooperation",
    "psychological",
    "command",
    "similar-name",
}


@pytest.fixture(scope="module")
def own() -> tuple[Judged, ...]:
    return judge(OWN)


@pytest.fixture(scope="module")
def dev(shared: Path) -> tuple[Judged, ...]:
    lines = read_dev(shared)
    if not lines:
        pytest.skip("no labelled corpus in the shared folder")
    return judge(lines)


def assert_floor(judged: tuple[Judged, ...], topic: str) -> None:
    result = score(judged, topic, lambda one: one.found)
    missed, false = find_errors(judged, topic)
    assert result.precision is not None
    assert result.recall is not None
    assert result.precision >= FLOORS[topic], f"{result.precision:.3f}, false alarms {false}"
    assert result.recall >= FLOORS[topic], f"{result.recall:.3f}, missed {missed}"


@pytest.mark.parametrize("topic", TOPICS)
def test_own_set_stays_above_its_floor(topic: str, own: tuple[Judged, ...]) -> None:
    assert_floor(own, topic)


@pytest.mark.parametrize("topic", TOPICS)
def test_corpus_stays_above_its_floor(topic: str, dev: tuple[Judged, ...]) -> None:
    assert_floor(dev, topic)


@pytest.mark.parametrize("topic", TOPICS)
def test_own_set_is_harder_than_a_naive_search(topic: str, own: tuple[Judged, ...]) -> None:
    """A set on which a plain search does nearly as well shows nothing."""
    naive = score(own, topic, lambda one: one.naive)
    assert naive.precision is not None
    assert naive.recall is not None
    assert naive.precision < 0.9
    assert naive.recall < 0.7


def test_encodings_are_told_right(own: tuple[Judged, ...], dev: tuple[Judged, ...]) -> None:
    wanted = {"en": "unicode", "my": "unicode", "my-zawgyi": "zawgyi", "zawgyi": "zawgyi"}
    wrong = [
        (one.line.id, one.findings.encoding)
        for one in (*own, *dev)
        if one.findings.encoding != wanted.get(one.line.language, one.findings.encoding)
    ]
    assert wrong == []


def test_every_hit_quotes_its_field(own: tuple[Judged, ...]) -> None:
    for one in own:
        given = {"title": one.line.title, "text": one.line.text}
        for hits in one.findings.topics.values():
            for hit in hits:
                assert given[hit.field][hit.start : hit.end] == hit.matched, one.line.id
                assert hit.matched in hit.sentence, one.line.id


def test_set_is_large_and_half_burmese() -> None:
    assert len(OWN) >= 250
    assert sum(line.near_miss for line in OWN) >= 60
    languages = Counter(line.language for line in OWN)
    assert languages.keys() == {"en", "my", "zawgyi", "mixed", "th", "zh", "ja", "ko"}
    assert languages["my"] + languages["zawgyi"] + languages["mixed"] >= 0.4 * len(OWN)
    for topic in TOPICS:
        assert sum(topic in line.topics for line in OWN) >= 100


def test_lines_are_well_formed() -> None:
    ids = Counter(line.id for line in OWN)
    assert [name for name, count in ids.items() if count > 1] == []
    texts = Counter((line.title, line.text) for line in OWN)
    assert [text for text, count in texts.items() if count > 1] == []
    for line in OWN:
        assert line.id.startswith(f"{line.language}-"), line.id
        assert line.topics <= set(TOPICS), line.id
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", line.trap), line.id
        assert line.gloss or line.language == "en", f"{line.id} has no English gloss"
        assert not (line.near_miss and line.topics), f"{line.id} is a near miss and a hit"


def test_every_fold_row_has_texts_that_need_it() -> None:
    counts = Counter(int(line.trap.split("-")[1]) for line in OWN if line.trap.startswith("fold-"))
    assert counts.keys() == set(FOLD_ROWS)
    assert [row for row, count in counts.items() if count < 2] == []
    unsafe = {line.trap for line in OWN if line.trap.startswith("unsafe-") and line.near_miss}
    assert unsafe == {f"unsafe-{name}" for name in UNSAFE}


def test_every_trap_has_its_texts() -> None:
    traps = {line.trap for line in OWN}
    assert (PAGE_TRAPS | FORMS | NEAR_MISSES) - traps == set()
    negative = {line.trap for line in OWN if line.near_miss}
    assert negative >= NEAR_MISSES


def test_no_text_is_taken_from_the_corpus(dev: tuple[Judged, ...]) -> None:
    theirs = {one.line.text for one in dev} | {one.line.title for one in dev}
    assert [line.id for line in OWN if line.text in theirs] == []


def test_table_shows_both_and_fits_a_terminal(own: tuple[Judged, ...]) -> None:
    for topic in TOPICS:
        table = list(show_table(own, topic))
        assert max(map(len, table)) <= WIDTH
        assert "naive" in table[0]
        everything = score(own, topic, lambda one: one.found)
        assert table[1].split()[:5] == [
            "all",
            *map(str, (everything.tp, everything.fp, everything.fn, everything.tn)),
        ]
        assert {line.trap for line in OWN} <= {row.split()[1] for row in table if row.startswith("trap ")}
