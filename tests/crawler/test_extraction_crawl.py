"""What sources say of their pages, what is learned of them and what is odd about them, in crawls as they happen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.records.oddity import Kind
from tests.builders import NOW
from tests.crawler.crawling import Crawled, Desk, a_feed
from tests.e2e.program import a_source
from tests.newsroom import Newsroom
from tests.themes import Page, render_page

RSS = "application/rss+xml"
APPEAL = "Independent reporting from the hills needs you: become a member of the Lake Post today."
BURMESE = "မြစ်ကမ်းဘေး စခန်းတွေကို ဆန်နဲ့ ဆေးဝါးတွေ ရောက်ပြီး တနင်္လာနေ့မှာ ထပ်ရောက်မယ်လို့ ကော်မတီက ပြောပါတယ်။"  # rice came


def own_line(number: int) -> str:
    return f"The council met {number} times at the river, its clerk said, and asked {number} villages for their boats."


def publish(
    newsroom: Newsroom, name: str, theme: str, numbers: Sequence[int], summary: str = "A summary."
) -> str:
    """Serve a feed and its pages; return the feed's address."""
    items = []
    for number in numbers:
        link = newsroom.url(f"/{name}/{number}")
        lines = (own_line(number), APPEAL, f"More boats are to follow in week {number}, the clerk said.")
        moment = NOW - timedelta(hours=number)
        page = Page(
            f"Boats {number}",
            lines,
            "Nang Test",
            "Lake Post",
            link,
            newsroom.url("/"),
            "en",
            "en",
            moment,
            NOW,
        )
        newsroom.add(f"/{name}/{number}", render_page(theme, page).encode(), "text/html; charset=utf-8")
        items.append({"title": f"Boats {number}", "link": link, "summary": summary})
    newsroom.add(f"/feed/{name}", a_feed(*items), RSS)
    return newsroom.url(f"/feed/{name}")


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, tuple[Crawled, ...]]]:
    """Crawl twelve pages of one source and some of others, then a new page of each."""
    with Newsroom() as newsroom:
        home: Path = tmp_path_factory.mktemp("extraction")
        kept: dict[str, Any] = {"keep": ".full_content"}
        sources = [
            a_source("post", publish(newsroom, "post", "nextjs", range(12)), extract=kept),
            a_source("gone", publish(newsroom, "gone", "jnews", range(4)), extract={"keep": ".nowhere"}),
            a_source("strange", publish(newsroom, "strange", "jannah", range(2), BURMESE), language="my"),
        ]
        listing = (
            "<html><head><title>Boats</title></head><body class='archive category'><p>Boats</p></body></html>"
        )
        newsroom.add("/strange/1", listing.encode(), "text/html")
        with Desk.open(home, sources) as desk:
            first = desk.crawl()
            publish(newsroom, "post", "nextjs", range(12, 14))
            publish(newsroom, "gone", "jnews", [4])
            second = desk.crawl("post", "gone", after=timedelta(hours=3))
            yield desk, (first, second)


def test_kept_elements_are_the_article_of_every_page(crawled: tuple[Desk, tuple[Crawled, ...]]) -> None:
    desk, _ = crawled
    articles = desk.articles("post")
    assert len(articles) == 14
    for row in articles:
        number = int(row.title.split()[1])
        assert row.text.startswith(own_line(number))
        assert "Loikaw" not in row.text


def test_appeal_is_dropped_once_it_is_known_from_most_pages(
    crawled: tuple[Desk, tuple[Crawled, ...]],
) -> None:
    desk, _ = crawled
    texts = [row.text for row in desk.articles("post") if int(row.title.split()[1]) >= 12]
    assert len(texts) == 2
    assert not any(APPEAL in text for text in texts)
    assert all("More boats are to follow" in text for text in texts)


def test_selector_that_finds_nothing_is_told_once_a_crawl_and_the_pages_are_read(
    crawled: tuple[Desk, tuple[Crawled, ...]],
) -> None:
    desk, crawls = crawled
    assert all(own_line(int(row.title.split()[1])) in row.text for row in desk.articles("gone"))
    assert [".nowhere" in crawl.cause("gone") for crawl in crawls] == [True, True]
    (odd,) = (item for item in desk.store.oddities("gone") if item.kind == Kind.KEEP)
    assert odd.polls == 5 and odd.is_telling
    assert not any(item.kind == Kind.KEEP for item in desk.store.oddities("post"))


def test_page_in_a_strange_script_or_that_lists_articles_leaves_the_word_to_the_feed(
    crawled: tuple[Desk, tuple[Crawled, ...]],
) -> None:
    desk, _ = crawled
    rows = {row.title: row for row in desk.articles("strange")}
    assert [rows[title].text for title in ("Boats 0", "Boats 1")] == [BURMESE, BURMESE]
    assert "Burmese" in rows["Boats 0"].doubt
    problems = {row.title: row.problem for row in desk.entries("strange")}
    assert problems == {"Boats 0": None, "Boats 1": "a page that lists articles, not an article"}
