"""Feeds of every kind and damage become the same entries; nothing in a body is ever opened."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import ParseError
from crawler.parse.charset import decode_body
from crawler.parse.dates import parse_date
from crawler.parse.feeds import parse_feed
from crawler.parse.markup import field_to_text, html_to_text
from tests.goldenfile import assert_reads_as_expected, documents

GOLDEN = Path(__file__).parent.parent / "golden" / "feeds"
FEEDS = documents(GOLDEN)
URL = "https://feed.example/feed"
LOIKAW = "လွိုင်ကော်"  # Loikaw


def rss(items: str, *, head: str = '<?xml version="1.0"?>') -> bytes:
    return f'{head}<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.name)
def test_golden_feed_reads_as_expected(path: Path) -> None:
    feed = parse_feed(path.read_bytes(), None, URL)
    assert_reads_as_expected(path, feed)


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.name)
def test_feed_furniture_and_scripts_leave_no_text(path: Path) -> None:
    feed = parse_feed(path.read_bytes(), None, URL)
    texts = " ".join(f"{entry.title} {entry.summary} {entry.content}" for entry in feed.entries)
    assert "TRAP" not in texts
    assert "appeared first on" not in texts


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "empty answer"),
        (b" \r\n\xef\xbb\xbf ", "empty answer"),
        (b"<!DOCTYPE html><title>Lake &amp; Hill</title>", "HTML page, not a feed: Lake & Hill"),
        (b"<html><head><title>Just a moment...</title>", "challenge page (Just a moment...)"),
        (b"<html><title>Welcome</title><input name=p type='password'>", "login page"),
        (b"<html><title>Log In - Hill</title>", "login page"),
        (b"not a feed at all", "not a feed"),
        (b'<?xml version="1.0"?><urlset><url/></urlset>', "not a feed: <urlset>"),
        (b'{"error": "no route"}', "not a feed"),
        (b'{"items": [', "not a feed: damaged JSON"),
        (b"[" * 200_000, "not a feed: damaged JSON"),
        (b"<rss><channel>" + b"<a><b>" * 300_000, "not a feed: cut off"),
        (b"\x00\x01\x02", "empty answer"),
        (b"<rss><channel><item><title>half", "not a feed: cut off"),
    ],
)
def test_what_is_no_feed_is_named(body: bytes, cause: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_feed(body, "application/rss+xml", URL)
    assert cause in str(raised.value)


def test_empty_feed_is_a_feed() -> None:
    assert parse_feed(rss(""), None, URL).entries == ()


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("us-ascii", "utf-8"),
        ("windows-1252", "utf-8"),
        ("utf-8", "utf-16"),
        ("utf-16", "utf-16-le"),
        ("utf-8", "utf-16-be"),
        ("iso-8859-1", "utf-8-sig"),
        ("utf-16", "utf-8"),
    ],
)
@pytest.mark.parametrize("header", [None, "text/xml; charset=us-ascii", "text/xml; charset=bogus-8"])
def test_f09_burmese_survives_lying_labels(label: str, encoding: str, header: str | None) -> None:
    head = f'<?xml version="1.0" encoding="{label}"?>'
    body = rss(f"<item><title>{LOIKAW}</title></item>", head=head).decode().encode(encoding)
    assert parse_feed(body, header, URL).entries[0].title == LOIKAW


def test_f09_broken_bytes_in_utf8_stay_utf8() -> None:
    body = rss(f"<item><title>{LOIKAW} ?? {LOIKAW}</title></item>").replace(b"??", b"\xe1\x80 \xff")
    title = parse_feed(body, "text/xml; charset=windows-1252", URL).entries[0].title
    assert title.startswith(LOIKAW)
    assert title.endswith(LOIKAW)
    assert "\ufffd" in title


def test_f09_legacy_encoding_is_read_by_label_or_as_windows_1252() -> None:
    assert (
        decode_body("caf\xe9 \u201cx\u201d".encode("cp1252"), "text/html; charset=us-ascii").text
        == "café “x”"
    )
    assert decode_body(b"caf\xe9", None).text == "café"
    assert decode_body("Москва".encode("koi8-r"), "text/html; charset=koi8-r").text == "Москва"


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=200), st.one_of(st.none(), st.text(max_size=40)))
def test_any_bytes_decode_without_error(body: bytes, content_type: str | None) -> None:
    assert isinstance(decode_body(body, content_type).text, str)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=120))
def test_any_bytes_are_a_feed_or_a_parse_error(noise: bytes) -> None:
    body = rss("<item><title>a</title></item>")
    for hostile in (noise, body[:60] + noise + body[60:]):
        try:
            parse_feed(hostile, None, URL)
        except ParseError as error:
            assert str(error)


@settings(deadline=None, max_examples=60)
@given(st.integers(min_value=60, max_value=400))
def test_f08_cut_anywhere_keeps_only_whole_entries(length: int) -> None:
    links = [f"https://a.example/{n}/whole" for n in range(5)]
    items = "".join(f"<item><title>t</title><link>{link}</link></item>" for link in links)
    try:
        feed = parse_feed(rss(items)[:length], None, URL)
    except ParseError:
        return
    assert [entry.url for entry in feed.entries] == links[: len(feed.entries)]
    assert feed.damaged or len(feed.entries) == 5


def test_long_feed_stops_at_2000_entries_without_damage() -> None:
    feed = parse_feed(rss("<item><title>x</title></item>" * 2500), None, URL)
    assert (len(feed.entries), feed.damaged) == (2000, None)


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY f SYSTEM "file://%s">]>'
)


def test_f25_entities_are_inert(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY")
    feed = parse_feed(rss("<item><title>&c; &f;</title></item>", head=BOMB % secret), None, URL)
    assert feed.entries[0].title == "&c; &f;"


def test_f30_body_that_is_a_path_is_not_opened(tmp_path: Path) -> None:
    secret = tmp_path / "feed.xml"
    secret.write_bytes(rss("<item><title>CANARY</title></item>"))
    with pytest.raises(ParseError, match="not a feed"):
        parse_feed(str(secret).encode(), None, URL)


def test_f30_body_or_entity_that_is_a_url_is_not_fetched() -> None:
    hits: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)

        def count() -> None:
            try:
                hits.append(server.accept())
            except TimeoutError:
                return

        listener = threading.Thread(target=count)
        listener.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        with pytest.raises(ParseError, match="not a feed"):
            parse_feed(address.encode(), None, URL)
        head = f'<?xml version="1.0"?><!DOCTYPE rss SYSTEM "{address}" [<!ENTITY e SYSTEM "{address}">]>'
        parse_feed(rss("<item><title>&e;</title></item>", head=head), None, URL)
        html_to_text(f'<img src="{address}"><p>text</p>')
        listener.join()
    assert hits == []


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "file:///x",
        "https://a.example/" + "x" * 2000,
        "http://[bad",
        "mailto:a@b.example",
    ],
)
def test_a13_bad_link_is_dropped_and_the_item_kept(link: str) -> None:
    (entry,) = parse_feed(rss(f"<item><title>t</title><link>{link}</link></item>"), None, URL).entries
    assert (entry.title, entry.url) == ("t", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon, 03 Nov 2025 10:00:00 +0630", datetime(2025, 11, 3, 3, 30, tzinfo=UTC)),
        ("Mon, 3 Nov 2025 10:00:00 MMT", datetime(2025, 11, 3, 3, 30, tzinfo=UTC)),
        ("03 Nov 25 10:00 GMT", datetime(2025, 11, 3, 10, tzinfo=UTC)),
        ("2025-11-03", datetime(2025, 11, 3, tzinfo=UTC)),
        ("2025-11-03T10:00:00.123Z", datetime(2025, 11, 3, 10, tzinfo=UTC)),
        ("2025-11-03T10:00:00-05:00", datetime(2025, 11, 3, 15, tzinfo=UTC)),
        ("၂၀၂၅-၁၁-၀၃T၁၀:၀၀:၀၀Z", datetime(2025, 11, 3, 10, tzinfo=UTC)),  # Burmese digits
        ("2568-11-03 10:00", datetime(2025, 11, 3, 10, tzinfo=UTC)),  # Buddhist era
        ("2567-02-29", datetime(2024, 2, 29, tzinfo=UTC)),  # a leap day of the year it means
        ("Mon, 03 Nov 2025 08:00:00 PM", datetime(2025, 11, 3, 20, tzinfo=UTC)),
        ("2025-11-03 12:30 a.m.", datetime(2025, 11, 3, 0, 30, tzinfo=UTC)),
        ("Mon, 03 Nov 2025 10:00:00 Asia/Yangon", datetime(2025, 11, 3, 3, 30, tzinfo=UTC)),
        ("2025-13-40", None),
        ("1387-07-12", None),  # Myanmar era: not guessed
        ("0001-01-01T00:00:00Z", None),
        ("2025-11-03T10:00:00+99:00", None),
        ("soon", None),
        ("", None),
    ],
)
def test_f22_dates_are_utc_or_none(text: str, expected: datetime | None) -> None:
    assert parse_date(text) == expected


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet="0123456789-:T+Z ,JanNovMo၂၀", max_size=40))
def test_any_date_text_is_utc_or_none(text: str) -> None:
    date = parse_date(text)
    assert date is None or date.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "date", ["3 Nov 2025", "Monday, November 3, 2025", "၃ နိုဝင်ဘာ ၂၀၂၅"]
)  # idem, in Burmese
def test_dates_as_people_write_them_are_days_in_yangon(date: str) -> None:
    (entry,) = parse_feed(rss(f"<item><title>t</title><pubDate>{date}</pubDate></item>"), None, URL).entries
    assert entry.published == datetime(2025, 11, 2, 17, 30, tzinfo=UTC)


def test_markup_keeps_inline_words_whole_and_blocks_apart() -> None:
    # "Loikaw" with emphasis inside the word; "<br>" separates lines
    assert html_to_text("<p>လွိုင်<b>ကော်</b>မြို့</p><div>a<br>b</div>") == f"{LOIKAW}မြို့\na\nb"


def test_plain_text_with_angle_brackets_is_not_markup() -> None:
    assert field_to_text("2 < 3 & 4 > 1") == "2 < 3 & 4 > 1"


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=80))
def test_a07_fields_never_hold_controls_or_surrogates(text: str) -> None:
    for clean in (field_to_text(text), html_to_text(text)):
        clean.encode()
        assert not [character for character in clean if ord(character) < 32 and character != "\n"]
