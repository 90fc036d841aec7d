"""Which script a text is written in, and how much of it is no text at all. Counts letters; knows no words."""

from __future__ import annotations

import re

_SAMPLE_CHARS = 20_000
_MYANMAR = re.compile("[\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff]")
_LATIN = re.compile("[A-Za-zÀ-ɏ]")
# UTF-8 read as Windows-1252: Burmese (E1 80, E1 81) begins "á€" or "á\x81", quotation marks "â€", accents "Ã".
_MISREAD = re.compile("á[€\x81\u0080]|â€|Ã[\u0080-\u00bf]|ï»¿|ï¿½")
# Burmese, Shan, Mon, S'gaw, Pwo, Kayah, Pa'O, Rakhine, Khamti, Palaung, Karen, Jingpho.
MYANMAR_SCRIPT = frozenset(
    {"my", "shn", "mnw", "ksw", "kjp", "pwo", "kyu", "blk", "rki", "kht", "pll", "kar", "kac"}
)


def judge_language(declared: str | None, text: str) -> str | None:
    """Return the language of *text*: believe the script before the page.

    Burmese sites leave WordPress at ``lang="en-US"``.
    """
    burmese, latin, other = count_letters(text)
    if burmese > latin:
        return declared if declared in MYANMAR_SCRIPT else "my"
    mislabelled = declared == "en" if other > latin else latin > 2 * burmese and declared == "my"
    return None if mislabelled else declared


def count_letters(text: str) -> tuple[int, int, int]:
    """Return how many letters of the beginning of *text* are Burmese, Latin, of another script."""
    sample = text[:_SAMPLE_CHARS]
    burmese, latin = len(_MYANMAR.findall(sample)), len(_LATIN.findall(sample))
    return burmese, latin, sum(map(str.isalpha, sample)) - burmese - latin


def damaged_share(text: str) -> float:
    """Return the share of *text* that was lost in a wrong encoding: replaced characters and misread ones."""
    sample = text[:_SAMPLE_CHARS]
    misread = sum(len(found) + 1 for found in _MISREAD.findall(sample))  # what follows is misread with it
    return (sample.count("\ufffd") + misread) / max(1, len(sample))
