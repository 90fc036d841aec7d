"""What outlets edit: which changes of a told article matter, and a corpus of edits that must stay silent."""

from __future__ import annotations

from functools import cache

import pytest

from alerts.config import load_config
from alerts.digest.change import MOST_CHANGES, SHOWN_CHARS, Change, Kind, Version, change_line, find_changes
from alerts.match.matcher import Matcher, compile_topics
from tests.conftest import ROOT

TITLE = "Strike on a village in the hills"
STRIKE = "An air strike on a village near Loikaw killed 3 people on Monday, a rescue team said."
MORE = "Volunteers took the wounded to a clinic in the hills. The road to the east was closed on Tuesday."
EN = f"{STRIKE}\n{MORE}"
# An air strike near Loikaw town killed 3 civilians. The wounded were taken to a clinic.
MY_STRIKE = "လွိုင်ကော်မြို့အနီး လေကြောင်းတိုက်ခိုက်မှုကြောင့် အရပ်သား ၃ ဦး သေဆုံးခဲ့သည်။"
MY_MORE = "ဒဏ်ရာရသူများကို ဆေးခန်းသို့ ပို့ဆောင်ခဲ့ကြောင်း ဒေသခံများက ပြောသည်။"
MY = f"{MY_STRIKE}\n{MY_MORE}"


@cache
def a_matcher() -> Matcher:
    config = load_config(ROOT / "config")
    return compile_topics(config.topics, config.lexicon)


def a_version(text: str, title: str = TITLE) -> Version:
    topics = a_matcher().find_matches(title, text, None, "unicode").topics
    return Version(title, text, [hit for hits in topics.values() for hit in hits])


def changes(old: str, new: str, old_title: str = TITLE, new_title: str | None = None) -> tuple[Change, ...]:
    return find_changes(a_version(old, old_title), a_version(new, new_title or old_title))


TOLD = {
    "a figure in a word": (EN, EN.replace("killed 3", "killed five"), Kind.FIGURE, "killed five people"),
    "a figure of displaced": (
        f"{STRIKE}\nSome 400 people fled to the forest after it.",
        f"{STRIKE}\nSome 1,200 people fled to the forest after it.",
        Kind.FIGURE,
        "1,200 people",
    ),
    "a Burmese figure": (MY, MY.replace("၃ ဦး", "၅ ဦး"), Kind.FIGURE, "၅ ဦး"),  # 3 persons, 5 persons
    "a toll that is added": (
        EN,
        f"{STRIKE} At least 7 people were injured, the team said.\n{MORE}",
        Kind.FIGURE,
        "At least 7 people were injured",
    ),
    "a place": (EN, EN.replace("near Loikaw", "near Mawchi"), Kind.TOPIC, "near Mawchi"),
    "a denial": (EN, f"{STRIKE} The junta denied it.\n{MORE}", Kind.DENIAL, "The junta denied it."),
    "a doubt": (
        EN,
        f"{STRIKE} The report could not be independently verified.\n{MORE}",
        Kind.DENIAL,
        "could not be independently verified",
    ),
    "a correction of its own": (
        EN,
        f"{STRIKE}\nCorrection: an earlier version named the wrong day.\n{MORE}",
        Kind.CORRECTION,
        "an earlier version named the wrong day",
    ),
    "a Burmese denial": (
        MY,
        f"{MY_STRIKE} စစ်တပ်က ယင်းသတင်းကို ငြင်းဆိုခဲ့သည်။\n{MY_MORE}",  # the army denied this news
        Kind.DENIAL,
        "ငြင်းဆို",  # denied
    ),
}


@pytest.mark.parametrize(("old", "new", "kind", "words"), TOLD.values(), ids=list(TOLD))
def test_change_that_matters_is_found_with_both_sentences(old: str, new: str, kind: Kind, words: str) -> None:
    (found,) = changes(old, new)
    assert found.kind is kind
    assert words in found.new
    assert found.new in new
    assert found.old in old


def test_headline_with_another_figure_is_a_change() -> None:
    (found,) = changes(EN, EN, "Three killed near Loikaw", "Five killed near Loikaw")
    assert (found.kind, found.old, found.new) == (
        Kind.FIGURE,
        "Three killed near Loikaw",
        "Five killed near Loikaw",
    )


def test_other_words_on_the_topic_are_wording_that_channels_ask_for() -> None:
    (found,) = changes(EN, EN.replace("a rescue team said", "residents of two wards said"))
    assert found.kind is Kind.WORDING


