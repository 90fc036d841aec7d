"""One sentence read for severity: what is done to whom, and whether the sentence says that it has happened."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from alerts.figure.burmesewords import compile_folded
from alerts.figure.extract import find_figures
from alerts.severity.context import find_lowering, is_maybe, is_recent, is_unhurt
from alerts.severity.words import Role
from alerts.text.fold import Folded, fold

if TYPE_CHECKING:
    from alerts.text.key import Key
    from alerts.text.scan import Scanner

VICTIM_REACH = 70  # folded characters between a death and the one who died
_BODIES = frozenset(("bodies", "အလောင်း"))
_KILLS = re.compile("(?:kill(?:ed|s|ing)?|shot dead|murdered|executed|slaughtered|beheaded)\\b")
_AUXILIARY = re.compile(r"\b(?:was|were|been|being|are|is|be|got) (?:\w+ ){0,1}$")
_OBJECT_FOLLOWS = re.compile(
    r"^ (?!(?:in|by|when|as|near|on|at|and|during|after|while|who|that|from|inside|outside|early|late|last|this|over"
    r"|before|along|of|or|there|here|overnight|today|yesterday|since|with|under|because|but|were|was|have|had)\b)\w"
)
_SAYS = re.compile(r"^[ ]?(?:said|says|say|told|tells|reported|report|added|recalled|in the area said)\b")
_BURMESE_SAYS = compile_folded("^(?:များ|တွေ|တစ်ဦး|တယောက်|တစ်ယောက်)?(?:က|များက|တွေက)[ ]?(?:ပြော|ဆို)")
# Between the act and the place that it meets, in English: the last word that leads there must be one of the first.
_MEETS = frozenset(
    """on at against into hit hits hitting struck strikes striking targeted targets targeting destroyed destroys
    destroying damaged damages damaging tore ripped blew near inside beside levelled leveled flattened burned burns
    outside""".split()  # noqa: SIM905 - a table
) | {"next to"}
_AWAY = """down to from in of by treated treating taken brought said told fled flee sheltering reached opened closed
    reopened""".split()  # noqa: SIM905 - a table
_TOWARDS = re.compile(rf"\b({'|'.join((*sorted(_MEETS), *_AWAY))})\b")
_DETERMINER = re.compile(r"\b(?:a|an|the|their|this|that|his|her|its|our|old) $")
_CAME_DOWN = re.compile(r"\b(?:landed|fell|exploded)\b")
_PRACTICES = frozenset(
    (
        "attack", "attacks", "airstrikes", "bombing", "bombings", "shelling", "raids", "bombardment", "bombardments",
        "air strikes", "air attacks", "air raids", "aerial attacks", "drone strikes", "drone attacks",
    )
)  # fmt: skip
_OBJECT = re.compile(r"^ (?:[\w'’\-]+ ){0,4}$")  # bombed a small village hospital
_DAMAGE = (
    "hit|struck|bombed|shelled|destroyed|damaged|burned|burnt|torched|targeted|attacked|razed|levelled|set"
)
_HOW = "again|also|directly|reportedly|badly|partly|completely|heavily|severely"
_STRUCK = re.compile(
    rf"^[^.;:]{{0,60}}?\b(?:(?:was|were|been|being|is|are|got) (?:(?:{_HOW}) )?(?:{_DAMAGE})"
    rf"|(?:{_DAMAGE})\b|came under)"
)
_LEADS_AWAY = re.compile(
    r"\b(?:treat|said|says|doctors?|staff|students from|taken|brought|people|patients|wounded|families|opened|teach)"
)
_BURMESE_MEETS = compile_folded(
    "^[^။၊]{0,34}?(?:ထိမှန်|ကျရောက်|ပျက်စီး|မီးလောင်|ဗုံးကြဲ|ဗုံးချ|ဗုံးထိ|ပစ်ခတ်|တိုက်ခိုက်|မီးရှို့|ပစ်မှတ်ထား|ဗုံးကျ|ကျည်ကျ|ထိပြီး|ထိခဲ့|ပေါ်ကျ|ကြီးကျ)"
)
_BURMESE_FROM = compile_folded("^(?:များ|တွေ)?(?:ထဲ|တွင်း)?(?:ကနေ|မှနေ)")
_BURMESE_AWAY = compile_folded("ပို့|ကုသ|တက်ရောက်|ခိုလှုံ|ဖွင့်|ပြန်ရောက်|ခေါ်ဆောင်|မှာကု|တွင်ကု|ပညာသင်|ပြော")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the tables where it stands in a folded sentence."""

    role: Role
    weight: int
    start: int
    end: int
    shown: str  # as the sentence has it


