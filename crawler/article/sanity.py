"""Whether a page's text can be the article that its source and its feed announce. Pure; judges no words.

What is odd is put into words for people, who read it in ``newswatch explain``.
"""

from __future__ import annotations

from crawler.article.script import MYANMAR_SCRIPT, count_letters, damaged_share

DAMAGED_SHARE = 0.02
_STRANGE_SHARE = 0.05  # of the letters; names and quotations in another script are more on no real page
_LEAST_LETTERS = 100
_LATIN_SCRIPT = frozenset({"en", "kac", "fr", "de", "es", "it", "nl", "no", "sv", "da", "pt", "id", "ms"})


def find_doubt(text: str, language: str | None) -> str | None:
    """Return in words what is wrong with *text* for an article in *language* (BCP 47); None when nothing is."""
    damaged = damaged_share(text)
    if damaged > DAMAGED_SHARE:
        return f"{damaged:.0%} of its characters were lost in a wrong encoding"
    burmese, latin, other = count_letters(text)
    letters = burmese + latin + other
    if language is None or letters < _LEAST_LETTERS:
        return None
    primary = language.partition("-")[0]
    if primary in _LATIN_SCRIPT and latin < _STRANGE_SHARE * letters:
        return f"hardly a Latin letter, on a page of a source in '{primary}'"
    if primary in MYANMAR_SCRIPT - _LATIN_SCRIPT and burmese < _STRANGE_SHARE * letters:
        return f"hardly a Burmese letter, on a page of a source in '{primary}'"
    return None
