"""An article's two fields made ready as one: encoding decided together, second printings found."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from alerts.text.fold import fold
from alerts.text.zawgyi import UnicodeText, to_unicode

if TYPE_CHECKING:
    from alerts.model import Encoding

_NO_LETTER = re.compile(r"[\W_]+")


def find_copies(plain: UnicodeText) -> list[tuple[int, int, int, int]]:
    """Return (first, its end, copy, its end) of paragraphs printed again in the other encoding."""
    copies: list[tuple[int, int, int, int]] = []
    if not plain.zawgyi:
        return copies
    seen: dict[str, tuple[int, int]] = {}
    at = 0
    for line in plain.text.split("\n"):
        start, at = at, at + len(line) + 1
        # marks are no \w: compare base letters, digits and words; converters differ in the rest
        letters = _NO_LETTER.sub("", fold(line).text)
        if not letters:
            continue
        first = seen.setdefault(letters, (start, at))
        if first[0] != start:
            copies.append((*first, start, at))
    return copies


def read_fields(title: str, text: str, default: str) -> tuple[UnicodeText, UnicodeText, Encoding]:
    """Convert both fields as one article: what is too short to judge takes the majority of the whole."""
    whole = to_unicode(f"{title}\n{text}", default)
    if whole.encoding == "unicode":
        return _plain(title), _plain(text), "unicode"
    offset = len(title) + 1
    cut = bisect_left(whole.starts, len(title))
    head = UnicodeText(
        whole.text[:cut],
        whole.encoding,
        whole.starts[:cut],
        whole.ends[:cut],
        tuple((start, min(end, cut)) for start, end in whole.zawgyi if start < cut),
    )
    body = UnicodeText(
        whole.text[cut + 1 :],
        whole.encoding,
        [start - offset for start in whole.starts[cut + 1 :]],
        [end - offset for end in whole.ends[cut + 1 :]],
        tuple((start - cut - 1, end - cut - 1) for start, end in whole.zawgyi if start > cut),
    )
    return head, body, whole.encoding


def _plain(text: str) -> UnicodeText:
    return UnicodeText(text, "unicode", range(len(text)), range(1, len(text) + 1))
