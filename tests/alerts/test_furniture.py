"""What a page prints round its article is blanked; what the article says is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.match.furniture import blank_furniture_lines


def kept(text: str) -> list[str]:
    return [line for line in blank_furniture_lines(text).split("\n") if line.strip()]


BODY = "A bridge was opened on Monday."


@pytest.mark.parametrize(
    "furniture",
    [
        "24.1 C\nLoikaw\nTuesday 27, January 2026",
        "20.1 °C\nLoikaw",
        "24.1 C\nLoikaw\nspot_img".removesuffix("\nspot_img"),
        "Loikaw 24 °C | Mese 27 °C | Demoso 23 °C",
        "18.4 C Loikaw Monday 16, February 2026",
        "၂၄ °C\nလွိုင်ကော်",  # 24 degrees, Loikaw
    ],
)
def test_the_weather_box_at_the_top_is_blanked(furniture: str) -> None:
    assert kept(f"{furniture}\n{BODY}") == [BODY]


@pytest.mark.parametrize(
    "line",
    [
        "Tags: KIA, 1111 Operation, Loikaw",
        "You may also like: Loikaw market reopens | Operation 1111 timeline",
        "Read more: Loikaw falls",
        "READ ALSO | Loikaw falls",
        "Related: Loikaw falls",
        "Related stories:\nLoikaw falls\nOperation 1111 begins",
        "[Read more: Loikaw falls]",
        "Home > News > Loikaw",
        "September 20, 2024\nAbout 30 houses swept away in Loikaw...",
        "ဖတ်စရာများ - လွိုင်ကော်တွင် တိုက်ပွဲ",  # to read: fighting in Loikaw
        "ဆက်စပ်သတင်းများ: လွိုင်ကော်",  # related news: Loikaw
        "ဆက်စပ်သတင်းများ\nလွိုင်ကော်တွင် တိုက်ပွဲ",  # related news / fighting in Loikaw
        "Tags – Loikaw, KNDF",
        "Topics: Loikaw, KNDF",
        "Trending now | Loikaw falls",
        "Related: Lt. Col. Aung of Loikaw",
        "More from Loikaw: the market",
        "Latest news\nLoikaw falls",
        "အခြားသတင်းများ\nလွိုင်ကော်တွင် တိုက်ပွဲ",  # other news / fighting in Loikaw
    ],
)
def test_labelled_lines_are_blanked(line: str) -> None:
    assert kept(f"{BODY}\n{line}") == [BODY]


@pytest.mark.parametrize(
    "line",
    [
        "Loikaw, 13 July",
        "Loikaw",
        "It was 24 C in Loikaw on Tuesday.",
        "Related attacks hit Loikaw: two people died.",
        "Tags on the bodies found in Loikaw bore numbers.",
        "Read more than one report on Loikaw.",
        "Home guards left Loikaw.",
        "September 20, 2024",
        "Topics discussed in Loikaw were peace and rice.",
        "Trending: Loikaw residents flee.",
        "Trending: Loikaw residents flee. Hundreds are on the road",
        "Topics – Loikaw, aid and the UN – were discussed.",
        "Related – but distinct – clashes hit Loikaw.",
        "Related reports – all denied – spoke of Loikaw",
        "Recommended – but not safe – is the road to Loikaw",
        "More news: five people died in Loikaw, a monk said.",
        "Latest news — Loikaw bombed",
        "နောက်ထပ်သတင်း - လွိုင်ကော်တွင် ဗုံးကြဲ",  # more news - Loikaw bombed
        "နောက်ထပ်သတင်း: လွိုင်ကော်တွင် ဗုံးကြဲသည်။",  # more news: Loikaw was bombed.
        "ဆက်စပ်မှု ရှိသည်ဟု လွိုင်ကော်၌ ပြောသည်။",  # said in Loikaw that there is a connection
    ],
)
def test_sentences_and_datelines_stay(line: str) -> None:
    assert kept(f"{line}\n{BODY}") == [line, BODY]
    assert kept(f"{BODY}\n{line}") == [BODY, line]


def test_a_paragraph_after_a_list_of_pointers_stays() -> None:
    assert kept(f"Related:\nLoikaw falls\n{BODY}\nLoikaw is calm") == [BODY, "Loikaw is calm"]


def test_a_temperature_far_down_is_no_weather_box() -> None:
    text = "\n".join([BODY] * 9 + ["24.1 C", "Loikaw"])
    assert kept(text)[-1] == "Loikaw"


def test_a_text_that_is_all_furniture_is_left_alone() -> None:
    assert kept("Tags: Loikaw") == ["Tags: Loikaw"]


@given(
    st.lists(
        st.one_of(st.text(max_size=20), st.sampled_from(["24 C", "Loikaw", "Tags: x", "\n"])), max_size=8
    )
)
@settings(deadline=None, max_examples=100)
def test_length_and_line_breaks_never_change(parts: list[str]) -> None:
    text = "\n".join(parts)
    blanked = blank_furniture_lines(text)
    assert len(blanked) == len(text)
    assert [at for at, char in enumerate(blanked) if char == "\n"] == [
        at for at, char in enumerate(text) if char == "\n"
    ]


@pytest.mark.parametrize(
    "line", ["a" * 200_000, "20 C " + "b" * 200_000, "Loikaw " * 30_000, "1 °C " * 40_000]
)
def test_reading_a_line_without_end_comes_to_an_end(line: str) -> None:
    # it took hours; nothing is measured here: a hang is the failure
    assert len(blank_furniture_lines(f"{line}\n{BODY}")) == len(line) + 1 + len(BODY)
