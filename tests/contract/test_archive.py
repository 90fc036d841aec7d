"""Matches, stories and alerts on every database: each article examined once, each channel told of it once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select
from sqlalchemy.exc import IntegrityError

from alerts.delivery.attempt import State
from alerts.delivery.channelstate import HELD_BY_HAND, ChannelStates
from alerts.delivery.outbox import Outbox
from alerts.operators.incident import Incidents, notice_line
from alerts.operators.runlog import KEPT_FOR, RunLog
from alerts.operators.watch import watch_sources
from alerts.records.archive import Archive, Examined
from alerts.records.storybook import SHORTEST_COPY_CHARS
from alerts.records.tables import alert, match
from crawler.errors import StoreError
from crawler.model import PollState
from crawler.records.store import Store
from tests.builders import NOW, a_hit, a_poll, an_article, an_entry
from tests.database import examine_all, keep_article, keep_entry, part_of, rows, select_digest

LATER = NOW + timedelta(minutes=30)
DESK = {"desk": ("loikaw",)}
LONG = "လွိုင်ကော်တွင် တိုက်ပွဲဖြစ်။ " * 10  # there is fighting in Loikaw


def pending_articles(archive: Archive, channel_id: str = "desk") -> list[int]:
    return [
        report.article.article_id for story in archive.pending_stories(channel_id) for report in story.reports
    ]


# -- examining ----------------------------------------------------------------------------------------------------


def test_articles_are_examined_in_order_in_batches_and_once(store: Store, archive: Archive) -> None:
    ids = [keep_article(store, number, NOW + timedelta(minutes=number)) for number in range(5)]
    seen: list[int] = []
    while batch := archive.to_examine(2):
        seen += [article.article_id for article, _ in batch]
        archive.save_examined([(Examined(article, {}), rev) for article, rev in batch], "r", DESK, NOW)
    assert seen == ids
    assert archive.pending_stories("desk") == ()


def test_fuller_text_is_examined_again_and_alerts_once(store: Store, archive: Archive) -> None:
    pending = keep_entry(store)
    article_id = store.save_article(
        pending, an_article(origin="summary", text="Teaser of Loikaw."), NOW, retry_at=LATER
    )
    assert examine_all(archive, DESK).by_topic == {"loikaw": 1}
    store.save_article(pending, an_article(text="The whole article on Loikaw."), LATER)
    ((again, revision),) = archive.to_examine(10)
    assert (again.article_id, revision, again.text) == (article_id, 2, "The whole article on Loikaw.")
    counts = examine_all(archive, DESK, LATER)
    assert (counts.by_topic, counts.new_stories, counts.grown_stories) == ({}, frozenset(), frozenset())
    assert pending_articles(archive) == [article_id]
    ((report,),) = [story.reports for story in archive.pending_stories("desk")]
    assert report.hits["loikaw"] == (a_hit("The whole article on Loikaw."),)


def test_text_that_only_later_matches_is_alerted(store: Store, archive: Archive) -> None:
    pending = keep_entry(store)
    article_id = store.save_article(
        pending, an_article(origin="summary", text="Teaser."), NOW, retry_at=LATER
    )
    examine_all(archive, DESK, topic=None)
    assert pending_articles(archive) == []
    store.save_article(pending, an_article(text="The whole article on Loikaw."), LATER)
    examine_all(archive, DESK, LATER)
    assert pending_articles(archive) == [article_id]


def test_text_that_changes_while_it_is_examined_is_examined_again(store: Store, archive: Archive) -> None:
    pending = keep_entry(store)
    store.save_article(pending, an_article(origin="summary", text="Teaser."), NOW, retry_at=LATER)
    batch = archive.to_examine(10)
    store.save_article(pending, an_article(text="The whole article."), LATER)
    archive.save_examined([(Examined(article, {}), revision) for article, revision in batch], "r", DESK, NOW)
    assert [revision for _, revision in archive.to_examine(10)] == [2]


def test_failure_inside_a_batch_leaves_it_to_be_examined(store: Store, archive: Archive) -> None:
    def fail(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO alert"):
            raise StoreError("the disk went away")

    keep_article(store)
    event.listen(store.engine, "before_cursor_execute", fail)
    with pytest.raises(StoreError, match="the disk went away"):
        examine_all(archive, DESK)
    event.remove(store.engine, "before_cursor_execute", fail)
    assert rows(store.engine, select(match)) == []
    assert examine_all(archive, DESK).by_topic == {"loikaw": 1}
    assert len(pending_articles(archive)) == 1


def test_article_that_was_begun_in_vain_comes_after_the_others_and_alone(
    store: Store, archive: Archive
) -> None:
    ids = [keep_article(store, number) for number in range(4)]
    assert archive.note_attempts(ids[:2], NOW) == {ids[0]: 1, ids[1]: 1}  # and then the program was killed
    order = []
    while batch := archive.to_examine(10):
        order.append([article.article_id for article, _ in batch])
        if batch[0][0].article_id == ids[0] and archive.note_attempts([ids[0]], NOW)[ids[0]] < 3:
            continue  # killed again
        archive.save_examined([(Examined(article, {}), rev) for article, rev in batch], "r", DESK, NOW)
    assert order == [ids[2:], ids[:1], ids[1:2], ids[:1]]


def test_attempts_begin_anew_with_a_new_text(store: Store, archive: Archive) -> None:
    pending = keep_entry(store)
    article_id = store.save_article(
        pending, an_article(origin="summary", text="Teaser."), NOW, retry_at=LATER
    )
    archive.note_attempts([article_id], NOW)
    examine_all(archive, DESK)
    store.save_article(pending, an_article(text="The whole article on Loikaw."), LATER)
    assert archive.note_attempts([article_id], LATER) == {article_id: 1}
    assert [revision for _, revision in archive.to_examine(10)] == [2]


def test_number_that_is_committed_late_is_still_examined(store: Store, archive: Archive) -> None:
    first, second = (keep_article(store, number) for number in (1, 2))
    batch = {article.article_id: (Examined(article, {}), rev) for article, rev in archive.to_examine(2)}
    archive.save_examined([batch[second]], "r", DESK, NOW)
    assert [article.article_id for article, _ in archive.to_examine(10)] == [first]


def test_quiet_tick_does_not_walk_through_the_archive(store: Store, archive: Archive) -> None:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("a planner with statistics rightly scans a table of three rows")
    keep_article(store)
    examine_all(archive, DESK)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Connection, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", note)
    assert archive.to_examine(50) == ()
    event.remove(store.engine, "before_cursor_execute", note)
    with store.engine.connect() as connection:
        steps = [
            step.detail
            for statement, parameters in asked
            if statement.startswith("SELECT")
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert [step for step in steps if step.startswith("SCAN") or "(attempts=?)" in step] == []


# -- stories and alerts -------------------------------------------------------------------------------------------


def test_verbatim_copies_are_one_story_and_short_texts_are_not(store: Store, archive: Archive) -> None:
    first = keep_article(store, 1, text=LONG)
    assert len(examine_all(archive, DESK).new_stories) == 1
    second = keep_article(store, 2, LATER, source_id="mizzima", text=f"  {LONG.replace(' ', chr(10))}")
    short = [keep_article(store, number, LATER, text="Photo: Loikaw") for number in (3, 4)]
    counts = examine_all(archive, DESK, LATER)
    assert (len(counts.new_stories), len(counts.grown_stories)) == (2, 1)
    assert len("Photo: Loikaw") < SHORTEST_COPY_CHARS <= len(LONG)
    stories = [
        [report.article.article_id for report in story.reports] for story in archive.pending_stories("desk")
    ]
    assert stories == [[first, second], [short[0]], [short[1]]]


def test_copies_in_one_batch_count_as_one_new_story(store: Store, archive: Archive) -> None:
    for number in (1, 2):
        keep_article(store, number, text=LONG)
    counts = examine_all(archive, DESK)
    assert (len(counts.new_stories), counts.grown_stories) == (1, frozenset())


def test_channels_get_what_their_topics_want(store: Store, archive: Archive) -> None:
    article_id = keep_article(store)
    examine_all(archive, {"desk": ("other", "loikaw"), "far": ("other",), "none": ()})
    assert pending_articles(archive) == [article_id]
    assert pending_articles(archive, "far") == pending_articles(archive, "none") == []
    assert archive.oldest_pending() == {"desk": NOW}


def test_backlog_is_matched_but_never_alerted(store: Store, archive: Archive) -> None:
    old = an_entry(1, published=NOW - timedelta(days=3))
    (pending,) = store.save_poll(a_poll(old), NOW)
    store.save_article(pending, an_article(published=old.published), NOW)
    assert examine_all(archive, DESK).by_topic == {"loikaw": 1}
    assert pending_articles(archive) == []
    assert len(archive.stories_since("desk", ["loikaw"], NOW - timedelta(hours=1))) == 1


def test_no_code_can_alert_a_channel_twice_of_one_article(store: Store, archive: Archive) -> None:
    article_id = keep_article(store)
    examine_all(archive, DESK)
    (kept,) = rows(store.engine, select(alert))
    twin = {"channel_id": "desk", "article_id": article_id, "story_id": kept.story_id}
    with pytest.raises(IntegrityError), store.engine.begin() as connection:
        connection.execute(insert(alert).values(twin | {"created_at": 0, "counted": 0}))


def test_story_told_before_names_the_outlets_that_the_channel_knows(
    store: Store, archive: Archive, outbox: Outbox
) -> None:
    both = {"desk": ("loikaw",), "tg": ("loikaw",)}
    keep_article(store, 1, text=LONG)
    examine_all(archive, both)
    (story,) = archive.pending_stories("desk")
    outbox.enqueue("desk", select_digest([story]), [part_of(story.story_id)], NOW)
    keep_article(store, 2, LATER, source_id="mizzima", text=LONG)
    examine_all(archive, both, LATER)
    (update_of,) = archive.pending_stories("desk")
    assert (update_of.story_id, update_of.told_source_ids) == (story.story_id, ("irrawaddy-en",))
    (whole,) = archive.pending_stories("tg")
    assert (len(whole.reports), whole.told_source_ids) == (2, ())


def test_preview_lists_stories_told_or_not(store: Store, archive: Archive, outbox: Outbox) -> None:
    keep_article(store, 1, NOW - timedelta(hours=30))
    keep_article(store, 2, NOW)
    examine_all(archive, DESK)
    stories = archive.pending_stories("desk")
    outbox.enqueue("desk", select_digest(stories), [part_of(1)], NOW)
    assert len(archive.stories_since("desk", ["loikaw"], NOW - timedelta(hours=48))) == 2
    (recent,) = archive.stories_since("desk", ["loikaw"], NOW - timedelta(hours=24))
    assert recent.story_id == stories[1].story_id
    assert archive.stories_since("desk", ["other"], NOW - timedelta(hours=48)) == ()


def test_more_alerts_than_a_statement_takes_parameters_are_read_and_settled_at_once(
    store: Store, archive: Archive, outbox: Outbox
) -> None:
    feed = [an_entry(number) for number in range(600)]
    for pending in store.save_poll(a_poll(*feed, first_polled_at=NOW - timedelta(days=9)), NOW):
        store.save_article(pending, an_article(text=pending.entry.title), NOW)
    while archive.to_examine(1):
        examine_all(archive, DESK)
    stories = archive.pending_stories("desk")
    assert len(stories) == 600
    selection = select_digest(stories, max_stories=5)
    outbox.enqueue("desk", selection, [part_of(1)], NOW)
    assert len(selection.told) + len(selection.counted) == 600
    assert archive.pending_stories("desk") == ()


# -- what is remembered beside --------------------------------------------------------------------------------------


def test_incident_is_told_once_at_its_beginning_and_once_at_its_end(store: Store, outbox: Outbox) -> None:
    Archive.open(store.engine)
    incidents = Incidents(store.engine)
    incidents.begin("source:dvb", "DVB cannot be read.", NOW)
    incidents.begin("source:dvb", "DVB cannot be read, still.", LATER)
    (begun,) = incidents.untold()
    assert notice_line(begun) == "DVB cannot be read."
    outbox.enqueue("ops", select_digest([], NOW, "ops"), [part_of()], NOW, [begun.incident_id])
    assert incidents.untold() == ()
    incidents.end("source:dvb", NOW + timedelta(hours=30))
    (ended,) = incidents.untold()
    assert notice_line(ended) == "Source dvb works again after 30 h."
    outbox.enqueue("ops", select_digest([], LATER, "ops"), [part_of()], LATER, [ended.incident_id])
    assert (incidents.untold(), incidents.open_subjects()) == ((), frozenset())
    incidents.begin("source:dvb", "DVB cannot be read again.", LATER)
    assert [item.text for item in incidents.untold()] == ["DVB cannot be read again."]


def test_incident_that_ended_before_it_was_told_is_never_told(store: Store, archive: Archive) -> None:
    incidents = Incidents(store.engine)
    incidents.begin("source:dvb", "DVB cannot be read.", NOW)
    incidents.end("source:dvb", LATER)
    assert incidents.untold() == ()


@pytest.mark.parametrize(
    ("hours", "failures", "is_incident"), [(20.9, 9, False), (21, 2, False), (21, 3, True), (90, 40, True)]
)
def test_source_is_reported_after_most_of_a_day_and_three_polls(
    store: Store, archive: Archive, hours: float, failures: int, is_incident: bool
) -> None:
    incidents = Incidents(store.engine)
    since = NOW - timedelta(hours=hours)
    states = {"dvb": PollState("dvb", failures=failures, failing_since=since, problem="HTTP 403")}
    for _ in range(2):
        watch_sources(incidents, states, {"dvb": "DVB", "new": "Never polled"}, NOW)
    assert len(incidents.untold()) == int(is_incident)
    watch_sources(incidents, {"dvb": PollState("dvb", last_ok_at=NOW)}, {"dvb": "DVB"}, LATER)
    assert incidents.open_subjects() == frozenset()


def test_runs_are_listed_newest_first_and_forgotten_after_a_month(store: Store, archive: Archive) -> None:
    log = RunLog(store.engine)
    old = log.begin(NOW - KEPT_FOR - timedelta(days=1))
    killed = log.begin(NOW - timedelta(hours=1))
    run = log.begin(NOW)
    report: dict[str, Any] = {"run": run, "problems": [{"problem": "ကွန်ရက်\x00"}]}  # network
    log.end(run, LATER, report)
    assert log.latest(10) == [report, {"run": killed, "unfinished": True}]
    assert old < killed < run


def test_schedule_checks_are_remembered(store: Store, archive: Archive) -> None:
    states = ChannelStates(store.engine)
    states.note_looks({"desk": NOW, "tg": NOW}, {"tg": LATER})
    states.note_looks({"desk": LATER}, {})
    found = {state.channel_id: (state.checked_at, state.spoken_at) for state in states.load().values()}
    assert found == {"desk": (LATER, None), "tg": (NOW, LATER)}


def test_channel_is_known_once_it_was_used(store: Store, archive: Archive, outbox: Outbox) -> None:
    assert ChannelStates(store.engine).known_channel_ids() == frozenset()
    ChannelStates(store.engine).note_looks({"desk": NOW}, {})
    assert ChannelStates(store.engine).known_channel_ids() == {"desk"}


def test_message_held_by_hand_stays_when_its_channel_resumes(
    store: Store, archive: Archive, outbox: Outbox
) -> None:
    keep_article(store)
    examine_all(archive, DESK)
    outbox.enqueue("desk", select_digest(archive.pending_stories("desk")), [part_of(1), part_of(2)], NOW)
    by_hand, by_channel = sorted(part.delivery_id for part in outbox.parts())
    outbox.set_state([by_hand], State.HELD, HELD_BY_HAND, NOW)
    outbox.set_state([by_channel], State.HELD, "HTTP 403", NOW)
    ChannelStates(store.engine).resume("desk", LATER)
    states = {part.delivery_id: part.state for part in outbox.parts()}
    assert states == {by_hand: State.HELD, by_channel: State.PENDING}


def test_hits_survive_their_journey_in_full(store: Store, archive: Archive) -> None:
    text = 'မြို့ \U0001f4a5 လွိုင်ကော် \\u0000 "quoted"'  # town, Loikaw
    keep_article(store, text=text)
    hit = a_hit(text, "လွိုင်ကော်")
    batch = [
        (Examined(article, {"loikaw": (hit, hit), "other": ()}), rev)
        for article, rev in archive.to_examine(1)
    ]
    archive.save_examined(batch, "r", DESK, NOW)
    ((report,),) = [story.reports for story in archive.pending_stories("desk")]
    assert report.hits == {"loikaw": (hit, hit), "other": ()}
