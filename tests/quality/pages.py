"""How well articles come out of pages, beside trafilatura's defaults: ``python -m tests.quality.pages``.

Two sets: real pages with gold strings (``corpus/raw`` in the shared folder), and invented articles in every theme of
`tests.themes`. Where a page's whole text is known, F1 is counted on **shingles** of four tokens (a word, or one Burmese
syllable sign with its marks): lost and foreign text weigh by their length, as they do for a matcher. Where only single
strings are known, on **chunks**: required strings found, unwanted strings found, a string a vote.
Headlines are taken off the top of both texts, as the product does before it stores one.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from trafilatura import bare_extraction

from alerts.demo.outlets import load_articles, load_furniture
from crawler.article.extract import NO_RULES, extract_page
from crawler.article.settle import without_headline
from crawler.errors import ParseError
from crawler.model import ExtractRules
from tests.conftest import SHARED
from tests.themes import RULES, THEMES, Page, render_page

SHINGLE = 4
FLOORS = Path(__file__).with_name("pages-floors.json")
_TOKEN = re.compile(
    r"[\u1000-\u102a\u103f\u1040-\u1049\u104c-\u104f][\u102b-\u103e\u105e-\u1060\u200b]*|[^\W\u1000-\u109f]+"
)
# An article of each kind of writing that names neither topic, whole and as a brief of one paragraph.
_ARTICLES = (
    ("en", "muse-traders-wait-for-talks"),
    ("my", "market-stalls-reopen"),
    ("my-zawgyi", "light-rain-possible"),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A page and what is known of its article."""

    name: str
    url: str
    body: bytes
    required: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    full: str | None = None
    rules: ExtractRules = NO_RULES


@dataclass(frozen=True, slots=True)
class Reading:
    """What one extractor made of a page."""

    text: str
    found: int  # required strings
    leaked: tuple[str, ...]  # unwanted strings
    f1: float


@dataclass(frozen=True, slots=True)
class Judged:
    """One page read by both."""

    sample: Sample
    ours: Reading
    default: Reading


