"""Fold text so that equal words compare equal, and find folded keys in it; folded text is never displayed.

Every fold is one that cannot join two different words: no tone mark is dropped, no medial merged, no
distance measured. Each folded character remembers which characters of the original it stands for.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alerts.text.syllable import CONSONANT, MARK, VIRAMA

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LETTER = "\u1000-\u103f"
_DIGIT = "\u1040-\u1049"
_MYANMAR = re.compile("[\u1000-\u109f]")
# Soft hyphens, zero-width spaces and joiners, direction marks, variation selectors, loose accents.
_INVISIBLE = re.compile(
    "[\u00ad\u0300-\u036f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]+"
)
_ODD_BLANK = re.compile(r"[^\S\n]{2,}|[^\S\n ]|(?<=\n) | (?=\n)")  # all but one plain space inside a line

# Letters that the press writes either way; so are ါ and ာ, ဉ and ဥ, which are as long.
_EXPANDED = {
    "\u1008": "\u1005\u103b",  # ဈ→စျ
    "\u1029": "\u101e\u103c",  # ဩ→သြ
    "\u102a": "\u101e\u103c\u1031\u102c\u103a",  # ဪ→သြော်
    "\u103f": "\u101e\u1039\u101e",  # ဿ→သ္သ
}
_EXPANDABLE = re.compile("[\u1008\u1029\u102a\u103f]")
_BLANK_BEFORE_MARK = re.compile("[^\\S\n]+(?=[\u102b-\u1030\u1032-\u103e])")
_VOWEL_E_FIRST = re.compile(  # ေ typed before its consonant: move it behind consonant, stack and medials
    f"(?<![\u1000-\u102a\u103f\u103b-\u103e\u1040\u1031])\u1031+"
    f"([{CONSONANT}\u1040\u1047])((?:\u1039[{CONSONANT}])?[\u103b-\u103e]*)"
)
_LETTER_FOLLOWS = f"(?=[\u102b-\u1038\u103a-\u103e]|[{CONSONANT}]\u1037?[\u103a\u1039])"
_SAME_LENGTH: tuple[tuple[str, re.Pattern[str], str], ...] = (
    # (character that must occur, where, what it becomes)
    ("\u1047", re.compile(f"\u1047(?=[\u102b-\u1038\u103a-\u103e]|[{CONSONANT}]\u1037?\u103a)"), "\u101b"),
    ("\u1044", re.compile("\u1044(?=\u1004\u103a)"), "\u104e"),  # ၄င်း is the word ၎င်း, not a four
    ("\u1040", re.compile(f"\u1040{_LETTER_FOLLOWS}"), "\u101d"),  # the digit zero typed for the letter wa
    ("\u1040", re.compile(f"(?<=[{_LETTER}])\u1040(?=[{_LETTER}])"), "\u101d"),
    ("\u1040", re.compile(f"(?<=[{_LETTER}])\u1040(?![{_DIGIT}.,/])"), "\u101d"),
)
_WA_AFTER_DIGIT = re.compile(
    f"(?<=[{_DIGIT}])\u101d+(?![\u102b-\u103e]|[{CONSONANT}]\u1037?[\u103a\u1039])"  # ၅၀ဝ is 500
)
_WA_BEFORE_DIGIT = re.compile(f"(?<![{_LETTER}])\u101d(?=[{_DIGIT}])")
_SQUEEZABLE = re.compile(f"(?<=[{_LETTER}])[ \n](?=[{_LETTER}])")

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
_UNSORTED_CLUSTER = re.compile(  # only these need work: the press sorts most of its marks
    "((?>(?:[\u1004\u101b\u105a]\u1037?\u103a\u1039(?=[\u1000-\u102a\u104e]))?))"
    "([\u1000-\u102a\u104e])"
    f"(?:(?<=[\u1004\u101b\u105a]\u1037\u103a\u1039[\u1000-\u102a\u104e])"  # a dot inside a kinzi
    f"|(?<=\u1025)(?=[{MARK}]*\u102e)"
    f"|(?={_TAIL}*?(?:{_PAIRS}|[{_RARE_MARK}][{MARK}]|[{MARK}]{VIRAMA}[{CONSONANT}])))"
    f"({_TAIL}*)"
)


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text; character *i* stands for ``original[starts[i]:ends[i]]``."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    original: str = field(repr=False, default="")

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the code points of the original that the folded span stands for."""
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else len(self.original)
            return at, at
        return self.starts[start], self.ends[end - 1]


class _Table(dict[int, str]):
    """Fold of one character that is not Myanmar script: digit, accent, width and case."""

    def __missing__(self, code: int) -> str:
        folded, before = chr(code), ""
        while folded != before:
            folded, before = "".join(_fold_character(char) for char in folded), folded
        self[code] = folded
        return folded


def _fold_character(char: str) -> str:
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


