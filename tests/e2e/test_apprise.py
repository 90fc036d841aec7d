"""The platform apprise as it is used: the real package in its child, against servers of ours, with every fault."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import ssl
import sys
from collections.abc import Sequence
from datetime import timedelta
from functools import reduce
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import trustme

from alerts.message.platform import Handover, Outcome, Rejected, RetryLater, Sent, TargetDead, Unknown
from alerts.transport.handover import Service, ask_service, hand_over
from alerts.transport.http import Timeouts
from crawler.proxyaddress import Proxy, parse_proxy
from tests.chatroom import Answer, Chatroom, json_answer
from tests.conftest import ROOT
from tests.e2e.newsdesk import set_up, told_in
from tests.mailroom import HANG_UP, Mailroom
from tests.newsroom import Newsroom
from tests.proxyroom import ProxyServer, SocksServer

AGENT = "newswatch/tests (+https://example.org/contact)"
TEXT = "Loikaw: 1 story\n\nHeadline <b> with *signs* (example.org)\nလွိုင်ကော်"  # loikaw
CANARY = "canarysecretofapprise"


def send(addresses: Sequence[str], proxy: Proxy | None = None, deadline_s: float = 20.0) -> list[Outcome]:
    """Hand the text over to every address, all at once; return the outcomes in their order."""

    async def go() -> list[Outcome]:
        timeouts = Timeouts(total_s=deadline_s)
        sent = (hand_over(Handover(each, TEXT.encode()), AGENT, proxy, timeouts) for each in addresses)
        return await asyncio.gather(*sent)

    return asyncio.run(go())


def mail(port: int, more: str = "") -> str:
    return f"mailto://user:{CANARY}@127.0.0.1:{port}?to=a@example.org&from=n@example.org&mode=insecure{more}"


def test_a_text_arrives_once_as_it_is_wherever_apprise_can_send_it(chatroom: Chatroom) -> None:
    at = f"127.0.0.1:{chatroom.port}"
    chatroom.always("/api/v1/messages", Answer(200, b'{"result":"success","id":7}'))
    with Mailroom() as mails:
        outcomes = send(
            [
                f"rocket://{CANARY}/{CANARY}@{at}/#news?avatar=no",
                f"mmost://{at}/{'a' * 24}",
                f"json://{at}/own?format=html&overflow=split&retry=3",
                mail(mails.port),
            ]
        )
        assert outcomes == [Sent()] * 4
        assert mails.texts == [TEXT]
        assert b"Subject: Loikaw: 1 story" in mails.mails[0]
        assert mails.logins == [f"\0user\0{CANARY}"]
    told = {post.request.path: post.payload for post in chatroom.posts}
    assert len(chatroom.posts) == len(told) == 3
    for payload in told.values():
        assert TEXT in (payload.get("text"), payload.get("message"))
    for post in chatroom.posts:
        assert post.request.headers["user-agent"] == AGENT
        assert "github" not in post.request.body.decode(), "no picture from elsewhere"


FAULTS: tuple[tuple[Answer, type[Outcome], str], ...] = (
    (Answer(429, b"", {"Retry-After": "7"}), RetryLater, "HTTP 429"),
    (Answer(400), Rejected, "HTTP 400"),
    (Answer(403), TargetDead, "HTTP 403"),
    (Answer(404, CANARY.encode()), TargetDead, "HTTP 404"),
    (Answer(410), TargetDead, "HTTP 410"),
    (Answer(413), Rejected, "HTTP 413"),
    (Answer(302, b"", {"Location": "/elsewhere"}), TargetDead, "moved"),
    (Answer(500), Unknown, "HTTP 500"),
    (Answer(503), RetryLater, "HTTP 503"),
    (Answer(200, ending="reset"), Unknown, "connection lost"),
    (Answer(200, ending="close"), Unknown, "connection lost"),
    (Answer(200, ending="hang"), Unknown, "no complete answer in time"),
    (Answer(200, ending="drip"), Unknown, "no complete answer in time"),
    (Answer(200, ending="endless"), Sent, ""),
)


@pytest.mark.slow
def test_every_fault_of_a_web_service_gets_its_outcome_and_is_asked_once(chatroom: Chatroom) -> None:
    for number, (answer, _, _) in enumerate(FAULTS):
        chatroom.always(f"/{number}/{CANARY}", answer)
    base = f"json://127.0.0.1:{chatroom.port}"
    outcomes = send([f"{base}/{number}/{CANARY}" for number in range(len(FAULTS))], deadline_s=8.0)
    for (_, expected, said), outcome in zip(FAULTS, outcomes, strict=True):
        assert isinstance(outcome, expected), outcome
        assert said in getattr(outcome, "reason", "")
        assert CANARY not in repr(outcome)
    assert len(chatroom.posts) == len(FAULTS), "no redirect, no second try"


@pytest.mark.slow
def test_a_rate_limit_is_not_followed_by_the_second_try_that_apprise_makes(chatroom: Chatroom) -> None:
    """Left alone it joins a Matrix room a second time at once, though it was told to wait."""
    room = "/_matrix/client/v3/join/%21abc%3Aexample.org"
    chatroom.always(room, json_answer(429, {"errcode": "M_LIMIT_EXCEEDED"}, Retry_After="9"))
    (outcome,) = send([f"matrix://{CANARY}@127.0.0.1:{chatroom.port}/!abc:example.org?retry=4&wait=0.1"])
    assert isinstance(outcome, RetryLater)
    assert outcome.rate_limited
    assert outcome.after == timedelta(seconds=9)
    assert len([post for post in chatroom.posts if post.request.path == room]) == 1


MAIL_FAULTS: tuple[tuple[dict[str, int], type[Outcome], str], ...] = (
    ({"greeting": 421}, RetryLater, "SMTP 421"),
    ({"greeting": HANG_UP}, RetryLater, "connection lost"),
    ({"auth": 535}, TargetDead, "login"),
    ({"mail": 550}, TargetDead, "SMTP 550"),
    ({"rcpt": 550}, TargetDead, "SMTP 550"),
    ({"rcpt": 451}, RetryLater, "SMTP 451"),
    ({"data": HANG_UP}, RetryLater, "connection lost"),
    ({"content": 554}, Rejected, "SMTP 554"),
    ({"content": 451}, RetryLater, "SMTP 451"),
    ({"content": HANG_UP}, Unknown, "connection lost"),
)


@pytest.mark.slow
def test_every_fault_of_a_mail_server_gets_its_outcome() -> None:
    rooms = [Mailroom(replies) for replies, _, _ in MAIL_FAULTS]
    try:
        outcomes = send(
            [*(mail(room.port) for room in rooms), mail(9), mail(rooms[1].port, "&mode=starttls")]
        )
    finally:
        for room in rooms:
            room.close()
    *faults, nobody, without_tls = outcomes
    for (replies, expected, said), outcome in zip(MAIL_FAULTS, faults, strict=True):
        assert isinstance(outcome, expected), (replies, outcome)
        assert said in getattr(outcome, "reason", "")
    assert nobody == RetryLater("connection failed: nothing listens there")
    assert isinstance(without_tls, RetryLater | TargetDead)


@pytest.mark.slow
def test_what_cannot_be_sent_is_told_apart_from_what_failed(chatroom: Chatroom) -> None:
    nowhere, unknown, many, copied, limited = send(
        [
            "json://127.0.0.1:9/x",
            f"nosuch://{CANARY}",
            mail(9).replace("to=a@example.org", "to=a@example.org,b@example.org"),
            mail(9, "&cc=b@example.org"),
            chatroom.script("/l", Answer(429)).replace("http", "json"),
        ]
    )
    assert nowhere == RetryLater("connection failed: nothing listens there")
    assert isinstance(unknown, TargetDead) and "does not understand" in unknown.reason
    for several in (many, copied):
        assert isinstance(several, TargetDead) and "several recipients" in several.reason
    assert isinstance(limited, RetryLater) and limited.rate_limited


def a_context(*names: str) -> ssl.SSLContext:
    """Return what a server of these names needs for TLS; nobody vouches for its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(*names).configure_cert(context)
    return context


