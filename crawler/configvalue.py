"""What a single configuration value may be: durations, ids, languages, addresses, headers, databases.

Every check raises ``ValueError`` with what is allowed and never repeats the value: `crawler.validation` adds
what was found, unless it is a secret. Which key takes which value is `crawler.config`'s business.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, SecretStr

from crawler.proxyaddress import parse_proxy
from crawler.validation import suggest

MAX_URL_CHARS = 2000
MAX_DURATION = timedelta(days=36_500)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}  # seconds
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)([smhdw])")
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{64}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.1: a token
_OUR_HEADERS = frozenset(  # set by the transport; a second opinion breaks the request or its conditions
    {
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "accept-encoding",
        "if-none-match",
        "if-modified-since",
        "range",
    }
)
DIRECT = "direct"  # a source's word for no proxy, whatever the network has
MAX_SELECTORS = 30
MAX_SELECTOR_CHARS = 300
_SELECTORS = ".full_content or div.related"
_DATABASES = "sqlite:///var/newswatch.db or postgresql+psycopg://user@host/db"


def parse_duration(value: object) -> timedelta:
    """Read ``90s``, ``15m``, ``24h``, ``7d`` or ``2w``; a number without a unit raises ``ValueError``."""
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError("write a duration with its unit: 90s, 15m, 24h or 7d")
    seconds = float(found[1]) * _UNITS[found[2]]
    if seconds > MAX_DURATION.total_seconds():
        raise ValueError("longer than a hundred years")
    return timedelta(seconds=seconds)


def parse_positive_duration(value: object) -> timedelta:
    """Read a duration of at least one second."""
    duration = parse_duration(value)
    if duration < timedelta(seconds=1):
        raise ValueError("write at least 1s")
    return duration


def format_duration(duration: timedelta) -> str:
    """Return a duration as it is written in the configuration: the largest unit that divides it."""
    seconds = duration.total_seconds()
    for unit in "dhm":
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds // _UNITS[unit]:.0f}{unit}"
    return f"{seconds:g}s"


def check_slug(value: str) -> str:
    """Accept an id: at most 64 lower-case letters, digits, single hyphens and underscores."""
    if not _SLUG.fullmatch(value) or len(value) > 64:
        raise ValueError("write an id of lower-case letters, digits and hyphens, at most 64")
    return value


def check_language(value: str) -> str:
    """Accept a BCP 47 tag such as ``en`` or ``my``."""
    if not _LANGUAGE.fullmatch(value):
        raise ValueError("write a language code such as en or my")
    return value


def check_line(value: str) -> str:
    """Accept one line of printable text that is not blank."""
    if not value.strip() or any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        raise ValueError("write one line of text")
    return value.strip()


def check_url(value: str) -> str:
    """Accept an absolute http(s) address of at most 2000 characters, without a password in it."""
    wanted = "write an address that begins with https:// or http:// and names a host"
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  raises ValueError for a port that is no number
    except ValueError:
        raise ValueError(wanted) from None
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or re.search(r"[\s\x00-\x1f\x7f\\]", value)
    ):
        raise ValueError(wanted)
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address is shown in logs; put credentials in headers: {Authorization: ...}")
    if len(value) > MAX_URL_CHARS:
        raise ValueError(f"longer than {MAX_URL_CHARS} characters")
    return value


def check_timezone(value: str) -> str:
    """Accept a name of the IANA time zone database."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = suggest(value, available_timezones())
        hint = near if near.startswith("did you") else "write one such as Asia/Yangon or UTC"
        raise ValueError(f"not an IANA time zone; {hint}") from None
    return value


def check_contact(value: str) -> str:
    """Accept a web or e-mail address that can stand in a User-Agent (RFC 9110 §10.1.5: a comment)."""
    is_mail = re.fullmatch(r"[!-~]+@[!-~]+\.[!-~]+", value) and "://" not in value
    if not value.isascii() or len(value) > 200 or re.search(r"[\s()<>\\]", value):
        raise ValueError("write a web address or an e-mail address, ASCII, without spaces and brackets")
    return value if is_mail else check_url(value)


def check_database(secret: SecretStr) -> SecretStr:
    """Accept what `resolve_database` accepts."""
    resolve_database(secret.get_secret_value(), Path("/"))
    return secret


