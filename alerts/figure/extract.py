"""Find the figures of an article: sentence by sentence, in the text as given. Nothing is added up or compared.

Most sentences state no figure. So a sentence is asked for its numbers first, and only one that has some is asked
who says so.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from alerts.figure.attribution import find_claims, is_denied
from alerts.figure.burmese import read_burmese
from alerts.figure.english import read_english
from alerts.figure.hearsay import find_hearsay, is_hearsay_denied
from alerts.figure.model import Claim, Count, Figure
from alerts.figure.phrase import Tokens
from alerts.text.fold import Folded, fold
from alerts.text.sentence import find_cuts
from alerts.text.zawgyi import UnicodeText, to_unicode

if TYPE_CHECKING:
    from collections.abc import Callable

_MYANMAR = re.compile("[\u1000-\u109f]")
_LATIN = re.compile("[A-Za-z]{3}")
_OLD_NEWS = re.compile(
    r"\s*[0-9]+ (?:year|month|week|day|hour|minute)s? ago\b", re.IGNORECASE
)  # a related story's line
_BLANK = " \t\r\n\u00a0\u200b\ufeff"
_MAX_SENTENCE = 3_000  # longer is a page without sentence ends: no clause in it can be trusted


def find_figures(text: str, default_encoding: str = "unicode") -> tuple[Figure, ...]:
    """Return the figures of *text* in order, each with its sentence verbatim from *text*.

    ``start`` and ``end`` span the sentence and are code-point offsets into *text* as given, Zawgyi or not.
    A sentence that repeats an earlier one, as in texts printed in both encodings, is read once.
    *default_encoding* ("unicode" or "zawgyi") decides for text too short to judge.
    """
    plain = to_unicode(text, default_encoding)
    found: list[Figure] = []
    seen: set[str] = set()
    sources = _Sources()
    begin = 0
    for cut in find_cuts(plain.text):
        sentence = plain.text[begin:cut]
        if 0 < len(sentence.strip()) <= _MAX_SENTENCE:
            folded = fold(sentence)
            key = folded.text.strip()
            if key not in seen and not _OLD_NEWS.match(folded.text):
                counts = _read(folded)
                if counts:
                    claims = _find_claims(folded, sources.find_last)
                    start, end = _bounds(plain, begin, cut)
                    found += [_figure(text[start:end], start, end, count, claims) for count in counts]
                sources.add(folded)
            seen.add(key)
        begin = cut
    return tuple(found)


_ARTICLE = re.compile("^[Tt]he (?=.)")  # "the KHRG said": the name is the source


class _Sources:
    """The sentences before the one being read, asked for their source only when a pronoun means it."""

    def __init__(self) -> None:
        self._unasked: deque[Folded] = deque()
        self._last: str | None = None

    def add(self, folded: Folded) -> None:
        """Put a sentence behind those read so far."""
        self._unasked.append(folded)

    def find_last(self) -> str | None:
        """Return the latest source named so far."""
        while self._unasked:
            claims = _find_claims(self._unasked.popleft(), lambda: self._last)
            self._last = next((claim.source for claim in claims if claim.source), self._last)
        return self._last


def _bounds(plain: UnicodeText, begin: int, end: int) -> tuple[int, int]:
    while begin < end and plain.text[begin] in _BLANK:
        begin += 1
    while end > begin and plain.text[end - 1] in _BLANK:
        end -= 1
    return plain.span(begin, end)


def _is_burmese(text: str) -> bool:
    """Tell by which grammar folded text is read: more Myanmar letters than Latin words."""
    if not _MYANMAR.search(text):
        return False
    return not _LATIN.search(text) or len(_MYANMAR.findall(text)) > len(_LATIN.findall(text))


def _read(folded: Folded) -> list[Count]:
    """Read the numbers of one sentence; those that it lifts only to call them wrong are none."""
    if _is_burmese(folded.text):
        counts = read_burmese(folded)
        return [] if counts and is_hearsay_denied(folded) else counts
    counts = read_english(Tokens(folded))
    return [] if counts and is_denied(folded) else counts


def _find_claims(folded: Folded, last_source: Callable[[], str | None]) -> list[Claim]:
    if _is_burmese(folded.text):
        return [find_hearsay(folded, last_source)]
    return find_claims(Tokens(folded), last_source)


def _figure(sentence: str, start: int, end: int, count: Count, claims: list[Claim]) -> Figure:
    claim = next(claim for claim in reversed(claims) if claim.start <= count.start)
    return Figure(
        value=count.value,
        at_least=count.at_least,
        what=count.what,
        who=count.who,
        source=_ARTICLE.sub("", claim.source) if claim.source else None,
        hedged=count.hedged or claim.hedged,
        sentence=sentence,
        start=start,
        end=end,
        about=count.about and not claim.hedged,
    )
