"""Edits of our Matrix messages on a real homeserver: which event readers get now, in which thread, and who is rung."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from alerts.channels.matrix import PLATFORM, annotate, request
from alerts.message.platform import Rejected, Style
from alerts.model import ToldIn
from tests.builders import a_digest, a_report, a_story
from tests.peers.room import Room, a_text, message_id_of

pytestmark = pytest.mark.xdist_group("synapse")
NOTE = "Changed since, 22 Nov 14:10 MMT: “@room <b>Strike</b> on Demoso”: a figure was changed"


def put(room: Room, body: bytes, name: str) -> str:
    """Send *body*, which is taken; return the event's id."""
    return message_id_of(*room.put(body, name=name))


def edit(room: Room, body: bytes, event_id: str, name: str, note: str = NOTE) -> tuple[str, dict[str, Any]]:
    """Edit one message as a run would; return the id of the edit and the content that it gives the message."""
    noted = annotate(body, note, event_id)
    assert noted is not None
    return put(room, noted, name), json.loads(noted)["m.new_content"]


def as_shown(room: Room, event_id: str) -> dict[str, Any]:
    """Return the content that the homeserver says is the latest of an event."""
    event = room.homeserver.get(f"{room.path}/event/{quote(event_id, safe='')}", room.reader)
    latest = event.get("unsigned", {}).get("m.relations", {}).get("m.replace")
    return dict(latest["content"]["m.new_content"] if latest else event["content"])


def test_an_edit_is_sent_like_any_event() -> None:
    assert PLATFORM.editing
    assert PLATFORM.editing.request is request


@pytest.mark.parametrize("style", list(Style))
def test_edited_message_is_what_readers_get_and_an_edit_rings_nobody(room: Room, style: Style) -> None:
    digest = a_digest(a_story(a_report(headline="Strike @room")))
    (part,) = PLATFORM.render(digest, room.keys, style)
    told = put(room, part.body, "told")
    rung = room.homeserver.highlights(room.reader, room.room_id)
    assert rung == {"notification_count": 1, "highlight_count": 0}
    first, wanted = edit(room, part.body, told, "edit")
    assert as_shown(room, told) == wanted
    assert wanted["body"].startswith(NOTE)
    assert room.homeserver.highlights(room.reader, room.room_id) == rung
    assert edit(room, part.body, told, "edit")[0] == first, "the same key is the same event"
    assert len(room.messages()) == 2
    second, wanted = edit(room, part.body, told, "later", NOTE.replace("14:10", "15:10"))
    assert second != first
    assert as_shown(room, told) == wanted
    assert room.homeserver.highlights(room.reader, room.room_id) == rung


def test_edited_message_stays_in_its_thread(room: Room) -> None:
    digest = a_digest(a_story())
    (told,) = PLATFORM.render(digest, room.keys, Style.RICH)
    root = put(room, told.body, "root")
    (answer,) = PLATFORM.render(replace(digest, answers=ToldIn("0a1b2c3d", root)), room.keys, Style.RICH)
    reply = put(room, answer.body, "reply")
    edit(room, answer.body, reply, "edit")
    path = room.path.replace("/v3/", "/v1/") + f"/relations/{quote(root, safe='')}/m.thread"
    thread = room.homeserver.get(path, room.reader)["chunk"]
    assert [event["event_id"] for event in thread] == [reply]
    assert as_shown(room, reply)["body"].startswith(NOTE)


def test_fullest_message_that_takes_a_note_is_taken(room: Room) -> None:
    letters = next(
        count
        for count in range(20_000, 0, -10)
        if annotate(a_text("က" * count), NOTE, "$" + "x" * 43) is not None
    )  # the letter ka, three bytes
    body = a_text("က" * letters)
    told = put(room, body, "full")
    _, wanted = edit(room, body, told, "edit-full")
    assert as_shown(room, told) == wanted


def test_edit_of_a_message_that_is_not_in_the_room_is_refused_which_settles_it(room: Room) -> None:
    elsewhere = room.homeserver.create_room(room.sender, room.reader)
    (moved,) = room.put(a_text("x"), name="elsewhere", keys=room.homeserver.keys(room.sender, elsewhere))
    for event_id in ("$nowhere:localhost", message_id_of(moved)):
        noted = annotate(a_text("x"), NOTE, event_id)
        assert noted is not None
        (outcome,) = room.put(noted, name=f"edit-{event_id}")
        assert outcome == Rejected("HTTP 400")
