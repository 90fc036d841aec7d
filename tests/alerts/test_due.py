"""When a digest is due: once for every time of day that passed, whatever the clocks of the country do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.digest.due import WRONG_CLOCK, interval_passed, is_quiet, later_mark, slot_passed
from tests.builders import NOW

YANGON, NEW_YORK = ZoneInfo("Asia/Yangon"), ZoneInfo("America/New_York")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = st.sampled_from(
    # 6:30 without DST; an hour of DST; half an hour of it; DST at midnight; a day that was skipped; -2:00 in winter
    [
        "Asia/Yangon",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Asia/Beirut",
        "Pacific/Apia",
        "America/Nuuk",
        "UTC",
    ]
).map(ZoneInfo)
TIMES = st.lists(st.times().map(lambda moment: moment.replace(microsecond=0)), min_size=1, max_size=4)
INSTANTS = st.datetimes(datetime(2011, 12, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
SPANS = st.timedeltas(min_value=timedelta(0), max_value=4 * DAY)


def slots(at: list[time], start: datetime, end: datetime, zone: ZoneInfo) -> set[float]:
    """Return the instants of all slots in (start, end], day by day with a day to spare on both sides."""
    days = range(-2, (end - start).days + 4)
    dates = {(start.astimezone(zone) + timedelta(days=day)).date() for day in days}
    found = {datetime.combine(day, moment, tzinfo=zone).timestamp() for day in dates for moment in at}
    return {instant for instant in found if start.timestamp() < instant <= end.timestamp()}


@settings(deadline=None, max_examples=100)
@given(at=TIMES, zone=ZONES, start=INSTANTS, span=SPANS)
def test_slot_has_passed_exactly_when_one_lies_between_the_looks(
    at: list[time], zone: ZoneInfo, start: datetime, span: timedelta
) -> None:
    assert slot_passed(at, start, start + span, zone) is bool(slots(at, start, start + span, zone))


@settings(deadline=None, max_examples=100)
@given(at=TIMES, zone=ZONES, start=INSTANTS, first=SPANS, second=SPANS)
def test_a_look_in_between_neither_loses_nor_adds_a_slot(
    at: list[time], zone: ZoneInfo, start: datetime, first: timedelta, second: timedelta
) -> None:
    middle, end = start + first, start + first + second
    parts = slot_passed(at, start, middle, zone) or slot_passed(at, middle, end, zone)
    assert slot_passed(at, start, end, zone) is parts


@pytest.mark.parametrize(
    ("day", "slot"),
    [
        ("2026-03-08", time(2, 30)),  # skipped: the clocks go from 2:00 to 3:00
        ("2026-11-01", time(1, 30)),  # repeated: they go from 2:00 back to 1:00
        ("2026-11-22", time(0, 0)),
    ],
)
@pytest.mark.parametrize("every", [MINUTE * 15, MINUTE * 7])
def test_change_of_the_clocks_neither_skips_nor_doubles_a_digest(
    day: str, slot: time, every: timedelta
) -> None:
    now = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=NEW_YORK).astimezone(UTC) - 30 * HOUR
    end, checked, digests = now + 78 * HOUR, now, 0
    expected = len(slots([slot], now, end, NEW_YORK))
    while now < end:
        now = min(now + every, end)
        digests += slot_passed([slot], checked, now, NEW_YORK)
        checked = now
    assert digests == expected in (3, 4)


def test_machine_that_slept_for_days_gives_one_digest() -> None:
    at = [time(7), time(19)]
    assert slot_passed(at, NOW - 30 * DAY, NOW, YANGON)
    assert not slot_passed(at, NOW, NOW + MINUTE, YANGON)


def test_first_look_at_a_new_channel_only_starts_the_watch() -> None:
    assert not slot_passed([time(7)], None, NOW, YANGON)


def test_slots_are_in_local_time_and_at_their_minute() -> None:
    slot = datetime(2026, 11, 22, 7, tzinfo=YANGON)
    assert not slot_passed([time(7)], slot - HOUR, slot - timedelta(seconds=1), YANGON)
    assert slot_passed([time(7)], slot - HOUR, slot, YANGON)
    assert not slot_passed([time(7)], slot, slot + HOUR, YANGON)


def test_mark_never_goes_back_unless_a_wrong_clock_has_made_it() -> None:
    assert later_mark(None, NOW) == NOW
    assert later_mark(NOW + HOUR, NOW) == NOW + HOUR
    assert later_mark(NOW - HOUR, NOW) == NOW
    assert later_mark(NOW + WRONG_CLOCK + MINUTE, NOW) == NOW


def test_clock_that_goes_back_fires_nothing_twice() -> None:
    slot = datetime(2026, 11, 22, 7, tzinfo=YANGON)
    assert not slot_passed([time(7)], slot + MINUTE, slot - 5 * MINUTE, YANGON)


@pytest.mark.parametrize(
    ("elapsed", "every", "due"),
    [
        (HOUR, HOUR, True),
        (HOUR - MINUTE, HOUR, True),
        (HOUR - 2 * MINUTE, HOUR, False),
        (timedelta(0), HOUR, False),
        (-DAY, HOUR, True),  # a digest from the future: the clock was wrong
        (-MINUTE, HOUR, False),  # the clock was set back a little: no second digest in the hour
        (timedelta(seconds=54), MINUTE, True),
        (timedelta(seconds=53), MINUTE, False),
    ],
)
def test_interval_forgives_cron_a_little_drift(elapsed: timedelta, every: timedelta, due: bool) -> None:
    assert interval_passed(every, NOW - elapsed, NOW) is due
    assert interval_passed(every, None, NOW)


@settings(deadline=None, max_examples=100)
@given(start=st.times(), end=st.times(), now=INSTANTS, zone=ZONES)
def test_quiet_hours_and_the_rest_of_the_day_share_it_without_overlap(
    start: time, end: time, now: datetime, zone: ZoneInfo
) -> None:
    if start != end:
        assert is_quiet(start, end, now, zone) is not is_quiet(end, start, now, zone)


@pytest.mark.parametrize(
    ("local", "quiet"),
    [("21:59", False), ("22:00", True), ("03:00", True), ("06:00", False), ("12:00", False)],
)
def test_quiet_hours_may_span_midnight(local: str, quiet: bool) -> None:
    now = datetime.combine(NOW.date(), time.fromisoformat(local), tzinfo=YANGON)
    assert is_quiet(time(22), time(6), now.astimezone(UTC), YANGON) is quiet
