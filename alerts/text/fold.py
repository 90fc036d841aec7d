"""Fold text so that equal words compare equal; folded text is never displayed.

Every fold is one that cannot join two different words: no tone mark is dropped, no medial merged, no
distance measured. Each folded character remembers which characters of the original it stands for.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from alerts.text.edit import Draft, Pass
from alerts.text.syllable import CONSONANT, MARK, VIRAMA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LETTER = "\u1000-\u103f"
_DIGIT = "\u1040-\u1049"
_MYANMAR = re.compile("[\u1000-\u109f]")
# Soft hyphens, zero-width spaces and joiners, direction marks, variation selectors, loose accents, key caps.
_UNSEEN = (
    "\u00ad\u0300-\u036f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\u20dd-\u20e4\ufe00-\ufe0f\ufeff"
)
INVISIBLE = re.compile(f"[{_UNSEEN}]+")
_DECOMPOSED = re.compile(  # Hangul and kana in pieces, as some file systems and feeds keep them
    "[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|[\u3040-\u30ff][\u3099\u309a]"
)
_UNUSUAL = re.compile(f"[{_UNSEEN}\u1161-\u1175\u3099\u309a]")  # one look for both
_RARE_BLANK = re.compile(r"[^\S\n ]")
_ODD_BLANK = re.compile(r"[^\S\n]{2,}|[^\S\n ]|(?<=\n) | (?=\n)")  # all but one plain space inside a line

# Every pattern below begins with a letter or a small class and looks back only after it: the search then
# runs from letter to letter and does not try a look-behind at every character.

# Letters that the press writes either way; so are ါ and ာ, ဉ and ဥ, which are as long.
_EXPANDED = {
    "\u1008": "\u1005\u103b",  # ဈ→စျ
    "\u1029": "\u101e\u103c",  # ဩ→သြ
    "\u102a": "\u101e\u103c\u1031\u102c\u103a",  # ဪ→သြော်
    "\u103f": "\u101e\u1039\u101e",  # ဿ→သ္သ
}
_EXPANDABLE = re.compile("[\u1008\u1029\u102a\u103f]")
_BLANK_BEFORE_MARK = re.compile(" (?=[\u102b-\u1030\u1032-\u103e])")
_VOWEL_E_FIRST = re.compile(  # ေ typed before its consonant: move it behind consonant, stack and medials
    "\u1031(?<![\u1000-\u102a\u103f\u103b-\u103e\u1040\u1031]\u1031)\u1031*"
    f"([{CONSONANT}\u1040\u1047])((?:\u1039[{CONSONANT}])?[\u103b-\u103e]*)"
)
_LETTER_FOLLOWS = f"(?=[\u102b-\u1038\u103a-\u103e]|[{CONSONANT}]\u1037?[\u103a\u1039])"
_MISTYPED: tuple[tuple[str, re.Pattern[str], str], ...] = (
    # (character that must occur, where, what it becomes)
    ("\u1047", re.compile(f"\u1047(?=[\u102b-\u1038\u103a-\u103e]|[{CONSONANT}]\u1037?\u103a)"), "\u101b"),
    ("\u1044", re.compile("\u1044(?=\u1004\u103a)"), "\u104e"),  # ၄င်း is the word ၎င်း, not a four
    ("\u1040", re.compile(f"\u1040{_LETTER_FOLLOWS}"), "\u101d"),  # the digit zero typed for the letter wa
    ("\u1040", re.compile(f"\u1040(?<=[{_LETTER}]\u1040)(?=[{_LETTER}])"), "\u101d"),
    ("\u1040", re.compile(f"\u1040(?<=[{_LETTER}]\u1040)(?![{_DIGIT}.,/])"), "\u101d"),
)
_WA_AFTER_DIGIT = re.compile(
    f"\u101d(?<=[{_DIGIT}]\u101d)\u101d*(?![\u102b-\u103e]|[{CONSONANT}]\u1037?[\u103a\u1039])"  # ၅၀ဝ is 500
)
_WA_BEFORE_DIGIT = re.compile(f"\u101d(?<![{_LETTER}]\u101d)(?=[{_DIGIT}])")
_SQUEEZABLE = re.compile(f"[ \n](?<=[{_LETTER}][ \n])(?=[{_LETTER}])")

# Order of marks inside a syllable. The dot below stands before the asat, as NFC has it (UTN #11).
_ORDER = "\u103b\u103c\u103d\u103e\u1031\u102d\u102e\u1032\u102f\u1030\u102c\u1036\u1037\u103a\u1038"
_RANK = {mark: rank for rank, mark in enumerate(_ORDER)}
_STACKED = re.compile(f"{VIRAMA}[{CONSONANT}]")
_PAIRS = "|".join(f"{mark}[{_ORDER[: rank + 1]}]" for rank, mark in enumerate(_ORDER))
_RARE_MARK = (
    "\u1033-\u1035\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d"
    "\u1071-\u1074\u1082-\u108d\u108f\u109a-\u109d"
)
_TAIL = f"(?:{VIRAMA}[{CONSONANT}]|[{MARK}])"
_LONGEST_TAIL = (
    40  # no cluster of any language has so many marks; hostile ones must not be read again and again
)
_UNSORTED_CLUSTER = re.compile(
    "((?>(?:[\u1004\u101b\u105a]\u1037?\u103a\u1039(?=[\u1000-\u102a\u104e]))?))"
    "([\u1000-\u102a\u104e])"
    f"(?:(?<=[\u1004\u101b\u105a]\u1037\u103a\u1039[\u1000-\u102a\u104e])"  # a dot inside a kinzi
    f"|(?<=\u1025)(?=[{MARK}]*\u102e)"
    f"|(?={_TAIL}{{0,{_LONGEST_TAIL}}}?(?:{_PAIRS}|[{_RARE_MARK}][{MARK}]|[{MARK}]{VIRAMA}[{CONSONANT}])))"
    f"({_TAIL}{{0,{_LONGEST_TAIL}}})"
)
# Letters with all that hangs on the last of them and whatever follows up to the next; no stack is cut in two.
_BASES = "\u1000-\u102a\u103f\u104e"
_CLUSTER = re.compile(f"[{_BASES}]+[^{_BASES}]*(?:(?<={VIRAMA})[{_BASES}]+[^{_BASES}]*)*|[^{_BASES}]+")
_NOT_ASCII = re.compile("[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text and the way back to the original."""

    text: str
    original: str = field(repr=False)
    passes: Sequence[Pass] = field(default=(), repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the code points of the original that the folded span stands for."""
        if start >= end:
            at = self.span(start, start + 1)[0] if start < len(self.text) else len(self.original)
            return at, at
        for step in reversed(self.passes):
            start, end = step.back(start, end)
        return start, end


def _fold_once(char: str) -> str:
    if char.isdecimal():  # digits of every script, but Shan ones double as Zawgyi letters
        return char if "\u1090" <= char <= "\u1099" else str(unicodedata.decimal(char))
    if "\u1000" <= char <= "\u109f":
        return char
    tag = unicodedata.decomposition(char).partition(" ")[0]
    if tag in {"<wide>", "<narrow>", "<font>", "<noBreak>"}:
        char = unicodedata.normalize("NFKC", char)
    elif tag == "<compat>":  # the ligatures of Latin print; superscripts and circles stay what they are
        plain = unicodedata.normalize("NFKC", char)
        char = plain if plain.isascii() and plain.isalpha() else char
    parts = unicodedata.normalize("NFD", char)
    kept = "".join(part for part in parts if not "\u0300" <= part <= "\u036f")
    return (unicodedata.normalize("NFC", kept) if len(kept) < len(parts) else char).casefold()


class _Characters(dict[int, str]):
    """Fold of one character that is no Myanmar letter: digit, accent, width and case."""

    def __missing__(self, code: int) -> str:
        folded, before = chr(code), ""
        while folded != before:
            folded, before = "".join(_fold_once(char) for char in folded), folded
        self[code] = folded
        return folded


_CHARACTERS = _Characters(
    {ord(quote): "'" for quote in "\u2018\u2019\u02bc\u02bb"} | {0x2010: "-", 0x2011: "-"}
)


def _sort_cluster(match: re.Match[str]) -> str:
    kinzi, base, tail = match.groups()
    marks = dict.fromkeys(_STACKED.sub("", tail))
    if base == "\u1025" and "\u102e" in marks:  # NFC, even with marks between: ဥ + ီ is ဦ
        base = "\u1026"
        del marks["\u102e"]
    order = sorted(marks, key=lambda mark: (_RANK.get(mark, 99), mark))
    return kinzi.replace("\u1037", "") + base + "".join(_STACKED.findall(tail)) + "".join(order)


class _Clusters(dict[str, str]):
    """Fold of one cluster, or of what stands between two; a language has few thousand of them."""

    MOST, LONGEST = 50_000, 40

    def __missing__(self, cluster: str) -> str:
        plain = _UNSORTED_CLUSTER.sub(_sort_cluster, cluster).translate(_CHARACTERS)
        if len(cluster) <= self.LONGEST:
            if len(self) >= self.MOST:  # hostile text can make up clusters without end
                self.clear()
            self[cluster] = plain
        return plain


_CLUSTERS = _Clusters()


def _has_odd_blank(text: str) -> bool:
    return "  " in text or " \n" in text or "\n " in text or _RARE_BLANK.search(text) is not None


def _plain_blank(match: re.Match[str]) -> str:
    text, (start, end) = match.string, match.span()
    at_line_edge = (start > 0 and text[start - 1] == "\n") or (end < len(text) and text[end] == "\n")
    return "" if at_line_edge else " "


def _zeros(match: re.Match[str]) -> str:
    return "\u1040" * len(match[0])


def _move_vowel_e(match: re.Match[str]) -> str:
    base = "\u101d" if match[1] == "\u1040" else match[1]
    return base + match[2] + "\u1031"


def _repair(draft: Draft) -> None:
    """Put right what was typed with a look-alike key or in the order of the eye."""
    draft.text = draft.text.replace("\u102b", "\u102c").replace("\u1009", "\u1025")  # ါ→ာ, ဉ→ဥ
    draft.edit(_EXPANDABLE, lambda match: _EXPANDED[match[0]])
    draft.edit(_BLANK_BEFORE_MARK, "")
    draft.edit(_VOWEL_E_FIRST, _move_vowel_e)
    for needed, pattern, letter in _MISTYPED:
        if needed in draft.text:
            draft.text = pattern.sub(letter, draft.text)
    draft.text = _WA_BEFORE_DIGIT.sub("\u1040", _WA_AFTER_DIGIT.sub(_zeros, draft.text))


def _fold_clusters(draft: Draft) -> None:
    clusters = _CLUSTER.findall(draft.text)
    folded = list(map(_CLUSTERS.__getitem__, clusters))
    draft.put("".join(folded), partial(_find_changes, clusters, folded))


def _find_changes(
    clusters: Sequence[str], folded: Sequence[str], text: str
) -> Iterator[tuple[int, int, str]]:
    lengths = list(map(len, clusters))
    if lengths == list(map(len, folded)):
        return
    for end, length, plain in zip(accumulate(lengths), lengths, folded, strict=True):
        if len(plain) == length:
            continue
        last = end - length  # a mark too many, or a ligature: all round it keeps its own place
        for match in _UNSORTED_CLUSTER.finditer(text, last, end):
            yield from _find_changed_characters(text, last, match.start())
            yield *match.span(), _sort_cluster(match).translate(_CHARACTERS)
            last = match.end()
        yield from _find_changed_characters(text, last, end)


def _find_changed_characters(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    return ((place, place + 1, _CHARACTERS[ord(text[place])]) for place in range(start, end))


def _fold_characters(draft: Draft) -> None:
    draft.text = draft.text.replace("\u0130", "I").lower()  # of all letters only İ grows when it is lowered
    draft.edit(_NOT_ASCII, lambda match: _CHARACTERS[ord(match[0])])


def fold(text: str, squeeze: bool = True) -> Folded:
    """Fold *text* for comparison, keeping the offsets of the original.

    *squeeze* also drops a single space or line break between two Myanmar letters, which newspapers
    set for justification. Folding what is folded changes nothing.
    """
    if text.isascii() and not _has_odd_blank(text):
        return Folded(text.lower(), text)
    draft = Draft(text)
    if _UNUSUAL.search(text):
        draft.edit(INVISIBLE, "")
        draft.edit(_DECOMPOSED, lambda match: unicodedata.normalize("NFC", match[0]))
    if _has_odd_blank(draft.text):
        draft.edit(_ODD_BLANK, _plain_blank)
    if _MYANMAR.search(draft.text):
        _repair(draft)
        if squeeze:
            draft.edit(_SQUEEZABLE, "")
            draft.edit(_VOWEL_E_FIRST, _move_vowel_e)  # a lost ေ may have met its consonant only now
        _fold_clusters(draft)
    else:
        _fold_characters(draft)
    return Folded(draft.text, text, tuple(draft.passes))
