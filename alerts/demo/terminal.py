"""What the demonstration draws with beside `alerts.terminal`: stray text made printable, its spaces kept."""

from __future__ import annotations

import unicodedata

from alerts.terminal import Span, display_width, paint, wrap_spans, wrap_text

__all__ = ["Span", "display_width", "make_printable", "paint", "wrap_spans", "wrap_text"]

_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2028\u2029\u2066\u2067\u2068\u2069"


def make_printable(text: str) -> str:
    """Return *text* without control and direction characters: they could move the cursor or hide words."""
    kept = (" " if char in "\t\r" else char for char in text if char not in _BIDI)
    return "".join(char for char in kept if unicodedata.category(char) not in ("Cc", "Cs"))
