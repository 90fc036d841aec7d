"""Read the figures of one English sentence. Parts are marked and never added; what is unclear is left out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.figure.model import Class, Count
from alerts.figure.verb import Event, Sentence, names_event
from alerts.figure.wordlist import (
    ARMED,
    BE,
    COUNTED_EVENTS,
    DISEASE,
    FAMILIES,
    FOR_PEOPLE,
    NOUNS,
    PARTICIPLES,
    words_of,
)
from alerts.model import What

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.figure.phrase import Mention, Tokens

_PERIOD = re.compile(
    r"\b(?:since (?:the )?(?:[a-z0-9-]+ ){0,3}(?:coup|takeover|offensive|operation|war|began|started)\b"
    r"|since (?:the )?[a-z0-9]+(?: [0-9]{1,4})?|so far(?: this year)?|(?:this|last) (?:year|month|week)|in total"
    r"|in all|(?:across|throughout) the country)\b"
)
_FOUND = frozenset(words_of("found recovered retrieved discovered seen"))
_IS = BE | {"has", "have", "had"}
_UNSAID: dict[What, str] = {"houses_destroyed": "houses", "bases_captured": "bases"}
_MAX_PART_TAIL = 6  # tokens of one part before the next: "43 from shelling, and 24 …"
_MAX_ASIDE = 4
_MAX_BACK = 60  # tokens back to the base that "another fell; 12 have been taken" means
_MAX_PERIOD = 120  # characters in which the time of a total is looked for


def _what(sentence: Sentence, mention: Mention, event: Event) -> What | None:
    """Return what the event means for the noun; a number without one takes a base or house named before it."""
    meanings: dict[Class, What] = FAMILIES[event.family]
    if event.family == "displace" and sentence.word(mention.end - 1) in ARMED:
        return None
    if mention.kind:
        return meanings.get(mention.kind)
    last: Class = ""
    for at in range(mention.begin - 1, max(-1, mention.begin - _MAX_BACK), -1):
        if (kind := NOUNS.get(sentence.words[at])) in ("base", "house"):
            last = kind
            break
    if event.family in FOR_PEOPLE and (event.family != "capture" or last != "base"):
        return meanings["person"]
    if event.family == "seize" and last != "base":
        return "arrested"
    return meanings.get(last) if last else None


def _counts_itself(sentence: Sentence, mention: Mention) -> What | None:
    """Read a noun that is its own event: "12 deaths", "145 cases", "3,000 displaced people"."""
    noun = sentence.word(mention.end - 1)
    if mention.kind == "case":
        return "other" if not DISEASE.isdisjoint(sentence.words) else None
    if mention.noun.startswith("displaced") or noun == "idps":
        return "displaced"
    family = COUNTED_EVENTS.get(noun)
    if noun == "lives" and sentence.word(mention.begin - 1) not in ("cost", "costs", "claimed", "claims"):
        return None
    if family and noun in ("bodies", "corpses"):
        near = sentence.words[max(0, mention.begin - 3) : mention.end + 5]
        return "killed" if not _FOUND.isdisjoint(near) else None
    return FAMILIES[family]["person"] if family else None


def _is_part(sentence: Sentence, mention: Mention) -> bool:
    if _is_single(sentence, mention):
        return False  # "one of them a child"
    before, two = sentence.word(mention.begin - 1), sentence.word(mention.begin - 2)
    if before in ("including", "included") or (before in ("them", "whom") and two in ("among", "of")):
        return True
    after = mention.number.end
    return sentence.word(after) == "of" and sentence.word(after + 1) in ("them", "whom")


def _is_single(sentence: Sentence, mention: Mention) -> bool:
    return mention.begin == mention.number.start and sentence.word(mention.begin) in ("a", "an")


def _own_what(sentence: Sentence, mention: Mention) -> tuple[What, bool] | None:
    is_single = _is_single(sentence, mention)
    for find in (sentence.object_event, sentence.subject_event, sentence.toll_event):
        event = find(mention)
        if event is None:
            continue
        if is_single and find == sentence.subject_event and sentence.event_at(mention.end, bare=True):
            continue  # "a man killed in 2021" tells who he is
        if what := _what(sentence, mention, event):
            return what, event.hedged
    return None


def _follows(sentence: Sentence, left: Mention, right: Mention) -> bool:
    """Tell whether only "and" or a comma parts two noun phrases."""
    between = sentence.words[left.end : right.begin]
    if _is_single(sentence, right) and between != ["and"]:
        return False  # "…, a resident said"
    return between in (["and"], [","], [",", "and"], ["as", "well", "as"])


def _share(sentence: Sentence, found: list[tuple[What, bool] | None]) -> None:
    """Let "3 soldiers and 2 civilians" share the verb before or behind them, from first to last."""
    mentions = sentence.mentions
    for index in range(len(mentions) - 2, -1, -1):
        mention, after = mentions[index], mentions[index + 1]
        shared = found[index + 1]
        joined = shared and mention.kind and mention.kind == after.kind and _follows(sentence, mention, after)
        if found[index] is None and joined and sentence.object_event(after) is None:
            found[index] = shared
    for index in range(1, len(mentions)):
        before, mention = mentions[index - 1], mentions[index]
        if found[index] is not None or mention.kind is None or not _follows(sentence, before, mention):
            continue
        if (shared := found[index - 1]) is None or sentence.subject_event(before):
            continue
        if event := sentence.object_event(before):
            what = _what(sentence, mention, event)
            found[index] = (what, event.hedged) if what else None
        elif mention.kind and mention.kind == before.kind:
            found[index] = shared


def _denied(sentence: Sentence) -> Iterator[Count]:
    """Read "no one was killed" as a figure of none."""
    for at, word in enumerate(sentence.words):
        if word in ("nobody", "none") or (word == "no" and sentence.word(at + 1) == "one"):
            verb = at + 1 + (word == "no")
        elif word == "no":
            verb = next((i + 1 for i in range(at + 1, at + 4) if NOUNS.get(sentence.word(i)) == "person"), -1)
        else:
            continue
        if verb < 0 or sentence.word(verb) not in _IS:
            continue
        verb += 1 + (sentence.word(verb + 1) == "been")
        family = PARTICIPLES.get(sentence.word(verb))
        if family in ("kill", "injure") and not sentence.is_mixed(verb + 1, family):
            who = (
                " ".join(sentence.words[at : verb - 1])
                if word == "no" and sentence.word(at + 1) != "one"
                else "people"
            )
            what: What = "killed" if family == "kill" else "injured"
            start, end = sentence.tokens.span(at, verb + 1)
            yield Count(0, False, what, who.removeprefix("no "), False, start, end)


def read_english(tokens: Tokens) -> list[Count]:
    """Return the figures of one sentence, in order; ``start`` and ``end`` are folded offsets."""
    if not names_event(tokens):
        return []
    sentence = Sentence(tokens)
    mentions = sentence.mentions
    found: list[tuple[What, bool] | None] = [
        _own_what(sentence, mention) if mention.kind not in (None, "case") else None for mention in mentions
    ]
    _share(sentence, found)
    counts: list[Count] = []
    parent: Count | None = None
    was_part = False
    previous: Mention | None = None
    for mention, own in zip(mentions, found, strict=True):
        if mention.kind is None:
            previous, was_part = mention, False
            continue
        is_part = _is_part(sentence, mention)
        if was_part and previous and own is None:
            between = sentence.words[previous.end : mention.begin]
            is_part |= between[-1:] == ["and"] and len(between) <= _MAX_PART_TAIL and ";" not in between
        what, hedged = own or (_counts_itself(sentence, mention), False)
        if what is None and is_part and parent and mention.kind in ("", "person"):
            what = parent.what
        if (
            what is None
            and parent
            and mention.kind in ("", "person", "case")
            and _is_total(sentence, mention)
        ):
            what = parent.what
        if what is not None:
            count = _make(sentence, mention, what, hedged)
            if is_part and parent and count.value <= parent.value:
                count = replace(count, who=f"{count.who} (included in the {parent.value:,})")
            else:
                parent = count
            counts.append(count)
        previous, was_part = mention, is_part and what is not None
    return sorted([*counts, *_denied(sentence)], key=lambda count: count.start)


def _is_total(sentence: Sentence, mention: Mention) -> bool:
    window = sentence.words[max(0, mention.begin - _MAX_ASIDE) : mention.number.start]
    return "total" in window and ";" not in window[window.index("total") :]


def _make(sentence: Sentence, mention: Mention, what: What, hedged: bool) -> Count:
    tokens, folded = sentence.tokens, sentence.tokens.folded
    start, end = tokens.span(mention.begin, mention.end)
    who = mention.noun or _UNSAID.get(what, "people")
    if mention.noun_at >= 0:
        who = tokens.original(mention.noun_at, mention.noun_end)
    period = _PERIOD.search(folded.text, end, end + _MAX_PERIOD)
    period = period or _PERIOD.search(folded.text, max(0, start - _MAX_PERIOD), start)
    if period:
        begin, stop = folded.span(*period.span())
        who = f"{who} ({folded.original[begin:stop]})"
    about = mention.hedged and not hedged
    return Count(mention.number.value, mention.at_least, what, who, hedged or about, start, end, about)
