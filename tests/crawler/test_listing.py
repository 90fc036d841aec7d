"""Pages of headlines become entries: the list and nothing round it, dates, the next page, and what is refused."""

from __future__ import annotations

import csv
import json
import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.errors import ParseError
from crawler.parse.listing import MAX_PAGE_ENTRIES, parse_listing
from crawler.parse.pagedate import read_printed_date
from crawler.spiders import KINDS
from crawler.worker import feed_from_json, feed_to_json
from tests.goldenfile import assert_reads_as_expected

GOLDEN = Path(__file__).parent.parent / "golden" / "listing"
URLS = {
    "blogger": "http://hillblog.example/",
    "drupal-eleven": "https://noon.example/news",
    "drupal7-bni": "https://border.example/en/news",
    "jannah": "https://now.example/en/news/",
    "jnews-burmese": "https://thauk.example/category/news",
    "nextjs": "https://shore.example/",
    "plain-burmese": "https://plain.example/news.html",
    "tagdiv": "https://lake.example/category/news/",
}
COUNTS = {
    "blogger": 5,
    "drupal-eleven": 6,
    "drupal7-bni": 8,
    "jannah": 7,
    "jnews-burmese": 6,
    "nextjs": 6,
    "plain-burmese": 6,
    "tagdiv": 8,
}
CORPUS = {  # real listing pages: what their list holds
    "irrawaddy-burmese__category-politics_2025-10.html": 18,  # three lead stories and fifteen cards
    "mdn__my_local-education_2025.html": 10,
    "mdn__my_international-education_2025.html": 10,
    "mdn__my_international-sports_2025.html": 10,
}
URL = "https://outlet.example/news"
LINKS = "".join(
    f'<li><a href="/n/{number}.html">A headline with number {number}</a></li>' for number in (3, 2, 1)
)


def a_page(body: str, head: str = "<title>The News</title>", classes: str = "") -> bytes:
    return f"<!doctype html><html><head>{head}</head><body class='{classes}'>{body}</body></html>".encode()


def older(body: str, url: str = URL) -> str | None:
    return parse_listing(a_page(f"<ul>{LINKS}</ul>{body}"), None, url).older


def first_date(card: str) -> datetime | None:
    """Return the date of the first card of a list when *card* is printed in it."""
    rest = "".join(f"<div><h3><a href='/n/b{n}-c-d-e'>The headline {n} is here</a></h3></div>" for n in "123")
    first = f"<div><h3><a href='/n/a-b-c-d'>Rain stops the ferry</a></h3>{card}</div>"
    return parse_listing(a_page(first + rest), None, URL).entries[0].published


@pytest.mark.parametrize("name", URLS)
def test_golden_listing_reads_as_expected(name: str) -> None:
    page = parse_listing((GOLDEN / f"{name}.html").read_bytes(), None, URLS[name])
    assert_reads_as_expected(GOLDEN / f"{name}.html", page)


@pytest.mark.parametrize("name", URLS)
def test_list_is_whole_and_holds_no_furniture(name: str) -> None:
    page = parse_listing((GOLDEN / f"{name}.html").read_bytes(), None, URLS[name])
    assert len(page.entries) == COUNTS[name]
    assert all(entry.published for entry in page.entries)
    assert page.older
    told = json.dumps([[entry.title, entry.url] for entry in page.entries]) + page.older
    assert "trap" not in told.lower()
    assert "evil" not in told
    assert "script" not in told
    assert {entry.guid for entry in page.entries} == {None}
    assert feed_from_json(json.loads(json.dumps(feed_to_json(page)))) == page


def corpus_page(shared: Path, name: str) -> tuple[bytes, str]:
    raw = shared / "corpus" / "raw"
    with (raw / "manifest.csv").open(encoding="utf-8", newline="") as rows:
        urls = {row["file"]: row["url"] for row in csv.DictReader(rows)}
    return (raw / name).read_bytes(), urls[name]


@pytest.mark.parametrize("name", CORPUS)
def test_real_listing_pages_give_their_list(name: str, shared: Path) -> None:
    body, url = corpus_page(shared, name)
    page = parse_listing(body, None, url)
    assert len(page.entries) == CORPUS[name]
    assert all(entry.published and entry.published.year == 2025 for entry in page.entries)
    dates = [entry.published for entry in page.entries if entry.published]
    assert dates == sorted(dates, reverse=True), "a rail's story among them would break the order"
    if name.startswith("mdn"):
        assert page.older == f"{url}?page=1"
    else:
        assert not any("406835" in str(entry.url) or "406843" in str(entry.url) for entry in page.entries)


