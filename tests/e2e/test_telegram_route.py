"""A run reads a Telegram channel: its posts become articles, and those on the topics are told."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pytest

from crawler.clock import utc_now
from tests.chatroom import Chatroom
from tests.e2e.newsdesk import FILLER, TOLD, UNTOLD, slack, told_in
from tests.e2e.program import Program, a_source, page
from tests.newsroom import Newsroom
from tests.zawgyi_writer import write_zawgyi

pytestmark = pytest.mark.slow  # a dozen starts of the program

CHANNEL = "/s/hillsidepress"
CLINIC, ANNIVERSARY, ROAD = TOLD
CONTACT = "<html><title>Telegram: Contact @nobody</title><div class='tgme_page'>You can contact @nobody.</div></html>"


def a_preview(*posts: str) -> bytes:
    """Return a channel's preview page; the first of *posts* is number 1."""
    now = utc_now().isoformat(timespec="seconds")
    shown = "".join(
        f'<div class="tgme_widget_message_wrap"><div class="tgme_widget_message" data-post="hillsidepress/{number}">'
        f'<div class="tgme_widget_message_text js-message_text" dir="auto">{markup}</div>'
        f'<a class="tgme_widget_message_date"><time datetime="{now}"></time></a></div></div>'
        for number, markup in enumerate(posts, 1)
    )
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><title>Hillside Press – Telegram</title></head><body>'
        f'<section class="tgme_channel_history js-message_history">{shown}</section></body></html>'
    ).encode()


def markup_of(text: str) -> str:
    return escape(text).replace("\n", "<br/>")


@pytest.fixture
def program(tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom) -> Program:
    """A source that is a channel: a whole report, one in Zawgyi, one off topic, and one that announces a page."""
    article = newsroom.add("/2026/anniversary", page(ANNIVERSARY["title"], ANNIVERSARY["text"]))
    newsroom.add(
        CHANNEL,
        a_preview(
            markup_of(f"{CLINIC['title']}\n{CLINIC['text']} {FILLER}"),
            markup_of(f"{write_zawgyi(ROAD['title'])}\n{write_zawgyi(ROAD['text'])}"),
            markup_of(f"{UNTOLD[0]['title']}\n{UNTOLD[0]['text']}"),
            f'{ANNIVERSARY["title"]}<br/><a href="{article}">{article}</a>',
        ),
        "text/html; charset=utf-8",
    )
    newsroom.add("/s/nobody", b"", status=302, headers={"Location": "/nobody"})
    newsroom.add("/nobody", CONTACT)
    channel = {"kind": "telegram", "url": newsroom.url(CHANNEL)}
    nobody = {"kind": "telegram", "url": newsroom.url("/s/nobody")}
    program = Program(tmp_path)
    program.configure(
        [
            a_source("hillside", "", routes=[channel]),
            a_source("nobody", "", routes=[nobody]),
        ],
        [slack(chatroom)],
    )
    return program


def test_posts_of_a_channel_become_articles_and_are_told(
    program: Program, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    done = program.run()
    assert done.status == 0, done.err
    articles = dict(program.rows("SELECT url, text FROM article"))
    assert articles.keys() == {
        newsroom.url("/hillsidepress/1"),
        newsroom.url("/hillsidepress/2"),
        newsroom.url("/hillsidepress/3"),
        newsroom.url("/2026/anniversary"),
    }
    # The post that announces a page has the page's text; the others have their own, whole.
    assert articles[newsroom.url("/2026/anniversary")] == ANNIVERSARY["text"]
    assert articles[newsroom.url("/hillsidepress/1")].endswith(FILLER)
    assert done.report["matches"] == {"loikaw": 2, "operation-1111": 1}
    told = told_in(chatroom.posts)
    assert (told["clinic"], told["anniversary"], told["north"]) == (1, 1, 0)
    # A name that nobody has is a failure, not a channel without news.
    (problem,) = done.report["problems"]
    assert (problem["source"], problem["problem"][:20]) == ("nobody", "not a public channel")

    again = program.run()
    assert again.status == 0, again.err
    assert again.report["entries"]["new"] == 0
