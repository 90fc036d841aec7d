"""Search keys: what a form looks like once folded, and where it stands as a word of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.text.fold import Folded, fold
from alerts.text.syllable import BASE, is_syllable_end, is_syllable_start

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Key:
    """A form made ready for searching: folded, its parts joined by an optional hyphen or space."""

    text: str
    pattern: re.Pattern[str] | None = None  # only where the form has parts
    is_prefix: bool = False  # "Karenn*": the rest of the word may follow
    letters: str | None = None  # letters and digits that must stand exactly so, for abbreviations


_PART = re.compile(r"[\s\-\u2013]+")
_BETWEEN_PARTS = r"(?:[ \n]?[-\u2013][ \n]?|[ \n])?"
_HUMP = re.compile("(?<=[a-z])(?=[A-Z])")


def make_key(form: str, *, exact_case: bool = False) -> Key:
    """Fold *form* into a search key; a trailing ``*`` after Latin letters leaves the word's end open."""
    is_prefix = form.endswith("*")
    form = form.rstrip("*") if is_prefix else form
    written = fold(form if exact_case else _HUMP.sub(" ", form)).text.strip()
    parts = [re.escape(part) for part in _PART.split(written) if part]
    pattern = re.compile(_BETWEEN_PARTS.join(parts)) if len(parts) > 1 else None
    letters = "".join(filter(str.isalnum, form)) if exact_case else None
    return Key(written.strip("-\u2013 "), pattern, is_prefix, letters)


def _is_latin(char: str) -> bool:
    return char.isalnum() and char < "\u0250"


def _is_hump(folded: Folded, at: int) -> bool:
    """Tell whether a new word begins at *at* by its capital alone: theKarenniArmy."""
    original = folded.original
    return (
        original[folded.span(at - 1, at)[1] - 1].islower() and original[folded.span(at, at + 1)[0]].isupper()
    )


def _left_holds(folded: Folded, at: int) -> bool:
    text, first = folded.text, folded.text[at]
    if "\u1000" <= first <= "\u104e":
        return not BASE.match(first) or is_syllable_start(text, at)
    if at == 0 or not _is_latin(first):
        return True
    before = text[at - 1]
    if first.isdigit():
        return not _is_latin(before) and not (before in ".,/:-" and at > 1 and text[at - 2].isdigit())
    if not _is_latin(before):
        return True
    # Extraction glues words together: theKarenniArmy.
    return _is_hump(folded, at)


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
    return _is_hump(folded, at)


def _candidates(text: str, key: Key) -> Iterator[tuple[int, int]]:
    if key.pattern is not None:
        at = 0
        while match := key.pattern.search(text, at):
            yield match.span()
            at = match.start() + 1
        return
    at = text.find(key.text)
    while at >= 0:
        yield at, at + len(key.text)
        at = text.find(key.text, at + 1)


def find_folded(folded: Folded, key: Key) -> Iterator[tuple[int, int]]:
    """Yield the folded spans where *key* stands as a word of its own.

    A Myanmar edge must be a syllable's edge. A Latin edge must touch no Latin letter or digit, except
    a change from lower to upper case; a Myanmar letter or a possessive may touch it. Thai, Han, kana
    and Hangul know no such edges: containment is enough.
    """
    if not key.text:
        return
    text = folded.text
    for start, end in _candidates(text, key):
        if not _left_holds(folded, start):
            continue
        if key.is_prefix:
            while end < len(text) and _is_latin(text[end]):
                end += 1
        elif not _right_holds(folded, end):
            continue
        if key.letters is not None:
            begin, stop = folded.span(start, end)
            if "".join(filter(str.isalnum, folded.original[begin:stop])) != key.letters:
                continue
        yield start, end
