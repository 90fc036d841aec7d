"""English noun phrases with a number: the qualifiers before it, the noun it counts, or that it counts nothing.

Knows no verb's meaning; a number whose noun is not known is a thing, and things are no figures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.figure.model import Class
from alerts.figure.numeral import Number, read_number
from alerts.figure.wordlist import (
    ADVERBS,
    AUXILIARIES,
    CONJUNCTIONS,
    COUNTED_EVENTS,
    DESIGNATORS,
    DETERMINERS,
    DISTANT,
    INTRANSITIVE,
    MODALS,
    MONTHS,
    NOUNS,
    PARTICIPLES,
    PHRASE_STARTS,
    PREPOSITIONS,
    STATE,
    TRANSITIVE,
    UNIT_WORDS,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.text.fold import Folded

_TOKEN = re.compile(r"[a-z0-9]+(?:[-.,:/'–][a-z0-9]+)*|[^\sa-z0-9]")
_WORD = re.compile("[a-z]")
_MAX_NOUN_PHRASE = 7  # tokens between a number and its noun
_AT_LEAST = (
    ("at", "least"),
    ("more", "than"),
    ("no", "fewer", "than"),
    ("not", "fewer", "than"),
    ("no", "less", "than"),
    ("not", "less", "than"),
    ("in", "excess", "of"),
    ("upwards", "of"),
    ("well", "over"),
    ("over",),
)
_ABOUT = (
    ("as", "many", "as"),
    ("up", "to"),
    ("close", "to"),
    ("an", "estimated"),
    ("estimated",),
    ("about",),
    ("around",),
    ("approximately",),
    ("approx",),
    ("roughly",),
    ("nearly",),
    ("almost",),
    ("some",),
    ("perhaps",),
)
_NEUTRAL = (
    ("a", "total", "of"),
    ("total", "of"),
    ("a", "further"),
    ("the", "other"),
    ("the",),
    ("all",),
    ("another",),
    ("further",),
    ("additional",),
    ("only",),
    ("just",),
    ("exactly",),
    ("these",),
    ("those",),
    ("its",),
    ("their",),
    ("between",),
)
_UPPER_BOUND = (("fewer", "than"), ("less", "than"), ("under",), ("below",))
_QUOTES = frozenset("\"“”'")
_MORE = frozenset(words_of("more other others additional further new"))
_OF_WHAT = frozenset(words_of("the its their our his these those some about"))
_STATES_OF_PEOPLE = frozenset(
    words_of(
        """
    displaced detained wounded injured captured missing dead unarmed
    """
    )
)
_QUALIFIERS: dict[str, list[tuple[tuple[str, ...], str]]] = {}  # by their last word
for _role, _phrases in (
    ("upper", _UPPER_BOUND),
    ("least", _AT_LEAST),
    ("about", _ABOUT),
    ("neutral", _NEUTRAL),
):
    for _phrase in _phrases:
        _QUALIFIERS.setdefault(_phrase[-1], []).append((_phrase, _role))


class Tokens:
    """The words, numbers and signs of a folded sentence.

    Few sentences hold a figure: where a token stands and how it was printed is worked out when it is asked for.
    """

    __slots__ = ("_spans", "folded", "words")

    def __init__(self, folded: Folded) -> None:
        self.folded = folded
        self.words: list[str] = _TOKEN.findall(folded.text)
        self._spans: list[tuple[int, int]] | None = None

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Return the folded offsets of tokens ``[begin, end)``, at least one."""
        if self._spans is None:
            self._spans = [match.span() for match in _TOKEN.finditer(self.folded.text)]
        return self._spans[begin][0], self._spans[end - 1][1]

    def original(self, begin: int, end: int) -> str:
        """Return tokens ``[begin, end)`` as printed, in one line."""
        return " ".join(self._printed(begin, end).split())

    def is_capital(self, at: int) -> bool:
        """Tell whether the token was printed with a capital."""
        return self._printed(at, at + 1)[:1].isupper()

    def is_upper(self, at: int) -> bool:
        """Tell whether the token was printed in capitals: LIB."""
        printed = self._printed(at, at + 1)
        return len(printed) > 1 and printed.isupper()

    def _printed(self, begin: int, end: int) -> str:
        start, stop = self.folded.span(*self.span(begin, end))
        return self.folded.original[start:stop]


