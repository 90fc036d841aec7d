"""From a YAML document to a frozen pydantic model, or to problems that name file, line, key and remedy.

All problems are reported at once. Values that came from the environment, from a file, or that a model calls
secret are never shown. Reading YAML is `crawler.yamlfile`'s business.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from crawler.yamlfile import Document, KeyPath, Unset

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pydantic_core import ErrorDetails

    from crawler.errors import ConfigProblem

Model = TypeVar("Model", bound=BaseModel)

MAX_SECRET_BYTES = 65_536
_SHOWN_CHARS = 40
_USER_INFO = re.compile(r"://[^/\s]*@")

_WANTED = {  # pydantic's error type -> what is allowed
    "string_type": "write text",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "dict_type": "write keys and values",
    "model_type": "write keys and values",
    "model_attributes_type": "write keys and values",
    "list_type": "write a list: [a, b]",
    "tuple_type": "write a list: [a, b]",
    "string_too_short": "it must not be empty",
}


class StrictModel(BaseModel):
    """Base of every configuration model: unknown keys are errors, instances do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Checked(Generic[Model]):
    """Outcome of `validate`: a value, or what keeps it from being one."""

    value: Model | None
    problems: tuple[ConfigProblem, ...] = ()
    unset: tuple[str, ...] = ()  # variables (or keys) without a value, when the caller allows that


def validate(
    model: type[Model],
    document: Document,
    at: KeyPath = (),
    *,
    other_keys: Collection[str] = (),
    private: bool = False,
    allow_unset: bool = False,
) -> Checked[Model]:
    """Turn the mapping at *at* into a *model*, or say all that keeps it from being one.

    *other_keys* belong to another model that reads the same mapping. ``NAME_file`` beside a key of type
    ``SecretStr`` is replaced by the file's content without its last newline; relative paths count from the
    configuration folder. *private* shows no value at all. Unset variables are problems unless *allow_unset*;
    then they are returned and suppress only the errors that they cause.
    """
    raw = document.get(at)
    if raw is None and not at:
        raw = {}
    if not isinstance(raw, dict):
        return Checked(None, (document.problem(at, f"found {describe(raw)}; write keys and values"),))
    filling = _Filling(document)
    data = filling.fill(model, {key: raw[key] for key in raw if key not in other_keys}, at)
    problems = list(filling.problems)
    value: Model | None = None
    try:
        value = model.model_validate(data)
    except ValidationError as failure:
        for error in failure.errors(include_url=False):
            where = _locate(document, at, error)
            if (
                _is_echo(error) or filling.explains(where) or (filling.blanked and where == at)
            ):  # a rule over several keys
                continue
            hide = private or where in document.interpolated or _holds_secret(model, error["loc"])
            problems.append(document.problem(where, _explain(error, model, other_keys, hide)))
    if not allow_unset:
        problems += [document.problem(path, why) for path, (why, _) in filling.unset.items()]
    names = tuple(dict.fromkeys(name for _, group in filling.unset.values() for name in group))
    good = not problems and not filling.blanked
    return Checked(value if good else None, tuple(problems), names if allow_unset else ())


def list_entries(document: Document, key: str) -> tuple[tuple[int, dict[str, Any]], ...]:
    """Return index and content of every entry of list *key* that has keys and values."""
    entries = document.get((key,))
    if not isinstance(entries, list):
        return ()
    return tuple((index, entry) for index, entry in enumerate(entries) if isinstance(entry, dict))


def find_duplicates(document: Document, key: str) -> tuple[ConfigProblem, ...]:
    """Return a problem for every entry of list *key* whose ``id`` an earlier entry has."""
    first: dict[str, KeyPath] = {}
    problems = []
    for index, entry in list_entries(document, key):
        name = entry.get("id")
        at: KeyPath = (key, index, "id")
        if isinstance(name, str) and first.setdefault(name, at) != at:
            message = f"'{name}' is taken by line {document.lines[first[name]]}; every id must differ"
            problems.append(document.problem(at, message))
    return tuple(problems)


