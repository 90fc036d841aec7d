"""Read what a person asks for into rules of the matcher, in every reading that it may have; searches nothing.

A query is written like the terms of a topic and means the same: its words are the ``all`` of a rule, so an article
is found exactly when a topic of these words would match it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from alerts.match.lexicon import Lexicon
from alerts.match.matcher import compile_topics
from alerts.match.rule import TopicRule, find_term_problems, split_term
from alerts.match.topic import find_rule_problems
from alerts.search.token import Need, need_of_term
from alerts.text.fold import fold
from alerts.text.syllable import count_syllables
from alerts.text.zawgyi import convert_zawgyi, to_unicode

_PIECE = re.compile(r'(?P<minus>-?)(?:"(?P<quoted>[^"]*)"|(?P<word>[^\s"]+))')
_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))
_MYANMAR = re.compile("[\u1000-\u109f]")
# What well-written Unicode Burmese has not: an asat-virama over nothing, Zawgyi's own letters, a sign before its
# letter, a medial after an asat. Shan and Mon share some of them: this gives a second reading, no verdict.
_ZAWGYI_SIGN = re.compile(
    "\u1039(?![\u1000-\u1021])|[\u1033\u1034\u105a\u1060-\u1097]"
    "|(?<![\u1000-\u102a\u103f\u103b-\u103e\u1040])\u1031|(?<![\u1000-\u109f])[\u102b-\u103e]"
    "|\u103a[\u102b-\u1030\u1032\u103b-\u103e]"
)

# Spans of a text that are forms of concepts, with their terms: {(0, 6): "@loikaw"}.
Spotter = Callable[[str], Mapping[tuple[int, int], str]]


class QueryError(ValueError):
    """What is wrong with a query, in one line with the remedy."""


@dataclass(frozen=True, slots=True)
class Query:
    """One rule for every reading of what was asked, and what an article must have to be worth reading."""

    rules: tuple[TopicRule, ...]
    needs: tuple[tuple[Need, ...], ...]
    described: str  # how it was read, for people


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    is_quoted: bool = False
    is_excluded: bool = False

    @property
    def is_plain(self) -> bool:
        """Tell whether it may be read together with its neighbours."""
        return not (self.is_quoted or self.is_excluded or " " in self.text or re.search("^@|[|*]", self.text))


@dataclass(frozen=True, slots=True)
class _Reading:
    wanted: tuple[str, ...]
    excluded: tuple[str, ...]

    @property
    def named(self) -> int:
        """Count the terms that are concepts."""
        return sum(term.startswith("@") for term in (*self.wanted, *self.excluded))


def read_query(
    words: Sequence[str], lexicon: Lexicon, topics: Iterable[TopicRule] = (), *, exact: bool = False
) -> Query:
    """Read the words of a command line; *exact* takes them as written, concepts only by ``@``.

    An argument with spaces was quoted in the shell, so it is one phrase, unless it holds quotes or signs of its
    own. What *topics* mask beside a concept is masked here too. Raises `QueryError`.
    """
    pieces = [piece for word in words for piece in _split(word)]
    if all(piece.is_excluded for piece in pieces):
        raise QueryError(
            "name at least one word to look for" + (", not only words to leave out" if pieces else "")
        )
    topics = tuple(topics)
    spot = _find_nothing if exact else _make_spotter(lexicon)
    rules = [
        _make_rule(str(number), reading, lexicon, topics)
        for number, reading in enumerate(_find_readings(pieces, spot))
    ]
    usable = tuple(rule for rule in rules if not find_rule_problems([rule], lexicon))
    if not usable:
        problems = find_rule_problems(rules[:1], lexicon)
        raise QueryError("; ".join(dict.fromkeys(problem.message for problem in problems)))
    needs = tuple(tuple(need_of_term(term, lexicon) for term in rule.all) for rule in usable)
    return Query(usable, needs, " or, read otherwise, ".join(_describe(rule, lexicon) for rule in usable))


def _split(argument: str) -> list[_Piece]:
    text = argument.translate(_QUOTES)
    words = text.split()
    if len(words) > 1 and '"' not in text and not any(word[0] in "-@" for word in words):
        return [_Piece(" ".join(words))]
    if text.count('"') % 2:
        raise QueryError(f"a quote in {argument!r} is not closed; write both, or none")
    pieces: list[_Piece] = []
    for match in _PIECE.finditer(text):
        is_quoted = match["quoted"] is not None
        bare = " ".join((match["quoted"] if is_quoted else match["word"]).split())
        if bare.strip("-"):
            pieces.append(_Piece(bare, is_quoted, bool(match["minus"])))
    return pieces


# -- readings --------------------------------------------------------------------------------------------


def _find_readings(pieces: Sequence[_Piece], spot: Spotter) -> list[_Reading]:
    """Return the query as it stands; with signs of Zawgyi as Zawgyi, both where nothing decides between them."""
    as_given = _read(pieces, spot)
    whole = " ".join(piece.text for piece in pieces)
    if not _ZAWGYI_SIGN.search(whole):
        return [as_given]
    converted = [
        replace(piece, text=convert_zawgyi(piece.text)) if _MYANMAR.search(piece.text) else piece
        for piece in pieces
    ]
    as_zawgyi = _read(converted, spot)
    if as_zawgyi.named > as_given.named or to_unicode(whole).encoding != "unicode":
        return [as_zawgyi]
    return [as_given] if as_given.named > as_zawgyi.named else [as_given, as_zawgyi]


def _read(pieces: Sequence[_Piece], spot: Spotter) -> _Reading:
    wanted: list[str] = []
    excluded: list[str] = []
    run: list[str] = []
    for piece in pieces:
        if piece.is_plain:
            run.append(piece.text)
            continue
        wanted += _read_run(run, spot)
        run = []
        term = _literal(piece.text) if piece.is_quoted else _read_alone(piece.text, spot)
        (excluded if piece.is_excluded else wanted).append(term)
    wanted += _read_run(run, spot)
    return _Reading(tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(excluded)))


def _read_alone(text: str, spot: Spotter) -> str:
    if text.startswith("@"):
        return text
    return "|".join(
        spot(part).get((0, len(part))) or _literal(part) for part in map(str.strip, text.split("|"))
    )


def _read_run(words: Sequence[str], spot: Spotter) -> list[str]:
    """Return the terms of words beside each other: the longest runs that the lexicon knows, the rest as they are."""
    bounds: list[tuple[int, int]] = []
    at = 0
    for word in words:
        bounds.append((at, at + len(word)))
        at += len(word) + 1
    known = spot(" ".join(words))
    parts: list[tuple[str, str]] = []  # what was written, and the concept that it names, if any
    first = 0
    while first < len(words):
        ends = (
            last for last in range(len(words), first, -1) if (bounds[first][0], bounds[last - 1][1]) in known
        )
        last = next(ends, None)
        if last is None:
            parts.append((words[first], ""))
            first += 1
        else:
            parts.append((" ".join(words[first:last]), known[bounds[first][0], bounds[last - 1][1]]))
            first = last
    return [term or _literal(text) for text, term in _join_syllables(parts)]


def _join_syllables(parts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join single Burmese syllables: to each other, else to the word before, else to the word after.

    One alone stands inside a thousand words; the space beside it is one inside a word.
    """
    joined: list[tuple[str, str]] = []
    singles = [not term and _count_burmese(text) == 1 for text, term in parts]
    for index, (text, term) in enumerate(parts):
        if index and singles[index] and singles[index - 1]:
            joined[-1] = (f"{joined[-1][0]} {text}", "")
        else:
            joined.append((text, term))
    index = 0
    while index < len(joined):
        text, term = joined[index]
        if not term and _count_burmese(text) == 1:
            beside = [
                at for at in (index - 1, index + 1) if 0 <= at < len(joined) and _count_burmese(joined[at][0])
            ]
            if beside:
                first = min(index, beside[0])
                joined[first : first + 2] = [(f"{joined[first][0]} {joined[first + 1][0]}", "")]
                continue
        index += 1
    return joined


