"""Edits that a reader does not see never lose a match, and a hit always quotes the name as it was typed.

Each edit changes a text the way keyboards, fonts, editors and web pages do. It owns the edits and the sentences;
what the fold promises about each of them stands in ``alerts/text/fold.py``.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.match.lexicon import Lexicon, read_lexicon
from alerts.match.matcher import Findings, Matcher, compile_topics
from alerts.match.rule import TopicRule
from alerts.text.fold import fold
from alerts.text.zawgyi import convert_zawgyi
from tests.zawgyi_writer import NoZawgyiError, write_zawgyi

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "lexicon.csv"
EDITS_A_TEXT = 4
SEEDS = range(20)
EDITS_A_SEED = 50_000  # a million in all

# Topic and what it looks for: concepts of the shipped lexicon, and words as a user writes them, chosen for the
# letters in them: zero, tall and short jha, kinzi, stack, independent vowel.
CONCEPTS = (
    *("loikaw", "operation-1111", "operation-1027", "kayah-state", "demoso", "hpruso", "shadaw", "bawlakhe"),
    *("mese", "moebye", "lawpita"),
)
TOPICS = {concept: f"@{concept}" for concept in CONCEPTS} | {
    "acres": "ဧက (၅၀၀)ရပ်ကွက်",  # ward 500-Acre
    "market": "ဈေးပိုင်းရပ်ကွက်",  # ward Market
    "mingalar": "မင်္ဂလာရပ်ကွက်",  # ward Mingalar
    "tan-ma": "ဒေါတမ္မ",  # Daw Tan Ma
    "aircraft": "လေယာဉ်",  # aircraft
    "minister": "ဝန်ကြီးချုပ်",  # chief minister
}
MASKS = {"loikaw": ("@loi-kaw-wan",)}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text, the topics it holds, and whether letter case holds words apart in it."""

    text: str
    topics: str
    glued: bool = False


SENTENCES = (
    # "Fighting broke out again near the town of Loikaw in Kayah State, residents say."
    Sentence("ကယားပြည်နယ် လွိုင်ကော်မြို့အနီးမှာ တိုက်ပွဲတွေ ပြန်ဖြစ်နေတယ်လို့ ဒေသခံတွေက ပြောပါတယ်။", "loikaw kayah-state"),
    # "The 1111 operation in Karenni has entered its third year." Then the same with a point, and spoken.
    Sentence("ကရင်နီပြည်တွင် ၁၁၁၁ စစ်ဆင်ရေး စတင်ခဲ့သည်မှာ သုံးနှစ် ရှိပြီဖြစ်သည်။", "kayah-state operation-1111"),
    Sentence("“၁၁.၁၁” စစ်ဆင်ရေးအတွင်း ဒီးမော့ဆိုမြို့နယ်၌ စျေးများ ပိတ်ထားရသည်။", "operation-1111 demoso"),
    Sentence("၁ လေးလုံး စစ်ဆင်ရေးကြောင့် လူ ၅၀၀ ကျော် ဘေးလွတ်ရာသို့ ပြောင်းရွှေ့ခဲ့ရသည်။", "operation-1111"),
    Sentence("စစ်ဆင်ရေး (၁၁၁၁) နဲ့ ၁၀၂၇ စစ်ဆင်ရေးတို့ကို ပြည်သူတွေက ကြိုဆိုကြတယ်။", "operation-1111 operation-1027"),
    # "Houses burned in the wards 500-Acre, Market and Mingalar." / "in Daw Tan Ma near the Lawpita power station"
    Sentence(
        "ဧက (၅၀၀)ရပ်ကွက်၊ ဈေးပိုင်းရပ်ကွက်နှင့် မင်္ဂလာရပ်ကွက်တို့တွင် နေအိမ်များ မီးလောင်ခဲ့သည်။",
        "acres market mingalar",
    ),
    Sentence("ဒေါတမ္မနှင့် လောပိတရေအားလျှပ်စစ်စက်ရုံကြား ပြဿနာများ ဖြစ်ပွားသည်ဟု ၎င်းက ဆိုသည်။", "tan-ma lawpita"),
    # "Planes bombed Hpruso, Shadaw, Bawlakhe, Mese and Moebye in August." / "Thiri Daw is the old name."
    Sentence(
        "ဩဂုတ်လက ဖရူဆို၊ ရှားတော၊ ဘောလခဲ၊ မယ်စဲ့နှင့် မိုးဗြဲတို့ကို လေယာဉ်ဖြင့် ဗုံးကြဲခဲ့သည်။",
        "hpruso shadaw bawlakhe mese moebye aircraft",
    ),
    Sentence("ရှေးအမည်မှာ သိရိဒေါ ဖြစ်ပြီး ဝန်ကြီးချုပ်ရုံး ရွှေ့ပြောင်းသွားသည်ဟု သိရသည်။", "loikaw minister"),
    Sentence("ယနေ့အဝေးLoikawမြို့မှ ပြန်လာသူများ KNDFတပ်ရင်းနှင့် တွေ့ဆုံခဲ့ကြသည်။", "loikaw", glued=True),
    Sentence("Residents of Loikaw say that ‘Operation 1111’ goes on.", "loikaw operation-1111"),
    Sentence("Loi Kaw is the capital of Kayah State", "loikaw kayah-state"),
    Sentence("Lwègaw on older maps", "loikaw"),
    Sentence("To others the town is Shay Ree Daw.", "loikaw"),
    Sentence("The “1111” operation reached Demoso, which is Dee Maw So, Loi-kaw's neighbour.",
             "operation-1111 demoso loikaw"),
    Sentence("Operation 11.11 and Operation 1027, two years on", "operation-1111 operation-1027"),
    Sentence("KNDF: operation eleven-eleven was begun in theKarenni State and Loikaw-PDF joined.",
             "operation-1111 loikaw kayah-state", glued=True),
    Sentence("ทหารถอนจากลอยก่อ รัฐกะยา หลังปฏิบัติการ 1111", "loikaw kayah-state operation-1111"),  # troops left
    Sentence("克耶邦首府垒固附近,1111行动仍在继续。", "loikaw kayah-state operation-1111"),  # goes on near the capital
    Sentence("州都ロイコーで戦闘。", "loikaw"),  # battle in the capital
    Sentence("주도 로이코에서 전투.", "loikaw"),  # the same in Korean
)  # fmt: skip