@dataclass(slots=True)
class Reading:
    """What a sentence says; words that did not happen, or happened elsewhere, are left out."""

    text: str
    words: list[Word]
    lowered: str | None  # why the sentence as a whole is not fresh violence
    is_recent: bool
    is_core: bool  # it holds the topic itself
    strikes: list[Word] = field(default_factory=list)  # armed acts, and weapons or blows that hurt
    hits: list[tuple[Word, Word]] = field(default_factory=list)  # an act, and the protected place it met
    deaths: list[str] = field(default_factory=list)  # civilians killed, in words to show
    dead: int = 0  # people killed, as far as a number says
    fallen: int = 0  # combatants killed
    displaced: int = 0
    massacres: list[Word] = field(default_factory=list)
    clashes: list[Word] = field(default_factory=list)
    is_benign: bool = False  # a cause that nobody aimed

    def of(self, *roles: Role) -> list[Word]:
        """Return the words of *roles*."""
        return [word for word in self.words if word.role in roles]


def read_sentence(
    sentence: str,
    scanner: Scanner,
    meanings: Mapping[Key, Sequence[tuple[Role, int]]],
    topic_words: Iterable[str],
    seen: datetime | None,
    *,
    is_core: bool,
) -> Reading:
    """Read one Unicode sentence; *topic_words* are the folded words by which the topic was found."""
    folded = fold(sentence)
    words = _find_words(folded, scanner, meanings)
    text = folded.text
    reading = Reading(text, words, find_lowering(text, seen), is_recent(text), is_core)
    homes = [match.start() for word in topic_words for match in re.finditer(re.escape(word), text)]
    homes += [word.start for word in words if word.role is Role.HOME]
    fars = [word.start for word in words if word.role is Role.FAR]

    def happened(word: Word) -> bool:
        return not _is_elsewhere(word, homes, fars) and not is_maybe(text, word.start, word.end)

    _read_strikes(reading, happened)
    _read_deaths(reading, sentence, happened)
    reading.clashes = [word for word in reading.of(Role.CLASH) if happened(word)]
    reading.massacres = [
        word for word in reading.of(Role.MASSACRE) if happened(word) and not _is_sport(reading)
    ]
    return reading


def _find_words(
    folded: Folded, scanner: Scanner, meanings: Mapping[Key, Sequence[tuple[Role, int]]]
) -> list[Word]:
    found: list[Word] = []
    for key, spans in scanner.find(folded).items():
        for start, end in spans:
            begin, stop = folded.span(start, end)
            shown = " ".join(folded.original[begin:stop].split())
            found += [Word(role, weight, start, end, shown) for role, weight in meanings.get(key, ())]
    blanks = [(word.start, word.end) for word in found if word.role is Role.NOTHING]
    kept = [
        word
        for word in found
        if word.role is not Role.NOTHING
        and not any(start < word.end and word.start < end for start, end in blanks)
    ]
    return sorted(kept, key=lambda word: (word.start, -word.end))


def _is_elsewhere(word: Word, homes: Sequence[int], fars: Sequence[int]) -> bool:
    """Tell whether the place named nearest to *word* is another region's; of equal ones the own counts."""
    if not fars:
        return False
    far = min(abs(place - word.start) for place in fars)
    return not homes or far < min(abs(place - word.start) for place in homes)


def _is_sport(reading: Reading) -> bool:
    """Tell whether a match is told of, in the words of war; a shell that fell on a pitch is no such word."""
    return bool(reading.of(Role.SPORT)) and not any(word.weight >= 4 for word in reading.of(Role.STRIKE))


def _read_strikes(reading: Reading, happened: Callable[[Word], bool]) -> None:
    text, targets = reading.text, reading.of(Role.TARGET)
    acts = [word for word in reading.of(Role.STRIKE, Role.WEAPON, Role.BLOW) if happened(word)]
    if _is_sport(reading):
        acts = []
    for act in acts:
        for target in targets:
            if not _is_generic(act, target) and _meets(text, act, target):
                reading.hits.append((act, target))
    met = {id(act) for act, _ in reading.hits}
    hurts = bool(reading.of(Role.DEATH, Role.HURT))
    reading.strikes = [act for act in acts if act.role is Role.STRIKE or id(act) in met or hurts]
    reading.is_benign = bool(reading.of(Role.BENIGN)) and not any(
        act.role is not Role.BLOW for act in reading.strikes
    )
    if reading.is_benign:
        reading.strikes, reading.hits = [], []


