"""What operators hear of sources and of our own connection, on every database: once, and once of its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from alerts.delivery.outbox import Outbox
from alerts.operators.incident import Incidents, notice_line
from alerts.operators.watch import (
    SOURCE_DEAD_AFTER,
    end_removed,
    watch_network,
    watch_sources,
)
from alerts.records.archive import Archive
from crawler.cadence.polling import after_failure
from crawler.errors import FetchError
from crawler.model import CrawlReport, PollState
from crawler.records.store import Store
from tests.builders import NOW
from tests.database import part_of, select_digest

HOUR = timedelta(hours=1)
NAMES = {"dvb": "DVB", "bni": "BNI"}
OFFLINE = CrawlReport(due=28, polled=28, failed=28, asked=28, unanswered=25, unreachable=True)
READ = CrawlReport(due=28, polled=28, failed=2, asked=28, unanswered=1)


@dataclass(slots=True)
class Ear:
    """Operators who hear everything at once."""

    incidents: Incidents
    outbox: Outbox

    def hear(self, now: datetime) -> tuple[str, ...]:
        untold = self.incidents.untold()
        if untold:
            digest = select_digest([], now, "ops")
            self.outbox.enqueue("ops", digest, [part_of()], now, [item.incident_id for item in untold])
        return tuple(map(notice_line, untold))


@pytest.fixture
def ear(store: Store, archive: Archive, outbox: Outbox) -> Ear:
    return Ear(Incidents(store.engine), outbox)


def test_f18_our_own_outage_is_told_once_and_its_end_once(ear: Ear) -> None:
    watch_network(ear.incidents, OFFLINE, NOW)
    (told,) = ear.hear(NOW)
    assert told.startswith("We are offline since 22 Nov 05:54 UTC: 25 of 28 sources gave no answer at all.")
    for tick in range(1, 12):
        watch_network(ear.incidents, OFFLINE, NOW + tick * HOUR / 4)
        assert ear.hear(NOW + tick * HOUR / 4) == ()
    watch_network(ear.incidents, CrawlReport(), NOW + 3 * HOUR)  # nothing was due: nothing is known
    watch_network(ear.incidents, CrawlReport(due=1, polled=1, failed=1), NOW + 3 * HOUR)
    assert ear.hear(NOW + 3 * HOUR) == ()
    watch_network(ear.incidents, READ, NOW + 4 * HOUR)
    assert ear.hear(NOW + 4 * HOUR) == ("Online again after 4 h: sources answer.",)
    watch_network(ear.incidents, READ, NOW + 5 * HOUR)
    assert ear.hear(NOW + 5 * HOUR) == ()


def failing(since: datetime, now: datetime, status: int, failures: int = 3) -> PollState:
    state = PollState("dvb", failures=failures - 1, failing_since=since)
    return after_failure(state, HOUR, now, FetchError(f"{status} refused", status=status))


def test_missing_feed_is_told_once_late_in_its_first_day_and_a_gone_one_at_once(ear: Ear) -> None:
    for hours in (0, 6, 20):
        watch_sources(ear.incidents, {"dvb": failing(NOW, NOW, 404)}, NAMES, NOW + hours * HOUR)
        assert ear.hear(NOW + hours * HOUR) == ()
    later = NOW + SOURCE_DEAD_AFTER
    for _ in range(2):
        watch_sources(ear.incidents, {"dvb": failing(NOW, later, 404)}, NAMES, later)
    assert ear.hear(later) == ("Source DVB (dvb) cannot be read since 22 Nov 05:54 UTC: 404 refused.",)
    watch_sources(ear.incidents, {"dvb": PollState("dvb", last_ok_at=later)}, NAMES, later + HOUR)
    assert ear.hear(later + HOUR) == ("Source dvb works again after 22 h.",)
    later += 2 * HOUR
    for _ in range(2):
        watch_sources(ear.incidents, {"dvb": failing(later, later, 410, failures=1)}, NAMES, later)
    (gone,) = ear.hear(later)
    assert gone.startswith("Source DVB (dvb) is gone for good, its server says since 23 Nov")


def test_incidents_of_what_left_the_configuration_end_without_a_word(ear: Ear) -> None:
    subjects = ("source:dvb", "silent:bni", "source:old", "silent:old", "channel:old", "channel:desk")
    for subject in (*subjects, "offline:network"):
        ear.incidents.begin(subject, f"{subject} is broken.", NOW)
    assert len(ear.hear(NOW)) == 7
    end_removed(ear.incidents, list(NAMES), ["desk"], NOW + HOUR)
    assert ear.hear(NOW + HOUR) == ()
    assert ear.incidents.open_subjects() == {"source:dvb", "silent:bni", "channel:desk", "offline:network"}
