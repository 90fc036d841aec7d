"""Slack, Discord and Telegram payloads against their published schemas, and what each shows of a story."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from alerts.channels import PLATFORMS
from alerts.message.platform import Delivery, Style
from alerts.model import MarkedText
from tests.builders import NOW, a_digest, a_full_digest, a_report, a_sentence, a_story
from tests.contract.readback import lost
from tests.contract.schemas import broken_rule, validator
from tests.contract.verify import VERIFIERS
from tests.kit.platforms import PROFILES, keys_of, render

if TYPE_CHECKING:
    from alerts.model import Digest

styles = pytest.mark.parametrize("style", list(Style))
three = pytest.mark.parametrize("name", ["slack", "discord", "telegram"])


def messages(name: str, digest: Digest, style: Style = Style.RICH) -> list[dict[str, Any]]:
    return [json.loads(part.body) for part in render(name, digest, style)]


def bodies(name: str, style: Style) -> list[bytes]:
    """Return every kind of message, also as a repeat."""
    flood = a_digest(*[a_story(*[a_report()] * 4, story_id=number) for number in range(1, 25)])
    parts = [part for digest in (a_full_digest(), flood, a_digest()) for part in render(name, digest, style)]
    return [
        body for part in parts for body in (part.body, PLATFORMS[name].mark_repeat(part.body, "a1b2c3d4"))
    ]


@three
@styles
def test_messages_keep_the_published_schema(name: str, style: Style) -> None:
    checker = validator(name)
    for body in bodies(name, style):
        assert not broken_rule(checker, json.loads(body))


def test_slack_shows_text_as_data_and_marks_the_match() -> None:
    title = "<!channel> *Loikaw* <https://evil.example|here>"
    (message,) = messages("slack", a_digest(a_story(a_report(headline=title))))
    header, story, context = message["blocks"]
    section, quote = story["elements"]
    assert header["text"]["text"] == "Loikaw watch: 1 story"
    assert section["elements"][1] == {
        "type": "link",
        "url": "https://www.irrawaddy.com/news/clashes.html",
        "text": title,
        "style": {"bold": True},
    }
    assert {"type": "text", "text": "Loikaw", "style": {"bold": True}} in quote["elements"]
    assert "".join(element["text"] for element in quote["elements"]) == "Fighting near Loikaw went on."
    assert context["elements"][-1]["text"] == "Digest a1b2c3d4 · 22 Nov 12:24 MMT"


def test_slack_in_plain_escapes_what_it_would_parse() -> None:
    (message,) = messages("slack", a_digest(a_story(a_report(headline="<!here> A&B :smile:"))), Style.PLAIN)
    assert "&lt;!here&gt; A&amp;B :\u200bsmile:" in message["text"]
    assert "<https://www.irrawaddy.com/news/clashes.html>" in message["text"]
    assert "blocks" not in message


def test_discord_tells_a_story_as_one_embed() -> None:
    (message,) = messages("discord", a_digest(a_story(a_report(headline="[Loikaw](https://evil.example)"))))
    embed, closing = message["embeds"]
    assert message["content"] == "**Loikaw watch: 1 story**"
    assert embed["title"] == "[Loikaw](https:\u200b//evil.example) (irrawaddy.com)"  # titles make no links
    assert embed["url"] == "https://www.irrawaddy.com/news/clashes.html"
    assert embed["author"]["name"] == "Loikaw"
    assert embed["description"].splitlines()[1] == "> Fighting near **Loikaw** went on."
    assert closing["footer"]["text"] == "Digest a1b2c3d4 · 22 Nov 12:24 MMT"


def test_discord_escapes_markdown_in_descriptions() -> None:
    marked = a_sentence("1. **Loikaw** @everyone <@1> https://evil.example ||x||")
    (message,) = messages("discord", a_digest(a_story(a_report(sentence=marked))))
    assert message["embeds"][0]["description"].splitlines()[1] == (
        r"> 1\. \*\***Loikaw**\*\* \@everyone \<\@1\> https\://evil.example \|\|x\|\|"
    )


def test_telegram_escapes_html_and_links_only_the_article() -> None:
    report = a_report(headline="<b>A&B</b> @all", url="https://x.example/?a=1&b=2")
    (message,) = messages("telegram", a_digest(a_story(report)))
    assert (
        '<a href="https://x.example/?a=1&amp;b=2"><b>&lt;b&gt;A&amp;B&lt;/\u200bb&gt; @\u200ball</b> (x.example)</a>'
        in message["text"]
    )
    assert "Fighting near <b>Loikaw</b> went on." in message["text"]
    assert message["message_thread_id"] == 5
    assert message["chat_id"] == "-1001234567890"


def test_addresses_carry_the_credentials_and_ask_for_a_verdict() -> None:
    delivery = Delivery(b"{}", "digest-1", NOW)
    names = ("slack", "discord", "telegram")
    urls = {name: PLATFORMS[name].request(keys_of(name), delivery).url for name in names}
    keys = {name: PROFILES[name].keys(PROFILES[name].home) for name in names}
    assert urls["slack"] == keys["slack"]["url"]
    assert urls["discord"] == keys["discord"]["url"] + "&wait=true"
    assert urls["telegram"] == f"https://api.telegram.org/bot{keys['telegram']['token']}/sendMessage"


@pytest.mark.parametrize(
    "name", ["discord", "teams", "mattermost", "slack", "telegram", "matrix", "googlechat"]
)
def test_matches_beside_each_other_are_emphasised_as_one(name: str) -> None:
    text = "တိုက်ပွဲလွိုင်ကော်တွင်"  # "fighting", "Loikaw", "in"
    sentence = MarkedText(text, ((0, 8), (8, 17)))
    shown = "".join(
        part.body.decode() for part in render(name, a_digest(a_story(a_report(sentence=sentence))))
    )
    assert "****" not in shown
    assert "</b><b>" not in shown
    if name in ("discord", "teams", "mattermost"):
        assert f"**{text[:17]}**" in shown


@pytest.mark.parametrize("name", ["teams", "googlechat"])
def test_a_look_alike_behind_a_sign_makes_no_mention(name: str) -> None:
    for style in Style:
        for part in render(name, a_digest(a_story(a_report(headline="@`all` #`x`"))), style):
            VERIFIERS[name](part.body)


@pytest.mark.parametrize("headline", ["\\1. list", "\\# x", "1. list", "\\\\- x"])
@pytest.mark.parametrize("name", ["discord", "mattermost", "teams", "apprise"])
def test_a_backslash_before_a_list_is_shown_and_makes_none(name: str, headline: str) -> None:
    for style in Style:
        digest = a_digest(a_story(a_report(headline=headline), topics=(headline,)))
        bodies = [part.body for part in render(name, digest, style)]
        for body in bodies:
            VERIFIERS[name](body)
        assert lost(name, digest, bodies) == 0
