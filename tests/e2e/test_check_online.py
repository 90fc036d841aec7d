"""``newswatch check --online``: what it tells of sources and channels, and that it posts and stores nothing."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.channels import PLATFORMS
from alerts.checkup.channel import FRONT_PAGE, INQUIRIES
from tests.chatroom import Answer, Chatroom, json_answer
from tests.crawler.crawling import a_feed, told
from tests.e2e.newsdesk import TOLD, UNTOLD, hook, slack
from tests.e2e.program import Finished, Program, a_source, publish
from tests.e2e.test_wordpress_route import JSON, posts
from tests.newsroom import Newsroom

pytestmark = pytest.mark.slow  # a dozen starts of the program

TOKEN = "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
ROOM = "!abc:example.org"
LOST = "654321:BBHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # of a bot that is not in the chat
PRIVATE = (TOKEN, LOST, "syt_secret_token", "bmV3c3dhdGNo", "AbCdEfGhIjKlMnOpQrStUvWx")


def channels(chatroom: Chatroom) -> list[dict[str, Any]]:
    """Return one channel a platform, two of Telegram's, and one that nobody answers."""
    web = chatroom.base_url
    return [
        slack(chatroom, "desk"),
        hook(chatroom),
        {"id": "tg", "platform": "telegram", "token": TOKEN, "chat": "-1001", "api": web},
        {"id": "tg-out", "platform": "telegram", "token": LOST, "chat": "-1002", "api": web},
        {
            "id": "discord",
            "platform": "discord",
            "url": f"{web}/api/webhooks/1/AbCdEfGhIjKlMnOpQrStUvWx?wait=true",
        },
        {"id": "room", "platform": "matrix", "homeserver": web, "token": "syt_secret_token", "room": ROOM},
        {"id": "phone", "platform": "ntfy", "url": f"{web}/my-topic"},
        {"id": "team", "platform": "mattermost", "url": f"{web}/hooks/AbCdEfGhIjKlMnOpQrStUvWx"},
        {
            "id": "silent",
            "platform": "slack",
            "url": "http://127.0.0.1:9/services/T0/B0/AbCdEfGhIjKlMnOpQrStUvWx",
        },
        {"id": "screen", "platform": "console"},
    ]


def answer_as_platforms_do(chatroom: Chatroom) -> None:
    for token in (TOKEN, LOST):
        chatroom.always(f"/bot{token}/getMe", json_answer(200, {"ok": True, "result": {"username": "x"}}))
    bad = {"ok": False, "description": "Bad Request: chat not found"}
    chatroom.always(f"/bot{TOKEN}/getChat", json_answer(200, {"ok": True, "result": {}}))
    chatroom.always(f"/bot{LOST}/getChat", json_answer(400, bad))
    chatroom.always("/api/webhooks/1/AbCdEfGhIjKlMnOpQrStUvWx", json_answer(200, {"id": "1", "name": "hook"}))
    chatroom.always("/_matrix/client/v3/account/whoami", json_answer(200, {"user_id": "@x:example.org"}))
    chatroom.always("/_matrix/client/v3/joined_rooms", json_answer(200, {"joined_rooms": [ROOM]}))
    chatroom.always("/v1/health", json_answer(200, {"healthy": True}))
    chatroom.always("/api/v4/system/ping", json_answer(200, {"status": "OK"}))
    chatroom.always("/", Answer(404))


@dataclass(frozen=True, slots=True)
class Checked:
    """One ``check --online --json`` on three outlets and ten channels."""

    program: Program
    chatroom: Chatroom
    good: Newsroom
    done: Finished

    def source(self, source_id: str) -> dict[str, Any]:
        found: dict[str, Any] = next(item for item in self.done.report["sources"] if item["id"] == source_id)
        return found


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checked]:
    with Newsroom() as good, Newsroom() as moved, Chatroom() as chatroom:
        answer_as_platforms_do(chatroom)
        publish(good, "/feed", [TOLD[0], UNTOLD[0]])
        good.robots("User-agent: *\nAllow: /\n")
        # A feed that has gone, on a site that still tells where its news is.
        link = f'<{moved.url("/wp-json/")}>; rel="https://api.w.org/"'
        home = "<meta name='generator' content='WordPress 6.4.2'>"
        home += "<link rel=alternate type=application/rss+xml href=/rss>"
        moved.add("/", home, headers={"Link": link})
        moved.add(
            "/rss", a_feed(told("x", content="", summary="A line that says a little of what has happened."))
        )
        moved.add("/wp-json/wp/v2/posts", posts(moved, "", TOLD[:2]), JSON)
        moved.robots("User-agent: *\nSitemap: /news.xml\n")
        moved.add("/news.xml", "<urlset><url><loc>/2026/11/x</loc></url></urlset>", "application/xml")
        program = Program(tmp_path_factory.mktemp("check"))
        program.configure(
            [
                a_source("good", good.url("/feed")),
                a_source("moved", moved.url("/old/feed/")),
                a_source("dead", "http://127.0.0.1:9/feed"),
                a_source("off", good.url("/404"), enabled=False),
            ],
            channels(chatroom),
        )
        yield Checked(program, chatroom, good, program.do("check", "--online", "--json"))


