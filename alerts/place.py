"""Where a channel leads: two that lead to one place tell their readers an article once. Knows no platform by name."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from alerts.message.platform import ChannelKeys, Platform


def place_of(platform: Platform, keys: ChannelKeys) -> str:
    """Return a fingerprint of where messages go, from which it cannot be had back; "" for the terminal."""
    if platform.local:
        return ""
    values = [
        platform.name,
        *(_plain(getattr(keys, name, "")) for name in platform.place or platform.secrets),
    ]
    return hashlib.sha256("\0".join(values).encode()).hexdigest()


def _plain(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
