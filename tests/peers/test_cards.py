"""Teams cards in Adaptive Cards' own renderer: nothing but ours is a link or bold, no headline loses a letter."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alerts.channels.teams import TeamsKeys, mark_repeat, neutralise, render
from alerts.message.platform import Style
from alerts.model import Digest
from tests.builders import a_digest, a_report, a_sentence, a_story
from tests.contract.hostile import ATTACKS
from tests.contract.readback import lost_in
from tests.peers.cards import Drawn, draw_cards
from tests.peers.sweep import draw
from tests.situations import SITUATIONS, digest_of

KEYS = TeamsKeys.model_validate({"url": "https://flow.example.org/invoke?sig=s"})
# What the renderer builds of containers and text; markdown makes paragraphs, and bold of our asterisks.
PLAIN_TAGS = {"div", "p", "strong", "span"}


def attacked(attack: str) -> Digest:
    """Return a digest with *attack* in every place that an outlet fills."""
    report = a_report(headline=attack, outlet=attack, sentence=a_sentence(f"{attack} Loikaw {attack}"))
    story = a_story(report, report, topics=(attack,), known_outlets=(attack,))
    return a_digest(story, brief=(report,), notices=(attack,), title=attack)


@dataclass(frozen=True, slots=True)
class Shown:
    """A digest in one style, its cards and what was drawn of them."""

    digest: Digest
    style: Style
    cards: list[dict[str, Any]]
    drawn: list[Drawn]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    """Return every situation, attack and sixty random digests, drawn in one page load."""
    digests = [*map(digest_of, SITUATIONS), *map(attacked, ATTACKS), *draw(60, 6_000)]
    asked = [(digest, style, cards_of(digest, style)) for digest in digests for style in Style]
    drawn = draw_cards([card for _, _, cards in asked for card in cards], tmp_path_factory.mktemp("cards"))
    found, at = [], 0
    for digest, style, cards in asked:
        found.append(Shown(digest, style, cards, drawn[at : at + len(cards)]))
        at += len(cards)
    return found


def cards_of(digest: Digest, style: Style) -> list[dict[str, Any]]:
    bodies = [part.body for part in render(digest, KEYS, style)]
    bodies.append(mark_repeat(bodies[-1], digest.digest_id))
    return [json.loads(body)["attachments"][0]["content"] for body in bodies]


def test_nothing_is_drawn_but_text_and_our_bold(shown: list[Shown]) -> None:
    for each in shown:
        for card, drawn in zip(each.cards, each.drawn, strict=True):
            assert drawn.events == ()
            assert drawn.tags <= PLAIN_TAGS, (drawn.tags - PLAIN_TAGS, card)
            ours = re.findall(r"\*\*(.+?)\*\*", json.dumps(card, ensure_ascii=False))
            assert list(drawn.bold) == [json.loads(f'"{text}"') for text in ours]


def test_only_our_addresses_open(shown: list[Shown]) -> None:
    opened = 0
    for each in shown:
        for card, drawn in zip(each.cards, each.drawn, strict=True):
            ours = re.findall(r'"selectAction": \{[^{}]*"url": "([^"]*)"', json.dumps(card))
            assert sorted(drawn.opened) == sorted(ours)
            opened += len(ours)
    assert opened > 100


def test_no_headline_loses_a_letter_in_the_renderer(shown: list[Shown]) -> None:
    for each in shown:
        text = "\n".join(line for drawn in each.drawn[:-1] for line in drawn.lines)
        assert lost_in(text, each.digest) == 0, (each.digest, text)


def test_the_renderer_would_show_a_link_emphasis_and_a_fault(tmp_path: Path) -> None:
    def card(*body: dict[str, Any]) -> dict[str, Any]:
        return {"type": "AdaptiveCard", "version": "1.4", "body": list(body)}

    hostile = "[x](https://evil.example) _i_ **b**"
    live, broken, inert = draw_cards(
        [
            card({"type": "TextBlock", "text": hostile}),
            card({"type": "TextBlok", "text": "x"}),
            card({"type": "TextBlock", "text": neutralise(hostile)}),
        ],
        tmp_path,
    )
    assert {"a", "em", "strong"} <= live.tags
    assert broken.events != ()
    assert (inert.tags <= PLAIN_TAGS, inert.bold, inert.events) == (True, (), ())
