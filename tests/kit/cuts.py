"""Where long texts are cut: never inside a Burmese syllable, a grapheme cluster, a number, an escape or a tag.

Each text begins with a word of its own. What is shown of it is found by that word; where it ends in an ellipsis, the
place of the cut is looked up in the text as it was given. Escapes and tags that were cut make the readers fail.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

import regex

from alerts.message.platform import Style
from alerts.model import Coverage, FigureClaim, MarkedText, Tally
from tests.builders import a_digest, a_report, a_story
from tests.kit.material import MARKUP_CHARS, SCRIPTS, is_seen, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alerts.model import Digest
    from tests.kit.profile import Subject

_ELLIPSIS = "…"
_KILLERS = ("\u103a", "\u1039", "\u1037\u103a", "\u1037\u1039")


def breaks_something(text: str, at: int) -> str:
    """Return what a cut of *text* before index *at* would break, "" for nothing.

    A Burmese syllable begins at a letter that is neither stacked (after U+1039) nor killed (before U+103A or U+1039,
    with or without U+1037): The Unicode Standard 16.4. Grapheme clusters: UAX #29, by the package regex.
    """
    if at <= 0 or at >= len(text):
        return ""
    before, char, after = text[at - 1], text[at], text[at + 1 : at + 3]
    start = max(0, at - 24)
    if any(each.start() < at - start < each.end() for each in regex.finditer(r"\X", text[start : at + 24])):
        return "a grapheme cluster"
    if "\u1000" <= char <= "\u109f" and "\u1000" <= before <= "\u109f":
        is_killed = "\u1000" <= char <= "\u1021" and after.startswith(_KILLERS)
        if unicodedata.category(char)[0] == "M" or before == "\u1039" or is_killed:
            return "a syllable"
    number = before.isdigit() and (char.isdigit() or (char in ".,/" and after[:1].isdigit()))
    fraction = char.isdigit() and before in ".,/" and text[at - 2 : at - 1].isdigit()
    return "a number" if number or fraction else ""


def check_cuts(subject: Subject, *, thorough: bool = False) -> int:
    """Every cut text of every slot ends, or begins, where it may."""
    checks = cuts = 0
    kinds = [*SCRIPTS, "markup"] if thorough else ["burmese unspaced", "emoji", "markup"]
    for kind in kinds:
        sample = MARKUP_CHARS if kind == "markup" else SCRIPTS[kind]
        for shift in range(0, len(sample), 9 if thorough else len(sample)):
            texts = dict(_texts(sample[shift:] + sample[:shift]))
            for style in Style:
                found, cut = _check_texts(subject, _digest(texts), texts, style)
                checks, cuts = checks + found, cuts + cut
    assert cuts >= 20, f"only {cuts} texts were cut: nothing was shown"
    return checks


def _texts(sample: str) -> Iterator[tuple[str, str]]:
    """Yield slots and their texts, longer than any platform shows."""
    long = sample * (2400 // len(sample) + 1)
    for number, slot in enumerate(
        (
            "headline",
            "outlet",
            "topic",
            "sentence",
            "gloss",
            "who",
            "said_by",
            "further",
            "brief",
            "notice",
            "title",
            "failed",
        )
    ):
        text = unicodedata.normalize("NFC", f"Kq{number}z" + " " * (number % 2) + long)
        yield slot, " ".join(text.split())


def _digest(texts: Mapping[str, str]) -> Digest:
    claim = FigureClaim(7, at_least=False, who=texts["who"], said_by=(texts["said_by"],))
    middle = texts["sentence"]  # matched words far from its beginning: what stands before them gives way
    sentence = MarkedText(f"{middle[:1200]}Kmz{middle[1200:]}", ((1200, 1203),))
    return a_digest(
        a_story(
            a_report(
                headline=texts["headline"], outlet=texts["outlet"], gloss=texts["gloss"], sentence=sentence
            ),
            a_report(headline=texts["further"], sentence=None),
            topics=(texts["topic"],),
            tallies=(Tally("killed", "", (claim,)),),
        ),
        brief=(a_report(headline=texts["brief"]),),
        notices=(texts["notice"],),
        title=texts["title"],
        coverage=Coverage(1, 2, (texts["failed"],)),
    )


def _check_texts(subject: Subject, digest: Digest, texts: Mapping[str, str], style: Style) -> tuple[int, int]:
    checks = cuts = 0
    forms = [subject.profile.read(part.body) for part in subject.render(digest, style)]
    for form in zip(*forms, strict=True):
        shown = "".join(visible(seen.text) for seen in form)
        for slot, text in texts.items():
            if slot == "sentence":
                cuts += _check_middle(shown, text)
                checks += 1
                continue
            word = visible(text)[: text.index("z") + 1]
            assert word in shown or style is Style.PLAIN or slot in ("gloss", "who", "said_by", "further"), (
                f"{slot} is gone"
            )
            for piece in shown.split(word)[1:]:
                cuts += _check_end(word + piece, text, f"{style} {slot}")
                checks += 1
    return checks, cuts


@lru_cache(maxsize=256)
def _places(text: str) -> tuple[int, ...]:
    """Return the index in *text* of every sign that can be seen."""
    return tuple(i for i, char in enumerate(text) if is_seen(char))


def _check_end(shown: str, text: str, where: str) -> int:
    """Check one piece that begins like *text*; return whether it was cut."""
    piece, ellipsis, _ = shown.partition(_ELLIPSIS)
    whole = visible(text)
    common = 0
    while common < min(len(piece), len(whole)) and piece[common] == whole[common]:
        common += 1
    if common == len(whole):
        return 0
    assert ellipsis, f"{where}: cut without an ellipsis after {piece[-20:]!r}"
    assert common == len(piece), (
        f"{where}: {piece[common - 10 : common + 10]!r} is not {whole[common - 10 : common + 10]!r}"
    )
    places = _places(text)
    _assert_edge(text, places[common - 1] + 1, places[common], where)
    return 1


def _check_middle(shown: str, text: str) -> int:
    """Check the beginning that gave way before matched words in the middle; return whether there is one."""
    before, found, _ = shown.partition("Kmz")
    if not found:
        return 0
    piece = before.rpartition(_ELLIPSIS)[2]
    given = text[:1200]
    whole = visible(given)
    if before.endswith(whole):
        return 0
    assert whole.endswith(piece), f"{piece[:40]!r} does not stand before the matched words"
    places = _places(given)
    start = len(whole) - len(piece)
    _assert_edge(given, places[start - 1] + 1 if start else 0, places[start], "the sentence's beginning")
    return 1


def _assert_edge(text: str, first: int, last: int, where: str) -> None:
    """Assert that one of the places from *first* to *last*, between which nothing can be seen, may be cut."""
    broken = [breaks_something(text, at) for at in range(first, last + 1)]
    assert "" in broken, (
        f"{where}: cut inside {broken[0]}: {text[max(0, first - 12) : first]!r} | {text[last : last + 12]!r}"
    )
