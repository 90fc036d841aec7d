"""How long a source is left alone: less the more it brings, never until its window has turned over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.cadence.pace import (
    BUSY,
    SAFETY,
    expected_items,
    is_outdated,
    learn_pace,
    learned_wait,
    read_pace,
    write_pace,
)
from crawler.cadence.rhythm import History, Span
from crawler.cadence.schedule import Why, longest_wait
from crawler.model import Pace

ZONE = ZoneInfo("Asia/Yangon")
MONDAY = datetime(2026, 11, 1, 17, 30, tzinfo=UTC)  # midnight in Yangon
NOON = MONDAY + timedelta(hours=12)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EVERY = 30 * MINUTE
EVEN = Pace(MONDAY, 1.0, 1.0, (1.0,) * 24, (1.0,) * 7, 0.25)


def pace(items_per_hour: float, *, night: float = 1.0, spread: float = 0.25) -> Pace:
    hours = tuple(night if hour < 6 else 1.0 for hour in range(24))
    return replace(
        EVEN, items_per_hour=items_per_hour, arrivals_per_hour=items_per_hour, hours=hours, spread=spread
    )


def wait(
    of: Pace | None, at: datetime = NOON, every: timedelta = EVERY, **more: object
) -> tuple[timedelta, Why]:
    facts: dict[str, object] = {"quiet_since": at} | more
    return learned_wait(of, every, at, ZONE, **facts)  # type: ignore[arg-type]  # known keys


def test_busy_source_is_asked_at_its_floor_and_a_slow_one_after_the_longest_wait() -> None:
    assert wait(pace(BUSY)) == (EVERY, Why.FLOOR)
    assert wait(pace(10 * BUSY)) == (EVERY, Why.FLOOR)
    assert wait(pace(BUSY / 4)) == (2 * EVERY, Why.SELDOM)  # ∝ 1/√λ
    assert wait(pace(BUSY / 1000)) == (longest_wait(EVERY), Why.SELDOM)
    assert wait(None) == (EVERY, Why.FLOOR)


def test_night_is_asked_more_slowly_and_the_morning_is_not_slept_through() -> None:
    source = pace(BUSY, night=0.05)
    assert wait(source, MONDAY + 2 * HOUR) == (2 * HOUR, Why.QUIET_HOURS)
    before_dawn, _ = wait(source, MONDAY + 5.5 * HOUR)
    assert EVERY < before_dawn <= 65 * MINUTE
    assert wait(source)[0] == EVERY


@pytest.mark.parametrize("every", [15 * MINUTE, EVERY, HOUR])
def test_polls_that_bring_nothing_against_expectation_become_rarer(every: timedelta) -> None:
    waits = [
        wait(pace(BUSY), every=every, quiet_since=NOON - hours * HOUR)[0] for hours in (0, 3, 8, 20, 24, 90)
    ]
    assert waits[0] == every
    assert waits == sorted(waits)
    assert waits[3] > 1.5 * every
    assert waits[4] == waits[5]  # a day's factor says nothing of the day after
    assert wait(pace(BUSY), quiet_since=NOON - 20 * HOUR)[1] == Why.PAUSE


def test_no_window_turns_over_between_two_polls() -> None:
    assert wait(pace(2.0), every=2 * HOUR, window=20)[0] == 2 * HOUR
    slow = pace(BUSY / 2, spread=1.0)
    lax, _ = wait(slow, every=HOUR, quiet_since=NOON - DAY)
    assert lax == 2 * HOUR
    assert wait(slow, every=HOUR, quiet_since=NOON - DAY, window=10)[0] == lax
    tight, why = wait(slow, every=HOUR, quiet_since=NOON - DAY, window=3)
    assert (tight, why) == (80 * MINUTE, Why.WINDOW)
    assert expected_items(slow, NOON, NOON + tight, ZONE) <= 3 / SAFETY
    assert wait(slow, every=HOUR, quiet_since=NOON - DAY, window=1) == (HOUR, Why.WINDOW)  # the floor holds


@settings(deadline=None, max_examples=200)
@given(
    items=st.floats(0, 50),
    night=st.floats(0, 1),
    spread=st.floats(0.25, 2),
    hour=st.integers(0, 200),
    quiet=st.integers(0, 400),
    minutes=st.integers(1, 24 * 60),
    window=st.none() | st.integers(0, 1000),
)
def test_wait_stays_between_the_floor_and_the_longest_wait(
    items: float, night: float, spread: float, hour: int, quiet: int, minutes: int, window: int | None
) -> None:
    every, at = minutes * MINUTE, MONDAY + hour * HOUR
    found, _ = wait(
        pace(items, night=night, spread=spread), at, every, quiet_since=at - quiet * HOUR, window=window
    )
    assert every <= found <= longest_wait(every)


def test_pace_is_learned_from_little_and_then_from_the_rhythm() -> None:
    new = learn_pace(History(MONDAY, ()), MONDAY, ZONE)
    assert new.items_per_hour == 2 * BUSY
    assert learned_wait(new, EVERY, MONDAY, ZONE, quiet_since=MONDAY)[0] == EVERY
    silent_week = learn_pace(History(MONDAY, ()), MONDAY + 7 * DAY, ZONE)
    assert learned_wait(silent_week, EVERY, MONDAY + 7 * DAY, ZONE, quiet_since=None)[0] > EVERY
    deaf_week = learn_pace(History(MONDAY, (), (Span(MONDAY, MONDAY + 7 * DAY),)), MONDAY + 7 * DAY, ZONE)
    assert deaf_week.items_per_hour == new.items_per_hour
    mornings = tuple((MONDAY + day * DAY + hour * HOUR, 2) for day in range(30) for hour in (8, 10, 12))
    known = learn_pace(History(MONDAY, mornings), MONDAY + 30 * DAY, ZONE)
    assert expected_items(known, MONDAY, MONDAY + 7 * DAY, ZONE) == pytest.approx(42, rel=0.1)
    assert known.arrivals_per_hour * 2 == pytest.approx(known.items_per_hour)
    assert known.hours[10] > 2 > 0.5 > known.hours[22]


def test_pace_is_learned_anew_once_a_day_and_after_a_clock_was_wrong() -> None:
    assert is_outdated(None, MONDAY)
    assert not is_outdated(EVEN, MONDAY + 23 * HOUR)
    assert is_outdated(EVEN, MONDAY + DAY)
    assert is_outdated(EVEN, MONDAY - HOUR)


def test_pace_is_read_back_as_it_was_written() -> None:
    assert read_pace(write_pace(EVEN)) == EVEN
    assert read_pace(None) is None
