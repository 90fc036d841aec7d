"""Find the figures of an article: sentence by sentence, in the text as given. Nothing is added up or compared."""

from __future__ import annotations

import re

from alerts.figure.attribution import find_claims, is_denied
from alerts.figure.burmese import read_burmese
from alerts.figure.english import read_english
from alerts.figure.hearsay import find_hearsay, is_hearsay_denied
from alerts.figure.model import Claim, Count, Figure
from alerts.text.fold import Folded, fold
from alerts.text.sentence import find_cuts
from alerts.text.zawgyi import UnicodeText, to_unicode

_MYANMAR = re.compile("[\u1000-\u109f]")
_LATIN = re.compile("[A-Za-z]{3}")
_IN_NUMBER = re.compile(r"\d\.\d")  # the European point in Burmese digits
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
    cuts = [
        cut for cut in find_cuts(plain.text) if not _IN_NUMBER.search(plain.text, max(0, cut - 2), cut + 1)
    ]
    found: list[Figure] = []
    seen: set[str] = set()
    last_source: str | None = None
    begin = 0
    for cut in cuts:
        sentence = plain.text[begin:cut]
        if 0 < len(sentence.strip()) <= _MAX_SENTENCE:
            folded = fold(sentence)
            key = folded.text.strip()
            if key not in seen:
                seen.add(key)
                counts, claims = _read(folded, last_source)
                last_source = next((claim.source for claim in claims if claim.source), last_source)
                start, end = _bounds(plain, begin, cut)
                found += [_figure(text[start:end], start, end, count, claims) for count in counts]
        begin = cut
    return tuple(found)


def _bounds(plain: UnicodeText, begin: int, end: int) -> tuple[int, int]:
    while begin < end and plain.text[begin] in _BLANK:
        begin += 1
    while end > begin and plain.text[end - 1] in _BLANK:
        end -= 1
    return plain.span(begin, end)


def _read(folded: Folded, last_source: str | None) -> tuple[list[Count], list[Claim]]:
    """Read one sentence by the grammar of its script; both its numbers and who it has them from."""
    if _OLD_NEWS.match(folded.text):
        return [], []
    myanmar = len(_MYANMAR.findall(folded.text))
    if myanmar > len(_LATIN.findall(folded.text)):
        claims = [find_hearsay(folded, last_source)]
        return ([] if is_hearsay_denied(folded) else read_burmese(folded)), claims
    claims = find_claims(folded, last_source)
    return ([] if is_denied(folded) else read_english(folded)), claims


def _figure(sentence: str, start: int, end: int, count: Count, claims: list[Claim]) -> Figure:
    claim = next(claim for claim in reversed(claims) if claim.start <= count.start)
    return Figure(
        value=count.value,
        at_least=count.at_least,
        what=count.what,
        who=count.who,
        source=claim.source,
        hedged=count.hedged or claim.hedged,
        sentence=sentence,
        start=start,
        end=end,
    )
