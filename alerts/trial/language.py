"""Guess a document's language from its script. A guess is shown to people; it never rules a topic out."""

from __future__ import annotations

import re

# By script, the commonest language of the press that writes in it. Kana before Han: Japanese has both.
_SCRIPTS = (
    ("my", re.compile("[\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f]+")),
    ("th", re.compile("[\u0e00-\u0e7f]+")),
    ("ja", re.compile("[\u3040-\u30ff]+")),
    ("ko", re.compile("[\u1100-\u11ff\uac00-\ud7a3]+")),
    ("zh", re.compile("[\u3400-\u9fff]+")),
    ("en", re.compile("[A-Za-z]+")),
)
_KANA_SHARE = 0.1  # of Han and kana together: less is a brand name in a Chinese text
_LETTERS_OF_A_SIGN = 3  # a Han character says about as much as three letters


def guess_language(text: str) -> str | None:
    """Return the ISO 639-1 code that the letters of *text* suggest, None when they suggest none.

    Latin script counts as English, Myanmar script as Burmese.
    """
    if text.isascii():
        return "en" if any(map(str.isalpha, text)) else None
    counts = {code: sum(map(len, pattern.findall(text))) for code, pattern in _SCRIPTS}
    if counts["ja"] > _KANA_SHARE * (counts["ja"] + counts["zh"]):
        counts["ja"] += counts.pop("zh")
    for code in ("ja", "zh", "ko"):
        counts[code] = counts.get(code, 0) * _LETTERS_OF_A_SIGN
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] else None
