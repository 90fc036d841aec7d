"""Read the figures of one Burmese sentence: numeral, classifier and verb in one clause, all of it folded text.

Only ဦး, ယောက် and လောင်း count people; a number without a classifier needs its noun before it. A verb is not
looked for beyond a connector, a comma or another number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from alerts.figure.burmesewords import (
    BASE_BEFORE,
    CONNECTOR,
    COUNTED_PLACES,
    EVENT,
    EVENT_BEFORE,
    HALF,
    HOUSE_BEFORE,
    MIXED_AFTER,
    NEVER_AFTER,
    NUMBER_WORD,
    NUMERAL,
    OF_OBJECTS,
    PERSON_BEFORE,
    SOLDIER,
    THOUSANDS,
    TOWN_BEFORE,
    VERBS,
    compile_folded,
    last_scale,
    read_numeral,
    refold,
    split_words,
)
from alerts.figure.model import Class, Count
from alerts.model import What
from alerts.text.syllable import is_syllable_end, is_syllable_start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.text.fold import Folded

_REACH = 80  # folded characters between a count and its verb
_NOUN_REACH = 40  # folded characters before a number in which its noun stands
_BLANK = compile_folded("[ )\n]{0,3}")
_LEAST = compile_folded("ကျော်|ထက်မနည်း|ထက်မက|ထက်ပို|အထက်")
_ABOUT = compile_folded("ခန့်|လောက်|နီးပါး|ဝန်းကျင်|မျှ")
_PEOPLE = compile_folded("ဦး(?!ဆောင်|စီး|ပိုင်|ခေါင်း|စွာ|တည်|နှောက်|ဆုံး|ရေ|ချင်း)|ယောက်(?!ခ)|လောင်း(?!ရိပ်)")
_THINGS = compile_folded("လုံး|အိမ်|ဆောင်|ခု(?!နစ်|နှစ်)|နေရာ|စခန်း|မြို့(?!နယ်)|ရွာ")
# Words for numbers stand in every line, most of them in other words. Without digits only these can count.
_QUALIFIED = f"(?:{_LEAST.pattern}|{_ABOUT.pattern})"
_SPELLED_COUNT = re.compile(
    f"(?:{NUMBER_WORD})(?:{HALF})?{_BLANK.pattern}(?:{_QUALIFIED}{_BLANK.pattern}){{0,2}}(?:{_PEOPLE.pattern})"
)
_IS_QUALIFIED = re.compile(_QUALIFIED)
_DIGIT = re.compile("[0-9]")
_LEAST_BEFORE = compile_folded("အနည်းဆုံး[^0-9။၊]{0,24}$")
_ABOUT_BEFORE = compile_folded("(?:ခန့်မှန်း(?:ခြေ)?|အများဆုံး)[^0-9။၊]{0,24}$")
_NAMED_BEFORE = compile_folded(
    "(?:တပ်ရင်း|တပ်မ|ခမရ|ခလရ|တပ်ခွဲ|အမှတ်|အသက်|ပုဒ်မ|အပိုင်း|ကျပ်|ဒေါ်လာ|ဘတ်|စစ်ဆင်ရေး|လမ်း|ခုနှစ်|အချက်)[ (]{0,3}$"
)
_CLAUSE_BEFORE = compile_folded("(?:^|[၊,။]|ပြီး|က|မှ|တွင်|မှာ|၌|ရာ|စဉ်|၍|ကြောင့်|လို့|အထိ|အတွင်း|နောက်ထပ်|ကာ|သလို)[ ]?$")
_FAMILIES = compile_folded("(?:မိသားစု|အိမ်ထောင်စု)(?:များ|ပေါင်း)?[ (]{0,3}$")
_PARTICLE = compile_folded(
    "[ ]?(?:(?P<including>အပါအဝင်|အပါ(?!အ))|(?P<with>နှင့်|နဲ့|၊)|(?P<object>ကို|အား)|(?P<topic>သည်|ဟာ|မှာ|တို့)"
    "|(?P<speaker>က(?=[ ]|$|\\S))|(?P<refuse>မှ|အနက်|ထဲ|တွင်|ရဲ့|၏|ထံ|ပါသော|ပါသည့်|ပါတဲ့|ပါ|ရယ်|စီ|အတွက်|၌))"
)
_STOP = compile_folded('[။၊,;:\n"“”]')
_FOUND = compile_folded("တွေ့")
_BODIES = compile_folded("အလောင်း")
_PERIOD = compile_folded(
    "အာဏာသိမ်း(?:ပြီးနောက်|ပြီးကတည်းက|ကတည်းက|ချိန်ကစ|ပြီးချိန်)|ယနေ့အထိ|ယခုအထိ|အခုအထိ|စုစုပေါင်း|ယခုနှစ်|မနှစ်က|ပြီးခဲ့သည့်နှစ်"
)
_NONE = compile_folded("(?P<dead>သေဆုံးသူ|သေဆုံးမှု|ကျဆုံးမှု|ကျဆုံးသူ)|(?:ဒဏ်ရာရသူ|ဒဏ်ရာရရှိသူ)")
_ARE_NOT = refold("မရှိ")
_IS_NONE = compile_folded("(?:လုံးဝ|တစ်ဦးမျှ|တစ်ယောက်မှ)?မရှိ(?!သေးဘဲ)")
_ONE_BASE = compile_folded("စခန်းကို(?P<between>[^။၊\n]{0,60}?)သိမ်း(?:ပိုက်|ယူ)?(?=ပြီး|လိုက်|ခဲ့|နိုင်ခဲ့|သည်|တယ်|ရာ|ထား)")
_NO_NAME = compile_folded("(?:များ|တွေ|ထို|အဆိုပါ|ယင်း|အဲဒီ|^)[ ]?(?:တပ်|ကင်း|ရဲ|စစ်)?$")
_UNSAID: dict[Class, str] = {"person": "လူ", "house": "အိမ်", "base": "စခန်း", "town": "မြို့"}


@dataclass(slots=True)
class _Mention:
    """A number with what it counts, offsets of the folded sentence."""

    value: int
    start: int
    end: int  # after classifier and approximation
    kind: Class | None
    who: str
    at_least: bool
    hedged: bool
    named: What | None = None  # the noun before it says what happened: သေဆုံးသူ ၃ ဦး
    needs_near: bool = False  # no noun, no classifier: only a verb right behind it will do
    what: What | None = None
    particle: str | None = None


def _read_mention(text: str, start: int, end: int) -> _Mention | None:
    numeral = text[start:end]
    is_spelled = not numeral[0].isdigit()
    if is_spelled:
        words = split_words(numeral)
        if start and text[start - 1] == "က" and words[0] == "လေး":  # ကလေး, a child
            start += len(words.pop(0))
        while words and read_numeral("".join(words)) is None:
            start += len(words.pop(0))
        if not words or not is_syllable_start(text, start):
            return None
        numeral = text[start:end]
    value = read_numeral(numeral)
    if value is None or not is_syllable_end(text, end):
        return None
    if text.startswith(HALF, end):  # ၃ သန်းခွဲ, three and a half million
        value, end = value + last_scale(numeral) // 2, end + len(HALF)
    at_least = hedged = False
    classifier: str | None = None
    kind: Class | None = None
    at = end
    for _ in range(3):
        at = _BLANK.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if match := _LEAST.match(text, at):
            at_least = True
        elif match := _ABOUT.match(text, at):
            hedged = True
        elif classifier is None and (match := _PEOPLE.match(text, at)):
            if not is_syllable_end(text, match.end()):
                break
            classifier, kind = match[0], "person"
        elif classifier is None and (match := _THINGS.match(text, at)):
            classifier = match[0]
        else:
            break
        at = end = match.end()
    before = text[max(0, start - _NOUN_REACH) : start]
    if _NAMED_BEFORE.search(before) or (
        is_spelled and kind is None and not (value >= 1000 and (at_least or hedged))
    ):
        return _Mention(value, start, end, None, "", at_least, hedged)
    if classifier is None and _FAMILIES.search(before):
        return _Mention(value, start, end, None, "", at_least, hedged)
    named = next((what for pattern, what in EVENT_BEFORE if pattern.search(before)), None)
    who, needs_near = "", False
    for pattern, of in (
        (PERSON_BEFORE, "person"),
        (HOUSE_BEFORE, "house"),
        (BASE_BEFORE, "base"),
        (TOWN_BEFORE, "town"),
    ):
        match = pattern.search(before)
        if match is None or not is_syllable_start(before, match.start()):
            continue
        if classifier is None or kind == "person" == of or (kind is None and of != "person"):
            kind, who = of, match[0].strip(" (")  # type: ignore[assignment]  # literals of the tuple above
            break
    if named and (classifier is None or kind == "person"):
        kind = "person"
    if kind is None and classifier is None and (at_least or hedged) and _CLAUSE_BEFORE.search(before):
        kind, needs_near = "person", True
    at_least |= _LEAST_BEFORE.search(before) is not None
    hedged |= _ABOUT_BEFORE.search(before) is not None
    return _Mention(value, start, end, kind, who, at_least, hedged, named, needs_near)


def _may_count(text: str) -> bool:
    """Tell whether the text holds a number that may count and what may make a figure of it; most hold neither."""
    if not (_DIGIT.search(text) or _SPELLED_COUNT.search(text)) and not (
        THOUSANDS.search(text) and _IS_QUALIFIED.search(text)
    ):
        return False
    return EVENT.search(text) is not None or COUNTED_PLACES.search(text) is not None


def _find_mentions(text: str) -> list[_Mention]:
    found: list[_Mention] = []
    for match in NUMERAL.finditer(text):
        if found and match.start() < found[-1].end:
            continue
        if mention := _read_mention(text, *match.span()):
            found.append(mention)
    return found


def _find_verb(text: str, mention: _Mention, at: int, stop: int, *, as_object: bool) -> What | None:
    window = text[at : min(stop, at + _REACH)]
    if end := _STOP.search(window):
        window = window[: end.start() + 1]
    best: tuple[int, int, What] | None = None
    for what, kind, pattern, needs_object in VERBS:
        if kind != mention.kind or (needs_object and not as_object):
            continue
        if kind == "person" and as_object and not (needs_object or pattern.pattern in OF_OBJECTS):
            continue
        match = next(
            (hit for hit in pattern.finditer(window) if is_syllable_start(text, at + hit.start())), None
        )
        if match and (best is None or match.start() < best[0]):
            best = match.start(), match.end(), what
    if mention.kind == "person" and (hit := _FOUND.search(window)) and best is None:
        nearby = text[max(0, mention.start - _NOUN_REACH) : mention.end]
        if _BODIES.search(nearby):
            best = hit.start(), hit.end(), "killed"
    if best is None:
        return None
    start, end_at, what = best
    gap = window[:start]
    if mention.needs_near and gap.strip():
        return None
    if CONNECTOR.search(gap) or gap.endswith("မ") or text[: at + start].endswith("အ"):
        return None
    if NEVER_AFTER.match(text, at + end_at):
        return None
    if what == "killed" and MIXED_AFTER.match(text, at + end_at):
        return None
    if what == "arrested" and SOLDIER.search(text, max(0, mention.start - _NOUN_REACH), mention.start):
        return "captured"
    return what


def _settle(text: str, mentions: list[_Mention], index: int) -> None:
    """Find what happened to one mention and what particle stands behind it."""
    mention = mentions[index]
    stop = mentions[index + 1].start if index + 1 < len(mentions) else len(text)
    at = mention.end
    as_object = False
    if (match := _PARTICLE.match(text, at)) and is_syllable_end(text, match.end()):
        mention.particle = match.lastgroup
        if mention.particle in ("speaker", "refuse", "including", "with"):
            if mention.named and mention.particle == "refuse" and mention.value > 1:
                mention.what = mention.named
            return
        as_object = mention.particle == "object"
        at = match.end()
    mention.what = _find_verb(text, mention, at, stop, as_object=as_object) or mention.named


def _zero(folded: Folded) -> Iterator[Count]:
    text = folded.text
    if _ARE_NOT not in text:
        return
    for match in _NONE.finditer(text):
        if is_syllable_start(text, match.start()) and (end := _IS_NONE.match(text, match.end())):
            what: What = "killed" if match["dead"] else "injured"
            yield Count(0, False, what, _UNSAID["person"], False, match.start(), end.end())


def _single_bases(folded: Folded) -> Iterator[Count]:
    """Read "… base was taken" of one named base as a figure of one."""
    text = folded.text
    for match in _ONE_BASE.finditer(text):
        before = text[max(0, match.start() - 24) : match.start()]
        if _NO_NAME.search(before) or CONNECTOR.search(match["between"]) or match["between"].endswith("မ"):
            continue
        if not NEVER_AFTER.match(text, match.end()):
            yield Count(1, False, "bases_captured", _UNSAID["base"], False, match.start(), match.end())


def read_burmese(folded: Folded) -> list[Count]:
    """Return the figures of one folded sentence, in order; ``start`` and ``end`` are folded offsets."""
    text = folded.text
    mentions = _find_mentions(text) if _may_count(text) else []
    for index in range(len(mentions)):
        if mentions[index].kind is not None:
            _settle(text, mentions, index)
    for mention, after in reversed(list(pairwise(mentions))):
        near = after.start - mention.end <= _NOUN_REACH and mention.kind == after.kind == "person"
        joined = mention.particle == "with" or (mention.particle == "including" and mention.value > 1)
        if mention.what is None and joined and near and not CONNECTOR.search(text, mention.end, after.start):
            mention.what = after.what
    counts: list[Count] = []
    for index, mention in enumerate(mentions):
        if mention.what is None or mention.kind is None:
            continue
        count = Count(
            mention.value,
            mention.at_least,
            mention.what,
            _who(folded, mention),
            mention.hedged,
            mention.start,
            mention.end,
            mention.hedged,
        )
        if mention.particle == "including" and index + 1 < len(mentions):
            count = replace(count, who=f"{count.who} (included in the {mentions[index + 1].value:,})")
        counts.append(count)
    return sorted([*counts, *_zero(folded), *_single_bases(folded)], key=lambda count: count.start)


def _who(folded: Folded, mention: _Mention) -> str:
    assert mention.kind is not None
    who = _UNSAID.get(mention.kind, "")
    if mention.who:
        at = folded.text.rindex(mention.who, 0, mention.start)
        start, end = folded.span(at, at + len(mention.who))
        who = folded.original[start:end].strip()
    if period := _PERIOD.search(folded.text):
        start, end = folded.span(*period.span())
        who = f"{who} ({folded.original[start:end].strip()})"
    return who