ZWSP, NBSP, SHY = "\u200b", "\u00a0", "\u00ad"
FURNITURE = (
    "Updated 14:05",
    "Last updated on 12 November 2026 at 10:15.",
    "Published: 3 hours ago",
    "Photo: Seven wounded people wait near Loikaw. / Hill Courier",
    "Most read: 9 killed in an attack on Loikaw",
    "Related: Junta denies attack on Loikaw.",
    "Read more: 12 people killed near Loikaw last year.",
    "9 killed in an attack on Loikaw",
    "Junta denies strike on Loikaw as 40 flee",
    "1,204 views",
    "Share this story with 3 friends.",
    "Follow us on Telegram for news of Loikaw.",
    "Subscribe to our newsletter: 5,000 people did.",
    "Comments (14)",
    "© 2026 Hill Courier. 3 people killed near Loikaw.",
    "Video: 4 injured in Loikaw.",
    "Tags: Loikaw, Operation 1111.",
    "2 hours ago 5 soldiers killed in Loikaw.",
    "ဓာတ်ပုံ - လွိုင်ကော်တွင် ၇ ဦး သေဆုံးခဲ့သည်။",  # photo: 7 died in Loikaw
    "ဆက်စပ်သတင်း - လွိုင်ကော်တွင် ၉ ဦး သေဆုံးခဲ့သည်။",  # related news: 9 died in Loikaw
)
SILENT = {
    "nothing": (EN, EN),
    "double spaces": (EN, EN.replace(" ", "  ")),
    "no-break spaces": (EN, EN.replace(" on ", f"{NBSP}on{NBSP}")),
    "invisible characters": (EN, EN.replace("Loikaw", f"Loi{ZWSP}kaw{SHY}")),
    "one paragraph": (EN, EN.replace("\n", " ")),
    "a paragraph for each sentence": (EN, EN.replace(". ", ".\n")),
    "sentences in another order": (EN, f"{MORE}\n{STRIKE}"),
    "sentences that are joined": (EN, EN.replace("hills. The", "hills; the")),
    "a sentence that is cut": (EN, EN.replace("Monday, a rescue team said", "Monday. A rescue team said")),
    "curly quotes": (f'{EN} "We ran," he said.', f"{EN} “We ran,” he said."),
    "capitals": (EN, EN.replace("air strike", "Air Strike")),
    "a hyphen": (EN, EN.replace("air strike", "air-strike")),
    "a number in words": (EN, EN.replace("killed 3", "killed three")),
    "a thousands separator": (f"{EN} Some 1200 people fled.", f"{EN} Some 1,200 people fled."),
    "a spelling elsewhere": (EN, EN.replace("Volunteers took", "Voluntears took")),
    "a sentence on other things": (EN, f"{EN} Rice is dear in the market this week."),
    "a sentence that is taken out": (EN, STRIKE),
    "a time of day in a sentence": (
        EN.replace("on Monday", "at 10:15 on Monday"),
        EN.replace("on Monday", "at 10:45 on Monday"),
    ),
    "Burmese line breaks": (MY, MY.replace(" ", "\n", 1)),
    "Burmese without a space": (MY, MY.replace("အရပ်သား ၃", "အရပ်သား၃")),  # civilians 3
    "Latin digits": (MY, MY.replace("၃", "3")),
    "Burmese invisible characters": (MY, MY.replace("မြို့", f"{ZWSP}မြို့{ZWSP}")),  # town
    "Burmese marks in another order": (MY, MY.replace("မြို့", "မြ\u1037\u102d\u102f")),  # town
    "Burmese sentences in another order": (MY, f"{MY_MORE}\n{MY_STRIKE}"),
    "a Burmese full stop": (MY, MY.replace("။", " ။")),
    "another text altogether": (
        EN,
        "\n".join(f"{n} people were killed in Loikaw, day {n}." for n in range(80)),
    ),
    "an empty page": (EN, ""),
    **{f"below: {line}": (EN, f"{EN}\n{line}") for line in FURNITURE},
    **{f"above: {line}": (EN, f"{line}\n{EN}") for line in FURNITURE[:6]},
    **{f"gone: {line}": (f"{EN}\n{line}", EN) for line in FURNITURE[3:9]},
    "another age": (f"{EN}\n2 hours ago", f"{EN}\n5 hours ago"),
    "another counter": (f"{EN}\n1,204 views", f"{EN}\n9,120 views"),
    "another box": (f"{EN}\n5 killed in Loikaw strike", f"{EN}\n7 killed in Loikaw strike"),
}


@pytest.mark.parametrize(("old", "new"), SILENT.values(), ids=list(SILENT))
def test_edit_that_says_nothing_new_is_silent(old: str, new: str) -> None:
    assert [found for found in changes(old, new) if found.kind is not Kind.WORDING] == []


def test_long_sentences_are_cut_round_what_differs_between_words() -> None:
    long = (
        "In the hills behind the town, where many have waited since the spring for the road to open again, "
    )
    tail = " and others who came by the river in the night were taken to a school that has no roof any more."
    old, new = (f"{long}{number} people were killed near Loikaw{tail}" for number in ("3", "5"))
    (found,) = changes(old, new)
    assert max(len(found.old), len(found.new)) <= SHOWN_CHARS
    assert "3 people were killed" in found.old
    assert "5 people were killed" in found.new
    assert found.old.strip("…") in old


def test_no_more_than_a_few_changes_are_told_the_gravest_first() -> None:
    lines = [f"In ward {n} of Loikaw {n + 2} people were killed on Monday." for n in range(1, 9)]
    new = [f"In ward {n} of Loikaw {n + 40} people were killed on Monday." for n in range(1, 9)]
    found = changes("\n".join(lines), "\n".join(new))
    assert [each.kind for each in found] == [Kind.FIGURE] * MOST_CHANGES


def test_line_names_the_article_and_both_sides() -> None:
    assert (
        change_line(Change(Kind.FIGURE, "killed 3", "killed 5"), "A strike")
        == "Changed in “A strike”: «killed 3» → «killed 5»"
    )
    assert change_line(Change(Kind.DENIAL, "", "The junta denied it."), "A strike").startswith(
        "Added to “A strike”"
    )
    assert change_line(Change(Kind.REMOVED), "") == "Removed by the outlet: “(no title)”"
