"""What a story says first: figures side by side, the best sentences verbatim, a gloss of lexicon facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.figure.extract import find_figures
from alerts.lead.figures import MAX_CLAIMS, Voice, find_tallies
from alerts.lead.gloss import is_denied, write_gloss
from alerts.lead.sentences import OMISSION, choose_sentences
from alerts.match.concept import ConceptFinder, Mention, name_concepts
from alerts.match.lexicon import read_lexicon
from alerts.match.matcher import Matcher, compile_topics
from alerts.match.rule import TopicRule
from alerts.model import Hit, Tally
from tests.builders import a_writer

NOON = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
LEXICON = read_lexicon(Path(__file__).resolve().parents[2] / "config" / "lexicon.csv")


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return compile_topics((TopicRule(id="loikaw", name="Loikaw", any=("@loikaw",)),), LEXICON)


@pytest.fixture(scope="module")
def finder() -> ConceptFinder:
    return ConceptFinder(LEXICON)


def hits_of(matcher: Matcher, text: str, title: str = "") -> tuple[Hit, ...]:
    return matcher.find_matches(title, text).topics.get("loikaw", ())


def tallies(matcher: Matcher, *reports: tuple[str, str], origins: tuple[int, ...] = ()) -> tuple[Tally, ...]:
    """Return the figures of *reports* (outlet, text), an hour apart; equal *origins* are copies."""
    return find_tallies(
        Voice(
            outlet,
            NOON + timedelta(hours=number),
            "",
            text,
            hits_of(matcher, text),
            origins[number] if origins else number + 1,
        )
        for number, (outlet, text) in enumerate(reports)
    )


def told(found: tuple[Tally, ...]) -> list[tuple[str, list[tuple[int, tuple[str, ...]]]]]:
    return [(tally.what, [(claim.value, claim.said_by) for claim in tally.claims]) for tally in found]


def test_agreeing_figures_are_joined_with_their_sources(matcher: Matcher) -> None:
    found = tallies(
        matcher,
        ("Courier", "Four people were killed in Loikaw on Monday, the KNDF said."),
        ("Lantern", "Shells killed four villagers in Loikaw, residents said."),
    )
    assert told(found) == [("killed", [(4, ("KNDF", "residents"))])]


def test_disagreeing_figures_stand_side_by_side_and_are_never_added(matcher: Matcher) -> None:
    found = tallies(
        matcher,
        ("Daily", "Five soldiers were killed in Loikaw, a junta spokesman said."),
        ("Courier", "At least nine soldiers were killed in Loikaw, the KNDF said."),
    )
    claims = found[0].claims
    assert {(claim.value, claim.at_least) for claim in claims} == {(5, False), (9, True)}
    assert 14 not in {claim.value for claim in claims}


def test_a_source_that_corrects_itself_keeps_old_and_new(matcher: Matcher) -> None:
    found = tallies(
        matcher,
        ("Courier", "Three civilians were killed in Loikaw, the KNDF said."),
        ("Courier", "Six civilians were killed in Loikaw, the KNDF said."),
    )
    assert [(claim.value, claim.was) for claim in found[0].claims] == [(6, 3)]


def test_copies_of_one_report_are_one_voice(matcher: Matcher) -> None:
    text = "Four people were killed in Loikaw on Monday."
    found = tallies(matcher, ("Courier", text), ("Mirror", text), origins=(7, 7))
    assert told(found) == [("killed", [(4, ("Courier",))])]


def test_a_total_over_years_is_another_figure_than_today(matcher: Matcher) -> None:
    found = tallies(
        matcher,
        (
            "Courier",
            "Two people were killed in Loikaw on Monday. Since February 2021 at least 900 civilians have been "
            "killed in Loikaw, the rights group said.",
        ),
    )
    assert [(bool(tally.period), tally.claims[0].value) for tally in found] == [(False, 2), (True, 900)]


def test_a_part_of_a_number_is_not_told_beside_it(matcher: Matcher) -> None:
    found = tallies(matcher, ("Courier", "Twelve people were killed in Loikaw, including five children."))
    assert told(found) == [("killed", [(12, ("Courier",))])]


def test_figures_far_from_the_topic_are_left_out(matcher: Matcher) -> None:
    far = "The river rose. It rained for days. Roads were closed. Rice was dear. Forty people were killed in Sittwe."
    assert tallies(matcher, ("Courier", "Markets reopened in Loikaw. " + far)) == ()


def test_soldiers_and_fighters_never_agree(matcher: Matcher) -> None:
    found = tallies(
        matcher,
        ("Courier", "Six Karenni fighters were killed in Loikaw, residents said."),
        ("Daily", "Six junta soldiers were killed in Loikaw, residents said."),
    )
    assert len(found[0].claims) == 2


def test_many_disagreeing_claims_are_capped(matcher: Matcher) -> None:
    reports = [(f"Outlet {n}", f"{n + 2} civilians were killed in Loikaw.") for n in range(9)]
    assert len(tallies(matcher, *reports)[0].claims) == MAX_CLAIMS


def test_burmese_and_english_reports_agree(matcher: Matcher) -> None:
    found = tallies(
        matcher,
        ("Courier", "Six people were killed in Loikaw."),
        ("Lantern", "လွိုင်ကော်မြို့မှာ လူ ၆ ဦး သေဆုံးတယ်။"),  # in Loikaw six people died
    )
    assert told(found) == [("killed", [(6, ("Courier", "Lantern"))])]


def test_the_sentence_with_place_event_and_figure_wins_over_the_first_mention(
    matcher: Matcher, finder: ConceptFinder
) -> None:
    text = (
        "Loikaw is the capital of the state and known for its lake and market. "
        "An airstrike hit a school in Loikaw on Monday and killed four people, residents said."
    )
    shown = choose_sentences(text, hits_of(matcher, text), mentions(finder, text))
    assert shown.text.startswith("An airstrike hit")
    assert [shown.text[start:end] for start, end in shown.marks] == ["Loikaw"]


def test_a_second_sentence_adds_the_figure_and_what_lies_between_is_marked_as_left_out(
    matcher: Matcher, finder: ConceptFinder
) -> None:
    text = (
        "Jets bombed the east of Loikaw before dawn on Monday. The sky was clear. "
        "Seven people were injured, a doctor said."
    )
    shown = choose_sentences(text, hits_of(matcher, text), mentions(finder, text))
    first, second = shown.text.split(OMISSION)
    assert first in text
    assert second == "Seven people were injured, a doctor said."


def test_sentences_that_follow_each_other_are_one_excerpt(matcher: Matcher, finder: ConceptFinder) -> None:
    text = "Jets bombed the east of Loikaw before dawn on Monday. Seven people were injured, a doctor said."
    shown = choose_sentences(text, hits_of(matcher, text), mentions(finder, text))
    assert shown.text == text


def test_without_a_hit_nothing_is_quoted(finder: ConceptFinder) -> None:
    assert choose_sentences("Nothing here.", (), mentions(finder, "Nothing here.")).text == ""


def test_a_gloss_names_only_what_the_lexicon_knows(finder: ConceptFinder) -> None:
    # In Demoso an air strike killed three people, the KNDF said.
    text = "ဒီးမော့ဆိုမြို့မှာ လေကြောင်းတိုက်ခိုက်မှုကြောင့် လူ ၃ ဦး သေဆုံးတယ်လို့ KNDF က ပြောပါတယ်။"
    gloss = write_gloss(mentions(finder, text), find_figures(text), name_concepts(LEXICON))
    assert gloss == "airstrike; killed 3; Demoso; Karenni Nationalities Defense Force"


def test_an_event_that_is_taken_back_is_told_as_such(finder: ConceptFinder) -> None:
    text = "မော်ချီးမြို့ကို တိုက်ပွဲမရှိဘဲ ရရှိခဲ့တယ်။"  # Mawchi was taken without fighting
    battle = next(mention for mention in mentions(finder, text) if mention.concept == "battle")
    assert is_denied(battle, text)


def mentions(finder: ConceptFinder, text: str) -> tuple[Mention, ...]:
    return finder.find("", text)


@pytest.mark.parametrize(
    ("sentence", "unverified"),
    [
        ("Two people were injured in Loikaw, according to the clinic.", False),
        ("The KNDF claimed to have taken a base near Loikaw.", True),
        ("Shells fell on Loikaw. The figures could not be independently verified.", True),
        ("လွိုင်ကော်မြို့မှာ တိုက်ပွဲဖြစ်တယ်လို့ သိရသည်။", False),  # it is known that there was fighting in Loikaw
    ],
)
def test_a_report_is_unverified_when_it_says_so_not_when_it_names_its_source(
    matcher: Matcher, sentence: str, unverified: bool
) -> None:
    lead = a_writer().write("", sentence, hits_of(matcher, sentence))
    assert lead.unverified is unverified


def test_a_place_alone_is_no_gloss(matcher: Matcher) -> None:
    text = "လွိုင်ကော်မြို့မှာ မိုးရွာတယ်။"  # it rained in Loikaw
    assert a_writer().write("", text, hits_of(matcher, text)).gloss == ""


def test_a_vague_number_is_about_and_not_doubtful(matcher: Matcher) -> None:
    (tally,) = tallies(matcher, ("Courier", "About 1,200 people fled Loikaw on Monday."))
    assert (tally.claims[0].about, tally.claims[0].hedged) == (True, False)
    (doubted,) = tallies(
        matcher, ("Courier", "The junta claimed that about 40 fighters were killed in Loikaw.")
    )
    assert doubted.claims[0].hedged


def test_a_headline_and_the_group_that_it_quotes_are_one_voice(matcher: Matcher) -> None:
    text = "Three civilians were killed in Loikaw, the Karenni Human Rights Group said."
    (tally,) = find_tallies(
        [Voice("Courier", NOON, "Three civilians killed in Loikaw", text, hits_of(matcher, text), 1)]
    )
    assert tally.claims[0].said_by == ("Karenni Human Rights Group",)
