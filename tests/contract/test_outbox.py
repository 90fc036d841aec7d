"""The outbox on every database: a message is frozen once, sent by one owner, in order, and never silently twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, event, insert, select

from alerts.delivery.attempt import State, Transition
from alerts.delivery.channelstate import ChannelStates
from alerts.delivery.outbox import Outbox
from alerts.message.platform import Style
from alerts.operators.incident import Incidents
from alerts.records.archive import Archive
from alerts.records.tables import alert, delivery, digest
from crawler.errors import StoreError
from crawler.records.store import Store
from tests.builders import NOW
from tests.contract.queueing import LATER, SENT, UNKNOWN, claim_next, enqueue
from tests.database import examine_all, keep_article, part_of, rows, select_digest


@pytest.fixture(autouse=True)
def _tables(archive: Archive) -> None:
    """Every test here needs the alerts' tables."""


def bodies_sent(outbox: Outbox, channel_id: str = "desk") -> list[str]:
    """Send everything that is open, in the outbox's own order; return the bodies."""
    sent = []
    while outbox.next_part(channel_id) is not None:
        claimed = claim_next(outbox, channel_id=channel_id)
        sent.append(claimed.body.decode())
        assert outbox.record(claimed, SENT, "run-1", LATER)
    return sent


def states(engine: Engine) -> list[str]:
    return [row.state for row in rows(engine, select(delivery.c.state).order_by(delivery.c.id))]


# -- freezing -----------------------------------------------------------------------------------------------------


def test_digest_its_parts_and_its_alerts_are_settled_together(store: Store, outbox: Outbox) -> None:
    digest_id = enqueue(store, part_of(1, text="first"), part_of(2, text="second"))
    assert [row.digest_id for row in rows(store.engine, select(alert))] == [digest_id]
    first, second = reversed(outbox.parts())
    assert (first.part, first.parts, first.body, first.story_ids) == (1, 2, b"first (1,)", (1,))
    assert (first.state, first.attempts, first.repeats, first.created) == (State.PENDING, 0, 0, NOW)
    assert first.idempotency_key != second.idempotency_key
    kept = outbox.read_digest(digest_id)
    assert kept is not None
    assert (kept.digest_id, kept.created, len(kept.stories)) == (digest_id, NOW, 1)
    assert ChannelStates(store.engine).load()["desk"].last_digest_at == NOW
    assert outbox.read_digest("no-such") is None
    assert outbox.part(10_000) is None


