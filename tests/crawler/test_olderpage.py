"""Feeds say where older entries are in many ways; every one is followed, on the feed's own site only."""

from __future__ import annotations

import json

import pytest

from crawler.errors import ParseError
from crawler.model import ParsedFeed
from crawler.parse.feeds import parse_feed
from crawler.records.oddity import Kind, Oddity, Signs, after_poll, describe
from tests.builders import NOW

URL = "https://paper.example/feed"
FH = 'xmlns:fh="http://purl.org/syndication/history/1.0"'
OPENSEARCH = 'xmlns:openSearch="http://a9.com/-/spec/opensearchrss/1.0/"'


def atom(head: str, url: str = URL, names: str = "") -> ParsedFeed:
    entry = "<entry><id>tag:paper.example,2025:1</id><title>Rain</title></entry>"
    body = f'<feed xmlns="http://www.w3.org/2005/Atom" {names}><title>T</title>{head}{entry}</feed>'
    return parse_feed(body.encode(), None, url)


def rss(head: str, url: str = URL, guid: str = "1", names: str = "") -> ParsedFeed:
    item = f"<item><title>Rain</title><guid isPermaLink='false'>{guid}</guid></item>"
    body = f'<rss version="2.0" {names}><channel><title>T</title>{head}{item}</channel></rss>'
    return parse_feed(body.encode(), None, url)


def link(rel: str, href: str) -> str:
    return f'<link rel="{rel}" href="{href}"/>'


@pytest.mark.parametrize(
    ("head", "older"),
    [
        (link("next", "https://paper.example/feed/2"), "https://paper.example/feed/2"),
        (link("prev-archive", "https://paper.example/2024"), "https://paper.example/2024"),
        (link("next", "?page=2"), "https://paper.example/feed?page=2"),
        (link("next", "http://www.paper.example/2"), "https://www.paper.example/2"),
        (link("next", "/2") + link("prev-archive", "/2024"), "https://paper.example/2024"),
        (link("alternate", "https://paper.example/en/") + link("next", "2"), "https://paper.example/2"),
        (link("next-archive", "/2026") + link("previous", "/1"), None),
        (link("next", "https://other.example/2"), None),
        (link("next", URL), None),
        (link("next", "javascript:x") + link("hub", "https://hub.example/"), None),
        (link("next", "/2") + f"<fh:complete {FH}/>", None),
    ],
)
def test_paged_and_archived_feeds_lead_back(head: str, older: str | None) -> None:
    assert atom(head).older == older


@pytest.mark.parametrize(
    ("url", "older"),
    [
        (URL, f"{URL}?paged=2"),
        (f"{URL}?paged=9", f"{URL}?paged=10"),
        (f"{URL}?lang=my&paged=2", f"{URL}?lang=my&paged=3"),
        (f"{URL}?paged=x", f"{URL}?paged=2"),
        (f"{URL}?paged=99999999999", f"{URL}?paged=2"),
    ],
)
@pytest.mark.parametrize("sign", ["generator", "guid"])
def test_wordpress_counts_pages_even_where_it_hides_its_name(url: str, older: str, sign: str) -> None:
    if sign == "generator":
        feed = rss("<generator>https://wordpress.org/?v=6.8</generator>", url)
    else:
        feed = rss("", url, guid="https://paper.example/?p=4711")
    assert feed.older == older


def test_other_identifiers_are_no_sign_of_wordpress() -> None:
    for guid in ("4711", "https://paper.example/a?p=x", "https://paper.example/news?id=1&p=2", "urn:?p=1"):
        assert rss("", guid=guid).older is None


@pytest.mark.parametrize(
    ("counts", "older"),
    [
        ((1, 25, 80), "start-index=26&max-results=25"),
        ((26, 25, 80), "start-index=51&max-results=25"),
        ((76, 25, 80), None),
        ((1, 0, 80), None),
        ((1, 25, "many"), None),
    ],
)
@pytest.mark.parametrize("kind", [atom, rss])
def test_blogger_counts_entries(kind: object, counts: tuple[object, ...], older: str | None) -> None:
    url = "https://paper.blogspot.example/feeds/posts/default?alt=rss"
    names = ("startIndex", "itemsPerPage", "totalResults")
    told = "".join(
        f"<openSearch:{name}>{count}</openSearch:{name}>" for name, count in zip(names, counts, strict=True)
    )
    head = f"<generator>Blogger</generator>{told}"
    feed = atom(head, url, OPENSEARCH) if kind is atom else rss(head, url, names=OPENSEARCH)
    assert feed.older == (f"{url}&{older}" if older else None)


