"""What Slack, Discord and Telegram answer, and what a channel's keys refuse."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from alerts.channels import PLATFORMS
from alerts.message.platform import HttpResponse, Outcome, Rejected, RetryLater, Sent, TargetDead, Unknown


def verdict(name: str, status: int, body: object = b"", **headers: str) -> Outcome:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {header.replace("_", "-"): value for header, value in headers.items()}
    return PLATFORMS[name].classify(HttpResponse(status, named, raw))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"ok", Sent),
        (200, {"ok": True}, Sent),
        (200, {"ok": False, "error": "invalid_blocks"}, Rejected),
        (200, {"ok": False, "error": "channel_is_archived"}, TargetDead),
        (200, b"<html>Sign in to the network</html>", Unknown),
        (400, b"invalid_payload", Rejected),
        (400, b"invalid_blocks", Rejected),
        (400, b"msg_blocks_too_long", Rejected),
        (400, b"user_not_found", Rejected),
        (403, b"action_prohibited", TargetDead),
        (403, b"invalid_token", TargetDead),
        (404, b"no_service", TargetDead),
        (404, b"channel_not_found", TargetDead),
        (410, b"channel_is_archived", TargetDead),
        (500, b"rollup_error", Unknown),
        (503, b"", RetryLater),
    ],
)
def test_slack_answers_in_one_word(status: int, body: object, kind: type) -> None:
    outcome = verdict("slack", status, body)
    assert type(outcome) is kind
    if isinstance(body, bytes) and b"_" in body:
        assert body.decode() in repr(outcome)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (204, b"", Sent),
        (200, b"<html></html>", Unknown),
        (404, {"message": "Unknown Webhook", "code": 10015}, TargetDead),
        (401, {"message": "Invalid Webhook Token", "code": 50027}, TargetDead),
        (400, {"code": 10003}, TargetDead),
        (400, {"code": 220001}, TargetDead),
        (400, {"code": 50035, "errors": {}}, Rejected),
        (400, {"code": 50006}, Rejected),
        (413, {"code": 40005}, Rejected),
        (400, {"code": 240000}, Rejected),
        (403, {"code": 200000}, Rejected),
        (403, {"code": 50001}, TargetDead),
        (403, b"<html>error code: 1015</html>", RetryLater),
        (502, b"", RetryLater),
        (500, {"code": 0}, Unknown),
        (504, b"", Unknown),
    ],
)
def test_discord_answers_with_codes(status: int, body: object, kind: type) -> None:
    assert type(verdict("discord", status, body)) is kind


def test_discord_names_the_message() -> None:
    assert verdict("discord", 200, {"id": "1234567890"}) == Sent("1234567890")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"ok": False, "error_code": 400}, Rejected),
        (200, b"<html></html>", Unknown),
        (401, {"ok": False, "description": "Unauthorized"}, TargetDead),
        (404, {"ok": False, "description": "Not Found"}, TargetDead),
        (403, {"ok": False, "description": "Forbidden: bot was kicked from the group chat"}, TargetDead),
        (400, {"ok": False, "description": "Bad Request: chat not found"}, TargetDead),
        (400, {"ok": False, "description": "Bad Request: CHAT_WRITE_FORBIDDEN"}, TargetDead),
        (400, {"ok": False, "description": "Bad Request: message thread not found"}, TargetDead),
        (
            400,
            {"ok": False, "description": "Bad Request: can't parse entities: Unsupported start tag"},
            Rejected,
        ),
        (400, {"ok": False, "description": "Bad Request: message is too long"}, Rejected),
        (502, {"ok": False, "description": "Bad Gateway"}, RetryLater),
        (500, {"ok": False}, Unknown),
    ],
)
def test_telegram_answers_in_json(status: int, body: object, kind: type) -> None:
    assert type(verdict("telegram", status, body)) is kind


def test_telegram_names_the_message() -> None:
    assert verdict("telegram", 200, {"ok": True, "result": {"message_id": 42}}) == Sent("42")


def test_telegram_tells_the_chats_new_number() -> None:
    outcome = verdict("telegram", 400, {"ok": False, "parameters": {"migrate_to_chat_id": -1009876543210}})
    assert isinstance(outcome, TargetDead)
    assert "-1009876543210" in outcome.reason


@pytest.mark.parametrize(
    ("name", "body", "header", "after_s"),
    [
        ("slack", {"retry_after": 1, "ok": False, "error": "rate_limited"}, "30", 30),
        ("slack", b"", "30", 30),
        ("discord", {"retry_after": 0.376, "global": False}, "1", 1),
        ("discord", {"retry_after": 64.57}, "64", 64.57),
        ("discord", b"<html>error code: 1015</html>", "120", 120),
        ("telegram", {"ok": False, "parameters": {"retry_after": 35}}, "", 35),
        ("telegram", {"ok": False, "parameters": {"retry_after": 10**400}}, "", 86_400),
    ],
)
def test_the_longer_wait_of_header_and_body_counts(
    name: str, body: object, header: str, after_s: float
) -> None:
    outcome = verdict(name, 429, body, retry_after=header)
    assert isinstance(outcome, RetryLater)
    assert outcome.rate_limited
    assert outcome.after == timedelta(seconds=after_s)


@pytest.mark.parametrize(
    ("name", "keys", "hint"),
    [
        ("slack", {"url": "hooks.slack.com/services/cAnArY"}, "https://"),
        ("slack", {"url": "ftp://hooks.slack.com/cAnArY"}, "https://"),
        ("discord", {"url": "discord.com/api/webhooks/1/cAnArY"}, "https://"),
        ("telegram", {"token": "cAnArY/../x", "chat": "-100"}, "BotFather"),
        ("telegram", {"token": "1:cAnArY", "chat": "my group"}, "-100"),
        ("telegram", {"token": "1:cAnArY", "chat": "-100", "api": "api.telegram.org"}, "https://"),
        ("telegram", {"token": "1:cAnArY", "chat": "-100", "thread": 0}, "greater than 0"),
        ("slack", {}, "required"),
    ],
)
def test_a_mistyped_key_is_explained_without_repeating_secrets(
    name: str, keys: dict[str, Any], hint: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        PLATFORMS[name].keys(**keys)
    assert hint in str(caught.value)
    assert "cAnArY" not in str(caught.value)


def test_a_chat_may_be_written_as_a_number() -> None:
    keys = PLATFORMS["telegram"].keys.model_validate({"token": "1:a", "chat": -1001234567890})
    assert keys.model_dump()["chat"] == "-1001234567890"


def test_a_loopback_address_is_allowed() -> None:
    keys = PLATFORMS["discord"].keys.model_validate({"url": "http://127.0.0.1:8080/anything"})
    assert keys.model_dump()["url"].get_secret_value() == "http://127.0.0.1:8080/anything"
