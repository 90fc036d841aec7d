"""What a rhythm is learned from, and which pauses are unusual for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.cadence.rhythm import (
    DEAF_AFTER,
    MIN_ARRIVALS,
    SHORTEST,
    History,
    Rhythm,
    Span,
    judge_silence,
    learn_rhythm,
    was_deaf,
)

ZONE = ZoneInfo("Asia/Yangon")
START = datetime(2026, 8, 30, 17, 30, tzinfo=UTC)  # midnight in Yangon, Monday 31 August
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def working_days(
    days: int, hours: Sequence[int] = (9, 12, 15, 18), items: int = 1
) -> list[tuple[datetime, int]]:
    """Return arrivals at the local *hours* of every Monday to Friday."""
    return [(START + day * DAY + hour * HOUR, items) for day in range(days) if day % 7 < 5 for hour in hours]


def learn(arrivals: Sequence[tuple[datetime, int]], until: datetime, deaf: Sequence[Span] = ()) -> Rhythm:
    rhythm = learn_rhythm(History(START, tuple(arrivals), tuple(deaf)), until, ZONE)
    assert rhythm is not None
    return rhythm


def first_told(rhythm: Rhythm, since: datetime) -> timedelta:
    """Return after how many hours of silence operators are told."""
    hours = 1
    while not judge_silence(rhythm, since, since + hours * HOUR).is_unusual:
        hours += 1
        assert hours < 24 * 60
    return hours * HOUR


def test_office_hours_are_learned_in_local_time() -> None:
    rhythm = learn(working_days(56), START + 56 * DAY)
    assert rhythm.hours[12] > 10 * rhythm.hours[3]
    assert min(rhythm.weekdays[:5]) > 3 * max(rhythm.weekdays[5:])
    assert rhythm.items_per_day == pytest.approx(4 * 5 / 7, rel=0.02)


def test_night_and_weekend_are_no_silence_and_working_days_are() -> None:
    arrivals = working_days(54)  # up to Friday evening of the eighth week
    friday_evening = arrivals[-1][0]
    assert friday_evening.astimezone(ZONE).strftime("%a %H") == "Fri 18"
    rhythm = learn(arrivals, friday_evening)
    told = (friday_evening + first_told(rhythm, friday_evening)).astimezone(ZONE)
    assert told.weekday() in (1, 2), told  # not before the second working day without a word
    monday = working_days(50)[-1][0]
    assert monday.astimezone(ZONE).strftime("%a %H") == "Mon 18"
    assert first_told(learn(arrivals[: len(working_days(50))], monday), monday) < 3 * DAY


def test_nothing_is_told_before_twenty_hours_however_busy_the_source() -> None:
    busy = [(START + number * HOUR / 2, 2) for number in range(30 * 48)]
    last = busy[-1][0]
    rhythm = learn(busy, last)
    assert judge_silence(rhythm, last, last + SHORTEST - HOUR / 10).chance < 1e-4
    assert first_told(rhythm, last) == SHORTEST
    assert rhythm.items_per_day == pytest.approx(96, rel=0.01)


def test_rare_source_is_given_time_and_told_in_the_end() -> None:
    rare = [(START + number * 3.4 * DAY, 1) for number in range(1, 18)]
    last = rare[-1][0]
    assert 15 * DAY < first_told(learn(rare, last), last) < 50 * DAY


def test_several_entries_of_one_poll_and_pages_read_back_are_one_arrival() -> None:
    single = working_days(42)
    pages = [(moment + timedelta(minutes=minute), 10) for moment, _ in single for minute in (0, 1, 3)]
    one, many = learn(single, START + 42 * DAY), learn(pages, START + 42 * DAY)
    assert (many.arrivals, many.hours) == (one.arrivals, one.hours)
    assert many.items_per_day == pytest.approx(30 * one.items_per_day)


def test_too_little_is_no_rhythm() -> None:
    arrivals = working_days(60)
    few = tuple(arrivals[: MIN_ARRIVALS - 1])
    assert learn_rhythm(History(START, few), START + 40 * DAY, ZONE) is None
    assert learn_rhythm(History(START, tuple(arrivals)), START + 13 * DAY, ZONE) is None
    deaf = (Span(START + 10 * DAY, START + 18 * DAY),)  # 13 of 21 days were listened to
    assert learn_rhythm(History(START, tuple(arrivals), deaf), START + 21 * DAY, ZONE) is None
    assert learn_rhythm(History(START, ()), START, ZONE) is None


def test_what_nobody_listened_to_is_neither_silence_nor_learned() -> None:
    arrivals = working_days(50)
    monday = arrivals[-1][0]
    down = Span(monday + 1 * HOUR, monday + 4 * DAY)
    hearing, deaf = learn(arrivals, monday), learn(arrivals, monday, [down])
    silence = judge_silence(deaf, monday, monday + 4 * DAY + 2 * HOUR)
    assert judge_silence(hearing, monday, monday + 4 * DAY + 2 * HOUR).is_unusual
    assert (silence.lasted, silence.is_unusual) == (3 * HOUR, False)
    week = Span(START + 21 * DAY, START + 28 * DAY)
    heard = [item for item in arrivals if not week.start < item[0] < week.end]
    heard.append((week.end, 20))  # all that came meanwhile, at the first poll after it
    again = learn(sorted(heard), monday, [week])
    assert again.items_per_day == pytest.approx(hearing.items_per_day, rel=0.03)
    assert again.weekdays == pytest.approx(hearing.weekdays, abs=0.05)


def test_pauses_that_came_twice_are_habit_and_one_outage_is_not() -> None:
    def without(*weeks: int) -> Rhythm:
        kept = [item for item in working_days(54) if (item[0] - START) // (7 * DAY) not in weeks]
        return learn(kept, kept[-1][0])

    last = working_days(54)[-1][0]
    usual, once, twice = (first_told(without(*weeks), last) for weeks in ((), (3,), (2, 5)))
    assert once < usual + 2 * DAY
    assert twice > 7 * DAY


def test_silence_teaches_nothing_about_itself() -> None:
    arrivals = working_days(50)
    monday = arrivals[-1][0]
    rhythm = learn(arrivals, monday)
    chances = [judge_silence(rhythm, monday, monday + days * DAY).chance for days in range(1, 40)]
    assert chances == sorted(chances, reverse=True)


@pytest.mark.parametrize(
    ("gap", "wait", "failed", "expected"),
    [
        (timedelta(minutes=40), timedelta(minutes=15), False, False),
        (timedelta(hours=12, minutes=5), timedelta(minutes=15), False, False),  # cron twice a day
        (DEAF_AFTER + HOUR, timedelta(minutes=15), False, True),
        (2 * DAY, timedelta(days=1), False, False),  # a source that asks to be read once a day
        (timedelta(minutes=30), timedelta(minutes=15), True, False),  # one refusal
        (timedelta(hours=3), timedelta(minutes=15), True, False),  # the poll before it had been put off
        (timedelta(hours=7), timedelta(minutes=15), True, True),
    ],
)
def test_long_gaps_and_outages_are_deaf(
    gap: timedelta, wait: timedelta, failed: bool, expected: bool
) -> None:
    assert was_deaf(gap, wait, failed) is expected
