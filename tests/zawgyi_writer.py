"""Write Unicode Burmese as Zawgyi fonts want it typed: the way back from what ``alerts.text.zawgyi`` reads.

For tests that need Zawgyi of any text. It refuses what the encoding has no sign for instead of guessing.
"""

from __future__ import annotations

import re

_CLUSTER = re.compile(
    "(\u1004\u103a\u1039)?([\u1000-\u102a\u103f\u1040\u1044\u1047])"
    "((?:\u1039[\u1000-\u1021])*)"
    # an e that stands behind a vowel and before a letter is the next letter's
    "((?:[\u102b-\u1030\u1032\u1036-\u1038\u103a-\u103e]"
    "|(?<=[\u1000-\u102a\u103f\u1040\u1047\u103b-\u103e])\u1031|\u1031(?![ \n]?[\u1000-\u1021\u1040\u1047]))*)"
    "|[\u103a-\u103e]"  # a mark that lost its letter, to a space for instance
)
_LOOSE = {"\u103a": "\u1039", "\u103b": "\u103a", "\u103d": "\u103c", "\u103e": "\u103d"}
_LAGAUNG = "\u104e\u1004\u103a\u1038"  # ၎င်း is one glyph
_FOREIGN = re.compile("[\u1022\u1028\u1033-\u1035\u104e\u1050-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff]")

# Glyphs of the lower letter of a stack, and pairs that are one glyph.
_LOWER = dict(
    zip(
        "ကခဂဃစဆဇဈဋဌဏတထဒဓနပဖဗဘမလ",
        "\u1060\u1061\u1062\u1063\u1065\u1066\u1068\u1069\u106c\u106d\u1070\u1071\u1073\u1075\u1076\u1077"
        "\u1078\u1079\u107a\u107b\u107c\u1085",
        strict=True,
    )
)
_PAIR = {"ဍ္ဍ": "\u106e", "ဍ္ဎ": "\u106f", "ဏ္ဍ": "\u1091", "ဋ္ဌ": "\u1092", "ဋ္ဋ": "\u1097", "သ္သ": "\u1086"}
_BELOW = {"န": "\u108f", "ဉ": "\u106a", "ည": "\u106b", "ရ": "\u1090"}  # shortened over what hangs below
_WIDE = "ကဃဆဇဈဏတထဘယလသဟအ"
_KINZI = {"": "\u1064", "\u102d": "\u108b", "\u102e": "\u108c", "\u1036": "\u108d"}
_RA = "\u103b\u107e\u107f\u1080\u1081\u1082\u1083\u1084"  # narrow and wide; plain, sign above, below, both


class NoZawgyiError(ValueError):
    """The text holds a letter or a stack that Zawgyi cannot write."""


def _write_base(base: str, stacks: list[str], below: bool) -> str:
    if stacks and (pair := _PAIR.get(f"{base}\u1039{stacks[0]}")):
        base, stacks = pair, stacks[1:]
    elif base == "\u103f":
        base = "\u1086"
    elif below or stacks:
        base = _BELOW.get(base, base)
    if missing := [letter for letter in stacks if letter not in _LOWER]:
        raise NoZawgyiError(f"no Zawgyi sign for {missing[0]} below {base}")
    return base + "".join(_LOWER[letter] for letter in stacks)


def _write_above(marks: set[str], kinzi: bool) -> str:
    """Return what stands above the letter, kinzi joined with the first of it."""
    above = [mark for mark in "\u102d\u102e\u1032\u1036" if mark in marks]
    if kinzi:
        first = above[0] if above and above[0] in _KINZI else ""
        return _KINZI[first] + "".join(mark for mark in above if mark != first)
    return "\u108e" if above == ["\u102d", "\u1036"] else "".join(above)


def _write_cluster(match: re.Match[str]) -> str:
    kinzi, base, tail, typed = match.groups()
    if base is None:
        if match[0] not in _LOOSE:
            raise NoZawgyiError("a medial ra without its letter: Zawgyi types it first")
        return _LOOSE[match[0]]
    stacks, marks = re.findall("[\u1000-\u1021]", tail), set(typed)
    has_ya, has_ra, has_wa, has_ha = (mark in marks for mark in "\u103b\u103c\u103d\u103e")
    vowel_below = next((mark for mark in "\u102f\u1030" if mark in marks), "")
    above = _write_above(marks, kinzi is not None)
    below = bool(stacks or has_wa or has_ha or vowel_below)
    out = "\u1031" if "\u1031" in marks else ""
    if has_ra:
        out += _RA[(base in _WIDE) + 2 * bool(above) + 4 * (bool(stacks) or has_wa or has_ha)]
    out += _write_base(base, stacks, (has_wa or has_ha or bool(vowel_below)) and not has_ra)
    if has_ya:
        out += "\u107d" if below else "\u103a"
    if has_wa:
        out += "\u108a" if has_ha else "\u103c"
    is_tall = has_ya or has_ra or has_wa or bool(stacks)
    if has_ha and not has_wa and vowel_below and not is_tall:
        out += above + ("\u1088" if vowel_below == "\u102f" else "\u1089")
    else:
        if has_ha and not has_wa:
            out += "\u1087" if has_ra or has_ya else "\u103d"
        out += above
        if vowel_below:
            out += {"\u102f": "\u102f\u1033", "\u1030": "\u1030\u1034"}[vowel_below][is_tall]
    if {"\u102b", "\u103a"} <= marks:
        out += "\u105a"
    else:
        out += "".join(mark for mark in "\u102b\u102c" if mark in marks)
        out += "\u1039" if "\u103a" in marks else ""
    if "\u1037" in marks:
        out += "\u1095" if vowel_below and is_tall else "\u1094" if below or base in "နရ" else "\u1037"
    return out + ("\u1038" if "\u1038" in marks else "")


def write_zawgyi(text: str) -> str:
    """Return *text* in Zawgyi; what is not Burmese stays.

    Marks may come in any order behind their letter. Raises `NoZawgyiError` for signs of other languages and
    for stacks that the fonts do not hold.
    """
    words = text.split(_LAGAUNG)
    for word in words:
        if foreign := _FOREIGN.search(word):
            raise NoZawgyiError(f"U+{ord(foreign[0]):04X} is no letter of Unicode Burmese")
    return "\u104e".join(_CLUSTER.sub(_write_cluster, word) for word in words)
