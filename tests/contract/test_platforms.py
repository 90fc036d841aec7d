"""What every chat platform promises: limits, complete stories, silence about secrets, a verdict on anything."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.channels import PLATFORMS
from alerts.message.platform import (
    ChannelKeys,
    Delivery,
    Handover,
    HttpResponse,
    Part,
    Platform,
    Rejected,
    RetryLater,
    Sent,
    Style,
    TargetDead,
    Unknown,
)
from alerts.model import Digest, ToldIn
from tests.builders import NOW, a_burmese_report, a_digest, a_full_digest, a_report, a_sentence, a_story
from tests.contract.hostile import digests
from tests.contract.verify import VERIFIERS

CANARY = "cAnArYsEcReT"
KEYS: dict[str, dict[str, Any]] = {
    "slack": {"url": f"https://hooks.slack.com/services/T0/B0/{CANARY}"},
    "discord": {"url": f"https://discord.com/api/v10/webhooks/1/{CANARY}?thread_id=7"},
    "telegram": {"token": f"123:{CANARY}", "chat": "-1001234567890", "thread": 5},
    "webhook": {"url": f"https://example.org/{CANARY}", "secret": CANARY},
    "console": {},
    "matrix": {"homeserver": "https://matrix.example.org", "token": CANARY, "room": "!abc:example.org"},
    "ntfy": {"url": f"https://ntfy.example.org/{CANARY}", "token": CANARY},
    "mattermost": {"url": f"https://chat.example.org/hooks/{CANARY}"},
    "googlechat": {"url": f"https://chat.googleapis.com/v1/spaces/A/messages?key=k&token={CANARY}"},
    "apprise": {"url": f"rockets://{CANARY}/{CANARY}@chat.example.org/#news"},
    "teams": {"url": f"https://x.environment.api.powerplatform.com/invoke?sig={CANARY}"},
}

every_platform = pytest.mark.parametrize("name", sorted(PLATFORMS))
every_style = pytest.mark.parametrize("style", list(Style))


def keys_of(name: str) -> ChannelKeys:
    return PLATFORMS[name].keys(**KEYS[name])


def render(name: str, digest: Digest, style: Style = Style.RICH) -> tuple[Part, ...]:
    return PLATFORMS[name].render(digest, keys_of(name), style)


def shown(part: Part) -> str:
    """Return everything a part holds, JSON escapes undone."""
    text = part.body.decode()
    return json.dumps(json.loads(text), ensure_ascii=False) if text.startswith("{") else text


def test_every_platform_has_sample_keys_and_a_verifier() -> None:
    assert set(PLATFORMS) == set(KEYS) == set(VERIFIERS)
    for name, platform in PLATFORMS.items():
        assert isinstance(platform, Platform)
        assert platform.name == name
        assert set(platform.secrets) <= set(platform.keys.model_fields)


@every_style
@every_platform
@settings(deadline=None, max_examples=6, suppress_health_check=list(HealthCheck))
@given(digest=digests())
def test_hostile_digests_stay_within_limits_and_lose_no_story(
    name: str, style: Style, digest: Digest
) -> None:
    check_digest(name, style, digest)


@pytest.mark.slow
@every_style
@every_platform
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(digest=digests())
def test_many_hostile_digests_stay_within_limits(name: str, style: Style, digest: Digest) -> None:
    check_digest(name, style, digest)


def check_digest(name: str, style: Style, digest: Digest) -> None:
    platform = PLATFORMS[name]
    parts = render(name, digest, style)
    assert parts
    for part in parts:
        VERIFIERS[name](part.body)
        marked = platform.mark_repeat(part.body, digest.digest_id)
        VERIFIERS[name](marked)
    told = [story_id for part in parts for story_id in part.story_ids]
    assert sorted(told) == sorted(story.story_id for story in digest.stories)


@every_platform
def test_rendering_twice_gives_the_same_bytes(name: str) -> None:
    assert render(name, a_full_digest()) == render(name, a_full_digest())


@every_style
@every_platform
def test_a_digest_names_headline_host_outlet_sentence_and_identity(name: str, style: Style) -> None:
    everything = " ".join(shown(part) for part in render(name, a_full_digest(), style)).replace("\u200b", "")
    for fact in (
        "Clashes resume near Loikaw",
        "irrawaddy.com",
        "The Irrawaddy",
        "27",
        "28",
        "a1b2c3d4",
        "DVB",
    ):
        assert fact in everything.replace("\\", ""), fact
    assert "လွိုင်ကော်မြို့တွင် တိုက်ပွဲဖြစ်" in everything  # fighting in Loikaw town


@every_style
@every_platform
def test_mark_repeat_says_so_beside_everything_else(name: str, style: Style) -> None:
    platform = PLATFORMS[name]
    for part in render(name, a_full_digest(), style):
        marked = platform.mark_repeat(part.body, "a1b2c3d4")
        if platform.idempotent and marked == part.body:
            continue  # a repeat of it can never be seen
        assert "repeat" in marked.decode()
        assert len(marked) > len(part.body) or platform.idempotent


@every_style
@every_platform
@pytest.mark.parametrize(
    "digest",
    [
        a_digest(is_test=True, title="Newswatch"),
        a_digest(coverage=None),
        a_digest(notices=("DVB: nothing for 3 days",)),
        a_digest(brief=(a_report(),), coverage=None),
        a_digest(more=3),
    ],
    ids=["test", "empty", "notices", "brief", "more"],
)
def test_a_digest_without_stories_renders(name: str, style: Style, digest: Digest) -> None:
    parts = render(name, digest, style)
    assert len(parts) == 1
    VERIFIERS[name](parts[0].body)
    if digest.notices:
        assert "nothing for 3 days" in shown(parts[0])


@every_platform
def test_a_test_message_says_that_it_is_one(name: str) -> None:
    assert "test" in shown(render(name, a_digest(is_test=True, title="Newswatch"))[0]).lower()


@every_style
@every_platform
def test_a_flood_is_capped_and_the_rest_counted(name: str, style: Style) -> None:
    long = a_sentence("ယနေ့ လွိုင်ကော်တွင် တိုက်ပွဲဖြစ်သည်။ " * 20, "လွိုင်ကော်")  # fighting in Loikaw today
    stories = [a_story(*[a_burmese_report(sentence=long)] * 3, story_id=number) for number in range(1, 41)]
    parts = render(name, a_digest(*stories), style)
    assert {story_id for part in parts for story_id in part.story_ids} == set(range(1, 41))
    for part in parts:
        VERIFIERS[name](part.body)
    if PLATFORMS[name].local or name == "webhook":
        return  # these two have no cap
    assert len(parts) <= 5
    told = sum(shown(part).count("တွင် တိုက်ပွဲဖြစ်") for part in parts)
    assert told >= 40 or any("not listed" in shown(part) or "more" in shown(part) for part in parts)


@every_platform
def test_plain_style_is_plainer(name: str) -> None:
    rich, plain = render(name, a_full_digest()), render(name, a_full_digest(), Style.PLAIN)
    if not PLATFORMS[name].local and name not in (
        "webhook",
        "ntfy",
        "apprise",
    ):  # data and plain text have no plainer form
        assert [part.body for part in plain] != [part.body for part in rich]


@every_platform
def test_no_repr_holds_a_secret(name: str) -> None:
    keys = keys_of(name)
    request = PLATFORMS[name].request(keys, Delivery(b"{}", "digest-1", NOW))
    for value in (keys, request):
        assert CANARY not in repr(value)
        assert CANARY not in str(value)
    assert CANARY not in keys.model_dump_json()
    if name != "ntfy":  # its protocol puts the topic into the body
        assert all(CANARY not in part.body.decode() for part in render(name, a_full_digest()))


@every_platform
def test_a_request_carries_the_frozen_bytes_and_leaves_the_agent_to_the_sender(name: str) -> None:
    if PLATFORMS[name].local:
        return
    body = render(name, a_full_digest())[0].body
    request = PLATFORMS[name].request(keys_of(name), Delivery(body, "digest-1", NOW))
    assert request.body == body
    if isinstance(request, Handover):  # who carries it knows the agent
        return
    assert "user-agent" not in {header.lower() for header in request.headers}
    assert request.url.startswith("https://")


BODIES = (
    b"", b"ok", b"null", b"[]", b"{}", b'"x"', b"{", b"\xff\xfe", b"<html>429</html>", b"9" * 5000, b"[" * 5000,
    b'{"ok":false}', b'{"ok":true,"result":7}', b'{"ok":true,"result":{"message_id":"x"}}', b'{"id":5}',
    b'{"code":"x"}', b'{"code":true}', b'{"errcode":7}', b'{"retry_after":"soon"}', b'{"retry_after":NaN}',
    b'{"retry_after":-1e999}', b'{"retry_after":1e308}', b'{"retry_after_ms":[1]}', b'{"parameters":[]}',
    b'{"parameters":{"retry_after":{}}}', b'{"parameters":{"migrate_to_chat_id":"x"}}', b'{"description":7}',
    b'{"error":{"code":1}}', b'{"error":["x"]}', b'{"message":null}', b'{"retry_after":' + b"9" * 400 + b"}",
)  # fmt: skip
WAITS = (
    "",
    "3",
    "0.376",
    "-5",
    "nan",
    "inf",
    "1e999",
    "Wed, 21 Oct 2026 07:28:00 GMT",
    "soon",
    "9" * 400,
    "\u0663",
)


@every_platform
def test_every_status_and_body_gets_a_verdict(name: str) -> None:
    classify = PLATFORMS[name].classify
    for status in range(100, 600):
        for number in range(status % 3, len(BODIES), 3):  # every class of status meets every body
            body = BODIES[number]
            headers = {"retry-after": WAITS[number % len(WAITS)]} if number % 2 else {}
            outcome = classify(HttpResponse(status, headers, body))
            assert isinstance(outcome, Sent | RetryLater | Unknown | Rejected | TargetDead)
            if isinstance(outcome, Sent):
                assert 200 <= status < 300
            elif 200 <= status < 300:
                assert outcome.reason
            if isinstance(outcome, RetryLater) and outcome.after is not None:
                assert timedelta(0) <= outcome.after <= timedelta(days=1)


@every_platform
@settings(deadline=None, max_examples=25)
@given(
    status=st.integers(100, 599),
    body=st.one_of(
        st.binary(max_size=60),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6),
            lambda inner: st.dictionaries(
                st.sampled_from(
                    (
                        "ok",
                        "code",
                        "error",
                        "errcode",
                        "parameters",
                        "retry_after",
                        "result",
                        "description",
                        "id",
                    )
                ),
                inner,
            ),
        ).map(lambda value: json.dumps(value).encode()),
    ),
    wait=st.one_of(st.none(), st.text(max_size=30), st.sampled_from(WAITS)),
)
def test_no_answer_makes_classify_raise(name: str, status: int, body: bytes, wait: str | None) -> None:
    headers = {} if wait is None else {"retry-after": wait, "date": wait}
    PLATFORMS[name].classify(HttpResponse(status, headers, body))


@every_platform
@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_without_a_body_counts_as_sent(name: str, status: int) -> None:
    assert isinstance(PLATFORMS[name].classify(HttpResponse(status)), Sent)


@every_platform
@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({}, None),
        ({"retry-after": "30"}, timedelta(seconds=30)),
        ({"retry-after": "0.376"}, timedelta(seconds=0.376)),
        (
            {"retry-after": "Sun, 22 Nov 2026 06:00:30 GMT", "date": "Sun, 22 Nov 2026 06:00:00 GMT"},
            timedelta(seconds=30),
        ),
    ],
)
def test_a_429_is_a_definite_no_with_the_wait_it_asks_for(
    name: str, headers: dict[str, str], after: timedelta | None
) -> None:
    if PLATFORMS[name].local:
        return
    outcome = PLATFORMS[name].classify(HttpResponse(429, headers, b"<html>Too many requests</html>"))
    assert isinstance(outcome, RetryLater)
    assert outcome.rate_limited
    assert outcome.after == after


@every_platform
@pytest.mark.parametrize("status", [500, 504])
def test_a_server_that_may_have_acted_leaves_the_truth_unknown(name: str, status: int) -> None:
    if not PLATFORMS[name].local:
        assert isinstance(PLATFORMS[name].classify(HttpResponse(status, {}, b"oops")), Unknown)


@every_platform
def test_no_verdict_repeats_the_address_that_the_server_echoes(name: str) -> None:
    for status in (200, 400, 401, 403, 404, 500):
        for body in (
            f"Cannot POST /hooks/{CANARY}",
            json.dumps({"ok": False, "error": CANARY, "description": CANARY}),
        ):
            assert CANARY not in repr(PLATFORMS[name].classify(HttpResponse(status, {}, body.encode())))


@every_platform
@every_style
def test_an_answer_names_the_earlier_message_where_the_platform_can(name: str, style: Style) -> None:
    earlier = ToldIn("0a1b2c3d", "4711")
    plain = render(name, a_digest(stories=(a_story(is_update=True),)), style)
    answer = render(name, a_digest(stories=(a_story(is_update=True),), answers=earlier), style)
    if PLATFORMS[name].answers:
        assert all(b"4711" in part.body or b"0a1b2c3d" in part.body for part in answer)
    else:
        assert [part.body for part in answer] == [part.body for part in plain]
