"""Feed faults as one crawl meets them: each is named, stores nothing, and costs its own source only."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row

from crawler.cadence.schedule import JITTER, MAX_BACKOFF, forgiven, poll_after_failure
from crawler.clock import from_ms
from tests.builders import NOW
from tests.crawler.crawling import Desk, a_feed
from tests.e2e.program import a_source
from tests.faults.polling import EVERY, Polls
from tests.newsroom import Newsroom

RSS = "application/rss+xml"


def failed(polls: Polls, name: str) -> Row[Any]:
    """Return the state of a source that failed once, was stored nothing of, and keeps no validator."""
    state = polls.states[0][f"bad-{name}"]
    assert state is not None
    assert (state.failures, state.last_ok_at) == (1, None)
    assert (state.etag, state.last_modified, state.body_sha256) == (None, None, None)
    assert polls.desk.entries(f"bad-{name}") == []
    return state


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("login", "login page, not a feed: Log In"),
        ("login-stamped", "login page, not a feed: Log In"),  # with an ETag, which must not be kept
        ("captcha", "captcha page, not a feed: One more step"),
    ],
)
def test_f04_page_that_wants_something_of_people_is_named_and_no_feed(
    name: str, problem: str, polls: Polls
) -> None:
    assert failed(polls, name).problem == problem


def test_f05_page_in_the_place_of_a_feed_is_named_by_its_title(polls: Polls) -> None:
    assert failed(polls, "html").problem == "HTML page, not a feed: A page, not a feed"


def test_f06_answer_of_no_byte_is_an_error(polls: Polls) -> None:
    assert failed(polls, "empty").problem == "empty answer"


@pytest.mark.parametrize(
    ("name", "problem"),
    [("challenge", "403 challenge page"), ("challenge-200", "challenge page (Just a moment...)")],
)
def test_f07_challenge_is_named_and_asked_ever_more_rarely(name: str, problem: str, polls: Polls) -> None:
    assert failed(polls, name).problem == problem
    assert len(polls.asked(0, "/403-challenge")) == 1, "not hammered"
    waits = [
        poll_after_failure(NOW, EVERY, number, source_id=name, status=403).at - NOW for number in range(1, 9)
    ]
    assert all(later > 1.3 * earlier for earlier, later in pairwise(waits[:5]))
    assert waits[-1] <= MAX_BACKOFF * (1 + JITTER)


@pytest.mark.parametrize("name", ["gzip-bomb", "brotli-bomb", "zstd-bomb", "layers-bomb"])
def test_f10_bomb_is_stopped_at_the_limit(name: str, polls: Polls) -> None:
    assert failed(polls, name).problem == "answer too large"


@pytest.mark.parametrize("name", ["endless", "lying-length", "big"])
def test_f11_body_without_end_is_stopped_at_the_limit(name: str, polls: Polls) -> None:
    assert failed(polls, name).problem == "answer too large"


@pytest.mark.parametrize("name", ["hang", "drip-head", "drip-body"])
def test_f12_slow_answer_is_no_answer(name: str, polls: Polls) -> None:
    assert failed(polls, name).problem == "no answer in time"


@pytest.mark.parametrize("name", ["header-flood", "header-line", "flood-of-cookies"])
def test_f13_head_without_end_is_stopped(name: str, polls: Polls) -> None:
    assert failed(polls, name).problem.startswith("broken answer: ")


@pytest.mark.parametrize(
    ("name", "scheme"),
    [("to-file", "file"), ("to-data", "data"), ("to-ftp", "ftp"), ("to-script", "javascript")],
)
def test_f15_redirect_to_what_is_no_web_address_is_refused_and_logged(
    name: str, scheme: str, polls: Polls
) -> None:
    assert failed(polls, name).problem == f"redirect to a {scheme}: address, refused"
    line = f"WARNING crawler.net.download: security: 127.0.0.1 redirects to a {scheme}: address; refused"
    assert polls.crawls[0].log.count(line) == 1


def test_f18_name_that_leads_nowhere_is_a_soft_error(polls: Polls) -> None:
    assert failed(polls, "no-host").problem == "host name not found"


def test_f27_thousand_cookies_are_taken_for_a_flood_and_none_is_kept(polls: Polls) -> None:
    assert "Too many headers" in failed(polls, "flood-of-cookies").problem
    requests = [request for crawl in polls.requests for request in crawl]
    assert not any("cookie" in request.headers for request in requests)


@pytest.mark.parametrize("name", ["short", "rst", "rst-later", "badchunk"])
def test_f28_part_of_an_answer_is_asked_for_again_and_never_read(name: str, polls: Polls) -> None:
    assert failed(polls, name).problem.startswith(("answer cut short", "broken answer: "))
    path = f"/{name.removesuffix('-later')}"
    assert len(polls.asked(0, path)) == (4 if path == "/rst" else 2)  # two sources are reset


@pytest.mark.parametrize(
    ("name", "wait"),
    [
        ("wait-seconds", timedelta(hours=2)),
        ("wait-date", timedelta(hours=5)),
        ("wait-long", timedelta(days=1)),  # 999,999 s are asked for
    ],
)
def test_f29_wish_to_be_left_alone_is_kept_up_to_a_day_and_remembered(
    name: str, wait: timedelta, polls: Polls
) -> None:
    rest = from_ms(failed(polls, name).next_poll_at) - NOW
    assert wait <= rest <= wait + forgiven(EVERY)


def test_f29_nonsense_in_the_wish_is_passed_over(polls: Polls) -> None:
    rest = from_ms(failed(polls, "wait-nonsense").next_poll_at) - NOW
    assert rest <= EVERY * (1 + JITTER)


@pytest.mark.parametrize("name", ["path", "url"])
def test_f30_body_that_is_a_path_or_an_address_is_text(name: str, polls: Polls) -> None:
    assert failed(polls, name).problem == "not a feed"


def test_f25_entities_and_inclusions_open_nothing(tmp_path: Path) -> None:
    """A feed with every trick: its text stays as written, no file is read, no server is asked."""
    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY-FILE")
    with Newsroom() as newsroom, Newsroom() as trap:
        head = (
            f'<!DOCTYPE rss SYSTEM "{trap.url("/dtd")}" [<!ENTITY lol "lol"><!ENTITY l2 "&lol;&lol;&lol;&lol;">'
            f'<!ENTITY file SYSTEM "{secret.as_uri()}"><!ENTITY net SYSTEM "{trap.url("/entity")}">'
            f'<!ENTITY % p SYSTEM "{trap.url("/parameter")}">%p;]><rss '
        )
        title = "Prices &l2; &file; &net; rise"
        body = a_feed(
            {"title": "TITLE", "link": "https://example.org/news/prices.html", "content": "Words. " * 99}
        )
        include = (
            f"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='{secret.as_uri()}'/>".encode()
        )
        body = body.replace(b"<rss ", head.encode()).replace(b"TITLE", title.encode())
        newsroom.add("/feed", body.replace(b"<channel>", b"<channel>" + include), RSS)
        with Desk.open(tmp_path, [a_source("one", newsroom.url("/feed"), full_text="feed")]) as desk:
            crawled = desk.crawl()
            (row,) = desk.entries("one")
        assert trap.requests == ()
    assert crawled.cause("one") == ""
    assert row.title == title
    assert "CANARY" not in f"{row.title}{row.summary}{row.content}"
