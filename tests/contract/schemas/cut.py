"""Cut the platforms' published schemas down to what our messages use: ``python -m tests.contract.schemas.cut FOLDER``.

FOLDER holds the documents that README.md names. Prose goes, definitions that are not listed here go with whatever
only they allowed, and what is left is strict: unknown keys are refused even where the platform would ignore them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
Schema = dict[str, Any]

_PROSE = {
    "description",
    "title",
    "examples",
    "default",
    "version",
    "features",
    "enumDescriptions",
    "readOnly",
}
_BY_NAME = {"properties", "definitions", "$defs", "schemas"}  # their keys are names, not keywords
_UNIONS = ("anyOf", "oneOf")

DISCORD = {
    "IncomingWebhookRequestPartial", "RichEmbed", "RichEmbedAuthor", "RichEmbedFooter", "RichEmbedField",
    "MessageAllowedMentionsRequest", "AllowedMentionTypes", "SnowflakeType", "IncomingWebhookUpdateRequestPartial",
}  # fmt: skip
DISCORD_ANSWERS = {
    "RatelimitedResponse",
    "ErrorResponse",
    "Error",
    "ErrorDetails",
    "InnerErrors",
    "MessageResponse",
}
_OF_A_MESSAGE = {"id", "content", "channel_id", "timestamp"}  # all that is kept of Discord's own answer
SLACK = {
    "WebhookBody", "KnownBlock", "HeaderBlock", "ContextBlock", "ContextBlockElement", "TextObject", "PlainTextElement",
    "RichTextBlock", "RichTextBlockElement", "RichTextSection", "RichTextList", "RichTextQuote", "RichTextElement",
    "RichTextLink", "RichTextText",
}  # fmt: skip
GOOGLE = {
    "Message", "CardWithId", "GoogleAppsCardV1Card", "GoogleAppsCardV1CardHeader", "GoogleAppsCardV1Section",
    "GoogleAppsCardV1Widget", "GoogleAppsCardV1DecoratedText", "GoogleAppsCardV1TextParagraph",
    "GoogleAppsCardV1OnClick", "GoogleAppsCardV1OpenLink", "Thread",
}  # fmt: skip
CARD = {
    "AdaptiveCard", "Container", "TextBlock", "Action.OpenUrl", "ImplementationsOf.Element",
    "ImplementationsOf.ISelectAction", "Extendable.Element", "Extendable.ToggleableItem", "Extendable.Item",
    "Extendable.Action", "Colors", "Spacing", "FontSize", "FontWeight", "HorizontalAlignment",
}  # fmt: skip
TELEGRAM = {"LinkPreviewOptions", "ReplyParameters", "MessageEntity"}


def strip(node: Any) -> Any:
    """Return *node* without prose and without vendors' own ``x-`` keys; names of properties stay."""
    if isinstance(node, list):
        return [strip(child) for child in node]
    if not isinstance(node, dict):
        return node
    return {
        key: {name: strip(child) for name, child in value.items()} if key in _BY_NAME else strip(value)
        for key, value in node.items()
        if key not in _PROSE and not key.startswith("x-")
    }


def prune(node: Any, kept: set[str]) -> Any:
    """Return *node* without what needs a definition outside *kept*; None when nothing of it is left."""
    if not isinstance(node, dict):
        return node
    if "$ref" in node and node["$ref"].rpartition("/")[2] not in kept:
        return None
    out: Schema = {}
    for key, value in node.items():
        if key == "properties":
            found = {name: prune(child, kept) for name, child in value.items()}
            out[key] = {name: child for name, child in found.items() if child is not None}
        elif key in _UNIONS:
            out[key] = [child for child in (prune(each, kept) for each in value) if child is not None]
            if len(out[key]) < len(value) and all(child == {"type": "null"} for child in out[key]):
                return None
        elif key == "allOf":
            out[key] = [prune(each, kept) for each in value]
            if None in out[key]:
                return None
        elif key == "items":
            out[key] = prune(value, kept)
            if out[key] is None:
                return None
        else:
            out[key] = value
    return out


def keep(definitions: Mapping[str, Any], kept: set[str]) -> Schema:
    """Return the definitions in *kept*, stripped and pruned; a name that the document lacks is an error."""
    return {name: prune(strip(definitions[name]), kept) for name in sorted(kept)}


def _close(definition: Schema) -> Schema:
    return {**definition, "additionalProperties": False} if "properties" in definition else definition


