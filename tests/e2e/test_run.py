"""``newswatch run`` from feeds to chat, as cron starts it."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.chatroom import Answer, Chatroom
from tests.conftest import ROOT
from tests.e2e.newsdesk import TOLD, UNTOLD, hook, set_up, slack, told_in
from tests.e2e.program import Finished, Program, a_source, publish
from tests.newsroom import Newsroom

ONCE = {item["id"]: 1 for item in TOLD} | {"north": 0, "shopping": 0}


@dataclass(frozen=True, slots=True)
class TwoRuns:
    """What two runs in a row reported and sent."""

    program: Program
    first: Finished
    second: Finished
    newsroom: Newsroom
    chatroom: Chatroom
    sent_by_first: int
    sent_by_both: int


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoRuns]:
    """Run twice on the small newsroom, for a Slack channel and a signed webhook."""
    with Newsroom() as newsroom, Chatroom() as chatroom:
        program = set_up(tmp_path_factory.mktemp("run"), newsroom, [slack(chatroom), hook(chatroom)])
        first = program.run()
        sent_by_first = len(chatroom.posts)
        second = program.run()
        yield TwoRuns(program, first, second, newsroom, chatroom, sent_by_first, len(chatroom.posts))


def test_first_run_reports_what_it_did(two_runs: TwoRuns) -> None:
    assert two_runs.first.status == 0, two_runs.first.err
    report = two_runs.first.report
    assert report["sources"] == {"due": 2, "polled": 2, "not_modified": 0, "failed": 0}
    assert report["entries"] == {"seen": 5, "new": 5}
    assert report["articles"] == {"fetched": 5, "from_feed": 0, "summary_only": 0, "failed": 0}
    assert report["matches"] == {"loikaw": 2, "operation-1111": 1}
    assert report["stories"] == {"new": 3, "updated": 0}
    assert report["deliveries"] == {"sent": 2, "pending": 0, "unknown": 0, "failed": 0}
    assert report["problems"] == []


def test_every_channel_is_told_each_story_once_and_nothing_else(two_runs: TwoRuns) -> None:
    for path in ("/services/T0/B0/desk", "/hooks/hook"):
        posts = [post for post in two_runs.chatroom.posts if post.request.path == path]
        assert told_in(posts) == ONCE


def test_second_run_is_all_304_and_sends_nothing(two_runs: TwoRuns) -> None:
    report = two_runs.second.report
    assert report["sources"] == {"due": 2, "polled": 2, "not_modified": 2, "failed": 0}
    assert report["entries"]["new"] == 0
    assert report["deliveries"]["sent"] == 0
    assert two_runs.sent_by_both == two_runs.sent_by_first


def test_robots_txt_is_asked_once_a_day(two_runs: TwoRuns) -> None:
    assert len(two_runs.newsroom.requests_for("/robots.txt")) == 1


def test_no_secret_in_output_or_database(two_runs: TwoRuns) -> None:
    database = (two_runs.program.home / "var" / "newswatch.db").read_bytes()
    secret = "bmV3c3dhdGNoLXRlc3Qtc2VjcmV0LTAx"
    for text in (two_runs.first.out, two_runs.first.err, two_runs.second.out, two_runs.second.err):
        assert secret not in text
        assert "/services/T0" not in text
    assert secret.encode() not in database
    assert b"/services/T0" not in database


def test_status_and_outbox_show_the_result(two_runs: TwoRuns) -> None:
    status = json.loads(two_runs.program.do("status", "--json").out)
    assert {source["id"]: source["health"] for source in status["sources"]} == {
        "outlet-a": "ok",
        "outlet-b": "ok",
    }
    assert status["outbox"]["sent"] == 2
    listed = two_runs.program.do("outbox", "list", "--all").out
    assert "desk" in listed
    assert "sent" in listed


def test_digest_previews_without_sending(two_runs: TwoRuns) -> None:
    before = len(two_runs.chatroom.posts)
    shown = two_runs.program.do("digest", "--since", "24h").out
    assert all(item["title"] in shown for item in TOLD)
    payload = two_runs.program.do("digest", "--channel", "desk", "--format", "slack").out
    assert json.loads(payload)["blocks"]
    data = json.loads(two_runs.program.do("digest", "--format", "json").out)["data"]
    assert {story["reports"][0]["headline"] for story in data["stories"]} >= {item["title"] for item in TOLD}
    assert two_runs.program.do("digest", "--format", "html").out.startswith("<!doctype html>")
    assert two_runs.program.do("digest", "--format", "html", "--out", "/nowhere/x.html").status == 2
    assert len(two_runs.chatroom.posts) == before


def test_send_test_is_labelled_and_explained(two_runs: TwoRuns, chatroom: Chatroom) -> None:
    done = two_runs.program.do("send-test", "desk")
    assert done.status == 0
    assert "took the message" in done.out
    assert b"test" in two_runs.chatroom.posts[-1].request.body.lower()


def test_without_a_usable_channel_the_digest_is_printed(tmp_path: Path, newsroom: Newsroom) -> None:
    program = set_up(tmp_path, newsroom, [{"id": "desk", "platform": "slack", "url": "${UNSET_WEBHOOK}"}])
    done = program.do("run")
    assert done.status == 0
    assert all(item["title"] in done.out for item in TOLD)
    assert "UNSET_WEBHOOK" in done.err
    assert all(item["title"] not in program.do("run", "--force").out for item in TOLD)


def test_dry_run_prints_and_marks_nothing(tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom) -> None:
    program = set_up(tmp_path, newsroom, [slack(chatroom)])
    dry = program.do("run", "--dry-run")
    assert all(item["title"] in dry.out for item in TOLD)
    assert chatroom.posts == ()
    program.run()
    assert told_in(chatroom.posts) == ONCE


def test_unreachable_network_is_one_line_and_leaves_no_trace(tmp_path: Path, chatroom: Chatroom) -> None:
    program = Program(tmp_path)
    with Newsroom() as closed:
        addresses = [closed.url("/a/feed"), closed.url("/b/feed")]
    program.configure([a_source("a", addresses[0]), a_source("b", addresses[1])], [slack(chatroom)])
    done = program.do("-q", "run")
    assert done.status == 1
    assert len(done.err.strip().splitlines()) == 1
    assert "no source could be reached" in done.err
    assert program.rows("SELECT count(*) FROM source_state") == [(0,)]


def test_operators_hear_once_that_we_are_offline_and_once_that_we_are_back(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = set_up(tmp_path, newsroom, [slack(chatroom)], operators=["desk"])
    sources = (program.config / "sources.yaml").read_text("utf-8")
    with Newsroom() as closed:
        names = ("a", "b", "c")
        program.configure(
            [a_source(name, closed.url(f"/{name}/feed")) for name in names],
            [slack(chatroom)],
            operators=["desk"],
        )
    for _ in range(2):
        assert program.do("-q", "run").status == 1
    (post,) = chatroom.posts
    assert b"We are offline since" in post.request.body
    assert b"3 of 3 sources gave no answer at all" in post.request.body
    assert b"We are offline: hardly a source answers" in post.request.body  # the coverage line
    alone = publish(newsroom, "/alone", UNTOLD)
    program.configure(
        [a_source("alone", alone), *(a_source(f"s{number}", closed.url("/feed")) for number in range(5))],
        [slack(chatroom)],
        operators=["desk"],
    )
    partly = program.do("-q", "run")
    assert (partly.status, len(partly.err.strip().splitlines())) == (0, 1)  # one was read: not in vain
    assert "5 of 6 sources gave no answer: is this machine offline?" in partly.err
    assert program.rows("SELECT source_id FROM source_state") == [("alone",)]
    assert len(chatroom.posts) == 1
    (program.config / "sources.yaml").write_text(sources, "utf-8")
    program.run()
    program.run()
    told = [post for post in chatroom.posts if b"Online again after 0 h" in post.request.body]
    assert len(told) == 1
    assert told_in(chatroom.posts) == ONCE


def test_configuration_errors_stop_before_any_request(tmp_path: Path, newsroom: Newsroom) -> None:
    program = set_up(tmp_path, newsroom, [])
    channels = program.config / "channels.yaml"
    channels.write_text(
        "channels:\n  - id: desk\n    platfrom: slack\n    url: https://hooks.example.org/x\n", "utf-8"
    )
    done = program.do("run")
    assert done.status == 2
    assert "channels.yaml:3" in done.err
    assert "did you mean" in done.err
    assert newsroom.requests == ()


def test_state_that_vanished_is_refused(tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom) -> None:
    program = set_up(tmp_path, newsroom, [slack(chatroom)])
    program.run()
    sent = len(chatroom.posts)
    database = tmp_path / "var" / "newswatch.db"
    database.write_bytes(b"")
    done = program.run()
    assert done.status == 1
    assert "restore" in done.err
    assert database.stat().st_size == 0
    assert len(chatroom.posts) == sent


def test_second_run_at_the_same_time_says_so_and_leaves(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = set_up(tmp_path, newsroom, [slack(chatroom)])
    newsroom.behave("/outlet-b/feed", "/hang")
    first = program.start("run", "--force", "--json")
    try:
        assert newsroom.wait_for_requests(2, timeout_s=40)
        second = program.run()
        assert second.status == 0
        assert "another run is in progress" in second.err
    finally:
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=20)


@pytest.mark.parametrize("phase", [pytest.param("crawl", marks=pytest.mark.slow), "send"])
def test_sigterm_ends_the_run_within_eight_seconds(
    phase: str, tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = set_up(tmp_path, newsroom, [slack(chatroom)])
    if phase == "crawl":
        newsroom.behave("/outlet-b/feed", "/hang")
    else:
        chatroom.script("/services/T0/B0/desk", Answer(ending="hang", taken=False))
    child = program.start("run", "--force")
    try:
        server = newsroom if phase == "crawl" else chatroom
        wanted = {"/outlet-b/feed"} if phase == "crawl" else {"/services/T0/B0/desk"}
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline and not wanted & {request.path for request in server.requests}:
            time.sleep(0.05)
        begun = time.monotonic()
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=20)
        assert time.monotonic() - begun < 8
        assert child.returncode != 0
    finally:
        child.kill()
    newsroom.add(
        "/outlet-b/feed",
        b"<rss version='2.0'><channel><title>x</title></channel></rss>",
        "application/rss+xml",
    )
    program.run()
    program.run()
    seen = told_in(chatroom.posts)
    assert seen["clinic"] >= 1
    assert seen["road"] >= 1


def test_dead_channel_is_paused_told_elsewhere_and_resumed_by_hand(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = set_up(tmp_path, newsroom, [slack(chatroom), hook(chatroom)], operators=["hook"])
    chatroom.always("/services/T0/B0/desk", Answer(404, b"no_service", taken=False))
    report = program.run().report
    assert report["deliveries"]["failed"] == 1
    notices = [post for post in chatroom.posts if b"Channel desk" in post.request.body]
    assert [post.request.path for post in notices] == ["/hooks/hook"]
    tries = len([post for post in chatroom.posts if post.request.path.endswith("desk")])
    program.run()
    assert len([post for post in chatroom.posts if post.request.path.endswith("desk")]) == tries
    chatroom.always("/services/T0/B0/desk", None)
    assert program.do("outbox", "retry", "--channel", "desk").status == 0
    program.run()
    taken = [post for post in chatroom.posts if post.taken and post.request.path.endswith("desk")]
    assert told_in(taken) == ONCE


@pytest.mark.slow
def test_lost_answer_is_repeated_once_by_a_later_run_and_marked(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = set_up(tmp_path, newsroom, [slack(chatroom), hook(chatroom)])
    for path in ("/services/T0/B0/desk", "/hooks/hook"):
        chatroom.script(path, Answer(200, b"ok", ending="reset"))
    first = program.run()
    assert first.report["deliveries"]["unknown"] == 1
    program.let_a_minute_pass()
    program.run()
    program.run()
    desk = [post for post in chatroom.posts if post.request.path.endswith("desk")]
    assert len(desk) == 2
    assert b"repeat" not in desk[0].request.body
    assert b"repeat" in desk[1].request.body
    assert told_in([post for post in chatroom.visible if post.request.path.endswith("hook")]) == ONCE


@pytest.mark.slow
def test_refused_message_is_sent_plainer_then_in_halves(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = set_up(tmp_path, newsroom, [slack(chatroom)])
    refused = Answer(400, b"invalid_blocks", taken=False)
    chatroom.script("/services/T0/B0/desk", refused, refused)
    assert program.run().status == 0
    taken = [post for post in chatroom.posts if post.taken]
    assert told_in(taken) == ONCE
    assert len(taken) == 2


@pytest.mark.slow
def test_outage_ends_in_one_digest(tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom) -> None:
    program = set_up(tmp_path, newsroom, [slack(chatroom)])
    chatroom.always("/services/T0/B0/desk", Answer(503, b"", taken=False))
    program.run()
    for number in range(3):
        item = {
            **TOLD[0],
            "id": f"later-{number}",
            "title": f"Later news {number}",
            "text": f"Loikaw news {number}.",
        }
        publish(newsroom, "/outlet-b/feed", [item])
        program.run()
    chatroom.always("/services/T0/B0/desk", None)
    program.do("outbox", "retry", "--channel", "desk")
    program.run()
    taken = [post for post in chatroom.posts if post.taken]
    assert len(taken) == 2  # the message that was stuck, and one for everything since
    assert all(f"Later news {number}".encode() in taken[1].request.body for number in range(3))


def test_crontab_line_works_without_environment(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = set_up(tmp_path, newsroom, [slack(chatroom)])
    line = ["env", "-i", f"PYTHONPATH={ROOT}", *program.command("-q", "run")]
    checkout: dict[str, Any] = {"cwd": Path(__file__).resolve().parents[2]}
    done = subprocess.run(line, capture_output=True, text=True, timeout=90, check=False, **checkout)
    assert done.returncode == 0, done.stderr
    assert told_in(chatroom.posts) == ONCE