@pytest.mark.parametrize("table", ["digest", "delivery", "channel_state"])
def test_failure_while_freezing_leaves_alerts_and_notices_untold(
    store: Store, archive: Archive, outbox: Outbox, table: str
) -> None:
    def fail(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(f"INSERT INTO {table}"):
            raise StoreError("the disk went away")

    keep_article(store)
    examine_all(archive, {"desk": ("loikaw",)})
    incidents = Incidents(store.engine)
    incidents.begin("source:dvb", "DVB cannot be read.", NOW)
    stories, notices = archive.pending_stories("desk"), incidents.untold()
    selection = select_digest(stories)
    event.listen(store.engine, "before_cursor_execute", fail)
    with pytest.raises(StoreError, match="the disk went away"):
        outbox.enqueue("desk", selection, [part_of(1)], NOW, [item.incident_id for item in notices])
    event.remove(store.engine, "before_cursor_execute", fail)
    assert archive.pending_stories("desk") == stories
    assert incidents.untold() == notices
    assert rows(store.engine, select(digest)) == rows(store.engine, select(delivery)) == []
    outbox.enqueue("desk", selection, [part_of(1)], NOW, [item.incident_id for item in notices])
    assert (archive.pending_stories("desk"), incidents.untold()) == ((), ())


def test_counted_alerts_are_settled_and_named_as_counted(
    store: Store, archive: Archive, outbox: Outbox
) -> None:
    for number in range(12):
        keep_article(store, number)
    examine_all(archive, {"desk": ("loikaw",)})
    selection = select_digest(archive.pending_stories("desk"), max_stories=2)
    outbox.enqueue("desk", selection, [part_of(1)], NOW)
    assert archive.pending_stories("desk") == ()
    assert [row.counted for row in rows(store.engine, select(alert).order_by(alert.c.id))] == (
        [1] * 4 + [0] * 8
    ), "of a flood the oldest are counted"


def test_same_message_frozen_twice_has_one_key_a_digest(store: Store, outbox: Outbox) -> None:
    enqueue(store, part_of(1))
    (kept,) = outbox.parts()
    row = {
        column.name: getattr(rows(store.engine, select(delivery))[0], column.name) for column in delivery.c
    }
    with pytest.raises(Exception, match=r"(?i)unique"), store.engine.begin() as connection:
        connection.execute(insert(delivery).values(row | {"id": 999}))
    assert kept.idempotency_key.startswith(f"{kept.digest_id}-desk-")


# -- one owner ----------------------------------------------------------------------------------------------------


def test_claim_counts_the_attempt_before_the_work_and_is_had_by_one(store: Store, outbox: Outbox) -> None:
    enqueue(store)
    part = outbox.next_part("desk")
    assert part is not None
    claimed = outbox.claim(part, "run-1", LATER)
    assert claimed is not None
    assert (claimed.state, claimed.attempts, claimed.repeats, claimed.body) == (
        State.SENDING,
        1,
        0,
        part.body,
    )
    assert outbox.claim(part, "run-2", LATER) is None
    assert outbox.record(claimed, SENT, "run-2", LATER) is False
    assert outbox.part(part.delivery_id) == claimed
    assert [tuple(row) for row in rows(store.engine, select(delivery.c.owner))] == [("run-1",)]


@pytest.mark.parametrize("state", [State.SENT, State.HELD, State.RETRY, State.UNKNOWN, State.DEAD])
def test_sender_that_lost_its_claim_changes_nothing(store: Store, outbox: Outbox, state: State) -> None:
    enqueue(store)
    zombie = claim_next(outbox, "run-1")
    outbox.recover("run-2", LATER)
    mine = claim_next(outbox, "run-2")
    before = (outbox.part(mine.delivery_id), ChannelStates(store.engine).load())
    transition = Transition(state, "HTTP 410", LATER, "m-1", counts=False)
    assert outbox.record(zombie, transition, "run-1", LATER) is False
    outbox.replace(zombie, [part_of(1)], Style.PLAIN, "HTTP 400", "run-1", LATER)
    assert (outbox.part(mine.delivery_id), ChannelStates(store.engine).load()) == before
    assert outbox.record(mine, SENT, "run-2", LATER) is True
    assert outbox.record(zombie, transition, "run-1", LATER) is False
    assert states(store.engine) == ["sent"]


def test_attempt_of_the_same_owner_but_another_number_is_fenced_too(store: Store, outbox: Outbox) -> None:
    enqueue(store)
    first = claim_next(outbox)
    outbox.record(first, Transition(State.RETRY, "HTTP 503", NOW), "run-1", LATER)
    second = claim_next(outbox)
    assert outbox.record(first, SENT, "run-1", LATER) is False
    assert outbox.record(second, SENT, "run-1", LATER) is True


def test_look_that_is_out_of_date_claims_nothing(store: Store, outbox: Outbox) -> None:
    enqueue(store)
    failed = Transition(State.RETRY, "HTTP 503", NOW)
    outbox.record(claim_next(outbox), failed, "run-1", LATER)
    stale = outbox.next_part("desk")
    assert stale is not None
    outbox.record(claim_next(outbox, "run-2"), failed, "run-2", LATER)
    assert outbox.claim(stale, "run-1", LATER) is None, "the state is the same, the attempt is not"


def test_recover_marks_what_others_were_sending_and_only_that(store: Store, outbox: Outbox) -> None:
    for channel in ("desk", "tg", "ops"):
        enqueue(store, channel_id=channel)
    claim_next(outbox, "dead-run", "desk")
    claim_next(outbox, "run-2", "tg")
    assert outbox.recover("run-2", LATER) == 1
    assert outbox.counts() == {State.UNKNOWN: 1, State.SENDING: 1, State.PENDING: 1}
    lost = outbox.next_part("desk")
    assert lost is not None
    assert lost.reason == "the program ended while sending"
    assert outbox.recover("run-2", LATER) == 0


def test_message_whose_outcome_is_unknown_is_claimed_as_a_repeat(store: Store, outbox: Outbox) -> None:
    enqueue(store)
    outbox.record(claim_next(outbox), UNKNOWN, "run-1", LATER)
    repeat = claim_next(outbox)
    assert (repeat.attempts, repeat.repeats) == (2, 1)
    outbox.record(repeat, Transition(State.RETRY, "HTTP 503", NOW), "run-1", LATER)
    again = claim_next(outbox)
    assert (again.attempts, again.repeats) == (3, 1), "still marked: the first send may have been seen"


def test_rate_limit_counts_no_attempt(store: Store, outbox: Outbox) -> None:
    enqueue(store)
    limited = Transition(State.RETRY, "HTTP 429", LATER + timedelta(seconds=30), counts=False)
    for _ in range(5):
        claimed = claim_next(outbox)
        assert claimed.attempts == 1
        assert outbox.record(claimed, limited, "run-1", LATER)
    waiting = outbox.next_part("desk")
    assert waiting is not None
    assert (waiting.attempts, waiting.not_before) == (0, LATER + timedelta(seconds=30))


def test_what_no_database_can_hold_is_stripped_from_a_platforms_words(store: Store, outbox: Outbox) -> None:
    enqueue(store)
    claimed = claim_next(outbox)
    outbox.record(claimed, Transition(State.HELD, "no\x00pe\ud800", message_id="m\x00"), "run-1", LATER)
    (kept,) = outbox.parts()
    assert (kept.state, kept.reason, kept.message_id) == (State.HELD, "nope", "m")
    assert ChannelStates(store.engine).load()["desk"].paused_reason == "nope"


# -- order --------------------------------------------------------------------------------------------------------


def test_parts_leave_in_order_and_channels_do_not_wait_for_each_other(store: Store, outbox: Outbox) -> None:
    enqueue(store, part_of(1, text="a"), part_of(2, text="b"))
    enqueue(store, part_of(9, text="other"), channel_id="tg")
    enqueue(store, part_of(3, text="c"))
    stuck = claim_next(outbox)
    outbox.record(stuck, Transition(State.RETRY, "HTTP 503", LATER + timedelta(hours=1)), "run-1", LATER)
    assert (waiting := outbox.next_part("desk")) is not None
    assert waiting.delivery_id == stuck.delivery_id
    assert bodies_sent(outbox, "tg") == ["other (9,)"]
    assert bodies_sent(outbox) == ["a (1,)", "b (2,)", "c (3,)"]
    assert outbox.next_part("no-such-channel") is None


@pytest.mark.parametrize("refuses", [{2, 3, 4}, {2}, {4}, {1, 2, 3, 4, 5}, set()])
def test_refused_part_is_replaced_by_smaller_ones_in_its_place(
    store: Store, outbox: Outbox, refuses: set[int]
) -> None:
    """Bisect like the sender does: plain first, then halves; a single story that is refused is dead."""
    enqueue(store, part_of(1), part_of(2, 3, 4), part_of(5))
    told: list[int] = []
    dead: list[int] = []
    while outbox.next_part("desk") is not None:
        part = claim_next(outbox)
        if not refuses & set(part.story_ids):
            outbox.record(part, SENT, "run-1", LATER)
            told += part.story_ids
        elif part.style is Style.RICH or len(part.story_ids) > 1:
            middle = len(part.story_ids) // 2
            pieces: Sequence[tuple[int, ...]] = (part.story_ids,)
            if part.style is Style.PLAIN:
                pieces = (part.story_ids[:middle], part.story_ids[middle:])
            smaller = [part_of(*story_ids, text="plain") for story_ids in pieces]
            outbox.replace(part, smaller, Style.PLAIN, "HTTP 400", "run-1", LATER)
        else:
            outbox.record(part, Transition(State.DEAD, "HTTP 400"), "run-1", LATER)
            dead += part.story_ids
    assert told == sorted(told), "a reader sees them in the order of the digest"
    assert sorted(told + dead) == [1, 2, 3, 4, 5]
    assert set(dead) == refuses
    living = [part for part in outbox.parts() if part.state is not State.SUPERSEDED]
    assert sorted(part.part for part in living) == list(range(1, len(living) + 1))
    assert {part.parts for part in living} == {len(living)}


# -- by hand ------------------------------------------------------------------------------------------------------


def test_forbidden_channel_is_paused_and_resumed_with_what_was_held(store: Store, outbox: Outbox) -> None:
    enqueue(store, part_of(1, text="a"), part_of(2, text="b"))
    outbox.record(claim_next(outbox), Transition(State.HELD, "HTTP 404"), "run-1", LATER)
    channel_states = ChannelStates(store.engine)
    state = channel_states.load()["desk"]
    assert (state.paused_at, state.paused_reason) == (LATER, "HTTP 404")
    channel_states.resume("desk", LATER)
    assert channel_states.load()["desk"].paused_at is None
    assert bodies_sent(outbox) == ["a (1,)", "b (2,)"]
    assert channel_states.load()["desk"].sent_at == LATER


def test_hand_moves_what_is_not_settled_and_leaves_the_rest(store: Store, outbox: Outbox) -> None:
    enqueue(store, part_of(1), part_of(2), part_of(3))
    outbox.record(claim_next(outbox), SENT, "run-1", LATER)
    ids = [part.delivery_id for part in outbox.parts()]
    assert outbox.set_state(ids, State.HELD, "held by hand", LATER) == 2
    assert outbox.counts() == {State.SENT: 1, State.HELD: 2}
    assert outbox.next_part("desk") is None
    assert outbox.set_state(ids, State.PENDING, "to be tried again", LATER) == 2
    assert bodies_sent(outbox) == ["part (2,)", "part (3,)"]
    assert outbox.set_state(ids, State.DEAD, "dropped by hand", LATER) == 0
    assert outbox.set_state([], State.DEAD, "dropped by hand", LATER) == 0


@pytest.mark.parametrize("by_way_of", [State.PENDING, State.HELD, State.DEAD])
@pytest.mark.parametrize("is_killed", [True, False], ids=["killed", "unknown"])
def test_retry_by_hand_of_a_doubtful_message_is_marked_as_a_repeat(
    store: Store, outbox: Outbox, by_way_of: State, is_killed: bool
) -> None:
    enqueue(store)
    claimed = claim_next(outbox)
    if not is_killed:
        outbox.record(claimed, UNKNOWN, "run-1", LATER)
    outbox.set_state([claimed.delivery_id], by_way_of, "by hand", LATER)
    outbox.set_state([claimed.delivery_id], State.PENDING, "to be tried again", LATER)
    assert claim_next(outbox).repeats == 1


def test_messages_in_the_place_of_a_repeat_are_marked_like_it(store: Store, outbox: Outbox) -> None:
    enqueue(store, part_of(1, 2))
    outbox.record(claim_next(outbox), UNKNOWN, "run-1", LATER)
    halves = [part_of(1, text="plain"), part_of(2, text="plain")]
    outbox.replace(claim_next(outbox), halves, Style.PLAIN, "HTTP 400", "run-1", LATER)
    first = claim_next(outbox)
    assert (first.body, first.repeats, first.attempts) == (b"plain (1,)", 1, 1)


def test_untouched_message_that_was_held_by_hand_is_no_repeat(store: Store, outbox: Outbox) -> None:
    enqueue(store)
    (part,) = outbox.parts()
    outbox.set_state([part.delivery_id], State.HELD, "by hand", LATER)
    outbox.set_state([part.delivery_id], State.PENDING, "to be tried again", LATER)
    assert claim_next(outbox).repeats == 0


def test_list_shows_the_newest_first_by_state_and_channel(store: Store, outbox: Outbox) -> None:
    enqueue(store, part_of(1), part_of(2))
    enqueue(store, part_of(3), channel_id="tg")
    claim_next(outbox)
    assert [part.story_ids for part in outbox.parts()] == [(3,), (2,), (1,)]
    assert [part.story_ids for part in outbox.parts([State.PENDING], "desk")] == [(2,)]
    assert [part.story_ids for part in outbox.parts(limit=1)] == [(3,)]
