"""The only place that reads the wall clock. Everything else is handed an instant or a `Clock`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return datetime.now(UTC)


def to_ms(moment: datetime) -> int:
    """Return *moment* as Unix milliseconds; a naive datetime raises ``ValueError``."""
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    return round(moment.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    """Return the UTC instant *ms* milliseconds after the Unix epoch."""
    return datetime.fromtimestamp(ms / 1000, UTC)