def _count_burmese(text: str) -> int:
    """Count the syllables of a text in Burmese alone; 0 for any other."""
    folded = fold(text).text.replace(" ", "")
    return count_syllables(folded) if folded and all("\u1000" <= char <= "\u109f" for char in folded) else 0


def _literal(text: str) -> str:
    return f'"{text}"' if "|" in text or text.startswith("@") else text


# -- concepts --------------------------------------------------------------------------------------------


def _find_nothing(_text: str) -> dict[tuple[int, int], str]:
    return {}


def _make_spotter(lexicon: Lexicon) -> Spotter:
    rules = [TopicRule(concept, concept, all=(f"@{concept}",)) for concept in lexicon.concepts]
    # some may not stand alone in a rule: names of wards that half the country's towns have
    matcher = compile_topics([rule for rule in rules if not find_term_problems(rule, lexicon)], lexicon)

    def spot(text: str) -> dict[tuple[int, int], str]:
        spans: dict[tuple[int, int], list[str]] = {}
        for concept, hits in matcher.find_matches(text, "").topics.items():
            for hit in hits:
                spans.setdefault((hit.start, hit.end), []).append(f"@{concept}")
        return {span: "|".join(dict.fromkeys(terms)) for span, terms in spans.items()}

    return spot


def _make_rule(rule_id: str, reading: _Reading, lexicon: Lexicon, topics: Sequence[TopicRule]) -> TopicRule:
    rule = TopicRule(rule_id, "search", all=reading.wanted, none=reading.excluded)
    named = {part for term in reading.wanted for part in split_term(term) if part.startswith("@")}
    masks = dict.fromkeys(
        mask
        for topic in topics
        for term in (*topic.any, *topic.all, *topic.title)
        if named & set(split_term(term))
        for mask in topic.mask
        if not named & set(split_term(mask))
    )
    masked = replace(rule, mask=tuple(masks))
    return rule if find_rule_problems([masked], lexicon) else masked  # a mask must not hide what is asked for


def _describe(rule: TopicRule, lexicon: Lexicon) -> str:
    told = " and ".join(_describe_term(term, lexicon) for term in rule.all)
    if rule.none:
        told += ", without " + " and ".join(_describe_term(term, lexicon) for term in rule.none)
    return told + (f" (what is {' or '.join(rule.mask)} does not count)" if rule.mask else "")


def _describe_term(term: str, lexicon: Lexicon) -> str:
    told = []
    for part in split_term(term):
        if part.startswith("@"):
            count = len(lexicon.concepts[part[1:]])
            told.append(f"{part} ({count} spelling{'s' if count != 1 else ''})")
        else:
            bare = part.strip('"')
            told.append(f"“{bare.replace(' ', '') if _count_burmese(bare) else bare}”")
    return " or ".join(told)
