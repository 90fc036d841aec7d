"""D1: the answer was lost after the message was sent. Repeated once and marked, or held, as the channel wants it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alerts.delivery.attempt import State
from tests.chatroom import Answer, Chatroom
from tests.e2e.newsdesk import slack
from tests.faults.office import HOUR, MINUTE, Office, posts_to, receiver, text_of

pytestmark = pytest.mark.slow
DESK = "/services/T0/B0/desk"
LOST = Answer(200, b"ok", ending="reset")


def test_d01_lost_answer_is_repeated_once_marked_and_not_within_a_minute(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, slack(chatroom), receiver(chatroom))
    for path in (DESK, "/hooks/hook"):
        chatroom.script(path, LOST)
    office.news()
    first = office.run()
    assert (first.report.delivery.sent, len(posts_to(chatroom, "hook"))) == (1, 2), "recognised: at once"
    assert len(posts_to(chatroom, "desk")) == 1
    office.run(after=MINUTE / 2)
    assert len(posts_to(chatroom, "desk")) == 1, "half a minute is not enough"
    office.run(after=MINUTE / 2)
    office.run(after=HOUR)
    once, again = posts_to(chatroom, "desk")
    (part,) = office.parts("desk")
    assert "repeat" not in text_of(once)
    assert f"may be a repeat of digest {part.digest_id}" in text_of(again)
    assert (part.state, part.attempts, part.repeats) == (State.SENT, 2, 1)
    assert len({post.request.headers["webhook-id"] for post in posts_to(chatroom, "hook")}) == 1


def test_d01_two_lost_answers_are_the_end_of_it(tmp_path: Path, chatroom: Chatroom) -> None:
    office = Office.open(tmp_path, slack(chatroom))
    chatroom.always(DESK, LOST)
    office.news()
    for _ in range(4):
        result = office.run(after=HOUR)
    assert len(posts_to(chatroom, "desk")) == 2
    (part,) = office.parts("desk")
    assert (part.state, part.reason) == (
        State.DEAD,
        "outcome unknown twice: connection lost while reading the answer",
    )
    assert office.problems(result) == {}
    assert "undelivered:desk" in office.incidents.open_subjects()


def test_d01_channel_that_holds_doubtful_messages_goes_on_and_says_so_once(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    screen = {"id": "screen", "platform": "console"}
    office = Office.open(tmp_path, slack(chatroom, on_unknown="hold"), screen, operators=["screen"])
    chatroom.script(DESK, LOST)
    office.news()
    result = office.run()
    assert office.problems(result)["desk"].startswith("message 1 is held: connection lost")
    (held,) = office.parts("desk", State.DOUBTFUL)
    told = [text for text in office.printed if "may or may not have arrived" in " ".join(text.split())]
    assert len(told) == 1
    assert f"newswatch outbox retry {held.delivery_id}" in " ".join(told[0].split())
    office.news()
    office.run(after=HOUR)
    office.news()
    office.run(after=HOUR)
    second, third = posts_to(chatroom, "desk")[1:]
    assert f"Digest {held.digest_id}" in text_of(second)
    assert "may not have arrived here" in text_of(second)
    assert held.digest_id not in text_of(third), "said once"
    assert sum("may or may not" in " ".join(text.split()) for text in office.printed) == 1
    assert office.outbox.part(held.delivery_id) == held, "nothing moves it but a person"
    assert "1 doubtful" in office.status()
    assert office.program.do("outbox", "retry", str(held.delivery_id)).status == 0
    office.run()
    assert "may be a repeat of digest" in text_of(posts_to(chatroom, "desk")[-1])
    assert "doubtful:desk" not in office.incidents.open_subjects()


@pytest.mark.parametrize("on_unknown", ["resend", "hold"])
def test_d01_message_that_a_killed_run_was_sending_is_in_doubt_like_any_other(
    on_unknown: str, tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, slack(chatroom, on_unknown=on_unknown))
    office.news()
    chatroom.always(DESK, Answer(503, taken=False))
    office.run()
    part = office.outbox.next_part("desk")
    assert part is not None
    office.outbox.claim(part, "killed-run", office.now)
    chatroom.always(DESK, None)
    came = len(chatroom.posts)
    office.run(after=MINUTE / 2)
    assert len(chatroom.posts) == came
    office.run(after=MINUTE)
    wanted = {"resend": (came + 1, State.SENT), "hold": (came, State.DOUBTFUL)}[on_unknown]
    assert (len(chatroom.posts), office.parts("desk")[0].state) == wanted


GOOGLE: dict[str, Any] = {"id": "desk", "platform": "googlechat"}
NTFY: dict[str, Any] = {"id": "desk", "platform": "ntfy"}


def test_d01_google_chat_and_ntfy_are_handed_the_same_identity_twice(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    google = chatroom.script("/v1/spaces/desk/messages", LOST) + "?key=k&token=t"
    topic = chatroom.url("/desk")
    chatroom.script("/", LOST)
    office = Office.open(tmp_path, {**GOOGLE, "url": google}, {**NTFY, "id": "phone", "url": topic})
    office.news()
    office.run()
    office.run(after=HOUR)
    asked = posts_to(chatroom, "spaces/desk")
    assert len(asked) == 2
    assert len({post.request.target for post in asked}) == 1, "requestId and key stand in the address"
    assert asked[0].payload["thread"] == asked[1].payload["thread"]
    pushed = [post for post in chatroom.posts if post.request.path == "/"]
    assert len(pushed) == 2
    assert len({post.request.headers["x-sequence-id"] for post in pushed}) == 1
    assert ["repeat" in text_of(post) for post in (*asked, *pushed)] == [False, True, False, True]
