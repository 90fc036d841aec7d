"""Stories under any stream: an article is in exactly one, ids never change, order changes little."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.match.lexicon import read_lexicon
from alerts.match.rule import TopicRule
from alerts.story.fingerprint import Fingerprinter
from alerts.story.memory import Memory
from alerts.story.model import Fingerprint
from alerts.story.standing import read_standing
from tests.quality.stories import INSTABILITY, fingerprint_all, group, read_own

LEXICON = read_lexicon(Path(__file__).resolve().parents[2] / "config" / "lexicon.csv")
STANDING = read_standing(LEXICON, [TopicRule("loikaw", "Loikaw", any=("@loikaw",))])
FINGERPRINTER = Fingerprinter(LEXICON)
NOON = datetime(2025, 4, 22, 12, tzinfo=UTC)
OWN = read_own()
OWN_FINGERPRINTS = fingerprint_all(OWN)

_KEYS = (
    "place:demoso",
    "place:kone-thar",
    "thing:school",
    "event:flood",
    "figure:killed=4",
    "day:04-20",
    "word:x",
)
fingerprints = st.builds(
    lambda features, hours, days: Fingerprint(
        "latin", features, (), None if hours is None else NOON + timedelta(hours=hours), days
    ),
    st.dictionaries(st.sampled_from(_KEYS), st.sampled_from([1.4, 1.0, 0.6, 0.15])),
    st.none() | st.integers(0, 500),
    st.sampled_from([(), ((4, 20),), ((4, 21), (4, 22))]),
)


@settings(max_examples=40)
@given(st.lists(fingerprints, max_size=20))
def test_every_article_is_in_one_story_that_never_changes(stream: list[Fingerprint]) -> None:
    memory = Memory(STANDING)
    placed: dict[int, int] = {}
    for number, fingerprint in enumerate(stream, 1):
        story_id, placement = memory.add(fingerprint)
        assert placement.story_id in (None, story_id)
        assert story_id not in placement.links
        placed[number] = story_id
        assert {article: known.story_id for article, known in memory.reports.items()} == placed
    founders = {min(article for article in placed if placed[article] == story) for story in placed.values()}
    assert sorted(placed[founder] for founder in founders) == list(range(1, len(founders) + 1))


@settings(max_examples=40)
@given(st.lists(fingerprints, max_size=12))
def test_an_origin_is_in_its_copys_story_and_no_copy_itself(stream: list[Fingerprint]) -> None:
    memory = Memory(STANDING)
    for fingerprint in stream:
        memory.add(fingerprint)
    for known in memory.reports.values():
        origin = memory.reports[known.origin_id]
        assert origin.story_id == known.story_id
        assert origin.origin_id == origin.article_id


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=200), st.text(max_size=800))
def test_any_text_has_a_fingerprint(title: str, text: str) -> None:
    fingerprint = FINGERPRINTER.make(title, text, NOON)
    assert all(0 < prominence <= 1.4 for prominence in fingerprint.features.values())
    assert fingerprint == FINGERPRINTER.make(title, text, NOON)


@settings(max_examples=5, deadline=None)
@given(st.permutations([article.id for article in OWN]))
def test_order_of_arrival_changes_few_pairs(order: list[str]) -> None:
    usual = group([article.id for article in OWN], OWN_FINGERPRINTS)
    shuffled = group(order, OWN_FINGERPRINTS)
    pairs = list(combinations([article.id for article in OWN], 2))
    one = {pair for pair in pairs if usual[pair[0]] == usual[pair[1]]}
    other = {pair for pair in pairs if shuffled[pair[0]] == shuffled[pair[1]]}
    assert len(one ^ other) <= INSTABILITY * (len(one) + len(other))
