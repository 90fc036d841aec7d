"""The commands that move messages by hand do what was asked of them, or nothing; none tells a secret."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.chatroom import Answer, Chatroom
from tests.e2e.newsdesk import set_up, slack
from tests.e2e.program import Program
from tests.newsroom import Newsroom


@pytest.fixture
def waiting(tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom) -> Program:
    """Return a program with one message that waits to be tried again."""
    program = set_up(tmp_path, newsroom, [slack(chatroom)])
    chatroom.always("/services/T0/B0/desk", Answer(503, b"", taken=False))
    program.run()
    assert states(program) == ["retry"]
    chatroom.always("/services/T0/B0/desk", None)
    return program


def states(program: Program) -> list[str]:
    return [state for (state,) in program.rows("SELECT state FROM delivery ORDER BY id")]


@pytest.mark.slow
def test_dropped_message_comes_back_by_number_or_when_asked_for_the_dead(waiting: Program) -> None:
    for revive in (("--channel", "desk", "--dead"), ("1",)):
        assert waiting.do("outbox", "drop", "1").status == 0
        done = waiting.do("outbox", "retry", "--channel", "desk")
        assert (done.status, states(waiting)) == (0, ["dead"])
        assert "0 messages" in done.err
        assert waiting.do("outbox", "retry", *revive).status == 0
        assert states(waiting) == ["pending"]


@pytest.mark.parametrize("words", [("1", "99"), ("1", "--channel", "dsek"), (), ("1", "--dead")])
def test_slip_changes_nothing(waiting: Program, words: tuple[str, ...]) -> None:
    done = waiting.do("outbox", "retry", *words)
    assert (done.status, states(waiting)) == (2, ["retry"])
    assert done.err.startswith("newswatch: ")


def test_message_held_by_hand_waits_for_a_person_and_a_sent_one_is_settled(
    waiting: Program, chatroom: Chatroom
) -> None:
    waiting.do("outbox", "hold", "--channel", "desk")
    assert waiting.do("send-test", "desk").status == 0
    waiting.run()
    assert states(waiting) == ["held"]
    waiting.do("outbox", "retry", "--channel", "desk")
    waiting.run()
    assert states(waiting) == ["sent"]
    done = waiting.do("outbox", "drop", "1")
    assert (done.status, states(waiting)) == (2, ["sent"])
    assert done.err == "newswatch: message 1 is sent: nothing can be changed any more\n"


def test_list_of_a_channel_that_nobody_knows_is_an_error(waiting: Program) -> None:
    assert waiting.do("outbox", "list", "--channel", "dsek").status == 2
    assert "desk" in waiting.do("outbox", "list", "--channel", "desk").out


def test_full_disk_behind_stderr_does_not_keep_the_news_back(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    unset = {"id": "later", "platform": "slack", "url": "${UNSET_URL}"}
    program = set_up(tmp_path, newsroom, [slack(chatroom), unset])
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            program.command("run", "--force"),
            env=program.environment(),
            cwd=program.home,
            stdout=subprocess.DEVNULL,
            stderr=full,
            timeout=90,
            check=False,
        )
    assert (done.returncode, len(chatroom.posts)) == (0, 1)


@pytest.mark.slow
def test_password_of_the_database_is_on_no_command_line(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = set_up(tmp_path, newsroom, [slack(chatroom)])
    newsroom.behave("/outlet-b/feed", "/hang")
    daemon = program.start("serve", NEWSWATCH_DATABASE=f"sqlite:///{tmp_path}/pw-s3cret.db")
    children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children")
    try:
        newsroom.wait_for_requests(2, 40)
        lines = [Path(f"/proc/{child}/cmdline").read_bytes() for child in children.read_text("ascii").split()]
        assert lines
        assert not [line for line in lines if b"s3cret" in line]
        assert (tmp_path / "pw-s3cret.db").exists()
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=30)
