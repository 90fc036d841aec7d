"""Polling: one crawl visits every kind of bad answer, two more follow it; the tests read what was stored."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row

from crawler.cadence.schedule import JITTER, forgiven
from crawler.clock import from_ms
from tests.builders import NOW
from tests.crawler.crawling import PROSE, Crawled, Desk, a_feed, told
from tests.e2e.program import a_source
from tests.newsroom import Newsroom, Request

RSS = "application/rss+xml; charset=utf-8"
CANARY = "canary-5f3a"
EVERY = timedelta(minutes=15)
LAST_MODIFIED = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
RETRY_DATE = format_datetime(NOW + timedelta(hours=5), usegmt=True)
BURMESE = "လွိုင်ကော်မှာ ဆေးခန်း ပြန်ဖွင့်"  # a clinic reopens in Loikaw

# source id -> (path, what the operator is told)
BROKEN: Mapping[str, tuple[str, str]] = {
    "404": ("/404", "404 not found"),
    "410": ("/410", "410 gone"),
    "403": ("/403", "403 forbidden"),
    "challenge": ("/403-challenge", "403 challenge page"),
    "challenge-200": ("/200-challenge", "challenge page (Just a moment...)"),
    "wait-seconds": ("/429?retry_after=7200", "429 too many requests"),
    "wait-date": (f"/429?retry_after={RETRY_DATE.replace(' ', '%20')}", "429 too many requests"),
    "wait-nonsense": ("/429?retry_after=soon", "429 too many requests"),
    "wait-long": ("/503?retry_after=999999", "503 server error"),
    "500": ("/500", "500 server error"),
    "login": ("/302-login", "login page, not a feed: Log In"),
    "loop": ("/loop", "max redirections reached"),
    "hops": ("/hops?n=7", "max redirections reached"),
    "to-file": ("/redirect?to=file:///etc/hostname", "302 redirect that was not followed"),
    "to-data": ("/redirect?to=data:text/plain,x", "302 redirect that was not followed"),
    "to-ftp": ("/redirect?to=ftp://127.0.0.1/x", "302 redirect that was not followed"),
    "to-script": ("/redirect?to=javascript:alert(1)", "redirect to what is no web address: refused"),
    "hang": ("/hang?", "no answer in time"),
    "drip-head": ("/drip-head?", "no answer in time"),
    "drip-body": ("/drip-body?", "no answer in time"),
    "short": ("/short?", "answer cut short"),
    "rst": ("/rst?", "broken answer: [Errno 104] Connection reset by peer"),
    "rst-later": ("/rst?after=20000", "answer cut short"),
    "badchunk": ("/badchunk?", "broken answer: Invalid character in chunk size"),
    "endless": ("/endless?", "answer too large"),
    "header-flood": ("/header-flood?", "broken answer: Too many headers received"),
    "gzip-bomb": ("/gzip-bomb?bytes=8388608", "answer too large"),
    "empty": ("/empty?", "empty answer"),
    "html": ("/html?", "HTML page, not a feed: A page, not a feed"),
    "304": ("/304always?", "304 to an unconditional request"),
    "partial": ("/206", "206 unexpected answer"),
}
TRANSPORT = ("hang", "drip-head", "drip-body", "short", "rst", "rst-later", "badchunk", "header-flood")
GOOD = ("steady", "unstamped", "nothing", "moved-301", "moved-302", "atom", "rdf", "json", "twins", "charset")


@dataclass(frozen=True, slots=True)
class Polls:
    """Three crawls of one desk: now, an hour later, and a day after the first. Sources that fail are read twice."""

    desk: Desk
    crawls: tuple[Crawled, Crawled, Crawled]
    requests: tuple[tuple[Request, ...], ...]
    states: tuple[dict[str, Row[Any] | None], ...]
    slowest_allowed_s: float = 30.0

    def asked(self, number: int, path: str) -> tuple[Request, ...]:
        """Return the requests for *path* in a crawl; the first has number 0."""
        return tuple(request for request in self.requests[number] if request.path == path)


def publish_feeds(newsroom: Newsroom) -> None:
    """Serve the feeds of the sources that work, and of those that work half."""
    item = told("today")
    newsroom.add("/feed/steady", a_feed(item), RSS, etag='"steady-1"', last_modified=LAST_MODIFIED)
    newsroom.add("/feed/unstamped", a_feed(told("unstamped")), RSS, etag=None)
    newsroom.add("/feed/nothing", a_feed(), RSS)
    newsroom.add("/feed/moved", a_feed(told("moved")), RSS)
    cut = a_feed(told("whole", link="/news/whole.html"), told("cut"))
    newsroom.add("/feed/damaged", cut[: cut.index(b"News of cut") + 4], RSS, etag='"damaged-1"')
    # UTF-8 that is labelled as something else, in the header and in the declaration
    burmese = a_feed(told("x", title=BURMESE, link="/news/burmese.html")).replace(b"'UTF-8'", b"'us-ascii'")
    newsroom.add("/feed/charset", burmese, "application/rss+xml; charset=iso-8859-1")
    twins = (told("one", guid="same"), told("two", guid="same"), told("one", guid="same"))
    newsroom.add("/feed/twins", a_feed(*twins), RSS)
    content = f"<content type='text'>{PROSE}</content>"
    newsroom.add(
        "/feed/atom",
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>A</title><id>a</id><entry><title>In Atom</title>"
        f"<id>tag:1</id><link href='../news/atom.html'/>{content}</entry></feed>",
        "application/atom+xml",
    )
    newsroom.add(
        "/feed/rdf",
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' "
        "xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel rdf:about='x'><title>R</title>"
        "<link>/</link><description>d</description></channel><item rdf:about='y'><title>In RSS 1.0</title>"
        f"<link>/news/rdf.html</link><content:encoded>{PROSE}</content:encoded></item></rdf:RDF>",
        "application/rdf+xml",
    )
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "J",
        "items": [{"id": "1", "url": "/news/json.html", "title": "In JSON Feed", "content_text": PROSE}],
    }
    newsroom.add("/feed/json", json.dumps(document), "application/feed+json")
    newsroom.add("/feed/second", a_feed(told("by the second route"), told("first of both")), RSS)
    newsroom.add("/feed/cookie", a_feed(told("cookie")), RSS, {"Set-Cookie": "session=1; Path=/"})
    newsroom.add("/feed/slowed", a_feed(told("slowed")), RSS, {"Cache-Control": "public, max-age=2700"})


def sources(newsroom: Newsroom) -> list[dict[str, Any]]:
    """Return one source for each behaviour; each address carries a key that must never be shown."""
    made = []
    for name, (path, _) in BROKEN.items():
        key = f"{'&' if '?' in path else '?'}key={CANARY}"
        made.append(a_source(f"bad-{name}", newsroom.url(path + key)))
    paths = {name: f"/feed/{name}" for name in (*GOOD, "damaged", "cookie", "slowed")}
    paths |= {f"moved-{code}": f"/{code}?to=/feed/moved" for code in (301, 302)}
    made += [a_source(name, newsroom.url(path), full_text="feed") for name, path in paths.items()]
    routes = [newsroom.url("/feed/first"), newsroom.url("/feed/second")]
    made.append(a_source("two-routes", routes[0], full_text="feed"))
    made[-1]["routes"] = [{"kind": "feed", "url": route} for route in routes]
    return made


@pytest.fixture(scope="module")
def polls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Polls]:
    """Crawl three times. Before the second time, one feed has news and the two-route source's first route works."""
    with Newsroom() as newsroom:
        publish_feeds(newsroom)
        with Desk.open(tmp_path_factory.mktemp("polls"), sources(newsroom)) as desk:
            names = [source.id for source in desk.config.sources]
            requests, states, crawls = [], [], []

            def crawl(*only: str, after: timedelta) -> None:
                newsroom.forget_requests()
                crawls.append(desk.crawl(*only, after=after))
                requests.append(newsroom.requests)
                states.append({name: desk.state(name) for name in names})

            crawl(after=timedelta(0))
            newsroom.add("/feed/unstamped", a_feed(told("news"), told("unstamped")), RSS, etag=None)
            newsroom.add("/feed/first", a_feed(told("of the first route"), told("first of both")), RSS)
            again = [
                *GOOD,
                "damaged",
                "cookie",
                "two-routes",
                "bad-404",
                "bad-challenge",
                "bad-wait-nonsense",
            ]
            crawl(*again, after=timedelta(hours=1))
            crawl("steady", "moved-301", after=timedelta(hours=23, minutes=1))
            yield Polls(desk, (crawls[0], crawls[1], crawls[2]), tuple(requests), tuple(states))


