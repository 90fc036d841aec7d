"""Texts and digests that the properties are asked with: every script, every slot, every size."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from alerts.model import Coverage, Digest, FigureClaim, MarkedText, Report, Story, Tally, Volume
from tests.builders import a_digest, a_report, a_story

DIGEST_ID = "a1b2c3d4"
_CORPUS = Path(__file__).with_name("injections.json")

# Texts that are hard to count and to cut. Burmese: "Fighting near Loikaw, 1,111 households of the town fled to
# Demoso; the Buddha's day of blessing." with stacks, killed letters, digits and both stops.
SCRIPTS: Mapping[str, str] = {
    "burmese": "လွိုင်ကော်မြို့အနီးတွင် တိုက်ပွဲဖြစ်ပွားပြီး အိမ်ထောင်စု ၁,၁၁၁ စုသည် ဒီးမော့ဆိုသို့ ထွက်ပြေး၊ ဗုဒ္ဓ မင်္ဂလာနေ့။ ",
    "burmese unspaced": "လွိုင်ကော်မြို့အနီးတွင်တိုက်ပွဲဖြစ်ပွားပြီးအိမ်ထောင်စုများထွက်ပြေးတိမ်းရှောင်ကြရသည်",  # idem
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1f2\U0001f1f2\U0001f1f9\U0001f1ed"
    "\U0001f44b\U0001f3fd\u2764\ufe0f\u200d\U0001f525 1\ufe0f\u20e3 ",
    "combining": "x\u0301\u0302\u0303q\u0332\u0308 v\u0335\u0336 q\u0323\u0307",  # none composes: indices must hold
    "quotes": '"',  # two bytes in JSON for one that is seen
    "latin": "Residents of Loikaw said 1,250.75 tonnes of rice, 3/4 of it spoiled & <wet>, had come on 12/11/2023. ",
}
MARKUP_CHARS = "a*b_c `d` [e](f) <g> & \\ | ~h~ #i @j 1. k) "


class _Invisible(dict[int, int | None]):
    """A table for ``str.translate`` that drops what shows nothing, filled as signs come."""

    def __missing__(self, code: int) -> int | None:
        shows = unicodedata.category(chr(code)) not in ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")
        self[code] = code if shows else None
        return self[code]


_INVISIBLE = _Invisible()


def is_seen(char: str) -> bool:
    """Tell whether *char* shows: neither a control, a format, half a surrogate pair nor white space."""
    return _INVISIBLE[ord(char)] is not None


@lru_cache(maxsize=4096)
def visible(text: str) -> str:
    """Return what of *text* can be seen, without white space, decomposed: for telling whether all of it is shown."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFC", text).translate(_INVISIBLE))


def fill(kind: str, chars: int) -> str:
    """Return exactly *chars* code points of a script, without a space at either end."""
    sample = SCRIPTS[kind]
    text = (sample * (chars // len(sample) + 1))[:chars]
    if not text:
        return text
    return text if not text[-1].isspace() else text[:-1] + "x"


@cache
def injections() -> Mapping[str, tuple[str, ...]]:
    """Return the corpus of hostile strings by kind, without the whole addresses."""
    found = json.loads(_CORPUS.read_text("ascii"))
    return {kind: tuple(texts) for kind, texts in found.items() if kind != "addresses"}


@cache
def addresses() -> tuple[str, ...]:
    """Return hostile addresses, each whole."""
    return tuple(json.loads(_CORPUS.read_text("ascii"))["addresses"])


# Every text of a digest that comes from outside, by its own name.
SLOTS = (
    "headline", "outlet", "perspective", "topic", "sentence", "marked", "gloss", "who", "said_by", "period", "copy_of",
    "further", "further_outlet", "brief", "change", "known_outlet", "notice", "title", "failed", "silent", "volume",
)  # fmt: skip


def digest_with(slots: Mapping[str, str], url: str = "https://news.example/a") -> Digest:
    """Return a digest whose texts are those of *slots*; others are harmless."""

    def at(name: str) -> str:
        return slots.get(name, f"plain {name}")

    marked = at("marked")
    before = f"{at('sentence')} ¦ "
    sentence = MarkedText(before + marked, ((len(before), len(before + marked)),))
    claim = FigureClaim(7, at_least=True, who=at("who"), said_by=(at("said_by"),), hedged=True, was=3)
    lead = a_report(
        headline=at("headline"), outlet=at("outlet"), perspective=at("perspective"), sentence=sentence,
        gloss=at("gloss"), copy_of=at("copy_of"), url=url,
    )  # fmt: skip
    further = a_report(headline=at("further"), outlet=at("further_outlet"), url=url, sentence=None)
    story = Story(
        story_id=1,
        topics=(at("topic"),),
        reports=(lead, further),
        tallies=(Tally("killed", at("period"), (claim,)),),
    )
    update = a_story(a_report(sentence=None), story_id=2, is_update=True, known_outlets=(at("known_outlet"),))
    return a_digest(
        story,
        update,
        title=at("title"),
        brief=(
            a_report(headline=at("brief"), url=url, sentence=None),
            a_report(change=at("change"), url=url, sentence=None),
        ),
        notices=(at("notice"),),
        coverage=Coverage(3, 5, (at("failed"),), (at("silent"),)),
        volumes=(Volume(at("volume"), (1, 2, 3)),),
    )


def story_of(number: int, headline: str, sentence: str = "", **changes: Any) -> Story:
    """Return a story of one report whose other words are as few as can be."""
    facts: dict[str, Any] = {
        "headline": headline,
        "outlet": "O",
        "perspective": "",
        "language": None,
        "url": f"https://n.example/{number}",
        "sentence": MarkedText(sentence) if sentence else None,
    }
    report: Report = a_report(**(facts | changes))
    return a_story(report, story_id=number, topics=())
