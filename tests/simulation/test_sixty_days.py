"""Sixty days of the shipped sources: each outage told once and in time, nothing lost, few requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.simulation import report
from tests.simulation.watch import Watch

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
MOST_FALSE = 0.05  # notices a source-month; one would be bearable
LEAST_SAVED = 3.0  # times fewer requests than at every tick
MOST_MEAN_DELAY_MIN, MOST_DELAY_MIN = 25.0, 120.0  # of the mean item; of 95 % of them


@pytest.fixture(scope="module")
def watch() -> Iterator[Watch]:
    lived = report.run_simulation(report.the_plan(), "sqlite://", 1111)
    print("\n" + "\n".join(report.table(lived)))
    yield lived
    lived.store.engine.dispose()


def test_every_outage_is_told_once_within_a_day_and_its_end_once(watch: Watch) -> None:
    for outage in report.outages(watch):
        assert (len(outage.begins), len(outage.ends)) == (1, 1), outage
        assert outage.told_after <= DAY, outage
        assert outage.begins[0].at < outage.stretch.end <= outage.ends[0].at, outage
        assert outage.ends[0].at - outage.stretch.end < DAY / 3, outage


def test_our_own_outage_is_told_at_once_and_blames_no_source(watch: Watch) -> None:
    (ours,) = [outage for outage in report.outages(watch) if outage.subject == "offline:network"]
    assert ours.told_after <= timedelta(hours=1)
    stretch = watch.world.plan.offline
    assert stretch is not None
    blamed = [told for told in watch.told if told.at in stretch and told.subject != ours.subject]
    assert blamed == []


def test_hardly_a_notice_is_false_and_none_is_about_the_weekend_on_which_all_rest(watch: Watch) -> None:
    false = report.false_notices(watch)
    source_months = len(watch.world.outlets) * watch.world.plan.days / 30
    assert len(false) <= MOST_FALSE * source_months, false
    lull = watch.world.plan.lull
    assert lull is not None
    assert not [told for told in false if lull.start <= told.at < lull.end + DAY]


def test_what_was_published_was_seen_or_told_as_a_gap(watch: Watch) -> None:
    loss = report.losses(watch)
    assert loss.published > 20_000
    assert (loss.lost, loss.untold) == (0, 0)


def test_sources_are_asked_a_third_as_often_as_at_every_tick_and_news_comes_soon(watch: Watch) -> None:
    asked = report.requests_a_day(watch)
    assert sum(asked.values()) * LEAST_SAVED <= report.FIXED_A_DAY * len(asked)
    late = sorted(minute for minutes in report.delays_min(watch).values() for minute in minutes)
    assert sum(late) / len(late) <= MOST_MEAN_DELAY_MIN
    assert report.percentile(late, 0.95) <= MOST_DELAY_MIN


def test_source_that_would_stop_now_would_be_noticed(watch: Watch) -> None:
    for name, outlet in watch.world.outlets.items():
        after = report.silence_told_after(watch, name)
        if outlet.per_day >= 1:
            assert after is not None, name
            assert after <= (2 + 25 / outlet.per_day) * DAY, (name, outlet.per_day, after)


def test_no_source_is_asked_more_often_than_its_interval_allows(watch: Watch) -> None:
    for name, outlet in watch.world.outlets.items():
        assert watch.polls[name] <= watch.world.plan.days * DAY / outlet.source.every * 1.05, name
