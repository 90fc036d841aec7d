"""YAML files as plain data that knows its line numbers; the keys' meaning is `crawler.validation`'s business.

Nothing is executed: tags are refused, plain words become text, numbers, true, false or null only (YAML 1.2
core schema, so ``22:00`` and ``no`` stay text).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from crawler.errors import ConfigProblem, state_path_hint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Loader = yaml.SafeLoader
else:
    Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads ten times faster; every run reads

KeyPath = tuple[str | int, ...]

MAX_BYTES = 1_048_576  # ten thousand keywords need a third of it
MAX_DEPTH = 20

_VARIABLE = re.compile(r"\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {"": None, "~": None}
for _word, _value in (("null", None), ("true", True), ("false", False)):
    _WORDS |= {_word: _value, _word.title(): _value, _word.upper(): _value}


@dataclass(frozen=True, slots=True)
class Unset:
    """Stands where a value should be: *names* are the variables that hold nothing.

    Without names the value was refused, and the document has a problem that says why.
    """

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One file as read. ``data`` is None when empty or unreadable; it may hold secrets: not in the repr."""

    path: Path
    data: Any = field(default=None, repr=False)
    lines: Mapping[KeyPath, int] = field(default_factory=dict, repr=False)
    interpolated: frozenset[KeyPath] = frozenset()  # values that came from the environment: never shown
    problems: tuple[ConfigProblem, ...] = ()

    def get(self, at: KeyPath) -> Any:
        """Return the value at a key path, None where there is none."""
        value = self.data
        for part in at:
            if isinstance(value, dict):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value

    def problem(self, at: KeyPath, message: str) -> ConfigProblem:
        """Return a problem at a key path, with the line of the nearest key that exists."""
        line = next((self.lines[at[:n]] for n in range(len(at), 0, -1) if at[:n] in self.lines), 0)
        return ConfigProblem(state_path_hint(self.path), line, key_text(at), message)


