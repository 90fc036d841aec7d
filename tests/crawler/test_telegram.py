"""Telegram's preview pages become entries; what is no public channel is named, and nothing hostile takes long."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.child import Worker
from crawler.errors import ParseError
from crawler.model import FeedEntry, ParsedFeed
from crawler.parse.telegram import MAX_TITLE_CHARS, parse_telegram, post_number
from crawler.parse.telegrampage import MAX_POSTS
from crawler.records.identity import entry_identity
from crawler.spiders import KINDS
from tests.goldenfile import assert_reads_as_expected
from tests.zawgyi_writer import write_zawgyi

GOLDEN = Path(__file__).parent.parent / "golden" / "telegram"
PAGES = sorted(GOLDEN.glob("*.html"))
URL = "https://t.me/s/hillsidepress"
ARTICLE = "https://hillside.example/2026/11/bridge"
# "The road into Loikaw was opened again this morning, people say." "Lorries with medicine and rice pass."
ROAD = "လွိုင်ကော်မြို့အဝင် ကားလမ်းကို ဒီကနေ့ မနက်က ပြန်ဖွင့်လိုက်ပြီလို့ ဒေသခံတွေက ပြောပါတယ်။"
LORRIES = "ဆေးဝါးနဲ့ ဆန်တင်ကားတွေ ဖြတ်သန်းသွားလာနေပါပြီ။"


def a_post(number: int, markup: str, channel: str = "hillsidepress", more: str = "") -> str:
    return (
        f'<div class="tgme_widget_message js-widget_message" data-post="{channel}/{number}">{more}'
        f'<div class="tgme_widget_message_text js-message_text" dir="auto">{markup}</div>'
        f'<a class="tgme_widget_message_date" href="https://t.me/{channel}/{number}">'
        '<time datetime="2026-11-20T07:00:00+06:30"></time></a></div>'
    )


def a_page(*posts: str) -> bytes:
    history = "".join(posts)
    return f'<html><body><section class="tgme_channel_history">{history}</section></body></html>'.encode()


def read(*posts: str, url: str = URL) -> ParsedFeed:
    return parse_telegram(a_page(*posts), "text/html; charset=utf-8", url)


def read_one(markup: str, more: str = "") -> FeedEntry:
    (entry,) = read(a_post(7, markup, more=more)).entries
    return entry


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_golden_page_reads_as_expected(path: Path) -> None:
    feed = parse_telegram(path.read_bytes(), "text/html; charset=utf-8", URL)
    assert_reads_as_expected(path, feed)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_quotes_labels_and_service_messages_leave_no_text(path: Path) -> None:
    assert "TRAP" in path.read_text(encoding="utf-8")
    feed = parse_telegram(path.read_bytes(), None, URL)
    assert "TRAP" not in json.dumps(asdict(feed), default=str)


def test_posts_come_newest_first_with_what_they_say() -> None:
    newest, oldest = read(a_post(8, "One<br>two"), a_post(9, "<b>Thr</b>ee")).entries
    assert oldest == FeedEntry(
        title="One",
        url="https://t.me/hillsidepress/8",
        guid="telegram:hillsidepress/8",
        content="One\ntwo",
        published=datetime(2026, 11, 20, 0, 30, tzinfo=UTC),
    ) and newest == replace(oldest, title="Three", url=newest.url, guid=newest.guid, content="Three")
    assert (newest.url, newest.guid) == ("https://t.me/hillsidepress/9", "telegram:hillsidepress/9")


def test_burmese_and_zawgyi_survive_exactly() -> None:
    zawgyi = f"{write_zawgyi(ROAD)}<br/>{write_zawgyi(LORRIES)}"
    assert read_one(zawgyi).content == normalize("NFC", zawgyi.replace("<br/>", "\n"))
    # Emphasis and a zero-width space inside a word: both are in the publisher's text.
    assert (
        read_one(f"<b>{ROAD[:12]}</b>{ROAD[12:]}\u200b<br/>{LORRIES}").content == f"{ROAD}\u200b\n{LORRIES}"
    )


def test_an_edited_post_stays_the_same_entry() -> None:
    before, after = read_one("The bridg is open"), read_one("Correction: the bridge is open<br>to walkers")
    assert before.title != after.title
    assert entry_identity(before) == entry_identity(after)


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        (f'Bridge reopens <a href="{ARTICLE}">read on</a>', ARTICLE),
        (
            f'<a href="{ARTICLE}?utm_source=tg">Bridge</a> <a href="{ARTICLE}">reopens</a>',
            f"{ARTICLE}?utm_source=tg",
        ),
        (f'A <a href="{ARTICLE}">b</a> <a href="https://hillside.example/en/">us</a>', ARTICLE),
        ('A <a href="https://hillside.example/?p=49733">b</a>', "https://hillside.example/?p=49733"),
        (
            f'A <a href="{ARTICLE}">b</a> <a href="https://M.Facebook.com/x/1">f</a> <a href="tg://x">t</a>',
            ARTICLE,
        ),
        (f"{'Long. ' * 90}<a href='{ARTICLE}'>{ARTICLE}{'?x=' + 'y' * 400}</a>", ARTICLE),
        (f'{"Long. " * 101}<a href="{ARTICLE}">source</a>', None),
        ('A <a href="https://hillside.example">b</a>', None),
        (f'A <a href="{ARTICLE}">b</a> <a href="https://other.example/report">c</a>', None),
        ('A <a href="https://t.me/other/5">b</a>', None),
        ('A <a href="https://valley.t.me/5">b</a>', None),
        ('A <a href="https://cdn.hillside.example/map.PDF">b</a>', None),
        ('A <a href="javascript:alert(1)//example.org/x">b</a> <a href="//x.example/y">c</a>', None),
        (f'A <a href="https://x.example/{"a" * 3000}">b</a>', None),
        ('A <a href="http://[::1/x">b</a>', None),
        ("".join(f'<a href="{ARTICLE}">b</a>' for _ in range(21)), None),
    ],
)
def test_a_short_post_with_one_article_link_is_that_article(markup: str, found: str | None) -> None:
    assert read_one(markup).url == (found or "https://t.me/hillsidepress/7")


def test_link_of_the_preview_card_counts_and_its_words_only_without_a_text() -> None:
    card = (
        f'<a class="tgme_widget_message_link_preview" href="{ARTICLE}"><div class="link_preview_title">Bridge</div>'
        '<div class="link_preview_description">It is open.</div></a>'
    )
    assert read_one("News", more=card).content == "News"
    assert read_one("News", more=card).url == ARTICLE
    assert read_one("", more=card).content == "Bridge\nIt is open."


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("Bridge open #hills #news", "Bridge open"),
        ("Live https://x.example/y #hills", "Live"),
        ("https://x.example/y", "https://x.example/y"),
        ("#1111 anniversary", "#1111 anniversary"),
        ("#hills #news<br>Bridge open", "Bridge open"),
        ("🔴🔴<br>https://x.example/y<br>Bridge open", "Bridge open"),
        ("#hills #news", "#hills #news"),
        (f"{LORRIES} {ROAD * 3}", LORRIES),
        ("Dr. Mya said so. " + "More of it. " * 30, "Dr. Mya said so."),
        ("word " * 100, ("word " * 40)[:199].rstrip() + "…"),
    ],
)
def test_title_is_the_first_line_that_says_something(markup: str, title: str) -> None:
    entry = read_one(markup)
    assert entry.title == title
    assert entry.content.startswith(markup.partition("<br>")[0].strip())


@settings(deadline=None, max_examples=50)
@given(st.text(alphabet="ကမ္ျွေ့်ိ", min_size=201, max_size=400))
def test_a_cut_title_tears_no_syllable(text: str) -> None:
    text = normalize("NFC", f"က{text}")
    title = read_one(text).title
    assert len(title) <= MAX_TITLE_CHARS
    end = len(title) - 1
    assert title == f"{text[:end]}…"
    assert (text[end] in "ကမ" and text[end - 1] != "္") or "ကမ" not in text[100:201]


@pytest.mark.parametrize(
    ("numbers", "url", "older"),
    [
        ((41, 60), URL, f"{URL}?before=41"),
        ((41, 60), f"{URL}?before=61", f"{URL}?before=41"),
        ((41, 60), f"{URL}?q=Loikaw&after=3&before=61", f"{URL}?q=Loikaw&before=41"),
        ((41, 60), f"{URL}?before=41", None),
        ((1, 20), URL, None),
        ((), URL, None),
    ],
)
def test_older_leads_back_to_the_first_post_and_never_round(
    numbers: tuple[int, ...], url: str, older: str | None
) -> None:
    assert read(*(a_post(number, "x") for number in numbers), url=url).older == older


def test_older_is_the_link_of_the_page_where_it_goes_further_back() -> None:
    link = '<a class="tme_messages_more" data-before="{}"></a>'
    assert read(link.format(38), a_post(41, "x")).older == f"{URL}?before=38"
    assert read(link.format("9" * 5000), link.format("-3"), a_post(41, "x")).older == f"{URL}?before=41"


def test_posts_without_text_count_for_the_way_back() -> None:
    photo = '<div class="tgme_widget_message" data-post="hillsidepress/30"></div>'
    feed = read(photo, a_post(41, "x"))
    assert [entry.guid for entry in feed.entries] == ["telegram:hillsidepress/41"]
    assert feed.older == f"{URL}?before=30"


@pytest.mark.parametrize(
    ("guid", "number"),
    [
        ("telegram:hillsidepress/41", 41),
        ("telegram:hillsidepress/", None),
        ("telegram:hillsidepress/41x", None),
        ("https://t.me/hillsidepress/41", None),
        (None, None),
    ],
)
def test_post_number_is_told_from_the_guid(guid: str | None, number: int | None) -> None:
    assert post_number(guid) == number


CONTACT = (
    b"<html><head><title>Telegram: Contact @nobody</title></head><body><div class='tgme_page_wrap'>"
    b"<div class='tgme_page'><div class='tgme_page_extra'>If you have <b>Telegram</b>, you can contact "
    b"@nobody right away.</div></div></div></body></html>"
)


@pytest.mark.parametrize(
    ("body", "url", "cause"),
    [
        (b"", URL, "empty answer"),
        (b" \n\xef\xbb\xbf \x00", URL, "empty answer"),
        (CONTACT, "https://t.me/nobody", "not a public channel"),
        (CONTACT, "http://127.0.0.1:8000/nobody", "not a public channel"),
        (a_page(a_post(1, "x")), "https://t.me/hillsidepress/1", "not a public channel"),
        (b"<html><title>Just a moment...</title>", URL, "challenge page (Just a moment...)"),
        (b"<title>Just a moment...</title><div class='tgme_page'>", URL, "challenge page (Just a moment...)"),
        (b"<html><title>Log in</title><input type=password></html>", URL, "login page"),
        (b"<html><title>Telegram</title>", URL, "HTML page, not a Telegram channel: Telegram"),
        (b"<rss><channel/></rss>", URL, "HTML page, not a Telegram channel"),
        (b"%PDF-1.4", URL, "HTML page, not a Telegram channel"),
    ],
)
def test_what_is_no_public_channel_is_named(body: bytes, url: str, cause: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_telegram(body, "text/html", url)
    assert str(raised.value).startswith(cause)


def test_withheld_posts_are_told_and_a_channel_of_nothing_else_is_an_error() -> None:
    label = '<div class="message_media_not_supported_wrap">Please open Telegram to view this post</div>'
    hidden = f'<div class="tgme_widget_message" data-post="hillsidepress/9">{label}</div>'
    feed = read(a_post(8, "seen"), hidden)
    assert [entry.content for entry in feed.entries] == ["seen"]
    assert feed.damaged == "1 of 2 posts can be read in Telegram's app only"
    with pytest.raises(ParseError, match="in its app only"):
        read(hidden)


@settings(deadline=None, max_examples=60)
@given(st.integers(min_value=0, max_value=2000))
def test_cut_anywhere_keeps_whole_posts_and_says_so(length: int) -> None:
    texts = [f"whole {number} text ends" for number in range(1, 5)]
    body = a_page(*(a_post(number, text) for number, text in enumerate(texts, 1)))
    try:
        feed = parse_telegram(body[:length], None, URL)
    except ParseError:
        return
    assert [entry.content for entry in reversed(feed.entries)] == texts[: len(feed.entries)]
    assert feed.damaged or len(feed.entries) == 4


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200), st.integers(min_value=0, max_value=600))
def test_any_bytes_are_a_channel_or_a_parse_error(noise: bytes, at: int) -> None:
    body = a_page(a_post(1, "a"), a_post(2, "b"))
    for hostile in (noise, body[:at] + noise + body[at:]):
        try:
            parse_telegram(hostile, None, URL)
        except ParseError as error:
            assert str(error)


ENTITIES = b'<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HOSTILE = {
    "posts": a_page(*(a_post(number, "x") for number in range(1, 20_000))),
    "nested posts": a_page('<div class="tgme_widget_message" data-post="hill/1">' * 50_000 + "x" * 10**6),
    "nested texts": a_page(a_post(1, "<div class=tgme_widget_message_text>" * 100_000 + "x" * 10**6)),
    "links": a_page(
        a_post(1, "".join(f'<a href="https://h{n}.example/x?k{n}=1">x</a>' for n in range(100_000)))
    ),
    "tags": a_page(a_post(1, "<b>#x</b> " * 100_000)),
    "addresses": a_page(a_post(1, "https://" * 500_000)),
    "lines": a_page(a_post(1, "#<br>" * 100_000)),
    "marks": a_page(a_post(1, "&#x1031;" * 500_000)),
    "classes": a_page(f'<div class="{"tgme_widget_message_text " * 100_000}">' + a_post(1, "x")),
    "entities": ENTITIES + a_page(a_post(1, "&b;" * 9)),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_pages_are_read_or_refused_in_bounded_time(body: bytes) -> None:
    started = time.monotonic()
    try:
        feed = parse_telegram(body, None, URL)
    except ParseError:
        feed = ParsedFeed(())
    assert time.monotonic() - started < 6
    assert len(feed.entries) <= MAX_POSTS
    assert all(len(entry.title) <= MAX_TITLE_CHARS and "aaaa" not in entry.content for entry in feed.entries)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("@hillsidepress", URL),
        ("t.me/hillsidepress", URL),
        ("https://t.me/hillsidepress", URL),
        ("https://t.me/s/hillsidepress/", URL),
        ("http://www.telegram.me/hillsidepress/41?single", URL),
        ("https://telegram.dog/s/hillsidepress?before=41", URL),
        ("https://hillsidepress.t.me/41", URL),
        ("https://t.me/s/hillsidepress?q=%23Loikaw&before=9", f"{URL}?q=%23Loikaw"),
        ("https://t.me/+AbCdEf", "https://t.me/+AbCdEf"),
        ("https://t.me/c/123/45", "https://t.me/c/123/45"),
        ("https://t.me/joinchat/AbCdEf", "https://t.me/joinchat/AbCdEf"),
        ("http://127.0.0.1:8123/s/hillsidepress?x=1", "http://127.0.0.1:8123/s/hillsidepress?x=1"),
        ("https://not-t.me/hillsidepress", "https://not-t.me/hillsidepress"),
    ],
)
def test_every_way_to_write_a_channel_asks_its_preview(written: str, asked: str) -> None:
    assert KINDS["telegram"].ask(written) == asked


def test_the_child_process_reads_the_kind() -> None:
    async def scenario() -> ParsedFeed:
        worker = Worker()
        try:
            return await worker.parse("telegram", a_page(a_post(1, ROAD)), "text/html", URL)
        finally:
            await worker.close()

    assert [entry.content for entry in asyncio.run(scenario()).entries] == [ROAD]