def find_dangling(
    document: Document, at: KeyPath, names: Iterable[str], known: Collection[str], what: str
) -> tuple[ConfigProblem, ...]:
    """Return a problem for every one of *names*, the list at *at*, that is not a *known* *what*."""
    return tuple(
        document.problem((*at, index), f"no {what} has the id '{name}'; {suggest(name, known)}")
        for index, name in enumerate(names)
        if name not in known
    )


def declared_ids(document: Document, key: str) -> tuple[str, ...]:
    """Return the ids that list *key* declares, valid entries or not, so that one error causes no second."""
    ids = (entry.get("id") for _, entry in list_entries(document, key))
    return tuple(dict.fromkeys(name for name in ids if isinstance(name, str)))


def in_order(problems: Iterable[ConfigProblem]) -> tuple[ConfigProblem, ...]:
    """Return problems file by file in line order, each once."""
    once = tuple(dict.fromkeys(problems))
    files = list(dict.fromkeys(problem.file for problem in once))
    return tuple(sorted(once, key=lambda problem: (files.index(problem.file), problem.line)))


def suggest(name: str, allowed: Iterable[str]) -> str:
    """Return ``did you mean 'x'?``, or all allowed names when none is near."""
    names = sorted(set(allowed))
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    return "allowed: " + ", ".join(names) if names else "none is defined"


def describe(value: object) -> str:
    """Return what was found, short enough for one line; long text is cut."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"[:60]
        case str():
            shown = _USER_INFO.sub("://***@", value)
            shown = shown if len(shown) <= _SHOWN_CHARS else f"{shown[: _SHOWN_CHARS - 1]}…"
            return "'" + "".join(letter if letter.isprintable() else "·" for letter in shown) + "'"
        case dict():
            return "keys and values"
        case list() | tuple():
            return "a list" if value else "an empty list"
        case _:
            return f"a {type(value).__name__}"


@dataclass(slots=True)
class _Filling:
    """Reads secret files into their keys and blanks what has no value, noting both."""

    document: Document
    problems: list[ConfigProblem] = field(default_factory=list)
    unset: dict[KeyPath, tuple[str, tuple[str, ...]]] = field(default_factory=dict)  # why, names
    blanked: set[KeyPath] = field(default_factory=set)  # errors below these follow from what is known

    def fill(self, model: type[BaseModel], data: Mapping[str, Any], at: KeyPath) -> dict[str, Any]:
        fields = {info.alias or name: info.annotation for name, info in model.model_fields.items()}
        filled: dict[str, Any] = {}
        for key, value in data.items():
            where = (*at, key)
            name = key.removesuffix("_file")
            if key in fields:
                filled[key] = self.blank(value, where, _nested_model(fields[key]))
                if value == "" and _is_secret(fields[key]):
                    self.note(where, f"'{key}' is empty", key)
            elif name in fields and _is_secret(fields[name]):
                if name in data:
                    message = f"stands beside '{name}'; keep one of the two"
                    self.problems.append(self.document.problem(where, message))
                else:
                    filled[name] = self.read_secret(value, where)
            else:
                filled[key] = self.blank(value, where, None)
        return filled

    def blank(self, value: Any, at: KeyPath, model: type[BaseModel] | None) -> Any:
        match value:
            case Unset(names=()):
                self.blanked.add(at)
                return ""
            case Unset():
                names = ", ".join(value.names)
                self.note(at, f"environment variable {names} is unset or empty", *value.names)
                return ""
            case dict() if model:
                return self.fill(model, value, at)
            case dict():
                return {key: self.blank(item, (*at, key), None) for key, item in value.items()}
            case list():
                return [self.blank(item, (*at, index), model) for index, item in enumerate(value)]
            case _:
                return value

    def explains(self, at: KeyPath) -> bool:
        return any(at[: len(path)] == path for path in self.blanked)

    def note(self, at: KeyPath, why: str, *names: str) -> None:
        self.unset[at] = (why, names)
        self.blanked.add(at)

    def read_secret(self, name: object, at: KeyPath) -> str:
        if isinstance(name, Unset):
            return str(self.blank(name, at, None))
        self.blanked.add(at)
        if not isinstance(name, str) or not name:
            message = f"found {describe(name)}; write the path of a file"
            self.problems.append(self.document.problem(at, message))
            return ""
        try:
            with (self.document.path.parent / name).open("rb") as file:
                body = file.read(MAX_SECRET_BYTES + 1)
            secret = body.decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
        except OSError as error:
            self.problems.append(self.document.problem(at, f"the file cannot be read: {error.strerror}"))
            return ""
        except ValueError:  # not UTF-8, or a NUL in the path
            self.problems.append(self.document.problem(at, "not the path of a UTF-8 text file"))
            return ""
        if len(body) > MAX_SECRET_BYTES:
            self.problems.append(self.document.problem(at, f"the file exceeds {MAX_SECRET_BYTES} bytes"))
            return ""
        if not secret.strip():
            self.note(at, "the file is empty", str(at[-1]))
            return ""
        self.blanked.discard(at)
        return secret


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_is_secret(part) for part in get_args(annotation))


def _nested_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _nested_model(part))), None)


def _model_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> type[BaseModel]:
    for part in loc:
        for name, info in model.model_fields.items():
            if part == (info.alias or name):
                model = _nested_model(info.annotation) or model
    return model


def _holds_secret(model: type[BaseModel], loc: tuple[str | int, ...]) -> bool:
    for depth, part in enumerate(loc):
        fields = _model_at(model, loc[:depth]).model_fields
        if any(part == (info.alias or name) and _is_secret(info.annotation) for name, info in fields.items()):
            return True
    return False


def _names(model: type[BaseModel]) -> set[str]:
    names = set()
    for name, info in model.model_fields.items():
        names.add(info.alias or name)
        if _is_secret(info.annotation):
            names.add(f"{info.alias or name}_file")
    return names


def _locate(document: Document, at: KeyPath, error: ErrorDetails) -> KeyPath:
    """Map pydantic's location to a key path; the union tags in it are no keys of the file."""
    where = at
    for part in error["loc"]:
        value = document.get(where)
        if isinstance(value, dict) and part not in value and f"{part}_file" in value:
            part = f"{part}_file"
        if (*where, part) in document.lines:
            where = (*where, part)
        elif error["type"] == "missing" and part == error["loc"][-1]:
            return (*where, part)
    return where