def wait_of(row: Row[Any] | None, since: datetime) -> timedelta:
    """Return how long a source rests."""
    assert row is not None
    return from_ms(row.next_poll_at) - since


@pytest.mark.parametrize("name", BROKEN)
def test_broken_source_is_named_stores_nothing_and_backs_off(name: str, polls: Polls) -> None:
    assert polls.crawls[0].cause(f"bad-{name}") == BROKEN[name][1]
    state = polls.states[0][f"bad-{name}"]
    assert state is not None
    assert (state.failures, state.problem) == (1, BROKEN[name][1])
    assert from_ms(state.failing_since) == NOW
    assert (state.etag, state.last_modified, state.body_sha256, state.last_ok_at) == (None,) * 4
    assert polls.desk.entries(f"bad-{name}") == []
    wanted = {
        "wait-seconds": timedelta(hours=2),
        "wait-date": timedelta(hours=5),
        "wait-long": timedelta(days=1),
    }
    if name in wanted:
        assert wait_of(state, NOW) - forgiven(EVERY) == wanted[name]
    else:
        assert EVERY <= wait_of(state, NOW) <= EVERY * (1 + JITTER)


def test_no_broken_source_stops_another(polls: Polls) -> None:
    first = polls.crawls[0]
    assert set(first.problems) == {f"bad-{name}" for name in BROKEN} | {"damaged"}
    assert first.report.due == first.report.polled == len(polls.desk.config.sources)
    assert first.report.failed == len(BROKEN)
    assert not first.report.unreachable
    for name in (*GOOD, "two-routes", "damaged", "cookie", "slowed"):
        state = polls.states[0][name]
        assert state is not None
        assert (name, state.failures, state.problem) == (name, 0, None)