def cut_discord(source: Schema) -> Schema:
    """Return an OpenAPI document of two operations, a message and its edit; of their answers 200, 429 and the error."""
    schemas = source["components"]["schemas"]
    message = schemas["MessageResponse"]
    message = {
        **message,
        "properties": {name: message["properties"][name] for name in sorted(_OF_A_MESSAGE)},
        "required": sorted(_OF_A_MESSAGE & set(message["required"])),
    }
    definitions = keep({**schemas, "MessageResponse": message}, DISCORD_ANSWERS | DISCORD)
    definitions |= {name: _close(definitions[name]) for name in DISCORD}
    path = "/webhooks/{webhook_id}/{webhook_token}"
    edit = f"{path}/messages/{{message_id}}"

    def answer(name: str) -> Schema:
        schema = {"$ref": f"#/components/schemas/{name}"}
        return {"description": name, "content": {"application/json": {"schema": schema}}}

    def operation(path: str, method: str, body: str) -> Schema:
        found = strip(source["paths"][path][method])
        schema = {"$ref": f"#/components/schemas/{body}"}
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        found["responses"] = {
            "200": answer("MessageResponse"),
            "429": answer("RatelimitedResponse"),
            "4XX": answer("ErrorResponse"),
        }
        found.pop("security", None)
        return {"parameters": strip(source["paths"][path].get("parameters", [])), method: found}

    return {
        "openapi": source["openapi"],
        "info": {"title": source["info"]["title"], "version": source["info"]["version"]},
        "paths": {
            path: operation(path, "post", "IncomingWebhookRequestPartial"),
            edit: operation(edit, "patch", "IncomingWebhookUpdateRequestPartial"),
        },
        "components": {"schemas": definitions},
    }


def cut_slack(source: Schema) -> Schema:
    """Return the schema of a webhook's body with the blocks of a digest."""
    definitions = keep(source["definitions"], SLACK)
    return {"$schema": source["$schema"], "$ref": source["$ref"], "definitions": definitions}


def cut_google(source: Schema) -> Schema:
    """Return the schema of a message, made from Google's discovery format."""

    def convert(node: Any) -> Any:
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return {"$ref": f"#/$defs/{node['$ref']}"}
        out: Schema = {key: node[key] for key in ("type", "enum") if key in node}
        if "properties" in node:
            out["properties"] = {name: convert(child) for name, child in node["properties"].items()}
            out["additionalProperties"] = False
        if "items" in node:
            out["items"] = convert(node["items"])
        return out

    schemas = {name: convert(strip(found)) for name, found in source["schemas"].items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": "#/$defs/Message",
        "$defs": keep(schemas, GOOGLE),
    }


def cut_card(source: Schema) -> Schema:
    """Return the schema of a card with text, containers and links."""
    return {
        "$schema": source["$schema"],
        "$ref": "#/definitions/AdaptiveCard",
        "definitions": keep(source["definitions"], CARD),
    }


_TELEGRAM_TYPES = {"String": "string", "Integer": "integer", "Boolean": "boolean", "Float": "number"}


def cut_telegram(source: Schema) -> Schema:
    """Return the schema of ``sendMessage``, and that of ``editMessageText`` beside it, made from tables of fields."""

    def one(kind: str) -> Schema:
        if kind.startswith("Array of "):
            return {"type": "array", "items": one(kind.removeprefix("Array of "))}
        return (
            {"type": _TELEGRAM_TYPES[kind]} if kind in _TELEGRAM_TYPES else {"$ref": f"#/definitions/{kind}"}
        )

    def convert(fields: Iterable[Schema]) -> Schema:
        properties = {field["name"]: {"anyOf": [one(kind) for kind in field["types"]]} for field in fields}
        needed = [field["name"] for field in fields if field["required"]]
        return {
            "type": "object",
            "properties": properties,
            "required": needed,
            "additionalProperties": False,
        }

    tables = {name: convert(source["types"][name]["fields"]) for name in TELEGRAM}
    methods = ("sendMessage", "editMessageText")
    tables |= {name: convert(source["methods"][name]["fields"]) for name in methods}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$ref": "#/definitions/sendMessage",
        "definitions": keep(tables, {*TELEGRAM, *methods}),
    }


# The file here, the document that it is cut from, and how.
CUTS: Mapping[str, tuple[str, Callable[[Schema], Schema]]] = {
    "discord.json": ("discord-openapi-webhooks-subset.json", cut_discord),
    "slack.json": ("slack-webhook-body.schema.json", cut_slack),
    "googlechat.json": ("google-chat-v1-message-subset.json", cut_google),
    "adaptive-card-1.4.json": ("adaptive-card-1.4.schema.json", cut_card),
    "adaptive-card-1.5.json": ("adaptive-card-1.5.schema.json", cut_card),
    "telegram.json": ("telegram-bot-api-subset.json", cut_telegram),
}


def make(name: str, folder: Path) -> str:
    """Return the text of the file *name*, cut from its document in *folder*."""
    document, how = CUTS[name]
    found = how(json.loads((folder / document).read_text(encoding="utf-8")))
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"


def main(folder: Path) -> None:
    """Write every file anew and say how long it is."""
    for name in CUTS:
        text = make(name, folder)
        (HERE / name).write_text(text, encoding="utf-8")
        print(f"{name}: {len(text):,} characters")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.contract.schemas.cut FOLDER")
    main(Path(sys.argv[1]))