@dataclass(slots=True)
class Mention:
    """A number with its noun phrase, tokens ``[begin, end)``, qualifiers included."""

    number: Number
    begin: int
    end: int
    kind: Class | None  # None: it counts things, or nothing
    noun: str
    at_least: bool = False
    hedged: bool = False
    noun_at: int = -1  # where the words of the noun begin, and end
    noun_end: int = -1


def find_mentions(tokens: Tokens) -> list[Mention]:
    """Return the numbers of a sentence in order, each with the noun it stands with."""
    found: list[Mention] = []
    last = 0
    for at in range(len(tokens.words)):
        if at < last or (number := read_number(tokens.words, at)) is None:
            continue
        mention = _read_mention(tokens, number)
        found.append(mention)
        last = max(number.end, mention.end if mention.kind is not None else 0)
    return found


def _word(words: Sequence[str], at: int) -> str:
    return words[at] if 0 <= at < len(words) else ""


def _read_mention(tokens: Tokens, number: Number) -> Mention:
    words = tokens.words
    begin, at_least, hedged, is_refused = number.start, number.is_range, False, False
    for _ in range(4):  # "at least another estimated"
        for phrase, role in _QUALIFIERS.get(_word(words, begin - 1), ()):
            if begin >= len(phrase) and tuple(words[begin - len(phrase) : begin]) == phrase:
                begin -= len(phrase)
                at_least |= role == "least"
                hedged |= role == "about"
                is_refused |= role == "upper"
                break
        else:
            break
    # "children over 10", "men under 40": an age
    is_age = (
        begin < number.start
        and words[begin] in ("over", "under", "below")
        and _word(words, begin - 1) in NOUNS
    )
    noun_at, end, kind, noun = _read_noun(words, number.end)
    noun_end = end
    inner = number.end + 1 + (_word(words, number.end + 1) in _OF_WHAT)
    if (
        number.value == 1
        and _word(words, number.end) == "of"
        and inner < len(words)
        and read_number(words, inner)
    ):
        noun_at, end, kind, noun = (
            -1,
            number.end,
            None,
            "",
        )  # "one of seven people killed": the seven are the figure
    if kind and _word(words, end) in _QUOTES and _word(words, noun_at - 1) in _QUOTES:
        end += 1  # 15 "terrorists" were
    after = _word(words, number.end)
    at_least |= after in ("+", "plus") or (after == "or" and _word(words, number.end + 1) == "more")
    hedged |= after == "or" and _word(words, number.end + 1) == "so"
    if is_refused or is_age or after in UNIT_WORDS or _is_name(tokens, number, begin):
        kind = None
    return Mention(number, begin, end, kind, noun, at_least, hedged, noun_at, noun_end)


def _is_name(tokens: Tokens, number: Number, begin: int) -> bool:
    """Tell whether the number belongs to a date, an age, a unit, a price: something it does not count."""
    words = tokens.words
    before, after = _word(words, number.start - 1), _word(words, number.end)
    if (before and before in "$€£#@") or after in ("°", "operation", "operations") or after in MONTHS:
        return True
    if before in ("no", "any", "every", "each"):
        return True  # "no one"
    if not number.in_digits:
        return before in ("aged", "age", "chapter", "phase", "section")
    is_qualified = begin < number.start
    if (
        before in MONTHS
        or before in DESIGNATORS
        or (before == "." and _word(words, number.start - 2) in ("no", "nos"))
    ):
        return True
    if before == "(" and after == ")":
        return True
    if number.start and not is_qualified and tokens.is_upper(number.start - 1):
        return True  # LIB 422
    raw = words[number.start]
    if raw.isdigit() and len(raw) == 4 and 1900 <= number.value <= 2099 and not is_qualified:
        return True
    # two numbers side by side are one that print has split
    return before[:1].isdigit() or after[:1].isdigit()


