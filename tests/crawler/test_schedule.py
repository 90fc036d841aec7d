"""When to poll again: arithmetic that never hammers a site, never falls silent, and never trips over a header."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.cadence.schedule import (
    GONE_BACKOFF,
    MAX_BACKOFF,
    MAX_WAIT,
    PAGE_RETRIES,
    is_due,
    page_retry_at,
    poll_after_failure,
    poll_after_success,
    read_max_age,
    read_retry_after,
)
from tests.builders import NOW

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INTERVALS = st.timedeltas(min_value=MINUTE, max_value=7 * DAY)
WAITS = st.none() | st.timedeltas(min_value=timedelta(0), max_value=400 * DAY)


@settings(deadline=None, max_examples=100)
@given(every=INTERVALS, max_age=WAITS, ttl=WAITS)
def test_success_waits_at_least_the_interval_and_at_most_what_a_publisher_may_ask(
    every: timedelta, max_age: timedelta | None, ttl: timedelta | None
) -> None:
    wait = poll_after_success(NOW, every, max_age=max_age, ttl=ttl) - NOW
    assert every <= wait <= max(every, min(every * 4, MAX_WAIT))
    wish = max(max_age or timedelta(0), ttl or timedelta(0))
    if every <= wish <= min(every * 4, MAX_WAIT):
        assert wait == wish


@settings(deadline=None, max_examples=100)
@given(every=INTERVALS, failures=st.integers(1, 10_000), retry_after=WAITS, gone=st.booleans())
def test_failing_source_is_asked_ever_more_rarely_but_for_ever(
    every: timedelta, failures: int, retry_after: timedelta | None, gone: bool
) -> None:
    def wait(number: int) -> timedelta:
        return poll_after_failure(NOW, every, number, retry_after=retry_after, gone=gone) - NOW

    assert every <= wait(failures) <= max(every, MAX_WAIT)
    assert wait(failures) <= wait(failures + 1)
    assert wait(failures) >= min(retry_after or timedelta(0), MAX_WAIT)


def test_failing_source_is_backed_off_by_doubling_to_a_ceiling() -> None:
    waits = [poll_after_failure(NOW, 30 * MINUTE, number) - NOW for number in range(1, 7)]
    assert waits == [30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, MAX_BACKOFF, MAX_BACKOFF]
    assert poll_after_failure(NOW, 30 * MINUTE, 50, gone=True) - NOW == GONE_BACKOFF
    assert poll_after_failure(NOW, 30 * MINUTE, 1, retry_after=88 * HOUR) - NOW == MAX_WAIT


@pytest.mark.parametrize(
    ("early", "every", "due"),
    [
        (timedelta(seconds=-1), 15 * MINUTE, True),
        (timedelta(seconds=60), 15 * MINUTE, True),
        (timedelta(seconds=61), 15 * MINUTE, False),
        (timedelta(seconds=6), MINUTE, True),
        (timedelta(seconds=7), MINUTE, False),
    ],
)
def test_cron_that_comes_a_moment_early_still_polls(early: timedelta, every: timedelta, due: bool) -> None:
    assert is_due(NOW + early, every, NOW) is due
    assert is_due(None, every, NOW)


def test_clock_that_was_wrong_for_a_while_silences_no_source_for_long() -> None:
    written_a_year_ahead = poll_after_failure(NOW + 365 * DAY, 30 * MINUTE, 9, gone=True)
    assert is_due(written_a_year_ahead, 30 * MINUTE, NOW)
    assert not is_due(poll_after_success(NOW, 7 * DAY), 7 * DAY, NOW)
    assert not is_due(poll_after_failure(NOW, HOUR, 9, gone=True), HOUR, NOW)


def test_fifteen_minute_cron_polls_a_fifteen_minute_source_every_time() -> None:
    next_poll_at, polls = None, 0
    for tick in range(96):
        now = (
            NOW + tick * 15 * MINUTE + timedelta(seconds=(tick * 7) % 30)
        )  # cron starts a little late, unevenly
        if is_due(next_poll_at, 15 * MINUTE, now):
            polls += 1
            next_poll_at = poll_after_success(now + timedelta(seconds=5), 15 * MINUTE)
    assert polls == 96


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


def test_naive_instants_are_refused_where_they_would_be_stored() -> None:
    from crawler.clock import from_ms, to_ms

    with pytest.raises(ValueError, match="naive"):
        to_ms(datetime(2026, 11, 22))  # noqa: DTZ001 - the defect under test
    assert from_ms(to_ms(NOW)) == NOW
