"""Sitemaps of every shape become the newest entries; a hostile one costs bounded time and opens nothing."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.child import Worker
from crawler.errors import ParseError
from crawler.model import ParsedFeed
from crawler.parse.sitemap import MAX_ENTRIES, MAX_UNPACKED_BYTES, parse_sitemap
from crawler.parse.sitemapchoice import Listed, can_be_article, keep_path, news_parts
from crawler.records.identity import entry_identity
from crawler.spiders import KINDS
from tests.goldenfile import assert_reads_as_expected, documents

GOLDEN = Path(__file__).parent.parent / "golden" / "sitemap"
SITEMAPS = documents(GOLDEN)
SITE = "https://hill.example"
URL = f"{SITE}/sitemap.xml"


def urlset(*addresses: str, lastmod: str = "") -> bytes:
    dated = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    urls = "".join(f"<url><loc>{address}</loc>{dated}</url>" for address in addresses)
    return f'<?xml version="1.0"?><urlset xmlns="x">{urls}</urlset>'.encode()


def paths(feed: ParsedFeed) -> list[str]:
    return [(entry.url or "").removeprefix(SITE) for entry in feed.entries]


@pytest.mark.parametrize("path", SITEMAPS, ids=lambda path: path.name)
def test_golden_sitemap_reads_as_expected(path: Path) -> None:
    feed = parse_sitemap(path.read_bytes(), None, URL)
    assert "TRAP" not in str(feed)
    assert_reads_as_expected(path, feed)


def test_news_sitemap_gives_titles_and_dates_of_publication() -> None:
    newest, *_ = parse_sitemap((GOLDEN / "news.xml").read_bytes(), None, URL).entries
    assert newest.title == "Another edition"
    assert newest.published == datetime(2026, 8, 1, 8, 45, tzinfo=UTC)


def test_date_of_an_edit_orders_but_is_no_date_of_publication() -> None:
    feed = parse_sitemap((GOLDEN / "posts.xml").read_bytes(), None, URL)
    assert all(entry.published is None and entry.title == "" for entry in feed.entries)
    assert paths(feed) == [
        "/edited-today/",
        "/bare?a=1&b=2&lol;&secret;",  # bare ampersands stay; entities of the DTD stay names
        "/?p=77",
        "/2019/05/04/old-but-edited/",  # the path knows better than lastmod
        "/relative-and-undated/",
    ]


@pytest.mark.parametrize("name", ["news.xml", "feed.xml"])
def test_fragment_keeps_one_path(name: str) -> None:
    body = (GOLDEN / name).read_bytes()
    kept = parse_sitemap(body, None, f"{URL}#/burmese/")
    assert kept.entries
    assert all((entry.url or "").startswith(f"{SITE}/burmese/") for entry in kept.entries)
    assert len(kept.entries) < len(parse_sitemap(body, None, URL).entries)


def test_kept_path_says_the_language_and_name_of_its_own_edition() -> None:
    body = (GOLDEN / "news.xml").read_bytes()
    burmese, english = (parse_sitemap(body, None, f"{URL}#/{edition}/") for edition in ("burmese", "english"))
    assert (burmese.language, burmese.title) == ("my", "Hill & Lake")
    assert (english.language, english.title) == ("en", "Hill in English")


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        (f"{URL}#/burmese/", "/burmese/"),
        (f"{URL}?a=b#/%E1%80%99/", "/မ/"),
        (URL, ""),
        (f"{URL}#top", ""),
    ],
)
def test_only_a_fragment_that_is_a_path_filters(url: str, prefix: str) -> None:
    assert keep_path(url) == prefix


def test_percent_encoded_paths_are_kept_by_a_readable_prefix() -> None:
    body = urlset(f"{SITE}/%E1%80%99/a", f"{SITE}/မ/b", f"{SITE}/other/c")
    assert len(parse_sitemap(body, None, f"{URL}#/မ/").entries) == 2


def test_parts_below_the_kept_path_leave_the_other_editions_unread() -> None:
    shards = [Listed(f"{SITE}/{edition}/sitemap.xml") for edition in ("burmese", "english")]
    assert news_parts(shards, "/burmese/", URL) == (f"{SITE}/burmese/sitemap.xml",)
    assert len(news_parts(shards, "/mon/", URL)) == 2  # whose shards hold all editions


def test_a_shard_unchanged_for_a_month_beside_a_newer_one_is_left_to_the_archive() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    ages = {"new": 0, "recent": 29, "old": 31, "unknown": None}
    shards = [
        Listed(f"{SITE}/{name}.xml", lastmod=None if age is None else now - timedelta(days=age))
        for name, age in ages.items()
    ]
    assert set(news_parts(shards, "", URL)) == {f"{SITE}/{name}.xml" for name in ("new", "recent", "unknown")}
    assert news_parts(shards[2:3], "", URL) == (f"{SITE}/old.xml",)  # alone it is the newest


def test_an_index_does_not_lead_back_to_itself() -> None:
    assert news_parts([Listed(URL), Listed(f"{SITE}/a.xml")], "/x/", f"{URL}#/x/") == (f"{SITE}/a.xml",)


def test_address_is_asked_without_the_fragment() -> None:
    assert KINDS["sitemap"].ask(f"{URL}?a=b#/burmese/") == f"{URL}?a=b"


@pytest.mark.parametrize(
    ("path", "is_article"),
    [
        ("/news/clinic-reopens", True),
        ("/archives/12635", True),
        ("/?p=12", True),
        ("/tagaung-town-floods/", True),
        ("/news/page-one-of-the-agreement", True),
        ("/2026/08/01/x.html", True),
        ("/", False),
        ("", False),
        ("/mm", False),
        ("/tag/x", False),
        ("/archives/category/news/", False),
        ("/categories/news", False),
        ("/news/page/3", False),
        ("/news/feed/", False),
        ("/author/desk", False),
        ("/a/picture.webp", False),
        ("/other-sitemap.xml.gz", False),
    ],
)
def test_addresses_that_are_no_articles_are_passed_over(path: str, is_article: bool) -> None:
    assert can_be_article(Listed(SITE + path)) is is_article


def test_publishers_headline_makes_an_article_of_any_path() -> None:
    assert can_be_article(Listed(f"{SITE}/category/clinic-reopens", title="Clinic reopens"))


def a_day(number: int) -> str:
    return f"<lastmod>2026-{1 + number // 28 % 12:02}-{1 + number % 28:02}</lastmod>"


def test_only_the_newest_200_are_read_wherever_they_stand() -> None:
    oldest_first = "".join(f"<url><loc>{SITE}/story-{n}-x</loc>{a_day(n)}</url>" for n in range(336))
    feed = parse_sitemap(f"<urlset>{oldest_first}</urlset>".encode(), None, URL)
    assert paths(feed) == [f"/story-{n}-x" for n in range(335, 335 - MAX_ENTRIES, -1)]


def test_numbered_articles_are_ordered_by_number_though_old_ones_were_edited() -> None:
    urls = "".join(f"<url><loc>{SITE}/post/{n}</loc>{a_day(9999 - n)}</url>" for n in range(1000, 1300))
    feed = parse_sitemap(f"<urlset>{urls}</urlset>".encode(), None, URL)
    assert paths(feed) == [f"/post/{n}" for n in range(1299, 1299 - MAX_ENTRIES, -1)]


@pytest.mark.parametrize("lastmod", ["", "2026-08-01T12:00:00Z"])  # none, or that of the last build
def test_without_a_telling_date_both_ends_are_read(lastmod: str) -> None:
    feed = parse_sitemap(urlset(*(f"{SITE}/story-{n}-x" for n in range(999)), lastmod=lastmod), None, URL)
    assert len(feed.entries) == MAX_ENTRIES
    assert {"/story-0-x", "/story-998-x"} <= set(paths(feed))


def test_identity_stays_when_an_article_is_edited() -> None:
    def identities(lastmod: str) -> list[str]:
        feed = parse_sitemap(
            urlset(f"{SITE}/story-a", f"{SITE}/?p=1", f"{SITE}/?p=2", lastmod=lastmod), None, URL
        )
        return [entry_identity(entry) for entry in feed.entries]

    assert identities("2026-08-01") == identities("2026-08-02")
    assert len(set(identities("2026-08-01"))) == 3


def pack(body: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        body = gzip.compress(body, mtime=0)
    return body


@pytest.mark.parametrize("times", [0, 1, 2])
def test_packed_sitemaps_are_unpacked_also_when_the_server_packed_them_again(times: int) -> None:
    body = pack(urlset(f"{SITE}/story-a"), times)
    assert paths(parse_sitemap(body, "application/gzip", URL)) == ["/story-a"]


def test_broken_gzip_keeps_what_stands_before_the_damage() -> None:
    body = pack(urlset(*(f"{SITE}/story-{n * 7919}-x" for n in range(5000))))
    feed = parse_sitemap(body[: len(body) // 2], None, URL)
    assert len(feed.entries) == MAX_ENTRIES
    assert feed.damaged is not None
    assert "damaged gzip; cut off after entry" in feed.damaged


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_byte_order_marks_and_wide_encodings_are_read(encoding: str) -> None:
    body = (GOLDEN / "news.xml").read_text("utf-8").encode(encoding)
    assert parse_sitemap(body, "text/xml; charset=us-ascii", URL).entries[2].title == "လွိုင်ကော် ဈေး ပြန်ဖွင့်"


@pytest.mark.parametrize(
    "body", [b"<urlset/>", b"<urlset xmlns='x'></urlset>", b"<sitemapindex ></sitemapindex>"]
)
def test_an_empty_sitemap_is_a_sitemap(body: bytes) -> None:
    assert parse_sitemap(body, None, URL) == ParsedFeed(())


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "empty answer"),
        (pack(b""), "empty answer"),
        (b" \xef\xbb\xbf\r\n", "empty answer"),
        (b"<!DOCTYPE html><title>Lake &amp; Hill</title>", "HTML page, not a sitemap: Lake & Hill"),
        (b"<html><title>Just a moment...</title><urlset>", "challenge page (Just a moment...)"),
        (b"<?xml version='1.0'?><opml><url/></opml>", "not a sitemap: <opml>"),
        (b"no sitemap at all", "not a sitemap"),
        (b"<urlset><url><loc>https://hill.exam", "not a sitemap: cut off before the end of its first entry"),
        (b'{"code": "rest_no_route"}', "not a feed"),
        (b"\x1f\x8b\x08 no gzip", "damaged gzip"),
        (pack(b" " * (MAX_UNPACKED_BYTES + 1)), "unpacks to more than 20 MB"),
        (pack(b" " * (MAX_UNPACKED_BYTES + 1), 2), "unpacks to more than 20 MB"),
    ],
)
def test_what_is_no_sitemap_is_named(body: bytes, cause: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_sitemap(body, "application/xml", URL)
    assert cause in str(raised.value)


@settings(deadline=None, max_examples=60)
@given(st.integers(min_value=0, max_value=400))
def test_cut_anywhere_keeps_only_whole_addresses(length: int) -> None:
    addresses = [f"{SITE}/story-{n}/whole" for n in range(5)]
    body = urlset(*addresses)
    try:
        feed = parse_sitemap(body[:length], None, URL)
    except ParseError:
        return
    assert [entry.url for entry in feed.entries] == addresses[: len(feed.entries)]
    assert feed.damaged or length >= len(body)


@settings(deadline=None, max_examples=80)
@given(st.binary(max_size=120), st.integers(min_value=0, max_value=200))
def test_any_bytes_are_a_sitemap_or_a_parse_error(noise: bytes, at: int) -> None:
    whole = urlset(f"{SITE}/a-story", f"{SITE}/b-story", lastmod="2026-08-01")
    for hostile in (noise, whole[:at] + noise + whole[at:], pack(whole)[:at] + noise):
        try:
            feed = parse_sitemap(hostile, None, URL)
        except ParseError as error:
            assert str(error)
        else:
            assert all(entry.url and entry.url.startswith(("http://", "https://")) for entry in feed.entries)


HOSTILE = {
    "150,000 links": urlset(*(f"{SITE}/s{n}" for n in range(150_000))),
    "links in lines": b"\n".join(b"https://hill.example/story-%d" % n for n in range(250_000)),
    "endless starts": b"<urlset>" + b"<url>" * 1_600_000,
    "one endless tag": b"<urlset><url><" + b"a" * 8_000_000,
    "endless tags": b"<urlset>" + (b"<url><" + b"a" * 19_990 + b"</url>") * 400,
    "endless prefix": b"<urlset><url>" + b"<a:b.c-" * 1_100_000 + b"</url></urlset>",
    "endless comments": b"<urlset>" + b"<!--" * 2_000_000,
    "endless CDATA": b"<urlset><url><loc>" + b"<![CDATA[" * 880_000,
    "endless spaces": b"<urlset><url>" + b"</urlset" + b" " * 8_000_000,
    "100k deep": b"<urlset>" + b"<url><a>" * 100_000 + b"</a></url>" * 100_000 + b"</urlset>",
    "endless references": b"<urlset><url><loc>https://hill.example/"
    + b"&amp" * 2_000_000
    + b"</loc></url></urlset>",
    "dates in the path": urlset(*(f"{SITE}/" + "2026/" * 300 + str(n) for n in range(5000))),
    "empty gzip members": gzip.compress(b"", mtime=0) * 400_000,
    "gzip of 19.6 MB": pack(urlset(*(f"{SITE}/s{n}" for n in range(400_000)))),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sitemap_is_read_or_refused_in_bounded_time(name: str) -> None:
    begun = time.process_time()
    try:
        feed = parse_sitemap(HOSTILE[name], None, f"{URL}#/s")
    except ParseError as error:
        assert str(error)
    else:
        assert len(feed.entries) <= MAX_ENTRIES
    spent_s = time.process_time() - begun
    print(f"{name}: {spent_s:.2f} s")
    assert spent_s < 6.0  # the worker is killed at 8


def test_worker_reads_index_and_part_as_the_spider_asks_them() -> None:
    async def scenario(bodies: Sequence[bytes]) -> list[ParsedFeed]:
        worker = Worker()
        try:
            return [await worker.parse("sitemap", body, "text/xml", f"{URL}#/burmese/") for body in bodies]
        finally:
            await worker.close()

    index, part = asyncio.run(
        scenario([(GOLDEN / "yoast-index.xml").read_bytes(), (GOLDEN / "news.xml").read_bytes()])
    )
    assert index.parts == (f"{SITE}/post-sitemap2.xml",)
    assert len(part.entries) == 2
