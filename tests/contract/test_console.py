"""The console: what a first-time user sees in a terminal of eighty columns."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels.console import (
    COLUMNS,
    ConsoleKeys,
    colour,
    render,
    wrap,
    write_text,
)
from alerts.message.plaintext import is_cut_point
from alerts.message.platform import Style
from alerts.model import Digest, FigureClaim, Tally
from alerts.text.width import display_width
from tests.builders import a_burmese_report, a_digest, a_full_digest, a_report, a_sentence, a_story

ANSI = re.compile(r"\x1b\[[\d;]*m")
LETTERS = st.sampled_from(
    [*"ab .,(", "«", "»", "\u200b", "လွိုင်", "ကော်", "မြို့", "ဗုဒ္ဓ", "။ ", "၁၁၁၁"]
)  # Loikaw, town, Buddha, 1111


def text_of(digest: Digest, style: Style = Style.RICH) -> str:
    (part,) = render(digest, ConsoleKeys(), style)
    return part.body.decode("utf-8")


def test_one_story_reads_like_this() -> None:
    assert text_of(a_digest(a_story(a_report(), a_burmese_report(converted=True)))) == (
        "── Loikaw watch: 1 story ───────────────────────────────────────────────────────\n"
        "\n"
        " 1  Loikaw\n"
        "    Clashes resume near Loikaw\n"
        "    — The Irrawaddy · independent · English · first seen 22 Nov 09:24 MMT ·\n"
        "      3 h ago\n"
        "    │ Fighting near «Loikaw» went on.\n"
        "    → https://www.irrawaddy.com/news/clashes.html\n"
        # "fighting in Loikaw town", Kantarawaddy Times
        "    + လွိုင်ကော်မြို့တွင် တိုက်ပွဲဖြစ် — ကန္တာရဝတီတိုင်းမ် · ethnic media · Burmese ·\n"
        "      first seen 22 Nov 09:24 MMT · 3 h ago · converted from Zawgyi\n"
        "      → https://kantarawaddytimes.com/လွိုင်ကော်/\n"
        "\n"
        "Read 27 of 28 sources. Failed: The Irrawaddy (403 challenge page)\n"
        "Digest a1b2c3d4 · 22 Nov 12:24 MMT\n"
    )


def test_colour_only_adds_escape_codes() -> None:
    body = text_of(a_full_digest())
    shown = colour(body)
    assert ANSI.sub("", shown) == body
    assert "\x1b[1;33m«Loikaw»\x1b[0m" in shown
    for line in shown.split("\n"):
        assert line.count("\x1b[0m") * 2 == line.count("\x1b[")  # nothing bleeds into the next line


def test_every_feature_is_shown() -> None:
    shown = text_of(a_full_digest())
    for words in ("Update: +1 report", "Reported before by DVB, Mizzima", "Also:", "Aid reaches Demoso", "summary only",
                  "+4 more stories", "2 stories to follow", "Notices:", "DVB: nothing for 3 days"):  # fmt: skip
        assert words in shown


@settings(deadline=None, max_examples=100)
@given(st.lists(LETTERS, max_size=120).map("".join), st.integers(20, 100))
def test_wrapping_loses_nothing_and_breaks_no_syllable(text: str, columns: int) -> None:
    lines = wrap(text, "", "", columns)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    at = 0
    squeezed = text.replace(" ", "")
    for line in lines[:-1]:
        at += len(line.replace(" ", ""))
        assert at in (0, len(squeezed)) or is_cut_point(squeezed, at) or text_breaks_at(text, at)


def text_breaks_at(text: str, visible: int) -> bool:
    """Tell whether white space stood before the letter number *visible* of *text*."""
    seen = 0
    for i, char in enumerate(text):
        if char != " ":
            if seen == visible:
                return i > 0 and text[i - 1] == " "
            seen += 1
    return True


def test_lines_fit_the_terminal() -> None:
    # "Heavy fighting goes on near Loikaw town."
    burmese = a_sentence("လွိုင်ကော်မြို့အနီးတွင် တိုက်ပွဲများ ပြင်းထန်စွာ ဖြစ်ပွားလျက်ရှိသည်။" * 6, "လွိုင်ကော်")
    digest = a_digest(a_story(a_burmese_report(sentence=burmese), a_report(headline="fighting " * 30)))
    for line in text_of(digest).split("\n"):
        assert display_width(line) <= COLUMNS or "https://" in line


def test_matched_words_stay_on_one_line() -> None:
    sentence = a_sentence("x" * 60 + " and then Operation 1111 began", "Operation 1111")
    assert "«Operation 1111»" in text_of(a_digest(a_story(a_report(sentence=sentence))))


@pytest.mark.parametrize(
    ("text", "columns"), [("လွိုင်ကော်", 5), ("中文", 4), ("abc", 3), ("", 0)]
)  # Loikaw; Chinese
def test_combining_signs_take_no_column(text: str, columns: int) -> None:
    assert display_width(text) == columns


def test_empty_digests_still_say_something() -> None:
    assert "test message" in text_of(a_digest(is_test=True))
    assert "DVB is back" in text_of(a_digest(notices=("DVB is back",)))


@pytest.mark.parametrize("columns", [30, 50, 80, 100])
def test_a_preview_is_no_wider_than_its_terminal(columns: int) -> None:
    long = a_sentence("ယနေ့ လွိုင်ကော်တွင် တိုက်ပွဲဖြစ်သည်။ " * 9, "လွိုင်ကော်")  # there is fighting in Loikaw today
    digest = a_digest(a_story(a_report(), a_burmese_report()), a_story(a_burmese_report(sentence=long)))
    for line in write_text(digest, columns).splitlines():
        assert display_width(line) <= columns or "→ http" in line, line


def test_facts_stand_above_the_address_and_a_number_with_what_it_counts() -> None:
    claims = (
        FigureClaim(5, False, "soldiers", ("a spokesman of the military",)),
        FigureClaim(9, True, "civilians", ("KNDF",)),
    )
    text = write_text(a_digest(a_story(tallies=(Tally("killed", "", claims),))), 50)
    assert text.index("Killed: 5 soldiers") < text.index("→ https://")
    assert "at least 9 civilians" in text
