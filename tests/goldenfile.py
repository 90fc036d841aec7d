"""What a document was read as, held against the file of expectations beside it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SUFFIX = ".expected.json"
REWRITE = bool(os.environ.get("NEWSWATCH_REWRITE_GOLDEN"))  # then read the diff: the files are the promise


def documents(folder: Path) -> list[Path]:
    """Return the documents of *folder* in order, without the expectations beside them."""
    return sorted(path for path in folder.iterdir() if not path.name.endswith(SUFFIX))


def assert_reads_as_expected(document: Path, value: DataclassInstance) -> None:
    """Hold *value* against the expectations beside *document*; rewrite them when asked to."""
    found: Any = json.loads(json.dumps(asdict(value), default=str))
    expected = document.with_name(document.name + SUFFIX)
    if REWRITE:
        expected.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(expected.read_text(encoding="utf-8"))
