"""Article faults from feed to chat: what is told when a page fails, deceives, changes or vanishes, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from html import escape

import pytest

from tests.crawler.crawling import PROSE, a_feed
from tests.e2e.program import a_source, page
from tests.faults.watching import Watch
from tests.newsroom import Newsroom

RSS = "application/rss+xml"
NEWS = f"Traders in Loikaw opened their stalls again.\n{PROSE}"
OVERRIDE, ISOLATE, END, JOINER, HIDDEN = "\u202e", "\u2066", "\u2069", "\u200b", "\u200f"
HOSTILE_TITLE = f"Loikaw {OVERRIDE}gnp.exe{ISOLATE}market{END}{HIDDEN} is open"
ROAD = "လွိုင်ကော်မြို့အဝင် ကားလမ်းကို ဒီကနေ့ မနက်က ပြန်ဖွင့်လိုက်ပြီလို့ ဒေသခံတွေက ပြောပါတယ်။"  # road into Loikaw open
TWIN = "Twin bridges near Loikaw"
HOURS = (0, 2, 9, 30)


def own_page(title: str, text: str, head: str = "") -> bytes:
    """Return an article page with *head* in its head."""
    return page(title, text).replace(b"</head>", head.encode() + b"</head>")


def publish(newsroom: Newsroom, hour: int) -> None:
    """Serve the feeds and pages as they are at *hour*."""
    link, late = newsroom.url, hour > 0
    items = [
        {"title": "Road report", "link": link("/p/late"), "summary": "Nothing more is known."},
        {"title": "Clinic of Loikaw closes", "link": link("/p/gone"), "summary": "In brief."},
        {"title": "Paid words on prices", "link": link("/p/paid"), "summary": "In brief."},
        {
            "title": "Script on a bridge",
            "link": link("/p/script"),
            "summary": "A bridge near Loikaw is mended.",
        },
        {"title": "Loikaw\x00 bakers\x07 return", "link": link("/p/controls"), "summary": "In brief."},
        {"title": HOSTILE_TITLE, "link": "http://\u0456rrawaddy.invalid/p/1", "summary": "In brief."},
        {"title": "Edited note" if not late else "Edited note, edited", "link": link("/p/edited")},
        {"title": "Bad link in Loikaw", "link": "javascript:alert(1)", "summary": "In brief."},
        {"title": "Endless link in Loikaw", "link": link("/p/" + "x" * 2100), "summary": "In brief."},
        {"title": "Forbidden page", "link": link("/closed/1"), "summary": "Shops in Loikaw are shut."},
        {"title": "Root of all in Loikaw", "link": link("/p/canonical-root")},
        {"title": "Other host in Loikaw", "link": link("/p/canonical-other")},
        {"title": TWIN, "link": link("/p/twin"), "summary": "In brief."},
        {"title": "Mislabelled page", "link": link("/p/mislabelled"), "summary": "In brief."},
    ]
    if not late:
        items.append({"title": "Deleted note", "link": link("/p/deleted"), "summary": "In brief."})
    newsroom.add("/press", a_feed(*items), RSS)
    newsroom.add("/amp", a_feed({"title": TWIN, "link": link("/p/twin/amp")}), RSS)
    newsroom.add("/mobile", a_feed({"title": TWIN, "link": link("/p/m-twin?utm_source=app")}), RSS)
    newsroom.robots("User-agent: *\nDisallow: /closed/\n")
    newsroom.behave("/p/gone", "/410")
    newsroom.behave("/p/late", "/404")
    if late:
        newsroom.add("/p/late", page("Road report", NEWS))
    paid = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>'
    newsroom.add(
        "/p/paid", own_page("Paid", "Prices in Loikaw rose again this week, traders in the market say.", paid)
    )
    newsroom.add("/p/script", "<!doctype html><html><body><div id='app'></div><script>render()</script>")
    newsroom.add("/p/controls", page("x", NEWS).replace(b"stalls", b"st\x00al\x01ls"))
    edited = NEWS.replace("Traders", "Bakers and traders") if late else NEWS
    newsroom.add("/p/edited", page("Edited note", edited))
    if late:
        newsroom.behave("/p/deleted", "/404")
    else:
        newsroom.add("/p/deleted", page("Deleted note", f"Buses to Loikaw run again.\n{PROSE}"))
    for path, where in (("root", "/"), ("other", "https://other.example/p/canonical-other")):
        declared = f'<link rel="canonical" href="{escape(where)}">'
        newsroom.add(f"/p/canonical-{path}", own_page(path, f"{path}: {NEWS}", declared))
    # UTF-8 that the header and the page call something else, with a few bytes that are neither
    wrong = page("Mislabelled", f"{ROAD}\n{PROSE}").replace(b"charset='utf-8'", b"charset='windows-1252'")
    newsroom.add("/p/mislabelled", wrong.replace(b"lorries", b"lorr\xffies"), "text/html; charset=iso-8859-1")
    declared = f'<link rel="canonical" href="{link("/p/twin")}">'
    for path in ("/p/twin", "/p/twin/amp", "/p/m-twin"):
        newsroom.add(path, own_page(TWIN, f"Two bridges near Loikaw were mended.\n{PROSE}{path}", declared))


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """Run the program four times in thirty hours, which is when pages that failed are asked for again."""
    with Newsroom() as newsroom:
        sources = [
            a_source(name, newsroom.url(f"/{name}"), every="1h") for name in ("press", "amp", "mobile")
        ]
        watch = Watch.open(tmp_path_factory.mktemp("articles"), sources)
        for before, hour in zip((0, *HOURS), HOURS, strict=False):
            publish(newsroom, hour)
            watch.run(after=timedelta(hours=hour - before), force=True)
        yield watch


def test_a01_page_that_cannot_be_had_is_matched_on_the_feeds_words_at_once(watch: Watch) -> None:
    assert "Clinic of Loikaw closes" in watch.runs[0].told
    assert watch.told("Clinic of Loikaw closes") == 1
    row = watch.articles("press")["Clinic of Loikaw closes"]
    assert (row.origin, row.state, row.problem) == ("summary", "settled", "410 gone")


def test_a01_match_in_a_text_that_comes_later_is_still_delivered(watch: Watch) -> None:
    assert "Road report" not in watch.runs[0].told
    assert "Road report" in watch.runs[1].told
    assert watch.told("Road report") == 1
    assert watch.articles("press")["Road report"].origin == "page"


def test_a02_teaser_is_flagged_and_matched_on_what_is_there(watch: Watch) -> None:
    row = watch.articles("press")["Paid words on prices"]
    assert row.truncated == 1
    assert watch.told("Paid words on prices") == 1
    assert watch.told("· teaser") == 1


def test_a03_twins_by_three_sources_are_one_alert(watch: Watch) -> None:
    ids = {watch.articles(name)[TWIN].id for name in ("press", "amp", "mobile")}
    assert len(ids) == 1
    assert sum(ran.told.count(TWIN) for ran in watch.runs) == 1


@pytest.mark.parametrize("title", ["Root of all in Loikaw", "Other host in Loikaw"])
def test_a04_canonical_address_of_elsewhere_is_passed_over(title: str, watch: Watch) -> None:
    row = watch.articles("press")[title]
    assert "/p/canonical-" in row.url
    assert "127.0.0.1" in row.url
    assert watch.told(title) == 1


def test_a05_page_without_text_is_told_by_its_summary_and_counted_for_its_source(watch: Watch) -> None:
    row = watch.articles("press")["Script on a bridge"]
    assert (row.origin, row.problem) == ("summary", "no article text on the page")
    assert watch.told("Script on a bridge") == 1
    assert "summary only" in watch.runs[0].told
    assert "6 of 15 articles by headline or summary only in 7 days" in watch.runs[-1].status


def test_a07_control_characters_reach_neither_store_nor_chat(watch: Watch) -> None:
    row = watch.articles("press")["Loikaw bakers return"]
    assert "opened their stalls again" in row.text
    assert watch.told("Loikaw bakers return") == 1
    assert not any(ord(letter) < 32 and letter != "\n" for ran in watch.runs for letter in ran.told)


def test_a08_page_that_is_called_by_a_wrong_encoding_is_read_and_matched(watch: Watch) -> None:
    row = watch.articles("press")["Mislabelled page"]
    assert row.text.startswith(ROAD)
    assert "lorr\ufffdies" in row.text, "what is neither is a mark, and the rest stays"
    assert watch.told("Mislabelled page") == 1


def test_a10_what_reorders_text_or_imitates_a_host_is_shown_for_what_it_is(watch: Watch) -> None:
    told = watch.runs[0].told
    assert "Loikaw gnp.exemarket is open" in told
    assert not {OVERRIDE, ISOLATE, END, HIDDEN} & set(told)
    assert "\u0456rrawaddy".encode("idna").decode() in told


def test_a11_article_that_is_edited_is_not_told_again(watch: Watch) -> None:
    assert watch.told("Edited note") == 1
    assert "Edited note" in watch.runs[0].told


def test_a12_article_that_is_deleted_stays_in_the_archive_and_is_not_told_again(watch: Watch) -> None:
    row = watch.articles("press")["Deleted note"]
    assert "Buses to Loikaw run again" in row.text
    assert watch.told("Deleted note") == 1


@pytest.mark.parametrize("title", ["Bad link in Loikaw", "Endless link in Loikaw"])
def test_a13_item_whose_link_is_none_is_told_without_it(title: str, watch: Watch) -> None:
    assert watch.articles("press")[title].url is None
    assert watch.told(title) == 1
    assert "javascript:" not in watch.runs[0].told


def test_a14_page_that_is_not_to_be_read_is_told_by_its_summary(watch: Watch) -> None:
    row = watch.articles("press")["Forbidden page"]
    assert (row.origin, row.problem) == ("summary", "robots.txt forbids this address")
    assert watch.told("Forbidden page") == 1
