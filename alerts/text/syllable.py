"""Where a Burmese syllable begins and ends in folded text; no dictionary, no model, only the script's own signs."""

from __future__ import annotations

import re

VIRAMA = "\u1039"
CONSONANT = "\u1000-\u1021"
MARK = (
    "\u102b-\u1038\u103a-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d"
    "\u1071-\u1074\u1082-\u108d\u108f\u109a-\u109d"
)
_KILLED = re.compile(f"[{CONSONANT}\u1025](?:\u1037?\u103a|{VIRAMA})")
BASE = re.compile("[\u1000-\u102a\u103f\u104e]")
_NOT_AT_END = re.compile(f"[{MARK}{VIRAMA}]")
# A syllable as it is spoken: the lower half of a stack begins one, the upper half closes another.
SYLLABLE = re.compile(
    f"[{CONSONANT}](?!\u1037?[\u103a{VIRAMA}])|[\u1023-\u102a\u103f\u104c-\u104f](?!\u1037?[\u103a{VIRAMA}])"
)


def count_syllables(folded: str) -> int:
    """Count the spoken Myanmar syllables of folded text."""
    return len(SYLLABLE.findall(folded))


def is_syllable_start(folded: str, at: int) -> bool:
    """Tell whether a Myanmar syllable begins at *at* in folded text."""
    return (
        BASE.match(folded, at) is not None
        and (at == 0 or folded[at - 1] != VIRAMA)
        and not _KILLED.match(folded, at)
    )


def is_syllable_end(folded: str, at: int) -> bool:
    """Tell whether what stands at *at* belongs to no syllable that began before it."""
    return at >= len(folded) or not (_NOT_AT_END.match(folded, at) or _KILLED.match(folded, at))
