"""A source that answers and says nothing, on every database: what is remembered of it, and what operators hear."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from alerts.delivery.outbox import Outbox
from alerts.digest.compose import SourceFacts, coverage_of
from alerts.operators.incident import Incidents, notice_line
from alerts.operators.watch import watch_silence, watch_sources
from alerts.records.archive import Archive
from crawler.cadence.rhythm import Rhythm, Span, learn_rhythm
from crawler.db.schema import deaf
from crawler.model import FeedEntry, PollState
from crawler.records.store import PollResult, Store
from tests.builders import NOW, an_entry
from tests.database import part_of, rows, select_digest

pytestmark = pytest.mark.slow  # sixty days of history on both databases

ZONE = ZoneInfo("Asia/Yangon")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMES = {"dvb-my": "DVB (Burmese)"}
WAIT = timedelta(minutes=30)


class Newsdesk:
    """One source that is polled and watched as a run does it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.incidents = Incidents(store.engine)
        self.number = 0

    def poll(self, now: datetime, items: int = 0) -> None:
        """Read the source at *now*: *items* are new in it."""
        self.number += items
        entries: tuple[FeedEntry, ...] = tuple(map(an_entry, range(self.number - items + 1, self.number + 1)))
        before = self.store.poll_state("dvb-my")
        state = PollState(
            "dvb-my",
            next_poll_at=now + WAIT,
            last_ok_at=now,
            first_polled_at=before.first_polled_at,
            last_item_at=before.last_item_at,
        )
        self.store.save_poll(PollResult(state, entries), now)

    def fail(self, now: datetime, failures: int = 1) -> None:
        state = PollState("dvb-my", failures=failures, failing_since=now, problem="HTTP 503")
        self.store.save_failures([state])

    def rhythm(self, state: PollState) -> Rhythm | None:
        history = self.store.history(state)
        assert state.last_item_at is not None
        return None if history is None else learn_rhythm(history, state.last_item_at, ZONE)

    def watch(
        self, now: datetime, run_took: timedelta = timedelta(minutes=1), activity: float = 1.0
    ) -> tuple[str, ...]:
        """Look at the source at the end of a run; return what operators have not heard yet."""
        states = self.store.poll_states()
        watch_sources(self.incidents, states, NAMES, now)
        watch_silence(self.incidents, states, NAMES, self.rhythm, lambda _: activity, now, now - run_took)
        return tuple(map(notice_line, self.incidents.untold()))

    def tell(self, outbox: Outbox, now: datetime) -> None:
        """Freeze a message of what operators have not heard yet."""
        ids = [item.incident_id for item in self.incidents.untold()]
        outbox.enqueue("ops", select_digest([], now, "ops"), [part_of()], now, ids)


@pytest.fixture
def desk(store: Store, archive: Archive) -> Newsdesk:
    """Return a desk whose source brought two items every six hours for thirty days, the last ones at NOW."""
    made = Newsdesk(store)
    for quarter in range(120, -1, -1):
        made.poll(NOW - quarter * 6 * HOUR, 2)
    return made


def test_silence_is_told_once_at_its_beginning_and_once_at_its_end(desk: Newsdesk, outbox: Outbox) -> None:
    assert desk.watch(NOW) == ()
    for hour in range(6, 24 * 5, 6):
        desk.poll(NOW + hour * HOUR)
        if notices := desk.watch(NOW + hour * HOUR):
            break
    assert hour >= 24
    (notice,) = notices
    assert notice.startswith("DVB (Burmese): answers, but nothing new for ")
    assert notice.endswith(" days; usually 8 a day.")
    desk.tell(outbox, NOW + hour * HOUR)
    for later in range(hour + 6, hour + 48, 6):
        desk.poll(NOW + later * HOUR)
        assert desk.watch(NOW + later * HOUR) == ()
    again = NOW + (hour + 49) * HOUR
    desk.poll(again, 1)
    assert desk.watch(again) == ("DVB (Burmese): brings something new again.",)
    desk.tell(outbox, again)
    desk.poll(again + HOUR, 1)
    assert (desk.watch(again + HOUR), desk.incidents.open_subjects()) == ((), frozenset())


def test_silence_that_all_sources_share_is_a_holiday(desk: Newsdesk) -> None:
    for hour in range(6, 24 * 5, 6):
        desk.poll(NOW + hour * HOUR)
        assert desk.watch(NOW + hour * HOUR, activity=0.05) == ()
    assert len(desk.watch(NOW + hour * HOUR, activity=0.9)) == 1


def test_silent_source_counts_as_read(desk: Newsdesk) -> None:
    for hour in range(6, 24 * 5, 6):
        desk.poll(NOW + hour * HOUR)
    assert desk.watch(NOW + hour * HOUR)
    coverage = coverage_of(desk.store.poll_states(), {"dvb-my": SourceFacts("DVB (Burmese)", "independent")})
    assert (coverage.read, coverage.failed) == (1, ())


def test_source_that_fails_is_not_silent(desk: Newsdesk) -> None:
    for hour in range(6, 24 * 5, 6):
        desk.poll(NOW + hour * HOUR)
    desk.fail(NOW + (hour + 1) * HOUR)
    assert desk.watch(NOW + (hour + 1) * HOUR, run_took=2 * HOUR) == ()
    desk.poll(NOW + (hour + 2) * HOUR)
    assert len(desk.watch(NOW + (hour + 2) * HOUR)) == 1


def test_days_in_which_it_failed_are_no_silence(desk: Newsdesk) -> None:
    desk.poll(NOW + HOUR)
    desk.fail(NOW + 2 * HOUR, failures=20)
    desk.poll(NOW + 5 * DAY)
    assert desk.watch(NOW + 5 * DAY) == ()
    assert desk.store.poll_state("dvb-my").failures == 0
    spans = rows(desk.store.engine, select(deaf.c.since_at, deaf.c.until_at))
    assert len(spans) == 1


def test_days_in_which_nobody_asked_are_no_silence(desk: Newsdesk) -> None:
    desk.poll(NOW + HOUR)
    desk.poll(NOW + 5 * DAY)  # the machine was off
    assert desk.watch(NOW + 5 * DAY) == ()
    history = desk.store.history(desk.store.poll_state("dvb-my"))
    assert history is not None
    assert history.deaf == (Span(NOW + HOUR, NOW + 5 * DAY),)
    for hour in range(6, 24 * 5, 6):
        desk.poll(NOW + 5 * DAY + hour * HOUR)
        if desk.watch(NOW + 5 * DAY + hour * HOUR):
            break
    assert 20 < hour < 72


def test_source_that_was_not_read_in_this_run_is_not_judged(desk: Newsdesk) -> None:
    for hour in range(6, 24 * 5, 6):
        desk.poll(NOW + hour * HOUR)
    assert desk.watch(NOW + (hour + 2) * HOUR) == ()


def test_rhythm_is_learned_from_what_came_at_a_known_time(desk: Newsdesk) -> None:
    first = NOW - 30 * DAY
    state = desk.store.poll_state("dvb-my")
    history = desk.store.history(state)
    assert history is not None
    assert history.first_polled == first
    assert history.arrivals[0] == (first + 6 * HOUR, 2)  # the first poll brought what was there before
    assert history.arrivals[-1] == (NOW, 2)
    assert (len(history.arrivals), history.deaf) == (120, ())
    assert desk.store.history(PollState("never-read")) is None


def test_clock_that_was_set_back_costs_no_poll(desk: Newsdesk) -> None:
    for _ in range(2):
        desk.poll(NOW)
        desk.poll(NOW + 3 * DAY)
    assert len(rows(desk.store.engine, select(deaf))) == 1
