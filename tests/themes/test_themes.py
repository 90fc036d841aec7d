"""The themes print what they are given: the whole article once, and every kind of furniture."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from alerts.demo.outlets import load_furniture
from crawler.config import load_crawl_config
from tests.themes import RULES, THEMES, Page, render_page

PAGE = Page(
    title="Ferry “Two Sisters” runs again & waits",
    paragraphs=("The ferry ran again on Monday.", "It waits for 40 people, the pilot said.", "Rain is near."),
    author="Nang Test",
    outlet="Lake Post (sample)",
    url="https://lake.example/2026/11/ferry/",
    home_url="https://lake.example/",
    language="en",
    furniture="en",
    published=datetime(2026, 11, 20, 3, 30, tzinfo=UTC),
    visited=datetime(2026, 11, 22, 3, 30, tzinfo=UTC),
)


@pytest.mark.parametrize("theme", THEMES)
def test_a_page_holds_its_article_once_and_furniture_that_names_the_town(theme: str) -> None:
    markup = unescape(render_page(theme, PAGE))
    assert [markup.count(paragraph) for paragraph in PAGE.paragraphs] == [1, 1, 1]
    assert PAGE.title in markup and PAGE.url in markup
    furniture = load_furniture("en")
    assert furniture["weather"] in markup
    missing = {kind for kind in ("related", "most_read", "tags", "menu") if furniture[kind][-1] not in markup}
    assert missing == set()
    assert "$" not in markup


def test_rules_of_a_theme_are_those_that_the_shipped_source_in_it_has() -> None:
    config = load_crawl_config(Path(__file__).parents[2] / "config", environ={})
    shipped = {source.id: source.extract.rules for source in config.sources}
    assert shipped["dvb-my"] == RULES["nextjs"]