def test_json_feed_names_its_next_page() -> None:
    def older(next_url: object) -> str | None:
        document = {
            "version": "https://jsonfeed.org/version/1.1",
            "home_page_url": "https://paper.example/en/",
            "items": [{"id": "1", "title": "Rain"}],
            "next_url": next_url,
        }
        return parse_feed(json.dumps(document).encode(), None, URL).older

    assert older("https://paper.example/feed.json?page=2") == "https://paper.example/feed.json?page=2"
    assert older("feed.json?page=2") == "https://paper.example/feed.json?page=2"
    assert [older(value) for value in ("https://other.example/2", 7, None, "")] == [None] * 4


def test_a_page_without_entries_is_the_last() -> None:
    body = f'<feed xmlns="http://www.w3.org/2005/Atom">{link("next", "/2")}</feed>'
    assert parse_feed(body.encode(), None, URL).older is None


ITUNES = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:atom="http://www.w3.org/2005/Atom"'


@pytest.mark.parametrize(
    ("head", "moved"),
    [
        ("<itunes:new-feed-url>https://new.example/feed</itunes:new-feed-url>", "https://new.example/feed"),
        ("<itunes:new-feed-url>http://www.paper.example/feed/</itunes:new-feed-url>", None),
        ("<itunes:new-feed-url>javascript:alert(1)</itunes:new-feed-url>", None),
        ('<atom:link rel="self" href="https://old.example/feed"/>', None),
        ("", None),
    ],
)
def test_feed_that_has_moved_says_so(head: str, moved: str | None) -> None:
    assert rss(head, names=ITUNES).moved == moved


def test_old_redirect_document_names_the_new_address() -> None:
    body = (
        b"<rss version='2.0'><redirect><newLocation>https://new.example/feed</newLocation></redirect></rss>"
    )
    assert parse_feed(body, None, URL).moved == "https://new.example/feed"


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (
            '<!DOCTYPE html><html><head><title>Paper</title><!-- <link rel="alternate" '
            'type="application/rss+xml" href="/hidden"> --><link rel="alternate" type="application/rss+xml" '
            'href="/comments/feed/"><link rel="alternate" type="application/atom+xml" href="/en/atom.xml">',
            "HTML page, not a feed: Paper; it names the feed https://paper.example/en/atom.xml",
        ),
        ("<html><head><title>Paper</title><link rel='icon' href='/i'>", "HTML page, not a feed: Paper"),
        (
            '<html><title>Just a moment...</title><link rel="alternate" type="application/rss+xml" href="/x">',
            "challenge page (Just a moment...)",
        ),
        (
            '<opml version="2.0"><body><outline text="A"><outline type="rss" text="a" xmlUrl="https://a.example/f"/>'
            '<outline text="b" xmlUrl="https://b.example/f?x=1&amp;y=2"/></outline></body></opml>',
            "list of 2 feeds (OPML), not a feed; the first is https://a.example/f",
        ),
        ("<opml version='2.0'><body/></opml>", "list of 0 feeds (OPML), not a feed"),
    ],
)
def test_what_only_names_feeds_is_refused_with_the_first(body: str, cause: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_feed(body.encode(), None, URL)
    assert str(raised.value) == cause


def test_a_feed_that_says_so_on_three_polls_is_told() -> None:
    known: Oddity | None = None
    telling = []
    for seen in ({Kind.RENAMED: "https://new.example/feed"}, {}, {}):  # two answers without a new word
        signs = Signs(URL, seen, is_unchanged=not seen)
        known = after_poll(known, Kind.RENAMED, "paper", signs, NOW)
        assert known is not None
        telling.append(known.is_telling)
    assert telling == [False, False, True]
    assert known is not None
    assert "https://new.example/feed" in describe(known)
    assert after_poll(known, Kind.RENAMED, "paper", Signs(URL, {Kind.RENAMED: None}), NOW) is None
