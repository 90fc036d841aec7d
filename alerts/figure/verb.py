"""Find what an English sentence says happened to a counted noun: number, noun and verb in one clause.

A number is followed to the verb that it is subject or object of, never over another counted subject, an
unknown verb or a clause's end. All looking about is bounded, so time grows with the sentence only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.figure.phrase import find_mentions, find_singles
from alerts.figure.wordlist import (
    ADVERBS,
    AUXILIARIES,
    BE,
    CONJUNCTIONS,
    COUNTED_EVENTS,
    DETERMINERS,
    DISTANT,
    EVENT_NOUNS,
    INTRANSITIVE,
    MODALS,
    MONTHS,
    NOUNS,
    PARTICIPLES,
    PHRASES,
    PREPOSITIONS,
    STATE,
    TRANSITIVE,
    words_of,
)

if TYPE_CHECKING:
    from alerts.figure.phrase import Mention, Tokens

_TIMES = frozenset(words_of("week month year morning evening night weekend"))
_AFTER_VERB = (
    frozenset(
        words_of(
            "alive dead by over amid following despite via per the a an this last more later died fled when he they"
        )
    )
    | INTRANSITIVE.keys()
    | PARTICIPLES.keys()
    | DETERMINERS
)
_MAX_TAIL = 16  # tokens between a noun and its verb: "… in the villages west of the town on Monday were …"
_MAX_CHAIN = 9  # auxiliaries and adverbs before a verb
_CAUSES = frozenset(
    words_of(
        """
    forced forcing forces force drove driven driving compelled compelling caused causing
    """
    )
)
_TOLL_VERBS = frozenset(
    words_of(
        """
    is was to at reached reaching hit passed exceeded topped of has had now risen rose rising climbed
    stands stood stand already currently for
    """
    )
)
_CAMP = frozenset(words_of("camp camps shelter shelters"))
_CAMP_KIND = frozenset(
    words_of(
        """
    relief displacement displaced idp refugee evacuation makeshift temporary
    """
    )
)
_CAMP_VERBS = frozenset(
    words_of(
        """
    shelter shelters sheltering house houses housing hold holds host hosts hosting
    """
    )
)
_IN_CAMP = frozenset(words_of("in at living staying sheltering"))
_NEVER_NOUN = PREPOSITIONS | CONJUNCTIONS | AUXILIARIES | ADVERBS | STATE
_AFTER_ASIDE = AUXILIARIES | {"died", "fled"}
_FOREIGN = (
    frozenset(
        words_of(
            """
    and but while when as who which that where because if than
    said told came went saw held found left met says say
    """
        )
    )
    | MODALS
    | TRANSITIVE.keys()
)
# Every way to read an event asks for one of these words; the longest of a phrase is hardly ever met by chance.
_EVENT_WORDS = (
    _CAMP
    | {"toll", "injuries", "wounds"}
    | {max(reversed(phrase.split()), key=len) for phrase in PHRASES}
    | PARTICIPLES.keys()
    | INTRANSITIVE.keys()
    | TRANSITIVE.keys()
    | EVENT_NOUNS.keys()
    | COUNTED_EVENTS.keys()
    | {noun for noun, kind in NOUNS.items() if kind == "case"}
)


@dataclass(frozen=True, slots=True)
class Event:
    """What a verb says of a number: its family, and whether it is told at a distance."""

    family: str
    hedged: bool = False


def names_event(tokens: Tokens) -> bool:
    """Tell whether any word of the sentence can make a figure of a number."""
    is_listed = not _EVENT_WORDS.isdisjoint(tokens.words)
    return is_listed or "displaced" in tokens.folded.text  # displaced-children


class Sentence:
    """One sentence while its figures are read."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.words = tokens.words
        singles = find_singles(self.words)
        ages = {at for single in singles for at in range(single.begin, single.end)}
        numbers = [mention for mention in find_mentions(tokens) if mention.number.start not in ages]
        self.mentions = sorted(numbers + singles, key=lambda mention: mention.begin)
        self.begins = {mention.begin: mention for mention in self.mentions}

    def word(self, at: int) -> str:
        return self.words[at] if 0 <= at < len(self.words) else ""

    def phrase_at(self, at: int) -> tuple[str, int] | None:
        for length in (4, 3, 2):
            if family := PHRASES.get(" ".join(self.words[at : at + length])):
                return family, at + length
        if self.word(at) in ("had", "suffered", "sustained", "received"):
            for skip in (1, 2):
                if self.word(at + 1 + skip) in ("injuries", "wounds"):
                    return "injure", at + 2 + skip
        return None

    def takes_object(self, at: int) -> bool:
        """Tell whether a noun phrase begins at *at*."""
        word = self.word(at)
        if word in ("this", "last") and self.word(at + 1) in _TIMES:
            return False
        if word in DETERMINERS or word in NOUNS or at in self.begins:
            return True
        if not word or word in MONTHS or word.endswith("day"):
            return False
        return self.tokens.is_capital(at)

    def is_mixed(self, at: int, family: str) -> bool:
        """Tell whether two events share one number: "12 were killed or wounded" says neither."""
        if self.word(at) not in ("and", "or", "/"):
            return False
        other = at + 1
        while self.word(other).endswith("ly") or self.word(other) in ("others", "either"):
            other += 1
        second = PARTICIPLES.get(self.word(other)) or INTRANSITIVE.get(self.word(other))
        if second is None or second == family or self.takes_object(other + 1):
            return False
        return {family, second} <= {"kill", "injure", "capture", "miss", "surrender"}

    def event_at(self, at: int, *, bare: bool) -> str | None:
        """Return the family of the verb at *at*, said of what stands before it; *bare*: no auxiliary did."""
        if phrase := self.phrase_at(at):
            return phrase[0] if phrase[0] != "flee" else None
        word = self.word(at)
        family = PARTICIPLES.get(word) or INTRANSITIVE.get(word)
        if family is None or (word == "lost" and bare) or self.is_mixed(at + 1, family):
            return None
        if word == "shot" and self.word(at + 1) in ("at", "down"):
            return None
        if bare and word in PARTICIPLES and self.is_adjective(at + 1):
            return None  # "700 displaced families"
        is_active = (
            bare and word in PARTICIPLES and word not in ("dead", "missing") and self.takes_object(at + 1)
        )
        return None if is_active else family  # "200 soldiers killed three": they did it

    def is_adjective(self, at: int) -> bool:
        """Tell whether an unknown noun follows at *at*, so that the participle before it is its adjective."""
        word = self.word(at)
        if not word.isalpha() or not word.endswith("s") or word in _AFTER_VERB:
            return False
        return word not in _NEVER_NOUN

    def chain_at(self, at: int, mention: Mention) -> Event | None:
        """Read auxiliaries and a verb: "have since been badly hurt"."""
        hedged = is_state = seen_aux = False
        for _ in range(_MAX_CHAIN):
            word = self.word(at)
            if family := self.event_at(at, bare=not seen_aux):
                if is_state and family in ("arrest", "capture", "displace"):
                    return None  # how things stand, not what happened
                return Event(family, hedged)
            if not word or word in MODALS or word.endswith("n't"):
                return None
            if word in DISTANT or (word in ("reported", "said") and seen_aux):
                hedged = True
            elif word in STATE:
                is_state = True
            elif word in AUXILIARIES:
                seen_aux = True
            elif not (
                (word == "to" and hedged and self.word(at + 1) in ("have", "be"))
                or (word == "confirmed" and seen_aux)
                or word in ADVERBS
                or word.endswith("ly")
            ):
                break
            at += 1
        if seen_aux and mention.kind == "person" and self.word(at) in _IN_CAMP and self.is_camp(at, at + 9):
            return Event("displace", hedged)
        return None

    def is_camp(self, begin: int, end: int) -> bool:
        window = self.words[max(0, begin) : end]
        return not _CAMP.isdisjoint(window) and not _CAMP_KIND.isdisjoint(window)

    def subject_event(self, mention: Mention) -> Event | None:
        """Find the verb whose subject the number is."""
        at = mention.end
        before = self.word(mention.begin - 1)
        if self.word(at) in ("who", "that"):
            return self.chain_at(at + 1, mention)
        if family := self.event_at(at, bare=True):
            main = None
            if mention.noun and self.word(at) in PARTICIPLES and before not in PREPOSITIONS:
                main = self.event_after_tail(at + 1, mention)  # "12 students held in March were freed"
            return main or Event(family)
        if before in PREPOSITIONS and before not in ("after", "before", "since"):
            return None
        if event := self.chain_at(at, mention):
            return event
        return self.event_after_tail(at, mention)

    def event_after_tail(self, at: int, mention: Mention) -> Event | None:
        """Look over "in the villages west of the town" or ", most of them women," for the verb."""
        if (
            self.word(at).endswith("ing")
            and self.word(at + 1) in PREPOSITIONS
            and self.word(at) not in TRANSITIVE
        ):
            at += 1  # "people sheltering in …"
        is_aside = self.word(at) == "," and mention.kind
        if not is_aside and self.word(at) not in PREPOSITIONS:
            return None
        closed = not is_aside
        for step in range(at, min(at + _MAX_TAIL, len(self.words))):
            word = self.words[step]
            if step > at and word in (",", "and") and not is_aside and self.joins_names(step):
                continue
            if step > at and word in (",", "—", "-", "–"):
                if not is_aside:
                    return None
                closed = True
                if event := self.chain_at(step + 1, mention):
                    return event if self.word(step + 1) in _AFTER_ASIDE else None
                continue
            if word in ';:.()"“”':
                return None
            if closed and word in AUXILIARIES:
                return self.chain_at(step, mention) if not is_aside else None
            if closed and word in INTRANSITIVE:
                return self.chain_at(step, mention) if not is_aside else None
            if not is_aside and step in self.begins and self.begins[step].kind in ("person", "house", ""):
                return None
            if not is_aside and step > at and self.is_foreign(step):
                return None
        return None

    def joins_names(self, at: int) -> bool:
        """Tell whether the comma or "and" stands between two names of a list."""
        if at + 1 >= len(self.words):
            return False
        return self.tokens.is_capital(at - 1) and self.tokens.is_capital(at + 1)

    def is_foreign(self, at: int) -> bool:
        """Tell whether the word opens another clause or is a verb that is not known."""
        word = self.words[at]
        if word in _FOREIGN:
            return True
        is_past = word.endswith("ed") and len(word) > 4 and word not in PARTICIPLES
        return is_past and not self.tokens.is_capital(at)

    def object_event(self, mention: Mention) -> Event | None:
        """Find the verb whose object the number is."""
        at = mention.begin - 1
        while at >= 0 and (self.words[at].endswith("ly") or self.words[at] in ("also", "back", "down", "up")):
            at -= 1
        word = self.word(at)
        if word == "of" and self.word(at - 1) == "lives":
            return Event("kill")
        if word == "of" and (family := EVENT_NOUNS.get(self.word(at - 1))):
            return Event(family)
        if word in _CAMP_VERBS and mention.kind == "person" and self.is_camp(at - 5, at):
            return Event("displace")
        if word in _CAUSES and (phrase := self.phrase_at(mention.end)) and phrase[0] in ("flee", "displace"):
            return Event("displace")
        if word == "let" and self.word(mention.end) in ("go", "free"):
            return Event("free")
        if word + " " + self.word(at + 1) in ("sent back", "handed over"):
            return Event("free")
        if word == "dead" and self.word(at - 1) == "shot" and self.word(at - 2) not in BE:
            return Event("kill")
        family = TRANSITIVE.get(word)
        if family is None or self.is_passive_before(at):
            return None
        joint, other = self.word(at - 1), TRANSITIVE.get(self.word(at - 2))
        if (
            joint in ("and", "or")
            and other
            and other != family
            and {other, family} <= {"kill", "injure", "capture"}
        ):
            return None
        return Event(family, hedged=self.word(at - 1) in DISTANT)

    def is_passive_before(self, at: int) -> bool:
        """Tell whether the verb at *at* is passive, wished, denied or only possible."""
        before = [self.word(at - back) for back in (1, 2, 3)]
        if before[0] in BE and not self.words[at].endswith("ing"):
            return True
        if before[0] in ("to", "not", "never") or any(
            word in MODALS or word.endswith("n't") for word in before[:2]
        ):
            return True
        return before[0] in ("of", "for", "about", "against") and before[1] in (
            "accused",
            "suspected",
            "plan",
            "hope",
        )

    def toll_event(self, mention: Mention) -> Event | None:
        """Read "the death toll … 12", "the number of displaced people has risen to 12"."""
        window = self.words[max(0, mention.begin - 12) : mention.begin]
        if not window or window[-1] not in _TOLL_VERBS or mention.kind not in ("", "person"):
            return None
        for back in range(len(window) - 1, -1, -1):
            word = window[back]
            if word in (";", ".", ","):
                return None
            if word == "toll":
                return Event("kill") if back and window[back - 1] == "death" else None
            if word == "number" and back + 1 < len(window) and window[back + 1] == "of":
                rest = [PARTICIPLES.get(item) or COUNTED_EVENTS.get(item) for item in window[back + 2 :]]
                named = [family for family in rest if family in ("kill", "injure", "displace", "arrest")]
                return Event(named[0]) if len(set(named)) == 1 and named[0] else None
        return None
