"""MinHash sketches: how much of two texts is the same, without the texts.

Broder, "On the resemblance and containment of documents", 1997. The hashing is rensa's, with a fixed seed; its
algorithm version is a part of what is stored.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from rensa import RMinHash

if TYPE_CHECKING:
    from alerts.story.model import Script

PERMUTATIONS = 64
BANDS, ROWS = 8, 3  # two texts that share 70 % of their shingles share a band in 96 of 100 cases
_SEED = 1111
_LONGEST = 20_000  # characters read; a copy is one from its beginning
_FEWEST = 12  # shingles: a shorter text may be equal without being a copy
_WORD = re.compile(r"[^\W_]+")
_WORDS_OF_SHINGLE, _CHARS_OF_SHINGLE = 3, 7


def make_sketch(folded: str, script: Script) -> tuple[int, ...]:
    """Return the sketch of folded text, empty for a text too short to tell copies by.

    Latin text is cut into runs of three words, other text into runs of characters: Burmese parts no words.
    """
    shingles = _find_shingles(folded[:_LONGEST], script)
    if len(shingles) < _FEWEST:
        return ()
    sketch = RMinHash(num_perm=PERMUTATIONS, seed=_SEED)
    sketch.update(sorted(shingles))
    return tuple(sketch.digest())


def _find_shingles(folded: str, script: Script) -> set[str]:
    if script == "latin":
        words = _WORD.findall(folded)
        size = _WORDS_OF_SHINGLE
        return {" ".join(words[at : at + size]) for at in range(len(words) - size + 1)}
    letters = "".join(folded.split())
    size = _CHARS_OF_SHINGLE
    return {letters[at : at + size] for at in range(len(letters) - size + 1)}


def estimate_similarity(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Return the estimated share of shingles in common, 0 where either text has no sketch."""
    if not one or not other or len(one) != len(other):
        return 0.0
    return sum(first == second for first, second in zip(one, other, strict=True)) / len(one)


def find_bands(sketch: tuple[int, ...]) -> tuple[str, ...]:
    """Return the keys under which a sketch is found again: near copies share at least one."""
    if not sketch:
        return ()
    return tuple(
        f"band:{band}.{zlib.crc32(repr(sketch[band * ROWS : (band + 1) * ROWS]).encode()):08x}"
        for band in range(BANDS)
    )
