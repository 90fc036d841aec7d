"""What a digest shows of one article: headline, best sentences, gloss, and whether the text itself hedges."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from alerts.figure.extract import find_figures
from alerts.lead.gloss import is_denied, write_gloss
from alerts.lead.sentences import choose_sentences
from alerts.match.concept import ConceptFinder, name_concepts
from alerts.text.zawgyi import to_unicode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from alerts.match.concept import Mention
    from alerts.match.lexicon import Lexicon
    from alerts.model import Hit, MarkedText

NEVER_CHECKED = "hedge-unverified"  # said once at an end of a report, it is said of all of it
CLAIMED = "hedge-claim"  # said of its own sentence
# Forms of `CLAIMED` that only name who speaks, as every good report does: statement issued, as they say, it is known.
_ATTRIBUTIONS = frozenset({"according to", "သတင်းထုတ်ပြန်", "အဆိုအရ", "သိရသည်", "အဆိုရ"})
_MYANMAR = re.compile("[\u1000-\u109f]")


@dataclass(frozen=True, slots=True)
class Lead:
    """One article as it is shown; all text is Unicode."""

    headline: str
    sentence: MarkedText | None  # None: the topic's words stand in the title only, or the text is gone
    gloss: str = ""  # in English, of a report in Burmese
    unverified: bool = False  # the report says so itself
    converted: bool = False  # from Zawgyi


class LeadWriter:
    """Writes leads; compiles the lexicon when the first is asked for, for most runs tell nothing."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def write(self, title: str, text: str, hits: Iterable[Hit], encoding: str = "unicode") -> Lead:
        """Return what is shown of an article; *hits* are those of both fields, *encoding* the source's habit."""
        mentions = self._finder.find(title, text, encoding)
        in_text = [hit for hit in hits if hit.field == "text" and text[hit.start : hit.end] == hit.matched]
        named = [mention for mention in mentions if mention.field == "text"]
        sentence = choose_sentences(text, in_text, named, encoding) if in_text else None
        headline = to_unicode(title, default=encoding)
        body = sentence.text if sentence else ""
        shown = self._finder.find(headline.text, body)
        return Lead(
            headline=headline.text,
            sentence=sentence,
            gloss=self._gloss(headline.text, body, shown),
            unverified=any(mention.concept == NEVER_CHECKED for mention in mentions)
            or any(_is_claim(mention, headline.text, body) for mention in shown),
            converted=headline.encoding != "unicode"
            or (sentence is not None and to_unicode(text, default=encoding).encoding != "unicode"),
        )

    @cached_property
    def _finder(self) -> ConceptFinder:
        return ConceptFinder(self._lexicon)

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return name_concepts(self._lexicon)

    def _gloss(self, headline: str, body: str, mentions: Sequence[Mention]) -> str:
        if not _MYANMAR.search(f"{headline} {body}"):
            return ""
        told = [mention for mention in mentions if not is_denied(mention, body)]
        return write_gloss(told, (*find_figures(headline), *find_figures(body)), self._names)


def _is_claim(mention: Mention, headline: str, body: str) -> bool:
    quoted = (headline if mention.field == "title" else body)[mention.start : mention.end]
    return mention.concept == CLAIMED and quoted.casefold() not in _ATTRIBUTIONS
