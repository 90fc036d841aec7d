"""Burmese words that figures hang on, numerals among them, as folded patterns. Data and its shape, no grammar."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.figure.numeral import MAX_COUNT, read_digits
from alerts.text.fold import fold

if TYPE_CHECKING:
    from alerts.figure.model import Class
from alerts.model import What


def refold(pattern: str) -> str:
    """Fold the Myanmar letters of a pattern, so that it meets folded text."""
    return re.sub("[\u1000-\u1021\u1023-\u103f]+", lambda match: fold(match[0]).text, pattern)


def compile_folded(pattern: str) -> re.Pattern[str]:
    """Compile a pattern whose Myanmar letters are written as people write them."""
    return re.compile(refold(pattern))


_UNITS = {
    refold(word): value
    for value, words in enumerate(
        ("တစ် တ", "နှစ်", "သုံး", "လေး", "ငါး", "ခြောက်", "ခုနစ် ခုနှစ် ခွန်နစ် ခွန်", "ရှစ်", "ကိုး"), 1
    )
    for word in words.split()
}
_SCALES = {
    refold(word): value
    for words, value in (
        ("ဆယ် ဆယ့်", 10),
        ("ရာ ရာ့", 100),
        ("ထောင် ထောင့်", 1000),
        ("သောင်း", 10_000),
        ("သိန်း", 100_000),
        ("သန်း", 1_000_000),
    )
    for word in words.split()
}


def _options(words: dict[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


NUMBER_WORD = f"{_options(_UNITS)}|{_options(_SCALES)}"
_WORD = re.compile(NUMBER_WORD)
_DIGITS = "(?:[0-9]{1,3}(?:[,.][0-9]{3})+|[0-9]{1,9})"
_MANY = _options({word: value for word, value in _SCALES.items() if value >= 100})
THOUSANDS = re.compile(_options({word: value for word, value in _SCALES.items() if value >= 1000}))
NUMERAL = re.compile(
    f"(?<![0-9a-z])(?<![0-9a-z][.,:/-]){_DIGITS}(?![0-9a-z%])(?![.,:/-][0-9])(?: ?(?:{_MANY}))?"
    f"|(?:{NUMBER_WORD}){{1,12}}"
)
_DIGIT_NUMBER = re.compile(f"({_DIGITS}) ?({_MANY})?")


def read_numeral(text: str) -> int | None:
    """Return the value of a numeral in folded digits, words or both; None for what is no number."""
    if match := _DIGIT_NUMBER.fullmatch(text):
        value = read_digits(match[1])
        if value is None:
            return None
        value *= _SCALES[match[2]] if match[2] else 1
        return value if value <= MAX_COUNT else None
    total = below = 0
    unit: int | None = None
    scale_before = 10 * MAX_COUNT
    for word in _WORD.findall(text):
        if (value := _UNITS.get(word)) is not None:
            if unit is not None:
                return None
            unit = value
            continue
        scale = _SCALES[word]
        if scale >= scale_before or (unit is None and scale != 10):
            return None
        below += (unit or 1) * scale
        unit, scale_before = None, scale
    total = below + (unit or 0)
    return total if 0 < total <= MAX_COUNT else None


HALF = refold("ခွဲ")


def last_scale(text: str) -> int:
    """Return the unit that a half after the numeral is a half of; one, where it ends in no unit."""
    words = _WORD.findall(text)
    return _SCALES.get(words[-1], 1) if words else 1


def split_words(text: str) -> list[str]:
    """Split a spelled-out numeral into its words."""
    return _WORD.findall(text)


# One step above what a number without a classifier may stand behind; longest first where one holds another.
PERSON = (
    "အရပ်သား(?:များ)?|ပြည်သူ(?:များ)?|ဒေသခံ(?:များ|ပြည်သူ(?:များ)?)?|ရွာသား(?:များ)?|ရွာသူရွာသား(?:များ)?|မြို့ခံ(?:များ)?"
    "|လူ(?:ကြီး|ငယ်|နာ|ဦးရေ|သားအလောင်း)?|ကလေး(?:ငယ်|သူငယ်)?(?:များ)?|အမျိုးသမီး(?:ငယ်)?(?:များ)?|အမျိုးသား(?:များ)?"
    "|မိန်းကလေး|ယောက်ျား(?:လေး)?|စစ်သား(?:များ)?|စစ်သည်(?:များ)?|တပ်သား(?:များ)?|တပ်ဖွဲ့ဝင်(?:များ)?|တပ်မှူး|အရာရှိ|ရဲဘော်(?:များ)?"
    "|ရဲသား|ရဲဝန်ထမ်း|ရဲ|တိုက်ခိုက်ရေးသမား|ဆရာ(?:မ|ဝန်|များ)?|ကျောင်းသား(?:များ)?|ကျောင်းသူ|ဝန်ထမ်း(?:များ)?|အလုပ်သမား(?:များ)?"
    "|အကျဉ်းသား(?:များ)?|ဆန္ဒပြသူ(?:များ)?|ခရီးသည်|လယ်သမား|တောင်သူ|ရဟန်း|သက်ကြီး(?:ရွယ်အို)?|သက်ကြီးရွယ်အို|မိသားစု(?:ဝင်)?(?:များ)?"
    "|သင်တန်းသား|အဖွဲ့ဝင်|ပြောက်ကျား|အလောင်း|ရုပ်အလောင်း|နိုင်ငံရေးအကျဉ်းသား|အိုးအိမ်မဲ့|ဒုက္ခသည်"
)
SOLDIER = compile_folded("(?:စစ်သား|စစ်သည်|တပ်သား|စစ်ကောင်စီ|စစ်တပ်|စကစ|ရဲဘော်|တပ်ဖွဲ့ဝင်|သုံ့ပန်း)")
PERSON_BEFORE = compile_folded(f"(?:{PERSON})[ ]?(?:အနည်းဆုံး|အယောက်|ဦးရေ|စုစုပေါင်း|ပေါင်း)?[ (]{{0,2}}$")
HOUSE_BEFORE = compile_folded(
    "(?:လူနေအိမ်|နေအိမ်|အိမ်|အဆောက်အအုံ နေအိမ်)(?:များ|ခြေ)?[ ]?(?:အနည်းဆုံး|စုစုပေါင်း|ပေါင်း)?[ (]{0,2}$"
)
_BASES = "(?:စခန်း|ကင်း|စခန်းကုန်း|ရဲစခန်း)(?:ငယ်|ကြီး|များ)?[ ]?(?:အနည်းဆုံး|စုစုပေါင်း|ပေါင်း)?[ (]{0,2}"
_TOWNS = "(?:မြို့|ရွာ|ကျေးရွာ)(?:များ|ပေါင်း)?[ ]?(?:အနည်းဆုံး|စုစုပေါင်း|ပေါင်း)?[ (]{0,2}"
BASE_BEFORE = compile_folded(f"{_BASES}$")
TOWN_BEFORE = compile_folded(f"{_TOWNS}$")
COUNTED_PLACES = compile_folded(f"(?:{_BASES}|{_TOWNS})(?:[0-9]|{NUMBER_WORD})")
# People named after what happened to them; what may stand between that and the number.
_BETWEEN = f"(?:များ|တွေ|ထဲတွင်|ထဲမှာ|ထဲက|အနက်|စုစုပေါင်း|ပေါင်း|ဦးရေ|အရေအတွက်|မှာ|သည်|ဟာ|အနည်းဆုံး|လူ|{PERSON}|[ (]){{0,6}}$"
_EVENT_NOUNS: tuple[tuple[str, What], ...] = (
    ("သေဆုံးသူ|ကျဆုံးသူ|သေသူ|အသတ်ခံရသူ", "killed"),
    ("(?<!သေဆုံး)(?<!သေဆုံး/)(?<!သေဆုံးထိခိုက်)(?<!နှင့်)(?<!နဲ့)(?<!၊)(?:ဒဏ်ရာရသူ|ဒဏ်ရာရရှိသူ)", "injured"),
    ("ထွက်ပြေးသူ|စစ်ရှောင်|စစ်ဘေးရှောင်|စစ်ဘေးဒုက္ခသည်|တိမ်းရှောင်သူ|နေရပ်စွန့်ခွာသူ|စစ်ဘေးရှောင်ပြည်သူ", "displaced"),
    ("အဖမ်းခံရသူ|အဖမ်းခံထားရသူ|ဖမ်းဆီးခံရသူ|ဖမ်းဆီးခံထားရသူ", "arrested"),
    ("လက်နက်ချသူ|အလင်းဝင်သူ", "surrendered"),
    ("ပိုးတွေ့သူ|ကူးစက်ခံရသူ|ပျောက်ဆုံးသူ|ပျောက်ဆုံးနေသူ", "other"),
)
EVENT_BEFORE: tuple[tuple[re.Pattern[str], What], ...] = tuple(
    (compile_folded(f"(?:{words}){_BETWEEN}"), what) for words, what in _EVENT_NOUNS
)

_AFTER_DIE = "(?=သည်|တယ်|ပြီ|ခဲ့|ပါ|ရ|ကြ|လို့|ကြောင်း|သွား|ဟု|တာ|မှု|၊|။|[ .,;)\n]|$)"
_AFTER_GET = "(?=ပြီ|သည်|တယ်|ခဲ့|ထား|လိုက်|ကြောင်း|ဟု|လို့)"
# (what it says, of whom, the verb; needs_object: true only where the counted stand as object)
_VERB_WORDS: tuple[tuple[What, Class, str, bool], ...] = (
    ("killed", "person", f"(?:ထိခိုက်)?သေဆုံး|သေ{_AFTER_DIE}|ကျဆုံး|အသက်ဆုံးရှုံး|အသက်ပေး|ကွယ်လွန်|အသတ်ခံ|သတ်ဖြတ်ခံ", False),
    ("killed", "person", "သတ်ဖြတ်|ပစ်သတ်|ရိုက်သတ်|သတ်(?=ခဲ့|သည်|တယ်|ပြီး|လိုက်)|သုတ်သင်", True),
    ("injured", "person", "(?:ထိခိုက်)?ဒဏ်ရာ(?:များ|အပြင်းအထန်|အနည်းငယ်|ပြင်းထန်စွာ)? ?ရ", False),
    (
        "displaced",
        "person",
        "ထွက်ပြေး|နေရပ်စွန့်|နေရပ်(?:ကို)?စွန့်ခွာ|အိုးအိမ်စွန့်|အိမ်ရာ(?:ကို)?စွန့်|တိမ်းရှောင်|ထွက်သွား|စစ်ဘေးရှောင်|ရွာပြောင်"
        "|ပြောင်းရွှေ့(?=နေ|ရ|ခဲ့|ထွက်)|ရွှေ့ပြောင်း(?=နေ|ရ|ခဲ့|ထွက်)|အိုးမဲ့အိမ်မဲ့",
        False,
    ),
    ("surrendered", "person", "လက်နက်ချ|အလင်းဝင်|အညံ့ခံ", False),
    ("arrested", "person", "အဖမ်းခံ|ဖမ်းဆီးခံ|အဖမ်းအဆီးခံ", False),
    ("arrested", "person", "ဖမ်းဆီး|ဖမ်းခေါ်|ဖမ်းမိ", False),
    ("other", "person", "ပျောက်ဆုံး|လွတ်မြောက်လာ|ပြန်လွတ်|ပြန်လည်လွတ်", False),
    ("other", "person", "လွှတ်ပေး|ပြန်လွှတ်|ပြန်လည်လွှတ်", False),
    (
        "houses_destroyed",
        "house",
        "မီးလောင်|ပျက်စီး|မီးရှို့|ပြာကျ|လောင်ကျွမ်း|မီးထဲပါ|ဖျက်ဆီး|ပြိုကျ",
        False,
    ),
    ("bases_captured", "base", f"သိမ်း(?:ပိုက်|ယူ)?|ရ{_AFTER_GET}|ကျဆုံး|ကျ(?=သွား|ခဲ့)|တိုက်ယူ|ရယူ|ရရှိ", False),
    ("other", "town", f"သိမ်း(?:ပိုက်|ယူ)?|ရ{_AFTER_GET}|တိုက်ယူ|ရယူ|ရရှိ", False),
)
VERBS: tuple[tuple[What, Class, re.Pattern[str], bool], ...] = tuple(
    (what, kind, compile_folded(words), needs_object) for what, kind, words, needs_object in _VERB_WORDS
)
# People and houses are figures only with one of these; a verb cut off by the reach of a number meets what ends it.
EVENT = compile_folded(
    "|".join(
        [words for words, _ in _EVENT_NOUNS]
        + [words.replace(_AFTER_DIE, "") for _, kind, words, _ in _VERB_WORDS if kind in ("person", "house")]
        + ["တွေ့"]
    )
)
# Verbs that take the counted as object when an object marker follows them.
OF_OBJECTS = frozenset(
    compile_folded(words).pattern for words in ("ဖမ်းဆီး|ဖမ်းခေါ်|ဖမ်းမိ", "လွှတ်ပေး|ပြန်လွှတ်|ပြန်လည်လွှတ်")
)
# What ends a clause inside a sentence, other than punctuation.
CONNECTOR = compile_folded(
    "(?<!ထိ)(?<!မှန်)(?<!ထိမှန်)(?<!ပွဲချင်း)ပြီး(?!ခဲ့)|ခဲ့ရာ|ရာတွင်|စဉ်|သဖြင့်|သော(?!အခါ)|သည့်|သည်|တဲ့|ပေမဲ့|သော်လည်း|လျက်|ဟု|လို့|ကြောင်း|၍"
)
NEVER_AFTER = compile_folded(
    "(?:ခဲ့|ကြ|ရ|သွား|လိုက်|ဖွယ်|နေ){0,4}(?:နိုင်(?!ခဲ့|ပြီ|လိုက်|တာ)|မည်|မယ်|လိမ့်|လျှင်|ရင်|ပါက|ခြင်းမရှိ|မှုမရှိ|တော့မ|ဖို့|ရန်|ခြင်း(?:မှ|အတွက်)|စေရန်)"
)
MIXED_AFTER = compile_folded("[ /]?(?:နှင့်|နဲ့|သို့မဟုတ်|၊)?[ /]?(?:ထိခိုက်)?ဒဏ်ရာ|ပျောက်ဆုံး")
