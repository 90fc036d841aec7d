"""Who is told what when: quiet hours, urgent stories, waiting for more, heartbeats; and a year of it in many zones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise, product
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.configkeys import At, Every, Instant, Quiet, Send
from alerts.digest.due import (
    Past,
    Plan,
    Turn,
    choose_turn,
    first_chance,
    heartbeat_due,
    is_plan_quiet,
    is_quiet,
    later_mark,
    next_slot,
    quiet_until,
)

YANGON = ZoneInfo("Asia/Yangon")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NIGHT = Quiet(time(22), time(6))
WATCHED_NIGHT = Quiet(time(22), time(6), except_urgent=True)
NOON = datetime(2026, 11, 22, 12, tzinfo=YANGON)
MIDNIGHT = datetime(2026, 11, 22, 0, 30, tzinfo=YANGON)
AT = At((time(7), time(19)))
ZONES = (
    "Asia/Yangon",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of DST
    "Africa/Casablanca",  # out of DST for Ramadan
    "America/Santiago",  # DST at midnight
    "Asia/Beirut",
    "Pacific/Chatham",
)


def turn(plan: Plan, now: datetime, past: Past | None = None, oldest: datetime | None = None) -> Turn:
    return choose_turn(plan, past or Past(), oldest or now, timedelta(minutes=15), now)


@pytest.mark.parametrize("send", [Instant(), Every(HOUR), AT])
def test_quiet_hours_without_exception_let_nothing_through(send: Send) -> None:
    past = Past(MIDNIGHT - 3 * DAY, MIDNIGHT - 3 * DAY)
    for at_once in (False, True):
        assert turn(Plan(send, NIGHT, YANGON, at_once), MIDNIGHT, past) is Turn.NOTHING
    assert turn(Plan(send, NIGHT, YANGON), NOON, past) is Turn.ALL


@pytest.mark.parametrize(
    ("send", "at_once", "past", "expected"),
    [
        (Instant(), False, Past(), Turn.URGENT),
        (Every(HOUR), False, Past(), Turn.URGENT),
        (Every(HOUR), False, Past(MIDNIGHT - 10 * MINUTE), Turn.NOTHING),
        (Every(HOUR), True, Past(MIDNIGHT - 10 * MINUTE), Turn.URGENT),
        (AT, False, Past(checked_at=MIDNIGHT - DAY), Turn.NOTHING),
        (At((time(0, 15),)), False, Past(checked_at=MIDNIGHT - HOUR), Turn.NOTHING),  # told when they end
        (AT, True, Past(checked_at=MIDNIGHT - MINUTE), Turn.URGENT),
    ],
)
def test_urgent_passes_quiet_hours_where_the_channel_says_so(
    send: Send, at_once: bool, past: Past, expected: Turn
) -> None:
    assert turn(Plan(send, WATCHED_NIGHT, YANGON, at_once), MIDNIGHT, past) is expected


def test_urgent_at_once_passes_by_the_schedule_in_daytime_too() -> None:
    past = Past(NOON - MINUTE, NOON - MINUTE)
    for send in (Every(HOUR), AT):
        assert turn(Plan(send, None, YANGON), NOON, past) is Turn.NOTHING
        assert turn(Plan(send, None, YANGON, urgent_at_once=True), NOON, past) is Turn.URGENT


@pytest.mark.parametrize(
    ("waited", "gap", "wait", "expected"),
    [
        (0, 15, 0, Turn.ALL),
        (0, 15, 10, Turn.ALL),  # the next run would come too late: nothing is held longer than said
        (0, 15, 15, Turn.URGENT),
        (0, 15, 40, Turn.URGENT),
        (20, 15, 40, Turn.URGENT),
        (30, 15, 40, Turn.ALL),
        (0, None, 40, Turn.ALL),  # nobody knows when the next run comes
        (-600, 15, 40, Turn.URGENT),  # queued under a clock that was ahead: waits no longer than from now
    ],
)
def test_news_waits_for_more_only_while_another_run_comes_in_time(
    waited: int, gap: int | None, wait: int, expected: Turn
) -> None:
    plan = Plan(Instant(), None, YANGON, group_wait=wait * MINUTE)
    usual = None if gap is None else gap * MINUTE
    assert choose_turn(plan, Past(), NOON - waited * MINUTE, usual, NOON) is expected


@given(wait=st.integers(0, 120), gap=st.integers(1, 60), queued=st.integers(0, 60))
def test_no_wait_is_longer_than_said_while_runs_keep_their_pace(wait: int, gap: int, queued: int) -> None:
    plan = Plan(Instant(), None, YANGON, group_wait=wait * MINUTE)
    arrived, now = NOON, NOON + min(queued, gap) * MINUTE
    late = now - arrived
    while choose_turn(plan, Past(), arrived, gap * MINUTE, now) is not Turn.ALL:
        now += gap * MINUTE
    assert now - arrived <= max(wait * MINUTE, late)


def test_first_chance_is_behind_interval_slot_and_quiet_hours() -> None:
    evening = datetime(2026, 11, 22, 20, tzinfo=YANGON)
    morning = datetime(2026, 11, 23, 6, tzinfo=YANGON)
    assert first_chance(Plan(Instant(), None, YANGON), Past(), evening) == evening
    assert first_chance(Plan(Instant(), NIGHT, YANGON), Past(), evening + 3 * HOUR) == morning
    assert first_chance(Plan(Every(4 * HOUR), NIGHT, YANGON), Past(evening), evening) == morning
    assert first_chance(Plan(AT, NIGHT, YANGON), Past(), evening) == morning + HOUR
    assert quiet_until(Plan(AT, NIGHT, YANGON), evening) == evening


@settings(deadline=None, max_examples=100)
@given(
    at=st.lists(st.times().map(lambda moment: moment.replace(microsecond=0)), min_size=1, max_size=4),
    after=st.datetimes(datetime(2011, 12, 1), datetime(2027, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from([*ZONES, "Pacific/Apia"]).map(ZoneInfo),
)
def test_next_slot_lies_ahead_and_none_lies_before_it(
    at: list[time], after: datetime, zone: ZoneInfo
) -> None:
    slot = next_slot(at, after, zone)
    assert slot.timestamp() > after.timestamp()
    assert slot - after <= 2 * DAY + 2 * HOUR
    middle = after + (slot - after) / 2
    assert next_slot(at, middle, zone).timestamp() == slot.timestamp()


def test_heartbeat_comes_once_in_its_time_outside_quiet_hours_and_at_slots() -> None:
    plan, past = Plan(Instant(), NIGHT, YANGON), Past()
    assert not heartbeat_due(DAY, None, plan, past, NOON)
    assert not heartbeat_due(DAY, NOON - DAY + 2 * MINUTE, plan, past, NOON)
    assert heartbeat_due(DAY, NOON - DAY, plan, past, NOON)
    assert not heartbeat_due(DAY, MIDNIGHT - 2 * DAY, plan, past, MIDNIGHT)
    assert not heartbeat_due(DAY, NOON + HOUR, plan, past, NOON), "a clock that was ahead"
    slots = Plan(AT, None, YANGON)
    seven = datetime(2026, 11, 22, 7, 1, tzinfo=YANGON)
    assert heartbeat_due(DAY, seven - DAY + 3 * MINUTE, slots, Past(checked_at=seven - HOUR), seven)
    assert not heartbeat_due(DAY, seven - DAY, slots, Past(checked_at=seven - MINUTE / 2), seven)


@dataclass
class Year:
    """A machine that is started by cron, sleeps, and whose clock jumps; one channel; news of two kinds."""

    plan: Plan
    heartbeat: timedelta | None
    random: Random
    past: Past = field(default_factory=Past)
    spoken_at: datetime | None = None
    pending: list[tuple[datetime, bool]] = field(default_factory=list)  # when it came, is it urgent
    told: list[tuple[datetime, Turn, int]] = field(default_factory=list)  # clock, what, how many
    slots: list[datetime] = field(default_factory=list)  # those that a digest on schedule stands for
    beats: list[datetime] = field(default_factory=list)

    def run(self, now: datetime) -> None:
        """Do what `alerts.digesting` does, with a list instead of a database."""
        oldest = min((came for came, _ in self.pending), default=None)
        turn = choose_turn(self.plan, self.past, oldest, timedelta(minutes=15), now)
        chosen = [item for item in self.pending if turn is Turn.ALL or (turn is Turn.URGENT and item[1])]
        quiet = is_plan_quiet(self.plan, now)
        if chosen:
            self.told.append((now, turn, len(chosen)))
            self.pending = [item for item in self.pending if item not in chosen]
            self.spoken_at = now
            if turn is Turn.ALL and isinstance(self.plan.send, At):
                assert self.past.checked_at is not None
                self.slots.append(next_slot(self.plan.send.times, self.past.checked_at, self.plan.zone))
            if turn is Turn.ALL or not self.plan.urgent_at_once:
                self.past = replace(self.past, last_digest_at=now)
        elif (
            not self.pending
            and self.heartbeat
            and heartbeat_due(self.heartbeat, self.spoken_at, self.plan, self.past, now)
        ):
            self.beats.append(now)
            self.spoken_at = now
        elif self.heartbeat and self.spoken_at is None:
            self.spoken_at = now
        if isinstance(self.plan.send, At) and not quiet:
            self.past = replace(self.past, checked_at=later_mark(self.past.checked_at, now))

    def live(self, begin: datetime, days: int, *, jumps: bool) -> None:
        """Let *days* pass: runs every quarter of an hour, nights of sleep, clocks set wrong and right again."""
        true, offset, came = begin, timedelta(0), 0
        while true < begin + days * DAY:
            true += timedelta(minutes=15, seconds=self.random.uniform(-20, 20))
            chance = self.random.random()
            if chance < 0.004:
                true += timedelta(hours=self.random.uniform(1, 70))  # the lid is closed
            elif jumps and chance < 0.008:
                offset = timedelta(
                    hours=self.random.uniform(-12, 12)
                )  # so that two jumps differ by a day at most
            elif chance < 0.03:
                offset = timedelta(0)
            if self.random.random() < 0.06:
                came += 1
                self.pending.append((true + offset, self.random.random() < 0.15))
            self.run(true + offset)
        self.pending = [item for item in self.pending if item]


PLANS = {
    "instant": Plan(Instant(), WATCHED_NIGHT, YANGON),
    "instant, waits": Plan(Instant(), WATCHED_NIGHT, YANGON, group_wait=40 * MINUTE),
    "every": Plan(Every(3 * HOUR), WATCHED_NIGHT, YANGON),
    "every, urgent": Plan(Every(6 * HOUR), WATCHED_NIGHT, YANGON, urgent_at_once=True),
    "at": Plan(At((time(1, 30), time(2, 30), time(7), time(19))), NIGHT, YANGON),
    "at, urgent": Plan(At((time(0), time(2, 15), time(12))), WATCHED_NIGHT, YANGON, urgent_at_once=True),
    "at, never quiet": Plan(At((time(0), time(2, 30), time(3))), None, YANGON),
}


QUICK = (("Europe/Berlin", "at", True), ("America/New_York", "every, urgent", False))


@pytest.mark.parametrize(
    ("zone", "name", "jumps"),
    [
        pytest.param(*case, marks=() if case in QUICK else pytest.mark.slow)
        for case in product(ZONES, PLANS, (False, True))
    ],
)
def test_a_year_tells_every_slot_at_most_once_and_breaks_no_quiet_hour_but_for_urgent(
    zone: str, name: str, jumps: bool
) -> None:
    plan = replace(PLANS[name], zone=ZoneInfo(zone))
    year = Year(plan, heartbeat=8 * HOUR, random=Random(f"{name} {zone} {jumps}"))
    year.live(datetime(2026, 1, 1, tzinfo=UTC), 365, jumps=jumps)
    assert len(year.told) > 300
    for now, what, _ in year.told:
        if plan.quiet and is_quiet(plan.quiet.start, plan.quiet.end, now, plan.zone):
            assert plan.quiet.except_urgent
            assert what is Turn.URGENT, f"{now} in quiet hours"
    assert [slot for slot, times in Counter(year.slots).items() if times > 1] == []
    assert not any(is_plan_quiet(plan, beat) for beat in year.beats)
    if not jumps:
        gaps = [later - earlier for earlier, later in pairwise(year.beats)]
        assert all(gap >= 8 * HOUR - 90 * MINUTE for gap in gaps)
        if isinstance(plan.send, Every):
            on_time = [now for now, what, _ in year.told if what is Turn.ALL or not plan.urgent_at_once]
            waits = [later - earlier for earlier, later in pairwise(on_time)]
            assert min(waits) >= plan.send.interval - MINUTE
    assert len(year.pending) < 60, "what waits is only what came since the last chance"


def test_clock_that_was_years_ahead_silences_a_channel_for_no_longer_than_its_next_slot() -> None:
    plan = Plan(AT, None, YANGON)
    year = Year(plan, None, Random(1))
    year.run(NOON)
    year.run(NOON + 900 * DAY)
    year.pending = [(NOON, False)]
    for hours in range(30):
        year.run(NOON + hours * HOUR)
    assert [now for now, _, _ in year.told] == [NOON + 7 * HOUR]


def test_outage_of_a_week_is_told_as_one_digest() -> None:
    for send in (Instant(), Every(HOUR), AT):
        year = Year(Plan(send, None, YANGON), None, Random(1))
        year.run(NOON)
        year.pending = [(NOON + hours * HOUR, False) for hours in range(0, 150, 3)]
        year.run(NOON + 7 * DAY)
        year.run(NOON + 7 * DAY + MINUTE)
        assert [count for _, _, count in year.told] == [50]
