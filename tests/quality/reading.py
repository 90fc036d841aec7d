"""A second reading of Burmese text: syllables by a state machine, words by comparing lists of syllables.

Written from UTN #11 (Hosken, "Representing Myanmar in Unicode") and the paper on Burmese alone, to be compared with
the product: it imports nothing of it, knows no fold, no regular expression over marks and no substring search.
It reads Unicode only; text that looks like Zawgyi is refused with ``ValueError``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

Span = tuple[int, int]
Kind = Literal["syllable", "orphan", "word", "digits", "sign", "gap", "break"]

E, VIRAMA, ASAT, DOT, VISARGA = "\u1031", "\u1039", "\u103a", "\u1037", "\u1038"
MEDIALS = frozenset("\u103b\u103c\u103d\u103e")
VOWELS = frozenset("\u102b\u102c\u102d\u102e\u102f\u1030\u1031\u1032")
MARKS = MEDIALS | VOWELS | {"\u1036", DOT, VISARGA, ASAT}
FINAL_MARKS = frozenset(
    {ASAT, DOT, VISARGA}
)  # a letter with an asat and no vowel of its own closes a syllable
PARTICLES = frozenset("၌၍၏")  # letters that are a word each
UNSHAPED = frozenset(
    (
        0xAD,
        0x34F,
        0x61C,
        0x180E,
        0xFEFF,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2065),
    )
) | frozenset((*range(0x2066, 0x2070), *range(0xFE00, 0xFE10)))
# Letters with two spellings: (letter, marks that it brings).
SAME = {
    "ဉ": ("ဥ", ""),
    "ဈ": ("စ", "\u103b"),
    "ဩ": ("သ", "\u103c"),
    "ဪ": ("သ", "\u103c\u1031\u102c\u103a"),
    "ဿ": ("သ", ""),  # and one more above it, see _Machine.letter
}


@dataclass(slots=True)
class Unit:
    """What a reader takes in at once; *key* is equal for equal units."""

    kind: Kind
    start: int
    end: int
    key: object
    stacked: bool = False


def is_letter(char: str) -> bool:
    """Tell the Burmese letters that marks can stand on."""
    return "\u1000" <= char <= "\u102a" or char in "\u103f\u104e"


def is_consonant(char: str) -> bool:
    return "\u1000" <= char <= "\u1021"


def looks_zawgyi(text: str) -> bool:
    """Tell Zawgyi by its asat: U+1039, which Unicode sets only between two consonants."""
    pairs = list(zip(text, f"{text[1:]} "[: len(text)], strict=True))
    killed = sum(char == VIRAMA and not is_consonant(after) for char, after in pairs)
    return killed > sum(char == ASAT and not is_consonant(after) for char, after in pairs) // 2 + 2


class _Machine:
    """Left to right over what can be seen: one open cluster, one e that waits for its letter."""

    def __init__(self, text: str) -> None:
        self.seen = [(at, char) for at, char in enumerate(text) if ord(char) not in UNSHAPED]
        self.units: list[Unit] = []
        self.waiting_e: int | None = None
        self.base = ""  # the open cluster
        self.marks: set[str] = set()
        self.start = self.end = 0
        self.stacked = False

    def char(self, index: int) -> str:
        return self.seen[index][1] if 0 <= index < len(self.seen) else ""

    def run(self) -> list[Unit]:
        index = 0
        while index < len(self.seen):
            index = self.step(index)
        self.close()
        return self.units

    def step(self, index: int) -> int:
        """Take in the character at *index* and return the index of the next."""
        at, char = self.seen[index]
        char = self.as_meant(index, char)
        if char == E:
            self.vowel_e(index, at)
        elif char in MARKS:
            self.mark(at, char)
        elif is_letter(char):
            self.letter(at, char)
        elif char == VIRAMA and self.base and (is_consonant(self.base) or self.base == "ဥ"):
            self.close_upper(at)  # whatever stands below it: a lost lower half leaves the upper one closed
        elif char.isspace():
            return self.blank(index)
        else:
            self.close()
            self.stacked = False
            return self.other(index, at, char)
        return index + 1

    def as_meant(self, index: int, char: str) -> str:
        """Read a digit typed for a letter, and a letter typed for the digit, by its neighbours."""
        after, before = self.char(index + 1), self.char(index - 1)
        killed = is_consonant(after) and self.is_killed(index + 1)
        on_letter = is_letter(before) or before in MARKS or before == "၀"
        if char == "၀":
            stands_alone = on_letter and not is_digit(before) and not (after and after in "၀၁၂၃၄၅၆၇၈၉.,/")
            return "ဝ" if after in MARKS or killed or stands_alone or before == E else char
        if char == "၇":
            return "ရ" if after in MARKS or (killed and self.char(index + 2) != VIRAMA) else char
        if char == "၄":
            return "၎" if after == "င" and killed else char
        if char == "ဝ":
            bare = after not in MARKS and not killed
            after_number = self.units and not self.base and self.units[-1].kind == "digits"
            if after_number and self.units[-1].end == self.seen[index][0] and bare:
                return "၀"
            if not on_letter and is_digit(after) and "\u1040" <= after <= "\u1049":
                return "၀"
        return char

    def is_killed(self, index: int) -> bool:
        """Tell whether the letter at *index* carries an asat and no vowel, or is the upper half of a stack."""
        at = index + 1 + (self.char(index + 1) == DOT)
        return self.char(at) in (ASAT, VIRAMA)

    def vowel_e(self, index: int, at: int) -> None:
        ahead = index + 1
        while self.char(ahead) == E:
            ahead += 1
        if self.char(ahead).isspace():
            ahead += 1
        letter_ahead = is_consonant(self.char(ahead)) or self.char(ahead) in tuple("၀၇")
        if self.base and (self.marks <= MEDIALS | {E} or not letter_ahead):
            self.marks.add(E)
            self.end = at + 1
        else:
            self.close()
            self.waiting_e = at

    def mark(self, at: int, char: str) -> None:
        if self.base:
            self.marks.add("\u102c" if char == "\u102b" else char)
            self.end = at + 1
        else:
            self.units.append(Unit("orphan", at, at + 1, char))

    def letter(self, at: int, char: str) -> None:
        self.close()
        if char == "ဿ":
            self.base, self.start, self.end = "သ", at, at + 1
            self.close_upper(at)
        self.base, brought = SAME.get(char, (char, ""))
        self.marks = set(brought)
        self.start, self.end = at, at + 1
        if self.waiting_e is not None:
            self.marks, self.start, self.waiting_e = self.marks | {E}, self.waiting_e, None

    def close(self) -> None:
        """Settle the open cluster: a syllable of its own, or the end of the one before."""
        if self.waiting_e is not None and not self.base:
            self.units.append(Unit("orphan", self.waiting_e, self.waiting_e + 1, E))
            self.waiting_e = None
        if not self.base:
            return
        if self.base == "ဥ" and "\u102e" in self.marks:
            self.base, self.marks = "ဦ", self.marks - {"\u102e"}
        if ASAT in self.marks and self.marks <= FINAL_MARKS and (is_consonant(self.base) or self.base == "ဥ"):
            self.add_final(frozenset(self.marks))
        else:
            key = (self.stacked, self.base, frozenset(self.marks), ())
            self.units.append(Unit("syllable", self.start, self.end, key, self.stacked))
        self.base, self.marks, self.stacked = "", set(), False

    def close_upper(self, at: int) -> None:
        """Settle the upper half of a stack, kinzi too, and make the next letter its lower half."""
        self.marks.discard(DOT if ASAT in self.marks else "")
        self.end = at + 1
        if self.marks <= {ASAT}:
            self.add_final(frozenset({*self.marks, VIRAMA}))
            self.base, self.marks = "", set()
        self.close()  # ill-formed: a vowel typed before the virama
        self.stacked = True

    def add_final(self, marks: frozenset[str]) -> None:
        last = self.units[-1] if self.units else None
        if last and last.kind == "gap" and len(self.units) > 1 and self.units[-2].kind == "syllable":
            self.units.pop()  # a space inside a syllable
            last = self.units[-1]
        final = (self.base, marks)
        if last and last.kind == "syllable" and isinstance(last.key, tuple):
            stacked, base, own, finals = last.key
            last.key, last.end = (stacked, base, own, (*finals, final)), self.end
        else:
            self.units.append(Unit("orphan", self.start, self.end, final))

    def blank(self, index: int) -> int:
        """Read a run of blanks: nothing, when a mark follows its letter behind it; one line break is a gap."""
        ahead = index
        while self.char(ahead).isspace():
            ahead += 1
        run = "".join(char for _, char in self.seen[index:ahead])
        after = self.char(ahead)
        if self.base and "\n" not in run and after and after in MARKS and after != E:
            return ahead
        waiting, self.waiting_e = self.waiting_e, None
        self.close()
        self.waiting_e = waiting
        start, end = self.seen[index][0], self.seen[ahead - 1][0] + 1
        self.units.append(Unit("break" if run.count("\n") > 1 else "gap", start, end, " "))
        return ahead

    def other(self, index: int, at: int, char: str) -> int:
        if char in PARTICLES:
            self.units.append(Unit("syllable", at, at + 1, (False, char, frozenset(), ())))
            return index + 1
        kind: Kind = "digits" if is_digit(char) else "word" if is_latin(char) else "sign"
        ahead = index + 1
        if kind != "sign":
            belongs = is_digit if kind == "digits" else is_latin
            while (after := self.char(ahead)) and belongs(after) and self.as_meant(ahead, after) == after:
                if after.isupper() and self.char(ahead - 1).islower():
                    break  # a hump parts words
                ahead += 1
        text = "".join(
            plain(c) if kind == "word" else str(unicodedata.decimal(c)) if kind == "digits" else c
            for c in (char, *(c for _, c in self.seen[index + 1 : ahead]))
        )
        end = self.seen[ahead - 1][0] + 1
        last = self.units[-1] if self.units else None
        if kind == "digits" and last and last.kind == "digits" and last.end == at:
            last.key, last.end = f"{last.key}{text}", end
        else:
            self.units.append(Unit(kind, at, end, text))
        return ahead


def is_digit(char: str) -> bool:
    return char.isdecimal() and not "\u1090" <= char <= "\u1099"


def is_latin(char: str) -> bool:
    return char.isalpha() and (char < "\u0250" or "\uff21" <= char <= "\uff5a")


def plain(char: str) -> str:
    """Return a Latin letter without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c)).casefold()