@pytest.mark.slow
@pytest.mark.parametrize("kind", [ProxyServer, SocksServer])
def test_services_with_hosts_of_their_own_are_reached_through_the_proxy(kind: type[ProxyServer]) -> None:
    """Zulip and Discord: names that only the proxy knows, TLS inside its tunnel, one try after a rate limit."""
    hook = f"/api/webhooks/{'1' * 18}/{'t' * 60}"
    with Chatroom(tls=a_context("org.zulipchat.com", "discord.com")) as room:
        room.always("/api/v1/messages", json_answer(200, {"result": "success", "id": 7}))
        room.always(hook, json_answer(429, {"retry_after": 0.1}, Retry_After="9"))
        with kind({"org.zulipchat.com": room.port, "discord.com": room.port}) as proxy:
            zulip = f"zulip://bot@org/{'k' * 32}/news"
            addresses = [f"{zulip}?verify=no", zulip, f"discord://{'1' * 18}/{'t' * 60}?verify=no"]
            sent, false, limited = send(addresses, parse_proxy(proxy.url))
    assert sent == Sent()
    assert false == RetryLater("TLS failed: the certificate's authority is unknown")
    assert isinstance(limited, RetryLater)
    assert (limited.rate_limited, limited.after) == (True, timedelta(seconds=9))
    assert sorted(post.request.path for post in room.posts) == ["/api/v1/messages", hook]
    told = next(post.request.body.decode() for post in room.posts if "messages" in post.request.path)
    assert parse_qs(told)["content"] == [TEXT]


