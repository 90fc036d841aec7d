"""The outbox on every database: what is in doubt waits for a person, what was told to nobody is told elsewhere."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.delivery.attempt import REPEAT_AFTER, State, Transition
from alerts.delivery.outbox import Outbox
from alerts.message.platform import Part
from alerts.operators.incident import Incidents
from alerts.records.archive import Archive
from crawler.records.store import Store
from tests.builders import NOW
from tests.contract.queueing import LATER, SENT, UNKNOWN, claim_next, enqueue
from tests.database import examine_all, keep_article, part_of, select_digest


@pytest.fixture(autouse=True)
def _tables(archive: Archive) -> None:
    """Every test here needs the alerts' tables."""


def test_doubtful_message_waits_for_a_person_and_is_named_until_the_next_digest(
    store: Store, outbox: Outbox
) -> None:
    enqueue(store)
    enqueue(store)
    outbox.record(claim_next(outbox), UNKNOWN, "run-1", LATER)
    (doubtful, _) = reversed(outbox.parts())
    assert outbox.keep_doubtful(doubtful, LATER)
    assert not outbox.keep_doubtful(doubtful, LATER), "it has moved"
    assert outbox.counts() == {State.DOUBTFUL: 1, State.PENDING: 1}
    assert (following := outbox.next_part("desk")) is not None
    assert following.digest_id != doubtful.digest_id, "what is behind it goes on"
    assert [part.delivery_id for part in outbox.doubts("desk")] == [doubtful.delivery_id]
    assert outbox.doubts("tg") == ()
    archive = Archive(store.engine)
    keep_article(store, 99, LATER)
    examine_all(archive, {"desk": ("loikaw",)}, LATER)
    outbox.enqueue("desk", select_digest(archive.pending_stories("desk"), LATER), (part_of(9),), LATER)
    assert outbox.doubts("desk") == ()
    outbox.set_state([doubtful.delivery_id], State.PENDING, "to be tried again", LATER)
    assert claim_next(outbox).repeats == 1


def test_every_step_of_a_message_is_kept_until_it_is_old(store: Store, outbox: Outbox) -> None:
    enqueue(store)
    outbox.record(claim_next(outbox), Transition(State.RETRY, "HTTP 503", NOW), "run-1", LATER)
    claimed = claim_next(outbox, "killed-run")
    outbox.recover("run-2", LATER)
    outbox.set_state([claimed.delivery_id], State.HELD, "held by hand", LATER)
    outbox.set_state([claimed.delivery_id], State.PENDING, "to be tried again", LATER)
    outbox.record(claim_next(outbox), SENT, "run-1", LATER)
    steps = outbox.events(claimed.delivery_id)
    assert [(step.attempt, step.state, step.reason) for step in steps] == [
        (1, State.RETRY, "HTTP 503"),
        (2, State.UNKNOWN, "the program ended while sending"),
        (2, State.HELD, "held by hand"),
        (2, State.PENDING, "to be tried again"),
        (3, State.SENT, None),
    ]
    outbox.forget_events(LATER)
    assert outbox.events(claimed.delivery_id) == steps
    outbox.forget_events(LATER + timedelta(seconds=1))
    assert outbox.events(claimed.delivery_id) == ()


def test_repeat_after_a_crash_waits_a_minute_from_the_crash(store: Store, outbox: Outbox) -> None:
    enqueue(store)
    claim_next(outbox, "killed-run")
    outbox.recover("run-2", LATER + timedelta(hours=1))
    lost = outbox.next_part("desk")
    assert lost is not None
    assert lost.not_before == LATER + REPEAT_AFTER


@pytest.mark.parametrize(
    "parts", [None, (), (part_of(1, text="without"),)], ids=["as it is", "nothing", "anew"]
)
def test_notice_that_nobody_saw_is_untold_again_and_leaves_its_message(
    store: Store, archive: Archive, outbox: Outbox, parts: tuple[Part, ...] | None
) -> None:
    keep_article(store)
    examine_all(archive, {"desk": ("loikaw",)})
    incidents = Incidents(store.engine)
    incidents.begin("source:dvb", "DVB cannot be read.", NOW)
    (untold,) = incidents.untold()
    selection = select_digest(archive.pending_stories("desk"))
    digest_id = selection.digest.digest_id
    outbox.enqueue("desk", selection, [part_of(1, text="with")], NOW, [untold.incident_id])
    outbox.record(claim_next(outbox), Transition(State.HELD, "HTTP 404"), "run-1", LATER)
    assert (incidents.untold(), incidents.told_in_digests(["tg"])) == ((), ())
    ((where, channel_id, told),) = incidents.told_in_digests(["desk", "tg"])
    assert (where, channel_id, [item.told_in for item in told]) == (digest_id, "desk", ["desk"])
    content = outbox.read_digest(digest_id)
    assert content is not None
    outbox.rewrite(content, parts, [untold.incident_id], LATER)
    assert incidents.untold() == (untold,)
    assert incidents.told_in_digests(["desk"]) == ()
    left = [(part.state, part.body) for part in outbox.parts_of(digest_id)]
    kept = (State.HELD, b"with (1,)")
    assert left == ([kept] if parts is None else [(State.PENDING, part.body) for part in parts])


def test_end_of_an_incident_knows_where_its_beginning_was_told(
    store: Store, archive: Archive, outbox: Outbox
) -> None:
    keep_article(store)
    examine_all(archive, {"tg": ("loikaw",)})
    incidents = Incidents(store.engine)
    incidents.begin("source:dvb", "DVB cannot be read.", NOW)
    (untold,) = incidents.untold()
    selection = select_digest(archive.pending_stories("tg"), channel_id="tg")
    outbox.enqueue("tg", selection, [part_of(1)], NOW, [untold.incident_id])
    incidents.end("source:dvb", LATER)
    (end,) = incidents.untold()
    assert (end.closed, end.told_in) == (LATER, "tg")
