"""When told articles are read again: a few times, at growing intervals, never for ever."""

from __future__ import annotations

from datetime import timedelta

from crawler.cadence.reread import (
    ABSENT_AGAIN,
    MOST_TRIES,
    REREADS,
    REST,
    WATCHED_FOR,
    absent_reread,
    is_site_absent,
    next_reread,
    reworded_reread,
)
from tests.builders import NOW

HOUR = timedelta(hours=1)


def test_told_article_is_read_again_a_few_times_and_then_left_alone() -> None:
    at, moments = NOW, []
    while (due := next_reread(NOW, len(moments), at)) is not None:
        moments.append(due - NOW)
        at = due
    assert tuple(moments) == REREADS


def test_readings_that_a_sleeping_machine_missed_are_not_made_up_for() -> None:
    assert next_reread(NOW, 0, NOW + timedelta(hours=13)) == NOW + REREADS[-1]
    assert next_reread(NOW, 0, NOW + timedelta(days=9)) is None


def test_no_page_is_asked_for_more_often_than_the_bound() -> None:
    assert next_reread(NOW, MOST_TRIES, NOW) is None
    planned = NOW + REREADS[0]
    assert reworded_reread(NOW, MOST_TRIES, None, planned, NOW + HOUR) == planned


def test_reworded_entry_brings_the_reading_forward_but_leaves_the_page_its_rest() -> None:
    planned, now = NOW + REREADS[1], NOW + 4 * HOUR
    assert reworded_reread(NOW, 0, None, planned, now) == now
    assert reworded_reread(NOW, 1, now - HOUR / 2, planned, now) == now - HOUR / 2 + REST
    assert reworded_reread(NOW, 1, now, now + HOUR / 4, now) == now + HOUR / 4
    assert reworded_reread(NOW, 3, None, None, NOW + WATCHED_FOR + HOUR) is None


def test_absent_page_is_asked_for_once_more_before_it_counts_as_removed() -> None:
    assert absent_reread(1, NOW) == NOW + ABSENT_AGAIN
    assert absent_reread(2, NOW) is None


def test_site_without_any_of_its_pages_has_moved() -> None:
    assert is_site_absent(3, 0)
    assert not is_site_absent(3, 1)
    assert not is_site_absent(2, 0)
