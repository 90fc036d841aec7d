"""The one place that knows which texts must not be shown, and takes them out of whatever is about to be.

It keeps no secret for use: requests take theirs from the channel's keys.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "***"
MIN_CHARS = 6  # masking "abc" everywhere would hide the log, not the secret

_registered: set[str] = set()
_longest_first: list[str] = []

# Shapes that are secrets wherever they come from, registered or not: an answer may quote another's address.
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        # https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: the path is the secret
        (r"(hooks\.slack(?:-gov)?\.com/)[^\s\"'<>]+", rf"\1{MASK}"),
        # https://docs.discord.com/developers/resources/webhook: /webhooks/{id}/{token}
        (r"(/webhooks/)\d+/[\w-]+", rf"\1{MASK}"),
        # https://core.telegram.org/bots/api#authorizing-your-bot: 123456:ABC-DEF..., in a path after "bot"
        (r"(?<!\d)\d{5,16}:[\w-]{20,}", MASK),
        (r"(/bot)\d+:[^\s/\"'<>]+", rf"\1{MASK}"),
        (r"(/hooks/)[A-Za-z0-9]{10,}(?:/[\w-]+)?", rf"\1{MASK}"),  # Mattermost, Rocket.Chat
        (r"([?&](?:access_token|token|key|sig|signature|secret|password|auth)=)[^&\s\"'<>#]+", rf"\1{MASK}"),
        (r"(://)[^/\s@\"'<>]+@", rf"\1{MASK}@"),
        (r"((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}", rf"\1{MASK}"),
        (r"\b(?:xox[a-z]-|xapp-|whsec_|syt_|tk_)[A-Za-z0-9_+/=-]{6,}", MASK),  # Slack, webhooks, Matrix, ntfy
    )
)


def register(secret: str) -> None:
    """Make `redact` replace *secret* from now on, for an address also its path and its quoted forms.

    Values under six characters are ignored: they would stand in ordinary words.
    """
    forms = {secret, secret.strip(), quote(secret), quote(secret, safe="")}
    if "://" in secret:
        try:
            parts = urlsplit(secret)
            # A path of one short segment is no credential ("/feed"), and hiding it would help nobody.
            pieces = (parts.path, parts.path.strip("/"), parts.query)
            forms |= {piece for piece in pieces if len(piece) >= 16} | {parts.password or ""}
            last = parts.path.rstrip("/").rpartition("/")[2]  # ntfy is told its topic in the message, too
            forms |= {last} if len(last) >= 12 else set()
        except ValueError:  # no address after all
            pass
        forms.add(secret.partition("://")[2])
    _registered.update(form for form in forms if len(form) >= MIN_CHARS)
    _longest_first[:] = sorted(_registered, key=len, reverse=True)


def register_all(secrets: Iterable[str]) -> None:
    """Register every one of *secrets*."""
    for secret in secrets:
        register(secret)


def redact(text: str) -> str:
    """Return *text* with registered secrets and the known shapes of secrets replaced by ``***``."""
    for secret in _longest_first:
        if secret in text:
            text = text.replace(secret, MASK)
    for pattern, replacement in _SHAPES:
        text = pattern.sub(replacement, text)
    return text


class RedactingFilter(logging.Filter):
    """Redacts message, arguments, exception and stack of every record. Put it on handlers, not loggers:
    a logger's filter does not see what its children log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite *record* in place and let it pass."""
        try:
            message = record.getMessage()
        except Exception:  # a wrong format string in some library must not lose the line
            message = f"{record.msg} {record.args!r}"
        record.msg, record.args = redact(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        record.exc_info = None  # the text stays; a formatter must not write the original again
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True
