"""ntfy, Mattermost, Google Chat and Teams: what is special about each, beside the common contract."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from alerts.channels import PLATFORMS, googlechat, mattermost, ntfy, teams
from alerts.message.platform import (
    Delivery,
    HttpRequest,
    HttpResponse,
    Outcome,
    Part,
    RetryLater,
    Sent,
    Style,
)
from alerts.model import Digest
from tests.builders import NOW, a_burmese_report, a_digest, a_full_digest, a_report, a_sentence, a_story
from tests.contract.schemas import broken_rule, validator

KEYS: dict[str, Any] = {
    "ntfy": ntfy.NtfyKeys.model_validate({"url": "https://ntfy.example.org/my-topic", "token": "tk_x"}),
    "mattermost": mattermost.MattermostKeys.model_validate({"url": "https://chat.example.org/hooks/x"}),
    "googlechat": googlechat.GoogleChatKeys.model_validate(
        {"url": "https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t"}
    ),
    "teams": teams.TeamsKeys.model_validate({"url": "https://flow.example.org/invoke?sig=s"}),
}
HOSTILE = (
    "@all <!channel> <users/all> [look](https://evil.example) **b** _i_ `c` # h :smile: ~town {{DATE(x)}}"
)


def render(name: str, digest: Digest, style: Style = Style.RICH) -> tuple[Part, ...]:
    return PLATFORMS[name].render(digest, KEYS[name], style)


def message(name: str, digest: Digest, style: Style = Style.RICH) -> dict[str, Any]:
    (part,) = render(name, digest, style)
    found = json.loads(part.body)
    assert isinstance(found, dict)
    return found


def request(name: str, key: str = "digest-1") -> HttpRequest:
    return PLATFORMS[name].request(KEYS[name], Delivery(b"{}", key, NOW))


def verdict(name: str, status: int, body: object = None) -> Outcome:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return PLATFORMS[name].classify(HttpResponse(status, {}, raw))


def a_hostile_digest() -> Digest:
    report = a_report(headline=HOSTILE, outlet=HOSTILE, sentence=a_sentence(HOSTILE + " Loikaw"))
    story = a_story(report, report, topics=(HOSTILE,), known_outlets=(HOSTILE,))
    return a_digest(story, brief=(report,), notices=(HOSTILE,), title=HOSTILE)


def every(found: object, key: str) -> Iterator[Any]:
    """Yield every value under *key* in nested JSON."""
    if isinstance(found, dict):
        for name, value in found.items():
            if name == key:
                yield value
            yield from every(value, key)
    elif isinstance(found, list):
        for value in found:
            yield from every(value, key)


# --- ntfy


def test_ntfy_publishes_json_to_the_root_of_the_server() -> None:
    sent = request("ntfy")
    assert (sent.method, sent.url) == ("POST", "https://ntfy.example.org/")
    assert sent.headers["authorization"] == "Bearer tk_x"
    assert message("ntfy", a_full_digest())["topic"] == "my-topic"


@pytest.mark.parametrize("key", ["digest-1_a", "digest:1/ü", "x" * 65])
def test_ntfy_sequence_id_is_constant_and_allowed(key: str) -> None:
    ids = {request("ntfy", key).headers["x-sequence-id"] for _ in range(2)}
    assert len(ids) == 1
    assert re.fullmatch(r"[-_A-Za-z0-9]{1,64}", ids.pop())


def test_ntfy_sends_one_message_however_long_the_digest() -> None:
    stories = [a_story(a_burmese_report(), story_id=i) for i in range(60)]
    (part,) = render("ntfy", a_digest(*stories))
    found = json.loads(part.body)
    told = found["message"].count("လွိုင်ကော်မြို့တွင် တိုက်ပွဲဖြစ်")  # fighting in Loikaw town
    counted = re.search(r"\+(\d+) more stor", found["message"])
    assert counted
    assert told + int(counted[1]) == 60
    assert len(found["message"].encode()) <= ntfy.MAX_MESSAGE_BYTES
    assert part.story_ids == tuple(range(60))


def test_ntfy_opens_the_first_story_on_a_tap() -> None:
    assert message("ntfy", a_full_digest())["click"] == "https://www.irrawaddy.com/news/clashes.html"
    assert "click" not in message("ntfy", a_digest(a_story(a_report(url=None))))


@pytest.mark.parametrize(
    "url",
    ["https://ntfy.sh", "https://ntfy.sh/", "https://ntfy.sh/a b", "https://ntfy.sh/t?x=1", "ntfy.sh/t"],
)
def test_ntfy_address_must_name_a_topic(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ntfy.NtfyKeys.model_validate({"url": url})
    assert url not in str(caught.value)


def test_ntfy_day_quota_waits_an_hour_and_a_burst_does_not() -> None:
    quota, burst = verdict("ntfy", 429, {"code": 42908}), verdict("ntfy", 429, {"code": 42901})
    assert isinstance(quota, RetryLater)
    assert isinstance(burst, RetryLater)
    assert (quota.after, burst.after) == (timedelta(hours=1), None)
    assert isinstance(verdict("ntfy", 507, {"code": 50701}), RetryLater)
    assert verdict("ntfy", 200, {"id": "hwQ2YpKdmg"}) == Sent("hwQ2YpKdmg")


# --- Mattermost


def test_mattermost_bold_is_left_out_where_it_would_show_asterisks() -> None:
    sentence = a_sentence("the (Loikaw) front", "(Loikaw)")
    assert (
        "**"
        not in message("mattermost", a_digest(a_story(a_report(sentence=sentence))))["text"]
        .split("> ")[1]
        .split("\n")[0]
    )
    assert "**လွိုင်ကော်**တွင်" in message("mattermost", a_full_digest())["text"]  # "Loikaw" in bold, "in" not


# --- Google Chat


@pytest.mark.parametrize("style", Style)
def test_googlechat_messages_follow_the_discovery_document(style: Style) -> None:
    for digest in (a_full_digest(), a_hostile_digest(), a_digest(is_test=True)):
        assert not broken_rule(validator("googlechat"), message("googlechat", digest, style))


def test_googlechat_card_text_is_escaped_and_linked_by_widgets() -> None:
    found = message("googlechat", a_hostile_digest())
    assert "text" not in found
    for text in every(found["cardsV2"], "text"):
        assert set(re.findall(r"</?[^>]*>", text)) <= {"<b>", "</b>", "<br>"}
    assert {link["url"] for link in every(found, "openLink")} == {
        "https://www.irrawaddy.com/news/clashes.html"
    }


def test_googlechat_parts_share_a_thread_and_stay_small() -> None:
    sentence = a_sentence("လွိုင်ကော်တိုက်ပွဲ " * 60, "လွိုင်ကော်")  # "Loikaw fighting", "Loikaw"
    stories = [a_story(*[a_burmese_report(sentence=sentence)] * 9, story_id=i) for i in range(20)]
    parts = render("googlechat", a_digest(*stories))
    assert 1 < len(parts) <= 5
    for part in parts:
        marked = googlechat.mark_repeat(part.body, "a1b2c3d4")
        assert len(marked) <= googlechat.MAX_BODY_BYTES
        assert googlechat.count_widgets(marked) <= googlechat.MAX_WIDGETS
    assert {json.loads(part.body)["thread"]["threadKey"] for part in parts} == {"newswatch-a1b2c3d4"}


def test_googlechat_request_id_is_constant_for_a_part() -> None:
    first, again, other = request("googlechat"), request("googlechat"), request("googlechat", "digest-2")
    assert first.url == again.url != other.url
    assert first.url.startswith(
        "https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t&messageReplyOption="
    )
    assert not PLATFORMS["googlechat"].idempotent  # unproven for webhooks: the text says "may be a repeat"


# --- Teams


def card(found: dict[str, Any]) -> dict[str, Any]:
    assert set(found) == {"type", "attachments"}
    (attachment,) = found["attachments"]
    content = attachment["content"]
    assert isinstance(content, dict)
    return content


@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize("version", ["1.4", "1.5"])
def test_teams_cards_follow_the_adaptive_card_schema(style: Style, version: str) -> None:
    for digest in (a_full_digest(), a_hostile_digest(), a_digest(is_test=True)):
        assert not broken_rule(validator(f"adaptive-card-{version}"), card(message("teams", digest, style)))


def test_teams_links_are_actions() -> None:
    actions = list(every(card(message("teams", a_hostile_digest())), "selectAction"))
    assert {action["url"] for action in actions} == {"https://www.irrawaddy.com/news/clashes.html"}
    assert {action["type"] for action in actions} == {"Action.OpenUrl"}


# --- all four


@pytest.mark.parametrize("name", ["mattermost", "googlechat", "teams"])
@pytest.mark.parametrize(
    "url", ["", "hooks/x", "ftp://host/x", "https:///x-y-z", "https://ho st/x", "https://host:99999/x"]
)
def test_wrong_address_is_refused_without_being_shown(name: str, url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        PLATFORMS[name].keys.model_validate({"url": url})
    assert not url or url not in str(caught.value).replace("such as https://host/path", "")
