"""Oddities are counted over polls: they begin, go on, end, and are worth a word in their own time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from crawler.net.exchange import find_new_home
from crawler.records.oddity import (
    CURRENT_FOR,
    PATIENCE,
    Kind,
    Oddity,
    Signs,
    after_poll,
    describe,
    worth_a_word,
)
from tests.builders import NOW

HOUR = timedelta(hours=1)
OLD, NEW = "https://old.example/feed", "https://new.example/feed"


def polled(kind: Kind, *seen: str | None, url: str = OLD, every: timedelta = HOUR) -> Oddity | None:
    """Return what is known after polls that saw this, one after another."""
    known: Oddity | None = None
    for number, said in enumerate(seen):
        known = after_poll(known, kind, "paper", Signs(url, {kind: said}), NOW + number * every)
    return known


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in (Kind.MOVED, Kind.RENAMED)])
def test_each_kind_has_its_patience(kind: Kind) -> None:
    for polls in range(1, 5):
        known = polled(kind, *["seen"] * polls)
        assert known is not None
        assert (known.polls, known.is_telling) == (polls, polls >= PATIENCE[kind])


def test_what_is_not_seen_any_more_is_over() -> None:
    for kind in Kind:
        over = polled(kind, "seen", "seen", None)
        assert over is None or (kind == Kind.EMPTY and over.is_usual and not over.polls)


def test_f03_new_address_must_stay_the_same_for_a_day() -> None:
    for seen, every, telling in (
        ((NEW, NEW, NEW), 12 * HOUR, True),
        ((NEW, NEW, NEW), HOUR, False),
        ((NEW, NEW), 24 * HOUR, False),
        (("https://third.example/", NEW, NEW), 12 * HOUR, False),
        ((NEW, None, NEW), 24 * HOUR, False),
    ):
        known = polled(Kind.MOVED, *seen, every=every)
        assert known is not None
        assert known.is_telling is telling, (seen, every)


@pytest.mark.parametrize(
    ("meta", "home"),
    [
        ({"redirect_reasons": [301, 308]}, NEW),
        ({"redirect_reasons": [301, 302]}, None),  # one hop that is not for good
        ({"redirect_reasons": [307]}, None),
        ({"redirect_reasons": ["meta refresh"]}, None),
        ({}, None),
    ],
)
def test_f03_only_a_way_that_is_wholly_for_good_leads_home(meta: Mapping[str, Any], home: str | None) -> None:
    response: Any = SimpleNamespace(meta=meta, url=NEW)  # the two fields of an answer that count
    assert find_new_home(response, OLD) == home


def test_f06_emptiness_that_passed_once_is_usual_and_so_is_one_from_the_beginning() -> None:
    passed = polled(Kind.EMPTY, "empty", "empty", None, "empty", "empty", "empty", "empty")
    assert passed is not None and not passed.is_telling
    never_filled = polled(Kind.EMPTY, "", "", "", "")
    assert never_filled is not None and not never_filled.is_telling


def test_f06_unchanged_answer_is_as_empty_as_the_one_before() -> None:
    known = polled(Kind.EMPTY, "empty")
    for _ in range(2):
        known = after_poll(known, Kind.EMPTY, "paper", Signs(OLD, {}, is_unchanged=True), NOW + HOUR)
    assert known is not None and known.is_telling


def test_poll_of_another_address_neither_goes_on_nor_ends() -> None:
    known = polled(Kind.DAMAGED, "cut off")
    assert after_poll(known, Kind.DAMAGED, "paper", Signs(NEW, {Kind.DAMAGED: None}), NOW) == known
    other = after_poll(known, Kind.DAMAGED, "paper", Signs(NEW, {Kind.DAMAGED: "cut off"}), NOW)
    assert other is not None
    assert (other.url, other.polls) == (NEW, 1)


def test_what_was_not_seen_for_days_is_told_no_more() -> None:
    known = polled(Kind.DAMAGED, "cut off")
    assert known is not None
    for later, told in ((timedelta(0), (known,)), (CURRENT_FOR, (known,)), (CURRENT_FOR + HOUR, ())):
        assert worth_a_word([known], {"paper": NOW + later}) == told
    assert worth_a_word([known], {}) == ()


def test_every_kind_has_its_words() -> None:
    for kind in Kind:
        known = polled(kind, NEW)
        assert known is not None
        assert describe(known)
