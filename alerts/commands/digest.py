"""``newswatch digest``: a preview of what a channel would be told."""

from __future__ import annotations

from datetime import timedelta

import click

from alerts.commands.context import Context, find_channel
from alerts.commands.run import DurationType


@click.command("digest")
@click.option("--channel", "channel_id", metavar="ID", help="Preview for this channel. Default: all topics.")
@click.option(
    "--since", type=DurationType(), default="24h", show_default=True, help="Stories first seen within."
)
@click.option(
    "--format",
    "format_",
    default="text",
    show_default=True,
    help="text, json, or a platform's name for its exact payload.",
)
@click.pass_obj
def command(context: Context, channel_id: str | None, since: timedelta, format_: str) -> int:
    """Preview a digest of the last hours; sends nothing and marks nothing."""
    from pydantic import TypeAdapter

    from alerts.archive import Archive
    from alerts.channels import PLATFORMS
    from alerts.channelstate import ChannelStates
    from alerts.cycle import console_channel
    from alerts.digesting import Digester
    from alerts.incident import Incidents
    from alerts.model import Digest
    from alerts.outbox import Outbox
    from alerts.platform import Style
    from crawler.clock import utc_now
    from crawler.store import Store

    if format_ not in ("text", "json", *PLATFORMS):
        raise click.UsageError(f"no format {format_!r}; formats: text, json, {', '.join(PLATFORMS)}")
    config = context.load()
    channel = find_channel(config, channel_id) if channel_id else console_channel(config)
    store = Store.open(config.crawl.database_url)
    archive, engine = Archive.open(store.engine), store.engine
    digester = Digester(config, store, archive, Outbox(engine), Incidents(engine), ChannelStates(engine))
    now = utc_now()
    stories = archive.stories_since(channel.id, channel.topics, now - since)
    preview = digester.select(channel, stories, now).digest
    if format_ == "json":
        click.echo(TypeAdapter(Digest).dump_json(preview, indent=2).decode("utf-8"))
        return 0
    platform = PLATFORMS["console" if format_ == "text" else format_]
    keys = channel.keys if platform is channel.platform else platform.keys.model_construct()
    for part in platform.render(preview, keys, Style.RICH):
        click.echo(part.body.decode("utf-8"))
    return 0