def test_slow_answers_end_at_their_deadline(polls: Polls) -> None:
    assert polls.crawls[0].seconds < polls.slowest_allowed_s  # two tries of 2 s each, on a busy machine


def test_broken_transport_is_tried_twice_and_a_verdict_once(polls: Polls) -> None:
    def tries(name: str) -> int:
        return len(polls.asked(0, BROKEN[name][0].partition("?")[0]))

    twice, once = ("hang", "short", "badchunk", "500"), ("404", "410", "html", "304", "endless", "gzip-bomb")
    assert {name: tries(name) for name in (*twice, *once)} == dict.fromkeys(twice, 2) | dict.fromkeys(once, 1)
    assert len(polls.asked(0, "/rst")) == 4  # of two sources


def test_redirect_loop_ends_after_five_hops(polls: Polls) -> None:
    assert len(polls.asked(0, "/loop")) == len(polls.asked(0, "/hops")) == 6


def test_failing_source_rests_longer_each_time_and_remembers_since_when(polls: Polls) -> None:
    now = NOW + timedelta(hours=1)
    for name in ("bad-404", "bad-challenge", "bad-wait-nonsense"):
        state = polls.states[1][name]
        assert state is not None
        assert state.failures == 2
        assert from_ms(state.failing_since) == NOW
        assert 2 * EVERY * (1 - JITTER) <= wait_of(state, now) <= 2 * EVERY * (1 + JITTER)


def test_neither_report_nor_log_shows_an_address_or_a_key(polls: Polls) -> None:
    for crawled in polls.crawls:
        told = [item.problem for name, item in crawled.problems.items() if name != "moved-301"]
        shown = "\n".join([*crawled.log, *told])  # a new address is told: it is to be written down
        assert CANARY not in shown
        assert "http://" not in shown
        assert crawled.log == ()  # nothing that only a reader of tracebacks would see
    stored = [
        state.problem or "" for states in polls.states for state in states.values() if state is not None
    ]
    assert not any(CANARY in problem for problem in stored)


def test_second_poll_sends_the_validators_and_304_changes_nothing(polls: Polls) -> None:
    (first,), (second,) = polls.asked(0, "/feed/steady"), polls.asked(1, "/feed/steady")
    assert not {"if-none-match", "if-modified-since"} & first.headers.keys()
    assert second.headers["if-none-match"] == '"steady-1"'
    assert second.headers["if-modified-since"] == format_datetime(LAST_MODIFIED, usegmt=True)
    before, after = polls.states[0]["steady"], polls.states[1]["steady"]
    assert before is not None and after is not None
    assert (after.etag, after.last_item_at) == ('"steady-1"', before.last_item_at)
    assert from_ms(after.last_ok_at) == NOW + timedelta(hours=1)
    assert wait_of(after, NOW + timedelta(hours=1)) == timedelta(minutes=15)


def test_once_a_day_the_feed_is_asked_for_unconditionally(polls: Polls) -> None:
    (request,) = polls.asked(2, "/feed/steady")
    assert not {"if-none-match", "if-modified-since"} & request.headers.keys()
    assert polls.crawls[2].report.not_modified == 2  # the same bytes
    assert polls.crawls[2].report.entries_new == 0


def test_second_crawl_counts_only_what_is_new(polls: Polls) -> None:
    report = polls.crawls[1].report
    # Every feed is unchanged but three: one has news, one is damaged and has no validators, one route came back.
    assert report.not_modified == len(GOOD) - 1 + 1
    assert report.entries_new == 2
    assert [row.title for row in polls.desk.entries("unstamped")] == ["News of unstamped", "News of news"]


