"""What an outlet changed in an article, sentence by sentence. Pure: two texts in, the changes that matter out.

Spelling, punctuation, white space, invisible characters, the script of digits, sentences that only moved, were joined
or cut, and what pages print round an article are no changes. What was only taken out is not told: it cannot be told
from what extraction left behind.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.figure.extract import find_figures
from alerts.message.plaintext import ELLIPSIS, clean_line, cut_text, is_cut_point
from alerts.text.fold import fold
from alerts.text.sentence import find_cuts
from alerts.text.zawgyi import to_unicode

if TYPE_CHECKING:
    from alerts.figure.model import Figure
    from alerts.model import Hit

MOST_CHANGES = 3  # of one revision: more is another article
SHOWN_CHARS = 150  # of each side
_HEADLINE_CHARS = 70
_AROUND = 50  # characters shown before and behind what differs
_NEAR = 1  # sentences from one with a topic's words
_ALIKE = 0.6  # of the pairs of letters that two versions of a sentence share
_MOST_COMPARED = 60  # sentences of each side; a text with more new ones was written anew
_SHORTEST = 12  # letters of a sentence
_PROSE_END = re.compile(r"[.!?။၊…][\"'”’»)\]\s]*$")
# what pages print round a story, at the beginning of a line
_FURNITURE = re.compile(
    r"(?:last\s+)?(?:updated?|published|posted|modified)\b(?!\s+a\b)|photos?\b|pictures?\b|images?\b|videos?\b|captions?\b"
    r"|credits?:|read (?:more|also|next)|also read|related\b|see also|share\b|follow us|subscribe|sign up|advert"
    r"|comments?\b|click|copyright|©|by:|tags?:|most read|latest news|[0-9]+ (?:minute|hour|day|week)s? ago"
    r"|ဓာတ်ပုံ|ဗီဒီယို|ဆက်စပ်|နောက်ဆုံးရသတင်း|ဖတ်ရန်|မျှဝေ",  # photo, video, related, latest news, to read, share
    re.IGNORECASE,
)
# times of day, ages and counters: they change with every look
_TICKING = re.compile(
    r"\b\d{1,2}[:.]\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?|\b\d+\s*(?:second|minute|hour|day|week|month)s? ago\b"
    r"|\b[\d.,]+\s*[km]?\s*(?:views?|shares?|likes?|comments?|reads?)\b|လွန်ခဲ့(?:သော|တဲ့)\s*\d+\s*(?:မိနစ်|နာရီ|ရက်)",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"\bcorrection\b|\bcorrected\b|\bclarification\b|\beditor[’']s note\b|\bearlier version\b|\bretract"
    r"|\bwrongly (?:said|stated|reported|gave)|ပြင်ဆင်ချက်|အမှားပြင်ဆင်|မှားယွင်းဖော်ပြ",  # correction, stated wrongly
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\bden(?:y|ies|ied|ial)\b|\bnot true\b|\bfalse\b|\bhoax\b|\bfabricat|\bunconfirmed\b|\bunverified\b"
    r"|\bnot (?:been )?(?:yet )?(?:independently )?(?:confirmed|verified)\b|\b(?:could|can)(?:not| not) (?:be )?"
    r"(?:independently )?(?:confirm|verif)|ငြင်း|ကောလာဟလ|သတင်းတု|သတင်းမှား|အတည်မပြု|အတည်ပြုနိုင်ခြင်းမရှိ",
    re.IGNORECASE,
)


class Kind(StrEnum):
    """What a change is about."""

    FIGURE = "figure"
    CORRECTION = "correction"  # the outlet says itself that it erred
    DENIAL = "denial"  # a denial or a doubt that was not there
    TOPIC = "topic"  # the topic's words in a sentence are others, or gone
    WORDING = "wording"  # other words in a sentence on the topic
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence before and after, cut to what differs; *old* is "" for one that was added."""

    kind: Kind
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """A text of an article with the places of the topics' words in it."""

    title: str
    text: str
    hits: Sequence[Hit] = ()
    encoding: str = "unicode"  # the source's habit


@dataclass(frozen=True, slots=True)
class _Sentence:
    shown: str
    key: str  # what two versions are compared by
    place: int  # 0: the title
    figures: frozenset[tuple[str, int]]
    terms: frozenset[str]
    is_prose: bool


def find_changes(old: Version, new: Version) -> tuple[Change, ...]:
    """Return what changed from *old* to *new* and matters, the gravest kind first, `MOST_CHANGES` at most."""
    before, after = _sentences(old), _sentences(new)
    whole_before, whole_after = (_whole(each) for each in (before, after))
    left = [item for item in before if item.key not in whole_after]
    fresh = [item for item in after if item.key not in whole_before]
    if max(len(left), len(fresh)) > _MOST_COMPARED:
        return ()
    near = {item.place for item in (*before, *after) if item.terms}
    known = frozenset(figure for item in before for figure in item.figures)
    gone = known - {figure for item in after for figure in item.figures}
    said = " ".join(item.shown for item in before)
    found: list[tuple[Kind, int, Change]] = []
    for item, partner in _pairs(left, fresh):
        is_near = not near or not item.place or any(abs(item.place - place) <= _NEAR for place in near)
        kind = _kind(item, partner, known, gone, said, is_near=is_near)
        if kind is not None:
            found.append((kind, item.place, _shown(kind, partner.shown if partner else "", item.shown)))
    order = list(Kind)
    found.sort(key=lambda each: (order.index(each[0]), each[1]))
    return tuple(change for _, _, change in found[:MOST_CHANGES])