@dataclass(frozen=True, slots=True)
class Reading:
    """A text and what stands in it, left to right; offsets are those of the text."""

    text: str
    units: tuple[Unit, ...]
    keys: frozenset[object]

    def touches(self, at: int) -> bool:
        """Tell whether units *at* and *at* + 1 are letters and digits that touch; a hump parts words."""
        if at < 0 or at + 1 >= len(self.units):
            return False
        one, other = self.units[at : at + 2]
        return {one.kind, other.kind} == {"word", "digits"} and one.end == other.start

    def ties(self, at: int, step: int) -> bool:
        """Tell whether the sign *at* ties the number beside it to another number."""
        inside = 0 <= at < len(self.units) and 0 <= at + step < len(self.units)
        return inside and self.units[at].key in tuple(".,/:-") and self.units[at + step].kind == "digits"


def read(text: str) -> Reading:
    """Read *text*; Zawgyi raises ``ValueError``."""
    if looks_zawgyi(text):
        raise ValueError("this reading knows Unicode only, and the text looks like Zawgyi")
    units = tuple(_Machine(text).run())
    return Reading(text, units, frozenset(unit.key for unit in units))


read_form = cache(read)


def find_sequence(reading: Reading, form: Reading) -> Iterator[Span]:
    """Yield the spans where the units of *form* follow each other; a gap between syllables does not part them."""
    units, wanted = reading.units, [unit for unit in form.units if unit.kind != "gap"]
    if not reading.keys.issuperset(unit.key for unit in wanted):
        return
    for first, unit in enumerate(units):
        if unit.key != wanted[0].key:
            continue
        last = first
        for want in wanted[1:]:
            after = last + 1
            if after + 1 < len(units) and units[after].kind == "gap":
                after += 1
            if after >= len(units) or (units[after].kind, units[after].key) != (want.kind, want.key):
                break
            last = after
        else:
            if last + 1 == len(units) or units[last + 1].kind != "orphan":
                yield unit.start, units[last].end


