"""Search keys: what a form looks like once folded, and where it stands as a word of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.text.fold import Folded, fold
from alerts.text.syllable import is_syllable_end, is_syllable_start

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Key:
    """A form made ready for searching: folded, cut where a hyphen, a space or nothing may stand."""

    parts: tuple[str, ...]
    is_prefix: bool = False  # "Karenn*": the rest of the word may follow
    letters: str | None = None  # letters and digits that must stand exactly so, for abbreviations

    @property
    def text(self) -> str:
        """Return the parts joined: the form without its separators."""
        return "".join(self.parts)


SEPARATORS = " \n-\u2013"
_PART = re.compile(r"[\s\-\u2013]+")
_BETWEEN_PARTS = re.compile(r"(?:[ \n]?[-\u2013][ \n]?|[ \n])?")
_HUMP = re.compile("(?<=[a-z])(?=[A-Z])")


def make_key(form: str, *, exact_case: bool = False) -> Key:
    """Fold *form* into a search key; a trailing ``*`` after Latin letters leaves the word's end open."""
    is_prefix = form.endswith("*")
    form = form.rstrip("*") if is_prefix else form
    written = fold(form if exact_case else _HUMP.sub(" ", form)).text
    letters = "".join(filter(str.isalnum, form)) if exact_case else None
    return Key(tuple(part for part in _PART.split(written) if part), is_prefix, letters)


_KANA = re.compile("[\u30a1-\u30fa]{2}|[\u30a1-\u30fa]\u30fc")
_HANGUL = re.compile("[\uac00-\ud7a3]{2}")


def _is_latin(char: str) -> bool:
    return char.isalnum() and char < "\u0250"


def is_hump(folded: Folded, at: int) -> bool:
    """Tell whether a new word begins at *at* by its capital alone: theKarenniArmy."""
    original = folded.original
    return (
        original[folded.span(at - 1, at)[1] - 1].islower() and original[folded.span(at, at + 1)[0]].isupper()
    )


def _left_holds(folded: Folded, at: int) -> bool:
    text, first = folded.text, folded.text[at]
    if "\u1000" <= first <= "\u104e":
        return is_syllable_start(text, at) if first < "\u1040" else True  # a sign, ၌ or ။, has no syllable
    if at == 0:
        return True
    before = text[at - 1]
    if not _is_latin(first):  # a word in kana or Hangul may go on after a name, it does not begin before it
        return not (_KANA.match(first + before) or _HANGUL.match(first + before))
    if first.isdigit():
        return not _is_latin(before) and not (before in ".,/:-" and at > 1 and text[at - 2].isdigit())
    if not _is_latin(before):
        return True
    # Extraction glues words together: theKarenniArmy.
    return is_hump(folded, at)


def _right_holds(folded: Folded, at: int) -> bool:
    text, last = folded.text, folded.text[at - 1]
    if "\u1000" <= last <= "\u104e":
        return is_syllable_end(text, at)
    if at >= len(text) or not _is_latin(last):
        return True
    after = text[at]
    if last.isdigit():
        return not _is_latin(after) and not (after in ".,/:-" and text[at + 1 : at + 2].isdigit())
    if not _is_latin(after):
        return True
    return is_hump(folded, at)


def _end_of(text: str, at: int, parts: tuple[str, ...]) -> int:
    """Return where *parts* end that begin at *at*, -1 when they do not stand there."""
    for number, part in enumerate(parts):
        if number:
            between = _BETWEEN_PARTS.match(text, at)
            at = between.end() if between else at
        if not text.startswith(part, at):
            return -1
        at += len(part)
    return at


def accept(folded: Folded, at: int, key: Key) -> int | None:
    """Return where *key*, begun at *at*, ends as a word of its own; None when it does not stand there so.

    A Myanmar edge must be a syllable's edge. A Latin edge must touch no Latin letter or digit, except
    a change from lower to upper case; a Myanmar letter or a possessive may touch it. Thai and Han
    know no such edges: containment is enough; kana and Hangul have one on the left.
    """
    text = folded.text
    end = _end_of(text, at, key.parts)
    if end < 0 or not _left_holds(folded, at):
        return None
    if key.is_prefix:
        while end < len(text) and _is_latin(text[end]):
            end += 1
    elif not _right_holds(folded, end):
        return None
    if key.letters is not None:
        begin, stop = folded.span(at, end)
        if "".join(filter(str.isalnum, folded.original[begin:stop])) != key.letters:
            return None
    return end


def find_folded(folded: Folded, key: Key) -> Iterator[tuple[int, int]]:
    """Yield the folded spans where *key* stands as a word of its own; for many keys see ``scan.Scanner``."""
    if not key.parts:
        return
    at = folded.text.find(key.parts[0])
    while at >= 0:
        if (end := accept(folded, at, key)) is not None:
            yield at, end
        at = folded.text.find(key.parts[0], at + 1)
