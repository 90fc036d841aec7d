"""The gate: stories keep their floors on labelled articles in every order of arrival; the set keeps its breadth."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.quality.stories import (
    FLOORS,
    INSTABILITY,
    Article,
    fingerprint_all,
    group,
    group_naively,
    instability,
    orders,
    read_dev,
    read_own,
    score,
)

OWN = read_own()


@pytest.fixture(scope="module")
def dev(shared: Path) -> tuple[Article, ...]:
    articles = read_dev(shared)
    if not articles:
        pytest.skip("no labelled corpus in the shared folder")
    return articles


def assert_floors(articles: tuple[Article, ...], shuffles: int) -> None:
    fingerprints = fingerprint_all(articles)
    all_groups = []
    for order in orders(articles, shuffles):
        all_groups.append(group(order, fingerprints))
        result = score(articles, all_groups[-1])
        assert result.precision >= FLOORS["precision"], result.false
        assert result.recall >= FLOORS["recall"], result.missed
        assert result.across >= FLOORS["across"], result.missed
    assert instability(articles, all_groups) <= INSTABILITY


@pytest.mark.parametrize("half", ["tune", "held"])
def test_own_halves_keep_their_floors_in_any_order(half: str) -> None:
    assert_floors(read_own(half), shuffles=5)


def test_corpus_keeps_its_floors_in_any_order(dev: tuple[Article, ...]) -> None:
    assert_floors(dev, shuffles=3)


@pytest.mark.slow
def test_corpus_keeps_its_floors_in_two_dozen_orders(dev: tuple[Article, ...]) -> None:
    assert_floors(dev, shuffles=24)


@pytest.mark.slow
def test_both_halves_in_one_stream_keep_their_floors() -> None:
    assert_floors(OWN, shuffles=24)


def test_unrelated_stories_of_one_day_and_town_stay_apart() -> None:
    """The hard ones: same town, same or next day, another event; and follow-ups, and round-ups."""
    groups = group([article.id for article in OWN], fingerprint_all(OWN))
    hard = [article for article in OWN if article.trap in ("same-day-same-town", "follow-up", "roundup")]
    assert len(hard) >= 20
    for article in hard:
        others = {
            other.event for other in OWN if other.id != article.id and groups[other.id] == groups[article.id]
        }
        assert others <= {article.event} - {None}, article.id


def test_copies_are_of_their_origin() -> None:
    from alerts.story.sketch import estimate_similarity
    from alerts.story.stream import COPY_OF

    fingerprints = fingerprint_all(OWN)
    copies = [article for article in OWN if article.copy_of]
    assert len(copies) >= 3
    for article in copies:
        assert article.copy_of is not None
        likeness = estimate_similarity(fingerprints[article.id].sketch, fingerprints[article.copy_of].sketch)
        assert likeness >= COPY_OF or fingerprints[article.id].credit, article.id


def test_own_set_is_harder_than_a_naive_grouping() -> None:
    naive = score(OWN, group_naively(OWN))
    assert naive.recall < 0.5
    assert naive.across < 0.2


def test_set_is_broad_and_well_formed() -> None:
    assert len(OWN) >= 60
    assert len({article.event for article in OWN} - {None}) >= 20
    assert Counter(article.half for article in OWN).keys() == {"tune", "held"}
    languages = Counter(article.language for article in OWN)
    assert languages["my"] >= 20
    assert languages["zawgyi"] >= 5
    assert len({article.id for article in OWN}) == len(OWN)
    assert {article.trap for article in OWN} >= {
        "plain", "same-day-same-town", "next-day-same-town", "follow-up", "roundup", "copy-edited", "copy-cut",
    }  # fmt: skip
    halves: dict[str, set[str]] = {}
    for article in OWN:
        if article.event:
            halves.setdefault(article.event, set()).add(article.half)
    assert all(len(found) == 1 for found in halves.values())


def test_no_text_is_taken_from_the_corpus(dev: tuple[Article, ...]) -> None:
    theirs = {article.text for article in dev} | {article.title for article in dev}
    assert [article.id for article in OWN if article.text in theirs or article.title in theirs] == []
