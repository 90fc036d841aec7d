"""Show what was found: lines for people, one line of JSON for programs. Searches nothing.

Whatever could steer a terminal is cleaned out of what a stranger wrote.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO
from zoneinfo import ZoneInfo

from alerts.demo.terminal import Span, paint, wrap_spans
from alerts.model import Hit, MarkedText
from alerts.plaintext import clean_line, safe_url, tidy
from alerts.search.finding import Found
from alerts.search.index import shown_date
from alerts.text.sentence import shown_sentence
from alerts.text.zawgyi import to_unicode

_YELLOW = 33
_MIN_COLUMNS, _MAX_COLUMNS = 30, 120
_OPEN, _CLOSE = "«", "»"  # stand for colour where there is none; foreign to English and Burmese spelling


@dataclass(frozen=True, slots=True)
class Shower:
    """How articles are shown: outlets by source id, time zone, terminal. *columns* None: no wrapping."""

    outlets: Mapping[str, str]
    timezone: str
    colour: bool = False
    columns: int | None = None

    @classmethod
    def for_stream(cls, stream: TextIO, outlets: Mapping[str, str], timezone: str) -> Shower:
        """Return one fit for *stream*: colours and wrapping on a terminal only."""
        is_terminal = stream.isatty()
        columns = shutil.get_terminal_size().columns if is_terminal else None
        return cls(outlets, timezone, is_terminal and not os.environ.get("NO_COLOR"), columns)

    def lines(self, found: Found) -> list[str]:
        """Return the lines of one article: date and outlet, title, sentence, address."""
        article = found.article
        when = f"{shown_date(article).astimezone(ZoneInfo(self.timezone)):%Y-%m-%d %H:%M}"
        outlet = clean_line(self.outlets.get(article.source_id, article.source_id))
        title, sentence = marked_title(found), marked_sentence(found)
        lines = [
            self._paint(
                [
                    Span(when),
                    Span("  "),
                    Span(outlet, bold=True),
                    Span(f"  article {article.article_id}", dim=True),
                ]
            )
        ]
        lines += self._wrap(self._spans(title, bold=True) or [Span("(no title)", dim=True)], "  ")
        if sentence.text:
            lines += self._wrap(self._spans(sentence), "  │ ")
        if address := safe_url(article.url) if article.url else None:
            lines.append("  " + self._paint([Span(address, dim=True)]))
        return lines

    def _spans(self, text: MarkedText, *, bold: bool = False) -> list[Span]:
        spans: list[Span] = []
        last = 0
        for start, end in text.marks:
            marked = tidy(text.text[start:end])
            shown = marked if self.colour else f"{_OPEN}{marked}{_CLOSE}"
            spans += (Span(tidy(text.text[last:start]), bold=bold), Span(shown, bold=True, colour=_YELLOW))
            last = end
        spans.append(Span(tidy(text.text[last:]), bold=bold))
        return [span for span in spans if span.text]

    def _wrap(self, spans: Sequence[Span], lead: str) -> list[str]:
        if self.columns is None:
            return [lead + self._paint(spans)]
        room = min(max(self.columns, _MIN_COLUMNS), _MAX_COLUMNS) - len(lead)
        return [lead + self._paint(line) for line in wrap_spans(spans, room)]

    def _paint(self, spans: Sequence[Span]) -> str:
        return paint(spans, colour=self.colour)


def marked_title(found: Found) -> MarkedText:
    """Return the title in Unicode with what was found in it."""
    plain = to_unicode(found.article.title, _encoding(found))
    marks: list[tuple[int, int]] = []
    for start, end in sorted(plain.locate(hit.start, hit.end) for hit in found.hits if hit.field == "title"):
        if marks and start <= marks[-1][1]:
            marks[-1] = (marks[-1][0], max(end, marks[-1][1]))
        else:
            marks.append((start, end))
    return MarkedText(plain.text, tuple(marks))


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
            "published": _iso(article.published),
            "first_seen": _iso(article.first_seen),
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


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