def _is_generic(act: Word, target: Word) -> bool:
    """Tell whether both words are plurals that name a practice and no event: attacks on hospitals."""
    return act.shown.casefold() in _PRACTICES and target.shown.casefold().endswith(("s", "ies"))


def _meets(text: str, act: Word, target: Word) -> bool:
    """Tell whether the act met the place, as far as the words between them say."""
    if "\u1000" <= text[target.start] <= "\u109f":
        behind = text[target.end : target.end + 60]
        meeting = _BURMESE_MEETS.match(behind)
        if meeting is None:
            return False
        return not _BURMESE_FROM.match(behind) and not _BURMESE_AWAY.search(behind[: meeting.end()])
    if act.end <= target.start:
        gap = text[act.end : target.start]
        if gap.count(" ") <= 2 and _DETERMINER.search(text[: act.start]):
            return False  # "a bombed hospital" is one that was bombed some day
        if len(gap) > 90 or re.search(r"[.;]", gap):
            return False
        leads = _TOWARDS.findall(gap)
        if not leads:
            return _OBJECT.match(gap) is not None and act.role is not Role.WEAPON
        meets = [lead for lead in leads if lead != "in" or len(leads) == 1]
        last = meets[-1] if meets else leads[-1]
        if last == "in" and _CAME_DOWN.search(text[act.start : act.end + 12]):
            return True
        return last in _MEETS or (last == "of" and not _MEETS.isdisjoint(leads))  # tore open a wing of
    if target.end <= act.start:
        gap = text[target.end : act.end + 20]
        struck = _STRUCK.match(gap)
        return struck is not None and not _LEADS_AWAY.search(gap[: struck.end()])
    return False


def _read_deaths(reading: Reading, sentence: str, happened: Callable[[Word], bool]) -> None:
    text = reading.text
    deaths = [word for word in reading.of(Role.DEATH) if happened(word)]
    if not deaths and not reading.of(Role.FLIGHT, Role.DEATH):
        return
    told = find_figures(sentence)
    killed = [figure for figure in told if figure.what == "killed"]
    for figure in told:
        if figure.what == "displaced":
            reading.displaced = max(reading.displaced, figure.value)
    if not deaths:
        return
    if any(figure.value == 0 for figure in killed):
        return
    for figure in killed:
        if _is_armed(reading, figure.who):
            reading.fallen += figure.value
        elif not _is_sport(reading):
            reading.dead += figure.value
            reading.deaths.append(f"{figure.value} {figure.who} killed")
    if killed or is_unhurt(text):
        return
    for death in deaths:
        victim = _find_victim(reading, death)
        if victim is not None and victim.role is Role.CIVIL and not _is_sport(reading):
            reading.deaths.append(" ".join(dict.fromkeys((victim.shown, death.shown))))
            reading.dead += 1
        elif victim is not None and victim.role is Role.ARMED:
            reading.fallen += 1


def _is_armed(reading: Reading, who: str) -> bool:
    folded = fold(who).text
    return any(
        word.role is Role.ARMED and reading.text[word.start : word.end] in folded for word in reading.words
    )


def _is_active(text: str, death: Word) -> bool:
    """Tell whether who stands before the English word killed, and did not die."""
    if not _KILLS.match(text, death.start):
        return False
    return (
        not _AUXILIARY.search(text[max(0, death.start - 30) : death.start])
        and _OBJECT_FOLLOWS.match(text[death.end : death.end + 20]) is not None
    )


def _find_victim(reading: Reading, death: Word) -> Word | None:
    """Return who died: the nearest person, fighter or beast; not who only says so."""
    nearest: tuple[int, Word] | None = None
    if death.shown.casefold() in _BODIES:
        after = [word for word in reading.of(Role.ARMED) if 0 <= word.start - death.end < 25]
        return after[0] if after else replace(death, role=Role.CIVIL)
    is_active = _is_active(reading.text, death)
    for word in reading.of(Role.CIVIL, Role.ARMED, Role.BEAST):
        if is_active and word.start < death.start:
            continue
        behind = reading.text[word.end : word.end + 40]
        if _SAYS.match(behind) or _BURMESE_SAYS.match(behind):
            continue
        apart = max(word.start - death.end, death.start - word.end, 0)
        if apart <= VICTIM_REACH and (nearest is None or apart < nearest[0]):
            nearest = apart, word
    return nearest[1] if nearest else None
