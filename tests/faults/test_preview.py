"""What `digest` shows of a platform's payload: for every platform, and for a configured channel what a run sends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import PLATFORMS
from alerts.commands.digest import payload, preview
from tests.chatroom import Chatroom
from tests.e2e.newsdesk import slack
from tests.faults.office import DAY, HOUR, Office

EVENING = {"at": ["19:00"]}


def channels(chatroom: Chatroom) -> list[dict[str, Any]]:
    """Return a channel of every platform that sends, all of which wait for the evening."""
    address = chatroom.url("")
    return [
        slack(chatroom, "slack", send=EVENING),
        {"id": "discord", "platform": "discord", "url": f"{address}/api/webhooks/1/x", "send": EVENING},
        {
            "id": "telegram",
            "platform": "telegram",
            "token": "1:t",
            "chat": "-7",
            "api": address,
            "send": EVENING,
        },
        {
            "id": "matrix",
            "platform": "matrix",
            "homeserver": address,
            "token": "t",
            "room": "!r:x",
            "send": EVENING,
        },
        {
            "id": "webhook",
            "platform": "webhook",
            "url": f"{address}/hooks/w",
            "unsigned": True,
            "send": EVENING,
        },
        {"id": "ntfy", "platform": "ntfy", "url": f"{address}/topic", "send": EVENING},
        {"id": "mattermost", "platform": "mattermost", "url": f"{address}/hooks/m", "send": EVENING},
        {
            "id": "googlechat",
            "platform": "googlechat",
            "url": f"{address}/v1/spaces/a/messages",
            "send": EVENING,
        },
        {"id": "teams", "platform": "teams", "url": f"{address}/workflows/1", "send": EVENING},
    ]


@pytest.mark.slow
def test_payload_of_every_platform_is_byte_for_byte_what_the_next_run_sends(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, *channels(chatroom))
    assert {channel.platform.name for channel in office.config.channels} == PLATFORMS.keys() - {
        "console",
        "apprise",
    }
    office.run()
    office.news(3)
    office.run(after=HOUR)
    assert chatroom.posts == ()
    office.now += DAY
    shown = {
        channel.id: [
            body
            for digest in preview(office.config, channel, None, office.now)
            for body in payload(digest, office.config, channel, channel.platform)
        ]
        for channel in office.config.channels
    }
    office.run()
    frozen = {
        channel.id: [part.body for part in office.parts(channel.id)] for channel in office.config.channels
    }
    assert shown == frozen
    assert sorted(post.request.body for post in chatroom.posts) == sorted(
        body for bodies in frozen.values() for body in bodies
    )
    assert all(preview(office.config, channel, None, office.now) == () for channel in office.config.channels)


def test_payload_of_any_platform_can_be_seen_without_a_channel_of_it(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, slack(chatroom))
    (channel,) = office.config.channels
    office.news(2)
    office.run()
    (digest,) = preview(office.config, channel, DAY, office.now)
    for name, platform in PLATFORMS.items():
        bodies = payload(digest, office.config, channel, platform)
        assert b"News 0001" in b"".join(bodies)
        if name not in ("console", "apprise"):
            assert all(isinstance(json.loads(body), dict) for body in bodies)
