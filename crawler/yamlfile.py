"""YAML files as plain data that knows its line numbers. What the keys mean is the business of `crawler.validation`.

Nothing is executed: tags are refused, plain words become text, numbers, true, false or null only (YAML 1.2 core,
so ``22:00`` and ``no`` stay text).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from crawler.errors import ConfigProblem, state_path_hint

if TYPE_CHECKING:
    Loader = yaml.SafeLoader
else:
    Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads ten times faster; every run reads

KeyPath = tuple[str | int, ...]

MAX_BYTES = 1_048_576  # ten thousand keywords need a third of it
MAX_NODES = 100_000  # aliases of aliases multiply: a small file must not fill the memory
MAX_DEPTH = 20

_VARIABLE = re.compile(r"\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {"": None, "~": None}
for _word, _value in (("null", None), ("true", True), ("false", False)):
    _WORDS |= {_word: _value, _word.title(): _value, _word.upper(): _value}


@dataclass(frozen=True, slots=True)
class Unset:
    """Stands where a value should be: *names* are the variables that hold nothing."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One file as read. ``data`` may hold secrets, so it is not in the repr; None when empty or unreadable."""

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


def read_yaml(path: Path, *, environ: Mapping[str, str] | None = None, optional: bool = False) -> Document:
    """Read one file; everything wrong with it is in ``problems``, nothing is raised.

    ``${NAME}`` in text takes a variable of *environ* (default: the process's), ``$${`` writes ``${``. A value that
    names an unset or empty variable becomes `Unset`: only its user knows whether that is an error. An *optional*
    file that does not exist is empty. At most 1 MiB, 20 levels, 100,000 values.
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
    builder = _Builder(path, os.environ if environ is None else environ)
    loader = _Composer(text)
    try:
        node = loader.get_single_node()
        data = None if node is None else builder.build(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _broken(path, mark.line + 1 if mark else 0, _explain_syntax(error))
    except yaml.reader.ReaderError as error:
        return _broken(path, 0, f"holds a character that YAML does not allow (code {error.character})")
    except (RecursionError, _TooMuch):
        return _broken(path, 0, f"nested deeper than {MAX_DEPTH} levels or more than {MAX_NODES} values")
    finally:
        loader.dispose()
    return Document(path, data, builder.lines, frozenset(builder.interpolated), tuple(builder.problems))


class _Composer(Loader):
    """Composes nodes only; without resolvers every plain word is text until `_Builder` looks at it."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  overrides PyYAML's class attribute


class _TooMuch(Exception):
    """The document is larger than any configuration."""


class _Builder:
    """Turns nodes into values and remembers where each one stands."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self.document = Document(path)
        self.environ = environ
        self.lines: dict[KeyPath, int] = {}
        self.interpolated: set[KeyPath] = set()
        self.problems: list[ConfigProblem] = []
        self.nodes = 0

    def refuse(self, node: yaml.Node, at: KeyPath, message: str) -> None:
        name = state_path_hint(self.document.path)
        self.problems.append(ConfigProblem(name, node.start_mark.line + 1, key_text(at), message))

    def build(self, node: yaml.Node, at: KeyPath) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or len(at) > MAX_DEPTH:
            raise _TooMuch
        self.lines.setdefault(at, node.start_mark.line + 1)
        kind = {yaml.ScalarNode: "str", yaml.SequenceNode: "seq", yaml.MappingNode: "map"}[type(node)]
        if node.tag != f"tag:yaml.org,2002:{kind}":
            self.refuse(node, at, f"tag {node.tag} is not allowed; put text that begins with ! in quotes")
            return None
        if isinstance(node, yaml.MappingNode):
            return self.build_mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*at, index)) for index, item in enumerate(node.value)]
        text = str(node.value)
        if "${" in text:
            return self.interpolate(node, text, at)
        if node.style is None:
            if text in _WORDS:
                return _WORDS[text]
            if len(text) < 300 and _INT.fullmatch(text):
                return int(text)
            if _FLOAT.fullmatch(text):
                return float(text)
        return text

    def build_mapping(self, node: yaml.MappingNode, at: KeyPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.refuse(key_node, at, "a key must be a word; put text that holds { or [ in quotes")
                continue
            key = str(key_node.value)
            where = (*at, key)
            if key in found:
                self.refuse(key_node, where, f"written twice; first in line {self.lines[where]}")
                continue
            self.lines[where] = key_node.start_mark.line + 1
            found[key] = self.build(value_node, where)
        return found

    def interpolate(self, node: yaml.Node, text: str, at: KeyPath) -> str | Unset:
        missing: list[str] = []

        def replace(found: re.Match[str]) -> str:
            if found[1]:
                return "${"
            if not found[2]:
                self.refuse(
                    node, at, "${ without a name; write ${NAME}, or $${ for the characters themselves"
                )
                return ""
            value = self.environ.get(found[2], "")
            if not value.strip():
                missing.append(found[2])
            return value

        filled = _VARIABLE.sub(replace, text)
        self.interpolated.add(at)
        return Unset(tuple(dict.fromkeys(missing))) if missing else filled


def _broken(path: Path, line: int, message: str) -> Document:
    return Document(path, problems=(ConfigProblem(state_path_hint(path), line, "", message),))


def _explain_syntax(error: yaml.MarkedYAMLError) -> str:
    text = error.problem or "unreadable"
    if "cannot start any token" in text:
        return "text that begins with @, %, ` or a tab must stand in quotes; tabs cannot indent"
    if "mapping values are not allowed" in text:
        return "a colon where none may be; put text that holds ': ' in quotes, and align the keys"
    return f"not valid YAML: {text}"
