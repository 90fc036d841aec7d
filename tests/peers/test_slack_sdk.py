"""Slack's own library posts our messages, and reads a refusal and a rate limit as we do."""

from __future__ import annotations

import json

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.webhook import WebhookClient

from alerts.channels.slack import SlackKeys, classify, render
from alerts.message.platform import HttpResponse, Rejected, RetryLater, Sent, Style
from tests.builders import a_full_digest
from tests.chatroom import Answer, Chatroom
from tests.peers.sweep import draw
from tests.peers.tally import count
from tests.situations import SITUATIONS, digest_of

PATH = "/services/T0/B0/peer"
KEYS = SlackKeys.model_validate({"url": f"https://hooks.slack.com{PATH}"})


def post(chatroom: Chatroom, body: bytes) -> HttpResponse:
    """Return the answer to *body* as the library reads it."""
    answer = WebhookClient(chatroom.url(PATH), timeout=10).send_dict(json.loads(body))
    count("slack_sdk", what="messages posted by its client")
    headers = {name.lower(): str(value) for name, value in answer.headers.items()}
    return HttpResponse(answer.status_code, headers, answer.body.encode())


@pytest.mark.parametrize("style", list(Style))
def test_its_client_posts_every_message_as_it_is(chatroom: Chatroom, style: Style) -> None:
    digests = [*map(digest_of, SITUATIONS), *draw(15, 9_000)]
    bodies = [part.body for digest in digests for part in render(digest, KEYS, style)]
    assert {classify(post(chatroom, body)) for body in bodies} == {Sent()}
    assert [sent.payload for sent in chatroom.visible] == [json.loads(body) for body in bodies]


def test_its_models_rebuild_every_block_that_they_know_whole() -> None:
    for situation in SITUATIONS:
        for part in render(digest_of(situation), KEYS, Style.RICH):
            for block in json.loads(part.body)["blocks"]:
                count("slack_sdk")
                parsed = Block.parse(block)
                assert parsed is not None
                assert parsed.to_dict() == block


def test_a_refusal_and_a_limit_are_read_alike(chatroom: Chatroom) -> None:
    (part,) = render(a_full_digest(), KEYS, Style.RICH)
    chatroom.script(PATH, Answer(429, b'{"ok":false,"error":"rate_limited"}', {"Retry-After": "7"}))
    limited = classify(post(chatroom, part.body))
    assert isinstance(limited, RetryLater)
    assert limited.after
    assert limited.after.total_seconds() == 7
    broken = json.loads(part.body)
    broken["blocks"][1]["type"] = "rich_txt"
    assert isinstance(classify(post(chatroom, json.dumps(broken).encode())), Rejected)
