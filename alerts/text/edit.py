"""Text under repair and the way back from every changed character to the original; knows no script.

Most texts are read and never quoted. So a pass only changes the text at once; where it changed is worked
out again from the text as it was when somebody asks for the way back.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator

    Replacements = Iterable[tuple[int, int, str]]  # start, end, new text: in order, without overlap


class Pass:
    """One pass over the text: where it changed the length.

    Where the length stays, characters keep their place: a pass may turn letters round inside a cluster, and
    whoever asks for whole clusters is still told the truth.
    """

    __slots__ = ("_after", "_before", "_find", "_text")

    def __init__(self, text: str, find: Callable[[str], Replacements]) -> None:
        self._text, self._find = text, find
        self._before: list[tuple[int, int]] | None = None  # spans as the pass found them
        self._after: list[tuple[int, int]] = []  # and as it left them

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Return the span before the pass that a span of at least one character after it stands for."""
        before = self._work_out() if self._before is None else self._before
        return self._origin(before, start)[0], self._origin(before, end - 1)[1]

    def _work_out(self) -> list[tuple[int, int]]:
        self._before = []
        shift = 0
        for start, end, new in self._find(self._text):
            if len(new) != end - start:
                self._before.append((start, end))
                self._after.append((start + shift, start + shift + len(new)))
                shift += len(new) - (end - start)
        return self._before

    def _origin(self, before: list[tuple[int, int]], at: int) -> tuple[int, int]:
        """Return the span that one character stands for."""
        last = bisect_right(self._after, (at, sys.maxsize)) - 1
        if last < 0:
            return at, at + 1
        (begin, end), (_, stop) = before[last], self._after[last]
        if at < stop:
            return begin, end
        place = end + at - stop
        return place, place + 1


class Draft:
    """Text under repair."""

    __slots__ = ("passes", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.passes: list[Pass] = []

    def edit(self, pattern: re.Pattern[str], replace: str | Callable[[re.Match[str]], str]) -> None:
        """Replace matches; characters of a longer or shorter replacement stand for the whole match.

        A string is put in as it stands: no backslashes in it.
        """

        def find(text: str) -> Iterator[tuple[int, int, str]]:
            for match in pattern.finditer(text):
                yield *match.span(), replace if isinstance(replace, str) else replace(match)

        edited = pattern.sub(replace, self.text)
        if edited != self.text:
            self.put(edited, find)

    def put(self, text: str, find: Callable[[str], Replacements]) -> None:
        """Take *text* in place of what is there; *find* tells of the old text what was replaced by what."""
        self.passes.append(Pass(self.text, find))
        self.text = text