def check_proxy(secret: SecretStr) -> SecretStr:
    """Accept an HTTP or SOCKS proxy address; credentials may stand in it."""
    parse_proxy(secret.get_secret_value())
    return secret


def check_source_proxy(secret: SecretStr) -> SecretStr:
    """Accept a proxy, or ``direct`` for none although the network has one."""
    return secret if secret.get_secret_value() == DIRECT else check_proxy(secret)


def parse_certificate(value: object) -> bytes:
    """Read the SHA-256 fingerprint of a certificate as openssl prints it: 64 hexadecimal digits, colons allowed."""
    if isinstance(value, bytes) and len(value) == 32:
        return value
    written = value.rpartition("=")[2].replace(":", "").strip() if isinstance(value, str) else ""
    if not _FINGERPRINT.fullmatch(written):
        raise ValueError(
            "write the SHA-256 fingerprint, 64 hexadecimal digits; `openssl x509 -noout -fingerprint -sha256` prints it"
        )
    return bytes.fromhex(written)


def check_headers(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    """Accept request headers by RFC 9110 §5, except those that the transport sets itself."""
    for name, secret in headers.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OUR_HEADERS:
            raise ValueError(f"'{name}' is no header that a source may set")
        if not re.fullmatch(r"[\t -~]*", secret.get_secret_value()):
            raise ValueError(f"the value of '{name}' must be one line of ASCII")
    return headers


def parse_selectors(value: object) -> tuple[str, ...]:
    """Read one CSS selector or a list of them; every one is tried, so that a page meets none that cannot be used."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(item, str) for item in listed):
        raise ValueError(f"write a CSS selector or a list of them: {_SELECTORS}")
    if len(listed) > MAX_SELECTORS:
        raise ValueError(f"more than {MAX_SELECTORS} selectors")
    for selector in listed:
        if problem := _selector_problem(selector):
            raise ValueError(f"{problem}; write CSS such as {_SELECTORS}")
    return tuple(dict.fromkeys(selector.strip() for selector in listed))


def _selector_problem(selector: str) -> str | None:
    from cssselect import HTMLTranslator, SelectorError  # most configurations name no selector
    from lxml.etree import XPath, XPathError

    if not selector.strip() or len(selector) > MAX_SELECTOR_CHARS:
        return f"a selector has 1 to {MAX_SELECTOR_CHARS} characters"
    try:
        XPath(HTMLTranslator().css_to_xpath(selector))
    except (SelectorError, XPathError) as error:
        return f"'{selector}' is no CSS selector: {error}"
    return None


def resolve_database(url: str, base: Path) -> str:
    """Return a database URL whose SQLite path is absolute, relative ones counted from *base*.

    Raises ``ValueError`` for other engines and for databases in memory: they would forget what has been sent.
    """
    scheme, colon, rest = url.partition("://")
    if scheme in ("postgresql", "postgresql+psycopg") and colon and rest.strip("/"):
        return f"postgresql+psycopg://{rest}"
    path, mark, query = rest.partition("?")
    if scheme != "sqlite" or not path.startswith("/") or path[1:] in ("", ":memory:"):
        raise ValueError(f"not a database address; write {_DATABASES}")
    return f"sqlite:///{base / path[1:]}{mark}{query}"


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
PositiveDuration = Annotated[timedelta, BeforeValidator(parse_positive_duration)]
Slug = Annotated[str, AfterValidator(check_slug)]
Line = Annotated[str, AfterValidator(check_line)]
Language = Annotated[str, AfterValidator(check_language)]
Url = Annotated[str, AfterValidator(check_url)]
Contact = Annotated[str, AfterValidator(check_contact)]
TimeZone = Annotated[str, AfterValidator(check_timezone)]
Database = Annotated[SecretStr, AfterValidator(check_database)]
ProxyAddress = Annotated[SecretStr, AfterValidator(check_proxy)]
SourceProxy = Annotated[SecretStr, AfterValidator(check_source_proxy)]
Certificate = Annotated[bytes, BeforeValidator(parse_certificate)]
Selectors = Annotated[tuple[str, ...], BeforeValidator(parse_selectors)]
Headers = Annotated[dict[str, SecretStr], AfterValidator(check_headers)]
