"""Score extraction on trafilatura's own evaluation pages: ``python -m tests.quality.evaluation FOLDER``.

*FOLDER* is ``tests`` of a checkout of https://github.com/adbar/trafilatura: ``evaldata.json`` with strings that must
and must not be in the text, and the pages in ``eval`` and ``cache``. They are general pages, most of them no news: what
helps on the outlets must not hurt there. Nothing here is run by the suite.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from trafilatura import bare_extraction

from crawler.article.extract import extract_page
from crawler.errors import ParseError


def read_pages(folder: Path) -> Iterator[tuple[str, bytes, list[str], list[str]]]:
    """Yield address, body, required and unwanted strings of every page that is there."""
    rows: Mapping[str, Mapping[str, Any]] = json.loads((folder / "evaldata.json").read_text(encoding="utf-8"))
    for url, row in rows.items():
        paths = (folder / kind / row["file"] for kind in ("eval", "cache"))
        path = next((path for path in paths if path.exists()), None)
        if path is not None:
            yield url, path.read_bytes(), row["with"], row["without"]


def main() -> None:
    """Print precision, recall and F1 of strings, ours beside trafilatura's defaults, and the pages refused."""
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "evaldata.json").exists():
        raise SystemExit(__doc__)
    counts = {name: [0, 0, 0] for name in ("newswatch", "trafilatura's defaults")}
    pages, refused = 0, []
    for url, body, required, unwanted in read_pages(Path(sys.argv[1])):
        pages += 1
        try:
            ours = extract_page(body, "text/html", url).text
        except ParseError as error:
            ours = ""
            refused.append(f"{url}: {error}")
        default = getattr(bare_extraction(body), "text", None) or ""
        for name, text in zip(counts, (ours, default), strict=True):
            found = sum(piece in text for piece in required)
            leaked = sum(piece in text for piece in unwanted)
            counts[name] = [a + b for a, b in zip(counts[name], (found, len(required), leaked), strict=True)]
    print(f"{pages} pages, {len(refused)} refused")
    for name, (found, wanted, leaked) in counts.items():
        precision, recall = found / (found + leaked), found / wanted
        f1 = 2 * precision * recall / (precision + recall)
        print(f"{name:24} precision {precision:.4f}  recall {recall:.4f}  F1 {f1:.4f}")
    print("\n".join(refused))


if __name__ == "__main__":
    main()
