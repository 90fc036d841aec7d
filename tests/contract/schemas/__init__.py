"""The platforms' published schemas, cut to what our messages use, compiled once. README.md says whence and how."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import FormatChecker
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for

HERE = Path(__file__).resolve().parent
ROOTS = {  # what else a file describes beside its own root, by the name under which it is asked for
    "discord": ("discord", "IncomingWebhookRequestPartial"),
    "discord-edit": ("discord", "IncomingWebhookUpdateRequestPartial"),
    "telegram-edit": ("telegram", "editMessageText"),
    "discord-429": ("discord", "RatelimitedResponse"),
    "discord-error": ("discord", "ErrorResponse"),
}


@cache
def schema(name: str) -> dict[str, Any]:
    """Return one JSON Schema: slack, discord, discord-429, googlechat, adaptive-card-1.4, telegram and so on."""
    file, root = ROOTS.get(name, (name, ""))
    found: dict[str, Any] = json.loads((HERE / f"{file}.json").read_text(encoding="utf-8"))
    if root and "definitions" in found:
        found["$ref"] = f"#/definitions/{root}"
    elif root:
        found = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": f"#/components/schemas/{root}",
            "components": found["components"],
        }
    return found


@cache
def validator(name: str) -> Validator:
    """Return the validator of one schema, made once; ``format: uri`` counts."""
    return compiled(schema(name))


def compiled(found: dict[str, Any]) -> Validator:
    """Return the validator of *found* in its own dialect."""
    kind = validator_for(found)
    kind.check_schema(found)
    return kind(found, format_checker=FormatChecker())


def broken_rule(checker: Validator, message: object) -> str:
    """Return what *message* breaks in a line, "" when it keeps the schema."""
    error = next(checker.iter_errors(message), None)
    if error is None:
        return ""
    while error.context:
        error = max(error.context, key=lambda each: len(each.absolute_path))
    return f"{error.json_path}: {error.message}"[:500]
