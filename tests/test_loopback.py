"""The suite's own servers do what they promise: a test of misbehaviour must not rest on a server that behaves."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from tests.chatroom import Answer, Chatroom, Ending, json_answer
from tests.contract import tdlib
from tests.newsroom import LoopbackServer, Newsroom

OPENED = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def send(
    url: str, headers: dict[str, str] | None = None, body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers (lower case) and body of one request."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("GET" if body is None else "POST", target, body, headers or {})
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


def receive(server: LoopbackServer, target: str, body: bytes = b"", *, within_s: float) -> tuple[bool, bytes]:
    """Return whether the server ended the answer within *within_s* seconds, and what had come by then."""
    received = b""
    deadline_s = time.monotonic() + within_s
    with socket.create_connection((server.host, server.port)) as connection:
        connection.sendall(f"POST {target} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        while (left_s := deadline_s - time.monotonic()) > 0:
            connection.settimeout(left_s)
            try:
                chunk = connection.recv(65536)
            except TimeoutError:
                break
            except ConnectionResetError:
                return True, received
            if not chunk:
                return True, received
            received += chunk
    return False, received


def test_newsroom_serves_documents_conditionally_and_logs_requests(newsroom: Newsroom) -> None:
    url = newsroom.add("/feed", "<rss/>", "application/rss+xml", last_modified=OPENED)
    headers = send(url)[1]
    assert send(url, {"If-None-Match": headers["etag"]})[0] == 304
    assert send(url, {"If-Modified-Since": headers["last-modified"]})[0] == 304
    newsroom.add("/feed", "<rss>new</rss>", "application/rss+xml", last_modified=OPENED + timedelta(hours=1))
    assert send(url, {"If-None-Match": headers["etag"]})[0] == 200
    assert [request.path for request in newsroom.requests] == ["/feed"] * 4
    assert "if-none-match" in newsroom.requests_for("/feed")[1].headers


@pytest.mark.parametrize(
    ("path", "status", "header"),
    [
        ("/404", 404, None),
        ("/410", 410, None),
        ("/429?retry_after=7", 429, ("retry-after", "7")),
        ("/301?to=/x", 301, ("location", "/x")),
        ("/403-challenge", 403, ("cf-mitigated", "challenge")),
        ("/302-login", 302, ("location", "/wp-login.php?redirect_to=%2F302-login")),
        ("/loop", 302, ("location", "/loop")),
        ("/redirect?to=http://127.0.0.1:9/", 302, ("location", "http://127.0.0.1:9/")),
        ("/hops?n=2", 302, ("location", "/hops?n=1")),
        ("/304always", 304, None),
        ("/empty", 200, ("content-length", "0")),
        ("/big?bytes=5000", 200, ("content-length", "5000")),
        ("/gzip-bomb?bytes=1048577", 200, ("content-encoding", "gzip")),
        ("/cookie", 200, ("set-cookie", "session=1; Path=/")),
        ("/no-such-path", 404, None),
    ],
)
def test_newsroom_paths_are_behaviours(
    newsroom: Newsroom, path: str, status: int, header: tuple[str, str] | None
) -> None:
    got, headers, _ = send(newsroom.url(path))
    assert got == status
    assert header is None or headers[header[0]] == header[1]
    assert send(newsroom.behave("/alias", path))[0] == status


@pytest.mark.parametrize("path", ["/short", "/rst", "/rst?after=50", "/badchunk", "/header-flood"])
def test_broken_answers_are_noticed_by_a_client(newsroom: Newsroom, path: str) -> None:
    with pytest.raises((http.client.HTTPException, OSError)):
        send(newsroom.url(path))


@pytest.mark.parametrize("path", ["/hang", "/drip-head", "/drip-body?delay=0.01", "/endless"])
def test_slow_answers_do_not_end_by_themselves(newsroom: Newsroom, path: str) -> None:
    ended, received = receive(newsroom, path, within_s=0.3)
    assert not ended
    assert len(received) > 10 or path == "/hang"


def test_gzip_bomb_is_small_on_the_wire_and_large_inside(newsroom: Newsroom) -> None:
    body = send(newsroom.url("/gzip-bomb?bytes=3000000"))[2]
    assert len(body) < 30_000
    assert len(gzip.decompress(body)) == 3_000_000


@pytest.mark.parametrize("path", ["/hang", "/drip-body", "/endless"])
def test_closing_a_server_ends_its_answers_at_once(path: str) -> None:
    newsroom = Newsroom()
    connection = http.client.HTTPConnection(newsroom.host, newsroom.port, timeout=5)
    connection.request("GET", path)
    assert newsroom.wait_for_requests(1)
    started = time.monotonic()
    newsroom.close()
    newsroom.close()
    assert time.monotonic() - started < 2
    connection.close()


def test_chatroom_follows_its_script_and_is_healthy_after_it(chatroom: Chatroom) -> None:
    limited = json_answer(429, {"retry_after": 0.5}, Retry_After="1")
    url = chatroom.script("/services/T/B/x", limited, Answer(500, b"oops"))
    answers = [send(url, body=b'{"text": "a"}') for _ in range(3)]
    assert [status for status, _, _ in answers] == [429, 500, 200]
    assert answers[0][1]["retry-after"] == "1"
    assert [post.taken for post in chatroom.posts] == [False, False, True]
    chatroom.always("/services/T/B/x", Answer(404, b"no_service"))
    assert send(url, body=b'{"text": "b"}')[2] == b"no_service"


@pytest.mark.parametrize(
    ("ending", "ends", "answer"),
    [
        ("reset", True, False),
        ("close", True, False),
        ("hang", False, False),
        ("short", True, True),
        ("drip", False, True),
        ("endless", False, True),
    ],
)
def test_message_is_visible_though_its_answer_got_lost(
    chatroom: Chatroom, ending: Ending, ends: bool, answer: bool
) -> None:
    path = "/services/T/B/x"
    chatroom.script(path, Answer(200, b"ok", ending=ending))
    ended, received = receive(chatroom, path, b'{"text": "a"}', within_s=0.3)
    assert ended is ends
    assert received.startswith(b"HTTP/1.1 200") is answer
    if ending == "short":
        assert b"Content-Length: 1002" in received
    assert [post.payload for post in chatroom.visible] == [{"text": "a"}]


def test_readers_see_a_repeat_unless_the_platform_knows_its_identity(chatroom: Chatroom) -> None:
    for _ in range(2):
        send(chatroom.url("/services/T/B/x"), body=b'{"text": "a"}')
        send(chatroom.url("/hook"), {"webhook-id": "msg_1"}, b"{}")
    assert [post.request.path for post in chatroom.visible] == ["/services/T/B/x", "/hook", "/services/T/B/x"]


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        (
            "/bot1:x/sendMessage",
            {"chat_id": 1, "text": "<b>Loikaw", "parse_mode": "HTML"},
            400,
            "can't parse entities",
        ),
        ("/bot1:x/sendMessage", {"chat_id": 1, "text": "x" * 4097}, 400, "message is too long"),
        ("/bot1:x/sendMessage", {"chat_id": 1, "text": "က" * 11_000}, 400, "text is too long"),
        ("/bot1:x/sendMessage", {"chat_id": 1, "text": "x", "parse_mod": "HTML"}, 400, "wrong parameter"),
        (
            "/bot1:x/sendMessage",
            {"chat_id": 1, "text": "<b>Loikaw</b>", "parse_mode": "HTML"},
            200,
            "message_id",
        ),
        ("/services/T/B/x", {"blocks": [{"type": "rich_txt"}]}, 400, "invalid_blocks"),
        ("/api/webhooks/1/x?wait=true", {"embeds": [{"title": "x" * 257}]}, 400, "50035"),
        ("/api/webhooks/1/x?wait=true", {"content": "x"}, 200, "id"),
    ],
)
def test_chatroom_refuses_what_its_platform_would(
    chatroom: Chatroom, path: str, body: dict[str, object], status: int, said: str
) -> None:
    if said == "can't parse entities" and not tdlib.PRESENT:
        pytest.skip(tdlib.MISSING)
    answered, _, told = send(chatroom.url(path), body=json.dumps(body).encode())
    assert (answered, said in told.decode()) == (status, True), told


def test_chatroom_refuses_a_wrong_signature(chatroom: Chatroom) -> None:
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1795904106", "webhook-signature": "v1,xxxx"}
    assert send(chatroom.url("/hook"), headers, b"{}")[0] == 401
    assert chatroom.visible == ()