def test_no_real_article_is_read_as_a_list(shared: Path) -> None:
    names = sorted(
        path.name for path in (shared / "corpus" / "raw").glob("*.html") if path.name not in CORPUS
    )
    assert len(names) >= 15
    for name in names:
        with pytest.raises(ParseError, match=r"^an article, not a page that lists articles: "):
            parse_listing(corpus_page(shared, name)[0], None, corpus_page(shared, name)[1])


def test_article_without_metadata_is_known_by_its_story() -> None:
    story = "".join(f"<p>{'The road stayed open all day, a driver said. ' * 4}</p>" for _ in range(6))
    related = f"<h2>More from here</h2><ul>{LINKS}</ul>"
    with pytest.raises(ParseError, match="an article"):
        parse_listing(a_page(f"<h1>Road open</h1>{story}{related}"), None, URL)
    broken = story.replace("<p>", "").replace("</p>", "<br><br>")
    with pytest.raises(ParseError, match="an article"):
        parse_listing(a_page(f"<h1>Road open</h1><div>{broken}</div>{related}"), None, URL)
    # The same words as excerpts of a list are no story.
    cards = "".join(
        f"<div><h3><a href='/n/{n}-b-c-d'>The road is open, {n}</a></h3><p>{'It rains. ' * 40}</p></div>"
        for n in "1234"
    )
    assert len(parse_listing(a_page(cards), None, URL).entries) == 4


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "empty answer"),
        (b" \r\n\xef\xbb\xbf", "empty answer"),
        (b"<title>Just a moment...</title><script></script>", "challenge page (Just a moment...)"),
        (b"<title>Log in</title><input type=password>", "login page, not a list of articles: Log in"),
        (b"<title>The News</title><div id=__next></div>", "listing page without article links: 'The News'"),
        (b"<rss><channel></channel></rss>", "not a web page; for a feed write kind: feed"),
        (b'<?xml version="1.0"?><feed/>', "not a web page; for a feed write kind: feed"),
        (b'{"items": []}', "not a web page"),
        (b"%PDF-1.7", "not a web page"),
        (b"nothing but text", "listing page without article links: ''"),
    ],
)
def test_what_is_no_listing_is_named(body: bytes, cause: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_listing(body, "text/html", URL)
    assert cause in str(raised.value)


def test_menu_of_sections_is_no_list() -> None:
    menu = "".join(
        f"<li><a href='/section/{name}'>{name.title()} and more</a></li>"
        for name in ("news", "arts", "sport", "food")
    )
    with pytest.raises(ParseError, match="without article links"):
        parse_listing(a_page(f"<ul>{menu}</ul>"), None, URL)


def test_hostile_links_are_passed_over() -> None:
    bad = "".join(
        f'<li><a href="{link}">A headline that leads elsewhere</a></li>'
        for link in (
            "javascript:alert(1)",
            "data:text/html,x",
            "https://elsewhere.example/a-b-c-d",
            "//elsewhere.example/x-y-z-w",
            "http://[::1",
            "https://user:pw@elsewhere.example/q-w-e-r",
            "/" + "a-" * 3000,
            "/news#top",
            "/tag/a-b-c-d",
            "/report-a-b-c.pdf",
        )
    )
    page = parse_listing(a_page(f"<ul>{bad}{LINKS}</ul>"), None, URL)
    assert [entry.url for entry in page.entries] == [f"https://outlet.example/n/{n}.html" for n in (3, 2, 1)]


def test_base_address_of_another_site_leads_nowhere() -> None:
    with pytest.raises(ParseError, match="without article links"):
        parse_listing(a_page(f"<base href='https://elsewhere.example/'><ul>{LINKS}</ul>"), None, URL)


def test_links_of_one_article_are_one_entry_with_the_best_words() -> None:
    card = (
        "<article><a href='/n/{0}-b-c-d/?utm_source=x'><img alt='a picture of rain'></a>"
        "<h2><a href='https://www.outlet.example/n/{0}-b-c-d'>Rain in town {0}</a></h2>"
        "<a href='/n/{0}-b-c-d'>Read more</a></article>"
    )
    page = parse_listing(a_page("".join(card.format(n) for n in "1234")), None, URL)
    assert [entry.title for entry in page.entries] == [f"Rain in town {n}" for n in "1234"]


def test_digest_of_the_day_keeps_its_dated_headline() -> None:
    items = "".join(
        f"<li><a href='/n/{n}-b-c-d'>၂၀၂၆ နိုဝင်ဘာ {n} သတင်းအနှစ်ချုပ်</a></li>" for n in ("၂၂", "၂၁", "၂၀")
    )  # news digest of 22 November 2026
    assert len(parse_listing(a_page(f"<ul>{items}</ul>"), None, URL).entries) == 3


def test_headlines_that_begin_like_furniture_are_kept() -> None:
    titles = (
        "Trending down: rice",
        "Related men were freed",
        "Continue the talks, they say",
        "Find out who paid",
    )
    cards = "".join(
        f"<div class='card'><h3><a href='/n/{n}-b-c-d'>{title}</a></h3><p>x</p><a href='/tag/x'>x</a></div>"
        for n, title in enumerate(titles)
    )
    assert [entry.title for entry in parse_listing(a_page(cards), None, URL).entries] == list(titles)


YANGON_22 = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)  # midnight in Yangon


