"""How fast article text is extracted, beside trafilatura's own defaults, page by page in turn.

Pages: real ones where the corpus is present (``shared/corpus/raw`` beside the checkout or in
$NEWSWATCH_SHARED), else the invented pages of the test suite; repeated up to the number asked for.
"""

from __future__ import annotations

import argparse
import os
import time
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import trafilatura

from crawler.article.extract import extract_page
from crawler.errors import ParseError

ROOT = Path(__file__).resolve().parent.parent


def find_pages() -> tuple[str, list[bytes]]:
    """Return where the pages come from, and their bytes."""
    shared = Path(os.environ.get("NEWSWATCH_SHARED") or ROOT.parent / "shared")
    for label, folder in (("real", shared / "corpus/raw"), ("invented", ROOT / "tests/golden/pages")):
        if pages := [path.read_bytes() for path in sorted(folder.glob("*.html"))]:
            return label, pages
    raise SystemExit("no pages found")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    label, distinct = find_pages()
    pages = list(islice(cycle(distinct), options.pages))

    def ours(page: bytes) -> object:
        with suppress(ParseError):  # a page that lists articles
            return extract_page(page, "text/html", "https://example.org/2026/11/22/page")
        return None

    def bare(page: bytes) -> object:
        return trafilatura.extract(page)

    for page in distinct:  # imports, compiled expressions, caches
        ours(page)
        bare(page)
    rounds = []
    for _ in range(options.rounds):
        ours_s = bare_s = 0.0
        for page in pages:
            started = time.process_time()
            ours(page)
            turned = time.process_time()
            bare(page)
            ours_s += turned - started
            bare_s += time.process_time() - turned
        rounds.append((bare_s / ours_s, len(pages) / ours_s, len(pages) / bare_s))
    ratio, ours_rate, bare_rate = (median(values) for values in zip(*rounds, strict=True))
    print(f"{options.pages} pages ({len(distinct)} different, {label}), medians of {options.rounds} rounds")
    print(f"crawler.article.extract        {ours_rate:6.1f} pages/s")
    print(f"trafilatura.extract()  {bare_rate:6.1f} pages/s")
    print(f"ratio, newswatch / trafilatura's defaults: {ratio:.2f}")


if __name__ == "__main__":
    main()