def change_line(change: Change, headline: str) -> str:
    """Return "Changed in “Strike on Demoso”: «killed 3» → «killed 5»", the headline cut short."""
    named = f"“{cut_text(clean_line(headline), _HEADLINE_CHARS) or '(no title)'}”"
    if change.kind is Kind.REMOVED:
        return f"Removed by the outlet: {named}"
    if not change.old:
        return f"Added to {named}: «{change.new}»"
    return f"Changed in {named}: «{change.old}» → «{change.new}»"


_WORDS = {
    Kind.REMOVED: "removed by the outlet",
    Kind.FIGURE: "a figure was changed",
    Kind.CORRECTION: "a correction was printed",
    Kind.DENIAL: "a denial or a doubt was added",
    Kind.TOPIC: "words on the topic were changed",
    Kind.WORDING: "the wording was changed",
}


def change_words(changes: Sequence[Change]) -> str:
    """Return what was changed in fixed words, each kind once: "a figure was changed, a correction was printed"."""
    return ", ".join(dict.fromkeys(_WORDS[change.kind] for change in changes))


def _sentences(version: Version) -> list[_Sentence]:
    found: list[_Sentence] = []
    for field, given in (("title", version.title), ("text", version.text)):
        plain = to_unicode(given, default=version.encoding)
        figures = find_figures(plain.text)
        hits = [(*plain.locate(hit.start, hit.end), hit.term) for hit in version.hits if hit.field == field]
        begin = 0
        for end in find_cuts(plain.text):
            shown = " ".join(plain.text[begin:end].split())
            key = _key(shown)
            if len(key) >= _SHORTEST or field == "title":
                found.append(
                    _Sentence(
                        shown,
                        key,
                        len(found) + (field == "text" and not found),
                        _figures_in(figures, begin, end),
                        frozenset(term for start, _, term in hits if begin <= start < end),
                        field == "title" or (bool(_PROSE_END.search(shown)) and not _FURNITURE.match(shown)),
                    )
                )
            begin = end
    return found


def _figures_in(figures: Iterable[Figure], begin: int, end: int) -> frozenset[tuple[str, int]]:
    return frozenset(
        (figure.what, figure.value)
        for figure in figures
        if begin <= figure.start < end and figure.what != "other"
    )


def _key(sentence: str) -> str:
    """Return the letters and digits of a sentence, folded, without what ticks."""
    folded = _TICKING.sub(" ", fold(sentence).text)
    return "".join(char for char in folded if unicodedata.category(char)[0] in "LMN")


def _whole(sentences: Sequence[_Sentence]) -> str:
    return "".join(item.key for item in sentences) + "\0" + "\0".join(item.key for item in sentences)


def _pairs(
    left: Sequence[_Sentence], fresh: Sequence[_Sentence]
) -> Iterable[tuple[_Sentence, _Sentence | None]]:
    """Yield each new sentence with the old one that it is a version of; a title only with a title."""
    grams = {id(item): _grams(item.key) for item in (*left, *fresh)}
    free = list(left)
    for item in fresh:
        scored = [
            (_likeness(grams[id(item)], grams[id(other)]), -abs(item.place - other.place), index)
            for index, other in enumerate(free)
            if bool(item.place) == bool(other.place)
        ]
        best = max(scored, default=None)
        if best is not None and best[0] >= _ALIKE:
            yield item, free.pop(best[2])
        else:
            yield item, None


def _grams(key: str) -> Counter[str]:
    return Counter(key[at : at + 2] for at in range(len(key) - 1))


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


def _kind(
    new: _Sentence,
    old: _Sentence | None,
    known: frozenset[tuple[str, int]],
    gone: frozenset[tuple[str, int]],
    said: str,
    *,
    is_near: bool,
) -> Kind | None:
    """Return what makes a new sentence worth a word, None when nothing does."""
    if not new.is_prose:
        return None
    fresh = new.figures - known
    if old is not None and old.figures != new.figures and (fresh or (old.figures & gone)):
        return Kind.FIGURE
    if not is_near:
        return None
    if _CORRECTION.search(new.shown) and not (old and _CORRECTION.search(old.shown)):
        return Kind.CORRECTION
    if old is None and fresh and new.place:
        return Kind.FIGURE
    denial = _DENIAL.search(new.shown)
    if denial and new.place and denial[0].casefold() not in said.casefold():
        return Kind.DENIAL
    if old is None:
        return None
    return Kind.TOPIC if old.terms != new.terms else Kind.WORDING


def _shown(kind: Kind, old: str, new: str) -> Change:
    """Cut both sides to the words round what differs, between words and syllables."""
    if not old:
        return Change(kind, "", cut_text(new, SHOWN_CHARS))
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    tail = next((at for at in range(shorter - head) if old[-1 - at] != new[-1 - at]), shorter - head)
    return Change(kind, _cut(old, head, len(old) - tail), _cut(new, head, len(new) - tail))


def _cut(text: str, start: int, end: int) -> str:
    if len(text) <= SHOWN_CHARS:
        return text
    first, last = max(start - _AROUND, 0), min(end + _AROUND, len(text))
    first = next((at for at in range(first, start) if _is_edge(text, at)), start)
    last = next((at for at in range(last, end, -1) if _is_edge(text, at)), end)
    piece = text[first:last].strip()
    words = (ELLIPSIS if first else "") + piece + (ELLIPSIS if last < len(text) else "")
    return cut_text(words, SHOWN_CHARS)


def _is_edge(text: str, at: int) -> bool:
    if at == 0 or at == len(text):
        return True
    return is_cut_point(text, at) and (text[at].isspace() or text[at - 1].isspace() or text[at] > "\u0fff")