WORDS = (
    # auspicious, ocean, problem, soul, mind, sick, mathematics, tooth, world, the said, I, brain, goods
    "မင်္ဂလာ သမုဒ္ဒရာ ပြဿနာ ဝိညာဉ် စိတ္တ ဂိလာန သင်္ချာ ဒန္တ ကမ္ဘာ ၎င်း ကျွန်တော် ဦးနှောက် ပစ္စည်း"
    # Tuesday, ship, Buddha, novel, sign, person, chairman, section, colour, department, treasure, seventh, fifth
    " အင်္ဂါ သင်္ဘော ဗုဒ္ဓ ဝတ္ထု လက္ခဏာ ပုဂ္ဂိုလ် ဥက္ကဋ္ဌ ကဏ္ဍ ဝဏ္ဏ ဌာန ဘဏ္ဍာ သတ္တမ ပဉ္စမ"
    # proclaim, multiply, reduce, move, point, wisdom, spread, call, corner, seep, August, market
    " ကြွေးကြော် မြှောက် လျှော့ ရွှေ့ ညွှန် ဉာဏ် နှံ့ ခေါ် ဒေါင့် စိမ့် ဩဂုတ် ဈေး"
)

CONSONANT = "\u1000-\u1021"
MARKS = "\u102b-\u1032\u1036-\u1038\u103a-\u103e"
CLUSTER = re.compile(
    f"(?:\u1004\u103a\u1039)?[\u1000-\u102a\u103f](?:\u1039[{CONSONANT}])*(?P<marks>[{MARKS}]+)(?!\u1039)"
)
ZAWGYI_MARKS = re.compile("[\u102c-\u1030\u1032\u1036-\u103a\u103c\u103d\u1094\u1095]{2,}")  # all but ေ and ျ
INVISIBLE = "".join(
    chr(code)
    for first, last in (
        (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x180E, 0x180E), (0x200B, 0x200F), (0x202A, 0x202E),
        (0x2060, 0x2064), (0x2066, 0x206F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    )
    for code in range(first, last + 1)
)  # fmt: skip
KILLED = f"[{CONSONANT}]\u1037?[\u103a\u1039]"
ALIKE = (("\u102b", "\u102c"), ("ဉ", "ဥ"), ("ဪ", "သြော်"), ("ဩ", "သြ"), ("ဈ", "စျ"), ("ဿ", "သ္သ"))
TWO_PARTS = re.compile(r"(?i)(loi)[ -](kaw)(?!n)|(kayah|karenni) (state)|(shay|ree|maw|dee) ")
PARTING = (" ", "-", "\u2010", "\u2011", "\u2013", "", "\u00a0", "\n")

Edit = Callable[[str, random.Random], str]


def _one(pattern: str, replace: Callable[[re.Match[str], random.Random], str]) -> Edit:
    """Return the edit of one place, chosen among those that *pattern* finds."""
    compiled = re.compile(pattern)

    def edit(text: str, chance: random.Random) -> str:
        places = list(compiled.finditer(text))
        if not places:
            return text
        place = chance.choice(places)
        return text[: place.start()] + replace(place, chance) + text[place.end() :]

    return edit


def permute_marks(text: str, chance: random.Random) -> str:
    """Type the marks of four neighbouring clusters in another order.

    Not of a whole line: nobody types so, and the detector may take such a line for Zawgyi.
    """

    def shuffled(match: re.Match[str]) -> str:
        marks = list(match["marks"])
        chance.shuffle(marks)
        while len(marks) > 1 and marks[-1] == "\u1031" and not "\u103b" <= marks[-2] <= "\u103e":
            chance.shuffle(marks)  # a last e behind a vowel would be read as the next letter's
        return match[0][: match.start("marks") - match.start()] + "".join(marks)

    clusters = [match.start() for match in CLUSTER.finditer(text) if len(match["marks"]) > 1]
    first = chance.choice(clusters or [0])
    return text[:first] + CLUSTER.sub(shuffled, text[first:], count=4)


def permute_zawgyi_marks(text: str, chance: random.Random) -> str:
    """Type the Zawgyi marks behind each letter in another order."""
    return ZAWGYI_MARKS.sub(lambda match: "".join(chance.sample(match[0], len(match[0]))), text)


def change_look_alike(text: str, chance: random.Random) -> str:
    """Write one pair of look-alikes the other way throughout."""
    one, other = chance.choice(ALIKE)
    if chance.random() < 0.5:
        one, other = other, one
    return re.sub(f"(?<!\u1039){one}", other, text)


def change_digits(text: str, chance: random.Random) -> str:
    """Write all digits in one other script."""
    zero = chance.choice("0၀０๐")
    return "".join(
        chr(ord(zero) + unicodedata.decimal(c)) if c.isdecimal() and not "\u1090" <= c <= "\u1099" else c
        for c in text  # the digits of Shan are letters in Zawgyi
    )


def insert_invisible(text: str, chance: random.Random) -> str:
    """Put one character without a shape anywhere."""
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(INVISIBLE) + text[at:]


def change_case(text: str, chance: random.Random) -> str:
    """Change the case of all Latin letters."""
    return chance.choice((str.upper, str.lower, str.title, str.swapcase))(text)


def change_quotes(text: str, chance: random.Random) -> str:
    """Make quotes straight or curly."""
    pairs = chance.choice((("‘", "'"), ("’", "'"), ("“", '"'), ("”", '"'), ("'", "’")))
    return text.replace(*pairs)


def normalise(text: str, chance: random.Random) -> str:
    """Compose or decompose the whole text."""
    return unicodedata.normalize(chance.choice(("NFC", "NFD")), text)


# Edits in the order in which they can be made: letters first, then spaces, then what has no shape. An edit of
# the second table is for text in Zawgyi, where letters and marks are other code points.
EDITS: dict[str, Edit] = {
    "digits": change_digits,
    "look-alike": change_look_alike,
    "zero for wa": _one(f"(?<!၀)ဝ(?=[{MARKS}]|{KILLED})|(?<=[\u1000-\u103f])ဝ(?![၀-၉0-9.,/ဝ])", lambda m, _: "၀"),
    "wa for zero": _one(f"(?<=[၀-၉])၀(?![{MARKS}]|{KILLED})", lambda m, _: "ဝ"),
    "seven for ra": _one(f"(?<!\u1039)ရ(?=[{MARKS}]|[{CONSONANT}]\u1037?\u103a)", lambda m, _: "၇"),
    "permuted marks": permute_marks,
    "repeated mark": _one(f"[{MARKS}](?!\u1039)", lambda m, _: m[0] * 2),
    "e before its letter": _one(
        f"(?<![\u1000-\u102a\u103f\u103b-\u103e\u1040\u1031\u1039])([{CONSONANT}](?:\u1039[{CONSONANT}])?[\u103b-\u103e]*)\u1031",
        lambda m, _: "\u1031" + m[1],
    ),
    "normal form": normalise,
    "accent": _one("[aeiou](?=[a-z])", lambda m, chance: m[0] + chance.choice("\u0300\u0301\u0302\u0308\u030c")),
    "joined parts": _one(TWO_PARTS.pattern, lambda m, chance: re.sub("[ -]", chance.choice(PARTING), m[0])),
    "case": change_case,
    "quotes": change_quotes,
    "space": _one(
        f"(?<=[\u1000-\u1030\u1032-\u1038\u103a-\u103f])(?<![၀-၉]ဝ)(?=[{CONSONANT}](?!\u1037?[\u103a\u1039]))",
        lambda m, chance: chance.choice(" \n"),
    ),
    "space before a mark": _one(
        f"(?<=[{CONSONANT}])(?=[\u102b-\u1030\u1032\u103b-\u103e])", lambda m, chance: chance.choice(" \u00a0")
    ),
    "invisible": insert_invisible,
}  # fmt: skip
NAMES = tuple(EDITS)
IN_ZAWGYI = frozenset({"accent", "joined parts", "case", "quotes", "digits", "invisible", "permuted marks"})
Step = tuple[str, int]


def can_be_zawgyi(sentence: Sentence) -> bool:
    """Tell whether the sentence is long enough for its encoding to be told."""
    return len(re.findall("[\u1000-\u109f]", sentence.text)) >= 24


def apply(sentence: Sentence, as_zawgyi: bool, steps: Sequence[Step]) -> tuple[str, int]:
    """Return the sentence after *steps*, and how many edits changed it; a step is an edit and its seed."""
    text, edits = sentence.text, 0
    if as_zawgyi:
        text, edits = write_zawgyi(text), 1
        steps = [(name if name in IN_ZAWGYI else "invisible", seed) for name, seed in steps]
    for name, seed in sorted(steps, key=lambda step: NAMES.index(step[0])):
        edit = permute_zawgyi_marks if as_zawgyi and name == "permuted marks" else EDITS[name]
        edited = text if name == "case" and sentence.glued else edit(text, random.Random(seed))
        text, edits = edited, edits + (edited != text)
    return text, edits


@cache
def lexicon() -> Lexicon:
    return read_lexicon(SHIPPED)


@cache
def matcher() -> Matcher:
    rules = [TopicRule(name, name, any=(term,), mask=MASKS.get(name, ())) for name, term in TOPICS.items()]
    return compile_topics(rules, lexicon())


@cache
def count_hits(sentence: Sentence) -> dict[str, int]:
    """Return how often the sentence names each of its topics before it is edited."""
    found = matcher().find_matches("", sentence.text)
    assert set(found.topics) == set(sentence.topics.split()), sentence.text
    return {topic: len(hits) for topic, hits in found.topics.items()}


def _bare(text: str) -> str:
    return re.sub(r"[\s\-\u2010-\u2013]", "", fold(text).text)


@cache
def known_forms(topic: str) -> frozenset[str]:
    """Return what a topic looks for, folded, its parts joined."""
    term = TOPICS[topic]
    if not term.startswith("@"):
        return frozenset({_bare(term)})
    return frozenset(
        _bare(convert_zawgyi(row.form) if row.script == "mymr-zawgyi" else row.form)
        for row in lexicon().concepts[term[1:]]
    )


NUMBER = {
    "operation-1111": re.compile(
        rf"11\W{{0,3}}11|eleven\W*eleven|1{_bare('လေးလုံး')}"
    ),  # or "one, four of them"
    "operation-1027": re.compile(r"10\W{0,3}27"),
}


def find_fault(sentence: Sentence, text: str, found: Findings) -> str | None:
    """Return what is wrong with the findings in an edited text."""
    hits_in = {topic: len(hits) for topic, hits in found.topics.items()}
    if hits_in != count_hits(sentence):
        return f"hits {hits_in} instead of {count_hits(sentence)}"
    for topic, hits in found.topics.items():
        for hit in hits:
            if not hit.matched or text[hit.start : hit.end] != hit.matched:
                return f"{topic}: {hit.matched!r} is not what stands at {hit.start}-{hit.end}"
            quoted = _bare(convert_zawgyi(hit.matched) if found.encoding == "zawgyi" else hit.matched)
            is_form = NUMBER[topic].search(quoted) if topic in NUMBER else quoted in known_forms(topic)
            if not is_form:
                return f"{topic}: quotes {hit.matched!r}, which is none of its forms"
    return None


def judge(sentence: Sentence, as_zawgyi: bool, steps: Sequence[Step]) -> str | None:
    text, _ = apply(sentence, as_zawgyi, steps)
    fault = find_fault(sentence, text, matcher().find_matches("", text))
    return fault and f"{fault}\n  {sentence.text}\n  {text!r}\n  {text!a}\n  zawgyi={as_zawgyi} {list(steps)}"


def shrink(sentence: Sentence, as_zawgyi: bool, steps: Sequence[Step]) -> str | None:
    """Return the fault of the fewest steps that still have one."""
    for left_out in range(len(steps)):
        fewer = [step for at, step in enumerate(steps) if at != left_out]
        if judge(sentence, as_zawgyi, fewer):
            return shrink(sentence, as_zawgyi, fewer)
    return judge(sentence, as_zawgyi, steps)


@cache
def useful(sentence: Sentence) -> tuple[str, ...]:
    """Return the edits that find something to change in a sentence."""
    return tuple(
        name for name in NAMES if any(apply(sentence, False, [(name, seed)])[1] for seed in range(6))
    )


def sweep(seed: int, wanted: int) -> tuple[int, int, list[str]]:
    """Make at least *wanted* edits; return texts, edits that changed something, and the faults, shrunk."""
    chance = random.Random(seed)
    texts = edits = 0
    faults = []
    while edits < wanted:
        sentence = chance.choice(SENTENCES)
        as_zawgyi = can_be_zawgyi(sentence) and chance.random() < 0.2
        steps = [(chance.choice(useful(sentence)), chance.getrandbits(32)) for _ in range(EDITS_A_TEXT)]
        texts, edits = texts + 1, edits + apply(sentence, as_zawgyi, steps)[1]
        if judge(sentence, as_zawgyi, steps):
            faults.append(shrink(sentence, as_zawgyi, steps) or "")
    return texts, edits, faults


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.topics)
def test_every_sentence_matches_before_it_is_edited(sentence: Sentence) -> None:
    assert judge(sentence, False, []) is None


