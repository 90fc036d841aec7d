"""What Slack, Discord and Telegram answer, and what a channel's keys refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from alerts.channels import PLATFORMS
from alerts.message.platform import HttpResponse, Outcome, Sent, TargetDead


def verdict(name: str, status: int, body: object = b"", **headers: str) -> Outcome:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {header.replace("_", "-"): value for header, value in headers.items()}
    return PLATFORMS[name].classify(HttpResponse(status, named, raw))


def test_discord_names_the_message() -> None:
    assert verdict("discord", 200, {"id": "1234567890"}) == Sent("1234567890")


def test_telegram_names_the_message() -> None:
    assert verdict("telegram", 200, {"ok": True, "result": {"message_id": 42}}) == Sent("42")


def test_telegram_tells_the_chats_new_number() -> None:
    outcome = verdict("telegram", 400, {"ok": False, "parameters": {"migrate_to_chat_id": -1009876543210}})
    assert isinstance(outcome, TargetDead)
    assert "-1009876543210" in outcome.reason


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
