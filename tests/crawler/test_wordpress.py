"""WordPress' posts become the entries that the same site's feed gives, whatever stands around the JSON."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import ParseError
from crawler.model import FeedEntry
from crawler.parse.feeds import parse_feed
from crawler.parse.wordpress import parse_wordpress
from crawler.records.identity import entry_identity
from crawler.spiders.wordpress import FIELDS
from tests.goldenfile import assert_reads_as_expected, documents

GOLDEN = Path(__file__).parent.parent / "golden" / "wordpress"
ANSWERS = documents(GOLDEN)
SITE = "https://hill.example"
URL = f"{SITE}/wp-json/wp/v2/posts?per_page=20&_fields=id"
LOIKAW = "လွိုင်ကော်"  # Loikaw


def a_post(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "guid": {"rendered": f"{SITE}/?p={number}"},
        "link": f"{SITE}/2026/03/{number}/",
        "date": "2026-03-12T09:00:00",
        "date_gmt": "2026-03-12T02:30:00",
        "title": {"rendered": f"Post {number}"},
        "excerpt": {"rendered": "<p>Teaser</p>", "protected": False},
        "content": {"rendered": "<p>Words</p>", "protected": False},
        **more,
    }


def read(value: object, url: str = URL) -> tuple[FeedEntry, ...]:
    return parse_wordpress(json.dumps(value).encode(), "application/json", url).entries


def older(count: int, url: str = URL) -> str | None:
    return parse_wordpress(json.dumps([a_post(n) for n in range(count)]).encode(), None, url).older


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.name)
def test_golden_answer_reads_as_expected(path: Path) -> None:
    feed = parse_wordpress(path.read_bytes(), "application/json; charset=UTF-8", URL)
    assert_reads_as_expected(path, feed)
    assert "TRAP" not in str(feed)


@pytest.mark.parametrize(
    ("guid", "link"),
    [
        (f"{SITE}/?p=7", f"{SITE}/2026/03/a-story/"),
        ("http://old-host.example/?p=7", f"{SITE}/%e1%80%88%e1%80%b1%e1%80%b8/"),
        (f"{SITE}/?post_type=report&#038;p=7", f"{SITE}/report/seven/"),
        (f"{SITE}/?p=7", f"{SITE}/?p=7"),
        ("tag:blogger.com,1999:blog-5.post-7", f"{SITE}/archives/7"),
    ],
)
def test_post_and_feed_item_are_one_entry(guid: str, link: str) -> None:
    title = "Ferry &#8216;Golden Hill&#8217; &#038; others"
    rss = (  # as wp-includes/feed-rss2.php prints it: a GUID is escaped once, in the database or by esc_url()
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Hill</title><item>'
        f'<title>{title}</title><link>{link}</link><guid isPermaLink="false">{guid}</guid>'
        "<pubDate>Thu, 12 Mar 2026 02:30:00 +0000</pubDate><description>Teaser</description></item></channel></rss>"
    )
    item = parse_feed(rss.encode(), None, f"{SITE}/feed/").entries[0]
    (post,) = read([a_post(7, guid={"rendered": guid}, link=link, title={"rendered": title})])
    assert post.guid == item.guid
    assert entry_identity(post) == entry_identity(item)
    assert (post.title, post.url, post.published, post.summary) == (
        item.title,
        item.url,
        item.published,
        item.summary,
    )


@pytest.mark.parametrize(
    ("url", "guid"),
    [
        (f"{SITE}/wp-json/wp/v2/posts?per_page=20", f"{SITE}/?p=5"),
        (f"{SITE}/en/wp-json/wp/v2/posts", f"{SITE}/en/?p=5"),
        (f"{SITE}/?rest_route=/wp/v2/posts", f"{SITE}/?p=5"),
        (f"{SITE}/mm/index.php?rest_route=/wp/v2/posts", f"{SITE}/mm/?p=5"),
    ],
)
def test_missing_guid_is_made_of_the_number(url: str, guid: str) -> None:
    (entry,) = read([a_post(5, guid=None, link=None)], url)
    assert (entry.guid, entry.url) == (guid, guid)


def test_guid_survives_every_edit() -> None:
    (before,), (after,) = (
        read([a_post(5)]),
        read([a_post(5, title={"rendered": "Corrected"}, content={"rendered": "Other"}, modified_gmt="x")]),
    )
    assert before.guid == after.guid
    assert entry_identity(before) == entry_identity(after)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "empty answer"),
        (b" \r\n\xef\xbb\xbf ", "empty answer"),
        (b"\x00\x01", "empty answer"),
        (b"<!DOCTYPE html><title>Just a moment...</title>", "challenge page (Just a moment...)"),
        (b"<html><title>Log In</title><input type='password'>", "login page"),
        (b'<!DOCTYPE html><title>Hill</title><script>[{"a":1}]</script>', "HTML page, not posts: Hill"),
        (b'<html><head><title>E</title><p>{"code":"x"}', "HTML page, not posts: E"),
        (b"Forbidden", "not posts: no list"),
        (b"[1, 2]", "not posts: no list"),
        (b"[" * 200_000, "not posts: no list"),
        (b'[{"id":1,"title"', "not posts: damaged JSON"),
        (b'[{"a":' + b'[{"a":' * 100_000, "not posts: damaged JSON (RecursionError)"),
        (b'{"a":' * 100_000, "not posts: damaged JSON (RecursionError)"),
        (b'[{"id": 4, "name": "News", "taxonomy": "category"}]', "without a title, text or link"),
        (b'{"items": []}', "not posts: JSON without a list"),
        (b'{"name": "Hill", "namespaces": ["wp/v2"], "routes": {}}', "not posts: the index of the REST"),
        (
            b'{"code":"rest_no_route","message":"No route &amp; <b>no</b> method.","data":{"status":404}}',
            "REST error rest_no_route: No route & no method.",
        ),
        (
            b'<br />\n<b>Warning</b>: x [0]\n{"code":"rest_disabled","x":[{"y":1}]}',
            "REST error rest_disabled",
        ),
        (b'{"code":"rest_post_invalid_page_number","message":"m"}', "REST error rest_post_invalid_page"),
        (b'{"error":"unknown_blog","message":"Unknown blog"}', "REST error unknown_blog: Unknown blog"),
        (b'{"code":["x"],"message":{}}', "not posts: JSON without a list"),
    ],
)
def test_what_is_no_list_of_posts_is_named(body: bytes, cause: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_wordpress(body, "application/json", URL)
    assert cause in str(raised.value)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    "body", [b"[]", b"\xef\xbb\xbf [ ]\n", b"<b>Notice</b>: x[0]\n[]", b"[]<!-- cached -->"]
)
def test_no_posts_are_no_error(body: bytes) -> None:
    feed = parse_wordpress(body, None, URL)
    assert (feed.entries, feed.older, feed.damaged) == ((), None, None)


def test_end_of_the_pages_that_lost_its_status_is_an_empty_page() -> None:
    body = b'{"code":"rest_post_invalid_page_number","message":"m","data":{"status":400}}'
    assert parse_wordpress(body, None, f"{URL}&page=3").entries == ()


def test_older_page_is_the_next_number_of_the_same_question() -> None:
    assert older(20) == f"{URL}&page=2"
    assert older(20, f"{URL}&page=2#listing") == f"{URL}&page=3"
    assert older(19) is None
    assert older(3, f"{SITE}/?rest_route=/wp/v2/posts&per_page=3&page=41") == (
        f"{SITE}/?rest_route=/wp/v2/posts&per_page=3&page=42"
    )
    assert (
        older(10, f"{SITE}/wp-json/wp/v2/posts") == f"{SITE}/wp-json/wp/v2/posts?page=2"
    )  # WordPress' own size
    assert older(9, f"{SITE}/wp-json/wp/v2/posts?per_page=x") is None
    assert older(20, f"{URL}&page=10000") is None  # a server that repeats itself for ever


@pytest.mark.parametrize(
    ("fields", "published"),
    [
        ({}, "2026-03-12T02:30:00"),
        ({"date_gmt": None}, "2026-03-12T02:30:00"),  # nothing says otherwise: Myanmar's clock
        ({"date_gmt": "0000-00-00T00:00:00"}, "2026-03-12T02:30:00"),
        ({"date_gmt": "-0001-11-30T00:00:00"}, "2026-03-12T02:30:00"),
        ({"date_gmt": None, "date": "2026-03-12T09:00:00+07:00"}, "2026-03-12T02:00:00"),
        ({"date_gmt": None, "date": 5, "modified_gmt": "2026-03-13T00:00:00"}, "2026-03-13T00:00:00"),
    ],
)
def test_date_is_utc_else_the_sites_own_clock(fields: dict[str, Any], published: str) -> None:
    (entry,) = read([a_post(**fields)])
    assert entry.published == datetime.fromisoformat(published).replace(tzinfo=UTC)


def test_sites_own_clock_is_what_most_of_its_posts_say() -> None:
    thai = [a_post(n, date="2026-03-12T09:30:00") for n in (1, 2)]  # seven hours ahead
    imported = a_post(3, date="2026-03-12T02:30:00")
    undated = a_post(4, date="2026-03-12T23:00:00", date_gmt=None)
    assert read([imported, undated, *thai])[1].published == datetime(2026, 3, 12, 16, tzinfo=UTC)
    wild = a_post(3, date="2026-01-12T02:30:00")
    assert read([wild, undated])[1].published == datetime(2026, 3, 12, 16, 30, tzinfo=UTC)


def test_protected_post_shows_its_headline_only() -> None:
    form = {"rendered": "<form>Password: <input type='password'></form>", "protected": True}
    (entry,) = read([a_post(content=form, excerpt=form)])
    assert (entry.title, entry.content, entry.summary) == ("Post 1", "", "")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("[vc_row css=&#8221;x&#8221;][vc_column]Rice[/vc_column][/vc_row]", "Rice"),
        ("[et_pb_section admin_label='a'] Rice [/et_pb_section]", "Rice"),
        ("[Loikaw] [td&c] [1] [vc] stays", "[Loikaw] [td&c] [1] [vc] stays"),
        (f"<p>{LOIKAW[:4]}<b>{LOIKAW[4:]}</b></p><script>x</script>", LOIKAW),
        ("5 &lt; 7 &amp;amp; &lt;b&gt;", "5 < 7 &amp; <b>"),
    ],
)
def test_content_is_plain_text(markup: str, text: str) -> None:
    assert read([a_post(content={"rendered": markup})])[0].content == text


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "http://[", "x" * 3000, "", None, 7]
)
def test_link_that_is_none_gives_way_to_the_short_one(link: object) -> None:
    assert read([a_post(3, link=link)])[0].url == f"{SITE}/?p=3"


def test_post_without_title_text_and_link_is_passed_over() -> None:
    bare = {
        "title": {"rendered": " "},
        "content": {"rendered": "<p></p>"},
        "excerpt": None,
        "link": "javascript:x",
    }
    assert [entry.title for entry in read([a_post(1, **bare), a_post(2)])] == ["Post 2"]
    assert len(read([a_post(1, **{**bare, "content": "Words"})])) == 1


def test_posts_before_the_damage_are_kept() -> None:
    body = json.dumps([a_post(n) for n in range(4)]).encode()
    feed = parse_wordpress(body[:-100], None, URL)
    assert len(feed.entries) == 3
    assert feed.damaged == "damaged JSON after post 3"


# -- hostile answers -------------------------------------------------------------------------------------------------

JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["rendered", "name", "x"]), inner)
    ),
    max_leaves=5,
)


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(st.sampled_from([*FIELDS.split(","), "modified_gmt", "_embedded"]), JUNK))
def test_wrong_types_cost_no_other_post(fields: dict[str, Any]) -> None:
    entries = read([a_post(1, **fields), a_post(2)])
    assert entries[-1] == read([a_post(2)])[0]
    assert all(entry.url is None or entry.url.startswith(("http://", "https://")) for entry in entries)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=80), st.integers(min_value=0, max_value=700))
def test_any_bytes_are_posts_or_a_parse_error(noise: bytes, at: int) -> None:
    body = json.dumps([a_post(n) for n in (1, 2)]).encode()
    for hostile in (noise, body[:at] + noise + body[at:], body[:at]):
        try:
            parse_wordpress(hostile, None, URL)
        except ParseError as error:
            assert str(error)


def hostile_answers() -> dict[str, bytes]:
    def with_content(markup: str) -> bytes:
        return json.dumps([a_post(content={"rendered": markup})]).encode()

    return {
        "many posts": json.dumps([{"title": "x", "link": f"/{n}"} for n in range(100_000)]).encode(),
        "many links": with_content("<a href='https://a.example/'>x</a>" * 100_000),
        "deep": with_content("<div>" * 300_000),
        "shortcodes": with_content("[vc_" + "a" * 1_000_000 + "[vc_row " * 200_000 + "x" * 1_000_000),
        "brackets": b"[ " * 2_000_000,
        "warnings": b'{"code" [' * 400_000,
        "entities": with_content("&amp;" * 800_000 + "&lt;" * 400_000),
        "long number": b'[{"id":' + b"9" * 2_000_000 + b"}]",
        "long title": json.dumps([a_post(title={"rendered": "<b>" * 700_000})]).encode(),
        "guids": json.dumps([a_post(n, guid={"rendered": "&" * 2000}) for n in range(1000)]).encode(),
    }


@pytest.mark.parametrize("name", hostile_answers())
def test_hostile_answer_takes_bounded_time(name: str) -> None:
    body = hostile_answers()[name]
    started_s = time.process_time()
    try:
        feed = parse_wordpress(body, None, URL)
        assert len(feed.entries) <= 2000
    except ParseError as error:
        assert len(str(error)) < 300
    assert time.process_time() - started_s < 5


def test_titles_escape_once() -> None:
    (entry,) = read([a_post(title={"rendered": escape("A <b> & B")})])
    assert entry.title == "A <b> & B"
