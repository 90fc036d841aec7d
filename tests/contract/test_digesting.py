"""The digest stage on rows: what quiet hours let through, whose turn it is, and what is said when there is nothing."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from alerts.commands.status import collect, status_lines
from alerts.config import Config, load_config
from alerts.delivery.attempt import State, Transition
from alerts.delivery.channelstate import ChannelStates
from alerts.delivery.outbox import Outbox
from alerts.digesting import Digester
from alerts.matching import match_articles
from alerts.model import Digest, Severity, Volume
from alerts.operators.incident import Incidents
from alerts.operators.runlog import RunLog
from alerts.records.archive import Archive
from alerts.records.tables import digest
from crawler.records.store import Store
from tests.builders import NOW, a_poll
from tests.conftest import ROOT
from tests.database import examine_all, keep_article, rows

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NIGHT = NOW + 11 * HOUR  # 23:24 in Yangon
MORNING = NOW + 18 * HOUR  # 06:24
BOMBED = "Two jets bombed a clinic in Loikaw this evening and killed three nurses, a doctor said."
# its headline is the default one, of clashes
MARKET = "The market of Loikaw opened again, traders said."


class Desk:
    """One channel, and runs that come by; messages arrive at once."""

    def __init__(self, store: Store, archive: Archive, folder: Path, channel: dict[str, Any]) -> None:
        self.store, self.archive, self.outbox = store, archive, Outbox(store.engine)
        self.config = configuration(folder, {"id": "desk", "platform": "console"} | channel)
        self.articles = 0

    def news(self, text: str, now: datetime) -> None:
        self.articles += 1
        keep_article(self.store, self.articles, now, text=f"{text} Number {self.articles}.")
        examine_all(self.archive, {"desk": ("loikaw",)}, now)

    def freeze(self, now: datetime) -> int:
        engine = self.store.engine
        stage = Digester(
            self.config, self.store, self.archive, self.outbox, Incidents(engine), ChannelStates(engine)
        )
        done = stage.enqueue_due(self.config.channels, now)
        assert stage.problems == []
        return done

    def run(self, now: datetime) -> list[Digest]:
        """Return the digests that a run at *now* sends."""
        before = {row.id for row in rows(self.store.engine, select(digest.c.id))}
        self.freeze(now)
        while part := self.outbox.next_part("desk"):
            claimed = self.outbox.claim(part, "run", now)
            assert claimed
            sent = Transition(State.SENT, message_id=f"{100 + claimed.delivery_id}")
            self.outbox.record(claimed, sent, "run", now)
        found = [row.id for row in rows(self.store.engine, select(digest.c.id).order_by(digest.c.created_at))]
        new = [self.outbox.read_digest(each) for each in found if each not in before]
        return [each for each in new if each is not None]

    def copy(self, now: datetime) -> None:
        """Another outlet prints one agency report, word for word."""
        self.articles += 1
        text = f"{BOMBED} The agency's report goes on for long enough to be known again when it is printed twice."
        keep_article(self.store, self.articles, now, text=text)
        examine_all(self.archive, {"desk": ("loikaw",)}, now)


def configuration(folder: Path, channel: dict[str, Any]) -> Config:
    for file in (ROOT / "config").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "channels.yaml").write_text(json.dumps({"channels": [channel]}), encoding="utf-8")
    return load_config(folder, environ={})


def test_quiet_hours_let_urgent_stories_through_and_announce_the_rest(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(store, archive, tmp_path, {"quiet": {"from": "22:00", "to": "06:00", "except": "urgent"}})
    desk.news(MARKET, NIGHT)
    assert desk.run(NIGHT) == []
    desk.news(BOMBED, NIGHT + MINUTE)
    (night,) = desk.run(NIGHT + MINUTE)
    assert [(story.severity, len(story.reports)) for story in night.stories] == [(Severity.URGENT, 1)]
    assert night.stories[0].reports[0].grade.reasons[:2] == ("bombed", "met clinic")
    assert night.queued == 1
    assert desk.run(NIGHT + 2 * MINUTE) == [], "nothing is told twice"
    (morning,) = desk.run(MORNING)
    assert [story.severity for story in morning.stories] == [Severity.NOTABLE]
    assert (morning.queued, morning.is_catch_up) == (0, False)


def test_quiet_hours_without_exception_hold_the_urgent_too(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(store, archive, tmp_path, {"quiet": {"from": "22:00", "to": "06:00"}, "urgent": "instant"})
    desk.news(BOMBED, NIGHT)
    assert desk.run(NIGHT) == []
    (morning,) = desk.run(MORNING)
    assert len(morning.stories) == 1


def test_urgent_story_that_goes_at_once_takes_no_slot_from_the_rest(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(store, archive, tmp_path, {"send": {"at": ["19:00"]}, "urgent": "instant"})
    assert desk.run(NOW) == []
    desk.news(MARKET, NOW + HOUR)
    desk.news(BOMBED, NOW + HOUR)
    (at_once,) = desk.run(NOW + HOUR)
    assert [story.severity for story in at_once.stories] == [Severity.URGENT]
    assert desk.run(NOW + 2 * HOUR) == []
    (evening,) = desk.run(NOW + 7 * HOUR)
    assert [story.severity for story in evening.stories] == [Severity.NOTABLE]


def test_urgent_digests_do_not_put_off_the_hourly_one(store: Store, archive: Archive, tmp_path: Path) -> None:
    desk = Desk(store, archive, tmp_path, {"send": {"every": "6h"}, "urgent": "instant"})
    desk.news(MARKET, NOW)
    assert len(desk.run(NOW)) == 1
    told = []
    for hours in range(1, 7):
        desk.news(BOMBED, NOW + hours * HOUR)
        desk.news(MARKET, NOW + hours * HOUR)
        told += [len(each.stories) for each in desk.run(NOW + hours * HOUR)]
    assert told == [1, 1, 1, 1, 1, 7]


def test_slot_and_its_digest_are_one_commit(store: Store, archive: Archive, tmp_path: Path) -> None:
    desk = Desk(store, archive, tmp_path, {"send": {"at": ["13:00"]}})
    desk.run(NOW)
    desk.news(MARKET, NOW + HOUR)
    later = NOW + 2 * HOUR
    assert desk.freeze(later) == 1
    assert ChannelStates(store.engine).load()["desk"].checked_at == later


def test_news_waits_for_more_where_runs_come_often_enough(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    desk, log = Desk(store, archive, tmp_path, {"group_wait": "25m"}), RunLog(store.engine)
    told = []
    for minutes in range(-30, 60, 10):
        now = NOW + minutes * MINUTE
        log.begin(now)
        if minutes in (0, 10):
            desk.news(MARKET, now)
        if minutes == 40:
            desk.news(BOMBED, now)
        told += [(minutes, len(each.stories)) for each in desk.run(now)]
    assert told == [(20, 2), (40, 1)], "what is urgent does not wait"


def test_heartbeat_says_once_in_its_time_that_nothing_was_found_and_what_was_read(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(store, archive, tmp_path, {"heartbeat": "24h"})
    store.save_poll(a_poll(source_id="irrawaddy-en", last_ok_at=NOW - 3 * HOUR), NOW - 3 * HOUR)
    assert desk.run(NOW) == [], "the first look only starts the watch"
    for source in ("ktnews-en", "dvb-en"):
        if source in {each.id for each in desk.config.crawl.sources}:
            store.save_poll(a_poll(source_id=source, last_ok_at=NOW + HOUR), NOW + HOUR)
    told = {hours: desk.run(NOW + hours * HOUR) for hours in range(1, 60)}
    assert [hours for hours, digests in told.items() if digests] == [24, 48]
    (first,) = told[24]
    assert first.is_heartbeat
    assert first.notices == ("Nothing new on Loikaw, Operation 1111 in 24 h.",)
    assert first.coverage is not None
    assert first.coverage.read >= 1
    assert first.coverage.total == 28
    assert "The Irrawaddy (not since 22 Nov 09:24 MMT)" in first.coverage.failed
    (second,) = told[48]
    assert second.notices[0].startswith("No source could be read in 24 h")


def test_heartbeat_waits_while_there_is_news_or_quiet_and_counts_from_the_last_word(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(store, archive, tmp_path, {"heartbeat": "12h", "quiet": {"from": "22:00", "to": "06:00"}})
    desk.news(MARKET, NOW)
    assert len(desk.run(NOW)) == 1
    assert desk.run(NOW + 13 * HOUR) == [], "01:24"
    (morning,) = desk.run(MORNING)
    assert morning.is_heartbeat
    desk.news(MARKET, MORNING + 13 * HOUR)
    (told,) = desk.run(MORNING + 13 * HOUR)
    assert not told.is_heartbeat


def test_frozen_heartbeat_is_not_written_again_before_it_is_sent(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(store, archive, tmp_path, {"heartbeat": "1h"})
    desk.freeze(NOW)
    assert desk.freeze(NOW + HOUR) == 1
    assert desk.freeze(NOW + 3 * HOUR) == 0


@pytest.mark.parametrize("ahead", [timedelta(days=400), timedelta(days=2)])
def test_clock_that_was_far_ahead_does_not_silence_the_heartbeat(
    store: Store, archive: Archive, tmp_path: Path, ahead: timedelta
) -> None:
    desk = Desk(store, archive, tmp_path, {"heartbeat": "24h"})
    desk.freeze(NOW + ahead)
    told = [hours for hours in range(60) if desk.run(NOW + hours * HOUR)]
    assert told[0] == 24


TELEGRAM = {"platform": "telegram", "token": "123:abc", "chat": "-1001"}


def test_an_update_answers_the_message_that_told_its_story_and_news_stand_by_themselves(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(store, archive, tmp_path, TELEGRAM)
    desk.copy(NOW)
    (told,) = desk.run(NOW)
    assert told.answers is None
    desk.copy(NOW + HOUR)
    desk.news(MARKET, NOW + HOUR)
    news, update = sorted(desk.run(NOW + HOUR), key=lambda each: each.answers is not None)
    assert [story.is_update for story in news.stories] == [False]
    assert [story.is_update for story in update.stories] == [True]
    assert update.answers is not None
    assert update.answers.digest_id == told.digest_id
    assert update.answers.message_id == "101"
    assert desk.run(NOW + 2 * HOUR) == [], "nothing is told twice"


def test_where_nothing_can_be_answered_updates_stand_in_the_digest(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(store, archive, tmp_path, {})
    desk.copy(NOW)
    desk.run(NOW)
    desk.copy(NOW + HOUR)
    desk.news(MARKET, NOW + HOUR)
    (both,) = desk.run(NOW + HOUR)
    assert (both.answers, sorted(story.is_update for story in both.stories)) == (None, [False, True])


def test_status_says_when_what_waits_will_be_told(
    database_url: str, store: Store, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(
        store,
        archive,
        tmp_path,
        {"send": {"at": ["07:00"]}, "quiet": {"from": "22:00", "to": "06:00"}},
    )
    desk.news(MARKET, NIGHT)
    status = collect(load_config(tmp_path, database_url, environ={}), NIGHT + MINUTE)
    (channel,) = status["channels"]
    assert (channel["quiet_until"], channel["told_from"]) == ("2026-11-22T23:30:00Z", "2026-11-23T00:30:00Z")
    (line,) = [line for line in status_lines(status, NIGHT + MINUTE) if line.startswith("  desk")]
    assert line == (
        "  desk: ok, oldest news not told yet: 1 min ago, to be told in 8 h, quiet hours end in 7 h"
    )


def test_a_digest_that_can_be_written_again_ends_the_incident(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(store, archive, tmp_path, {})
    incidents = Incidents(store.engine)
    incidents.begin("digest:desk", "Channel desk: its digest cannot be written.", NOW)
    desk.news(MARKET, NOW)
    desk.run(NOW)
    assert "digest:desk" not in incidents.open_subjects()


def test_news_comes_with_the_last_days_of_its_topic_in_bars(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(store, archive, tmp_path, {})
    for days in (3, 2, 2, 0):
        desk.news(MARKET, NOW - timedelta(days=days))
    (told,) = desk.run(NOW)
    assert told.volumes == (Volume("Loikaw", (1, 2, 0, 1)),)


def test_an_update_shows_what_the_same_source_said_before(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(store, archive, tmp_path, {})
    story = (
        "Jets bombed the old market of Loikaw at dawn on Monday, the KNDF said. {} civilians were killed in "
    )
    story += (
        "Loikaw, the KNDF said. Rescue workers went on searching the stalls near the clock tower all day."
    )
    for number, toll in enumerate(("Three", "Five")):
        desk.articles += 1
        moment = NOW + number * HOUR
        keep_article(desk.store, desk.articles, moment, title="Market bombed", text=story.format(toll))
        match_articles(desk.archive, desk.config, {"desk": ("loikaw",)}, moment)
        (digest_,) = desk.run(moment)
    (update,) = digest_.stories
    assert update.is_update
    assert [(claim.value, claim.was) for claim in update.tallies[0].claims] == [(5, 3)]