def key_text(at: KeyPath) -> str:
    """Return a key path as people write it: ``channels[2].url``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in at).lstrip(".")


def parse_key(text: str) -> KeyPath:
    """Return the key path that `key_text` wrote: ``near[0][2]`` is ``("near", 0, 2)``."""
    return tuple(int(part) if part.isdecimal() else part for part in re.findall(r"[^.\[\]]+", text))


def read_yaml(path: Path, *, environ: Mapping[str, str] | None = None, optional: bool = False) -> Document:
    """Read one file; everything wrong with it is in ``problems``, nothing is raised.

    ``${NAME}`` in text takes a variable of *environ* (default: the process's), ``$${`` writes ``${``. A value
    that names an unset or empty variable becomes `Unset`: only its user knows whether that is an error. An
    *optional* file that does not exist is empty. At most 1 MiB and 20 levels; aliases are refused.
    """
    document = Document(path)
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return document if optional else _broken(path, 0, "the file does not exist")
    except OSError as error:
        return _broken(path, 0, f"cannot be read: {error.strerror}")
    if len(body) > MAX_BYTES:
        return _broken(path, 0, f"larger than {MAX_BYTES} bytes")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _broken(path, body.count(b"\n", 0, error.start) + 1, "not UTF-8 text")
    loader = Loader(text)
    builder = _Builder(path, os.environ if environ is None else environ, loader)
    try:
        data = builder.build_document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _broken(path, mark.line + 1 if mark else 0, _explain_syntax(error))
    except yaml.reader.ReaderError as error:
        return _broken(path, 0, f"holds a character that YAML does not allow (code {error.character})")
    except _TooDeepError:
        return _broken(path, 0, f"nested deeper than {MAX_DEPTH} levels")
    finally:
        loader.dispose()
    return Document(path, data, builder.lines, frozenset(builder.interpolated), tuple(builder.problems))


class _TooDeepError(Exception):
    """The document is nested deeper than any configuration."""


class _Builder:
    """Turns parser events into values and remembers where each one stands.

    PyYAML's own composer recurses in C without a limit: 100,000 brackets end the process.
    """

    def __init__(self, path: Path, environ: Mapping[str, str], loader: yaml.SafeLoader) -> None:
        self.name = state_path_hint(path)
        self.environ = environ
        self.next_event: Callable[[], Any] = loader.get_event
        self.lines: dict[KeyPath, int] = {}
        self.interpolated: set[KeyPath] = set()
        self.problems: list[ConfigProblem] = []

    def refuse(self, event: Any, at: KeyPath, message: str) -> Unset:
        self.problems.append(ConfigProblem(self.name, _line_of(event), key_text(at), message))
        return Unset(())

    def build_document(self) -> Any:
        self.next_event()  # start of the stream
        event = self.next_event()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        data = self.build(self.next_event(), ())
        self.next_event()  # end of the document
        event = self.next_event()
        if not isinstance(event, yaml.StreamEndEvent):
            self.refuse(event, (), "a second document begins here; keep one")
        return data

    def build(self, event: Any, at: KeyPath) -> Any:
        if len(at) > MAX_DEPTH:
            raise _TooDeepError
        self.lines.setdefault(at, _line_of(event))
        if isinstance(event, yaml.AliasEvent):
            return self.refuse(event, at, "aliases are not read; put text that begins with * in quotes")
        value: Any
        if isinstance(event, yaml.MappingStartEvent):
            value = self.build_mapping(at)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = []
            while not isinstance(item := self.next_event(), yaml.SequenceEndEvent):
                value.append(self.build(item, (*at, len(value))))
        else:
            value = self.build_scalar(event, at)
        if event.tag not in (None, "tag:yaml.org,2002:str"):
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            return self.refuse(event, at, f"the tag {tag} is not read; put text that begins with ! in quotes")
        return value

    def build_mapping(self, at: KeyPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while True:
            event = self.next_event()
            if isinstance(event, yaml.MappingEndEvent):
                return found
            if not isinstance(event, yaml.ScalarEvent):
                self.refuse(event, at, "a key must be a word; put text that begins with { or [ in quotes")
                self.build(event, (*at, "?"))
                self.build(self.next_event(), (*at, "?"))
                continue
            key = str(event.value)
            where = (*at, key)
            if key in found:
                self.refuse(event, where, f"written twice; first in line {self.lines[where]}")
                self.build(self.next_event(), where)
                continue
            self.lines[where] = _line_of(event)
            found[key] = self.build(self.next_event(), where)

    def build_scalar(self, event: Any, at: KeyPath) -> Any:
        text = str(event.value)
        if "${" in text:
            return self.interpolate(event, text, at)
        if event.style or event.tag:
            return text  # quoted or a block: None and "" both stand for plain in PyYAML's two parsers
        if text in _WORDS:
            return _WORDS[text]
        if len(text) < 300 and _INT.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text

    def interpolate(self, event: Any, text: str, at: KeyPath) -> str | Unset:
        missing: list[str] = []
        refused = len(self.problems)

        def replace(found: re.Match[str]) -> str:
            if found[1]:
                return "${"
            if not found[2]:
                self.refuse(event, at, "${ without a name; write ${NAME}, or $${ for the bare characters")
                return ""
            value = self.environ.get(found[2], "")
            if not value.strip():
                missing.append(found[2])
            return value

        filled = _VARIABLE.sub(replace, text)
        self.interpolated.add(at)
        if missing or len(self.problems) > refused:
            return Unset(tuple(dict.fromkeys(missing)))
        return filled


def _line_of(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _broken(path: Path, line: int, message: str) -> Document:
    return Document(path, problems=(ConfigProblem(state_path_hint(path), line, "", message),))


def _explain_syntax(error: yaml.MarkedYAMLError) -> str:
    text = error.problem or "unreadable"
    if "cannot start any token" in text:
        return "text that begins with @, %, ` or a tab must stand in quotes; tabs cannot indent"
    if "mapping values are not allowed" in text:
        return "a colon where none may be; put text that holds ': ' in quotes, and align the keys"
    return f"not valid YAML: {text}"
