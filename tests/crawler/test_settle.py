"""Which text an article gets, and that nothing in it was made up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.article.settle import (
    FULL_TEXT_CHARS,
    FUTURE_SLACK,
    SHORTEST_PAGE_TEXT_CHARS,
    FullText,
    from_feed,
    from_page,
    wants_page,
    without_headline,
)
from crawler.model import ExtractedPage, FeedEntry, PendingEntry
from tests.builders import NOW, an_entry

URL = "https://news.example/2026/11/clashes-1.html"
PAGE_TEXT = "Fighting near Loikaw went on for a third day.\n" * 5
TEXTS = st.text(alphabet="ab \n", max_size=2 * SHORTEST_PAGE_TEXT_CHARS)
DATES = st.none() | st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400)).map(
    NOW.__add__
)


def pending(**changes: Any) -> PendingEntry:
    return PendingEntry(1, "irrawaddy-en", an_entry(1, **changes), NOW, 0)


@pytest.mark.parametrize(
    ("full_text", "content", "wanted"),
    [
        ("page", "x" * FULL_TEXT_CHARS, True),
        ("page", "", True),
        ("feed", "x", False),
        ("feed", "", False),
        ("auto", "x" * FULL_TEXT_CHARS, False),
        ("auto", "x" * (FULL_TEXT_CHARS - 1), True),
    ],
)
def test_page_is_fetched_as_the_source_is_configured(full_text: FullText, content: str, wanted: bool) -> None:
    assert wants_page(pending(content=content), full_text) is wanted


@pytest.mark.parametrize("full_text", get_args(FullText))
def test_entry_without_a_link_has_no_page(full_text: FullText) -> None:
    assert not wants_page(pending(url=None), full_text)


def test_feed_alone_gives_its_full_text_or_its_summary() -> None:
    full = from_feed(pending(content=PAGE_TEXT), "en")
    assert (full.origin, full.text, full.language) == ("feed", PAGE_TEXT, "en")
    teaser = from_feed(pending(), None)
    assert (teaser.origin, teaser.text) == ("summary", "Residents of Loikaw fled on day 1.")
    assert from_feed(pending(summary="Teaser.", content="Teaser."), None).origin == "summary"


def test_page_gives_the_text_and_the_feed_the_title() -> None:
    page = ExtractedPage(PAGE_TEXT, "Cut tit…", "my", "Ko Thet", NOW - timedelta(days=2), truncated=True)
    found = from_page(pending(author=None, published=None), page, URL, "en")
    assert found is not None
    assert (found.title, found.text, found.origin) == ("Clashes resume near Loikaw, day 1", PAGE_TEXT, "page")
    assert (found.language, found.author, found.published) == ("my", "Ko Thet", NOW - timedelta(days=2))
    assert found.truncated
    assert found.canonical_url == URL


def test_stub_of_a_page_does_not_replace_the_text_that_the_feed_brought() -> None:
    page = ExtractedPage("Read on in our app. " * 6, truncated=True)
    found = from_page(pending(content=PAGE_TEXT * 3), page, URL, "en")
    assert found is not None
    assert (found.text, found.origin, found.truncated) == (PAGE_TEXT * 3, "feed", False)


@pytest.mark.parametrize(
    ("text", "final_url"),
    [
        ("", URL),
        ("Page not found.", URL),
        (PAGE_TEXT, "https://news.example/"),
        (PAGE_TEXT, "https://news.example"),
    ],
)
def test_page_that_holds_no_article_is_none(text: str, final_url: str) -> None:
    assert from_page(pending(), ExtractedPage(text), final_url, "en") is None


def test_a04_canonical_address_is_believed_only_where_it_can_be_true() -> None:
    def canonical(declared: str | None) -> str | None:
        found = from_page(pending(), ExtractedPage(PAGE_TEXT, canonical_url=declared), URL, "en")
        assert found is not None
        return found.canonical_url

    assert canonical("https://www.news.example/story/9") == "https://www.news.example/story/9"
    for untrue in ("https://news.example/", "https://other.example/story/9", "javascript:alert(1)", None):
        assert canonical(untrue) == URL


def test_repeated_headline_is_dropped_from_the_text() -> None:
    title = "လွိုင်ကော် တိုက်ပွဲ"  # fighting in Loikaw
    assert (
        without_headline(f"{title}\n\n  {title.upper()} \nBody.\n{title}", title, None) == f"Body.\n{title}"
    )
    assert without_headline(title, title) == title, "an article of a headline alone keeps it"


@settings(deadline=None, max_examples=100)
@given(
    content=TEXTS,
    summary=TEXTS,
    page_text=TEXTS,
    title=TEXTS.map(str.strip),
    published=DATES,
    page_published=DATES,
)
def test_f22_every_text_is_one_that_was_published_and_no_date_lies_ahead(
    content: str, summary: str, page_text: str, title: str, published: Any, page_published: Any
) -> None:
    item = PendingEntry(1, "s", FeedEntry(title, URL, None, summary, content, None, published), NOW, 0)
    page = ExtractedPage(page_text, published=page_published)
    candidates = (from_feed(item, "en"), from_page(item, page, URL, "en"))
    for found in candidates:
        if found is None:
            continue
        assert any(source.endswith(found.text) for source in (content, summary, page_text))
        assert found.origin != "page" or page_text.endswith(found.text)
        assert found.published is None or found.published <= NOW + FUTURE_SLACK
        assert found.published in (published, page_published, NOW)
    if content or summary:
        assert candidates[0] is not None
        assert candidates[0].text, "a feed that says something gives a text"


@pytest.mark.parametrize(
    ("guid", "url", "wanted"),
    [
        ("telegram:paper/12", "https://t.me/paper/12", False),
        (
            "telegram:paper/12",
            "https://paper.example/2026/11/clashes.html",
            True,
        ),  # the post links to its article
        ("telegram:paper/12", "https://t.me/other/12", True),
        (None, "https://t.me/paper/12", True),
    ],
)
def test_a_post_that_is_all_there_is_asks_for_no_page(guid: str | None, url: str, wanted: bool) -> None:
    assert wants_page(pending(guid=guid, url=url), "page") is wanted