def find_latin(reading: Reading, form: Reading) -> Iterator[Span]:
    """Yield the spans of a Latin name; its parts may be joined, hyphenated or parted, no letter may touch it."""
    units, parts = reading.units, [str(unit.key) for unit in form.units if unit.kind in ("word", "digits")]
    name = "".join(parts)
    seams = {sum(map(len, parts[:count])) for count in range(len(parts))}
    if not any(name[:length] in reading.keys for length in range(1, len(name) + 1)):
        return
    for first, unit in enumerate(units):
        if unit.kind not in ("word", "digits") or reading.touches(first - 1):
            continue
        at, last = 0, first
        while last < len(units) and name.startswith(str(units[last].key), at):
            at += len(str(units[last].key))
            if at == len(name):
                if not reading.touches(last):
                    yield unit.start, units[last].end
                break
            last += 1
            if last < len(units) and units[last].key in (" ", "-", "–", "‑"):
                if at not in seams:
                    break
                last += 1


def find_form(reading: Reading, form: str) -> Iterator[Span]:
    """Yield the spans of one written form, by the way its script parts words."""
    if any("\u1000" <= char <= "\u109f" for char in form):
        yield from find_sequence(reading, read_form(form))
    elif any(is_latin(char) for char in form):
        yield from find_latin(reading, read_form(form))
    else:
        at = reading.text.find(form)
        while at >= 0:
            yield at, at + len(form)
            at = reading.text.find(form, at + 1)


