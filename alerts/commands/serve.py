"""``newswatch serve``: the daemon for machines without cron."""

from __future__ import annotations

import asyncio
import os

import click

from alerts.commands.context import Context, warn_of_skipped


@click.command("serve")
@click.pass_obj
def command(context: Context) -> int:
    """Do what cron would do, until SIGTERM.

    Each run is a child process, the same as `newswatch run`; the cadence follows the configuration. Use it in a
    container or under systemd; with cron you do not need it.
    """
    from alerts.scheduler import Daemon

    config = context.load()
    warn_of_skipped(context, config)
    arguments = ["--config", str(config.crawl.folder)]
    if context.database:
        os.environ["NEWSWATCH_DATABASE"] = (
            context.database
        )  # not on the command line: every user can read that
    arguments += ["-q"] if context.quiet else ["-v"] * context.verbose
    return asyncio.run(Daemon(config, [*arguments, "run"], context.say).serve())