def test_unchanged_body_counts_as_not_modified_though_the_server_has_no_validators(polls: Polls) -> None:
    state = polls.states[0]["unstamped"]
    assert state is not None
    assert (state.etag, state.last_modified) == (None, None)
    assert state.body_sha256 is not None


def test_damaged_feed_gives_its_whole_entries_and_leaves_no_validator(polls: Polls) -> None:
    assert [row.title for row in polls.desk.entries("damaged")] == ["News of whole"]
    for states in polls.states[:2]:
        state = states["damaged"]
        assert state is not None
        assert (state.etag, state.last_modified, state.body_sha256) == (None, None, None)
    assert "if-none-match" not in polls.asked(1, "/feed/damaged")[0].headers


def test_empty_feed_is_healthy(polls: Polls) -> None:
    assert polls.crawls[0].cause("nothing") == ""
    assert polls.desk.entries("nothing") == []


@pytest.mark.parametrize("name", ["moved-301", "moved-302"])
def test_redirect_is_followed_and_the_configured_address_is_asked_again(name: str, polls: Polls) -> None:
    assert [row.title for row in polls.desk.entries(name)] == ["News of moved"]
    for number in (0, 1):
        assert len(polls.asked(number, f"/{name[-3:]}")) == 1


@pytest.mark.parametrize(
    ("name", "title"), [("atom", "In Atom"), ("rdf", "In RSS 1.0"), ("json", "In JSON Feed")]
)
def test_every_feed_format_is_read_and_relative_links_are_resolved(
    name: str, title: str, polls: Polls
) -> None:
    (row,) = polls.desk.entries(name)
    assert row.title == title
    assert row.url.startswith("http://127.0.0.1:")
    assert row.url.endswith(f"/news/{name}.html")
    (stored,) = polls.desk.articles(name)
    assert stored.text.split() == PROSE.split()
    assert stored.origin == "feed"


def test_burmese_survives_a_wrong_charset(polls: Polls) -> None:
    assert [row.title for row in polls.desk.entries("charset")] == [BURMESE]


def test_entries_with_one_guid_are_both_kept_and_a_repeated_one_once(polls: Polls) -> None:
    assert sorted(row.title for row in polls.desk.entries("twins")) == ["News of one", "News of two"]


def test_cookies_are_never_sent_back(polls: Polls) -> None:
    asked = [request for requests in polls.requests for request in requests]
    assert len(polls.asked(1, "/feed/cookie")) == 1
    assert [request.target for request in asked if "cookie" in request.headers] == []


def test_publishers_wish_for_a_longer_interval_is_kept(polls: Polls) -> None:
    assert wait_of(polls.states[0]["slowed"], NOW) == timedelta(minutes=45)


def test_second_route_serves_when_the_first_fails_and_no_article_comes_twice(polls: Polls) -> None:
    first, second = polls.states[0]["two-routes"], polls.states[1]["two-routes"]
    assert first is not None and second is not None
    assert (first.route, second.route) == (1, 0)
    assert (
        "if-none-match" not in polls.asked(1, "/feed/first")[0].headers
    )  # the validators are of the other route
    titles = [row.title for row in polls.desk.entries("two-routes")]
    assert titles == ["News of first of both", "News of by the second route", "News of of the first route"]
    assert len({row.id for row in polls.desk.articles("two-routes")}) == 3


def test_only_due_sources_are_asked_unless_forced(polls: Polls, tmp_path: Path, newsroom: Newsroom) -> None:
    newsroom.add("/feed", a_feed(told("today")), RSS)
    with Desk.open(tmp_path, [a_source("one", newsroom.url("/feed"), full_text="feed")]) as desk:
        desk.crawl(force=False)
        assert desk.crawl(force=False, after=timedelta(minutes=10)).report.due == 0
        assert desk.crawl(force=False, after=timedelta(minutes=5)).report.due == 1
        assert len(newsroom.requests_for("/feed")) == 2


def test_all_sources_down_in_transport_is_our_outage_and_moves_no_counter(tmp_path: Path) -> None:
    with Newsroom() as closed:
        pass
    with Desk.open(tmp_path, [a_source(name, closed.url(f"/{name}")) for name in ("one", "two")]) as desk:
        crawled = desk.crawl()
        assert crawled.report.unreachable
        assert crawled.report.failed == 2
        assert {name: crawled.cause(name) for name in ("one", "two")} == dict.fromkeys(
            ("one", "two"), "connection refused"
        )
        assert desk.state("one") is None


def test_one_of_many_down_is_that_source_s_failure(polls: Polls) -> None:
    for name in TRANSPORT:
        state = polls.states[0][f"bad-{name}"]
        assert state is not None
        assert state.failures == 1
