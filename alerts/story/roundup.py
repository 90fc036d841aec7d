"""Tell a round-up, which reports from many places in turn, from a report of one event."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.text.sentence import find_cuts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.match.concept import Mention

ROUNDUP = 3  # so many parts with places and events of their own make one


_TITLE = re.compile(
    r"\b(?:round-?up|in brief|news briefs?|at a glance|daily (?:news|brief|report|update)|weekly"
    r"|(?:battlefield|war|situation|conflict) (?:update|report|map)|what happened in|week in|timeline|key events)\b"
    r"|^(?:interview|opinion|analysis|explainer|editorial|commentary|profile|feature)\b"
    "|မေးမြန်းခန်း|ဆောင်းပါး|အယ်ဒီတာ့အာဘော်"  # interview, feature, editorial
    "|သတင်းချုပ်|သတင်းအကျဉ်း|နေ့စဉ်သတင်း|အပတ်စဉ်|သတင်းတိုများ",  # summary of news, in brief, daily, weekly
    re.IGNORECASE,
)


def count_events(title: str, text: str, mentions: Iterable[Mention]) -> int:
    """Count the sentences of *text* that name an event at a place of their own, no sentence before named.

    A title that calls the article a round-up, an interview or a comment makes it none of one event.
    """
    if _TITLE.search(title):
        return ROUNDUP
    cuts = find_cuts(text)
    seen: set[str] = set()
    parts = 0
    found = [mention for mention in mentions if mention.field == "text"]
    begin = 0
    for cut in cuts:
        here = [mention for mention in found if begin <= mention.start < cut]
        begin = cut
        places = {mention.concept for mention in here if mention.kind in ("place", "ward")}
        events = {mention.concept for mention in here if mention.kind == "event"}
        if events and places - seen:
            parts += 1
        seen |= places
    return max(1, parts)
