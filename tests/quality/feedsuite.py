"""feedparser's own test files: what each says that its feed holds. Reads them, judges nothing, runs none of their code.

A file's comment holds ``Description:`` and ``Expect:``, a Python expression over feedparser's result, and headers of
the answer it would come with. Only comparisons of the fields that our model has are taken from it, as values.
"""

from __future__ import annotations

import ast
import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

ADDRESS = "http://127.0.0.1:8097/tests/"  # where the suite's own server would be; its expectations name it

_MARKS = (
    (b"\x4c\x6f\xa7\x94", "cp037"),  # "<?xm" in EBCDIC
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00<\x00?", "utf-16-be"),
    (b"<\x00?\x00", "utf-16-le"),
    (b"\xfe\xff", "utf-16"),
    (b"\xff\xfe", "utf-16"),
)
_EXPECT = re.compile(r"Description:\s*.*?\s*Expect:\s*(.*)\s*-->")
_EXPECT_JSON = re.compile(r'"__TEST__":\s*"Description:.*?Expect:\s*(.*?)\s*-->"')
_HEADER = re.compile(r"^Header:\s+([^:]+):(.*)$", re.MULTILINE)
_CODEC = re.compile(r"SkipUnless:\s*__import__\('codecs'\)\.lookup\('([^']+)'\)")
_DATES = ("published", "updated", "created", "modified", "issued", "date")
_FIELDS = {  # as feedparser names it -> as the score does
    ("feed", "title"): "feed title",
    ("feed", "title_detail", "value"): "feed title",
    ("entry", "title"): "title",
    ("entry", "title_detail", "value"): "title",
    ("entry", "link"): "link",
    ("entry", "id"): "id",
    ("entry", "guid"): "id",
    **{("entry", name): "date" for name in _DATES},
    **{("entry", f"{name}_parsed"): "date" for name in _DATES},
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One expectation: a field of the feed or of an entry, and the values of which it must be one."""

    field: str
    entry: int
    values: tuple[Any, ...]  # str; a time tuple in UTC; None: the field must be absent


@dataclass(frozen=True, slots=True)
class Case:
    """One file of the suite, as it would come over HTTP."""

    name: str  # path below the suite's folder
    body: bytes
    content_type: str | None
    location: str | None  # its Content-Location
    url: str  # what its relative links are relative to
    wanted: tuple[Wanted, ...]
    unreadable: str | None = None  # why its expectation cannot be asked on this Python

    @property
    def folder(self) -> str:
        return str(Path(self.name).parent)


def find_suite(folder: Path) -> Path:
    """Return the folder of tests in a checkout or unpacked source of feedparser, or *folder* itself."""
    for candidate in (folder, folder / "tests", *sorted(folder.glob("feedparser-*/tests"))):
        if (candidate / "wellformed").is_dir():
            return candidate
    raise FileNotFoundError(f"{folder}: no folder wellformed in it, nor in its tests/")


def read_suite(folder: Path) -> tuple[Case, ...]:
    """Read every feed below *folder*, those without an expectation of ours, too."""
    root = find_suite(folder)
    paths = sorted(path for path in root.rglob("*") if path.suffix in (".xml", ".json"))
    return tuple(_read(root, path) for path in paths)


def _read(root: Path, path: Path) -> Case:
    body, name = path.read_bytes(), path.relative_to(root).as_posix()
    text = _decoded(body)
    headers = {key.strip().lower(): value.strip() for key, value in _HEADER.findall(text)}
    address = urljoin(ADDRESS, name)
    location = headers.get("content-location")
    expected = (_EXPECT_JSON if path.suffix == ".json" else _EXPECT).search(text)
    codec = _CODEC.search(text)
    unreadable = f"no codec {codec[1]} here" if codec and not _is_codec(codec[1]) else None
    return Case(
        name=name,
        body=body,
        content_type=headers.get("content-type"),
        location=location,
        url=urljoin(address, location) if location and "javascript:" not in location else address,
        wanted=read_expectation(expected[1].strip()) if expected else (),
        unreadable=unreadable,
    )


def _decoded(body: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if body.startswith(mark)), "utf-8-sig")
    return body.decode(encoding, "replace")


def _is_codec(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


def read_expectation(expression: str) -> tuple[Wanted, ...]:
    """Return what *expression* says of fields that we have; an expression is read, never run."""
    wanted: list[Wanted] = []
    for clause in _clauses(ast.parse(expression, mode="eval").body):
        wanted += _wanted(clause)
    return tuple(wanted)


def _clauses(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        return [clause for value in node.values for clause in _clauses(value)]
    return [node]


def _wanted(clause: ast.expr) -> list[Wanted]:
    if isinstance(clause, ast.BoolOp):  # this or that: one field with several good values
        found = [item for value in clause.values for part in _clauses(value) for item in _wanted(part)]
        places = {(item.field, item.entry) for item in found}
        return [Wanted(*places.pop(), tuple(item.values[0] for item in found))] if len(places) == 1 else []
    if isinstance(clause, ast.UnaryOp) and isinstance(clause.op, ast.Not):
        call = clause.operand
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "has_key"
        ):
            place = _place(ast.Subscript(call.func.value, call.args[0]))
            return [Wanted(*place, (None,))] if place else []
    if not isinstance(clause, ast.Compare) or not all(isinstance(op, ast.Eq) for op in clause.ops):
        return []
    sides = [clause.left, *clause.comparators]  # a == b == "value" speaks of a and of b
    try:
        value = ast.literal_eval(sides[-1])
    except ValueError:
        return []
    return [Wanted(*place, (value,)) for side in sides[:-1] if (place := _place(side))]


def _place(node: ast.expr) -> tuple[str, int] | None:
    """Return which of our fields ``entries[0]['title']`` or ``feed.title`` names, and of which entry."""
    steps: list[Any] = []
    while isinstance(node, ast.Subscript | ast.Attribute):
        if isinstance(node, ast.Attribute):
            steps.insert(0, node.attr)
        elif isinstance(node.slice, ast.Constant):
            steps.insert(0, node.slice.value)
        else:
            return None
        node = node.value
    if not isinstance(node, ast.Name) or not steps:
        return None
    if node.id == "entries" and isinstance(steps[0], int):
        field = _FIELDS.get(("entry", *steps[1:]))
        return (field, steps[0]) if field else None
    field = _FIELDS.get((node.id, *steps))
    return (field, 0) if field else None
