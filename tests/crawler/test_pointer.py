"""Links to other stories and lists at an article's end go by their shape; sentences stay."""

from __future__ import annotations

import pytest

from crawler.article.extract import extract_page
from crawler.article.pointer import drop_tail
from crawler.parse.furniturelines import drop_lines

URL = "https://site.example/section/story"
STORY = [
    f"<p>The council opened bridge {number} over the river on Monday, and said more would follow in spring.</p>"
    for number in range(6)
]


def read(*pieces: str) -> str:
    body = "\n".join(pieces)
    markup = f'<html><body class="single"><div class="entry-content">{body}</div></body></html>'
    return extract_page(markup.encode(), "text/html", URL).text


WHOLE = read(*STORY)


@pytest.mark.parametrize(
    "pointer",
    [
        '<p><strong>LEES OOK | <a href="/a">Loikaw wacht op de veerboot</a></strong></p>',  # any language
        '<p><a href="/a">Loikaw waits for the ferry that was promised</a></p>',
        '<h4>ဆက်ဖတ်ပါ - <a href="/a">လွိုင်ကော်မြို့တွင် ကူးတို့ စောင့်နေကြ</a></h4>',  # read on - Loikaw waits for the ferry
    ],
)
def test_paragraph_that_is_a_label_and_a_link_goes(pointer: str) -> None:
    assert read(*STORY[:3], pointer, *STORY[3:]) == WHOLE


@pytest.mark.parametrize(
    "sentence",
    [
        '<p>It was first told by <a href="/a">the Loikaw relief committee of the river</a> on Sunday.</p>',
        '<p><a href="/a">The Loikaw relief committee of the river told it on Sunday.</a></p>',
        '<p>Source: <a href="/a">Loikaw</a></p>',
    ],
)
def test_sentence_with_a_link_stays(sentence: str) -> None:
    assert "Loikaw" in read(*STORY[:3], sentence, *STORY[3:])


@pytest.mark.parametrize(
    "tail",
    [
        '<h3>Read next</h3><ul><li><a href="/a">Loikaw waits</a></li><li><a href="/b">Loikaw counts</a></li></ul>',
        '<p>More from here:</p><p><a href="/a">Loikaw waits</a> <a href="/b">Loikaw counts</a></p><p></p>',
        '<p><a href="/t/1">#Loikaw</a> <a href="/t/2">#bridges</a></p>',
        '<p><a href="/t/1">#လွိုင်ကော်</a></p>',  # #Loikaw
        "<p>#Loikaw #bridges</p>",
    ],
)
def test_links_and_hashtags_at_the_end_go(tail: str) -> None:
    assert read(*STORY, tail) == WHOLE


def test_page_of_links_only_is_not_emptied() -> None:
    links = "".join(
        f'<p><a href="/{number}">Report {number} of the relief committee</a></p>' for number in range(4)
    )
    assert "Report 3" in read(links)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Prose ends.\nLoikaw waits for help\n6 years ago\nOld bridge closed\n3 days ago", "Prose ends."),
        ("Prose ends.\n2 hours ago\nLoikaw waits for help\nan hour ago\nOld bridge closed", "Prose ends."),
        ("Prose ends.\nLoikaw waits for help 6 years ago\nOld bridge closed 2 weeks ago", "Prose ends."),
        # Loikaw waits / 3 days ago / an old bridge closed / 6 years ago
        ("စာသား။\nလွိုင်ကော် စောင့်နေဆဲ\n၃ ရက်အကြာက\nတံတားဟောင်း ပိတ်\nလွန်ခဲ့သော ၆ နှစ်က", "စာသား။"),
        ("Prose ends.\nThe bridge fell 6 years ago", "Prose ends.\nThe bridge fell 6 years ago"),
        ("It fell in 2019.\nThat was six years ago.", "It fell in 2019.\nThat was six years ago."),
        ("Prose ends. #Loikaw #bridges", "Prose ends."),
        ("Route #4 is open", "Route #4 is open"),
        ("#Loikaw", "#Loikaw"),
    ],
)
def test_dated_headlines_and_hashtags_are_cut_from_the_end(text: str, expected: str) -> None:
    assert drop_tail(text) == expected


def test_headlines_under_a_heading_in_the_middle_go_and_prose_after_them_stays() -> None:
    text = (
        "Prose one.\nRelated stories\nLoikaw waits for help\nOld bridge closed\n"
        + "Long prose goes on. " * 20
    )
    assert drop_lines(text) == ("Prose one.\n" + "Long prose goes on. " * 20, False)
