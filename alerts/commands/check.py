"""``newswatch check``: is the configuration right, and what will it do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from alerts.commands.context import Context

if TYPE_CHECKING:
    from alerts.config import Config


@click.command("check")
@click.pass_obj
def command(context: Context) -> int:
    """Validate the configuration without any request.

    Every problem is printed with its file, line and remedy, all at once; then the exit status is 2. A channel whose
    secret is not set is no problem, but it is named: nothing will be sent to it.
    """
    from crawler.spiders import KINDS

    config = context.load()
    click.echo(f"configuration: {config.crawl.folder}")
    enabled = [source for source in config.crawl.sources if source.enabled]
    languages = Counter(source.language for source in enabled)
    told = ", ".join(f"{number} {language}" for language, number in languages.most_common())
    click.echo(f"sources: {len(enabled)} ({told})")
    for source in enabled:
        unread = sorted({route.kind for route in source.routes} - set(KINDS))
        if all(route.kind not in KINDS for route in source.routes):
            click.echo(
                f"  {source.id}: cannot be read: this version reads {', '.join(KINDS)}, not {', '.join(unread)}"
            )
    for topic in config.topics:
        terms = [*topic.any, *topic.all, *topic.title]
        click.echo(f"topic {topic.id}: {topic.name} ({', '.join(terms)})")
    _tell_channels(config)
    for warning in config.warnings:
        click.echo(f"warning: {warning}")
    click.echo("no problems found")
    return 0


def _tell_channels(config: Config) -> None:
    from alerts.configkeys import At, Every

    for channel in config.channels:
        send = "as it comes"
        if isinstance(channel.send, Every):
            send = f"every {channel.send.interval}"
        elif isinstance(channel.send, At):
            send = "at " + ", ".join(f"{moment:%H:%M}" for moment in channel.send.times)
        click.echo(
            f"channel {channel.id}: {channel.platform.name}, {send}; topics {', '.join(channel.topics)}"
        )
    for skipped in config.skipped:
        click.echo(f"channel {skipped.id}: skipped until {', '.join(skipped.variables)} is set")
    if not config.channels:
        click.echo("no channel can be used yet: `newswatch run` will print its digests on the terminal")
