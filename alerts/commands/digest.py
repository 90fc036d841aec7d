"""``newswatch digest``: a preview of what a channel would be told, as text, as a page, as data, as a payload."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.commands.context import Context, find_channel
from alerts.commands.run import DurationType

if TYPE_CHECKING:
    from alerts.config import Channel, Config
    from alerts.model import Digest

_OWN_FORMATS = ("text", "html", "json")


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
    help="text, html (one page, self-contained), json, or a platform's name for its exact payload.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of stdout."
)
@click.pass_obj
def command(
    context: Context, channel_id: str | None, since: timedelta, format_: str, out: Path | None
) -> int:
    """Preview a digest of the last hours; sends nothing and marks nothing."""
    from alerts.channels import PLATFORMS
    from alerts.cycle import console_channel

    if format_ not in (*_OWN_FORMATS, *PLATFORMS):
        formats = ", ".join((*_OWN_FORMATS, *PLATFORMS))
        raise click.UsageError(f"no format {format_!r}; formats: {formats}")
    config = context.load()
    channel = find_channel(config, channel_id) if channel_id else console_channel(config)
    text = _write(_preview(config, channel, since), channel, format_, is_shown=out is None)
    if out is None:
        click.echo(text, nl=False)
        return 0
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{out}: cannot be written: {error.strerror}") from error
    return 0


def _preview(config: Config, channel: Channel, since: timedelta) -> Digest:
    from alerts.delivery.channelstate import ChannelStates
    from alerts.delivery.outbox import Outbox
    from alerts.digesting import Digester
    from alerts.operators.incident import Incidents
    from alerts.records.archive import Archive
    from crawler.clock import utc_now
    from crawler.records.store import Store

    store = Store.open(config.crawl.database_url)
    archive, engine = Archive.open(store.engine), store.engine
    digester = Digester(config, store, archive, Outbox(engine), Incidents(engine), ChannelStates(engine))
    now = utc_now()
    return digester.select(
        channel, archive.stories_since(channel.id, channel.topics, now - since), now
    ).digest


def _write(digest: Digest, channel: Channel, format_: str, *, is_shown: bool) -> str:
    """Return *digest* in the format; text *is_shown* on a terminal is as wide as that, and in colour."""
    from alerts.channels import PLATFORMS
    from alerts.channels.console import COLUMNS, colour, write_text
    from alerts.channels.webhook import describe
    from alerts.digest.page import render_page
    from alerts.message.platform import Style
    from alerts.terminal import columns_of, wants_colour

    if format_ == "html":
        return render_page(digest)
    if format_ == "json":
        return json.dumps(describe(digest), ensure_ascii=False, indent=2) + "\n"
    if format_ == "text":
        text = write_text(digest, (columns_of(sys.stdout, COLUMNS) or COLUMNS) if is_shown else COLUMNS)
        return colour(text) if is_shown and wants_colour(sys.stdout) else text
    platform = PLATFORMS[format_]
    keys = channel.keys if platform is channel.platform else platform.keys.model_construct()
    parts = [part.body.decode("utf-8") for part in platform.render(digest, keys, Style.RICH)]
    return "".join(part if part.endswith("\n") else f"{part}\n" for part in parts)
