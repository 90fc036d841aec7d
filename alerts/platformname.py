"""Which adapter a channel's ``platform`` names: one of ours, or a module that Python can import beside newswatch.

Nothing is imported from the configuration folder: who may write there should not thereby run code. What is promised to
modules from outside stands in docs/platforms.md.
"""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alerts.channels import PLATFORMS
from alerts.configkeys import COMMON_KEYS
from alerts.message.platform import ChannelKeys, Editing, Platform
from alerts.secrets import redact
from crawler.validation import describe

_DOTTED = re.compile(r"(?P<module>[^\W\d]\w*(?:\.[^\W\d]\w*)*)(?::(?P<attribute>[^\W\d]\w*))?")
_GUIDE = "see docs/platforms.md"
_FUNCTIONS = ("render", "request", "classify", "mark_repeat")
_FLAGS = ("idempotent", "local", "answers")


def find_platform(name: str) -> Platform:
    """Return the platform that *name* names, one of ours or ``package.module``, ``package.module:ATTRIBUTE``.

    One from outside bears the name by which it was found. Raises ``ValueError``: why there is none, and what to do.
    """
    if name in PLATFORMS:
        return _with_its_package(PLATFORMS[name])
    match = _DOTTED.fullmatch(name)
    if match is None or not ("." in name or ":" in name):
        ours = ", ".join(PLATFORMS)
        raise ValueError(
            f"found {describe(name)}; allowed: {ours}, or a module of yours such as plugins.mychat"
        )
    return _load(name, match["module"], match["attribute"] or "PLATFORM")


@lru_cache(maxsize=64)  # the channels of one platform share it
def _load(name: str, module: str, attribute: str) -> Platform:
    found = _import(module, attribute)
    if fault := _find_fault(found):
        raise ValueError(f"{name}: {fault}; {_GUIDE}")
    named: Platform = replace(found, name=name)
    return named


def _with_its_package(platform: Platform) -> Platform:
    """Return *platform*, whose package is installed, without importing that."""
    if platform.package and find_spec(platform.package) is None:
        raise ValueError(
            f"{platform.name} needs a package that is not installed; run: {_command(platform.package)}"
        )
    return platform


def _command(extra: str) -> str:
    """Return what installs *extra* into this environment: the launcher's own way, or pip's."""
    launcher = Path(sys.prefix).parent / "newswatch"
    if Path(sys.prefix).name == ".venv" and launcher.is_file():
        return f"{launcher} --add {extra}"
    return f"pip install 'newswatch[{extra}]'"


def _import(module: str, attribute: str) -> Any:
    try:
        imported = import_module(module)
    except ModuleNotFoundError as error:
        if error.name and f"{module}.".startswith(f"{error.name}."):
            raise ValueError(
                f"Python finds no module {module}; install it beside newswatch, {_GUIDE}"
            ) from None
        raise ValueError(f"module {module} needs {error.name}, which is not installed") from None
    except (Exception, SystemExit) as error:  # a module may do anything while it is imported
        said = redact(" ".join(str(error).split()))[:200]
        raise ValueError(f"module {module} cannot be imported: {type(error).__name__}: {said}") from None
    if not hasattr(imported, attribute):
        raise ValueError(
            f"module {module} has no {attribute}; end it in {attribute} = Platform(...), {_GUIDE}"
        )
    return getattr(imported, attribute)


def _find_fault(named: object) -> str | None:
    """Return what keeps *named* from being a platform; only what can be told without calling it."""
    if not isinstance(named, Platform):
        return f"is {_kind(named)}, not an alerts.message.platform.Platform"
    found: Any = named  # its annotations are promises that nobody has kept yet
    if not (isinstance(found.keys, type) and issubclass(found.keys, ChannelKeys)):
        return "its keys are no subclass of ChannelKeys"
    if taken := sorted(COMMON_KEYS & {info.alias or name for name, info in found.keys.model_fields.items()}):
        return f"its keys {', '.join(taken)} are taken: every channel has them"
    for name in _FUNCTIONS:
        if not callable(getattr(found, name)):
            return f"its {name} is {_kind(getattr(found, name))}, not a function"
    for name in ("secrets", "place"):
        value = getattr(found, name)
        if not isinstance(value, tuple) or not {*value} <= {*found.keys.model_fields}:
            return f"its {name} is no tuple of names of its keys"
    for name in ("pace", "remembers_for"):
        value = getattr(found, name)
        if not isinstance(value, timedelta) or value < timedelta(0):
            return f"its {name} is no timedelta of 0 or more"
    if wrong := [name for name in _FLAGS if not isinstance(getattr(found, name), bool)]:
        return f"its {wrong[0]} is neither True nor False"
    if not isinstance(found.editing, Editing | None):
        return f"its editing is {_kind(found.editing)}, not an Editing"
    if not isinstance(found.package, str) or not isinstance(found.accepted, str):
        return "its package or its accepted is no text"
    if not _are_remedies(found.remedies):
        return "its remedies are no tuple of pairs of texts"
    return None


def _are_remedies(value: object) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(text, str) for text in pair)
        for pair in value
    )


def _kind(value: object) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"
