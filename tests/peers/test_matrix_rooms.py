"""Our Matrix messages in rooms of a real homeserver: taken, kept as sent, and ringing for nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from alerts.channels.matrix import MAX_BODY_BYTES, mark_repeat, render
from alerts.message.platform import Rejected, Sent, Style, TargetDead
from alerts.model import Digest, ToldIn
from alerts.transport.http import Timeouts
from tests.builders import a_burmese_report, a_digest, a_report, a_sentence, a_story
from tests.contract.hostile import digests as hostile_digests
from tests.lossy.ordeal import Line, Ordeal
from tests.lossy.way import LossyWay, Odds
from tests.peers.room import Room, a_text, message_id_of
from tests.peers.synapse import Homeserver
from tests.situations import SITUATIONS, digest_of

pytestmark = pytest.mark.xdist_group("synapse")


@pytest.mark.parametrize("style", list(Style))
def test_every_situation_is_taken_and_read_back_as_it_was_sent(room: Room, style: Style) -> None:
    bodies = [part.body for name in SITUATIONS for part in render(digest_of(name), room.keys, style)]
    outcomes = room.put(*bodies, name="situation")
    read = room.messages()
    assert [event["content"] for event in read] == [json.loads(body) for body in bodies]
    assert [Sent(event["event_id"]) for event in read] == outcomes


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(digest=hostile_digests())
def test_hostile_digest_is_taken_and_read_back_as_it_was_sent(room: Room, digest: Digest) -> None:
    digest = replace(
        digest, answers=None
    )  # the server refuses a relation to an event that the room does not have
    for style in Style:
        bodies = [part.body for part in render(digest, room.keys, style)]
        bodies += [mark_repeat(body, digest.digest_id) for body in bodies]
        outcomes = room.put(*bodies, name=f"hostile-{hash((digest, style))}")
        assert [room.content_of(outcome) for outcome in outcomes] == [json.loads(body) for body in bodies]


def test_biggest_message_that_we_write_is_taken_and_one_beyond_the_servers_limit_is_refused(
    room: Room,
) -> None:
    long = a_sentence("လွိုင်ကော်မြို့တွင် တိုက်ပွဲဖြစ်ပွားသည်။ " * 12, "လွိုင်ကော်")  # fighting in the town of Loikaw
    stories = [
        a_story(a_burmese_report(article_id=number, sentence=long), story_id=number)
        for number in range(1, 120)
    ]
    bodies = [part.body for part in render(a_digest(*stories), room.keys, Style.RICH)]
    marked = [mark_repeat(body, "a1b2c3d4") for body in bodies]
    assert MAX_BODY_BYTES * 0.95 < max(map(len, marked)) <= MAX_BODY_BYTES
    assert {type(outcome) for outcome in room.put(*bodies, *marked, name="biggest")} == {Sent}
    fits, too_big = a_text("x" * 64_000), a_text("x" * 65_536)
    taken, refused = room.put(fits, too_big, name="beyond")
    assert isinstance(taken, Sent)
    assert isinstance(refused, Rejected)
    assert "413" in refused.reason
    assert "M_TOO_LARGE" in refused.reason


def test_headlines_that_name_the_room_or_a_reader_highlight_nothing(room: Room) -> None:
    """The reader is called by the local part of the address; ``@room`` of an administrator would ring everybody."""
    name = room.reader.user_id.removeprefix("@").partition(":")[0]
    headline = f"@room {name} {room.reader.user_id}: clashes near Loikaw"
    digest = a_digest(a_story(a_report(headline=headline, sentence=a_sentence(f"@room {name}, Loikaw!"))))
    bodies = [part.body for style in Style for part in render(digest, room.keys, style)]
    assert all(f"@room {name}" in json.loads(body)["body"] for body in bodies)
    room.put(*bodies, name="calm")
    counts = room.homeserver.highlights(room.reader, room.room_id)
    assert counts == {"notification_count": len(bodies), "highlight_count": 0}
    for number, loud in enumerate(("@room", name, headline), start=1):  # what our empty m.mentions prevents
        room.put(a_text(loud), name=f"loud-{number}")
        assert room.homeserver.highlights(room.reader, room.room_id)["highlight_count"] == number


def test_digest_that_answers_another_is_a_reply_in_its_thread(room: Room) -> None:
    (first,) = render(digest_of("one-story"), room.keys, Style.RICH)
    (outcome,) = room.put(first.body, name="first")
    sent = message_id_of(outcome)
    answer = replace(digest_of("correction"), answers=ToldIn("a1b2c3d4", sent))
    (second,) = render(answer, room.keys, Style.RICH)
    (replied,) = room.put(second.body, name="second")
    root = quote(sent, safe="")
    path = room.path.replace("/v3/", "/v1/") + f"/relations/{root}/m.thread"
    related = room.homeserver.get(path, room.reader)["chunk"]
    assert [event["event_id"] for event in related] == [message_id_of(replied)]
    event = room.homeserver.get(f"{room.path}/event/{root}", room.reader)
    assert event["unsigned"]["m.relations"]["m.thread"]["count"] == 1


def test_answer_to_a_message_that_is_gone_is_told_by_itself(room: Room, tmp_path: Path) -> None:
    """Retention may have removed it, or the channel has another room since."""
    digest = replace(digest_of("correction"), answers=ToldIn("a1b2c3d4", "$gone:localhost"))
    (refused,) = room.put(render(digest, room.keys, Style.RICH)[0].body, name="gone")
    assert isinstance(refused, Rejected)
    with LossyWay(room.homeserver.port, Odds(), seed=1) as way:
        keys = {"homeserver": way.base_url, "token": room.sender.token, "room": room.room_id}
        with Ordeal(tmp_path, [Line("matrix", "matrix", keys, way)], seed=1, timeouts=Timeouts()) as ordeal:
            ordeal.queue([digest])
            ordeal.run()
    (event,) = room.messages()
    assert "m.relates_to" not in event["content"]
    assert "Changed" in event["content"]["body"]


def test_wrong_token_and_a_room_that_we_left_pause_the_channel(room: Room, homeserver: Homeserver) -> None:
    stranger = homeserver.keys(replace(room.sender, token="syt_nobody"), room.room_id)
    (outcome,) = room.put(a_text("hello"), name="stranger", keys=stranger)
    assert isinstance(outcome, TargetDead)
    assert "401" in outcome.reason
    homeserver.post(f"{room.path}/leave", room.sender, {})
    (outcome,) = room.put(a_text("hello"), name="gone")
    assert isinstance(outcome, TargetDead)
    assert "403" in outcome.reason
    assert room.messages() == []
