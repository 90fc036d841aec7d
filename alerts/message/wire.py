"""Bytes to and from chat platforms: compact JSON out, distrusted JSON in, addresses as configured.

Owns no platform's vocabulary and sends nothing.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from alerts.message.plaintext import clean_line, cut_text
from alerts.message.platform import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.message.platform import HttpResponse

_TEXT_CHARS = 160


def encode_json(payload: object) -> bytes:
    """Return *payload* as compact UTF-8 JSON: ``\\uXXXX`` would double every Burmese letter."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def decode_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in *body*, {} for anything else: proxies answer with pages of HTML."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_text(found: Mapping[str, Any], *path: str) -> str:
    """Return the string at *path* of nested objects as one clean line, "" where there is none."""
    value: Any = found
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return cut_text(clean_line(value), _TEXT_CHARS) if isinstance(value, str) else ""


def read_id(found: Mapping[str, Any], key: str, shape: re.Pattern[str]) -> str | None:
    """Return the message's id under *key* where it has the *shape* of one: answers may echo the address instead."""
    value = found.get(key)
    return value if isinstance(value, str) and shape.fullmatch(value) else None


def explain(response: HttpResponse, code: str) -> str:
    """Return "HTTP 400: code" for the delivery's history.

    Only *code* that the adapter knows by shape or by name belongs there: free text may echo the address.
    """
    return f"HTTP {response.status}: {code}" if code else f"HTTP {response.status}"


def post_json(url: str, body: bytes, headers: Mapping[str, str] | None = None) -> HttpRequest:
    """Return the POST of an encoded body."""
    return HttpRequest(
        "POST", url, body, {"content-type": "application/json; charset=utf-8", **(headers or {})}
    )


def check_address(value: str) -> str:
    """Return *value* stripped, when it is an http(s) URL with a host.

    Raises ``ValueError`` with a remedy that does not repeat the value: most addresses are secrets.
    """
    address = value.strip()
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        named = False
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not named:
        raise ValueError("must be a whole address such as https://host/path")
    if any(char.isspace() or ord(char) < 0x21 for char in address):
        raise ValueError("must not hold spaces or line breaks")
    return address


def _check_secret_address(value: SecretStr) -> SecretStr:
    return SecretStr(check_address(value.get_secret_value()))


SecretAddress = Annotated[SecretStr, AfterValidator(_check_secret_address)]
Address = Annotated[str, AfterValidator(check_address)]
