"""The plain fold that the fast one is measured against: one statement after another, offsets character by character."""

# ruff: noqa: E731, E501
# It is kept as it was first written, short lines and names and all: the text of a measurement is not improved.

import re
import unicodedata as ud

V = "\u1039"
ORD = {
    c: i
    for i, c in enumerate(
        "\u103b\u103c\u103d\u103e\u1031\u102d\u102e\u1032\u102f\u1030\u102b\u102c\u1036\u103a\u1037\u1038"
    )
}
ST = re.compile(V + "[က-အ]")


def _sorted(s):
    return "".join(sorted(set(s), key=lambda c: ORD.get(c, 99)))


IGN = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)
MARK = "\u102b-\u1038\u103a-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d\u108f\u109a-\u109d"
ATOM = re.compile(
    "((?:[\u1004\u101b\u105a]\u1037?\u103a\u1039)?)([\u1000-\u102a\u103f\u104e])((?:"
    + V
    + "[\u1000-\u1021]|["
    + MARK
    + "])*)|.",
    re.S,
)
REP = [
    (re.compile(p), r)
    for p, r in [  # every repair keeps the length, so offsets survive
        (
            "(?<![\u1000-\u102a\u103f\u103b-\u103e\u1040])\u1031([\u1000-\u1021\u1029\u1040\u1047])((?:"
            + V
            + "[\u1000-\u1021])?[\u103b-\u103e]*)",
            r"\1\2" + "\u1031",
        ),
        ("\u1031\u1040", "\u101d\u1031"),
        ("\u1047(?=[\u102b-\u1038\u103a-\u103e]|[\u1000-\u1021]\u1037?\u103a)", "\u101b"),
        ("\u1044(?=\u1004\u103a)", "\u104e"),
        ("\u1040(?=[\u102b-\u1038\u103a-\u103e]|[\u1000-\u1021]\u1037?[\u103a\u1039])", "\u101d"),
        ("(?<=[\u1000-\u103f])\u1040(?=[\u1000-\u103f])", "\u101d"),
        ("(?<=[\u1000-\u103f])\u1040(?![\u1040-\u1049.,/])", "\u101d"),
        (
            "(?<=[\u1040-\u1049])\u101d+(?![\u102b-\u103e]|[\u1000-\u1021]\u1037?[\u103a\u1039])",
            lambda m: "\u1040" * len(m[0]),
        ),
        ("(?<![\u1000-\u103f])\u101d(?=[\u1040-\u1049])", "\u1040"),
    ]
]
EQ = str.maketrans(
    {
        "\u102b": "\u102c",
        "\u1009": "\u1025",
        "\u1029": "\u101e\u103c",
        "\u102a": "\u101e\u103c\u1031\u102c\u103a",
        "\u1008": "\u1005\u103b",
        "\u103f": "\u101e\u1039\u101e",
    }
)


def _one(m):
    if m[2] is None:
        c = ud.normalize("NFKC", m[0])
        if len(c) == 1 and (c.isdecimal() and not "\u1090" <= c <= "\u1099"):
            return str(ud.decimal(c))
        return "".join(x for x in ud.normalize("NFD", c) if not ("\u0300" <= x <= "\u036f")).casefold()
    b = ud.normalize("NFC", m[2] + ("\u102e" if m[2] == "\u1025" and "\u102e" in m[3] else ""))
    marks = ST.sub("", m[3]).replace("\u102e" if b == "\u1026" and m[2] == "\u1025" else "\0", "")
    return (m[1].replace("\u1037", "") + b + "".join(ST.findall(m[3])) + _sorted(marks)).translate(EQ)


def fold(text, squeeze=True):  # -> folded string, [(start, end) in text] per folded char
    keep = [i for i, c in enumerate(text) if not IGN.match(c)]
    t = "".join(text[i] for i in keep)
    keep = [
        k
        for j, k in enumerate(keep)
        if not (t[j] in " \u00a0" and re.match("[ \u00a0]*[\u102b-\u1030\u1032-\u103e]", t[j : j + 9]))
    ]
    t = "".join(text[i] for i in keep)
    for p, r in REP:
        t = p.sub(r, t)
    out, mp = [], []
    for m in ATOM.finditer(t):
        for c in _one(m):
            if c in " \t" and out and out[-1] == " ":
                continue
            out.append(" " if c == "\t" else c)
            mp.append((keep[m.start()], keep[m.end() - 1] + 1))
    if squeeze:  # one space or line break between two Myanmar characters
        my = lambda c: "\u1000" <= c <= "\u103f"
        ok = [
            i
            for i, c in enumerate(out)
            if not (c in " \n" and 0 < i < len(out) - 1 and my(out[i - 1]) and my(out[i + 1]))
        ]
        out, mp = [out[i] for i in ok], [mp[i] for i in ok]
    return "".join(out), mp