@pytest.mark.parametrize(
    ("card", "published"),
    [
        ("<time datetime='2026-11-22T10:00:00+00:00'>today</time>", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("<time datetime='2026-11-22'>today</time>", YANGON_22),
        ("<time datetime='2026-11-22T06:30:00'>today</time>", datetime(2026, 11, 22, tzinfo=UTC)),
        (
            "<abbr class='published' title='2026-11-22T06:30:00+06:30'>6:30 AM</abbr>",
            datetime(2026, 11, 22, tzinfo=UTC),
        ),
        ("<p>22/11/26</p>", YANGON_22),
        ("<p>11/22/2026</p>", YANGON_22),
        ("<p>2026-11-22</p>", YANGON_22),
        ("<p>Posted on Sunday, November 22nd, 2026 by Desk</p>", YANGON_22),
        ("<span>Desk</span><span>Nov 22, 2026</span>", YANGON_22),
        ("<p>22 November 2026 - 6:30 PM</p>", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        ("<p>၂၂ နိုဝင်ဘာ ၂၀၂၆</p>", YANGON_22),
        ("<p>နိုဝင်ဘာ ၂၂၊ ၂၀၂၆</p>", YANGON_22),
        ("<p>၂၀၂၆ ခုနှစ်၊ နိုဝင်ဘာလ ၂၂ ရက်</p>", YANGON_22),
        ("<p>၂၂ ဇန်န၀ါရီ ၂၀၂၆</p>", datetime(2026, 1, 21, 17, 30, tzinfo=UTC)),  # January, wa typed as zero
        ("<p>5 days ago</p>", None),
        ("<p>32/13/2026</p>", None),
        (
            "<p>Families of the lake remembered the fire of 22 November 2025 with a walk along the shore.</p>",
            None,
        ),
    ],
)
def test_dates_of_cards(card: str, published: datetime | None) -> None:
    assert first_date(card) == published


def test_every_month_is_read_in_burmese() -> None:
    # January to December
    names = "ဇန်နဝါရီ|ဖေဖော်ဝါရီ|မတ်|ဧပြီ|မေ|ဇွန်|ဇူလိုင်|ဩဂုတ်|စက်တင်ဘာ|အောက်တိုဘာ|နိုဝင်ဘာ|ဒီဇင်ဘာ"
    months = re.split(r"\|", names)
    found = [read_printed_date(f"{month} ၂ ရက်၊ ၂၀၂၆") for month in months]  # 2 January 2026 ...
    assert [date and (date.month, date.day) for date in found] == [(number, 1) for number in range(1, 13)]


@pytest.mark.parametrize(
    ("pager", "url", "expected"),
    [
        ("<a href='/news/page/2/'>2</a>", URL, f"{URL}/page/2/"),
        ("<a href='/news/page/4/'>4</a><a href='/news/page/2/'>2</a>", f"{URL}/page/3/", f"{URL}/page/4/"),
        ("<a href='/news/page/2/'>2</a>", f"{URL}/page/3/", None),  # the last page
        ("<a href='?page=0'>1</a><a href='?page=1'>2</a>", URL, f"{URL}?page=1"),  # Drupal
        ("<a href='?page=1'>1</a><a href='?page=2'>2</a>", URL, f"{URL}?page=2"),
        ("<a href='?page=5&x=<b>'>next</a>", f"{URL}?page=4", f"{URL}?page=5"),
        ("<a href='?page=5'>next</a>", f"{URL}?page=5", None),  # the last page names itself
        ("<a href='https://elsewhere.example/news?page=1'>next</a>", URL, None),
        ("<a href='/other?page=1'>next</a>", URL, None),
        ("<a href='?page=1' class='x'>နောက်</a>", f"{URL}?q=Loikaw", f"{URL}?q=Loikaw&page=1"),
        ("<a href='?start=20'>3</a><a href='?start=10'>2</a>", URL, f"{URL}?start=10"),
        (
            "<a href='/page/2/?s=Loikaw'>2</a>",
            "https://outlet.example/?s=Loikaw",
            "https://outlet.example/?s=Loikaw&paged=2",
        ),
        (
            "<a href='/page/3/?s=L'>3</a>",
            "https://outlet.example/?s=L&paged=2",
            "https://outlet.example/?s=L&paged=3",
        ),
        ("<a href='/search?updated-max=%3Cscript%3E'>Older Posts</a>", URL, None),
        ("<a href='?page=99999999999999999999'>next</a>", URL, None),
        ("<a href='/news/next-to-nothing'>Next</a>", URL, None),
        ("", URL, None),
    ],
)
def test_next_page_is_built_never_followed(pager: str, url: str, expected: str | None) -> None:
    assert older(pager, url) == expected


ODD = (
    "<div class=x><b class=t><a href='/one'>One</a></b></div><div class=x><b class=t><a href='/two'>Two</a></b></div>"
    "<a href='/about-the-town'>About the town</a><a class=on href='/news/archive/b?c=1'>on</a>"
)


def test_selectors_name_the_list_where_discovery_fails() -> None:
    with pytest.raises(ParseError, match="without article links"):
        parse_listing(a_page(ODD), None, URL)
    url = f"{URL}#links=.x%20.t>a&next=a.on"
    page = parse_listing(a_page(ODD), None, url)
    assert [(entry.title, entry.url) for entry in page.entries] == [
        ("One", "https://outlet.example/one"),
        ("Two", "https://outlet.example/two"),
    ]
    assert page.older == "https://outlet.example/news/archive/b?c=1#links=.x%20.t>a&next=a.on"
    assert [entry.title for entry in parse_listing(a_page(ODD), None, f"{URL}#links=b.t").entries] == [
        "One",
        "Two",
    ]


@pytest.mark.parametrize(
    ("fragment", "cause"),
    [
        ("links=h3[", "cannot use the selector 'h3['"),
        ("links=" + "a" * 400, "cannot use the selector"),
        ("links=a::before", "cannot use the selector"),
        ("links=h5>a", "the selector 'h5>a' finds none"),
    ],
)
def test_bad_selectors_are_named(fragment: str, cause: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_listing(a_page(ODD), None, f"{URL}#{fragment}")
    assert cause in str(raised.value)


def test_selected_next_page_stays_on_the_host() -> None:
    body = a_page(f"<ul>{LINKS}</ul><a class=on href='https://elsewhere.example/news?page=2'>on</a>")
    assert parse_listing(body, None, f"{URL}#next=a.on").older is None
    assert KINDS["listing"].ask(f"{URL}#next=a.on") == f"{URL}#next=a.on"


HEADLINE = '<div><h3><a href="/n/{0}-a-b-c">Headline number {0} of many</a></h3></div>'
BOMBS = {
    "many links": "".join(HEADLINE.format(number) for number in range(100_000)),
    "many hosts": "".join(
        f'<a href="https://h{n}.example/a-b-c-{n}">Headline number {n}</a>' for n in range(20_000)
    ),
    "deep": "<div>" * 100_000 + LINKS,
    "nested rails": "<div class='popular'>" * 250 + "".join(HEADLINE.format(n) for n in range(20_000)),
    "many headings": "<h3>Most read</h3>" * 50_000 + "<i></i>" * 100_000,
    "long titles": "".join(f'<h3><a href="/n/{n}-a-b-c">{"1/" * 400}</a></h3>' for n in range(4000)),
    "many attributes": f"<a {' '.join(f'a{n}=1' for n in range(5000))} href='/a-b-c-d'>x</a>",
    "deep JSON": f"<script type='application/ld+json'>{'[' * 150_000}</script>",
    "pager": "".join(f"<a href='?page={n}'>{n}</a>" for n in range(50_000)),
    "repeated page words": "".join(f"<a href='{'/page/1' * 250}'>{n}</a>" for n in range(4000)),
    "entities": "&amp;" * 1_000_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_hostile_page_is_read_or_refused_in_bounded_time(name: str) -> None:
    began_s = time.process_time()
    with suppress(ParseError):
        assert len(parse_listing(a_page(BOMBS[name]), None, URL).entries) <= MAX_PAGE_ENTRIES
    assert time.process_time() - began_s < 8  # the deadline of the process that reads pages
