"""A small newsroom and a chat room that the end-to-end tests share: five articles, three of them to be told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.chatroom import SECRET, Chatroom, Post
from tests.e2e.program import Program, a_source, publish
from tests.newsroom import Newsroom

FILLER = (
    "Volunteers said on Tuesday that the road had been open since the morning and that lorries with rice and "
    "medicine were on their way. Nobody gave a number of the people who still wait in the hills."
)
TOLD = (
    {
        "id": "clinic",
        "title": "Clinic reopens in the east of the town",
        "text": f"A clinic in Loikaw opened its doors again after two months.\n{FILLER}",
    },
    {
        "id": "anniversary",
        "title": "A quiet anniversary in the camps",
        "text": f"Families remembered the beginning of Operation 1111 with candles.\n{FILLER}",
    },
    {
        "id": "road",
        "title": "ကားလမ်း ပြန်ဖွင့်",  # "The road is open again"
        "text": (
            "လွိုင်ကော်မြို့အဝင် ကားလမ်းကို ဒီကနေ့ မနက်က ပြန်ဖွင့်လိုက်ပြီလို့ ဒေသခံတွေက ပြောပါတယ်။ "  # road into Loikaw opened
            "ဆေးဝါးနဲ့ ဆန်တင်ကားတွေ ဖြတ်သန်းသွားလာနေပါပြီ။"  # lorries with medicine and rice pass
        ),
        "language": "my",
    },
)
UNTOLD = (
    {
        "id": "north",
        "title": "Operation 1027 enters its second year",
        "text": f"Towns in northern Shan State.\n{FILLER}",
    },
    {"id": "shopping", "title": "Crowds at the 11.11 sale", "text": f"Shoppers queued in Yangon.\n{FILLER}"},
)


def set_up(home: Path, newsroom: Newsroom, channels: Sequence[dict[str, Any]], **more: Any) -> Program:
    """Return a program that reads two outlets of *newsroom* and tells *channels*."""
    first = publish(newsroom, "/outlet-a/feed", [TOLD[0], UNTOLD[0], TOLD[2]])
    second = publish(newsroom, "/outlet-b/feed", [UNTOLD[1], TOLD[1]])
    program = Program(home)
    program.configure([a_source("outlet-a", first), a_source("outlet-b", second)], channels, **more)
    return program


def told_in(posts: Sequence[Post]) -> dict[str, int]:
    """Count in how many of *posts* each article's headline stands, by article id."""
    texts = [post.request.body.decode("utf-8") for post in posts]
    return {item["id"]: sum(item["title"] in text for text in texts) for item in (*TOLD, *UNTOLD)}


def slack(chatroom: Chatroom, name: str = "desk", **more: Any) -> dict[str, Any]:
    """Return a Slack channel at *chatroom*."""
    return {"id": name, "platform": "slack", "url": chatroom.url(f"/services/T0/B0/{name}"), **more}


def hook(chatroom: Chatroom, name: str = "hook", **more: Any) -> dict[str, Any]:
    """Return a signed generic webhook at *chatroom*."""
    return {
        "id": name,
        "platform": "webhook",
        "url": chatroom.url(f"/hooks/{name}"),
        "secret": SECRET,
        **more,
    }
