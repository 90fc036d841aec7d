"""What speaks for one event and what against it: days, copies, round-ups, credits, contradictions, placing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.match.lexicon import read_lexicon
from alerts.match.rule import TopicRule
from alerts.story.compare import WINDOW, compare
from alerts.story.credit import find_credit
from alerts.story.day import distance, find_days
from alerts.story.fingerprint import LONGEST, Fingerprinter
from alerts.story.memory import Memory
from alerts.story.model import Rarity
from alerts.story.sketch import BANDS, estimate_similarity, find_bands, make_sketch
from alerts.story.standing import read_standing
from alerts.story.weigh import Weigher
from alerts.text.fold import fold
from tests.zawgyi_writer import write_zawgyi

LEXICON = read_lexicon(Path(__file__).resolve().parents[2] / "config" / "lexicon.csv")
TOPIC = TopicRule("loikaw", "Loikaw", any=("@loikaw", "@operation-1111"))
STANDING = read_standing(LEXICON, [TOPIC])
NOON = datetime(2025, 4, 22, 12, tzinfo=UTC)  # a Tuesday
RAID = (
    "Jets bomb clinic near Hpruso",
    "Two jets bombed a clinic in the village of Daw Kraw Aw near Hpruso on Monday. Three nurses were killed and"
    " eight patients injured, a medic said. The building burned down.",
)
# The same: jets bombed a clinic near Hpruso on Monday, three nurses killed, eight patients injured.
RAID_MY = (
    "ဖရူဆိုအနီး ဆေးခန်း ဗုံးကြဲခံရ",
    "ဖရူဆိုအနီး ဒေါ်ကရောအောရွာရှိ ဆေးခန်းတစ်ခုကို တနင်္လာနေ့က တိုက်လေယာဉ် ၂ စင်းက ဗုံးကြဲရာ"
    " သူနာပြု ၃ ဦး သေဆုံးပြီး လူနာ ၈ ဦး ဒဏ်ရာရသည်ဟု ဆေးမှူးတစ်ဦးက ပြောသည်။",
)


@pytest.fixture(scope="module")
def fingerprinter() -> Fingerprinter:
    return Fingerprinter(LEXICON)


@pytest.fixture
def weigher() -> Weigher:
    return Weigher(Rarity(), STANDING)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Bombs fell on April 20.", ((4, 20),)),
        ("On 20 April, and again on the 21st of April", ((4, 20), (4, 21))),
        ("Demoso, April (16)", ((4, 16),)),
        ("the offensive that began on November 11, 2023", ()),
        ("since 11 November", ()),
        ("fighting began in the town on November 11", ()),
        ("ဧပြီ ၂၀ ရက် နေ့လယ်က", ((4, 20),)),  # at noon of 20 April
        ("ဩဂုတ်လ ၉ ရက်", ((8, 9),)),  # 9 August
        ("နိုဝင်ဘာ ၁၁ ရက်ကစတဲ့ ထိုးစစ်", ()),  # the offensive that began on 11 November
        ("in March 2024 and at 12:30", ()),
    ],
)
def test_days_of_the_news_are_read_and_those_of_its_background_are_not(
    text: str, days: tuple[tuple[int, int], ...]
) -> None:
    assert find_days(fold(text, squeeze=False).text, None)[0] == days


def test_weekdays_are_days_before_the_article() -> None:
    assert find_days("on monday", NOON)[0] == ((4, 21),)
    assert find_days(fold("တနင်္လာနေ့က").text, NOON)[0] == ((4, 21),)  # on Monday
    assert find_days("on monday", None)[0] == ()
    assert find_days("saturday, june 22nd", NOON)[0] == ()  # the date of a page's head, far from the article


def test_days_are_near_over_new_year() -> None:
    assert distance((12, 31), (1, 1)) == 1
    assert distance((2, 30), (2, 28)) == 0  # a day that is none is the last of its month


def test_the_same_report_in_two_languages_and_encodings_has_the_same_features(
    fingerprinter: Fingerprinter,
) -> None:
    english = fingerprinter.make(*RAID, NOON).features
    burmese = fingerprinter.make(*RAID_MY, NOON).features
    zawgyi = fingerprinter.make(*map(write_zawgyi, RAID_MY), NOON).features
    wanted = {"place:hpruso", "thing:clinic", "event:bombing", "thing:medic", "figure:killed=3", "day:04-21"}
    assert english.keys() >= wanted
    assert burmese.keys() >= wanted
    assert zawgyi.keys() >= wanted


def test_one_event_in_two_languages_is_one_story(fingerprinter: Fingerprinter) -> None:
    memory = Memory(STANDING)
    first, _ = memory.add(fingerprinter.make(*RAID, NOON))
    second, placement = memory.add(fingerprinter.make(*RAID_MY, NOON + timedelta(hours=5)))
    assert second == first
    assert placement.verdict is not None
    assert any(item.what == "thing:clinic" and item.weight > 2 for item in placement.verdict.evidence)


@pytest.mark.parametrize(
    "other",
    [
        # another place, the same kind of event
        (
            "Clinic bombed in Mese",
            "A jet bombed a clinic in Mese on Monday and wounded five nurses, the KNPP said.",
        ),
        # the same place and day, another event
        ("Bus overturns near Hpruso", "A bus overturned near Hpruso on Monday. Two passengers were hurt."),
        # a follow-up
        (
            "Hpruso nurses buried",
            "The nurses who died in a village near Hpruso were buried on Thursday; 300 came.",
        ),
    ],
)
def test_another_event_is_not_the_same(
    other: tuple[str, str], fingerprinter: Fingerprinter, weigher: Weigher
) -> None:
    one = fingerprinter.make(*RAID, NOON)
    verdict = compare(one, fingerprinter.make(other[0], other[1], NOON + timedelta(hours=2)), weigher)
    assert verdict.relation != "same", verdict


def test_a_form_letter_with_other_names_is_no_copy(fingerprinter: Fingerprinter, weigher: Weigher) -> None:
    letter = "The township office of {0} reminds all shops in {0} to renew their licences before the end of the month."
    one, other = (fingerprinter.make("Notice", letter.format(town), NOON) for town in ("Hpruso", "Mese"))
    assert compare(one, other, weigher).relation != "same"


def test_two_things_in_common_are_no_event(fingerprinter: Fingerprinter, weigher: Weigher) -> None:
    damaged = (
        "A clinic near Hpruso lost its roof to two shells. Vaccines were saved, and medicines for children."
    )
    short = "The clinic of Hpruso has no medicines; thirty patients wait, and vaccines for children are late."
    one, other = (fingerprinter.make("Clinic and medicines", text, NOON) for text in (damaged, short))
    assert compare(one, other, weigher).relation != "same"


def test_pages_with_one_ending_are_no_copies(fingerprinter: Fingerprinter, weigher: Weigher) -> None:
    ending = (
        "Our newsroom lives from its readers. Write to us, send pictures, tell your friends of this page. "
        * 3
    )
    one = fingerprinter.make("Clinic reopens", f"A clinic opened its doors again.\n{ending}", NOON)
    other = fingerprinter.make("Bridge collapses", f"A bridge fell into the river.\n{ending}", NOON)
    verdict = compare(one, other, weigher)
    assert verdict.similarity > 0.5
    assert verdict.relation != "same"


def test_reports_beyond_the_window_are_follow_ups_at_most(
    fingerprinter: Fingerprinter, weigher: Weigher
) -> None:
    one = fingerprinter.make(*RAID, NOON)
    late = fingerprinter.make(*RAID_MY, NOON + WINDOW + timedelta(hours=1))
    assert compare(one, late, weigher).relation == "different"


def test_comparing_is_symmetric(fingerprinter: Fingerprinter, weigher: Weigher) -> None:
    one, other = fingerprinter.make(*RAID, NOON), fingerprinter.make(*RAID_MY, NOON)
    assert compare(one, other, weigher).score == pytest.approx(compare(other, one, weigher).score)


def test_a_round_up_joins_nothing(fingerprinter: Fingerprinter) -> None:
    memory = Memory(STANDING)
    story, _ = memory.add(fingerprinter.make(*RAID, NOON))
    roundup = (
        "Karenni: the week in brief",
        f"{RAID[1]}\nDemoso: shells killed a farmer.\nMese: clashes on the border.\nPekon: air strikes burned homes.",
    )
    other, placement = memory.add(fingerprinter.make(*roundup, NOON + timedelta(hours=3)))
    assert other != story
    assert placement.links == (story,)


def test_copies_have_one_origin_and_agency_reports_too(fingerprinter: Fingerprinter) -> None:
    memory = Memory(STANDING)
    title, text = RAID
    memory.add(fingerprinter.make(title, text, NOON, outlet="Hill Post"))
    _, copy = memory.add(fingerprinter.make(title, text + " It was the third this year.", NOON))
    _, credited = memory.add(
        fingerprinter.make("Three nurses die in raid", f"Republished from Hill Post. {RAID[1][:120]}", NOON)
    )
    _, own_words = memory.add(fingerprinter.make(*RAID_MY, NOON))
    assert (copy.origin_id, credited.origin_id, own_words.origin_id) == (1, 1, None)


@pytest.mark.parametrize(
    ("text", "credit"),
    [
        ("YANGON (AFP) - Two jets", "afp"),
        ("Text.\nSource: Mizzima", "mizzima"),
        ("This article was first published by Hill Post. Two jets", "hill post"),
        ("လွင်ပြင်သတင်းမှ ပြန်လည်ဖော်ပြသည်။", "လွင်ပြင်သတင်း"),  # reprinted from Lwin Pyin News
        ("According to AFP, two jets came.", None),
    ],
)
def test_credits_are_read(text: str, credit: str | None) -> None:
    assert find_credit(text) == credit


def test_sketches_tell_copies_from_other_texts() -> None:
    text = fold(" ".join(RAID * 2)).text
    cut = text[: len(text) * 8 // 10]
    other = fold(
        "Farmers in the hills plant maize late this year because the rain has not come and seed is dear."
    ).text
    sketch = make_sketch(text, "latin")
    assert estimate_similarity(sketch, make_sketch(cut, "latin")) > 0.55
    assert estimate_similarity(sketch, make_sketch(other, "latin")) < 0.2
    assert set(find_bands(sketch)) & set(find_bands(make_sketch(cut, "latin")))
    assert len(find_bands(sketch)) == BANDS
    assert make_sketch("too short", "latin") == ()


def test_a_sketch_is_the_same_in_every_process() -> None:
    """It is stored: rensa's seed and algorithm must not change under it."""
    sketch = make_sketch(" ".join(f"word{number}" for number in range(40)), "latin")
    assert sketch[:3] == SKETCH


