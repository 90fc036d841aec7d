"""Who an English sentence attributes its numbers to, and whether it believes them. Never a guess beyond its words."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from alerts.figure.model import Claim
from alerts.figure.wordlist import AUXILIARIES, BE, DETERMINERS, MONTHS, PARTICIPLES, TRANSITIVE, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from alerts.figure.phrase import Tokens
    from alerts.text.fold import Folded

_SAYING = frozenset(
    words_of(
        """
    said says say told tells reported reports report announced announces declared declares added adds
    stated states counted recorded documented noted wrote explained estimates estimate estimated claimed
    claims claim alleged alleges allege confirmed tallied insists insisted
    """
    )
)
_DISTANCED = frozenset(
    words_of(
        """
    estimates estimate estimated claimed claims claim alleged alleges allege insists insisted
    """
    )
)
_NEEDS_THAT = frozenset(words_of("confirmed noted explained added adds estimated states stated"))
_COUNTING = frozenset(
    words_of(
        """
    counted recorded documented tallied reported reports report claimed claims claim
    """
    )
)
_ALSO_NOUNS = frozenset(words_of("report reports claim claims estimate estimates"))
_STOPS = frozenset([";", ":", '"', "“", "”", "(", ")", "—", ".", "!", "?"])
_NEVER_IN_NAME = frozenset(
    words_of(
        """
    when while after before because if but that where as had which were was killed
    """
    )
)
_PRONOUNS = frozenset(words_of("he she they it"))
_MAX_NAME = 14
_HEDGE = re.compile(
    r"\b(?:reportedly|allegedly|supposedly|purportedly|unconfirmed|rumou?red|is said to|are said to"
    r"|(?:could|can) not (?:be )?independently|cannot (?:be )?independently|unverified)\b"
)
_DENIAL = re.compile(
    r"\b(?:den(?:y|ies|ied|ying)|dismiss(?:es|ed|ing)?|reject(?:s|ed|ing)?|refut(?:es?|ed|ing)|fake|fabricated|untrue"
    r"|lies?|hoax|false|falsely|rumou?rs?|not true|disputed|debunked|propaganda|disinformation|misinformation)\b"
)
_ELSEWHERE = re.compile(r"\b(?:but|while|although|though|whereas|and)\b|;")
_NUMBERED = re.compile(r"[0-9]|\b(?:that|it|they|its|one|two|three|four|five|six|seven|eight|nine|ten)\b")
_SEGMENT = re.compile(r";|\b(?:while|whereas|but)\b")


def _boundary_left(words: Sequence[str], at: int) -> int:
    """Return where the subject of the verb at *at* begins."""
    begin = at
    while begin and at - begin < _MAX_NAME:
        word = words[begin - 1]
        if word in _STOPS or word in (",", "that", "and", "-", "–") or word in _NEVER_IN_NAME:
            break
        begin -= 1
    return begin


def _boundary_right(words: Sequence[str], at: int) -> int:
    end = at
    while end < len(words) and end - at < _MAX_NAME:
        word = words[end]
        if word in _STOPS or word in (",", "that", "who", "on", "and", "-", "–") or word in _NEVER_IN_NAME:
            break
        if word in MONTHS or word.endswith("day") or word in AUXILIARIES:
            break
        end += 1
    return end


def _name(tokens: Tokens, begin: int, end: int) -> str | None:
    """Return the words of a name as printed, without a leading article's worth of noise; None if it is none."""
    words = tokens.words
    while end > begin and (
        words[end - 1] in AUXILIARIES or words[end - 1].endswith("ly") or words[end - 1] == "also"
    ):
        end -= 1
    while begin < end and words[begin] in ("so", "yet", "meanwhile", "however", "on", "yesterday", "later"):
        begin += 1
    if begin >= end or words[begin] in ("who", "which", "to", "of", "not", "there"):
        return None
    if any(word in TRANSITIVE or word in PARTICIPLES or word in BE for word in words[begin:end]):
        return None
    if not any(word[:1].isalpha() for word in words[begin:end]):
        return None
    return tokens.original(begin, end)


def _read_verb(tokens: Tokens, at: int) -> tuple[str | None, bool] | None:
    """Return the name that the verb at *at* attributes to, and whether it is a pronoun."""
    words = tokens.words
    verb = words[at]
    before, after = words[at - 1] if at else "", words[at + 1] if at + 1 < len(words) else ""
    if before in BE or before in ("to", "not") or after == "to":
        return None
    is_quoting = after in (",", ".", ";", '"', "”", "") or before in (",", "”", '"')
    if verb in _ALSO_NOUNS and (after in _SAYING or before in DETERMINERS or before[:1].isdigit()):
        return None  # "the report says", "the claim that …"
    if verb in _NEEDS_THAT and after != "that" and not is_quoting:
        return None
    if verb in _COUNTING and after in ("to", "as", "by"):
        return None
    if before in (",", "”", '"', "'", "") or at == 0:
        begin, end = at + 1, _boundary_right(words, at + 1)
    else:
        begin, end = _boundary_left(words, at), at
        if begin < at and words[begin] in ("who", "which") and begin >= 2:
            begin, end = _boundary_left(words, begin - 1), begin - 1
    if begin < end and words[begin] in _PRONOUNS and end - begin <= 3:
        return None, True
    name = _name(tokens, begin, end)
    return (name, False) if name else None


def find_claims(tokens: Tokens, last_source: Callable[[], str | None]) -> list[Claim]:
    """Return the attributions of a sentence, in order, each with where its folded stretch begins.

    *last_source* tells the latest source named in the article; a pronoun means it.
    """
    text, words = tokens.folded.text, tokens.words
    cuts = [0, *(match.start() for match in _SEGMENT.finditer(text)), len(text)]
    is_hedged = _HEDGE.search(text) is not None
    named: list[tuple[int, str | None, bool]] = []
    for at, word in enumerate(words):
        if word == "according" and words[at + 1 : at + 2] == ["to"]:
            if name := _name(tokens, at + 2, _boundary_right(words, at + 2)):
                named.append((tokens.span(at, at + 1)[0], name, False))
        elif word in _SAYING and (found := _read_verb(tokens, at)):
            name = last_source() if found[1] else found[0]
            named.append((tokens.span(at, at + 1)[0], name, word in _DISTANCED))
    claims = []
    for begin, end in pairwise(cuts):
        own = next((item for item in named if begin <= item[0] < end), None)
        if own is None:  # from before; from behind only where it closes the sentence: ", residents said"
            before = [item for item in named if item[0] < begin]
            own = before[-1] if before else next((item for item in named if _is_closing(text, item[0])), None)
        source, is_distant = (own[1], own[2]) if own else (None, False)
        claims.append(Claim(source, is_hedged or is_distant, begin))
    return claims


def _is_closing(text: str, at: int) -> bool:
    """Tell whether the verb of saying at *at* follows what is said: no word for another number after it."""
    return _NUMBERED.search(text, at) is None


def is_denied(folded: Folded) -> bool:
    """Tell whether the sentence lifts its numbers only to call them wrong.

    A number said by one and denied by another in a later clause stays: it has its source.
    """
    denial = _DENIAL.search(folded.text)
    if denial is None:
        return False
    before = folded.text[: denial.start()].split()
    if before and before[-1] in BE and denial[0] == "denied":
        return False  # were denied care
    said = any(word.strip(',.;"”') in _SAYING for word in before)
    return not (said and _ELSEWHERE.search(folded.text, 0, denial.start()))
