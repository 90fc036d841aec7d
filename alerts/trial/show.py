"""Tell people what was found in a document, in a few wrapped lines. Knows nothing of files.

Whatever could steer a terminal is cleaned out of what a stranger wrote.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alerts.message.plaintext import clean_line
from alerts.terminal import CYAN, Pen, Span, mark_title
from alerts.text.sentence import excerpt_at, find_cuts, shown_sentence
from alerts.text.zawgyi import to_unicode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alerts.figure.model import Figure
    from alerts.match.matcher import Findings
    from alerts.model import Hit
    from alerts.story.model import Evidence
    from alerts.trial.grouping import Placed
    from alerts.trial.value import Document


@dataclass(slots=True)
class Teller:
    """Writes for people, and counts for the last line."""

    pen: Pen
    documents: int = 0
    by_topic: Counter[str] = field(default_factory=Counter)
    without: int = 0

    def tell(
        self,
        document: Document,
        found: Findings,
        language: str | None,
        figures: Sequence[Figure],
        default_encoding: str,
        note: str = "",
        placed: Placed | None = None,
    ) -> str:
        """Return the lines for one document, an empty line at their end."""
        self.documents += 1
        self.by_topic.update(dict.fromkeys(found.topics, 1))
        self.without += not found.topics
        encoding = "zawgyi" if found.encoding == "zawgyi" else default_encoding
        lines = [*self._heading(document, found, language, encoding)]
        for topic, hits in found.topics.items():
            lines += self._topic(document.text, topic, hits, encoding)
            if details := found.details.get(topic):
                lines += self.pen.wrap([Span(f"also: {_count_forms(details)}", dim=True)], "    ")
        if not found.topics:
            lines += self.pen.wrap([Span("  no topic", dim=True)], "")
        if figures:
            lines += self._figures(figures, encoding)
        if placed:
            lines += self._story(placed)
        if note:
            lines += self.pen.wrap([Span(clean_line(note), dim=True)], "  ")
        return "\n".join(lines) + "\n\n"

    def list_stories(self, groups: Sequence[tuple[str, tuple[str, ...]]]) -> str:
        """Return one line for each story with several documents, "" when there is none."""
        lines: list[str] = []
        for story, members in groups:
            names = ", ".join(map(clean_line, members))
            lines += self.pen.wrap(
                [Span(f"{story} ", bold=True), Span(f"{len(members)}: {names}")], "", "    "
            )
        return "\n".join([self.pen.paint(Span("stories", bold=True)), *lines]) + "\n\n" if lines else ""

    def summarise(self, seconds: float, troubles: int) -> str:
        """Return the last line: how many documents, hits by topic, time."""
        parts = [_count(self.documents, "document")]
        parts += [f"{topic} {number}" for topic, number in self.by_topic.most_common()]
        parts += [f"no topic {self.without}"] if self.without else []
        parts += [f"{troubles} not read"] if troubles else []
        return (
            "\n".join(self.pen.wrap([Span(" · ".join([*parts, f"{seconds:.1f} s"]), bold=True)], "")) + "\n"
        )

    def _heading(
        self, document: Document, found: Findings, language: str | None, encoding: str
    ) -> Iterator[str]:
        name = clean_line(str(document.id))
        hits = [hit for hits in found.topics.values() for hit in hits if hit.field == "title"]
        title = mark_title(document.title, hits, encoding)
        spans = self.pen.mark(title, bold=True) if title.text.strip() else [Span(name, bold=True)]
        yield from self.pen.wrap(spans, "")
        facts = [name] if title.text.strip() else []
        published = (document.published or "").replace("T", " ")[:16]  # to the minute
        facts += [clean_line(fact) for fact in (document.outlet, published, language) if fact]
        facts += {"zawgyi": ["Zawgyi"], "mixed": ["Zawgyi and Unicode mixed"]}.get(found.encoding, [])
        if facts:
            yield from self.pen.wrap([Span(" · ".join(facts), dim=True)], "  ")

    def _topic(self, text: str, topic: str, hits: Sequence[Hit], encoding: str) -> Iterator[str]:
        yield self.pen.paint(Span(f"  {topic}", bold=True, colour=CYAN))
        for group in _by_sentence(text, hits):
            yield from self.pen.quote(shown_sentence(text, group, encoding), "    ")
        in_title = sum(hit.field == "title" for hit in hits)
        where = f" ({in_title} in the title)" if in_title else ""
        yield from self.pen.wrap([Span(_count_forms(hits) + where, dim=True)], "    ")

    def _figures(self, figures: Sequence[Figure], encoding: str) -> Iterator[str]:
        yield self.pen.paint(Span("  figures", bold=True, colour=CYAN))
        for figure in figures:
            lead = "at least " if figure.at_least else "about " if figure.about else ""
            number = f"{lead}{figure.value:,}"
            what = figure.what.replace("_", " ")
            rest = f" {what}" + (
                f" ({_readable(figure.who, encoding)})" if figure.who and figure.who not in what else ""
            )
            rest += f", according to {_readable(figure.source, encoding)}" if figure.source else ""
            rest += ", unverified" if figure.hedged and not figure.about else ""
            yield from self.pen.wrap([Span(number, bold=True), Span(rest)], "    ")

    def _story(self, placed: Placed) -> Iterator[str]:
        yield self.pen.paint(Span(f"  story {placed.story}", bold=True, colour=CYAN))
        if placed.copy_of is not None:
            yield from self.pen.wrap([Span(f"a copy of {clean_line(placed.copy_of)}")], "    ")
        if placed.earlier:
            known = ", ".join(map(clean_line, placed.earlier[:MOST_NAMED]))
            more = f" +{len(placed.earlier) - MOST_NAMED} more" if len(placed.earlier) > MOST_NAMED else ""
            yield from self.pen.wrap([Span(f"the same event as {known}{more}")], "    ")
            yield from self.pen.wrap([Span(_explain(placed.reasons), dim=True)], "    ")
        if placed.near:
            yield from self.pen.wrap([Span(f"near {', '.join(placed.near)}", dim=True)], "    ")


MOST_NAMED = 6


def _explain(reasons: Sequence[Evidence]) -> str:
    """Return "police-office +5.2, killed 6 +3.9, another place -4.0": what counted most."""
    return ", ".join(f"{_name_evidence(item.what)} {item.weight:+.1f}" for item in reasons)


def _name_evidence(what: str) -> str:
    kind, _, name = what.partition(":")
    if not name:
        return what
    shown = {
        "figure": name.replace("=", " ").replace("_", " "),
        "day": f"day {name}",
        "number": f"number {name}",
    }
    return clean_line(shown.get(kind, name))


def _readable(text: str, encoding: str) -> str:
    return clean_line(to_unicode(text, encoding).text)


def _count_forms(hits: Iterable[Hit]) -> str:
    forms = Counter(hit.form for hit in hits).most_common()
    return ", ".join(f"{clean_line(form)} ×{count}" for form, count in forms)


def _by_sentence(text: str, hits: Iterable[Hit]) -> Iterator[list[Hit]]:
    """Yield the hits of every sentence of the text once, whatever the number of hits in it."""
    group: list[Hit] = []
    stop = 0
    cuts = find_cuts(text)
    for hit in sorted((hit for hit in hits if hit.field == "text"), key=lambda hit: hit.start):
        if group and hit.end > stop:
            yield group
            group = []
        if not group:
            _, stop = excerpt_at(text, hit.start, hit.end, cuts)
        group.append(hit)
    if group:
        yield group


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
