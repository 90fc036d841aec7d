"""What `explain` says of an article's text: where it comes from and what was odd about its page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alerts.config import load_config
from alerts.explanation.finding import Explanation
from alerts.explanation.show import entry_lines
from alerts.history import Brought, Life
from alerts.terminal import Pen
from crawler.model import StoredArticle
from crawler.records.arrival import Arrival
from tests.builders import NOW

CONFIG = Path(__file__).parents[2] / "config"


def explain(**facts: Any) -> str:
    """Return what is told of an article with *facts*."""
    values: dict[str, Any] = {
        "article_id": 1,
        "source_id": "dvb-my",
        "url": "https://site.example/post/1",
        "title": "Boats",
        "text": "Forty people came by boat.",
        "language": "en",
        "author": None,
        "published": None,
        "first_seen": NOW,
        "origin": "page",
        "truncated": False,
        "text_sha256": "0" * 64,
        "backlog": False,
    }
    url = str(values["url"])
    entry = Brought(1, "dvb-my", url, "Boats", None, NOW, Arrival.LIVE, "settled", 1, None, None, 40)
    life = Life((entry,), StoredArticle(**(values | facts)), revision=1)
    config = load_config(CONFIG, environ={})
    told = Explanation(life, None, None, None, ())
    return "\n".join(entry_lines(told, config, Pen()))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"doubt": "hardly a Burmese letter"}, "odd about the page: hardly a Burmese letter"),
        (
            {"doubt": "hardly a Burmese letter", "origin": "feed"},
            "the page was not used: hardly a Burmese letter",
        ),
        ({"origin": "feed"}, "the page was asked for, and the feed had more"),
        ({"several": True}, "several stories on one page"),
        ({"truncated": True}, "cut short by a paywall"),
    ],
)
def test_what_was_odd_about_a_page_is_said(facts: dict[str, Any], words: str) -> None:
    assert words in explain(**facts)


def test_nothing_is_said_of_a_sound_page() -> None:
    assert not any(word in explain() for word in ("odd", "several", "paywall", "not used"))
