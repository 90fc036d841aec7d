"""Our Discord messages, sent by our own client to a server that checks Discord's schema."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from alerts.channels.discord import (
    DiscordKeys,
    annotate,
    classify,
    classify_edit,
    mark_repeat,
    render,
    request,
    request_edit,
)
from alerts.message.platform import Delivery, HttpResponse, Outcome, Rejected, RetryLater, Sent, Style
from alerts.transport.http import Client
from tests.builders import NOW, a_full_digest
from tests.contract.schemas import broken_rule, validator
from tests.peers.node import ask
from tests.peers.prism import Prism
from tests.peers.sweep import draw
from tests.peers.tally import count
from tests.situations import SITUATIONS, digest_of

pytestmark = pytest.mark.xdist_group("prism")


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prism]:
    """Yield a running server."""
    with Prism(tmp_path_factory.mktemp("prism")) as server:
        yield server


def keys_for(address: str) -> DiscordKeys:
    return DiscordKeys.model_validate({"url": address})


def send(address: str, *bodies: bytes, edits: str | None = None) -> list[HttpResponse]:
    """Return the answers to *bodies*, sent one after the other as a run sends them: messages, or edits of one."""
    make = request_edit if edits else request

    async def send_all() -> list[HttpResponse]:
        async with Client("newswatch-tests") as client:
            return [
                await client.send(make(keys_for(address), Delivery(body, f"{number}", NOW, edits=edits)))
                for number, body in enumerate(bodies)
            ]

    count("Prism", len(bodies))
    return asyncio.run(send_all())


def outcomes(address: str, *bodies: bytes) -> list[Outcome]:
    return [classify(answer) for answer in send(address, *bodies)]


def bodies_of(style: Style) -> list[bytes]:
    """Return every situation and thirty hostile digests in one style, half of them as repeats."""
    digests = [*map(digest_of, SITUATIONS), *draw(30, 8_000)]
    keys = keys_for("http://127.0.0.1/webhooks/1/token")
    found = [part.body for digest in digests for part in render(digest, keys, style)]
    return [mark_repeat(body, "a1b2c3d4") if number % 2 else body for number, body in enumerate(found)]


@pytest.mark.parametrize("style", list(Style))
def test_every_message_is_taken(prism: Prism, style: Style) -> None:
    bodies = bodies_of(style)
    answers = send(prism.webhook(), *bodies)
    refused = [number for number, answer in enumerate(answers) if answer.status != 200]
    assert refused == [], (bodies[refused[0]].decode(), prism.log())
    assert {type(classify(answer)) for answer in answers} == {Sent}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"content":"', '"content":7,"was":"'),
        ('"title":"', '"title":"' + "x" * 257),
        ('"description":"', '"description":"' + "x" * 4097),
        ('"url":"https://', '"url":"not an address '),
        ('"parse":[]', '"parse":["strangers"]'),
        ("}", ""),
    ],
)
def test_a_broken_message_is_refused_and_read_as_refused(prism: Prism, old: str, new: str) -> None:
    (part, *_) = render(a_full_digest(), keys_for(prism.webhook()), Style.RICH)
    body = part.body.decode()
    assert old in body
    (answer,) = send(prism.webhook(), body.replace(old, new).encode())
    assert 400 <= answer.status < 500
    assert isinstance(classify(answer), Rejected)


def test_a_forced_limit_is_read_as_wait_and_the_next_message_goes(prism: Prism) -> None:
    (part, *_) = render(a_full_digest(), keys_for(prism.webhook()), Style.RICH)
    limited, passed = prism.webhook(query="?__code=429"), prism.webhook()
    (answer,) = send(limited, part.body)
    assert not broken_rule(validator("discord-429"), json.loads(answer.body))
    outcome = classify(answer)
    assert isinstance(outcome, RetryLater)
    assert outcome.rate_limited
    assert outcome.after == timedelta(seconds=json.loads(answer.body)["retry_after"])
    assert outcomes(passed, part.body) == [Sent()]  # the id in its example is the word "string"


@pytest.mark.parametrize("style", list(Style))
def test_every_edit_is_taken_and_a_broken_one_refused(prism: Prism, style: Style) -> None:
    note = "Changed since, 22 Nov 14:10 MMT: “@everyone **Strike**”: a figure was changed"
    bodies = [edit for body in bodies_of(style) if (edit := annotate(body, note, "1400000000000000007"))]
    answers = send(prism.webhook(query="?thread_id=7"), *bodies, edits="1400000000000000007")
    refused = [number for number, answer in enumerate(answers) if answer.status != 200]
    assert refused == [], (bodies[refused[0]].decode(), prism.log())
    assert {type(classify_edit(answer)) for answer in answers} == {Sent}
    broken = bodies[0].decode().replace('"parse":[]', '"parse":["strangers"]').encode()
    (answer,) = send(prism.webhook(), broken, edits="1400000000000000007")
    assert isinstance(classify_edit(answer), Rejected)


LIVE = {"user", "role", "everyone", "here", "channel", "timestamp", "emoji", "spoiler", "heading"}


def test_another_parser_finds_nothing_live_but_our_links() -> None:
    texts = []
    for style in Style:
        for message in map(json.loads, bodies_of(style)):
            texts += [message["content"], *(each["description"] for each in message.get("embeds", []))]
    function = "(text => require('discord-markdown-parser').parse(text, 'extended'))"
    for text, found in zip(texts, ask("discord-markdown-parser", function, texts), strict=True):
        kinds = list(_kinds(found))
        assert [kind for kind in kinds if kind in LIVE] == [], text
        assert kinds.count("link") == text.count("[open]("), text
        assert kinds.count("url") + kinds.count("autolink") == text.count("\n<http"), text


def _kinds(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("type"), str):
            yield node["type"]
        for child in node.values():
            yield from _kinds(child)
    elif isinstance(node, list):
        for child in node:
            yield from _kinds(child)
