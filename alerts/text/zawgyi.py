"""Tell Zawgyi from Unicode, segment by segment, and convert it; nothing is guessed from a few letters.

Converting Unicode by mistake destroys it, leaving Zawgyi alone merely misses: so doubt means Unicode.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, Protocol, cast

from alerts.text.fold import INVISIBLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.model import Encoding

Default = Literal["unicode", "zawgyi"]

# Thresholds that the authors of the detector advise (google/myanmar-tools, README).
_SURELY_ZAWGYI = 0.95
_SURELY_UNICODE = 0.05
_MIN_LETTERS = 12  # below this the detector errs in more than half a percent of cases
_MYANMAR = re.compile("[\u1000-\u109f]")
_SEGMENT = re.compile("[^\n\u104b]*[\n\u104b]?")
# What Zawgyi cannot do without and Unicode Burmese hardly has: an asat-virama with no consonant after
# it, its own code points, a vowel sign before its consonant. Used only to spare the detector.
_TRACE = re.compile(
    "\u1039(?![\u1000-\u1021])|[\u1033\u1034\u105a\u1060-\u1097]|(?<![\u1000-\u102a\u103f\u103b-\u103e\u1040])\u1031"
)

_STACK, _ASAT = "\u1039", "\u103a"
_KINZI, _RA = "\ue000", "\ue001"  # private marks: kinzi typed last, medial ra typed first
_MARKS = "\u103b\u103c\u103d\u103e\u1031\u102d\u102e\u1032\u102f\u1030\u102b\u102c\u1036\u103a\u1037\u1038"
_RANK = {mark: rank for rank, mark in enumerate(_MARKS)}


def _zawgyi_letters() -> dict[str, str]:
    table: dict[str, str] = {}
    for zawgyi, letters in (
        ("\u103b\u107e\u107f\u1080\u1081\u1082\u1083\u1084", _RA),
        ("\u103a\u107d", "\u103b"),
        ("\u103c", "\u103d"),
        ("\u103d\u1087", "\u103e"),
        ("\u108a", "\u103d\u103e"),
        ("\u1088", "\u103e\u102f"),
        ("\u1089", "\u103e\u1030"),
        ("\u1033", "\u102f"),
        ("\u1034", "\u1030"),
        ("\u1039", _ASAT),
        ("\u1094\u1095", "\u1037"),
        ("\u105a", "\u102b\u103a"),
        ("\u1064", _KINZI),
        ("\u108b", _KINZI + "\u102d"),
        ("\u108c", _KINZI + "\u102e"),
        ("\u108d", _KINZI + "\u1036"),
        ("\u108e", "\u102d\u1036"),
        ("\u106a", "\u1009"),
        ("\u106b", "\u100a"),
        ("\u108f", "\u1014"),
        ("\u1090", "\u101b"),
        ("\u1086", "\u103f"),
        ("\u1096", _STACK + "\u1010\u103d"),
        ("\u106e", "\u100d" + _STACK + "\u100d"),
        ("\u106f", "\u100d" + _STACK + "\u100e"),
        ("\u1091", "\u100f" + _STACK + "\u100d"),
        ("\u1092", "\u100b" + _STACK + "\u100c"),
        ("\u1097", "\u100b" + _STACK + "\u100b"),
        ("\u104e", "\u104e\u1004\u103a\u1038"),
    ):
        table.update(dict.fromkeys(zawgyi, letters))
    stacked = (
        "\u1060\u1061\u1062\u1063\u1065\u1066\u1067\u1068\u1069\u106c\u106d\u1070\u1071\u1072\u1073\u1074"
        "\u1075\u1076\u1077\u1078\u1079\u107a\u107b\u1093\u107c\u1085"
    )
    upper = (
        "\u1000\u1001\u1002\u1003\u1005\u1006\u1006\u1007\u1008\u100b\u100c\u100f\u1010\u1010\u1011\u1011"
        "\u1012\u1013\u1014\u1015\u1016\u1017\u1018\u1018\u1019\u101c"
    )
    table.update({zawgyi: _STACK + letter for zawgyi, letter in zip(stacked, upper, strict=True)})
    return table


_LETTERS = _zawgyi_letters()
_STACKED = re.compile(_STACK + "[\u1000-\u1021]")
_LOOSE = "\u102b-\u1030\u1032-\u103e" + _KINZI
_BEFORE_BASE = (
    f"\u1031{_RA}\u200b"  # what Zawgyi types before its consonant; a run of it is tried once, as a whole
)
_CLUSTER = re.compile(
    f"(?<![{_BEFORE_BASE}])([{_BEFORE_BASE}]*+)([\u1000-\u102a\u103f\u1040\u1044\u1047\u104e])"
    f"((?:{_STACK}[\u1000-\u1021]|[{_LOOSE}]|[ \u00a0\u200b]+(?=[{_LOOSE}]))*)"
)
_SPACES = re.compile("[ \u00a0\u200b]+")
_TYPED_FOR_LETTER = {"\u1040": "\u101d", "\u1044": "\u104e", "\u1047": "\u101b"}  # 0, 4, 7: wa, lagaung, ra


@dataclass(frozen=True, slots=True)
class UnicodeText:
    """Text in Unicode; character *i* stands for ``original[starts[i]:ends[i]]`` of the field as given."""

    text: str
    encoding: Encoding
    starts: Sequence[int] = field(repr=False)
    ends: Sequence[int] = field(repr=False)
    zawgyi: tuple[tuple[int, int], ...] = ()  # spans of ``text`` that were converted

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the code points of the original that the span of ``text`` stands for."""
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else (self.ends[-1] if self.ends else 0)
            return at, at
        return self.starts[start], self.ends[end - 1]

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of ``text`` that stands for a span of the original."""
        return bisect_right(self.ends, start), bisect_left(self.starts, end)


class _Detector(Protocol):
    def get_zawgyi_probability(self, string: str) -> float: ...


@lru_cache(maxsize=1)
def _detector() -> _Detector:
    from myanmartools import ZawgyiDetector  # reads a model of 1 MB: only where Myanmar text asks for it

    return cast("_Detector", ZawgyiDetector())


def find_zawgyi_probability(text: str) -> float | None:
    """Return how probably *text* is Zawgyi, None where it holds no Myanmar letter."""
    probability = _detector().get_zawgyi_probability(text)
    return None if probability == float("-inf") else probability


def _join_cluster(before: str, base: str, after: str) -> str:
    if base in _TYPED_FOR_LETTER:
        if not (before.strip("\u200b") or after):
            return before + base
        base = _TYPED_FOR_LETTER[base]
    marks = set(_SPACES.sub("", _STACKED.sub("", after)))
    if _RA in before:
        marks.add("\u103c")
    if "\u1031" in before:
        marks.add("\u1031")
    kinzi = "\u1004\u103a\u1039" if _KINZI in marks else ""
    marks.discard(_KINZI)
    ordered = "".join(sorted(marks, key=lambda mark: (_RANK.get(mark, 99), mark)))
    return kinzi + base + "".join(_STACKED.findall(after)) + ordered


def _convert(segment: str, offset: int) -> tuple[str, list[int], list[int]]:
    letters: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(segment, offset):
        if INVISIBLE.match(char):  # inside a cluster it would tear the marks from their letter
            continue
        for letter in _LETTERS.get(char, char):
            letters.append(letter)
            origin.append(at)
    text = "".join(letters)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def keep(begin: int, end: int) -> None:
        rest = text[begin:end].replace(_RA, "\u103c")
        for at, char in enumerate(rest, begin):
            if char != _KINZI:
                pieces.append(char)
                starts.append(origin[at])
                ends.append(origin[at] + 1)

    last = 0
    for match in _CLUSTER.finditer(text):
        keep(last, match.start())
        joined = _join_cluster(*match.groups())
        pieces.append(joined)
        starts += [origin[match.start()]] * len(joined)
        ends += [origin[match.end() - 1] + 1] * len(joined)
        last = match.end()
    keep(last, len(text))
    return "".join(pieces), starts, ends


def convert_zawgyi(text: str) -> str:
    """Convert text that is known to be Zawgyi; Unicode text given here is destroyed."""
    return _convert(text, 0)[0]


def _judge(segment: str) -> Default | None:
    """Return the segment's encoding where it is long and clear enough to tell, else None."""
    if len(_MYANMAR.findall(segment)) < _MIN_LETTERS:
        return None
    probability = find_zawgyi_probability(INVISIBLE.sub("", segment))
    if probability is None or _SURELY_UNICODE <= probability <= _SURELY_ZAWGYI:
        return None
    return "zawgyi" if probability > _SURELY_ZAWGYI else "unicode"