_TABLE = _Table({ord(quote): "'" for quote in "\u2018\u2019\u02bc\u02bb"} | {0x2010: "-", 0x2011: "-"})


class _Draft:
    """Text under repair with its offsets; ranges stand for offsets that nothing has moved yet."""

    __slots__ = ("ends", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts: Sequence[int] = range(len(text))
        self.ends: Sequence[int] = range(1, len(text) + 1)

    def delete(self, pattern: re.Pattern[str]) -> None:
        """Delete matches; a shorter loop than ``edit``, for the commonest change."""
        text, old_starts, old_ends = self.text, self.starts, self.ends
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        last = 0
        for match in pattern.finditer(text):
            begin, end = match.span()
            pieces.append(text[last:begin])
            starts += old_starts[last:begin]
            ends += old_ends[last:begin]
            last = end
        if last:
            self.text = "".join(pieces) + text[last:]
            self.starts = starts + list(old_starts[last:])
            self.ends = ends + list(old_ends[last:])

    def edit(self, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str]) -> None:
        """Replace matches; all characters of a replacement stand for the whole match."""
        text, old_starts, old_ends = self.text, self.starts, self.ends
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        last = 0
        for match in pattern.finditer(text):
            new = replace(match)
            if new == match[0]:
                continue
            begin, end = match.span()
            pieces += (text[last:begin], new)
            starts += old_starts[last:begin]
            ends += old_ends[last:begin]
            starts += [old_starts[begin]] * len(new)
            ends += [old_ends[end - 1]] * len(new)
            last = end
        if last:
            self.text = "".join(pieces) + text[last:]
            self.starts = starts + list(old_starts[last:])
            self.ends = ends + list(old_ends[last:])


def _plain_blank(match: re.Match[str]) -> str:
    text, (start, end) = match.string, match.span()
    at_line_edge = (start > 0 and text[start - 1] == "\n") or (end < len(text) and text[end] == "\n")
    return "" if at_line_edge else " "


def _zeros(match: re.Match[str]) -> str:
    return "\u1040" * len(match[0])


def _move_vowel_e(match: re.Match[str]) -> str:
    base = "\u101d" if match[1] == "\u1040" else match[1]
    return base + match[2] + "\u1031"


def _sort_cluster(match: re.Match[str]) -> str:
    kinzi, base, tail = match.groups()
    marks = dict.fromkeys(_STACKED.sub("", tail))
    if base == "\u1025" and "\u102e" in marks:  # NFC, even with marks between: ဥ + ီ is ဦ
        base = "\u1026"
        del marks["\u102e"]
    order = sorted(marks, key=lambda mark: (_RANK.get(mark, 99), mark))
    return kinzi.replace("\u1037", "") + base + "".join(_STACKED.findall(tail)) + "".join(order)


def _repair(draft: _Draft) -> None:
    draft.text = draft.text.replace("\u102b", "\u102c").replace("\u1009", "\u1025")  # ါ→ာ, ဉ→ဥ
    draft.edit(_EXPANDABLE, lambda match: _EXPANDED[match[0]])
    draft.delete(_BLANK_BEFORE_MARK)
    draft.edit(_VOWEL_E_FIRST, _move_vowel_e)
    for needed, pattern, letter in _SAME_LENGTH:
        if needed in draft.text:
            draft.text = pattern.sub(letter, draft.text)
    if "\u101d" in draft.text:
        draft.text = _WA_BEFORE_DIGIT.sub("\u1040", _WA_AFTER_DIGIT.sub(_zeros, draft.text))


def fold(text: str, squeeze: bool = True) -> Folded:
    """Fold *text* for comparison, keeping the offsets of the original.

    *squeeze* also drops a single space or line break between two Myanmar letters, which newspapers
    set for justification. Folding what is folded changes nothing.
    """
    if text.isascii() and not _ODD_BLANK.search(text):
        return Folded(text.lower(), range(len(text)), range(1, len(text) + 1), text)
    draft = _Draft(text)
    draft.delete(_INVISIBLE)
    is_myanmar = _MYANMAR.search(draft.text) is not None
    if is_myanmar:
        _repair(draft)
    draft.edit(_ODD_BLANK, _plain_blank)
    if is_myanmar:
        if squeeze:
            draft.delete(_SQUEEZABLE)
            draft.edit(_VOWEL_E_FIRST, _move_vowel_e)  # a lost ေ may have met its consonant only now
        draft.edit(_UNSORTED_CLUSTER, _sort_cluster)
    longer = {char for char in set(draft.text) if len(_TABLE[ord(char)]) != 1}
    if longer:
        draft.edit(re.compile(f"[{re.escape(''.join(longer))}]"), lambda match: _TABLE[ord(match[0])])
    return Folded(draft.text.translate(_TABLE), draft.starts, draft.ends, text)
