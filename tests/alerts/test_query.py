"""A query means what its writer meant: whole concepts, joined syllables, Zawgyi; or one line says what is wrong."""

from __future__ import annotations

import pytest

from alerts.match.lexicon import Lexicon, LexiconRow, build_lexicon
from alerts.match.rule import TopicRule
from alerts.search.query import Query, QueryError, read_query

LEXICON: Lexicon = build_lexicon(
    [
        LexiconRow("loikaw", "place", "Loikaw", "latin", "standard"),
        LexiconRow("loikaw", "place", "Loi Kaw", "latin", "variant"),
        LexiconRow("loikaw", "place", "လွိုင်ကော်", "mymr-unicode", "standard"),
        LexiconRow("camp", "exclusion", "Loi Kaw Wan", "latin", "standard"),
        LexiconRow("demoso", "place", "Demoso", "latin", "standard"),
        LexiconRow("ka", "actor", "KA", "latin", "abbreviation"),
        LexiconRow("ka", "actor", "Karenni Army", "latin", "standard"),
        LexiconRow("op", "number-operation", "11 11", "number", "standard"),
        LexiconRow("word", "operation-word", "operation", "latin", "standard"),
        LexiconRow("word", "operation-word", "စစ်ဆင်ရေး", "mymr-unicode", "standard"),
    ]
)


def read(*words: str, exact: bool = False, topics: tuple[TopicRule, ...] = ()) -> Query:
    return read_query(words, LEXICON, topics, exact=exact)


def terms(*words: str, exact: bool = False) -> list[tuple[str, ...]]:
    return [rule.all for rule in read(*words, exact=exact).rules]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("loikaw",), ("@loikaw",)),
        (("Loi", "Kaw"), ("@loikaw",)),
        (("Loi", "Kaw", "Wan"), ("@camp",)),  # the longest run
        (("church", "Loi-Kaw", "market"), ("church", "@loikaw", "market")),
        (("Loikaws",), ("Loikaws",)),
        (("လွိုင်", "ကော်"), ("@loikaw",)),  # Loikaw
        (("လြိဳင္ေကာ္",), ("@loikaw",)),  # in Zawgyi
        (("လြိဳင္", "ေကာ္", "church"), ("@loikaw", "church")),
        (("KA",), ("@ka",)),
        (("ka",), ("ka",)),  # these letters in capitals only
        (("operation", "1111"), ("@op",)),
        (("၁၁.၁၁", "စစ်ဆင်ရေး"), ("@op",)),  # operation 11.11
        (("1111",), ("1111",)),
        (("karenni army",), ("@ka",)),  # quoted in the shell
        (("military council",), ("military council",)),
        (('"karenni army"',), ("karenni army",)),  # quoted for us
        (("“Loikaw” church",), ("Loikaw", "church")),
        (("@loikaw|@demoso",), ("@loikaw|@demoso",)),
        (("Demoso|church",), ("@demoso|church",)),
        (("karenn*", "army"), ("karenn*", "army")),
        (("church", "church"), ("church",)),
    ],
)
def test_words_are_read_as_concepts_phrases_and_literals(
    words: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert terms(*words) == [expected]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("ဆေး", "ရုံ"), ("ဆေး ရုံ",)),  # hospital: two single syllables belong together
        (("ဆေးရုံ", "ကြီး"), ("ဆေးရုံ ကြီး",)),  # big hospital: to the word before
        (("ကြီး", "ဆေးရုံ"), ("ကြီး ဆေးရုံ",)),  # else to the word after
        (("ဆေးရုံ", "ကျောင်းသား"), ("ဆေးရုံ", "ကျောင်းသား")),  # hospital, student: each alone
        (("ကျောင်းသား", "ဆေး", "ရုံ", "ဆေးရုံ"), ("ကျောင်းသား", "ဆေး ရုံ", "ဆေးရုံ")),
        (("လွိုင်ကော်", "မြို့"), ("လွိုင်ကော် မြို့",)),  # Loikaw town
        (("church", "ဆေးရုံ", "market", "ကြီး", "ဆေး"), ("church", "ဆေးရုံ", "market", "ကြီး ဆေး")),
    ],
)
def test_single_syllables_are_joined_to_their_neighbours(
    words: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert terms(*words) == [expected]


def test_exact_takes_names_as_they_are_written() -> None:
    assert terms("Loi", "Kaw", "@demoso", exact=True) == [("Loi", "Kaw", "@demoso")]


def test_excluded_words_are_whole_concepts_too() -> None:
    (rule,) = read("church", "-Loikaw", '-"karenni army"', "-").rules
    assert (rule.all, rule.none) == (("church",), ("@loikaw", "karenni army"))


def test_doubtful_encoding_is_searched_in_both_readings() -> None:
    readings = terms("က်ားက်ား")  # Zawgyi of "tigers", by its signs alone no Unicode word
    assert ("ကျားကျား",) in readings
    assert terms("ကျားကျား") == [("ကျားကျား",)]


def test_mask_of_a_topic_counts_unless_it_is_asked_for() -> None:
    topics = (TopicRule("loikaw", "Loikaw", any=("@loikaw",), mask=("@camp",)),)
    assert read("Loikaw", topics=topics).rules[0].mask == ("@camp",)
    assert read("Demoso", topics=topics).rules[0].mask == ()
    (both,) = read("Loikaw", "Loi Kaw Wan", topics=topics).rules
    assert (both.all, both.mask) == (("@loikaw", "@camp"), ())


def test_reading_is_told_in_words() -> None:
    assert read("Loikaw", "church", "-Demoso").described == (
        "@loikaw (3 spellings) and “church”, without @demoso (1 spelling)"
    )


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ((), "name at least one word"),
        (("-Loikaw",), "not only words to leave out"),
        (("မြို့",), "one syllable"),  # town
        (("kar*",), "at least four Latin letters"),
        (("@loikow",), "did you mean @loikaw"),
        (('"church',), "is not closed"),
        (("!?",), "holds no letter or digit"),
    ],
)
def test_what_is_wrong_with_a_query_is_one_line(words: tuple[str, ...], part: str) -> None:
    with pytest.raises(QueryError, match=part) as caught:
        read(*words)
    assert len(str(caught.value).splitlines()) == 1
