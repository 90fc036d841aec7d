"""Polling: one crawl visits every kind of bad answer, two more follow it; the tests read what was stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row

from crawler.cadence.schedule import JITTER, forgiven
from crawler.clock import from_ms
from tests.builders import NOW
from tests.crawler.crawling import PROSE, Desk, a_feed, told
from tests.e2e.program import a_source
from tests.faults.polling import (
    BROKEN,
    BURMESE,
    CANARY,
    EVERY,
    GOOD,
    LAST_MODIFIED,
    RSS,
    TRANSPORT,
    Polls,
)
from tests.newsroom import Newsroom


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


def test_f12_slow_answers_end_at_their_deadline(polls: Polls) -> None:
    assert polls.crawls[0].seconds < polls.slowest_allowed_s  # two tries of 2 s each, on a busy machine


def test_broken_transport_is_tried_twice_and_a_verdict_once(polls: Polls) -> None:
    def tries(name: str) -> int:
        return len(polls.asked(0, BROKEN[name][0].partition("?")[0]))

    twice, once = ("hang", "short", "badchunk", "500"), ("404", "410", "html", "304", "endless", "gzip-bomb")
    assert {name: tries(name) for name in (*twice, *once)} == dict.fromkeys(twice, 2) | dict.fromkeys(once, 1)
    assert len(polls.asked(0, "/rst")) == 4  # of two sources


def test_f14_loop_ends_where_it_leads_back_and_a_chain_after_five_hops(polls: Polls) -> None:
    tries = {path: len(polls.asked(0, path)) for path in ("/loop", "/cookie-loop", "/ring", "/hops")}
    assert tries == {"/loop": 1, "/cookie-loop": 1, "/ring": 2, "/hops": 6}
    assert "loop" in polls.crawls[0].cause("bad-ring")
    assert polls.crawls[0].cause("bad-cookie-loop").endswith("it wants a cookie")


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
        # nothing that only a reader of tracebacks would see
        assert [line for line in crawled.log if "security: " not in line] == []
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


def test_f26_once_a_day_the_feed_is_asked_for_unconditionally(polls: Polls) -> None:
    (request,) = polls.asked(2, "/feed/steady")
    assert not {"if-none-match", "if-modified-since"} & request.headers.keys()
    assert polls.crawls[2].report.not_modified == 2  # the same bytes
    assert polls.crawls[2].report.entries_new == 0


def test_second_crawl_counts_only_what_is_new(polls: Polls) -> None:
    report = polls.crawls[1].report
    # Every feed is unchanged but three: one has news, one is damaged and has no validators, one route came back.
    assert report.not_modified == len(GOOD) - 1 + 2  # and two that set cookies
    assert report.entries_new == 2
    assert [row.title for row in polls.desk.entries("unstamped")] == ["News of unstamped", "News of news"]


def test_f26_unchanged_body_counts_as_not_modified_though_the_server_has_no_validators(polls: Polls) -> None:
    state = polls.states[0]["unstamped"]
    assert state is not None
    assert (state.etag, state.last_modified) == (None, None)
    assert state.body_sha256 is not None


def test_f08_damaged_feed_gives_its_whole_entries_and_leaves_no_validator(polls: Polls) -> None:
    assert [row.title for row in polls.desk.entries("damaged")] == ["News of whole"]
    for states in polls.states[:2]:
        state = states["damaged"]
        assert state is not None
        assert (state.etag, state.last_modified, state.body_sha256) == (None, None, None)
    assert "if-none-match" not in polls.asked(1, "/feed/damaged")[0].headers
    assert polls.crawls[0].cause("damaged") == "its feed is damaged: cut off after entry 1"


def test_f06_feed_that_never_had_an_item_is_healthy(polls: Polls) -> None:
    assert polls.crawls[0].cause("nothing") == ""
    assert polls.desk.entries("nothing") == []


@pytest.mark.parametrize("name", ["moved-301", "moved-302"])
def test_f03_redirect_is_followed_and_the_configured_address_is_asked_again(name: str, polls: Polls) -> None:
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


def test_f09_burmese_survives_a_wrong_charset(polls: Polls) -> None:
    assert [row.title for row in polls.desk.entries("charset")] == [BURMESE]


def test_f20_entries_with_one_guid_are_both_kept_and_a_repeated_one_once(polls: Polls) -> None:
    assert sorted(row.title for row in polls.desk.entries("twins")) == ["News of one", "News of two"]


def test_f27_cookies_are_never_sent_back(polls: Polls) -> None:
    asked = [request for requests in polls.requests for request in requests]
    assert len(polls.asked(1, "/feed/cookie")) == len(polls.asked(1, "/feed/cookies")) == 1
    assert polls.crawls[1].cause("cookies") == "", "a hundred of them keep no feed from being read"
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


def test_f18_all_sources_down_in_transport_is_our_outage_and_moves_no_counter(tmp_path: Path) -> None:
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