def find_operation(reading: Reading, digits: str, words: Iterable[str]) -> Iterator[Span]:
    """Yield the spans of a number of four digits, whole or in halves, beside a word for operation.

    Between number and word may stand blanks, brackets and quotes, nothing else; a bracket round the number is
    the number's.
    """
    text, numbers = reading.text, list(find_number(reading, digits))
    if len(set(digits)) == 1 and len(digits) == 4:  # "one, four of them"
        for one in (digits[0], "တစ်", "တ"):
            numbers += find_sequence(reading, read_form(f"{one} လေးလုံး"))
    spoken = [span for word in words for span in find_form(reading, word)] if numbers else []
    for number in numbers:
        for word in spoken:
            first, second = sorted((number, word))
            between = text[first[1] : second[0]]
            if first[1] <= second[0] and not any(char.isalnum() or char in "။၊" for char in between):
                opened = text[first[0] - 1 : first[0]] in ("(", "“") and any(char in ")”" for char in between)
                yield first[0] - opened, second[1]


def find_number(reading: Reading, digits: str) -> Iterator[Span]:
    units = reading.units
    for at, unit in enumerate(units):
        if unit.kind != "digits" or reading.ties(at - 1, -1):
            continue
        if unit.key == digits and not reading.ties(at + 1, 1):
            yield unit.start, unit.end
        elif unit.key == digits[:2] and at + 2 < len(units) and not reading.ties(at + 3, 1):
            point, half = units[at + 1 : at + 3]
            if point.key in tuple(".,/-·") and half.key == digits[2:]:
                yield unit.start, half.end


def keep_longest(spans: Iterable[Span]) -> list[Span]:
    """Return the spans without those that overlap a longer one, in the order of the text."""
    kept: list[Span] = []
    for start, end in sorted(set(spans), key=lambda span: (span[0] - span[1], span[0])):
        if all(end <= first or last <= start for first, last in kept):
            kept.append((start, end))
    return sorted(kept)
