"""When to poll again: arithmetic that never hammers a site, never falls silent, and never trips over a header."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.cadence.schedule import (
    FORGIVEN,
    GONE_BACKOFF,
    JITTER,
    MAX_BACKOFF,
    MAX_WAIT,
    MISSING_BACKOFF,
    PAGE_RETRIES,
    NextPoll,
    Why,
    forgiven,
    is_due,
    jitter,
    longest_wait,
    page_retry_at,
    poll_after_failure,
    poll_after_success,
    read_freshness,
    read_max_age,
    read_retry_after,
)
from tests.builders import NOW

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INTERVALS = st.timedeltas(min_value=MINUTE, max_value=7 * DAY)
WAITS = st.none() | st.timedeltas(min_value=timedelta(0), max_value=400 * DAY)
LEARNED = st.tuples(st.timedeltas(timedelta(0), 30 * DAY), st.sampled_from(list(Why)))


def after_success(
    every: timedelta, learned: timedelta | None = None, wish: timedelta | None = None
) -> timedelta:
    return poll_after_success(NOW, every, (learned or every, Why.FLOOR), wish).at - NOW


@settings(deadline=None, max_examples=100)
@given(every=INTERVALS, learned=LEARNED, wish=WAITS)
def test_source_that_answers_is_asked_between_its_interval_and_two_hours_whatever_anybody_says(
    every: timedelta, learned: tuple[timedelta, Why], wish: timedelta | None
) -> None:
    wait = poll_after_success(NOW, every, learned, wish).at - NOW
    assert every <= wait <= max(every, min(4 * every, 2 * HOUR))
    if every <= learned[0] <= longest_wait(every) and (wish or timedelta(0)) <= learned[0]:
        assert wait == learned[0]


def test_longest_wish_wins_and_says_so() -> None:
    learned = (40 * MINUTE, Why.SELDOM)
    assert poll_after_success(NOW, 15 * MINUTE, learned) == NextPoll(NOW + 40 * MINUTE, Why.SELDOM)
    wished = poll_after_success(NOW, 15 * MINUTE, learned, 50 * MINUTE)
    assert wished == NextPoll(NOW + 50 * MINUTE, Why.SERVER)
    assert poll_after_success(NOW, 15 * MINUTE, learned, 7 * DAY) == NextPoll(NOW + HOUR, Why.SERVER)


@settings(deadline=None, max_examples=100)
@given(
    every=INTERVALS,
    failures=st.integers(1, 10_000),
    retry_after=WAITS,
    status=st.sampled_from([None, 403, 404, 410, 503]),
    source_id=st.text(max_size=10),
)
def test_failing_source_is_asked_ever_more_rarely_but_for_ever(
    every: timedelta, failures: int, retry_after: timedelta | None, status: int | None, source_id: str
) -> None:
    def wait(number: int) -> timedelta:
        return (
            poll_after_failure(
                NOW, every, number, source_id=source_id, retry_after=retry_after, status=status
            ).at
            - NOW
        )

    ceiling = {404: MISSING_BACKOFF, 410: GONE_BACKOFF}.get(status or 0, MAX_BACKOFF)
    assert every <= wait(failures) <= max(every, ceiling, MAX_WAIT + FORGIVEN)
    assert wait(failures) <= wait(failures + 1) or wait(failures + 1) >= ceiling * (1 - JITTER)
    assert wait(failures) >= min(retry_after or timedelta(0), MAX_WAIT)


def after_failure(every: timedelta, failures: int, source_id: str = "dvb-my", **more: Any) -> timedelta:
    return poll_after_failure(NOW, every, failures, source_id=source_id, **more).at - NOW


def test_failing_source_is_backed_off_by_doubling_to_a_ceiling_give_or_take_a_fifth() -> None:
    doubled = [30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, MAX_BACKOFF, MAX_BACKOFF]
    for number, about in enumerate(doubled, start=1):
        wait = after_failure(30 * MINUTE, number)
        assert max(about * 0.8, 30 * MINUTE) <= wait <= min(about * 1.2, MAX_BACKOFF)
        assert wait == after_failure(30 * MINUTE, number)
    assert 0.8 * DAY <= after_failure(30 * MINUTE, 50, status=404) <= DAY
    assert 0.8 * 7 * DAY <= after_failure(30 * MINUTE, 50, status=410) <= 7 * DAY
    assert after_failure(30 * MINUTE, 50, status=410) > DAY > after_failure(30 * MINUTE, 3, status=410)


def test_retry_after_is_waited_for_to_the_second_though_a_tick_is_forgiven() -> None:
    following = poll_after_failure(NOW, 30 * MINUTE, 1, source_id="x", retry_after=5 * HOUR)
    assert following.why == Why.SERVER
    assert not is_due(following.at, 30 * MINUTE, NOW + 5 * HOUR - timedelta(seconds=1), following.why)
    assert is_due(following.at, 30 * MINUTE, NOW + 5 * HOUR, following.why)
    assert after_failure(30 * MINUTE, 1, retry_after=88 * HOUR) == MAX_WAIT + forgiven(30 * MINUTE)


def test_sources_that_failed_together_do_not_come_back_together() -> None:
    waits = sorted(after_failure(30 * MINUTE, 3, f"source-{number}") for number in range(200))
    assert waits[0] < 0.85 * 2 * HOUR
    assert waits[-1] > 1.15 * 2 * HOUR
    assert waits[100] == pytest.approx(2 * HOUR, abs=timedelta(minutes=10))
    assert len({jitter("one", number) for number in range(50)}) == 50


@pytest.mark.parametrize(
    ("early", "every", "due"),
    [
        (timedelta(seconds=-1), 15 * MINUTE, True),
        (timedelta(seconds=90), 15 * MINUTE, True),
        (timedelta(seconds=91), 15 * MINUTE, False),
        (timedelta(seconds=6), MINUTE, True),
        (timedelta(seconds=7), MINUTE, False),
        (3 * MINUTE, HOUR, True),
        (timedelta(seconds=181), HOUR, False),
    ],
)
def test_cron_that_comes_a_moment_early_still_polls(early: timedelta, every: timedelta, due: bool) -> None:
    assert is_due(NOW + early, every, NOW) is due
    assert is_due(None, every, NOW)


def test_clock_that_was_wrong_for_a_while_silences_no_source_for_long() -> None:
    def of(every: timedelta, failures: int, **more: Any) -> tuple[datetime, timedelta, datetime, Why]:
        following = poll_after_failure(NOW, every, failures, source_id="x", **more)
        return following.at, every, NOW, following.why

    assert not is_due(*of(HOUR, 90, status=404))
    assert not is_due(*of(HOUR, 90, status=410))
    assert not is_due(*of(HOUR, 1, retry_after=88 * HOUR))
    assert not is_due(poll_after_success(NOW, 7 * DAY, (7 * DAY, Why.FLOOR)).at, 7 * DAY, NOW)
    year_ahead = poll_after_failure(NOW + 365 * DAY, 30 * MINUTE, 9, source_id="x", status=410)
    assert is_due(year_ahead.at, 30 * MINUTE, NOW, year_ahead.why)
    assert is_due(NOW + 2 * DAY, 30 * MINUTE, NOW, Why.FAILED)


@pytest.mark.parametrize(("every", "polls"), [(15, 96), (20, 48), (30, 48), (60, 24)])
def test_fifteen_minute_cron_polls_every_source_at_its_first_tick_after_its_interval(
    every: int, polls: int
) -> None:
    next_poll_at, done = None, 0
    for tick in range(96):
        now = (
            NOW + tick * 15 * MINUTE + timedelta(seconds=(tick * 7) % 30)
        )  # cron starts a little late, unevenly
        if is_due(next_poll_at, every * MINUTE, now):
            done += 1
            answered = now + timedelta(seconds=5 + (tick * 11) % 45)
            next_poll_at = answered + after_success(every * MINUTE)
    assert done == polls


def test_page_is_tried_three_more_times_within_a_day_and_then_left() -> None:
    waits = [page_retry_at(NOW, attempt) for attempt in range(1, len(PAGE_RETRIES) + 2)]
    assert waits[-1] is None
    assert all(moment is not None and moment > NOW for moment in waits[:-1])
    assert sum(PAGE_RETRIES, timedelta(0)) == DAY
    assert page_retry_at(NOW, 1, 5 * HOUR) == NOW + 5 * HOUR
    assert page_retry_at(NOW, 1, 50 * DAY) == NOW + MAX_WAIT


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta(0)),
        (format_datetime(NOW + HOUR, usegmt=True), HOUR),
        (format_datetime(NOW - HOUR, usegmt=True), timedelta(0)),
        (None, None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("٣", None),  # Arabic-Indic 3
        ("9" * 30, None),
        ("Sun, 22 Nov 2026 06:00:00", None),  # of no time zone
        ("Sun, 99 Nov 2026 06:00:00 GMT", None),
        ("Sun, 22 Nov 99999 06:00:00 GMT", None),
        ("Sun, 22 Nov 2026 06:00:00 +9999", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nonsense(header: str | None, wait: timedelta | None) -> None:
    assert read_retry_after(header, NOW) == wait


@settings(deadline=None, max_examples=100)
@given(header=st.text() | st.datetimes().map(lambda moment: format_datetime(moment.replace(tzinfo=UTC))))
def test_no_header_trips_the_readers(header: str) -> None:
    wait = read_retry_after(header, NOW)
    assert wait is None or wait >= timedelta(0)
    for value in (header, f"max-age={header}", f'public, max-age="{header}"'):
        age = read_max_age(value)
        assert age is None or age >= timedelta(0)
    for name in ("expires", "date", "age", "cache-control"):
        others = {"expires": http(DAY), "date": http(timedelta(0))}
        fresh = read_freshness(others | {name: header}, NOW)
        assert fresh is None or fresh > timedelta(0)


@pytest.mark.parametrize(
    ("header", "age"),
    [
        ("max-age=600", timedelta(seconds=600)),
        ("public, MAX-AGE=600, must-revalidate", timedelta(seconds=600)),
        ('max-age="600"', timedelta(seconds=600)),
        ("s-maxage=600", None),
        ("max-age=", None),
        ("max-age=-1", None),
        ("max-age=²", None),
        ("max-age=" + "9" * 40, None),
        ("no-cache", None),
        (None, None),
    ],
)
def test_max_age_is_read_from_cache_control(header: str | None, age: timedelta | None) -> None:
    assert read_max_age(header) == age


def http(after: timedelta) -> str:
    return format_datetime(NOW + after, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "fresh"),
    [
        ({"expires": http(HOUR), "date": http(timedelta(0))}, HOUR),
        ({"expires": http(DAY + HOUR), "date": http(DAY)}, HOUR),  # a server whose clock is a day ahead
        ({"expires": http(HOUR)}, HOUR),
        ({"expires": http(HOUR), "date": "yesterday"}, HOUR),
        ({"expires": http(HOUR), "cache-control": "max-age=600"}, 10 * MINUTE),
        ({"expires": http(HOUR), "cache-control": "max-age=soon"}, None),  # max-age stands, and says nothing
        ({"cache-control": "max-age=600", "age": "400"}, timedelta(seconds=200)),
        ({"expires": http(HOUR), "date": http(timedelta(0)), "age": "600"}, 50 * MINUTE),
        ({"cache-control": "max-age=600", "age": "600"}, None),
        ({"cache-control": "max-age=600", "age": "old"}, 10 * MINUTE),
        ({"cache-control": "no-cache, max-age=600"}, None),
        ({"cache-control": "no-store", "expires": http(HOUR)}, None),
        ({"expires": "0"}, None),
        ({"expires": "-1"}, None),
        ({"expires": http(-HOUR)}, None),
        ({"expires": "Sun, 22 Nov 2026 06:00:00"}, None),  # of no time zone
        ({"expires": "Sun, 22 Nov 99999 06:00:00 GMT"}, None),
        ({}, None),
    ],
)
def test_freshness_is_max_age_or_expires_less_what_a_cache_used_up(
    headers: dict[str, str], fresh: timedelta | None
) -> None:
    assert read_freshness(headers, NOW) == fresh


def test_naive_instants_are_refused_where_they_would_be_stored() -> None:
    from crawler.clock import from_ms, to_ms

    with pytest.raises(ValueError, match="naive"):
        to_ms(datetime(2026, 11, 22))  # noqa: DTZ001 - the defect under test
    assert from_ms(to_ms(NOW)) == NOW