def _majority(segments: Sequence[str], verdicts: Sequence[Default | None]) -> Default | None:
    weight = {"unicode": 0, "zawgyi": 0}
    for segment, verdict in zip(segments, verdicts, strict=True):
        if verdict is not None:
            weight[verdict] += len(segment)
    if weight["zawgyi"] == weight["unicode"]:
        return None
    return "zawgyi" if weight["zawgyi"] > weight["unicode"] else "unicode"


def _is_marked_zawgyi(text: str) -> bool:
    """Tell Zawgyi in a text too short to judge: only with its own signs in it and the detector sure."""
    probability = find_zawgyi_probability(INVISIBLE.sub("", text)) if _TRACE.search(text) else None
    return probability is not None and probability > _SURELY_ZAWGYI


def to_unicode(text: str, default: str = "unicode") -> UnicodeText:
    """Convert the Zawgyi segments of *text*, keeping the offsets of the original.

    A segment (up to a line break or full stop) too short or too unclear takes the text's majority; a text
    with none takes *default*, what the rest of the article or its source is: "unicode" or "zawgyi".
    """
    unchanged = UnicodeText(text, "unicode", range(len(text)), range(1, len(text) + 1))
    if not _MYANMAR.search(text) or (default != "zawgyi" and not _TRACE.search(text)):
        return unchanged
    segments = [match[0] for match in _SEGMENT.finditer(text) if match[0]]
    verdicts = [_judge(segment) for segment in segments]
    fallback = _majority(segments, verdicts)
    if fallback is None:
        fallback = "zawgyi" if default == "zawgyi" or _is_marked_zawgyi(text) else "unicode"
    settled: list[Default | None] = [
        verdict or (fallback if _MYANMAR.search(segment) else None)
        for segment, verdict in zip(segments, verdicts, strict=True)
    ]
    if "zawgyi" not in settled:
        return unchanged
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    converted: list[tuple[int, int]] = []
    bounds = [0]
    for segment in segments:
        bounds.append(bounds[-1] + len(segment))
    for segment, verdict, (begin, end) in zip(segments, settled, pairwise(bounds), strict=True):
        at = len(starts)
        if verdict == "zawgyi":
            piece, piece_starts, piece_ends = _convert(segment, begin)
            converted.append((at, at + len(piece)))
        else:
            piece, piece_starts, piece_ends = (
                segment,
                list(range(begin, end)),
                list(range(begin + 1, end + 1)),
            )
        pieces.append(piece)
        starts += piece_starts
        ends += piece_ends
    encoding: Encoding = "mixed" if "unicode" in settled else "zawgyi"
    return UnicodeText("".join(pieces), encoding, starts, ends, tuple(converted))
