"""The table of chat platforms: one line a platform, one module behind each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.channels import (
    apprise,
    console,
    discord,
    googlechat,
    matrix,
    mattermost,
    ntfy,
    slack,
    teams,
    telegram,
    webhook,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.message.platform import Platform

PLATFORMS: Mapping[str, Platform] = {
    "slack": slack.PLATFORM,
    "discord": discord.PLATFORM,
    "telegram": telegram.PLATFORM,
    "webhook": webhook.PLATFORM,
    "console": console.PLATFORM,
    "matrix": matrix.PLATFORM,
    "ntfy": ntfy.PLATFORM,
    "mattermost": mattermost.PLATFORM,
    "googlechat": googlechat.PLATFORM,
    "teams": teams.PLATFORM,
    "apprise": apprise.PLATFORM,
}
