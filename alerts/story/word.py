"""The words of an article that only compare inside one script: rough stems, names, pairs of Burmese syllables."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from alerts.figure.wordlist import words_of
from alerts.text.fold import fold
from alerts.text.syllable import SYLLABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['’][A-Za-z]+)?")
_SHORTEST = 3
# Words of grammar and of reporting: they stand in every article.
_COMMON = frozenset(
    words_of(
        "the and for that this with from have has had was were are been being but not they them their there then than"
        " who whom whose which what when where while will would could should can may might must about after again all"
        " also among another any around because before between both during each even every first five four into its"
        " just last later least left like made make many more most much near nearly new next nine now off old once one"
        " only other our out over own people per put said same say saying says second see seen seven several she since"
        " six some still such take taken ten these those three through time today told two under until very way week"
        " well went yesterday year you your his her him how way ago according local source sources report reported"
        " reports state statement spokesperson spokesman official officials member group groups area day days night"
        " morning afternoon evening month months town city village villages township region country military army"
        " soldier soldiers troops force forces fighter fighters resident residents resistance least around number"
        " january february march april june july august september october november december monday tuesday wednesday"
        " thursday friday saturday sunday news photo image myanmar burma burmese karenni kayah"
    )
)
# Syllables of Burmese grammar, as they fold: markers of case, tense, number, quotation, connection.
_PARTICLES = frozenset(
    fold(syllable).text
    for syllable in words_of(
        "သည် တယ် မယ် မည် ပါ ပြီ ပြီး ခဲ့ နေ ထား ရ ရာ ရန် လို့ ဟု လျှင် ရင် က ကို မှ မှာ တွင် နှင့် နဲ့ ၏ ရဲ့ များ တွေ တို့ သော တဲ့"
        " သည့် မည့် ဖြင့် အား လည်း ပဲ သာ တော့ ဘူး မ အ ဟာ ၌ သို့ ထဲ ပေါ် တစ် ဦး ယောက် ခု ဖြစ် ရှိ ဆို ပြော ကြ လာ သွား ခံ စေ သူ ထိ ခန့် ကျော်"
        " နေ့ ရက် လ နှစ် အရ ခြင်း မှု ရေး သူ ဒီ ဤ ထို အဲ ဆုံး ပေး လိုက် အောင် အထိ ကြောင့် ကြောင်း စဉ် အတွင်း"
    )
)
_MYANMAR_RUN = re.compile("[\u1000-\u103f\u104e]+")


def stem(word: str) -> str:
    """Cut the commonest endings off a lower-case English word: good enough to compare, not to show."""
    for ending, least in (("ings", 4), ("ing", 4), ("ies", 3), ("ied", 3), ("ed", 4), ("es", 4), ("s", 3)):
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending in ("ies", "ied") else "")
    return word


def find_latin_words(text: str, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, str, bool]]:
    """Yield (place, stem, is a name) of the words of *text* outside the spans *taken*, sorted.

    A name is a word with a capital that does not begin a sentence.
    """
    spans = iter((*taken, (len(text), len(text))))
    span = next(spans)
    for match in _LATIN.finditer(text):
        while match.start() >= span[1] and span[1] < len(text):
            span = next(spans)
        if span[0] < match.end() and match.start() < span[1]:
            continue
        word = fold(match[0]).text.partition("'")[0]
        if len(word) < _SHORTEST or word in _COMMON:
            continue
        is_name = match[0][0].isupper() and not _begins_sentence(text, match.start())
        yield match.start(), stem(word), is_name


def _begins_sentence(text: str, at: int) -> bool:
    before = text[max(0, at - 4) : at].rstrip(" \"'“”‘’([—–-")
    return not before or before[-1] in ".!?:\n။"


def find_syllable_pairs(folded: str) -> Iterator[tuple[int, str]]:
    """Yield (place, pair) of neighbouring Burmese syllables, without those of grammar alone."""
    for run in _MYANMAR_RUN.finditer(folded):
        starts = [match.start() + run.start() for match in SYLLABLE.finditer(run[0])]
        cuts = [*starts, run.end()]
        syllables = [folded[first:last] for first, last in pairwise(cuts)]
        for place, first, second in zip(starts, syllables, syllables[1:], strict=False):
            if first not in _PARTICLES and second not in _PARTICLES:
                yield place, first + second
