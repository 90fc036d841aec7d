"""What a person is told to do about a message that was not delivered: concrete words for the platform at hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.channels import PLATFORMS
from alerts.message.platform import HttpResponse, Rejected, RetryLater, Sent, TargetDead, Unknown
from alerts.transport import failure
from alerts.transport.remedy import explain, find_remedy


def said(platform: str, status: int, body: bytes = b"", **headers: str) -> str:
    found = PLATFORMS[platform]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return explain(found, found.classify(HttpResponse(status, named, body)))


ANSWERS = [
    ("slack", 404, b"no_service", "Make one at api.slack.com/apps"),
    ("slack", 410, b"channel_is_archived", "Unarchive the channel"),
    ("discord", 404, b'{"code":10015}', "channel settings > Integrations > Webhooks > New Webhook"),
    ("discord", 400, b'{"code":220001}', "add ?thread_id=ID"),
    ("discord", 403, b"<html>", "wait an hour"),
    (
        "telegram",
        400,
        b'{"ok":false,"description":"Bad Request: chat not found"}',
        "Add the bot to the group",
    ),
    ("telegram", 400, b'{"ok":false,"description":"Bad Request: chat not found"}', "/getUpdates"),
    (
        "telegram",
        400,
        b'{"ok":false,"description":"group upgraded","parameters":{"migrate_to_chat_id":-1009}}',
        "set chat: -1009. Write that number into `chat`",
    ),
    ("telegram", 401, b'{"ok":false}', "@BotFather"),
    ("telegram", 403, b'{"ok":false}', "add it to the chat again"),
    ("telegram", 400, b'{"description":"Bad Request: not enough rights to send"}', "administrator"),
    ("matrix", 403, b'{"errcode":"M_FORBIDDEN"}', "Invite the token's account into the room"),
    ("matrix", 401, b'{"errcode":"M_UNKNOWN_TOKEN"}', "Access Token"),
    ("matrix", 200, b"<html>", "/_matrix/client/versions"),
    ("teams", 202, b"", "Accepted is not yet posted"),
    ("teams", 404, b'{"error":{"code":"WorkflowNotFound"}}', "sig="),
    ("googlechat", 403, b"", "Apps & integrations > Webhooks"),
    ("mattermost", 400, b'{"id":"web.incoming_webhook.invalid.app_error"}', "Incoming Webhooks > Add"),
    ("mattermost", 501, b'{"id":"web.incoming_webhook.disabled.app_error"}', "System Console"),
    ("ntfy", 403, b'{"code":40301}', "ntfy access USER TOPIC"),
    ("ntfy", 429, b'{"code":42908}', "quota"),
    ("webhook", 401, b"", "`secret` must be the same"),
    ("webhook", 307, b"", "a message follows no redirect"),
    ("slack", 200, b"<!doctype html><title>Hotel</title>", "a login page of the network"),
]


@pytest.mark.parametrize(("platform", "status", "body", "words"), ANSWERS)
def test_answer_is_explained_with_what_to_do(platform: str, status: int, body: bytes, words: str) -> None:
    assert words in said(platform, status, body)


def test_rate_limit_names_the_wait_and_blames_nobody() -> None:
    text = said("slack", 429, retry_after="300")
    assert "Wait 5 min, then try again. Nothing is wrong with the channel" in text
    assert "Wait 3 s" in said("telegram", 429, b'{"parameters":{"retry_after":3}}')


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (failure.LOGIN_WANTED, "Correct user name and password"),
        (failure.NO_PROXY, "See whether the proxy runs"),
        ("the proxy answered 403", "may reach this host"),
        (failure.NO_NAME, "slip in the channel's host"),
        (f"{failure.BAD_TLS}: the certificate has expired", "Nothing was sent"),
        (f"{failure.NO_CONNECTION}: {failure.REFUSED}", "host and port"),
        (failure.LATE_CONNECTION, "need a proxy"),
    ],
)
@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_way_that_is_closed_is_explained_alike_on_every_platform(
    platform: str, reason: str, words: str
) -> None:
    assert words in explain(PLATFORMS[platform], RetryLater(reason))


@pytest.mark.parametrize("name", sorted(PLATFORMS))
def test_no_outcome_leaves_a_person_without_advice(name: str) -> None:
    platform = PLATFORMS[name]
    outcomes = (
        Sent(),
        RetryLater("HTTP 503"),
        RetryLater("HTTP 429: rate limited", timedelta(seconds=9), rate_limited=True),
        Unknown("no answer in time"),
        Rejected("HTTP 422"),
        *(TargetDead(f"HTTP {status}") for status in (401, 403, 404, 410)),
    )
    for outcome in outcomes:
        first, _, advice = explain(platform, outcome).partition(". ")
        assert advice.endswith("."), (outcome, first)


def test_every_code_after_which_a_channel_is_dead_has_a_remedy() -> None:
    from alerts.channels import discord, mattermost, slack, teams, telegram

    reasons = {
        "slack": [f"{code} (HTTP 403)" for code in slack._DEAD],
        "discord": [f"{words} (HTTP 400, code {code})" for code, words in discord._DEAD.items()],
        "telegram": [f"HTTP 400: {phrase}" for phrase in telegram._DEAD],
        "teams": [f"HTTP 400: {code}" for code in teams._DEAD],
        "mattermost": [f"HTTP 400: {code}" for code in mattermost._DEAD],
    }
    common = find_remedy(PLATFORMS["console"], "HTTP 403")
    for name, found in reasons.items():
        for reason in found:
            assert find_remedy(PLATFORMS[name], reason) not in ("", common), (name, reason)
