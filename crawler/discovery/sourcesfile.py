"""Add entries to ``sources.yaml`` as text, so that its comments and its order stay. Nothing else is changed.

The file is replaced only by one that was read back and holds what the old one held, then the new entries.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from crawler.config import Source
from crawler.discovery.opml import Proposal, write_entry
from crawler.errors import ConfigError, ConfigProblem, state_path_hint
from crawler.validation import find_duplicates, list_entries, validate
from crawler.yamlfile import Document, read_yaml

_FIRST_ENTRY = re.compile(r"^sources:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*([ \t]*)- ", re.MULTILINE)


def append_entries(path: Path, proposals: Sequence[Proposal]) -> Path:
    """Append *proposals* to the sources in *path* and return the file that was changed (*path* may be a link).

    Raises `ConfigError`, and leaves the file as it is, when it is written in a way that cannot be added to,
    when an entry is not valid there, or when it cannot be written.
    """
    target = path.resolve()
    try:
        old = target.read_bytes().decode("utf-8")
        first = _FIRST_ENTRY.search(old)
        if first is None:
            raise _refusal(
                path, "its entries do not begin with '- ' in lines of their own; add these by hand"
            )
        entries = "\n".join(write_entry(proposal, first[1]) for proposal in proposals)
        gap = "" if old.endswith("\n") else "\n"
        added = f"{gap}\n{entries}"
        if "\r\n" in old:
            added = added.replace("\n", "\r\n")
        _replace(target, old + added, proposals)
    except OSError as error:
        raise _refusal(path, f"cannot be written: {error.strerror}") from error
    return path


def _replace(target: Path, text: str, proposals: Sequence[Proposal]) -> None:
    """Put *text* in the place of *target* in one step, once it has been read back and compared."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        _require_same(read_yaml(target), read_yaml(new), proposals, target)
        new.chmod(target.stat().st_mode)
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def _require_same(old: Document, new: Document, proposals: Sequence[Proposal], target: Path) -> None:
    before, after = (document.get(("sources",)) for document in (old, new))
    number = len(before) if isinstance(before, list) else 0
    added = [dict(proposal.entry) for proposal in proposals]
    if not isinstance(after, list) or after[:number] != before or len(after) != number + len(added):
        raise _refusal(target, "adding to its end would change other entries; add these by hand")
    problems = [*find_duplicates(new, "sources")]
    for index, _ in list_entries(new, "sources")[number:]:
        checked = validate(Source, new, ("sources", index))
        problems += checked.problems
        if checked.value and checked.value != Source.model_validate(added[index - number]):
            raise _refusal(target, f"entry {added[index - number]['id']} would not be read as it was meant")
    if problems:
        raise ConfigError(*(ConfigProblem(state_path_hint(target), 0, p.key, p.message) for p in problems))


def _refusal(path: Path, message: str) -> ConfigError:
    return ConfigError(ConfigProblem(state_path_hint(path), 0, "", f"{message}; the file was not changed"))