def _read_noun(words: Sequence[str], at: int) -> tuple[int, int, Class | None, str]:
    """Return where the words of the noun begin, none being -1, where they end, their class, and themselves."""
    if _word(words, at) in ("+", "plus"):
        at += 1
    if _word(words, at) == "or" and _word(words, at + 1) in ("more", "so"):
        at += 2
    if _word(words, at) == "of" and _word(words, at + 1) in ("them", "whom", "these", "those"):
        return -1, at + 2, "", ""
    if _word(words, at) == "of":  # "ten of 18 positions", "two of the dead"
        at += 1
        at += _word(words, at) in _OF_WHAT
        at += _word(words, at).endswith("'s")
        if _word(words, at) in _STATES_OF_PEOPLE and NOUNS.get(_word(words, at + 1)) is None:
            return at, at + 1, "person", "people"  # "four of the wounded"
        inner = read_number(words, at)
        at = inner.end if inner else at
    begin = at
    while _word(words, at) in _MORE:
        at += 1
    bare_end = at
    begin = at if _word(words, at) in _QUOTES else begin
    noun_at = -1
    while at < len(words) and at - begin < _MAX_NOUN_PHRASE:
        word = words[at]
        is_noun = word in NOUNS or word in COUNTED_EVENTS
        if word in _QUOTES and at == begin == bare_end:
            at = begin = begin + 1
            continue
        if not _WORD.match(word) or (not is_noun and _closes(words, at, begin)):
            break
        if is_noun:
            noun_at = at
        elif noun_at >= 0:
            break
        at += 1
    if noun_at < 0:
        return -1, bare_end, "" if at == bare_end else None, ""
    kind = NOUNS.get(words[noun_at], "person")
    if _word(words, noun_at + 1) == "'":  # "twelve villagers' houses"
        return -1, noun_at + 1, None, ""
    end = noun_at + 1
    while kind == "person" and _word(words, end) in (",", "and") and NOUNS.get(_word(words, end + 1)) == kind:
        if words[end] == "," and _word(words, end + 2) not in (",", "and"):
            break
        end += 2  # "20 men, women and children"
    return begin, end, kind, " ".join(words[begin:end]).replace(" ,", ",")


def _closes(words: Sequence[str], at: int, begin: int) -> bool:
    """Tell whether the word cannot stand between a number and its noun."""
    word = words[at]
    if word in _STATES_OF_PEOPLE and at - begin < 2:  # "3,000 displaced people"
        return NOUNS.get(_word(words, at + 1)) != "person"
    return (
        word in PREPOSITIONS
        or word in CONJUNCTIONS
        or word in AUXILIARIES
        or word in PARTICIPLES
        or word in INTRANSITIVE
        or word in DETERMINERS
        or word in MODALS
        or word in DISTANT
        or word in STATE
        or word in ADVERBS
        or word in PHRASE_STARTS
        or word.endswith("ly")
        or read_number(words, at) is not None
    )


def find_singles(words: Sequence[str]) -> list[Mention]:
    """Return people named one by one as one mention: "a boy of 3, a girl of 12 and a woman"."""
    found: list[Mention] = []
    last = 0
    for begin, word in enumerate(words):
        if begin < last or word not in ("a", "an"):
            continue
        at = begin
        count = 0
        noun = ""
        end = at
        while (item := _read_single(words, at)) is not None:
            end, noun = item
            count += 1
            at = end + (_word(words, end) == ",")
            at += _word(words, at) == "and"
            if at == end:
                break
        if count:
            who = noun if count == 1 else "people"
            single = Mention(Number(count, begin, begin + 1), begin, end, "person", who)
            if count == 1:
                single.noun_at, single.noun_end = begin + 1, begin + 2 + noun.count(" ")
            found.append(single)
        last = end
    return found


def _read_single(words: Sequence[str], at: int) -> tuple[int, str] | None:
    """Read "a young girl of 12" at *at*: where it ends and who it is."""
    if _word(words, at) not in ("a", "an"):
        return None
    for noun_at in range(at + 1, min(at + 5, len(words))):
        word = words[noun_at]
        if NOUNS.get(word) == "person" and NOUNS.get(_word(words, noun_at + 1)) is None:
            if word.endswith("s") or word in (
                "people",
                "men",
                "women",
                "children",
                "police",
                "staff",
                "personnel",
            ):
                return None
            end = noun_at + 1
            if _word(words, end) in ("of", "aged") and (age := read_number(words, end + 1)):
                end = age.end
            return end, " ".join(words[at + 1 : noun_at + 1])
        if not _WORD.match(word) and "year-old" not in word:
            return None
        if word in PARTICIPLES or word in INTRANSITIVE or word in TRANSITIVE or read_number(words, noun_at):
            return None
        if word in PREPOSITIONS or word in CONJUNCTIONS or word in AUXILIARIES or word in DETERMINERS:
            return None
    return None