@pytest.mark.slow
def test_a_server_that_cannot_prove_who_it_is_is_told_nothing() -> None:
    with Newsroom(tls=a_context("127.0.0.1")) as secured:
        outcomes = send([f"jsons://127.0.0.1:{secured.port}/x"])
        assert len(secured.requests) == 0
    assert outcomes == [RetryLater("TLS failed: the certificate's authority is unknown")]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [ProxyServer, SocksServer])
def test_through_the_proxy_or_not_at_all(chatroom: Chatroom, kind: type[ProxyServer]) -> None:
    with kind({"chat.example": chatroom.port}) as proxy, Mailroom() as mails:
        way = parse_proxy(proxy.url)
        web, mailed, unseen = send(
            [f"json://chat.example:{chatroom.port}/x", mail(mails.port), f"rsyslog://127.0.0.1:{mails.port}"],
            way,
        )
        assert web == Sent()
        assert proxy.names == {"chat.example"}
        for outcome in (mailed, unseen):
            assert outcome == TargetDead("this service needs connections that the proxy cannot carry")
        assert mails.mails == []
    (gone,) = send([f"json://chat.example:{chatroom.port}/x"], way)
    assert isinstance(gone, RetryLater)
    assert len(chatroom.posts) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads the child's place in /proc")
def test_the_secret_stands_in_no_list_of_processes_and_the_child_dies_with_its_deadline(
    chatroom: Chatroom, tmp_path: Path
) -> None:
    chatroom.always("/x", Answer(200, ending="hang"))
    seen: list[str] = []

    async def go() -> Outcome:
        address = f"json://user:{CANARY}@127.0.0.1:{chatroom.port}/x"
        sending = asyncio.create_task(
            hand_over(Handover(address, TEXT.encode()), AGENT, None, Timeouts(total_s=0.7))
        )
        while not chatroom.posts and not sending.done():
            await asyncio.sleep(0.05)
        for child in children():
            seen.extend(
                (child / name).read_bytes().decode("utf-8", "replace") for name in ("cmdline", "environ")
            )
        return await sending

    os.environ["WEBHOOK_OF_ANOTHER"] = f"https://example.org/{CANARY}-other"
    try:
        outcome = asyncio.run(go())
    finally:
        del os.environ["WEBHOOK_OF_ANOTHER"]
    assert outcome == Unknown("no complete answer in time")
    assert any("alerts.transport.courier" in text for text in seen)
    assert not any(CANARY in text for text in seen)
    assert list(children()) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds the child in /proc")
