"""Faults of delivery, each by its id: the real sender, outbox and client against a chat that misbehaves."""

from __future__ import annotations

import gzip
import re
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
import trustme
from sqlalchemy import func, insert, select

from alerts.config import load_config
from alerts.delivery.attempt import State
from alerts.records.tables import alert, examined, match, story, story_article
from crawler.clock import utc_now
from crawler.db.schema import article
from tests.chatroom import Answer, Chatroom, json_answer
from tests.e2e.newsdesk import slack
from tests.faults.office import DAY, HOUR, Office, posts_to, receiver, text_of
from tests.newsroom import Newsroom, Request

DESK = "/services/T0/B0/desk"
DOWN = Answer(503, taken=False)


def make_server(name: str) -> Newsroom:
    """Return a server whose certificate is for *name*, by an authority that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(name).configure_cert(context)
    return Newsroom(tls=context)


def multiply_last_article(office: Office, count: int) -> None:
    """Make *count* articles of the last one, each a story of its own that waits as it does, in one transaction."""
    engine = office.store.engine
    with engine.begin() as connection:
        last = connection.execute(select(func.max(article.c.id))).scalar_one()
        kept = {
            table: [dict(row._mapping) for row in connection.execute(select(table).where(column == last))]
            for table, column in (
                (article, article.c.id),
                (examined, examined.c.article_id),
                (match, match.c.article_id),
                (story_article, story_article.c.article_id),
                (alert, alert.c.article_id),
            )
        }
        first_story = kept[alert][0]["story_id"]
        numbers = range(1, count)
        made = [{"id": first_story + number, "created_at": 0} for number in numbers]
        connection.execute(insert(story), made)
        for table, rows in kept.items():
            copies = []
            for number in numbers:
                for row in rows:
                    copy = {name: value for name, value in row.items() if name != "id"}
                    if table is article:
                        title = f"News {number + 2:04}"
                        copy |= {"id": last + number, "identity": title, "title": title, "text_sha256": title}
                        copy["url"] = f"https://news.example/{number}"
                    else:
                        copy["article_id"] = last + number
                    copies.append(copy | ({"story_id": first_story + number} if "story_id" in copy else {}))
            connection.execute(insert(table), copies)


def titles_in(posts: list[str], count: int) -> list[int]:
    """Return in how many of *posts* each of the first *count* articles stands."""
    return [sum(f"News {number:04}" in text for text in posts) for number in range(1, count + 1)]


def taken(chatroom: Chatroom, name: str = "desk") -> list[str]:
    return [text_of(post) for post in posts_to(chatroom, name) if post.taken]


def test_d03_poisonous_item_is_given_up_alone_and_told_once(tmp_path: Path, chatroom: Chatroom) -> None:
    screen = {"id": "screen", "platform": "console", "topics": ["operation-1111"]}
    office = Office.open(tmp_path, receiver(chatroom, "desk"), screen, operators=["screen"])

    def is_poisoned(request: Request) -> bool:
        return b"News 0003" in request.body

    chatroom.always("/hooks/desk", Answer(400, taken=False, when=is_poisoned))
    office.news(5)
    office.run()
    office.run(after=HOUR)
    assert titles_in(taken(chatroom), 5) == [1, 1, 0, 1, 1]
    dead = office.parts("desk", State.DEAD)
    assert [part.story_ids for part in dead] == [(3,)]
    told = " ".join(" ".join(office.printed).split())
    assert told.count("was given up: HTTP 400") == 1
    assert f"newswatch outbox show {dead[0].delivery_id}" in told


@pytest.mark.slow
@pytest.mark.parametrize("status", [503, 500])
def test_d05_server_that_fails_for_three_days_loses_nothing_and_gets_one_digest(
    status: int, tmp_path: Path, chatroom: Chatroom
) -> None:
    office = Office.open(tmp_path, slack(chatroom))
    chatroom.always(DESK, Answer(status, taken=False))
    runs = 6
    for number in range(runs):
        office.news(2)
        office.run(after=12 * HOUR)
        (waiting,) = office.parts("desk")
        assert waiting.not_before is not None
        assert waiting.not_before - office.now <= HOUR, number
    assert len(chatroom.posts) <= 2 * runs
    chatroom.always(DESK, None)
    office.run(after=HOUR)
    office.run(after=HOUR)
    told = taken(chatroom)
    assert len(told) == 2, "the message that waited, and one for three days"
    assert "Catch-up" in told[1]
    assert titles_in(told, 2 * runs) == [1] * (2 * runs)
    assert ("may be a repeat" in told[0]) == (status == 500), "HTTP 500 may have been processed"


def test_d06_redirect_is_never_followed(tmp_path: Path, chatroom: Chatroom) -> None:
    with Chatroom() as elsewhere:
        moved = Answer(307, headers={"Location": elsewhere.url(DESK)}, taken=False)
        chatroom.always(DESK, moved)
        office = Office.open(tmp_path, slack(chatroom))
        office.news()
        result = office.run()
        assert elsewhere.requests == ()
    assert office.problems(result)["desk"].startswith("paused: HTTP 307: the address has moved")
    assert [part.state for part in office.parts("desk")] == [State.HELD]


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["drip", "hang"])
def test_d07_answer_without_end_meets_its_deadline_and_is_unknown(
    ending: Any, tmp_path: Path, chatroom: Chatroom
) -> None:
    chatroom.script(DESK, Answer(200, b"", ending=ending, drip_s=0.02))
    office = Office.open(tmp_path, slack(chatroom))
    office.news()
    begun = time.monotonic()
    office.run(deadline_s=0.4)
    assert time.monotonic() - begun < 5
    (part,) = office.parts("desk")
    assert part.state is State.UNKNOWN
    assert (part.reason or "").endswith("in time")


@pytest.mark.slow
def test_d08_what_never_left_this_machine_is_tried_again_unmarked(tmp_path: Path, chatroom: Chatroom) -> None:
    names = ("refused", "tls", "host", "name")
    with Chatroom() as closed:
        address = closed.url("/hooks/refused")
    with make_server("127.0.0.1") as unknown, make_server("other.example") as other:
        office = Office.open(
            tmp_path,
            receiver(chatroom, "refused") | {"url": address},
            receiver(chatroom, "tls") | {"url": unknown.url("/hooks/tls")},
            receiver(chatroom, "host") | {"url": other.url("/hooks/host")},
            receiver(chatroom, "name") | {"url": "http://no-such-host.invalid/hooks/name"},
        )
        office.news()
        result = office.run()
        assert unknown.requests == other.requests == ()
    assert office.problems(result) == {
        "refused": "connection failed: nothing listens there",
        "tls": "TLS failed: the certificate's authority is unknown",
        "host": "TLS failed: the certificate's authority is unknown",
        "name": "no such host name",
    }
    assert result.undeliverable
    assert {(part.state, part.repeats) for name in names for part in office.parts(name)} == {(State.RETRY, 0)}
    office.configure(*(receiver(chatroom, name) for name in names))
    office.run(after=HOUR)
    told = [text_of(post) for post in chatroom.posts]
    assert len(told) == len(names)
    assert all('"possible_repeat":false' in text for text in told)


@pytest.mark.slow
def test_d09_message_that_is_too_large_for_its_server_arrives_in_pieces(
    tmp_path: Path, chatroom: Chatroom
) -> None:
    def is_large(request: Request) -> bool:
        return len(request.body) > 2_000

    chatroom.always("/hooks/desk", Answer(413, taken=False, when=is_large))
    office = Office.open(tmp_path, receiver(chatroom, "desk"))
    office.news(6)
    office.run()
    told = taken(chatroom)
    assert len(told) > 1
    assert titles_in(told, 6) == [1] * 6
    assert State.DEAD not in office.outbox.counts()


@pytest.mark.slow
def test_d10_success_that_is_none_is_not_believed(tmp_path: Path, chatroom: Chatroom) -> None:
    page = Answer(200, b"<!doctype html><title>Hotel</title>", taken=False)
    chatroom.always("/services/T0/B0/page", page)
    chatroom.always("/services/T0/B0/error", json_answer(200, {"ok": False, "error": "invalid_blocks"}))
    teams = {"id": "flow", "platform": "teams", "url": chatroom.url("/workflows/flow")}
    chatroom.always(
        "/workflows/flow", Answer(200, b"Microsoft Teams endpoint returned HTTP error 413", taken=False)
    )
    office = Office.open(tmp_path, slack(chatroom, "page"), slack(chatroom, "error"), teams)
    office.news()
    assert office.run().report.delivery.sent == 0  # type: ignore[union-attr]
    states = {name: office.parts(name)[-1].state for name in ("page", "error", "flow")}
    assert states == {"page": State.UNKNOWN, "error": State.DEAD, "flow": State.DEAD}


@pytest.mark.slow
def test_d11_backlog_of_5000_becomes_one_compacted_digest(tmp_path: Path, chatroom: Chatroom) -> None:
    office = Office.open(tmp_path, slack(chatroom, max_stories=20))
    chatroom.always(DESK, DOWN)
    office.news()
    office.run()
    office.news()
    office.run(after=HOUR)
    multiply_last_article(office, 5_000)
    chatroom.always(DESK, None)
    before = len(chatroom.posts)
    begun = time.monotonic()
    for _ in range(3):
        office.run(after=7 * HOUR)
    print(f"three runs, the first on a backlog of 5000: {time.monotonic() - begun:.1f} s")
    told = [text_of(post) for post in chatroom.posts[before:]]
    assert "News 0001" in told[0], "the message that was stuck"
    assert len({part.digest_id for part in office.parts("desk")[1:]}) == 1
    assert len(told[1:]) <= 5, "the parts of one digest"
    assert "Catch-up" in told[1]
    shown = set(re.findall(r"News (\d{4})", " ".join(told[1:])))
    assert 20 <= len(shown) <= 100
    assert f"+{5_000 - len(shown)} more" in " ".join(told)


@pytest.mark.slow
def test_d13_bomb_is_not_inflated_and_an_endless_answer_is_cut(tmp_path: Path, chatroom: Chatroom) -> None:
    bomb = gzip.compress(b"0" * (64 << 20))
    packed = Answer(200, bomb, {"Content-Encoding": "gzip"})
    chatroom.always("/hooks/bomb", packed)
    chatroom.always("/hooks/endless", Answer(200, b"", ending="endless"))
    office = Office.open(tmp_path, receiver(chatroom, "bomb"), receiver(chatroom, "endless"))
    office.news()
    begun = time.monotonic()
    office.run(deadline_s=5)
    assert time.monotonic() - begun < 5
    assert {part.state for name in ("bomb", "endless") for part in office.parts(name)} == {State.SENT}


@pytest.mark.slow
def test_d14_run_killed_between_two_parts_goes_on_with_the_next(tmp_path: Path, chatroom: Chatroom) -> None:
    office = Office.open(tmp_path, receiver(chatroom, "desk", max_stories=100, max_bytes=14_000))
    office.now = utc_now()
    office.news(100)
    killed = office.program.do("run", NEWSWATCH_CRASH_AT="after_record_commit:2")
    assert killed.status == -9
    parts = office.parts("desk")
    assert len(parts) >= 4
    assert [part.state for part in parts[:3]] == [State.SENT, State.SENT, State.PENDING]
    office.run()
    bodies = [part.body for part in parts]
    assert [post.request.body for post in posts_to(chatroom, "desk")] == bodies, "each once, in order"


@pytest.mark.slow
def test_d16_hostile_headline_pings_nobody_and_links_nowhere(tmp_path: Path, chatroom: Chatroom) -> None:
    from tests.contract.verify import VERIFIERS

    address = chatroom.url("")
    room = {"homeserver": address, "token": "t", "room": "!r:x"}
    office = Office.open(
        tmp_path,
        slack(chatroom, "slack"),
        {"id": "discord", "platform": "discord", "url": f"{address}/api/webhooks/1/x"},
        {"id": "telegram", "platform": "telegram", "token": "1:t", "chat": "-7", "api": address},
        {"id": "matrix", "platform": "matrix", **room},
        {"id": "mattermost", "platform": "mattermost", "url": f"{address}/hooks/m"},
        {"id": "googlechat", "platform": "googlechat", "url": f"{address}/v1/spaces/a/messages"},
        {"id": "teams", "platform": "teams", "url": f"{address}/workflows/1"},
        {"id": "ntfy", "platform": "ntfy", "url": f"{address}/topic"},
    )
    attack = (
        "@everyone <!channel> <@U1> <users/all> <at>all</at> [x](https://evil.example) </a></b> **b** \u202e"
    )
    office.news(text=f"{attack} said that the road to Loikaw was mended. {attack}")
    office.run()
    for channel in office.config.channels:
        (part,) = office.parts(channel.id)
        assert part.state is State.SENT, (channel.id, part.reason)
        VERIFIERS[channel.platform.name](part.body)


@pytest.mark.slow
def test_d17_two_channels_to_one_place_tell_an_article_once(tmp_path: Path, chatroom: Chatroom) -> None:
    address = chatroom.url("/hooks/desk")
    one = receiver(chatroom, "one", topics=["loikaw"]) | {"url": address}
    both = receiver(chatroom, "both") | {"url": address, "send": {"every": "1h"}}
    other = receiver(chatroom, "other")
    telegram = {"platform": "telegram", "chat": "-7", "api": chatroom.url("")}
    bots = [{"id": "bot1", "token": "1:a", **telegram}, {"id": "bot2", "token": "2:b", **telegram}]
    office = Office.open(tmp_path, one, both, other, *bots)
    office.news()
    office.news(text="Operation 1111 entered its third year, a monitor said.")
    office.run()
    office.run(after=DAY)
    assert titles_in(taken(chatroom, "/hooks/desk"), 2) == [1, 1]
    assert titles_in(taken(chatroom, "/hooks/other"), 2) == [1, 1]
    assert titles_in(taken(chatroom, "sendMessage"), 2) == [1, 1]
    assert office.parts("bot2") == ()
    warnings = load_config(office.program.config, environ={}).warnings
    assert [text.partition(": ")[2] for text in warnings if "one place" in text] == [
        "channels one and both lead to one place: an article on topics of both is told by one only",
        "channels bot1 and bot2 lead to one place: an article on topics of both is told by bot1 only",
    ]
