"""D2, D15 and the pace of a channel: measured from what is stored, so that a new process keeps it as well."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.channels import PLATFORMS
from alerts.delivery.attempt import State
from tests.chatroom import Answer, Chatroom, json_answer
from tests.e2e.newsdesk import slack
from tests.faults.office import HOUR, MINUTE, Office, posts_to, receiver, text_of

pytestmark = pytest.mark.slow
DESK = "/services/T0/B0/desk"


def test_pace_holds_between_the_last_message_of_one_run_and_the_first_of_the_next(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, slack(chatroom))
    pace = PLATFORMS["slack"].pace
    took = []
    for after in (timedelta(0), timedelta(0), pace, -2 * HOUR):
        office.news()
        begun = time.monotonic()
        office.run(after=after)
        took.append(time.monotonic() - begun)
    assert len(posts_to(chatroom, "desk")) == 4
    assert took[1] >= pace.total_seconds(), "a run right behind another"
    assert took[3] < took[1] + pace.total_seconds(), "a clock that went back delays by the pace at most"


@pytest.mark.parametrize(
    "limited",
    [
        Answer(429, b"", {"Retry-After": "3600"}, taken=False),
        Answer(429, b"", {"Retry-After": "3600.0"}, taken=False),
        Answer(
            429,
            b"",
            {"Date": "Sun, 22 Nov 2026 05:00:00 GMT", "Retry-After": "Sun, 22 Nov 2026 06:00:00 GMT"},
            taken=False,
        ),
        json_answer(429, {"ok": False, "error": "rate_limited", "retry_after": 3600}),
    ],
    ids=["seconds", "float", "date", "json"],
)
def test_d02_long_wait_is_left_to_a_later_run_and_kept_across_them(
    limited: Answer, tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, slack(chatroom), receiver(chatroom))
    chatroom.script(DESK, limited)
    office.news()
    begun = time.monotonic()
    office.run()
    assert time.monotonic() - begun < 10
    (waiting,) = office.parts("desk")
    assert (waiting.not_before, waiting.attempts) == (office.now + HOUR, 0), "a limit counts no attempt"
    office.news()
    office.run(after=30 * MINUTE)
    assert len(posts_to(chatroom, "desk")) == 1, "another process keeps the wait"
    assert len(posts_to(chatroom, "hook")) == 2, "and the other channel does not"
    office.run(after=30 * MINUTE)
    assert [
        ("News 0001" in text, "News 0002" in text) for text in map(text_of, posts_to(chatroom, "desk"))
    ] == [
        (True, False),
        (True, False),
        (False, True),
    ]


def test_d15_newer_digest_waits_for_the_older_and_goes_when_that_is_given_up(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, slack(chatroom))
    chatroom.always(DESK, Answer(503, taken=False))
    office.news()
    office.run()
    for _ in range(3):
        office.news()
        office.run(after=HOUR)
    assert all("News 0001" in text_of(post) for post in chatroom.posts), "nothing overtakes"
    assert len(office.parts("desk")) == 1
    of_first = Answer(400, b"invalid_payload", taken=False, when=lambda asked: b"News 0001" in asked.body)
    chatroom.always(DESK, of_first)
    office.run(after=HOUR)
    taken = " ".join(text_of(post) for post in chatroom.posts if post.taken)
    assert [taken.count(f'"News {number:04}"') for number in (1, 2, 3, 4)] == [0, 1, 1, 1]
    assert [part.reason for part in office.parts("desk", State.DEAD)] == ["invalid_payload (HTTP 400)"]


def test_order_is_kept_across_hold_and_retry_by_hand(tmp_path: Path, chatroom: Chatroom) -> None:
    office = Office.open(tmp_path, slack(chatroom))
    chatroom.always(DESK, Answer(503, taken=False))
    office.news()
    office.run()
    assert office.program.do("outbox", "hold", "1").status == 0
    office.news()
    office.run(after=HOUR)  # behind the held one there is room for another, which fails as well
    assert office.program.do("outbox", "retry", "1").status == 0
    chatroom.always(DESK, None)
    office.run(after=HOUR)
    taken = [text_of(post) for post in chatroom.posts if post.taken]
    assert ["News 0001" in text for text in taken] == [True, False], "the older goes first"


def test_channel_that_got_rid_of_an_older_message_is_told_the_rest_before_a_slow_one_has_answered(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, receiver(chatroom, "slow"), receiver(chatroom, "quick"))
    chatroom.script("/hooks/quick", Answer(503, taken=False), Answer(503, taken=False))
    office.news()
    office.run()
    office.news()
    chatroom.script("/hooks/slow", Answer(200, delay_s=4.0))
    office.run(after=HOUR)
    (slow,) = posts_to(chatroom, "slow")[1:]
    older, newer = posts_to(chatroom, "quick")[2:]
    assert [f"News {number:04}" in text_of(newer) for number in (1, 2)] == [False, True]
    assert older.request.at_s < newer.request.at_s < slow.request.at_s + 4.0
