"""Matrix: what a homeserver is asked and what its answers mean."""

from __future__ import annotations

import json
from datetime import timedelta
from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest
from pydantic import ValidationError

from alerts.channels.matrix import MatrixKeys, classify, render, request
from alerts.message.platform import (
    Delivery,
    HttpResponse,
    Sent,
    Style,
    Unknown,
)
from alerts.model import Digest, ToldIn
from tests.builders import NOW, a_digest, a_full_digest, a_report, a_sentence, a_story

KEYS = MatrixKeys.model_validate(
    {"homeserver": "https://matrix.example.org/", "token": "canary-token", "room": "!a/b:example.org"}
)
ALLOWED = {"p", "b", "a", "br", "ul", "li", "blockquote"}


class Outline(HTMLParser):
    """Collects what a client would render, and fails on tags that do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= ({"href"} if tag == "a" else set())
        self.links += [value or "" for _, value in attrs]
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    parser.close()
    assert not parser.open
    return parser


def content(digest: Digest, style: Style = Style.RICH) -> dict[str, Any]:
    (part,) = render(digest, KEYS, style)
    found = json.loads(part.body)
    assert isinstance(found, dict)
    return found


def test_repeat_asks_for_the_very_same_transaction() -> None:
    first = request(KEYS, Delivery(b"{}", "digest/1:ü", NOW))
    again = request(KEYS, Delivery(b"{}", "digest/1:ü", NOW + timedelta(hours=1), attempt=2))
    assert (first.method, first.url) == ("PUT", again.url)
    assert first.url == (
        "https://matrix.example.org/_matrix/client/v3/rooms/%21a%2Fb%3Aexample.org"
        "/send/m.room.message/digest%2F1%3A%C3%BC"
    )
    assert first.headers["authorization"] == "Bearer canary-token"
    assert "canary" not in repr(first) + repr(KEYS)


def test_html_holds_allowed_tags_and_every_text_literally() -> None:
    hostile = '<script>alert("1")</script> &amp; </p><img src=x onerror=y>'
    report = a_report(headline=hostile, outlet=hostile, sentence=a_sentence(hostile + " Loikaw"))
    digest = a_digest(a_story(report, report, topics=(hostile,)), brief=(report,), notices=(hostile,))
    rendered = content(digest)
    seen = outline(rendered["formatted_body"])
    assert seen.tags <= ALLOWED
    assert set(seen.links) == {"https://www.irrawaddy.com/news/clashes.html"}
    assert hostile in seen.text
    assert "Loikaw" in seen.text
    assert escape(hostile) not in rendered["body"]


def test_both_forms_tell_the_same() -> None:
    rendered = content(a_full_digest())
    html = outline(rendered["formatted_body"])
    for words in ("Clashes resume near Loikaw", "လွိုင်ကော်မြို့တွင် တိုက်ပွဲဖြစ်", "Aid reaches Demoso", "DVB", "27 of 28"):
        assert words in html.text  # the second: fighting in Loikaw town
        assert words in rendered["body"]
    assert "<b>လွိုင်ကော်</b>တွင်" in rendered["formatted_body"]  # "Loikaw" in bold, "in" not


def test_plain_style_has_no_html() -> None:
    rendered = content(a_full_digest(), style=Style.PLAIN)
    assert set(rendered) == {"msgtype", "body", "m.mentions"}
    assert "https://www.irrawaddy.com/news/clashes.html" in rendered["body"]


def test_event_id_is_kept() -> None:
    assert classify(HttpResponse(200, {}, b'{"event_id":"$abc"}')) == Sent("$abc")


@pytest.mark.parametrize("body", [b"<html>portal</html>", b"[]", b'{"event_id":7}', b"\xff", b"[" * 100_000])
def test_success_of_something_else_than_a_homeserver_is_not_believed(body: bytes) -> None:
    assert isinstance(classify(HttpResponse(200, {}, body)), Unknown)


@pytest.mark.parametrize(
    "change", [{"room": "#alias:example.org"}, {"homeserver": "matrix.example.org"}, {"room": ""}]
)
def test_misconfigured_room_is_explained(change: dict[str, str]) -> None:
    facts = {"homeserver": "https://matrix.example.org", "token": "canary-token", "room": "!a:b"} | change
    with pytest.raises(ValidationError, match=r"starts with '!'|https://") as caught:
        MatrixKeys.model_validate(facts)
    assert "canary" not in str(caught.value)


def test_message_of_another_platform_is_not_answered() -> None:
    """A channel may have been on Telegram before; a homeserver refuses an answer to what it does not know."""
    for message_id, is_answer in (("4711", False), ("$event:example.org", True)):
        digest = a_digest(a_story(), answers=ToldIn("0a1b2c3d", message_id))
        assert ("m.relates_to" in content(digest)) is is_answer
