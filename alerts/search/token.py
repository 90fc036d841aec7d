"""Tokens of folded text, and which of them an article must have for a form to stand in it; judges no article.

A token begins and ends where `alerts.text.key` allows a match to begin and end. So an article that lacks a token
of a form cannot hold the form; whether one that has them all does, only the matcher tells.
"""

from __future__ import annotations

import re
from itertools import pairwise, product
from typing import TYPE_CHECKING

from alerts.match.furniture import blank_furniture_lines
from alerts.match.term import compile_term
from alerts.text.fold import Folded, fold
from alerts.text.key import Key, make_key
from alerts.text.syllable import CONSONANT, MARK, VIRAMA, is_syllable_end
from alerts.text.zawgyi import to_unicode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alerts.match.lexicon import Lexicon

REVISION = 1  # raise it when the same text comes to have other tokens: the index is then made anew
MAX_TOKEN_CHARS = 40  # longer ones are cut, here and in queries; PostgreSQL takes 2 KB
MAX_HUMPS = 8  # theKarenniArmy has 2; words with more are encoded data
_MAX_PARTS = 5  # of a form; each may be joined to the next or not

# One way for an article to hold a form: all of these tokens; "karenn*" is the beginning of one.
Alternative = frozenset[str]
# What an article must have for a term: one of the alternatives. An empty alternative rules no article out.
Need = frozenset[Alternative]

_LATIN = re.escape("".join(filter(str.isalnum, map(chr, range(0x250)))))
_KILLED = f"[{CONSONANT}\u1025](?=\u1037?\u103a|{VIRAMA})"
_TOKEN = re.compile(
    f"(?P<latin>[{_LATIN}]+)"
    f"|(?P<myanmar>[\u1000-\u103f\u104c-\u109f](?:[{MARK}{VIRAMA}]|{_KILLED})*)"  # a syllable as it is spoken
    "|(?P<other>(?:(?![\u0000-\u024f\u1000-\u109f])[^\\W_])+)"  # Thai, Han, kana, Hangul...: no word's edge shows
)
_DIGIT_EDGE = re.compile("(?<=[0-9])(?=[^0-9])|(?<=[^0-9])(?=[0-9])")


def find_tokens(folded: Folded) -> tuple[frozenset[str], bool]:
    """Return the tokens of *folded* and whether they are all there; else only reading it can tell what it holds."""
    found: set[str] = set()
    is_complete = True
    for match in _TOKEN.finditer(folded.text):
        token = match[0]
        if match.lastgroup == "other":
            found.update(token)
            found.update(one + other for one, other in pairwise(token))
            continue
        found.add(token[:MAX_TOKEN_CHARS])
        if match.lastgroup == "latin":
            edges = _find_humps(folded, match.start(), token)
            if len(edges) > MAX_HUMPS:
                is_complete = False
                continue
            digit_edges = {match.start() for match in _DIGIT_EDGE.finditer(token)}
            if len(digit_edges) + len(edges) <= MAX_HUMPS:  # "1111operation" has one, a link's number many
                edges |= digit_edges
            if edges:
                found.update(part[:MAX_TOKEN_CHARS] for part in _parts(token, sorted(edges)))
    return frozenset(found), is_complete


def _find_humps(folded: Folded, at: int, word: str) -> set[int]:
    """Return where inside a word another may begin or end, as `alerts.text.key` has it: theKarenniArmy."""
    begin, stop = folded.span(at, at + len(word))
    original = folded.original
    written = original[begin:stop]
    if written.islower() or written.isupper() or written[1:].islower():
        return set()
    spans = [folded.span(index, index + 1) for index in range(at, at + len(word))]
    return {
        index
        for index in range(1, len(word))
        if original[spans[index][0]].isupper() and original[spans[index - 1][1] - 1].islower()
    }


def _parts(word: str, edges: list[int]) -> Iterator[str]:
    bounds = [0, *edges, len(word)]
    for first, begin in enumerate(bounds):
        for end in bounds[first + 1 :]:
            yield word[begin:end]


def need_of_key(key: Key) -> Need:
    """Return what an article needs to hold *key*, its parts joined or parted as the key allows."""
    parts = key.parts
    is_cut = len(parts) > _MAX_PARTS
    parts = parts[:_MAX_PARTS]
    joints = product(("", " "), repeat=len(parts) - 1) if parts else iter(())
    written = {"".join(map("".join, zip(parts, (*joint, ""), strict=True))) for joint in joints}
    return frozenset(
        _tokens_of_key(text, is_prefix=key.is_prefix and not is_cut, is_cut=is_cut) for text in written
    )


def _tokens_of_key(text: str, *, is_prefix: bool, is_cut: bool) -> Alternative:
    """Return the tokens that any text around *text* keeps; those at an edge that knows no bounds it may not."""
    found: set[str] = set()
    matches = list(_TOKEN.finditer(text))
    for match in matches:
        token, is_last = match[0], match.end() == len(text)
        if match.lastgroup == "other":
            found.update((token,) if len(token) == 1 else (one + other for one, other in pairwise(token)))
        elif match.lastgroup == "myanmar":
            is_open = (match.start() == 0 and not is_syllable_end(text, 0)) or (
                is_last and token[-1] > "\u104e"
            )
            if not is_open and not (is_last and is_cut):
                found.add(token[:MAX_TOKEN_CHARS])
        elif is_last and (is_prefix or is_cut):
            found.add(token[:MAX_TOKEN_CHARS] + "*")
        else:
            found.add(token[:MAX_TOKEN_CHARS])
    return frozenset(found)


def need_of_term(term: str, lexicon: Lexicon) -> Need:
    """Return what an article needs to hold *term*, as topics write it: ``@concept``, a literal, several by ``|``."""
    alternatives: set[Alternative] = set()
    for compiled in compile_term(term, lexicon, {}):
        for key in compiled.forms:
            alternatives |= need_of_key(key)
        if compiled.operations:  # the number has a dozen spellings, but never stands without such a word
            for word in lexicon.operation_words:
                alternatives |= {frozenset(map(_with_plural, one)) for one in need_of_key(make_key(word))}
    return _without_longer(alternatives)


def _with_plural(token: str) -> str:
    return token if token.endswith("*") or not token[-1:].isascii() else token + "*"


def _without_longer(needs: Iterable[Alternative]) -> Need:
    """Drop the alternatives that ask for more than another one does."""
    kept: list[Alternative] = []
    for need in sorted(needs, key=len):
        if not any(other <= need for other in kept):
            kept.append(need)
    return frozenset(kept)


def read_fields(title: str, text: str, default_encoding: str) -> tuple[Folded, Folded]:
    """Return what of an article is searched: title and text as the matcher reads them, folded."""
    lines = to_unicode(f"{title}\n{text}", default_encoding).text.split("\n")
    below_title = title.count("\n") + 1
    body = "\n".join(lines[below_title:])
    return fold("\n".join(lines[:below_title])), fold(blank_furniture_lines(body))
