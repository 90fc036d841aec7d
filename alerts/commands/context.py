"""What the options before the command's name say; every command is handed it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from alerts.config import Channel, Config


@dataclass(frozen=True, slots=True)
class Context:
    """The global options."""

    folder: Path
    database: str | None
    verbose: int
    quiet: bool

    def load(self) -> Config:
        """Read the configuration; `ConfigError` holds all that is wrong in it."""
        from alerts.config import load_config

        return load_config(self.folder, self.database)

    def say(self, text: str) -> None:
        """Tell a person something that is no result, on stderr, unless asked to be quiet."""
        if self.quiet:
            return
        try:
            click.echo(text, err=True)
        except OSError:  # a log on a full disk must not keep the news back
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def find_channel(config: Config, channel_id: str) -> Channel:
    """Return a usable channel, or raise a usage error that names the usable ones and why this is not."""
    for channel in config.channels:
        if channel.id == channel_id:
            return channel
    for skipped in config.skipped:
        if skipped.id == channel_id:
            raise click.UsageError(f"channel {channel_id!r} is skipped: set {', '.join(skipped.variables)}")
    names = ", ".join(channel.id for channel in config.channels) or "none is usable; see `newswatch check`"
    raise click.UsageError(f"no channel {channel_id!r} in channels.yaml (channels: {names})")


def warn_of_skipped(context: Context, config: Config) -> None:
    """Say once which channels cannot be used yet."""
    if config.skipped:
        names = ", ".join(f"{skipped.id} (set {', '.join(skipped.variables)})" for skipped in config.skipped)
        context.say(f"newswatch: skipped channels: {names}")