def read_gold(shared: Path) -> list[Sample]:
    """Return the real pages of which something is known; [] without the shared folder."""
    folder = shared / "corpus" / "raw"
    if not (folder / "gold.jsonl").exists():
        return []
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as manifest:
        urls = {row["file"]: row["url"] for row in csv.DictReader(manifest)}
    rows = [json.loads(line) for line in (folder / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        Sample(
            row["file"].removesuffix(".html"),
            urls[row["file"]],
            (folder / row["file"]).read_bytes(),
            tuple(row.get("must_contain", ())),
            tuple(row.get("must_not_contain", ())),
            row.get("full_text"),
        )
        for row in rows
    ]


def render_themes() -> list[Sample]:
    """Return invented articles in every theme."""
    articles = {article.slug: article for article in load_articles()}
    samples = []
    for theme in THEMES:
        for furniture, slug in _ARTICLES:
            article = articles[slug]
            page = Page(
                title=article.title,
                paragraphs=article.paragraphs,
                author=article.author,
                outlet="Lake Post (sample)",
                url=f"https://lake.example/2026/11/{slug}/",
                home_url="https://lake.example/",
                language=furniture.partition("-")[0],
                furniture=furniture,
                published=datetime(2026, 11, 20, 3, 30, tzinfo=UTC),
                visited=datetime(2026, 11, 22, 3, 30, tzinfo=UTC),
            )
            brief = replace(page, paragraphs=page.paragraphs[:1])
            samples += [_sample(theme, furniture, page), _sample(theme, f"{furniture}-brief", brief)]
    return samples


def _sample(theme: str, name: str, page: Page) -> Sample:
    own = squash(" ".join((page.title, *page.paragraphs)))
    strange = [squash(words) for words in _flatten(load_furniture(page.furniture).values())]
    return Sample(
        f"{theme}-{name}",
        page.url,
        render_page(theme, page).encode(),
        page.paragraphs,
        tuple(dict.fromkeys(words for words in strange if words not in own)),
        "\n".join(page.paragraphs),
        RULES.get(theme, NO_RULES),
    )


def _flatten(values: Iterable[str | list[str]]) -> Iterator[str]:
    for value in values:
        yield from [value] if isinstance(value, str) else value


def judge(samples: Sequence[Sample]) -> tuple[Judged, ...]:
    """Read every page with both extractors."""
    judged = []
    for sample in samples:
        try:
            page = extract_page(sample.body, "text/html", sample.url, sample.rules)
        except ParseError:
            ours, title = "", None
        else:
            ours, title = page.text, page.title
        default = getattr(bare_extraction(sample.body), "text", None) or ""
        judged.append(Judged(sample, _read(sample, ours, title), _read(sample, default, title)))
    return tuple(judged)


def _read(sample: Sample, text: str, title: str | None) -> Reading:
    text = without_headline(text, title)
    flat = squash(text)
    found = sum(squash(piece) in flat for piece in sample.required)
    leaked = tuple(piece for piece in sample.unwanted if squash(piece) in flat)
    if sample.full is not None:
        f1 = shingle_f1(text, sample.full)
    else:
        f1 = chunk_f1(found, len(sample.required), len(leaked))
    return Reading(text, found, leaked, f1)


def squash(text: str) -> str:
    """Return *text* as one NFC line."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def shingle_f1(text: str, gold: str) -> float:
    """Return how far the shingles of two texts agree, from 0 to 1."""
    ours, theirs = _shingles(text), _shingles(gold)
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if total else 1.0


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(squash(text).casefold())
    return Counter(tuple(tokens[at : at + SHINGLE]) for at in range(max(1, len(tokens) - SHINGLE + 1)))


def chunk_f1(found: int, required: int, leaked: int) -> float:
    """Return the F1 of strings: found ones are right, leaked ones wrong, the other required ones missed."""
    return 2 * found / (found + required + leaked) if required + leaked else 1.0


def mean_f1(readings: Sequence[Reading]) -> float:
    """Return the mean F1 of pages."""
    return sum(reading.f1 for reading in readings) / len(readings)


def read_floors() -> dict[str, float]:
    """Return the F1 under which no page may sink, by name."""
    floors: dict[str, float] = json.loads(FLOORS.read_text(encoding="utf-8"))
    return floors


def show_table(judged: Sequence[Judged]) -> Iterator[str]:
    """Yield the lines of one set's table."""
    head = f"{'required':>11}{'unwanted':>10}{'F1':>8}"
    yield f"{'':44}{head}  |{head}  trafilatura's defaults"
    for one in judged:
        cells = [
            _cells(
                reading.found,
                len(one.sample.required),
                len(reading.leaked),
                len(one.sample.unwanted),
                reading.f1,
            )
            for reading in (one.ours, one.default)
        ]
        by = "shingles" if one.sample.full is not None else "chunks"
        yield f"{one.sample.name[:44]:44}{cells[0]}  |{cells[1]}  {by}"
    required = sum(len(one.sample.required) for one in judged)
    unwanted = sum(len(one.sample.unwanted) for one in judged)
    cells = []
    for readings in ([one.ours for one in judged], [one.default for one in judged]):
        found, leaked = sum(each.found for each in readings), sum(len(each.leaked) for each in readings)
        cells.append(_cells(found, required, leaked, unwanted, mean_f1(readings)))
    yield f"{f'{len(judged)} pages':44}{cells[0]}  |{cells[1]}"


def _cells(found: int, required: int, leaked: int, unwanted: int, f1: float) -> str:
    return f"{f'{found}/{required}':>11}{f'{leaked}/{unwanted}':>10}{f1:8.3f}"


def main() -> None:
    """Print both tables."""
    for name, samples in (("real pages", read_gold(SHARED)), ("themes", render_themes())):
        if not samples:
            print(f"{name}: not beside this checkout, left out\n")
            continue
        print(name)
        print("\n".join(show_table(judge(samples))), end="\n\n")


if __name__ == "__main__":
    main()