def test_a_child_that_is_killed_from_outside_leaves_the_outcome_that_it_saw(chatroom: Chatroom) -> None:
    chatroom.always("/x", Answer(200, ending="hang"))

    async def go() -> Outcome:
        address = f"json://127.0.0.1:{chatroom.port}/x"
        sending = asyncio.create_task(hand_over(Handover(address, TEXT.encode()), AGENT, None, Timeouts()))
        while not chatroom.posts and not sending.done():
            await asyncio.sleep(0.05)
        (child,) = children()
        os.kill(int(child.name), signal.SIGKILL)
        return await sending

    assert asyncio.run(go()) == Unknown("the sending process ended before the message was through")


def children() -> list[Path]:
    """Return the folders in /proc of the senders that this process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid() and b"courier" in (folder / "cmdline").read_bytes():
                found.append(folder)
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_the_addresses_on_the_page_are_of_the_services_that_it_names() -> None:
    page = (ROOT / "docs" / "channels" / "apprise.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^ +\| ([\w.-]+)[^|]* \| `(\w+://[^`|]+)` \|$", page)
    assert len(rows) == 4
    filled = {"TOKEN": "k" * 32, "FROM-NUMBER": "15551234567", "TO-NUMBER": "15557654321", "ID/": "abcdef/"}

    async def go() -> list[Service]:
        addresses = [reduce(lambda text, pair: text.replace(*pair), filled.items(), row[1]) for row in rows]
        return await asyncio.gather(*map(ask_service, addresses))

    for (name, _), service in zip(rows, asyncio.run(go()), strict=True):
        assert service.problem == ""
        assert name.split(",")[0].lower() in service.name.lower()


@pytest.mark.slow
def test_a_message_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    with Mailroom() as mails:
        assert send([mail(mails.port, "&store=yes"), "matrix://token@127.0.0.1:9/!a:example.org?store=yes"])
        assert len(mails.mails) == 1
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.slow
def test_an_address_names_its_service_without_being_asked() -> None:
    known = asyncio.run(ask_service(f"rockets://{CANARY}/{CANARY}@chat.example.org/#news"))
    assert known == Service("Rocket.Chat", 1000)
    unknown = asyncio.run(ask_service(f"nosuch://{CANARY}"))
    assert unknown.problem == "Apprise does not understand this address"
    assert not known.is_short
    assert asyncio.run(ask_service("d7sms://token@15551234567")).is_short
    without = asyncio.run(ask_service(f"mqtt://example.org/{CANARY}")).problem
    assert without.startswith("this service does not work here: it needs paho-mqtt")
    assert CANARY not in json.dumps(unknown.problem)


@pytest.mark.slow
def test_a_run_tells_an_apprise_channel_and_check_names_its_service(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    at = f"127.0.0.1:{chatroom.port}"
    told = {"id": "told", "platform": "apprise", "url": f"rocket://{CANARY}/{CANARY}@{at}/#news?avatar=no"}
    gone = {"id": "gone", "platform": "apprise", "url": f"json://{at}/gone/{CANARY}"}
    program = set_up(tmp_path, newsroom, [told, gone])
    checked = program.do("check")
    assert checked.status == 0
    assert "channel told: apprise (Rocket.Chat), as it comes" in checked.out
    assert "channel gone: apprise (JSON), as it comes" in checked.out
    chatroom.always(f"/gone/{CANARY}", Answer(410))
    assert program.run().report["deliveries"]["sent"] == 1
    posts = [post for post in chatroom.posts if post.request.path.startswith("/hooks/")]
    assert told_in(posts)["clinic"] == 1
    status = program.do("status").out
    assert "gone: paused (HTTP 410" in status
    tried = program.do("send-test", "told", "gone")
    assert tried.status == 1
    assert "told (apprise): the platform took the message. Look whether it stands there" in tried.out
    assert "gone (apprise): this channel does not work: HTTP 410" in tried.out
    shown = " ".join(
        (checked.out, checked.err, status, tried.out, tried.err, program.do("outbox", "list").out)
    )
    assert CANARY not in shown
