"""The words of a digest: times, bylines, counts, footers, and sentences that keep their marks."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.message import layout
from alerts.model import Coverage, MarkedText, Severity
from tests.builders import NOW, a_burmese_report, a_digest, a_report, a_sentence, a_story


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Yangon", "22 Nov 12:24 MMT"),
        ("UTC", "22 Nov 05:54 UTC"),
        ("Europe/Berlin", "22 Nov 06:54 CET"),
        ("Asia/Bangkok", "22 Nov 12:54 UTC+07:00"),
        ("America/Sao_Paulo", "22 Nov 02:54 UTC-03:00"),
    ],
)
def test_local_times_name_their_zone(zone: str, shown: str) -> None:
    assert layout.local_time(NOW, zone) == shown


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        layout.local_time(datetime(2026, 11, 22), "UTC")  # noqa: DTZ001 - the defect under test


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        (timedelta(seconds=-90), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=12), "12 min ago"),
        (timedelta(hours=3, minutes=59), "3 h ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=2), "2 days ago"),
    ],
)
def test_ages_are_rounded_down(before: timedelta, shown: str) -> None:
    assert layout.age(NOW - before, NOW) == shown


def test_languages_have_names() -> None:
    assert [layout.language_name(code) for code in ("my", "en-GB", "MY", "xx", None)] == [
        "Burmese",
        "English",
        "Burmese",
        "xx",
        "",
    ]


def test_a_link_that_only_redirects_is_called_so() -> None:
    link = "https://news.google.com/rss/articles/CBMiAAA?oc=5"
    line = layout.report_line(a_report(url=link), a_digest(), 100, 2000)
    assert (line.url, line.host) == (link, "news.google.com")
    assert "link is a redirect" in line.byline
    assert "redirect" not in layout.byline(a_report(), a_digest())


def test_a_byline_says_who_when_and_every_caveat() -> None:
    report = a_report(
        published=NOW - timedelta(hours=5),
        summary_only=True,
        several=True,
        converted=True,
        perspective="junta",
    )
    byline = layout.byline(report, a_digest())
    assert "22\u00a0Nov\u00a007:24\u00a0MMT · 5\u00a0h\u00a0ago" in byline, "no line ends inside a time"
    assert byline.replace(layout.NO_BREAK, " ") == (
        "The Irrawaddy · junta media · English · 22 Nov 07:24 MMT · 5 h ago · summary only"
        " · one of several stories on its page · converted from Zawgyi"
    )


def test_f22_a_publisher_ahead_of_time_is_not_believed() -> None:
    seen = NOW - timedelta(hours=3)
    for published in (NOW + timedelta(hours=6), seen, None):  # as said, as clamped, and when nothing was said
        report = a_report(published=published, first_seen=seen)
        assert "first seen 22 Nov 09:24 MMT · 3 h ago" in layout.byline(report, a_digest()).replace(
            layout.NO_BREAK, " "
        )


def test_coverage_names_six_failures_and_counts_the_rest() -> None:
    assert layout.coverage_line(Coverage(28, 28)) == "Read 28 of 28 sources."
    assert (
        layout.coverage_line(Coverage(27, 28, ("The Irrawaddy (403 challenge page)",)))
        == "Read 27 of 28 sources. Failed: The Irrawaddy (403 challenge page)"
    )
    names = tuple(f"S{number}" for number in range(8))
    assert layout.coverage_line(Coverage(20, 28, names)).endswith("Failed: S0, S1, S2, S3, S4, S5 +2 more")


def test_coverage_tells_the_silent_from_the_failed_and_both_from_our_own_outage() -> None:
    silent = Coverage(28, 28, silent=("DVB",))
    assert layout.coverage_line(silent) == "Read 28 of 28 sources. Unusually silent: DVB"
    both = Coverage(27, 28, ("BNI (404 not found)",), ("DVB",))
    assert (
        layout.coverage_line(both)
        == "Read 27 of 28 sources. Failed: BNI (404 not found). Unusually silent: DVB"
    )
    assert layout.coverage_line(Coverage(28, 28, offline=True)) == (
        "We are offline: hardly a source answers. Before: read 28 of 28 sources."
    )


def test_the_heading_counts_what_follows() -> None:
    digest = a_digest(a_story(), a_story(is_update=True), brief=(a_report(),))
    assert layout.digest_heading(digest) == "Loikaw watch: 1 story, 1 update, 1 brief"
    assert layout.digest_heading(a_digest(is_test=True)) == "Test message: Loikaw watch"
    assert layout.digest_heading(a_digest(a_story(), is_catch_up=True)) == "Catch-up: Loikaw watch: 1 story"
    assert len(layout.digest_heading(a_digest(a_story(), title="x" * 500))) <= 140


def test_remainders_are_said_only_when_there_are_any() -> None:
    assert layout.remainder_line(a_digest()) is None
    assert (
        layout.remainder_line(a_digest(more=4, queued=1), unlisted=2, unlisted_briefs=1)
        == "+6 more stories not listed; +1 more report not listed; 1 story to follow in the next digest."
    )


def test_footers_identify_digest_part_and_kind() -> None:
    digest = a_digest(is_catch_up=True, is_test=True)
    assert layout.footer_line(a_digest(), 1, 1) == "Digest a1b2c3d4 · 22 Nov 12:24 MMT"
    assert (
        layout.footer_line(digest, 2, 3)
        == "Digest a1b2c3d4 · 22 Nov 12:24 MMT · (2/3) · catch-up · test message"
    )


def test_an_update_says_how_much_is_new() -> None:
    update = a_story(a_report(), a_report(), is_update=True, topics=("Loikaw", "Operation 1111"))
    assert layout.story_heading(update, a_digest()) == "Update: +2 reports · Loikaw, Operation 1111"
    assert layout.story_heading(a_story(), a_digest(is_test=True)) == "Example · Loikaw"


def test_a_story_cut_to_its_budget_counts_what_it_leaves_out() -> None:
    story = a_story(
        *(a_burmese_report(outlet=f"Outlet {number}") for number in range(5)), known_outlets=("DVB",)
    )
    telling = layout.tell_story(story, a_digest(), layout.Budget(further=2))
    assert [line.host for line in telling.further] == ["kantarawaddytimes.com"] * 2
    assert telling.rest == "+2 more reports: Outlet 3, Outlet 4"
    assert telling.known == "Reported before by DVB"


def test_a_report_without_a_safe_link_shows_no_host() -> None:
    line = layout.report_line(
        a_report(url="https://irrawaddy.com@evil.example/", headline="\u202e "), a_digest(), 50, 90
    )
    assert (line.headline, line.url, line.host, line.shown) == ("(no headline)", None, "", "(no headline)")


def test_marks_stay_on_their_words_when_the_sentence_is_cleaned() -> None:
    marked = MarkedText("\u202eAt\n\n Loikaw ,\x00 fire ", ((6, 12),))
    assert layout.sentence_pieces(marked, 80) == (("At ", False), ("Loikaw", True), (" , fire", False))


def test_a_long_sentence_keeps_the_first_match_in_view() -> None:
    marked = a_sentence("Before that " * 40 + "Loikaw fell" + " and after" * 40, "Loikaw")
    pieces = layout.sentence_pieces(marked, 100)
    assert ("Loikaw", True) in pieces
    assert pieces[0] == ("…", False)
    assert pieces[-1] == ("…", False)
    assert sum(len(text) for text, _ in pieces) <= 100


marked_texts = st.lists(st.tuples(st.text(max_size=30), st.booleans()), max_size=8)


@settings(deadline=None, max_examples=100)
@given(marked_texts, st.integers(0, 60))
def test_sentences_fit_their_limit_and_invent_nothing(pieces: list[tuple[str, bool]], limit: int) -> None:
    at, marks = 0, []
    for text, is_marked in pieces:
        if is_marked and text:
            marks.append((at, at + len(text)))
        at += len(text)
    shown = layout.sentence_pieces(MarkedText("".join(text for text, _ in pieces), tuple(marks)), limit)
    assert sum(len(text) for text, _ in shown) <= limit
    assert all(text for text, _ in shown)
    whole = layout.sentence_pieces(MarkedText("".join(text for text, _ in pieces), tuple(marks)), 10_000)
    full = "".join(text for text, _ in whole)
    body = "".join(text for text, _ in shown)
    assert body.removeprefix("…").removesuffix("…") in full or body in full


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(1, 12), max_size=30))
def test_packing_keeps_order_and_every_bundle_fits(sizes: list[int]) -> None:
    bundles = layout.pack(sizes, lambda bundle: sum(bundle) <= 10)
    assert [size for bundle in bundles for size in bundle] == sizes
    assert all(bundle and (sum(bundle) <= 10 or len(bundle) == 1) for bundle in bundles)


def test_a_repeat_names_the_digest() -> None:
    assert layout.repeat_note("a1b2c3d4") == "This may be a repeat of digest a1b2c3d4."


def test_urgent_story_is_labelled_and_silence_is_told_as_such() -> None:
    urgent = a_story(a_report(), topics=("Loikaw",), severity=Severity.URGENT, is_update=True)
    assert layout.story_heading(urgent, a_digest(urgent)) == "Urgent · Update: +1 report · Loikaw"
    grave = a_story(a_report(), topics=("Loikaw",), severity=Severity.GRAVE)
    assert layout.story_heading(grave, a_digest(grave)) == "Loikaw"
    silent = a_digest(title="Loikaw", notices=("Nothing new on Loikaw in 24 h.",), is_heartbeat=True)
    assert layout.digest_heading(silent) == "Loikaw: nothing new"
