"""What outlets change after an article was told: read again, told in one line, never the story again."""

from __future__ import annotations

import signal
import sqlite3
from pathlib import Path

import pytest

from crawler.failpoint import LATER_EDGES
from tests.chatroom import Chatroom
from tests.chatscreen import edit_of
from tests.e2e.newsdesk import FILLER, slack
from tests.e2e.program import Program, a_source, page, publish
from tests.newsroom import Newsroom

PATH = "/outlet-a/feed/strike"
LEAD = "An air strike on a village near Loikaw killed {} people on Monday, a rescue team said."
STRIKE = {
    "id": "strike",
    "title": "Air strike on a village in the hills",
    "text": f"{LEAD.format(3)}\n{FILLER}",
}
# Two messages tell the change, side by side; the third pass of an edge is the edit's.
OF_THE_EDIT = [
    f"{edge}:3" for edge in ("before_claim_commit", "before_send", "after_send", "before_record_commit")
]
OF_THE_EDIT.append("after_record_commit:3")
CLINIC = {"id": "clinic", "title": "Clinic opens", "text": f"A clinic in Loikaw opened.\n{FILLER}"}


def a_room(chatroom: Chatroom) -> dict[str, str]:
    return {
        "id": "tg",
        "platform": "telegram",
        "token": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
        "chat": "-100123",
        "api": chatroom.url(""),
    }


def a_program(home: Path, newsroom: Newsroom, chatroom: Chatroom) -> Program:
    """Return a program that has told the strike to two channels."""
    program = Program(home)
    feed = publish(newsroom, "/outlet-a/feed", [STRIKE, CLINIC])
    program.configure([a_source("outlet-a", feed)], [slack(chatroom), a_room(chatroom)])
    first = program.run()
    assert first.report["deliveries"]["sent"] == 2, first.err
    return program


def come_round(program: Program) -> None:
    """Make every reading due that is planned."""
    with sqlite3.connect(program.home / "var" / "newswatch.db") as connection:
        connection.execute("UPDATE reread SET due_at = 1 WHERE due_at IS NOT NULL")


def new_posts(program: Program, chatroom: Chatroom, **environ: str) -> list[str]:
    """Run again, and return what the channels were told since; edits of earlier messages are no telling."""
    come_round(program)
    before = len(chatroom.posts)
    done = program.run(**environ)
    assert done.status == (-signal.SIGKILL if environ else 0), done.err
    told = [post for post in chatroom.posts[before:] if edit_of(post.request) is None]
    return [post.request.body.decode() for post in told]


def marked(chatroom: Chatroom) -> list[str]:
    """Return the notes at the top of what the Telegram room shows, message by message, oldest first."""
    texts = [str(message["text"]) for message in chatroom.screen if message.get("chat_id")]
    return ["\n".join(line for line in text.split("\n") if "Changed since" in line) for text in texts]


def test_changed_figure_is_told_once_as_old_and_new_words_in_answer_to_its_message(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = a_program(tmp_path, newsroom, chatroom)
    newsroom.add(PATH, page(STRIKE["title"], STRIKE["text"].replace("killed 3", "killed 5")))
    told = new_posts(program, chatroom)
    assert len(told) == 2
    for post in told:
        assert "killed 3 people" in post
        assert "killed 5 people" in post
        assert "lorries" not in post
        assert "1 change" in post
    (answer,) = [post for post in told if "-100123" in post]
    assert "reply_parameters" in answer
    note, of_the_answer = marked(chatroom)
    assert note.startswith("Changed since, ")
    assert note.endswith(" MMT: “Air strike on a village in the hills”: a figure was changed")
    assert of_the_answer == ""
    assert new_posts(program, chatroom) == []
    assert newsroom.requests_for(PATH)[-1].headers["if-none-match"]  # of the second reading
    explained = program.do("explain", "strike").out
    assert "killed 5 people" in explained
    assert "told to desk" in explained
    assert "marked as changed by message" in explained


@pytest.mark.slow
def test_removed_page_is_told_once_after_two_looks_and_a_timestamp_never(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = a_program(tmp_path, newsroom, chatroom)
    newsroom.add(
        PATH, page(STRIKE["title"], f"{STRIKE['text']}\nUpdated 14:05\nMost read: 9 killed in a far town")
    )
    assert new_posts(program, chatroom) == []
    newsroom.add(PATH, b"gone", status=404)
    assert new_posts(program, chatroom) == []
    told = new_posts(program, chatroom)
    assert len(told) == 2
    assert all("Removed by the outlet" in post and STRIKE["title"] in post for post in told)
    assert marked(chatroom)[0].endswith(f"“{STRIKE['title']}”: removed by the outlet")
    assert all("lorries" not in post for post in told)
    assert new_posts(program, chatroom) == []
    assert "killed 3 people" in program.rows("SELECT text FROM article WHERE url LIKE '%strike'")[0][0]


@pytest.mark.slow
def test_page_that_leads_to_the_front_page_is_removed_and_a_broken_server_removes_nothing(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = a_program(tmp_path, newsroom, chatroom)
    newsroom.add(PATH, b"busy", status=503)
    assert new_posts(program, chatroom) == []
    assert new_posts(program, chatroom) == []
    newsroom.add("/", page("Hill Courier", STRIKE["text"]))
    newsroom.add(PATH, b"", status=302, headers={"Location": newsroom.url("/")})
    assert new_posts(program, chatroom) == []
    told = new_posts(program, chatroom)
    assert ["Removed by the outlet" in post for post in told] == [True, True]


@pytest.mark.slow
def test_nothing_is_read_again_when_the_settings_say_so(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = a_program(tmp_path, newsroom, chatroom)
    settings = program.config / "settings.yaml"
    settings.write_text(f"{settings.read_text('utf-8')}reread: false\n", "utf-8")
    newsroom.forget_requests()
    assert new_posts(program, chatroom) == []
    assert newsroom.requests_for(PATH) == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    "edge", [*LATER_EDGES, "before_enqueue_commit", "after_enqueue_commit", *OF_THE_EDIT]
)
def test_killed_at_any_edge_a_change_is_told_once_and_its_message_marked(
    edge: str, tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    program = a_program(tmp_path, newsroom, chatroom)
    newsroom.add(PATH, page(STRIKE["title"], STRIKE["text"].replace("killed 3", "killed 5")))
    told = new_posts(program, chatroom, NEWSWATCH_CRASH_AT=edge)
    told += new_posts(program, chatroom)
    told += new_posts(program, chatroom)
    assert [("killed 3 people" in post, "killed 5 people" in post) for post in told] == [(True, True)] * 2
    assert [note.count("Changed since") for note in marked(chatroom)] == [1, 0]
    edits = program.rows("SELECT state, repeats FROM delivery WHERE edits IS NOT NULL")
    assert [state for state, _ in edits] == ["sent"]
    assert "repeat" not in str(chatroom.screen[1])
