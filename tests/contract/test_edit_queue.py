"""Edits in the outbox, on every database: frozen with the digest that tells why, behind all news, settled quietly."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event, select

from alerts.channels import PLATFORMS
from alerts.delivery.attempt import State, Transition
from alerts.delivery.channelstate import ChannelStates
from alerts.delivery.deliveryrow import QueuedPart
from alerts.delivery.edit import NO_ROOM, SURPASSED, Edits
from alerts.delivery.outbox import Outbox
from alerts.digest.change import Change, Kind
from alerts.digest.changing import Changes
from alerts.digest.compose import Selection
from alerts.message.platform import Part, Style
from alerts.records.archive import Archive
from alerts.records.tables import change_alert, delivery
from crawler.db.schema import reread
from crawler.errors import StoreError
from crawler.model import Validators
from crawler.records.revision import Revisions
from crawler.records.store import Store
from tests.builders import NOW, an_article
from tests.database import examine_all, keep_article, part_of, rows, select_digest

TELEGRAM = PLATFORMS["telegram"]
KEYS = TELEGRAM.keys.model_validate({"token": "123:abc", "chat": "-1"})
HOUR = timedelta(hours=1)
DUE = NOW + 4 * HOUR
FOUND = (Change(Kind.FIGURE, "killed 3", "killed 5"), Change(Kind.CORRECTION, "", "A correction."))


class Room:
    """One Telegram channel: articles are told in it and change."""

    def __init__(self, store: Store) -> None:
        self.store, self.archive = store, Archive(store.engine)
        self.outbox, self.edits = Outbox(store.engine), Edits(store.engine)
        self.articles = 0
        self.messages = 100

    def tell(self, *, message_id: bool = True, text: str = "") -> QueuedPart:
        """Tell one article, and have the platform name the message unless told otherwise."""
        self.articles += 1
        now = NOW + timedelta(minutes=self.articles)
        keep_article(self.store, self.articles, now, text=text or f"Loikaw, number {self.articles}.")
        examine_all(self.archive, {"tg": ("loikaw",)}, now)
        selection = select_digest(self.archive.pending_stories("tg"), now, "tg")
        self.outbox.enqueue("tg", selection, TELEGRAM.render(selection.digest, KEYS, Style.RICH), now)
        return self.send(message_id=message_id)

    def send(self, *, message_id: bool = True) -> QueuedPart:
        """Send the next message."""
        waiting = self.outbox.next_part("tg")
        assert waiting
        claimed = self.outbox.claim(waiting, "run", NOW)
        assert claimed
        self.messages += 1
        sent = Transition(State.SENT, message_id=str(self.messages) if message_id else None)
        self.outbox.record(claimed, sent, "run", NOW)
        found = self.outbox.part(claimed.delivery_id)
        assert found
        return found

    def change(self, article_id: int, hours: int = 0) -> Selection:
        """Have an article say something else; return the digest that tells it."""
        now = DUE + hours * HOUR
        with self.store.engine.begin() as connection:
            connection.execute(reread.update().values(due_at=None))
            connection.execute(reread.update().where(reread.c.article_id == article_id).values(due_at=1))
        revisions = Revisions(self.store.engine)
        (told,) = revisions.due(["irrawaddy-en"], now)
        anew = an_article(title=f"Another headline {hours}", text=f"Loikaw, anew {hours}.")
        revisions.save_changed(told, anew, Validators(), now)
        changes = Changes(self.store.engine)
        changes.save_compared([(item, FOUND) for item in changes.to_compare()], {"tg": "figures"}, now)
        owed = changes.pending("tg", "figures", 10)
        return select_digest((), now, "tg", changes=owed)

    def freeze(self, selection: Selection, *parts: Part) -> None:
        """Freeze a digest of changes with the edits that it asks for."""
        edits = self.edits.plan("tg", TELEGRAM, selection.notes)
        written = parts or TELEGRAM.render(selection.digest, KEYS, Style.RICH)
        self.outbox.enqueue("tg", selection, written, selection.digest.created, edits=edits)

    def next(self, hours: int = 0) -> QueuedPart | None:
        return self.edits.next("tg", DUE + hours * HOUR)

    def settle(self, edit: QueuedPart, transition: Transition, hours: int = 0) -> None:
        now = DUE + hours * HOUR
        claimed = self.outbox.claim(edit, "run", now)
        assert claimed
        assert self.outbox.record(claimed, transition, "run", now)


@pytest.fixture
def room(store: Store, archive: Archive) -> Room:
    """Return a channel whose database has all tables."""
    return Room(store)


def texts_of(edit: QueuedPart) -> list[str]:
    """Return the first lines of the message that *edit* makes."""
    text: str = json.loads(edit.body)["text"]
    return text.split("\n")


def test_change_marks_the_message_that_told_the_article_and_no_other(room: Room) -> None:
    told, other = room.tell(), room.tell()
    room.freeze(room.change(1))
    edit = room.next()
    assert edit
    assert (edit.edits, edit.style, edit.state) == (told.delivery_id, Style.RICH, State.PENDING)
    assert edit.edits != other.delivery_id
    message = json.loads(edit.body)
    assert message["message_id"] == int(told.message_id or 0)
    note, *rest = message["text"].split("\n")
    assert note == (
        "Changed since, 22 Nov 16:24 MMT: “Clashes resume near Loikaw”: a figure was changed, a correction was printed"
    )
    assert "\n".join(rest) == json.loads(told.body)["text"], "nothing else of it changes"
    telling = room.outbox.next_part("tg")
    assert telling
    assert "Another headline 0" in telling.body.decode(), (
        "the old message is marked with the headline that it has"
    )
    assert room.edits.next("desk", DUE) is None


@pytest.mark.slow
def test_edits_wait_behind_all_news_and_are_no_messages(room: Room) -> None:
    room.tell()
    room.freeze(room.change(1))
    telling = room.outbox.next_part("tg")
    assert telling
    assert telling.edits is None
    room.send()
    assert room.outbox.next_part("tg") is None, "an edit that waits keeps no channel from its next digest"
    assert room.outbox.counts() == {State.SENT: 2}
    before = ChannelStates(room.store.engine).load()["tg"]
    edit = room.next()
    assert edit
    room.settle(edit, Transition(State.SENT, message_id="101"))
    assert ChannelStates(room.store.engine).load()["tg"] == before, "nor was it a message"
    assert room.next() is None
    assert [part.state for part in room.outbox.parts() if part.edits] == [State.SENT]


@pytest.mark.slow
def test_message_that_was_never_named_or_never_sent_is_not_edited(room: Room) -> None:
    room.tell(message_id=False)
    unnamed = room.change(1)
    assert room.edits.plan("tg", TELEGRAM, unnamed.notes) == ()
    room.freeze(unnamed)
    room.send()
    assert room.next() is None
    assert room.edits.plan("tg", PLATFORMS["slack"], unnamed.notes) == ()


def test_failure_while_an_edit_is_frozen_leaves_its_change_untold(room: Room) -> None:
    def fail(_connection: Connection, _cursor: object, statement: str, values: object, *_: object) -> None:
        if statement.startswith("INSERT INTO delivery ") and "-e" in str(values):
            raise StoreError("the disk went away")

    room.tell()
    selection = room.change(1)
    event.listen(room.store.engine, "before_cursor_execute", fail)
    with pytest.raises(StoreError, match="the disk went away"):
        room.freeze(selection)
    event.remove(room.store.engine, "before_cursor_execute", fail)
    assert rows(room.store.engine, select(change_alert.c.digest_id)) == [(None,)]
    assert room.outbox.next_part("tg") is room.next() is None
    room.freeze(selection)
    assert room.outbox.next_part("tg")
    assert room.next()


def test_second_change_says_both_and_takes_the_place_of_what_waits(room: Room) -> None:
    told = room.tell()
    room.freeze(room.change(1))
    first_change = room.send()
    waiting = room.next()
    assert waiting
    room.freeze(room.change(1, hours=1))
    room.send()
    gone = room.outbox.part(waiting.delivery_id)
    assert gone
    assert (gone.state, gone.reason) == (State.SUPERSEDED, SURPASSED)
    edits = [part for part in room.outbox.parts() if part.edits and part.state is State.PENDING]
    assert {part.edits for part in edits} == {told.delivery_id, first_change.delivery_id}
    (again,) = [part for part in edits if part.edits == told.delivery_id]
    latest, earlier, *rest = texts_of(again)
    assert latest.startswith("Changed since, 22 Nov 17:24")
    assert earlier.startswith("Changed since, 22 Nov 16:24")
    assert "\n".join(rest) == json.loads(told.body)["text"]


@pytest.mark.slow
def test_message_without_room_for_a_note_is_settled_with_that_reason(room: Room) -> None:
    told = room.tell()
    full = json.loads(told.body) | {"text": "x" * 4090}
    with room.store.engine.begin() as connection:
        connection.execute(delivery.update().values(body=json.dumps(full).encode()))
    room.freeze(room.change(1))
    room.send()
    assert room.next() is None
    (edit,) = [part for part in room.outbox.parts() if part.edits]
    assert (edit.state, edit.reason, edit.body) == (State.NOT_POSSIBLE, NO_ROOM, b"")
    assert room.outbox.set_state([edit.delivery_id], State.PENDING, "by hand", DUE) == 0


@pytest.mark.slow
def test_defect_of_an_adapter_costs_the_edit_only(room: Room) -> None:
    def broken(*_: object) -> bytes:
        raise RuntimeError("an adapter from elsewhere")

    assert TELEGRAM.editing
    strange = replace(TELEGRAM, editing=replace(TELEGRAM.editing, annotate=broken))
    room.tell()
    (edit,) = room.edits.plan("tg", strange, room.change(1).notes)
    assert edit.reason == "defect in telegram: annotate raised RuntimeError: an adapter from elsewhere"


@pytest.mark.slow
def test_edits_take_turns_so_that_one_that_fails_keeps_no_other_back(room: Room) -> None:
    room.tell()
    room.tell()
    room.freeze(room.change(1))
    room.freeze(room.change(2, hours=1))
    first = room.next(1)
    assert first
    room.settle(first, Transition(State.RETRY, "HTTP 502", DUE + 3 * HOUR), hours=2)
    second = room.next(2)
    assert second
    assert second.delivery_id != first.delivery_id
    assert room.edits.next("tg", DUE + 2 * HOUR, {second.delivery_id}) is None, "the first waits its hour"
    assert room.next(3) == second, "it was tried longer ago: never"
    room.settle(second, Transition(State.RETRY, "HTTP 502", DUE + 1000 * HOUR), hours=3)
    turn = room.next(3)
    assert turn
    assert turn.delivery_id == first.delivery_id
    assert room.edits.next("tg", DUE + 3 * HOUR, {turn.delivery_id}), (
        "a clock that was wrong holds nothing back"
    )


@pytest.mark.slow
def test_edit_whose_sender_died_is_tried_again_at_once(room: Room) -> None:
    room.tell()
    room.freeze(room.change(1))
    room.send()
    edit = room.next()
    assert edit
    assert room.outbox.claim(edit, "dead-run", DUE)
    assert room.next() is None
    room.outbox.recover("run", DUE)
    again = room.next()
    assert again
    assert (again.delivery_id, again.state) == (edit.delivery_id, State.UNKNOWN)


@pytest.mark.slow
def test_edit_refused_by_a_dead_channel_pauses_it_and_comes_back_with_it(room: Room) -> None:
    room.tell()
    room.freeze(room.change(1), part_of(1))
    room.send()
    edit = room.next()
    assert edit
    room.settle(edit, Transition(State.HELD, "HTTP 403"))
    channels = ChannelStates(room.store.engine)
    assert channels.load()["tg"].paused_reason == "HTTP 403"
    assert room.next() is None
    channels.resume("tg", DUE)
    assert room.next()
