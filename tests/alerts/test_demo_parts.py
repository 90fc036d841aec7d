"""The demonstration's outlets, chat room and verdict on what the room received."""

from __future__ import annotations

import http.client
import io
import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml

from alerts.demo import is_due, judge, run_demo
from alerts.demo.chatroom import ReceivedMessage, SampleChatroom
from alerts.demo.newsroom import SampleNewsroom, write_config
from alerts.demo.outlets import OUTLETS, load_articles, load_furniture
from alerts.demo.pages import Site, render_page
from alerts.text.width import display_width
from alerts.text.zawgyi import convert_zawgyi, find_zawgyi_probability
from crawler.article.extract import extract_page
from crawler.parse.feeds import parse_feed

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENED = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def send(
    url: str, headers: dict[str, str] | None = None, body: bytes | None = None, timeout_s: float = 5
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers (lower case) and body of one request to a loopback address."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout_s)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("GET" if body is None else "POST", target, body, headers or {})
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


@pytest.fixture
def sample() -> Iterator[SampleNewsroom]:
    with SampleNewsroom(OPENED) as newsroom:
        yield newsroom


@pytest.fixture
def lexicon(tmp_path: Path) -> Path:
    path = tmp_path / "lexicon.csv"
    path.write_text("concept,kind,form,script,status,evidence_url,note\n", "utf-8")
    return path


# ---- outlets and pages


def all_sites() -> Iterator[Site]:
    for outlet in OUTLETS:
        articles = tuple(a for a in load_articles() if a.outlet_id == outlet.outlet_id)
        yield Site(outlet, "http://127.0.0.1:1", OPENED, articles)


def test_every_page_names_both_topics_whatever_its_article_is_about() -> None:
    for site in all_sites():
        furniture = load_furniture(site.outlet.furniture)
        place, operation = furniture["menu"][1:3]
        for article in site.articles:
            page = render_page(site, article)
            assert page.count(place) >= 5, article.slug
            assert page.count(operation) >= 3, article.slug
            assert page.count(f">{furniture['menu'][0]}<") >= 2, "the menu is printed twice"


def test_extraction_finds_the_article_and_leaves_the_furniture() -> None:
    for site in all_sites():
        furniture = load_furniture(site.outlet.furniture)
        for article in site.articles:
            url = site.article_url(article)
            page = extract_page(render_page(site, article).encode(), "text/html; charset=utf-8", url)
            # a theme may leave the headline as first line; nothing else may stand around the paragraphs
            wanted = unicodedata.normalize("NFC", "\n".join(article.paragraphs))
            title = unicodedata.normalize("NFC", article.title)
            assert page.text in (wanted, f"{title}\n{wanted}"), article.slug
            assert page.title == title
            assert page.published == article.published_at(OPENED)
            for text in (furniture["inline"], *furniture["most_read"], *furniture["related"]):
                assert unicodedata.normalize("NFC", text) not in page.text


def test_articles_without_a_topic_name_neither_and_the_others_what_they_claim() -> None:
    words = {  # Loikaw in Latin letters, in Burmese and in Zawgyi; Operation 1111 in English and Burmese
        "loikaw": ("Loikaw", "လွိုင်ကော်", "လြိဳင္ေကာ္"),
        "operation-1111": ("Operation 1111", "၁၁၁၁ စစ်ဆင်ရေး"),
    }
    for article in load_articles():
        text = "\n".join((article.title, *article.paragraphs))
        named = [topic for topic, forms in words.items() if any(form in text for form in forms)]
        assert named == list(article.topics), article.slug


def test_agency_copy_is_the_same_text_under_another_address() -> None:
    by_event: dict[str, list[Any]] = {}
    for article in load_articles():
        by_event.setdefault(article.event, []).append(article)
    copies = [group for group in by_event.values() if len(group) > 1]
    assert len(copies) == 1
    assert len({article.paragraphs for article in copies[0]}) == 1
    assert len({article.outlet_id for article in copies[0]}) == len(copies[0]) == 3
    assert [article.is_update for article in copies[0]] == [False, False, True]


def test_zawgyi_outlet_prints_zawgyi_that_converts_to_good_burmese() -> None:
    articles = [article for article in load_articles() if article.outlet_id == "lantern-weekly"]
    for article in articles:
        for text in (article.title, *article.paragraphs):
            assert (find_zawgyi_probability(text) or 0) > 0.95
    # "Drinking water supplied again in three wards of Loikaw"
    assert convert_zawgyi(articles[0].title) == "လွိုင်ကော်မြို့ ရပ်ကွက်သုံးခုတွင် သောက်သုံးရေ ပြန်လည်ပေးဝေ"


def test_feeds_of_every_kind_can_be_read(sample: SampleNewsroom) -> None:
    for site in sample.sites:
        status, headers, body = send(site.feed_url)
        feed = parse_feed(body, headers["content-type"], site.feed_url)
        assert (status, feed.damaged) == (200, None)
        assert feed.language == site.outlet.language
        assert [entry.url for entry in feed.entries] == [site.article_url(a) for a in site.articles]
        assert [entry.published for entry in feed.entries] == [a.published_at(OPENED) for a in site.articles]
        if site.outlet.full_text == "feed":
            # NFC moves a mark or two; the words are the same
            paragraphs = unicodedata.normalize("NFC", "\n".join(site.articles[0].paragraphs))
            assert feed.entries[0].content == paragraphs
        assert send(site.article_url(site.articles[0]))[0] == 200


# ---- the newsroom


def test_unchanged_feed_is_answered_304_by_tag_or_by_date(sample: SampleNewsroom) -> None:
    for site in sample.sites:
        headers = send(site.feed_url)[1]
        assert send(site.feed_url, {"If-None-Match": headers["etag"]})[0] == 304
        assert send(site.feed_url, {"If-Modified-Since": headers["last-modified"]})[0] == 304
        stale = {"If-None-Match": '"other"', "If-Modified-Since": headers["last-modified"]}
        assert send(site.feed_url, stale)[0] == 200, "the tag outranks the date"


def test_second_edition_changes_the_validators_of_two_feeds_only(sample: SampleNewsroom) -> None:
    before = {site.feed_url: send(site.feed_url)[1]["etag"] for site in sample.sites}
    new = sample.publish_update()
    assert len(new) == 2
    changed = {url for url, tag in before.items() if send(url, {"If-None-Match": tag})[0] == 200}
    assert changed == {
        site.feed_url for site in sample.sites if site.outlet.outlet_id in {a.outlet_id for a in new}
    }
    assert sample.publish_update() == ()


def test_newsroom_has_robots_txt_and_says_404_to_the_rest(sample: SampleNewsroom) -> None:
    assert b"User-agent: *" in send(f"{sample.base_url}/robots.txt")[2]
    assert send(f"{sample.base_url}/karenni-courier/none/")[0] == 404
    assert [visit.status for visit in sample.visits] == [200, 404]


def test_configuration_is_whole_and_stays_in_its_folder(tmp_path: Path, lexicon: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    write_config(folder, "http://127.0.0.1:1", "http://127.0.0.1:2", lexicon)
    read = {path.name: yaml.safe_load(path.read_text("utf-8")) for path in folder.glob("*.yaml")}
    assert set(read) == {"settings.yaml", "sources.yaml", "topics.yaml", "channels.yaml"}
    assert read["settings.yaml"]["database"] == f"sqlite:///{folder}/newswatch.db"
    assert [source["id"] for source in read["sources.yaml"]["sources"]] == [o.outlet_id for o in OUTLETS]
    assert (folder / "lexicon.csv").read_bytes() == lexicon.read_bytes()


# ---- the chat room

POSTS: list[tuple[str, dict[str, Any], int]] = [
    ("/services/T/B/x", {"text": "hello"}, 200),
    ("/services/T/B/x", {}, 400),
    ("/api/v10/webhooks/1/x?wait=true", {"content": "hello"}, 200),
    ("/api/webhooks/1/x", {"content": "hello"}, 204),
    ("/api/webhooks/1/x", {"content": ""}, 400),
    ("/bot1:x/sendMessage", {"chat_id": "-1", "text": "hello"}, 200),
    ("/bot1:x/sendMessage", {"chat_id": "-1"}, 400),
    ("/hook/x", {"type": "digest"}, 200),
    ("/elsewhere", {"text": "hello"}, 404),
]


def test_chat_room_answers_as_the_platforms_do_and_keeps_what_it_took() -> None:
    with SampleChatroom(lambda: OPENED) as room:
        for path, payload, status in POSTS:
            got, _, body = send(room.base_url + path, body=json.dumps(payload).encode())
            assert got == status, path
            if path.startswith("/services") and status == 200:
                assert body == b"ok"
            if path.startswith("/bot"):
                assert json.loads(body)["ok"] is (status == 200)
            if "wait=true" in path:
                assert json.loads(body)["content"] == "hello"
        kept = [(message.platform, message.payload) for message in room.messages]
    assert [platform for platform, _ in kept] == ["slack", "discord", "discord", "telegram", "webhook"]
    assert kept[0][1] == {"text": "hello"}


def test_chat_room_refuses_what_is_no_json() -> None:
    with SampleChatroom(lambda: OPENED) as room:
        for path in ("/services/T/B/x", "/api/webhooks/1/x", "/bot1:x/sendMessage", "/hook/x"):
            assert send(room.base_url + path, body=b"{")[0] == 400
        assert room.messages == ()


# ---- the whole story


def message(*slugs: str) -> ReceivedMessage:
    payload = {"text": " ".join(f"http://127.0.0.1:1/outlet/2026/11/{slug}/" for slug in slugs)}
    return ReceivedMessage("slack", "/services/T/B/x", {}, payload, OPENED)


FIRST = tuple(a.slug for a in load_articles() if is_due(a) and not a.is_update)
SECOND = tuple(a.slug for a in load_articles() if is_due(a) and a.is_update)


@pytest.mark.parametrize(
    ("first", "second", "complaint"),
    [
        ([message(*FIRST)], [message(*SECOND)], None),
        ([message(*FIRST[:3]), message(*FIRST[3:])], [message(*SECOND)], None),
        ([], [message(*SECOND)], "received nothing"),
        ([message(*FIRST)], [], "Missing from the second run"),
        ([message(*FIRST[:-1])], [message(*SECOND)], "Missing from the first run"),
        ([message(*FIRST)], [message(*SECOND, FIRST[0])], "Sent twice"),
        ([message(*FIRST, "shops-bet-on-11-11-discounts")], [message(*SECOND)], "should not have been"),
        ([message(*FIRST, "bridge-repairs-finished-last-week")], [message(*SECOND)], "should not have been"),
    ],
)
def test_verdict_is_honest(
    first: list[ReceivedMessage], second: list[ReceivedMessage], complaint: str | None
) -> None:
    problems = judge(first, second)
    assert problems == [] if complaint is None else any(complaint in problem for problem in problems), (
        problems
    )


class PerfectReader:
    """Stands in for the pipeline: reads the real feeds and pages, posts the links of what is due and new."""

    def __init__(self, *, forgetful: bool = False, mute: bool = False, status: int = 0) -> None:
        self.told: set[str] = set()
        self.folders: list[Path] = []
        self.forgetful, self.mute, self.status = forgetful, mute, status

    def __call__(self, folder: Path) -> int:
        self.folders.append(folder)
        sources = yaml.safe_load((folder / "sources.yaml").read_text("utf-8"))["sources"]
        channel = yaml.safe_load((folder / "channels.yaml").read_text("utf-8"))["channels"][0]
        due = {article.slug for article in load_articles() if is_due(article)}
        links = []
        for source in sources:
            url = source["routes"][0]["url"]
            _, headers, body = send(url)
            for entry in parse_feed(body, headers["content-type"], url).entries:
                slug = (entry.url or "").rstrip("/").rpartition("/")[2]
                if slug in due - self.told:
                    links.append(f"<{entry.url}|{slug}>")
                    self.told |= set() if self.forgetful else {slug}
        if not self.mute:
            assert send(channel["url"], body=json.dumps({"text": "\n".join(links)}).encode())[2] == b"ok"
        return self.status


def test_demonstration_tells_both_runs_and_leaves_nothing_behind(lexicon: Path) -> None:
    reader, out = PerfectReader(), io.StringIO()
    assert run_demo(reader, lexicon, out, False, 80) == 0
    told = out.getvalue()
    assert told.count("newswatch APP") == 2
    assert "nothing was repeated" in " ".join(told.split())  # wherever the line breaks
    commands = [line.split("  ")[2] for line in told.rstrip().splitlines()[-2:]]
    assert commands == ["newswatch check", "newswatch run --dry-run"]
    assert max(map(display_width, told.splitlines())) <= 80
    assert "\x1b" not in told
    assert len(reader.folders) == 2
    assert not reader.folders[0].exists()


def test_verdict_sees_zawgyi_that_was_not_converted() -> None:
    title = next(a.title for a in load_articles() if a.outlet_id == "lantern-weekly" and a.topics)
    raw = ReceivedMessage("slack", "/services/T/B/x", {}, {"text": title}, OPENED)
    assert judge([message(*FIRST), raw], [message(*SECOND)]) == [f"Shown in Zawgyi, not converted: {title}"]


@pytest.mark.parametrize(
    ("reader", "complaint"),
    [
        (PerfectReader(mute=True), "received nothing"),
        (PerfectReader(forgetful=True), "Sent twice"),
        (PerfectReader(status=1), "status 1"),
    ],
)
def test_demonstration_fails_with_an_honest_word(
    reader: PerfectReader, complaint: str, lexicon: Path
) -> None:
    out = io.StringIO()
    assert run_demo(reader, lexicon, out, False, 80) == 1
    told = " ".join(out.getvalue().split())
    assert complaint in told
    assert "nothing was repeated" not in told