def test_sources_are_told_as_data(checked: Checked) -> None:
    assert checked.done.status == 0, checked.done.err
    assert [item["id"] for item in checked.done.report["sources"]] == ["good", "moved", "dead"]
    good = checked.source("good")
    (route,) = good["routes"]
    assert (good["works"], route["status"], route["items"], route["text"]) == (
        True,
        "works",
        2,
        "titles only",
    )
    assert route["newest"].endswith("Z")
    assert good["robots"] == {"said": "allowed", "crawl_delay_seconds": None}
    assert checked.source("dead")["answered"] is False


def test_failed_source_gets_a_proposal_that_the_configuration_takes(checked: Checked) -> None:
    moved = checked.source("moved")
    assert (moved["works"], moved["cms"]) == (False, "WordPress 6.4.2 (generator)")
    assert moved["routes"][0]["status"] == "404 not found"
    assert {route["kind"]: route["items"] for route in moved["found"]} == {
        "feed": 1,
        "wordpress": 2,
        "sitemap": 1,
    }
    suggestion = moved["suggestion"]
    assert suggestion["reason"] == "the first route does not serve (404 not found)"
    routes = yaml.safe_load(suggestion["yaml"])["routes"]
    assert [route["url"] for route in routes] == [route["url"] for route in suggestion["routes"]]
    assert routes[-1]["url"].endswith("/old/feed/")
    assert routes[0]["kind"] == "wordpress"  # it is dated, the feed is not


def test_channels_are_asked_what_posts_nothing(checked: Checked) -> None:
    standing = {item["id"]: item["standing"] for item in checked.done.report["channels"]}
    assert standing == {
        "desk": "reachable",
        "hook": "reachable",
        "tg": "good",
        "tg-out": "failed",
        "discord": "good",
        "room": "good",
        "phone": "reachable",
        "team": "reachable",
        "silent": "failed",
        "screen": "local",
    }
    requests = [post.request for post in checked.chatroom.posts]
    assert {request.method for request in requests} == {"GET", "HEAD"}
    assert all(not request.body for request in requests)
    assert not [
        request for request in requests if "/services/" in request.target or "/hooks/" in request.target
    ]


def test_no_secret_is_told(checked: Checked) -> None:
    told_text = checked.done.out + checked.done.err
    assert [secret for secret in PRIVATE if secret in told_text] == []


def test_nothing_is_stored(checked: Checked) -> None:
    assert sorted(path.name for path in checked.program.home.iterdir()) == ["config"]


def test_every_platform_is_asked_in_a_way_that_cannot_post(chatroom: Chatroom) -> None:
    keys = {channel["platform"]: channel for channel in channels(chatroom)}
    keys["googlechat"] = keys["teams"] = {"url": chatroom.url("/v1/spaces/x/messages?key=k&token=t")}
    common = ("id", "platform")
    assert set(keys) >= set(INQUIRIES)
    for name, channel in keys.items():
        platform = PLATFORMS[name]
        if platform.local:
            continue
        own = {key: value for key, value in channel.items() if key not in common}
        for question in INQUIRIES.get(name, FRONT_PAGE).ask(platform.keys.model_validate(own)):
            assert question.request.method in ("GET", "HEAD"), name
            assert question.request.body == b"", name


def test_people_get_a_table_that_fits_and_ends_with_what_to_do(checked: Checked) -> None:
    done = checked.program.do("check", "--online", COLUMNS="100")
    assert done.status == 0, done.err
    assert max(len(line) for line in done.out.splitlines() if "{kind:" not in line) <= 100
    assert "1 of 3 sources can be read" in done.out
    assert "cannot be read: moved, dead" in done.out
    assert "a better route is proposed: moved" in done.out
    assert "1 feed      404 not found" in done.out
    assert "3/3" in done.err
    assert [secret for secret in PRIVATE if secret in done.out + done.err] == []


def test_one_source_is_asked_alone_even_when_disabled(checked: Checked) -> None:
    checked.good.forget_requests()
    before = len(checked.chatroom.posts)
    done = checked.program.do("check", "--online", "--json", "--source", "off")
    assert [item["id"] for item in done.report["sources"]] == ["off"]
    assert done.status == 0
    assert done.report["channels"] == []
    assert len(checked.chatroom.posts) == before
    assert checked.good.requests_for("/404")


def test_nobody_answers_is_a_failure(tmp_path: Path) -> None:
    program = Program(tmp_path)
    program.configure([a_source("dead", "http://127.0.0.1:9/feed")], [])
    done = program.do("check", "--online")
    assert done.status == 1
    assert "nobody answered" in done.err


def test_ctrl_c_ends_it_at_once(tmp_path: Path, newsroom: Newsroom) -> None:
    program = Program(tmp_path)
    program.configure([a_source("hang", newsroom.url("/hang"))], [])
    running = program.start("check", "--online")
    until = time.monotonic() + 30
    while not newsroom.requests_for("/hang") and time.monotonic() < until:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=15)
    assert running.returncode == 130
    assert "Error" not in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--json",), "--source and --json go with --online"),
        (("--online", "--source", "god"), "did you mean 'good'"),
        (("--online", "--time-budget", "5"), "write a duration with its unit"),
    ],
)
def test_mistakes_are_told_in_one_line(checked: Checked, words: tuple[str, ...], said: str) -> None:
    done = checked.program.do("check", *words)
    assert done.status == 2
    assert said in done.err
    assert done.err.count("\n") == 1
