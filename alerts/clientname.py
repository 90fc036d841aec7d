"""How we introduce ourselves to chat servers. Some refuse clients without a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerts.config import Config


def user_agent(config: Config) -> str:
    """Return the User-Agent with the configured contact."""
    return f"newswatch/0.1 (+{config.crawl.settings.contact})"
