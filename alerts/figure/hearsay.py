"""Who a Burmese sentence attributes its numbers to, and whether it believes them. Never a guess beyond its words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.figure.burmesewords import compile_folded
from alerts.figure.model import Claim
from alerts.text.syllable import is_syllable_end, is_syllable_start

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.text.fold import Folded

_MAX_NAME = 90  # folded characters
_QUOTED = compile_folded("ဟု|ဟူ၍|လို့|ကြောင်း")
_REACH = 120  # folded characters between the quoted and the verb of saying
_SAYING = compile_folded(
    "ပြော(?!ခွင့်|ရေး)|ဆို(?!ရှယ်|င်|သော|တဲ့|ခွင့်)|ထုတ်ပြန်|ကြေညာ|သတင်းထုတ်|အတည်ပြု|ရှင်းပြ|ဖြေကြား|ဖော်ပြ|မှတ်တမ်း|သိရ|စွပ်စွဲ|သတင်းပို့|အသိပေး"
)
_IMPERSONAL = compile_folded("သိရ")
_BY = compile_folded("က")
_ACCORDING = compile_folded(
    "(?:၏|ရဲ့)?[ ]?(?:နောက်ဆုံး)?[ ]?(?:အဆိုအရ|ပြောကြားချက်အရ|ပြောပြချက်အရ|ထုတ်ပြန်ချက်(?:များ)?အရ"
    "|စာရင်း(?:များ)?အရ|မှတ်တမ်း(?:များ)?အရ|ပြောဆိုချက်အရ)"
)
_TIME = compile_folded(
    "(?:ရက်|နေ့|ရက်နေ့|လ|လပိုင်း|နှစ်|နာရီ|ည|မနက်|နံနက်|ညနေ|တုန်း|တနင်္လာ|အင်္ဂါ|ဗုဒ္ဓဟူး|ကြာသပတေး"
    "|သောကြာ|စနေ|တနင်္ဂနွေ|မနေ့|ယမန်နေ့|နယ်|ရွာ|မြို့|ထဲ|တွင်း|ဘက်|အနီး|ပေါ်|စခန်း|အခေါ်)$"
)
_ALSO = compile_folded("(?:[ ]?လည်း)?")
_PLACED = compile_folded("[0-9]|အနေနဲ့|အတွင်း|မှာ|တွင်|အရ")  # more than a name
_PRONOUN = compile_folded("^[ ]?(?:သူ|သူမ|၎င်း|၎င်းတို့|သူတို့)$")
_HEDGE = compile_folded("စွပ်စွဲ|အတည်မပြုနိုင်|အတည်ပြုနိုင်ခြင်းမရှိ|မသေချာသေး|အတည်ပြုချက်မရ")
_DENIAL = compile_folded(
    "ဗြောင်လိမ်|လိမ်လည်|လိမ်ညာ|မဟုတ်မမှန်|မမှန်ကန်|မှန်ကန်မှုမရှိ|လုပ်ကြံ|ကောလာဟလ|သတင်းတု|သတင်းမှား|ငြင်း|ပယ်ချ|မဟုတ်ကြောင်း|မဟုတ်ဘူး"
)
_SAID = compile_folded("(?:ဟု|လို့|ကြောင်း)[^။\n]{0,90}(?:ပြော|ဆို|ထုတ်ပြန်|ကြေညာ)[^။\n]{0,12}(?:ပြီး|သော်လည်း|ပေမဲ့|ပေမယ့်)")
_EDGE = " ,၊။()\"“”'‘’:-\n"


def _subjects(folded: Folded, start: int, end: int) -> list[int]:
    """Return where the subject marker က stands in a folded stretch; one with a space behind it comes first."""
    spaced: list[int] = []
    other: list[int] = []
    for match in _BY.finditer(folded.text, start, end):
        at = match.start()
        if at == start or not is_syllable_start(folded.text, at) or not is_syllable_end(folded.text, at + 1):
            continue
        stop = folded.span(at, at + 1)[1]
        behind = folded.original[stop : stop + 1]
        (spaced if not behind or behind.isspace() or match.end() == end else other).append(at)
    return spaced + other[::-1]


def _name(folded: Folded, start: int, end: int) -> str | None:
    if not 0 < end - start <= _MAX_NAME or _TIME.search(folded.text[start:end]):
        return None
    start += len(_ALSO.match(folded.text, start, end)[0])  # type: ignore[index]  # it matches nothing, too
    begin, stop = folded.span(start, end)
    return " ".join(folded.original[begin:stop].lstrip(_EDGE).rstrip(_EDGE.replace(")", "")).split()) or None


def _clause_start(text: str, at: int) -> int:
    return max(text.rfind(sign, 0, at) for sign in "၊။\n") + 1


def _source(folded: Folded, last_source: Callable[[], str | None]) -> tuple[str | None, bool] | None:
    """Return the source of the sentence and whether a report without one is made."""
    text = folded.text
    match = _ACCORDING.search(text)
    if match and (name := _name(folded, _clause_start(text, match.start()), match.start())):
        return name, False
    quoted = None
    ends = [end for end in _QUOTED.finditer(text) if _is_whole(text, *end.span())]
    for index, end in enumerate(ends):
        verb = _verb_after(text, end.end())
        if verb is None or (index + 1 < len(ends) and ends[index + 1].start() < verb.start()):
            continue
        quoted = end.start(), _IMPERSONAL.fullmatch(verb[0]) is not None
        if quoted[1]:
            continue
        for at in _subjects(folded, end.end(), verb.start()):
            if _PRONOUN.search(text[end.end() : at]):
                return last_source(), False
            if name := _name(folded, end.end(), at):
                return name, False
    if quoted is None:
        return None
    if not quoted[1]:
        for at in _subjects(folded, 0, quoted[0])[:3]:
            begin = _clause_start(text, at)
            if _PRONOUN.search(text[begin:at]):
                return last_source(), False
            if not _PLACED.search(text[begin:at]) and (name := _name(folded, begin, at)):
                return name, False
    return None, True


def _is_whole(text: str, start: int, end: int) -> bool:
    return is_syllable_start(text, start) and is_syllable_end(text, end)


def _verb_after(text: str, at: int) -> re.Match[str] | None:
    for match in _SAYING.finditer(text, at, at + _REACH):
        if "။" in text[at : match.start()]:
            return None
        if _is_whole(text, *match.span()):
            return match
    return None


def find_hearsay(folded: Folded, last_source: Callable[[], str | None]) -> Claim:
    """Return to whom the folded sentence attributes what it says; without a name, a report is hedged."""
    found = _source(folded, last_source)
    source, is_bare = found or (None, False)
    return Claim(source, is_bare or _HEDGE.search(folded.text) is not None)


def is_hearsay_denied(folded: Folded) -> bool:
    """Tell whether the sentence lifts its numbers only to call them wrong."""
    denial = _DENIAL.search(folded.text)
    return denial is not None and not _SAID.search(folded.text[: denial.start()])
