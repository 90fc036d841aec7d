"""Whoever scrolls back in a chat sees which messages' articles were changed since; and no edit ever costs news."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from alerts.delivery.attempt import State
from crawler.db.schema import reread
from crawler.model import Validators
from crawler.records.revision import Revisions
from tests.builders import an_article
from tests.chatroom import Answer, Chatroom, json_answer
from tests.chatscreen import edit_of
from tests.database import keep_article
from tests.e2e.newsdesk import slack
from tests.faults.office import DAY, HOUR, Office

BOT = "/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
HOOK = "/api/webhooks/1/token"
OLD, NEW, NEWEST = (
    f"A strike near Loikaw killed {number} people, a rescue team said." for number in (3, 5, 9)
)
WORDS = "Changed since, 22 Nov 16:24 MMT: “Strike <b>@everyone</b>”: a figure was changed"
TITLE = "Strike <b>@everyone</b>"


def telegram(chatroom: Chatroom, **more: Any) -> dict[str, Any]:
    token = BOT.removeprefix("/bot")
    return {"id": "tg", "platform": "telegram", "token": token, "chat": "-1", "api": chatroom.url("")} | more


def discord(chatroom: Chatroom) -> dict[str, Any]:
    return {"id": "server", "platform": "discord", "url": chatroom.url(HOOK)}


def matrix(chatroom: Chatroom) -> dict[str, Any]:
    home = chatroom.url("")
    return {"id": "room", "platform": "matrix", "homeserver": home, "token": "t", "room": "!r:example.org"}


def tell(office: Office) -> None:
    """Tell the strike to every channel."""
    office.articles += 1
    keep_article(office.store, office.articles, office.now, title=TITLE, text=OLD)
    office.run()


def change(office: Office, text: str = NEW) -> None:
    """Have the outlet change the strike, as a reading of its page would find."""
    with office.store.engine.begin() as connection:
        connection.execute(update(reread).values(due_at=1))
    revisions = Revisions(office.store.engine)
    told, *_ = revisions.due(["irrawaddy-en"], office.now)
    revisions.save_changed(told, an_article(title=TITLE, text=text), Validators(), office.now)


def edits(chatroom: Chatroom) -> int:
    """Return how many edits came, whatever was answered."""
    return sum(edit_of(post.request) is not None for post in chatroom.posts)


def tops(chatroom: Chatroom) -> list[str]:
    """Return the first line of every message as readers see it now, markup undone."""
    shown = []
    for message in chatroom.screen:
        text = message.get("text") or message.get("content") or message.get("body")
        line = str(text).split("\n")[0].replace("\u200b", "").replace("\\", "")
        shown.append(line.replace("&lt;", "<").replace("&gt;", ">"))
    return shown


def states(office: Office, channel_id: str = "tg") -> list[State]:
    """Return where the edits of a channel stand."""
    return [part.state for part in office.parts(channel_id) if part.edits]


def test_old_messages_are_marked_on_every_platform_that_edits_and_nowhere_else(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, telegram(chatroom), discord(chatroom), matrix(chatroom), slack(chatroom))
    tell(office)
    before = chatroom.screen
    change(office)
    result = office.run(after=4 * HOUR)
    assert result.report
    assert (result.report.delivery.sent, edits(chatroom)) == (4, 3)
    marked = tops(chatroom)
    assert sorted(line for line in marked[:4] if line.startswith("Changed")) == [WORDS] * 3
    for old, new in zip(before, chatroom.screen, strict=False):
        changed = {key for key in new if new[key] != old.get(key)}
        assert changed <= {"content", "text", "body", "formatted_body"}, "nothing else of it changes"
    assert not any("Changed since" in line for line in marked[4:]), "what tells the change says it itself"
    office.run(after=DAY)
    assert edits(chatroom) == 3
    assert (office.problems(result), len(chatroom.visible)) == ({}, 8)


@pytest.mark.slow
def test_second_change_is_said_above_the_first(tmp_path: Path, chatroom: Chatroom) -> None:
    office = Office.open(tmp_path, discord(chatroom))
    tell(office)
    for text, hours in ((NEW, 4), (NEWEST, 1)):
        change(office, text)
        office.run(after=hours * HOUR)
    first = str(chatroom.screen[0]["content"]).split("\n")
    assert [line[:31] for line in first[:2]] == [
        "Changed since, 22 Nov 17:24 MMT",
        "Changed since, 22 Nov 16:24 MMT",
    ]
    assert tops(chatroom)[1].startswith("Changed since, 22 Nov 17:24"), (
        "what told the first change is old now, too"
    )


@pytest.mark.slow
def test_lost_answer_of_an_edit_is_asked_again_and_never_called_a_repeat(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, telegram(chatroom))
    tell(office)
    change(office)
    chatroom.script(f"{BOT}/editMessageText", Answer(200, b"{}", ending="reset"))
    office.run(after=4 * HOUR)
    assert states(office) == [State.RETRY]
    office.run(after=HOUR)  # it is not modified, Telegram says
    assert (states(office), edits(chatroom)) == ([State.SENT], 2)
    assert tops(chatroom)[0] == WORDS
    assert "repeat" not in json.dumps(chatroom.screen)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("platform", "answer", "reason"),
    [
        (
            "tg",
            json_answer(400, {"ok": False, "description": "Bad Request: message can't be edited"}),
            "edited",
        ),
        ("server", json_answer(404, {"code": 10008, "message": "Unknown Message"}), "the message is gone"),
    ],
)
def test_edit_that_is_refused_is_settled_quietly(
    platform: str, answer: Answer, reason: str, tmp_path: Path, chatroom: Chatroom
) -> None:
    channel = telegram(chatroom) if platform == "tg" else discord(chatroom)
    office = Office.open(tmp_path, channel, operators=[platform])
    tell(office)
    change(office)
    name = 1_400_000_000_000_000_001
    chatroom.always(f"{BOT}/editMessageText" if platform == "tg" else f"{HOOK}/messages/{name}", answer)
    result = office.run(after=4 * HOUR)
    assert result.report
    assert (result.report.delivery.sent, result.report.delivery.failed) == (1, 0)
    assert (office.problems(result), office.incidents.open_subjects()) == ({}, frozenset())
    assert states(office, platform) == [State.NOT_POSSIBLE]
    (edit,) = [part for part in office.parts(platform) if part.edits]
    shown = office.program.do("outbox", "show", str(edit.delivery_id)).out
    assert "not possible" in shown
    assert reason in shown
    assert "Changed since, 22 Nov 16:24 MMT" in shown
    assert "edits 1  not possible" in shown
    assert office.program.do("outbox", "list").out == "the outbox is empty\n"
    office.run(after=HOUR)
    assert edits(chatroom) == 1


@pytest.mark.slow
def test_edits_that_fail_hold_back_no_news_and_come_through_in_the_end(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, telegram(chatroom))
    tell(office)
    change(office)
    limited = json_answer(429, {"ok": False, "parameters": {"retry_after": 900}})
    for answer in (Answer(502), limited, Answer(404, b"<html>not here</html>")):
        chatroom.always(f"{BOT}/editMessageText", answer)
        office.news()
        result = office.run(after=4 * HOUR)
        assert result.report
        assert result.report.delivery.sent >= 1
        assert (office.problems(result), states(office)) == ({}, [State.RETRY])
    assert result.report.open_parts.get(State.RETRY, 0) == 0, "an edit is no message that waits"
    chatroom.always(f"{BOT}/editMessageText", None)
    office.run(after=HOUR)
    assert (states(office), tops(chatroom)[0]) == ([State.SENT], WORDS)


@pytest.mark.slow
def test_edit_is_given_up_quietly_after_a_week(tmp_path: Path, chatroom: Chatroom) -> None:
    office = Office.open(tmp_path, telegram(chatroom), operators=["tg"])
    tell(office)
    change(office)
    chatroom.always(f"{BOT}/editMessageText", Answer(502))
    office.run(after=4 * HOUR)
    result = office.run(after=8 * DAY)
    assert states(office) == [State.NOT_POSSIBLE]
    assert (office.problems(result), office.incidents.open_subjects()) == ({}, frozenset())


@pytest.mark.slow
def test_channel_that_is_dead_gets_no_edits_until_it_is_mended(tmp_path: Path, chatroom: Chatroom) -> None:
    office = Office.open(tmp_path, telegram(chatroom), slack(chatroom), operators=["desk"])
    tell(office)
    change(office)
    kicked = json_answer(403, {"ok": False, "description": "Forbidden: bot was kicked"})
    chatroom.always(f"{BOT}/sendMessage", kicked)
    office.run(after=4 * HOUR)
    assert edits(chatroom) == 0, "the digest that tells why was refused"
    office.run(after=HOUR)
    assert edits(chatroom) == 0
    chatroom.always(f"{BOT}/sendMessage", None)
    chatroom.always(f"{BOT}/editMessageText", kicked)
    office.run(after=DAY)  # the day's probe: the telling arrives, the edit finds the channel dead again
    assert (edits(chatroom), states(office)) == (1, [State.HELD])
    assert "channel:tg" in office.incidents.open_subjects()
    chatroom.always(f"{BOT}/editMessageText", None)
    office.run(after=DAY)
    # which channel was told first is chance: they are served side by side
    assert (states(office), tops(chatroom).count(WORDS)) == ([State.SENT], 1)


@pytest.mark.slow
def test_channel_that_wants_no_changes_and_one_that_moved_platform_are_not_edited(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    quiet = telegram(chatroom, id="quiet", changes="none")
    office = Office.open(tmp_path, quiet, discord(chatroom))
    tell(office)
    change(office)
    chatroom.always(f"{HOOK}/messages/{1_400_000_000_000_000_002}", Answer(502))
    chatroom.always(f"{HOOK}/messages/{1_400_000_000_000_000_001}", Answer(502))
    office.run(after=4 * HOUR)
    assert (edits(chatroom), states(office, "quiet"), states(office, "server")) == (1, [], [State.RETRY])
    office.configure(quiet, slack(chatroom, "server"))
    office.run(after=HOUR)
    assert states(office, "server") == [State.NOT_POSSIBLE]
