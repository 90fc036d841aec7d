"""D4: a channel is revoked, or has been stuck for hours. Its rows wait, and operators hear of it another way, once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.delivery.attempt import State
from tests.chatroom import Answer, Chatroom
from tests.e2e.newsdesk import slack
from tests.faults.office import DAY, HOUR, Office, posts_to, receiver, text_of

DESK = "/services/T0/B0/desk"
GONE = Answer(404, b"no_service", taken=False)
DOWN = Answer(503, taken=False)


def told(chatroom: Chatroom, name: str, words: str) -> int:
    """Return in how many messages that *name* took *words* stand."""
    return sum(words in text_of(post) for post in posts_to(chatroom, name) if post.taken)


def test_d04_operators_hear_of_their_dead_channel_in_another_once_and_of_its_recovery_there(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, slack(chatroom), receiver(chatroom), operators=["desk"])
    office.news()
    office.run()
    chatroom.always(DESK, GONE)
    office.incidents.begin("feed:dvb", "Source DVB (dvb) cannot be read.", office.now)
    result = office.run(after=HOUR)
    assert told(chatroom, "hook", "Channel desk (slack) refuses messages") == 1
    assert told(chatroom, "hook", "Source DVB (dvb) cannot be read") == 1, (
        "it stood in the message that desk refused"
    )
    assert (
        told(chatroom, "hook", "told here because desk cannot be told (paused: no_service (HTTP 404))") == 1
    )
    assert office.problems(result)["desk"].startswith("paused")
    assert office.problems(result)["hook"].startswith("told what operators are to know: desk cannot be told")
    assert (
        "OPERATORS: desk cannot be told (paused: no_service (HTTP 404)): notices go to hook"
        in office.status()
    )
    office.run(after=HOUR)
    office.incidents.end("feed:dvb", office.now)
    office.run(after=HOUR)
    assert told(chatroom, "hook", "Feed dvb works again after") == 1
    chatroom.always(DESK, None)
    office.news()
    office.run(after=DAY)  # the daily probe
    office.run(after=HOUR)
    assert told(chatroom, "hook", "Channel desk works again after") == 1
    for words in ("cannot be read", "refuses messages", "works again"):
        assert told(chatroom, "desk", words) == 0, "told once, and not again when the channel is back"
    assert told(chatroom, "desk", "News 0002") == 1
    assert "OPERATORS" not in office.status()


@pytest.mark.slow
def test_d04_news_beside_a_notice_is_not_lost_and_comes_without_it(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(
        tmp_path, slack(chatroom), receiver(chatroom, topics=["operation-1111"]), operators=["desk"]
    )
    chatroom.always(DESK, GONE)
    office.news()
    office.incidents.begin("feed:dvb", "Source DVB (dvb) cannot be read.", office.now)
    office.run()
    assert told(chatroom, "hook", "Source DVB (dvb) cannot be read") == 1
    chatroom.always(DESK, None)
    assert office.program.do("outbox", "retry", "--channel", "desk").status == 0
    office.run(after=HOUR)
    (taken,) = [text_of(post) for post in posts_to(chatroom, "desk") if post.taken]
    assert "News 0001" in taken
    assert "cannot be read" not in taken


@pytest.mark.slow
def test_d04_channel_that_fails_for_hours_is_told_of_elsewhere_and_one_that_slept_is_not(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, slack(chatroom), receiver(chatroom), operators=["desk"])
    chatroom.always(DESK, DOWN)
    office.news()
    office.run()
    office.run(after=2 * HOUR)
    assert told(chatroom, "hook", "nothing has gone out") == 0
    office.run(after=2 * HOUR)
    office.run(after=HOUR)
    assert (
        told(chatroom, "hook", "Channel desk (slack): nothing has gone out since 22 Nov 05:54 UTC: HTTP 503")
        == 1
    )
    chatroom.always(DESK, None)
    office.run(after=HOUR)
    office.run(after=HOUR)
    assert told(chatroom, "hook", "Channel desk works again after 6 h") == 1
    chatroom.script(DESK, DOWN, DOWN)
    office.news()
    office.run()
    office.run(after=9 * HOUR)  # the machine was off
    assert told(chatroom, "hook", "nothing has gone out") == 1
    assert office.parts("desk")[-1].state is State.SENT


@pytest.mark.slow
def test_d04_notice_in_a_message_that_may_have_arrived_is_told_elsewhere_and_the_message_stays_one(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    room = {"id": "room", "platform": "matrix", "homeserver": chatroom.url(""), "token": "t", "room": "!r:x"}
    hook = receiver(chatroom, "hook", topics=["operation-1111"])
    office = Office.open(tmp_path, room, hook, operators=["room"])
    office.news()
    office.incidents.begin("feed:dvb", "Source DVB (dvb) cannot be read.", office.now)
    lost = Answer(200, b"{}", ending="reset")
    txn = "/_matrix/client/v3/rooms/%21r%3Ax/send/m.room.message/"
    chatroom.answer_below(txn, lost)
    office.run()
    for _ in range(4):
        office.run(after=HOUR)
    assert told(chatroom, "hook", "Source DVB (dvb) cannot be read") == 1
    chatroom.answer_below(txn, None)
    office.run(after=HOUR)
    shown = [post for post in chatroom.visible if post.request.path.startswith(txn)]
    assert sum("News 0001" in text_of(post) for post in shown) == 1, "never twice on Matrix"
    assert office.parts("room")[0].state is State.SENT


@pytest.mark.slow
def test_d04_operators_channel_without_its_secret_is_stood_in_for(tmp_path: Path, chatroom: Chatroom) -> None:
    desk = {"id": "desk", "platform": "slack", "url": "${DESK_URL}"}
    office = Office.open(tmp_path, desk, receiver(chatroom), operators=["desk"])
    office.incidents.begin("feed:dvb", "Source DVB (dvb) cannot be read.", office.now)
    office.run()
    assert told(chatroom, "hook", "desk cannot be told (skipped: set DESK_URL)") == 1
    assert told(chatroom, "hook", "Source DVB (dvb) cannot be read") == 1
    office.run(after=HOUR)
    assert len(chatroom.posts) == 1


@pytest.mark.slow
def test_d04_where_nothing_can_be_delivered_the_run_says_so_and_fails(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, slack(chatroom), receiver(chatroom), operators=["desk"])
    chatroom.always(DESK, GONE)
    chatroom.always("/hooks/hook", DOWN)
    office.news()
    assert office.run().undeliverable
    office.incidents.begin("feed:dvb", "Source DVB (dvb) cannot be read.", office.now)
    later = office.run(after=timedelta(minutes=1))
    assert later.undeliverable, "also while it waits for the next try"
    office.run(after=4 * HOUR)
    last = office.run(after=HOUR)
    assert last.undeliverable
    assert "notices wait for operators: nobody else can be told, it is paused" in str(
        last.report.channel_problems
    )
    assert "nobody hears of failures" in office.status()
    chatroom.always("/hooks/hook", None)
    assert not office.run(after=HOUR).undeliverable
    assert told(chatroom, "hook", "Source DVB (dvb) cannot be read") == 1


@pytest.mark.slow
@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_d04_refused_credential_pauses_at_once_and_keeps_what_waits(
    status: int, tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, slack(chatroom))
    chatroom.always(DESK, Answer(status, taken=False))
    office.news()
    assert office.run().undeliverable
    office.run(after=HOUR)
    assert len(chatroom.posts) == 1
    (row,) = office.parts("desk")
    assert (row.state, row.reason) == (State.HELD, f"HTTP {status}")
