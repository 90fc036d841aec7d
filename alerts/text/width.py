"""How many columns of a terminal text takes."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


def display_width(text: str) -> int:
    """Return the terminal columns that *text* takes.

    Combining marks and invisible characters take none, East Asian wide characters two. Burmese spacing vowels
    (category Mc) take one, as in the C library and so in tmux.
    """
    return sum(map(_char_width, text))


@lru_cache(maxsize=1024)  # a text has few different letters
def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
