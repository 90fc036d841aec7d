"""The commands on deliveries, as a person types them: what is wrong, what helps, the exact bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.clock import utc_now
from tests.chatroom import Answer, Chatroom
from tests.e2e.newsdesk import slack
from tests.faults.office import Office, posts_to, receiver

pytestmark = pytest.mark.slow
CHAT_NOT_FOUND = b'{"ok":false,"description":"Bad Request: chat not found"}'


@pytest.fixture
def office(tmp_path: Path, chatroom: Chatroom) -> Office:
    """Return a program after a run in which every channel had another fate."""
    telegram = {"platform": "telegram", "token": "1:t", "chat": "-100", "api": chatroom.url("")}
    office = Office.open(
        tmp_path,
        receiver(chatroom),  # the first that works: it stands in for operators, whoever else is done first
        slack(chatroom, "dead"),
        slack(chatroom, "lost", on_unknown="hold"),
        slack(chatroom, "limited"),
        {"id": "tg", **telegram},
        {"id": "unset", "platform": "slack", "url": "${DESK_URL}"},
        operators=["unset"],
    )
    office.now = utc_now()
    path = "/services/T0/B0/{}".format
    chatroom.always(path("dead"), Answer(404, b"no_service", taken=False))
    chatroom.always(path("limited"), Answer(429, b"", {"Retry-After": "4000"}, taken=False))
    chatroom.always("/bot1:t/sendMessage", Answer(400, CHAT_NOT_FOUND, taken=False))
    chatroom.script(path("lost"), Answer(200, b"ok", ending="reset"))
    office.news()
    office.run()
    return office


def test_send_test_explains_every_channel_and_names_the_variable_of_a_skipped_one(office: Office) -> None:
    done = office.program.do("send-test", "--all")
    lines = done.out.splitlines()
    assert (done.status, done.err) == (1, "")
    assert [line.partition(" ")[0] for line in lines] == ["hook", "dead", "lost", "limited", "tg", "unset:"]
    assert "Make one at api.slack.com/apps" in lines[1]
    assert "took the message" in lines[2]
    assert "Wait 66 min" in lines[3]
    assert "Add the bot to the group" in lines[4]
    assert lines[5] == "unset: not tried: set DESK_URL"
    skipped = office.program.do("send-test", "unset")
    assert skipped.status == 2
    assert "set DESK_URL" in skipped.err
    assert office.program.do("send-test").status == office.program.do("send-test", "--all", "tg").status == 2
    good = office.program.do("send-test", "lost", "hook", "--json")
    told = [json.loads(line) for line in good.out.splitlines()]
    assert good.status == 0
    assert [(item["channel"], item["outcome"], item["reason"]) for item in told] == [
        ("lost", "sent", None),
        ("hook", "sent", None),
    ]


def test_outbox_says_what_happened_what_helps_and_shows_the_exact_bytes(
    office: Office, chatroom: Chatroom
) -> None:
    listed = office.program.do("outbox", "list").out
    assert "Then `newswatch outbox retry --channel tg`." in listed
    assert "HTTP 429: rate limited" in listed
    assert "if it is missing `newswatch outbox retry 3`, else drop it." in listed
    data = [json.loads(line) for line in office.program.do("outbox", "list", "--json").out.splitlines()]
    assert {item["channel"]: item["state"] for item in data} == {
        "dead": "held",
        "lost": "doubtful",
        "limited": "retry",
        "tg": "held",
    }
    shown = office.program.do("outbox", "show", "2").out
    assert "attempt 1  held  no_service (HTTP 404)" in shown
    assert '"type": "header"' in shown
    raw = office.program.do("outbox", "show", "2", "--raw").out
    assert raw.encode() == posts_to(chatroom, "dead")[0].request.body
    status = office.program.do("status").out
    assert "dead: paused (no_service (HTTP 404)), 1 message waiting" in status
    assert "lost: ok, 1 unknown: newswatch outbox list --channel lost" in status
    assert "(HTTP 429: rate limited), next try in 6" in status
    assert "OPERATORS: unset cannot be told (skipped: set DESK_URL): notices go to hook" in status
    operators = json.loads(office.program.do("status", "--json").out)["operators"]
    assert operators == {
        "named": ["unset"],
        "told_in": ["hook"],
        "cannot_be_told": {"unset": "skipped: set DESK_URL"},
    }


def test_digest_shows_payloads_with_and_without_a_channel(office: Office) -> None:
    assert json.loads(office.program.do("digest", "--format", "telegram").out)["chat_id"] == "-100"
    assert json.loads(office.program.do("digest", "--format", "ntfy").out)["topic"] == "topic"
    assert office.program.do("digest", "--pending", "--format", "slack").status == 2
    told = office.program.do("digest", "--channel", "hook", "--pending", "--format", "webhook")
    assert (told.status, told.out) == (0, "")
    assert "has been told everything" in told.err