def _is_echo(error: ErrorDetails) -> bool:
    """A list whose items are wrong is also called too short, since pydantic counts the good ones."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _explain(error: ErrorDetails, model: type[BaseModel], other_keys: Iterable[str], hide: bool) -> str:
    """Say what was found (unless *hide*) and what is allowed."""
    kind, value, loc = error["type"], error["input"], error["loc"]
    owner = _model_at(model, loc[:-1])
    if kind == "extra_forbidden":
        allowed = _names(owner) | (set(other_keys) if owner is model else set())
        return f"unknown key; {suggest(str(loc[-1]), allowed)}"
    info = next((info for name, info in owner.model_fields.items() if (info.alias or name) == loc[-1]), None)
    hint = info.description if info and info.description else None
    if kind == "missing":
        return f"missing; {hint or 'it is required'}"
    context = error.get("ctx", {})
    if kind == "literal_error":
        wanted = f"allowed: {context['expected']}"
    elif kind in ("value_error", "assertion_error"):
        wanted = str(context.get("error", error["msg"]))
    elif kind == "greater_than_equal":
        wanted = f"write at least {context['ge']}"
    elif kind == "less_than_equal":
        wanted = f"write at most {context['le']}"
    elif kind == "too_short":
        wanted = hint or f"write at least {context['min_length']}"
    elif kind == "string_type" and isinstance(value, int | float):
        wanted = "put it in quotes"
    else:
        wanted = _WANTED.get(kind, error["msg"][:1].lower() + error["msg"][1:])
    # A platform's own rule may quote what it refuses.
    if isinstance(value, str) and value and hide:
        wanted = wanted.replace(value, "***")
    if kind == "value_error" and isinstance(value, dict):
        return wanted  # a rule over several keys names them itself
    found = "a value that is not shown" if hide and isinstance(value, str | int | float) else describe(value)
    return f"found {found}; {wanted}"
