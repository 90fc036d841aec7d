"""What an aggregator carries keeps its publisher, its own words and, where it can be told, its own address."""

from __future__ import annotations

import base64

import pytest

from crawler.article.settle import from_feed, wants_page
from crawler.model import FeedEntry, PendingEntry
from crawler.parse.aggregator import credit_publisher, find_wrapped_address
from crawler.parse.feeds import parse_feed
from crawler.urls import is_news_redirect
from tests.builders import NOW

GOOGLE = "https://news.google.com/rss/articles/"
URL = "https://feed.example/feed"


def wrapped(address: str | bytes) -> str:
    """Return a link of Google News that holds *address*."""
    data = address.encode() if isinstance(address, str) else address
    size = bytes([len(data)]) if len(data) < 128 else bytes([len(data) & 127 | 128, len(data) >> 7])
    return GOOGLE + base64.urlsafe_b64encode(b"\x08\x13\x22" + size + data).decode().rstrip("=") + "?oc=5"


@pytest.mark.parametrize("length", [1, 80, 105, 106, 107, 600, 1900])
def test_address_in_a_link_of_google_news_is_found(length: int) -> None:
    address = f"https://hill.example/{'a' * length}"
    assert find_wrapped_address(wrapped(address)) == address


@pytest.mark.parametrize(
    "link",
    [
        wrapped("AU_yqLOnlyTheirServerKnows"),
        wrapped("javascript:alert(1)"),
        wrapped("file:///etc/hostname"),
        wrapped(b"\xff\xfe\x00"),
        wrapped(""),
        GOOGLE + "CBMi",
        GOOGLE + "CBMi%00%ff",
        GOOGLE + "Zm9v",
        GOOGLE,
        wrapped("https://hill.example/whole").replace("?oc=5", "")[:-8],
    ],
)
def test_what_holds_no_address_is_left_as_it_is(link: str) -> None:
    assert find_wrapped_address(link) is None
    entry = credit_publisher(FeedEntry("Rain - Hill Courier", link), "Hill Courier", "Google News")
    assert (entry.url, entry.title, entry.publisher) == (link, "Rain", "Hill Courier")


@pytest.mark.parametrize(
    ("title", "named", "shown"),
    [
        ("Rain - Hill Courier", "Hill Courier", "Rain"),
        ("Rain - Hill Courier", "Lake Post", "Rain - Hill Courier"),
        ("Rain - Hill Courier", "", "Rain - Hill Courier"),
        ("Rain – Hill Courier", "Hill Courier", "Rain – Hill Courier"),
        ("Hill Courier", "Hill Courier", "Hill Courier"),
    ],
)
def test_publisher_leaves_a_headline_only_when_it_is_the_source(title: str, named: str, shown: str) -> None:
    assert credit_publisher(FeedEntry(title, f"{GOOGLE}x"), named, "").title == shown
    elsewhere = FeedEntry(title, "https://hill.example/1")
    assert credit_publisher(elsewhere, named, "Hills").title == title


def test_page_of_a_redirect_is_never_asked_for() -> None:
    for path in ("rss/articles/", "articles/", "read/", "__i/rss/rd/articles/"):
        link = f"https://news.google.com/{path}CBMiAAA"
        assert is_news_redirect(link)
        pending = PendingEntry(1, "gnews", FeedEntry("Rain", link, publisher="Hill Courier"), NOW, 0)
        assert not wants_page(pending, "page")
        assert from_feed(pending, "en").publisher == "Hill Courier"
    assert not is_news_redirect("https://news.google.com/search?q=rain")
    assert not is_news_redirect(None)


def test_wrappings_of_other_searches_are_taken_off() -> None:
    wrap = (
        "http://www.bing.com/news/apiclick.aspx?ref=FexRss&amp;url=https%3a%2f%2fhill.example%2frain&amp;c=1"
    )
    body = f"""<rss version="2.0" xmlns:News="https://www.bing.com/news/search"><channel><title>rain - BingNews</title>
    <item><title>Rain</title><link>{wrap}</link><News:Source>Hill Courier</News:Source></item>
    <item><title>Sun</title><link>http://www.bing.com/news/apiclick.aspx?url=javascript:x</link></item></channel></rss>"""
    rain, sun = parse_feed(body.encode(), None, URL).entries
    assert (rain.url, rain.publisher) == ("https://hill.example/rain", "Hill Courier")
    assert (sun.url, sun.publisher) == ("http://www.bing.com/news/apiclick.aspx?url=javascript:x", None)


def test_a_feed_that_names_itself_as_source_carries_nobody() -> None:
    entry = credit_publisher(FeedEntry("Rain", "https://hill.example/1"), "HILL courier", "Hill Courier")
    assert entry.publisher is None


def test_words_of_an_agency_that_look_like_tags_stay() -> None:
    told = FeedEntry(
        "Rain", "https://reliefweb.int/report/1", summary="The road is closed.\nSource: our staff"
    )
    assert credit_publisher(told, "", "").summary == told.summary
    elsewhere = FeedEntry("Rain", "https://hill.example/1", summary="Country: Myanmar\nSource: our staff")
    assert credit_publisher(elsewhere, "", "") == elsewhere
