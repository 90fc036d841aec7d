"""The signed webhook: what a receiver may rely on, checked with the specification's own library."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from alerts.channels.webhook import WebhookKeys, mark_repeat, render, request
from alerts.message.platform import (
    Delivery,
    Style,
)
from alerts.model import Digest
from crawler.clock import utc_now
from tests.builders import NOW, a_digest, a_full_digest, a_report, a_sentence, a_story

SCHEMA = json.loads((Path(__file__).parent.parent / "golden" / "webhook.schema.json").read_text("utf-8"))
SECRET = "whsec_" + base64.b64encode(b"24 bytes of pure secrecy").decode("ascii")
URL = "http://127.0.0.1/hook"


def keys(**changes: Any) -> WebhookKeys:
    return WebhookKeys.model_validate({"url": URL, "secret": SECRET} | changes)


def bodies(digest: Digest, style: Style = Style.RICH, **changes: Any) -> list[dict[str, Any]]:
    return [json.loads(part.body) for part in render(digest, keys(**changes), style)]


@pytest.mark.parametrize("style", Style)
def test_every_body_keeps_the_published_schema(style: Style) -> None:
    digests = (a_full_digest(), a_digest(is_test=True), a_digest(coverage=None, notices=("DVB is back",)))
    for digest in digests:
        for body in bodies(digest, style=style):
            jsonschema.Draft202012Validator(SCHEMA).validate(body)


def test_schema_page_names_every_field() -> None:
    page = (Path(__file__).parents[2] / "docs" / "channels" / "webhook.md").read_text("utf-8")
    fields = [name for part in SCHEMA["$defs"].values() for name in part.get("properties", {})]
    missing = [
        name for name in (*fields, *SCHEMA["properties"]["data"]["properties"]) if f"`{name}`" not in page
    ]
    assert not missing


def test_marks_are_code_point_offsets_of_the_matched_words() -> None:
    sentence = a_sentence("ယနေ့  လွိုင်ကော်တွင် တိုက်ပွဲ", "လွိုင်ကော်")  # today, fighting in Loikaw; two spaces
    (body,) = bodies(a_digest(a_story(a_report(sentence=sentence))))
    shown = body["data"]["stories"][0]["reports"][0]["sentence"]
    assert [shown["text"][start:end] for start, end in shown["marks"]] == ["လွိုင်ကော်"]  # Loikaw


@pytest.mark.parametrize(
    ("secret", "verifier"), [(SECRET, SECRET), ("ပြင်းပြင်း raw", "ပြင်းပြင်း raw".encode())]
)  # "hard"
def test_signature_satisfies_the_reference_library(secret: str, verifier: str | bytes) -> None:
    now = utc_now()
    configured = keys(secret=secret)
    body = render(a_full_digest(), configured, Style.RICH)[0].body
    sent = request(configured, Delivery(body, "digest-desk-1-abcd", now))
    assert Webhook(verifier).verify(sent.body, dict(sent.headers))["type"] == "digest"
    with pytest.raises(WebhookVerificationError):
        Webhook(verifier).verify(sent.body.replace(b"digest", b"tampered", 1), dict(sent.headers))


def test_retry_keeps_its_id_and_renews_time_and_signature() -> None:
    first = request(keys(), Delivery(b"{}", "k1", NOW)).headers
    again = request(keys(), Delivery(b"{}", "k1", NOW.replace(hour=9), attempt=2)).headers
    assert first["webhook-id"] == again["webhook-id"] == "k1"
    assert first["webhook-timestamp"] == str(int(NOW.timestamp())) != again["webhook-timestamp"]
    assert first["webhook-signature"] != again["webhook-signature"]


def test_nothing_is_sent_unsigned_by_accident() -> None:
    with pytest.raises(ValidationError, match="unsigned: true"):
        keys(secret=None)
    with pytest.raises(ValidationError, match="unsigned: true"):
        keys(secret="  ")
    headers = request(keys(secret=None, unsigned=True), Delivery(b"{}", "k1", NOW)).headers
    assert "webhook-signature" not in headers


@pytest.mark.parametrize("secret", ["whsec_not base64!", "whsec_****"])
def test_damaged_secret_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ValidationError) as caught:
        keys(secret=secret)
    assert "base64" in str(caught.value)
    assert secret not in str(caught.value)


@pytest.mark.parametrize("style", Style)
@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.integers(1, 12), max_size=9),
    st.sampled_from(["a\ud800\x00\u202e<b>", "လွိုင်ကော်တိုက်ပွဲ "]),  # the second: fighting in Loikaw
    st.integers(1, 300),
)
def test_parts_keep_the_size_and_lose_no_story(style: Style, sizes: list[int], text: str, times: int) -> None:
    stories = [
        a_story(
            *[a_report(headline=text * times, sentence=a_sentence(text * times, text))] * size,
            story_id=number,
            topics=(text * times,) * 9,
        )
        for number, size in enumerate(sizes)
    ]
    digest = a_digest(*stories, notices=(text * times,) * 3)
    parts = render(digest, keys(max_bytes=14_000), style)
    assert all(len(mark_repeat(part.body, digest.digest_id)) <= 14_000 for part in parts)
    assert [number for part in parts for number in part.story_ids] == list(range(len(sizes)))
    told = [json.loads(part.body)["data"] for part in parts]
    assert [data["part"] for data in told] == list(range(1, len(parts) + 1))
    for data, part in zip(told, parts, strict=True):
        assert [story["id"] for story in data["stories"]] == list(part.story_ids)
        assert data["parts"] == len(parts)


def test_reports_without_room_are_counted() -> None:
    story = a_story(*[a_report(headline="long " * 180)] * 60)
    (body,) = bodies(a_digest(story))
    told = body["data"]["stories"][0]
    assert len(told["reports"]) + told["reports_omitted"] == 60
    assert told["reports_omitted"] > 0


def test_plain_style_is_ascii_and_says_the_same() -> None:
    digest = a_full_digest()
    plain = render(digest, keys(max_bytes=100_000), Style.PLAIN)
    rich = render(digest, keys(max_bytes=100_000), Style.RICH)
    assert plain[0].body.isascii()
    assert not rich[0].body.isascii()
    assert json.loads(plain[0].body) == json.loads(rich[0].body)


def test_repeat_is_a_flag() -> None:
    for style in Style:
        body = render(a_full_digest(), keys(), style)[0].body
        marked = mark_repeat(body, "a1b2c3d4")
        before, after = json.loads(body), json.loads(marked)
        assert after["data"].pop("possible_repeat") is True
        assert before["data"].pop("possible_repeat") is False
        assert before == after
        assert marked.isascii() == body.isascii()


def test_hostile_links_do_not_travel() -> None:
    report = a_report(url="javascript:alert(1)")
    (body,) = bodies(a_digest(a_story(replace(report, url="https://user@evil.example/"), report)))
    assert [told["url"] for told in body["data"]["stories"][0]["reports"]] == [None, None]
