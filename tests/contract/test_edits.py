"""What a platform that edits promises: the note at the top and nothing else changed, within its hard limits, inert."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.channels import PLATFORMS
from alerts.message.changenote import MOST_NOTES, note_line, note_texts
from alerts.message.platform import (
    Delivery,
    Editing,
    HttpRequest,
    HttpResponse,
    Outcome,
    Rejected,
    RetryLater,
    Sent,
    Style,
    TargetDead,
    Unknown,
)
from alerts.model import ChangeNote, Digest, ToldIn
from tests.builders import NOW, a_digest, a_story
from tests.contract.hostile import digests, texts
from tests.contract.schemas import broken_rule, validator
from tests.contract.verify import VERIFIERS
from tests.kit.platforms import PROFILES, keys_of, render
from tests.kit.profile import CANARY

MESSAGE_IDS = {name: PROFILES[name].message_id for name, platform in PLATFORMS.items() if platform.editing}
NOTE = "Changed since, 22 Nov 14:10 MMT: “Strike on Demoso”: a figure was changed"

every_editor = pytest.mark.parametrize("name", sorted(MESSAGE_IDS))
every_style = pytest.mark.parametrize("style", list(Style))


def a_note(headline: str = "Strike on Demoso", number: int = 1) -> ChangeNote:
    return ChangeNote(number, headline, "a figure was changed", "22 Nov 14:10 MMT")


def editing_of(name: str) -> Editing:
    editing = PLATFORMS[name].editing
    assert editing is not None
    return editing


def annotate(name: str, body: bytes, note: str = NOTE) -> bytes | None:
    return editing_of(name).annotate(body, note, MESSAGE_IDS[name])


def request_edit(name: str, body: bytes) -> HttpRequest:
    delivery = Delivery(body, "digest-1-e7", NOW, edits=MESSAGE_IDS[name])
    request = editing_of(name).request(keys_of(name), delivery)
    assert isinstance(request, HttpRequest)
    return request


def as_message(name: str, edit: bytes) -> dict[str, Any]:
    """Return the message as it is after *edit*, in the shape in which it was sent."""
    edited = PROFILES[name].edited
    assert edited
    found: dict[str, Any] = json.loads(edited(edit))
    return found


def verify_edit(name: str, edit: bytes) -> None:
    """Hold an edit against its schema, and the message that it makes against all that a message keeps."""
    if name == "matrix":
        outer = json.loads(edit)
        assert set(outer) == {"msgtype", "body", "m.mentions", "m.new_content", "m.relates_to"}
        assert outer["m.mentions"] == {}
        assert outer["m.relates_to"] == {"rel_type": "m.replace", "event_id": MESSAGE_IDS[name]}
        assert len(edit) <= 60_000
    else:
        assert broken_rule(validator(f"{name}-edit"), json.loads(edit)) == ""
    message = json.dumps(as_message(name, edit), ensure_ascii=False, separators=(",", ":"))
    VERIFIERS[name](message.encode())


_KEPT: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "discord": lambda message: [message["content"]],
    "telegram": lambda message: [message["text"]],
    "matrix": lambda message: [message[key] for key in ("body", "formatted_body") if key in message],
}


def check_edits(name: str, style: Style, digest: Digest, notes: list[ChangeNote]) -> int:
    """Return how many messages of *digest* took a note."""
    marked = 0
    for part in render(name, digest, style):
        edit = next((found for text in note_texts(notes) if (found := annotate(name, part.body, text))), None)
        if edit is None:
            continue
        marked += 1
        verify_edit(name, edit)
        before, after = json.loads(part.body), as_message(name, edit)
        for old, new in zip(_KEPT[name](before), _KEPT[name](after), strict=True):
            assert new.endswith(old)
            assert "Changed since, 22 Nov 14:10 MMT" in new.removesuffix(old)
        assert {key: before[key] for key in before if key in ("embeds", "parse_mode", "flags", "format")} == {
            key: after[key] for key in after if key in ("embeds", "parse_mode", "flags", "format")
        }
    return marked


@pytest.mark.slow
@every_style
@every_editor
@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(digest=digests(), headlines=st.lists(texts, min_size=1, max_size=7))
def test_many_hostile_notes_stay_inert_and_within_limits(
    name: str, style: Style, digest: Digest, headlines: list[str]
) -> None:
    check_edits(name, style, digest, [a_note(headline, number) for number, headline in enumerate(headlines)])


@every_editor
def test_message_that_is_full_takes_a_shorter_note_or_none(name: str) -> None:
    """At the platform's hard limit and one beside it, in its own unit."""
    body, key, limit = {
        "discord": ({"content": "", "allowed_mentions": {"parse": []}, "flags": 4}, "content", 2000),
        "telegram": ({"chat_id": "-1", "link_preview_options": {"is_disabled": True}, "text": ""}, "text", 4096),
        "matrix": ({"msgtype": "m.text", "body": "", "m.mentions": {}}, "body", 60_000),
    }[name]  # fmt: skip

    def full(free: int) -> bytes:
        """Return a message that leaves room for *free* units above it."""
        empty = annotate(name, json.dumps(body).encode(), "")
        assert empty is not None
        taken = len(empty) if name == "matrix" else 1  # the line break, in the others
        return json.dumps(
            body | {key: "က" * ((limit - taken - free) // (3 if name == "matrix" else 1))}
        ).encode()

    size = 2 * len(NOTE.encode()) if name == "matrix" else len(NOTE)  # a matrix event says it twice
    assert annotate(name, full(size + 3)) is not None
    assert annotate(name, full(size - 3)) is None
    if name != "matrix":
        assert annotate(name, full(size)) is not None
        assert annotate(name, full(size - 1)) is None
    shorter = next(text for text in note_texts([a_note("A headline of many words " * 4)]) if len(text) < 80)
    assert len(shorter) < len(note_line(a_note("A headline of many words " * 4)))


def test_note_gives_up_headlines_first_then_the_oldest_lines_and_at_last_its_headline() -> None:
    notes = [
        a_note("A headline of many words, and more of them than any line has room for", n) for n in range(7)
    ]
    sizes = [(text.count("\n") + 1, "more of them" in text) for text in note_texts(notes)]
    assert sizes == [
        *[(number, whole) for number in range(MOST_NOTES, 0, -1) for whole in (True, False)],
        (1, False),
    ]
    *_, least = note_texts(notes)
    assert least == "Changed since, 22 Nov 14:10 MMT: a figure was changed"
    assert list(note_texts([])) == []


@every_editor
@pytest.mark.parametrize("message_id", ["", "../../x", "7/../8", "x", "٣", "9" * 40])
def test_message_with_a_strange_name_is_not_edited(name: str, message_id: str) -> None:
    (part,) = render(name, a_digest(a_story()))
    if name != "matrix":  # its names are opaque, and stand in the body only
        assert editing_of(name).annotate(part.body, NOTE, message_id) is None


def test_discord_patches_the_message_of_its_webhook_in_its_thread_with_mentions_off() -> None:
    (part,) = render("discord", a_digest(a_story()))
    edit = annotate("discord", part.body)
    assert edit is not None
    request = request_edit("discord", edit)
    assert request.method == "PATCH"
    assert request.url == (
        f"https://discord.com/api/v10/webhooks/1/{CANARY}/messages/1400000000000000007?thread_id=7"
    )
    assert request.body == edit
    assert json.loads(edit)["allowed_mentions"] == {"parse": []}
    assert CANARY not in repr(request)


def test_telegram_edits_by_chat_and_number_and_says_again_how_the_text_is_read() -> None:
    answering = a_digest(a_story(), answers=ToldIn("0a1b2c3d", "4000"))
    for style in Style:
        (part,) = render("telegram", answering, style)
        edit = annotate("telegram", part.body)
        assert edit is not None
        assert request_edit("telegram", edit).url.endswith("/editMessageText")
        message = json.loads(edit)
        assert (message["message_id"], message["chat_id"]) == (4711, "-1001234567890")
        assert message["link_preview_options"] == {"is_disabled": True}
        assert message.get("parse_mode") == ("HTML" if style is Style.RICH else None)
        assert not {"reply_parameters", "message_thread_id"} & set(message)


def test_matrix_replaces_the_event_under_a_key_of_its_own_and_old_clients_see_the_note_alone() -> None:
    (part,) = render("matrix", a_digest(a_story(), answers=ToldIn("0a1b2c3d", "$earlier")))
    edit = annotate("matrix", part.body)
    assert edit is not None
    request = request_edit("matrix", edit)
    assert request.method == "PUT"
    assert request.url.endswith("/send/m.room.message/digest-1-e7")
    event = json.loads(edit)
    assert event["body"] == f"* {NOTE}"
    assert "m.relates_to" not in event["m.new_content"], "the thread of the original stays"
    assert event["m.new_content"]["m.mentions"] == {}


@pytest.mark.parametrize(
    ("name", "status", "body", "expected"),
    [
        ("discord", 200, {"id": "1"}, Sent),
        ("discord", 404, {"code": 10008, "message": "Unknown Message"}, Rejected),
        ("discord", 403, {"code": 50005}, Rejected),
        ("discord", 400, {"code": 50035}, Rejected),
        ("discord", 400, {"code": 50083}, Rejected),
        ("discord", 429, {"code": 30046, "message": "Maximum number of edits …"}, RetryLater),
        ("discord", 404, {"code": 10015}, TargetDead),
        ("discord", 401, {"code": 50027}, TargetDead),
        ("discord", 404, {}, RetryLater),
        ("discord", 401, {"code": ["x"]}, RetryLater),
        ("discord", 302, {}, RetryLater),
        ("discord", 500, {}, Unknown),
        ("telegram", 200, {"ok": True, "result": {"message_id": 7}}, Sent),
        ("telegram", 200, {"ok": True, "result": True}, Sent),
        ("telegram", 400, {"ok": False, "description": "Bad Request: message is not modified: …"}, Sent),
        ("telegram", 400, {"ok": False, "description": "Bad Request: message can't be edited"}, Rejected),
        ("telegram", 400, {"ok": False, "description": "Bad Request: message to edit not found"}, Rejected),
        ("telegram", 400, {"ok": False, "description": "Bad Request: MESSAGE_ID_INVALID"}, Rejected),
        ("telegram", 403, {"ok": False, "description": "Forbidden: bot was kicked"}, TargetDead),
        ("telegram", 400, {"ok": False, "description": "Bad Request: chat not found"}, TargetDead),
        ("telegram", 403, {}, RetryLater),
        ("telegram", 429, {"ok": False, "parameters": {"retry_after": 7}}, RetryLater),
        ("matrix", 200, {"event_id": "$e"}, Sent),
        ("matrix", 403, {"errcode": "M_FORBIDDEN"}, TargetDead),
        ("matrix", 404, {"errcode": "M_UNRECOGNIZED"}, RetryLater),
        ("matrix", 413, {"errcode": "M_TOO_LARGE"}, Rejected),
        ("matrix", 502, {}, RetryLater),
    ],
)
def test_verdicts_on_edits(name: str, status: int, body: dict[str, Any], expected: type[Outcome]) -> None:
    outcome = editing_of(name).classify(HttpResponse(status, {}, json.dumps(body).encode()))
    assert isinstance(outcome, expected), outcome
    assert isinstance(outcome, Sent) or outcome.reason


@every_editor
def test_every_status_of_an_edit_gets_a_verdict_that_repeats_no_secret(name: str) -> None:
    for status in range(100, 600):
        for body in (
            b"",
            b"<html>",
            json.dumps({"ok": False, "description": CANARY, "code": CANARY}).encode(),
        ):
            outcome = editing_of(name).classify(HttpResponse(status, {}, body))
            assert isinstance(outcome, Sent | RetryLater | Unknown | Rejected | TargetDead)
            assert CANARY not in repr(outcome)
