"""Look for thousands of keys in one pass over a text (Aho and Corasick, Communications of the ACM 18, 1975)."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from ahocorasick_rs import AhoCorasick

from alerts.text.key import SEPARATORS, accept

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.text.fold import Folded
    from alerts.text.key import Key

_SEPARATOR = re.compile(f"[{re.escape(SEPARATORS)}]")


def _encodable(text: str) -> str:
    """Return *text* without half characters, which the automaton refuses; as long as it was."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text


class Scanner:
    """Keys made into one automaton. It reads the text without its spaces and hyphens, as it reads the keys.

    What it finds there is a candidate: every one is then looked at in the text itself, with its separators
    and the edges of its words.
    """

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys: dict[str, list[Key]] = {}
        for key in dict.fromkeys(keys):
            if key.parts:
                self._keys.setdefault(key.text, []).append(key)
        self._texts = tuple(self._keys)
        self._automaton = AhoCorasick([_encodable(text) for text in self._texts]) if self._texts else None

    def find(self, folded: Folded) -> dict[Key, list[tuple[int, int]]]:
        """Return the folded spans of every key that stands in the text as a word of its own, in order."""
        found: dict[Key, list[tuple[int, int]]] = {}
        bare = _encodable(folded.text)
        for separator in SEPARATORS:
            bare = bare.replace(separator, "")
        # overlapping: a longer name must not hide the shorter one that begins inside it
        candidates = (
            self._automaton.find_matches_as_indexes(bare, overlapping=True) if self._automaton else ()
        )
        if not candidates:
            return found
        # how many letters stand before each separator: so many separators on, a letter was before they went
        before = [match.start() - number for number, match in enumerate(_SEPARATOR.finditer(folded.text))]
        for index, begin, _ in candidates:
            start = begin + bisect_right(before, begin)
            for key in self._keys[self._texts[index]]:
                if (end := accept(folded, start, key)) is not None:
                    found.setdefault(key, []).append((start, end))
        return found
