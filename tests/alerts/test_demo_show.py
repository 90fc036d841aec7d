"""Messages drawn in the terminal: what is shown and what is not."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.demo.show import show_message
from alerts.text.width import display_width

OPENED = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
HEADLINE = "Families return to two wards"
LINK = "https://news.example.org/a/long/path?x=1"
PAYLOADS: dict[str, dict[str, Any]] = {
    "slack": {
        "text": "fallback",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "Loikaw: 1 story"}},
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": f"*<{LINK}|{HEADLINE}>*\nSee <{LINK}> &amp; more"},
            },
            {"type": "divider"},
            {"type": "context", "elements": [{"type": "plain_text", "text": "Digest 0a1b2c3d"}]},
        ],
    },
    "discord": {
        "content": "**Loikaw: 1 story**",
        "embeds": [
            {
                "title": HEADLINE,
                "url": LINK,
                "description": f"See <{LINK}> & more",
                "footer": {"text": "Digest 0a1b2c3d"},
            }
        ],
    },
    "telegram": {
        "chat_id": "-1",
        "parse_mode": "HTML",
        "text": f'<b>Loikaw: 1 story</b>\n<b><a href="{LINK}">{HEADLINE}</a></b>\n'
        f'See <a href="{LINK}">{LINK}</a> &amp; more\nDigest 0a1b2c3d',
    },
}


@pytest.mark.parametrize("platform", PAYLOADS)
def test_message_shows_its_words_and_hosts_but_neither_markup_nor_addresses(platform: str) -> None:
    shown = show_message(platform, PAYLOADS[platform], 80, False, at=OPENED)
    lines = shown.splitlines()
    assert lines[0].startswith("# desk ──")
    assert lines[1] == "newswatch APP  06:00"
    assert all(line.startswith("┃") for line in lines[2:])
    for text in ("Loikaw: 1 story", HEADLINE, "See news.example.org & more", "Digest 0a1b2c3d"):
        assert text in shown
    for text in ("https://", "<", "*", "&amp;", "fallback", "\x1b"):
        assert text not in shown


@pytest.mark.parametrize("platform", PAYLOADS)
def test_headline_is_bold_and_footer_is_dim_in_colour(platform: str) -> None:
    shown = show_message(platform, PAYLOADS[platform], 80, True)
    assert re.search(r"\x1b\[1;4;34m" + HEADLINE, shown)
    assert shown.count("\x1b[0m") == len(re.findall(r"\x1b\[[1-9]", shown)), "every style is closed"
    plain = show_message(platform, PAYLOADS[platform], 80, False)
    assert re.sub(r"\x1b\[[\d;]*m", "", shown) == plain


def test_rich_text_lists_quotes_and_marks_are_drawn() -> None:
    quote = {
        "type": "rich_text_quote",
        "elements": [{"type": "text", "text": "Said so.", "style": {"bold": True}}],
    }
    item = {
        "type": "rich_text_section",
        "elements": [{"type": "link", "url": LINK, "text": "Another outlet"}],
    }
    listed = {"type": "rich_text_list", "style": "bullet", "elements": [item]}
    shown = show_message("slack", {"blocks": [{"type": "rich_text", "elements": [quote, listed]}]}, 80, False)
    assert shown.splitlines()[2:] == ["┃ │ Said so.", "┃ • Another outlet"]


@pytest.mark.parametrize("platform", PAYLOADS)
def test_hostile_text_cannot_move_the_cursor_or_turn_the_line(platform: str) -> None:
    hostile = "a\x1b[2Jb\x07c\u202ed\x9be\x00f\rg"
    payload = {"slack": {"text": hostile}, "discord": {"content": hostile}, "telegram": {"text": hostile}}[
        platform
    ]
    shown = show_message(platform, payload, 80, False)
    assert not [c for c in shown if c != "\n" and unicodedata.category(c) in ("Cc", "Cs")]
    assert "\u202e" not in shown


@pytest.mark.parametrize("columns", [30, 80, 120])
@pytest.mark.parametrize("platform", PAYLOADS)
def test_no_line_is_wider_than_the_terminal(platform: str, columns: int) -> None:
    shown = show_message(platform, PAYLOADS[platform], columns, False, at=OPENED)
    assert max(map(display_width, shown.splitlines())) <= columns