SKETCH = (251927389, 1250854556, 7469622)


def test_hostile_text_makes_a_small_fingerprint(fingerprinter: Fingerprinter) -> None:
    text = " ".join(f"Name{number} {number} killed {number}" for number in range(50_000))
    fingerprint = fingerprinter.make("x" * 5_000, text, NOON)
    assert len(fingerprint.features) < 200
    assert len(fingerprint.days) <= 6
    assert LONGEST < 10_000


def test_what_the_lexicon_and_topics_say_beforehand() -> None:
    assert {"place:demoso", "place:pekon", "place:moebye"} <= STANDING.towns
    assert {"place:kayah-state", "place:yangon"} <= STANDING.broad
    assert {"event:killed", "actor:junta"} <= STANDING.everyday
    assert STANDING.topics == {"place:loikaw", "operation:operation-1111", "day:11-11"}
    weigher = Weigher(Rarity(), STANDING)
    assert weigher.weight("place:loikaw") < weigher.weight("place:demoso") < weigher.weight("place:kone-thar")


def test_what_many_articles_say_weighs_less_with_every_one() -> None:
    rarity = Rarity(articles=1_000, counts={"thing:school": 300})
    assert (
        Weigher(rarity, STANDING).weight("thing:school")
        < Weigher(Rarity(), STANDING).weight("thing:school") / 2
    )
