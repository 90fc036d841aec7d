"""D12: a canary in every secret of every platform, every way to fail, and the program's every word searched for it."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from crawler.clock import utc_now
from tests.chatroom import Answer, Chatroom
from tests.faults.office import Office

pytestmark = pytest.mark.slow
MARK = "CaNaRyInThEsHaFt"  # stands in every secret, with a suffix of its own


def secret(slot: str, kind: str) -> str:
    return f"{MARK}-{slot}-{kind}-0123456789"


def channels_of(kind: str, address: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return a channel of every platform by name, with the path on which its failure is to be scripted."""

    def mark(slot: str) -> str:
        return secret(slot, kind)

    paths = {
        "slack": f"/services/T0/B0/{mark('slack')}",
        "discord": f"/api/webhooks/1/{mark('discord')}",
        "telegram": f"/bot1:{mark('telegram')}/sendMessage",
        "webhook": f"/hooks/{mark('webhook')}",
        "mattermost": f"/hooks/mm-{mark('mattermost')}",
        "googlechat": f"/v1/spaces/{kind}/messages",
        "teams": f"/workflows/{mark('teams')}",
        "matrix": f"/_matrix/client/v3/rooms/%21{kind}%3Ax/send/m.room.message/",
        "ntfy": f"/{kind}/",
    }
    keys: dict[str, dict[str, Any]] = {
        "slack": {"url": f"{address}{paths['slack']}"},
        "discord": {"url": f"{address}{paths['discord']}?thread_id={mark('thread')}"},
        "telegram": {"token": f"1:{mark('telegram')}", "chat": f"-{len(kind)}{ord(kind[0])}", "api": address},
        "webhook": {
            "url": f"{address}{paths['webhook']}?key={mark('query')}",
            "secret": mark("signature"),
        },
        "mattermost": {"url": f"{address}{paths['mattermost']}"},
        "googlechat": {"url": f"{address}{paths['googlechat']}?key={mark('gkey')}&token={mark('gtoken')}"},
        "teams": {"url": f"{address}{paths['teams']}?sp=x&sig={mark('sig')}"},
        "matrix": {"homeserver": address, "token": mark("matrix"), "room": f"!{kind}:x"},
        "ntfy": {"url": f"{address}/{kind}/{mark('topic')}", "token": mark("ntfy")},
    }
    return {
        name: (paths[name], {"id": f"{name}-{kind}".lower(), "platform": name, **keys[name]}) for name in keys
    }


def echoing(status: int, path: str, **more: Any) -> Answer:
    """Return an answer that repeats whatever it was told, as servers in trouble do."""
    said = f'{{"error":"{path}","description":"{MARK} {path}","message":"{path}","errcode":"{path}"}}'
    headers = {"Location": f"http://127.0.0.1:9{path}", "Retry-After": "7200", "X-Request": path}
    return Answer(status, said.encode(), headers, taken=False, **more)


KINDS: dict[str, dict[str, Any]] = {
    "gone": {"status": 404},
    "unauthorised": {"status": 401},
    "refused": {"status": 400},
    "limited": {"status": 429},
    "moved": {"status": 302},
    "broken": {"status": 500},
    "reset": {"status": 200, "ending": "reset"},
    "short": {"status": 200, "ending": "short"},
}


def test_d12_no_secret_of_any_platform_in_any_output_after_any_failure(tmp_path: Path) -> None:
    with Chatroom() as chatroom:
        channels: list[dict[str, Any]] = []
        for kind, answer in KINDS.items():
            for path, channel in channels_of(kind, chatroom.url("")).values():
                chatroom.answer_below(
                    path, echoing(answer["status"], path, ending=answer.get("ending", "answer"))
                )
                channels.append(channel)
        closed = channels_of("closed", "http://127.0.0.1:9")
        channels += [channel for _, channel in closed.values()]
        office = Office.open(tmp_path, *channels, operators=[channels[0]["id"]])
        office.now = utc_now()
        office.news()
        child = office.program.start("-v", "run", "--json")
        title = ""
        deadline = time.monotonic() + 60
        while len(chatroom.posts) < 9 and time.monotonic() < deadline:
            time.sleep(0.05)
        title = Path(f"/proc/{child.pid}/cmdline").read_text("utf-8")
        out, err = child.communicate(timeout=90)
        assert child.returncode == 1, "no channel took a message"
        tried = {post.request.path for post in chatroom.posts}
        said = {"title": title, "run": out + err}
        for words in (
            ("-v", "status"),
            ("status", "--json"),
            ("outbox", "list", "--all"),
            ("outbox", "list", "--json"),
            ("-v", "send-test", "--all"),
            ("send-test", "--all", "--json"),
            ("-v", "check"),
            *(("outbox", "show", str(number)) for number in (1, 9, 10, 20)),
        ):
            done = office.program.do(*words)
            said[" ".join(words)] = done.out + done.err
    assert {name: text.count(MARK) for name, text in said.items()} == dict.fromkeys(said, 0)
    assert len(said["run"]) > 1000
    assert len([path for path in tried if MARK in path]) >= 6 * len(KINDS), "every secret was used"
    assert canaries_in_database(tmp_path / "var" / "newswatch.db") == []


def canaries_in_database(path: Path) -> list[str]:
    """Return the text columns that hold a canary."""
    found = []
    with sqlite3.connect(path) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                found += [table for value in row if isinstance(value, str) and MARK in value]
    return found
