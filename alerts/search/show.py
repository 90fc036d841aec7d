"""Show what was found: lines for people, one line of JSON for programs. Searches nothing.

Whatever could steer a terminal is cleaned out of what a stranger wrote.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from alerts.jsontext import format_instant
from alerts.message.plaintext import clean_line, safe_url
from alerts.model import Hit, MarkedText
from alerts.search.finding import Found
from alerts.search.index import shown_date
from alerts.terminal import Pen, Span, mark_title
from alerts.text.sentence import shown_sentence


@dataclass(frozen=True, slots=True)
class Shower:
    """How articles are shown: outlets by source id, time zone, terminal."""

    outlets: Mapping[str, str]
    timezone: str
    pen: Pen

    def lines(self, found: Found) -> list[str]:
        """Return the lines of one article: date and outlet, title, sentence, address."""
        article = found.article
        when = f"{shown_date(article).astimezone(ZoneInfo(self.timezone)):%Y-%m-%d %H:%M}"
        outlet = clean_line(self.outlets.get(article.source_id, article.source_id))
        title, sentence = marked_title(found), marked_sentence(found)
        number = Span(f"  article {article.article_id}", dim=True)
        lines = [self.pen.paint(Span(f"{when}  "), Span(outlet, bold=True), number)]
        lines += self.pen.wrap(self.pen.mark(title, bold=True) or [Span("(no title)", dim=True)], "  ")
        if sentence.text:
            lines += self.pen.quote(sentence, "  ")
        if address := safe_url(article.url) if article.url else None:
            lines.append("  " + self.pen.paint(Span(address, dim=True)))
        return lines


def marked_title(found: Found) -> MarkedText:
    """Return the title in Unicode with what was found in it."""
    return mark_title(found.article.title, found.hits, _encoding(found))


def marked_sentence(found: Found) -> MarkedText:
    """Return the first of the sentences that hold most of what was asked for; empty when only the title does."""
    return shown_sentence(found.article.text, _best_sentence(found.hits), _encoding(found))


def _best_sentence(hits: Sequence[Hit]) -> list[Hit]:
    by_sentence: dict[str, list[Hit]] = {}
    for hit in hits:
        if hit.field == "text":
            by_sentence.setdefault(hit.sentence, []).append(hit)
    return max(by_sentence.values(), key=lambda group: len({hit.term for hit in group}), default=[])


def _encoding(found: Found) -> str:
    return "zawgyi" if found.encoding == "zawgyi" else found.source_encoding


def as_json_line(found: Found) -> str:
    """Return one article as JSON; spans are code-point offsets into its title and text as stored."""
    article, sentence = found.article, marked_sentence(found)
    return json.dumps(
        {
            "id": article.article_id,
            "url": article.url,
            "source": article.source_id,
            "published": format_instant(article.published),
            "first_seen": format_instant(article.first_seen),
            "title": clean_line(marked_title(found).text),
            "sentence": sentence.text or None,
            "spans": [
                {
                    "field": hit.field,
                    "start": hit.start,
                    "end": hit.end,
                    "given": hit.matched,
                    "form": hit.form,
                    "term": hit.term,
                }
                for hit in found.hits
            ],
        },
        ensure_ascii=False,
    )
