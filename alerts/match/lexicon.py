"""Read the lexicon: which written forms stand for a concept. Refuses a file with any bad row, naming all."""

from __future__ import annotations

import csv
import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.match.numbers import NUMBER_FORM
from alerts.text.fold import fold
from crawler.errors import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

COLUMNS = ("concept", "kind", "form", "script", "status", "evidence_url", "note")
NUMBER_KIND = "number-operation"  # the form is the two halves of a number, "11 11"
WORD_KIND = "operation-word"  # stands beside such a number
WARD_KIND = "ward"  # part of a town, named like many another place: never founds a match
KINDS = (
    "place",
    WARD_KIND,
    "operation",
    NUMBER_KIND,
    WORD_KIND,
    "actor",
    "event",
    "thing",
    "person",
    "hedge",
    "exclusion",
)
SCRIPTS = ("latin", "mymr-unicode", "mymr-zawgyi", "thai", "han", "kana", "hangul", "number")
STATUSES = ("standard", "variant", "misspelling", "abbreviation")
_CONCEPT = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
_LETTERS = {
    "latin": re.compile("[A-Za-z]"),
    "mymr-unicode": re.compile("[\u1000-\u109f]"),
    "mymr-zawgyi": re.compile("[\u1000-\u109f]"),
    "thai": re.compile("[\u0e00-\u0e7f]"),
    "han": re.compile("[\u3400-\u9fff]"),
    "kana": re.compile("[\u3040-\u30ff]"),
    "hangul": re.compile("[\u1100-\u11ff\uac00-\ud7a3]"),
    "number": re.compile("[0-9]"),
}


@dataclass(frozen=True, slots=True)
class LexiconRow:
    """One written form of a concept and where it was seen."""

    concept: str
    kind: str
    form: str
    script: str
    status: str
    evidence_url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All forms by concept, in the order of the file."""

    concepts: Mapping[str, tuple[LexiconRow, ...]]

    @property
    def operation_words(self) -> tuple[str, ...]:
        """Return the words that make a number beside them an operation."""
        return tuple(row.form for rows in self.concepts.values() for row in rows if row.kind == WORD_KIND)

    def suggest(self, name: str) -> str | None:
        """Return the concept whose name is nearest to a misspelled one, None when none is near."""
        near = difflib.get_close_matches(name.lower(), list(self.concepts), n=1, cutoff=0.5)
        return near[0] if near else None


def build_lexicon(rows: Iterable[LexiconRow]) -> Lexicon:
    """Gather rows under their concepts."""
    concepts: dict[str, list[LexiconRow]] = {}
    for row in rows:
        concepts.setdefault(row.concept, []).append(row)
    return Lexicon({name: tuple(forms) for name, forms in concepts.items()})


def _one_of(allowed: tuple[str, ...], found: str) -> str:
    near = difflib.get_close_matches(found, allowed, n=1)
    return f"{found!r} is not allowed{f'; did you mean {near[0]}?' if near else ''} (one of {', '.join(allowed)})"


def _find_row_problems(row: LexiconRow) -> list[tuple[str, str]]:
    problems: list[tuple[str, str]] = []
    if not _CONCEPT.fullmatch(row.concept):
        problems.append(("concept", f"{row.concept!r} must be lower-case letters, digits and single hyphens"))
    for column, allowed, found in (
        ("kind", KINDS, row.kind),
        ("script", SCRIPTS, row.script),
        ("status", STATUSES, row.status),
    ):
        if found not in allowed:
            problems.append((column, _one_of(allowed, found)))
    if not any(map(str.isalnum, fold(row.form).text)):
        problems.append(("form", "is empty; write the words to look for"))
    elif row.kind == NUMBER_KIND:
        if not NUMBER_FORM.fullmatch(row.form):
            problems.append(("form", f"{row.form!r} must be two numbers of one or two digits: 11 11"))
    elif row.script in _LETTERS and not _LETTERS[row.script].search(row.form):
        problems.append(("script", f"{row.form!r} has no letter of the script {row.script}"))
    if row.evidence_url and not row.evidence_url.startswith(("https://", "http://")):
        problems.append(("evidence_url", "must be an http or https address, or empty"))
    return problems


def read_lexicon(path: Path) -> Lexicon:
    """Read the CSV file of forms (UTF-8, header line first).

    Raises ``ConfigError`` with every problem of the file at once: file, line and column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(ConfigProblem(str(path), 0, "", "is not UTF-8 text")) from error
    except OSError as error:
        cause = error.strerror or "cannot be read"
        raise ConfigError(ConfigProblem(str(path), 0, "", f"cannot be read: {cause}")) from error
    problems: list[ConfigProblem] = []
    rows: list[LexiconRow] = []
    seen: dict[tuple[str, str], int] = {}
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = tuple(next(reader, ()))
        if header != COLUMNS:
            raise ConfigError(
                ConfigProblem(
                    str(path), 1, "", f"the header must be {','.join(COLUMNS)}; found {','.join(header)}"
                )
            )
        for cells in reader:
            line = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(COLUMNS):
                message = f"{len(cells)} columns instead of {len(COLUMNS)}; quote a cell that holds a comma"
                problems.append(ConfigProblem(str(path), line, "", message))
                continue
            row = LexiconRow(*(cell.strip() for cell in cells))
            found = _find_row_problems(row)
            earlier = seen.setdefault((row.concept, row.form), line)
            if earlier != line:
                found.append(("form", f"{row.form!r} already stands in line {earlier} for {row.concept}"))
            problems += [ConfigProblem(str(path), line, column, message) for column, message in found]
            rows.append(row)
    except csv.Error as error:
        problems.append(ConfigProblem(str(path), reader.line_num, "", f"is no readable CSV: {error}"))
    if problems:
        raise ConfigError(*problems)
    if not rows:
        raise ConfigError(ConfigProblem(str(path), 1, "", "holds no form"))
    return build_lexicon(rows)