@pytest.mark.parametrize("name", EDITS)
def test_every_edit_changes_some_sentence(name: str) -> None:
    assert any(name in useful(sentence) for sentence in SENTENCES)


@pytest.mark.parametrize("text", (*WORDS.split(), *(sentence.text for sentence in SENTENCES)))
def test_zawgyi_of_our_words_reads_as_the_same_words(text: str) -> None:
    assert fold(convert_zawgyi(write_zawgyi(text))).text == fold(text).text


def test_zawgyi_refuses_what_it_has_no_sign_for() -> None:
    for text in ("ၵၢဝ်", "တ္ယ"):  # Shan; a stacked ya
        with pytest.raises(NoZawgyiError):
            write_zawgyi(text)


@given(
    st.sampled_from(SENTENCES),
    st.booleans(),
    st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 2**32 - 1)), max_size=EDITS_A_TEXT),
)
@settings(deadline=None, max_examples=150)
def test_no_neutral_edit_loses_a_match(sentence: Sentence, as_zawgyi: bool, steps: list[Step]) -> None:
    fault = judge(sentence, as_zawgyi and can_be_zawgyi(sentence), steps)
    assert fault is None, fault


def test_three_thousand_neutral_edits_lose_no_match() -> None:
    texts, edits, faults = sweep(1111, 3_000)
    print(f"{edits} edits in {texts} texts, {len(faults)} matches lost")
    assert not faults, "\n".join(faults[:5])


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_million_neutral_edits_lose_no_match(seed: int) -> None:
    texts, edits, faults = sweep(seed, EDITS_A_SEED)
    print(f"seed {seed}: {edits} edits in {texts} texts, {len(faults)} matches lost")
    assert not faults, "\n".join(faults[:5])
