"""A digest as one HTML page: self-contained, for a browser, a printer, an e-mail or an archive.

Owns what the page is given; ``page.html`` beside it owns the look. Refuses scripts and outside resources: the
page's own policy forbids both, and every text is escaped where it is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts.message.factline import GLOSS_LABEL, claim_count, claim_voices, figures_label, gloss_text
from alerts.message.layout import (
    circumstances,
    coverage_line,
    digest_heading,
    footer_line,
    notice_lines,
    outlet_name,
    perspective_word,
    remainder_line,
    report_line,
    sentence_pieces,
    story_heading,
    volume_lines,
)
from alerts.message.plaintext import list_names
from alerts.model import Severity

if TYPE_CHECKING:
    from alerts.message.layout import Line
    from alerts.message.plaintext import Piece
    from alerts.model import Digest, Report, Story, Tally

_HEADLINE_CHARS = 400
_SENTENCE_CHARS = 2_000
_URL_CHARS = 2_000
_MYANMAR = re.compile("[\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f]")
_LETTER = re.compile(r"[^\W\d_]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MARKS = ("independent", "ethnic", "junta", "international", "humanitarian", "aggregator")


@dataclass(frozen=True, slots=True)
class Told:
    """One report as the page shows it. ``mark`` is a class of the style sheet, ``lang`` a BCP 47 tag."""

    line: Line
    lang: str
    outlet: str
    perspective: str
    mark: str
    circumstances: tuple[str, ...]
    sentence: tuple[Piece, ...] = ()
    gloss: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """One figure with who says it."""

    count: str
    said_by: str
    was: str
    hedged: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """The claims of one kind, for one row of the table."""

    label: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """A story in the order in which it is read."""

    heading: str
    severity: str
    lead: Told
    figures: tuple[Figures, ...]
    further: tuple[Told, ...]
    known: str


def language_tag(text: str, declared: str | None) -> str:
    """Return the BCP 47 tag of *text*: what its outlet declares, unless the letters tell otherwise.

    Browsers choose a font and break lines by it.
    """
    letters = _LETTER.findall(text)
    is_burmese = 2 * sum(bool(_MYANMAR.match(letter)) for letter in letters) > len(letters)
    tag = declared if declared and _LANGUAGE.fullmatch(declared) else ""
    if is_burmese:
        return tag if tag and tag.split("-")[0].lower() != "en" else "my"
    return tag if tag and tag.split("-")[0].lower() != "my" else "en"


def render_page(digest: Digest) -> str:
    """Return *digest* as an HTML document, whatever its length; nothing in it is left out for want of room."""
    template = _environment().get_template("page.html")
    return template.render(
        heading=digest_heading(digest),
        stories=[_article(story, digest) for story in digest.stories],
        brief=[_told(report, digest) for report in digest.brief],
        notices=notice_lines(digest),
        remainder=remainder_line(digest),
        volumes=volume_lines(digest),
        coverage=coverage_line(digest.coverage) if digest.coverage else None,
        footer=footer_line(digest, 1, 1),
        gloss_label=GLOSS_LABEL,
        language_tag=language_tag,
    )


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _article(story: Story, digest: Digest) -> Article:
    lead, *others = story.reports
    known = f"Reported before by {list_names(story.known_outlets, 12)}" if story.known_outlets else ""
    return Article(
        heading=story_heading(story, digest),
        severity=Severity(story.severity).word,
        lead=_told(lead, digest, whole=True),
        figures=tuple(_figures(tally) for tally in story.tallies),
        further=tuple(_told(report, digest) for report in others),
        known=known,
    )


def _told(report: Report, digest: Digest, *, whole: bool = False) -> Told:
    line = report_line(report, digest, _HEADLINE_CHARS, _URL_CHARS)
    return Told(
        line=line,
        lang=language_tag(line.headline, report.language),
        outlet=outlet_name(report),
        perspective=perspective_word(report),
        mark=report.perspective if report.perspective in _MARKS else "other",
        circumstances=circumstances(report, digest),
        sentence=sentence_pieces(report.sentence, _SENTENCE_CHARS) if whole else (),
        gloss=gloss_text(report) if whole else "",
    )


def _figures(tally: Tally) -> Figures:
    claims = (
        Claim(
            claim_count(claim),
            claim_voices(claim),
            "" if claim.was is None else f"{claim.was:,}",
            claim.hedged,
        )
        for claim in tally.claims
    )
    return Figures(figures_label(tally), tuple(claims))
