"""``newswatch digest``: a preview of what a channel would be told, as text, as a page, as data, as a payload."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.commands.context import Context, find_channel
from alerts.commands.run import DurationType

if TYPE_CHECKING:
    from alerts.config import Channel, Config
    from alerts.message.platform import ChannelKeys, Platform
    from alerts.model import Digest

_OWN_FORMATS = ("text", "html", "json")


@click.command("digest")
@click.option("--channel", "channel_id", metavar="ID", help="Preview for this channel. Default: all topics.")
@click.option(
    "--since", type=DurationType(), default="24h", show_default=True, help="Stories first seen within."
)
@click.option(
    "--pending",
    is_flag=True,
    help="What the channel has not been told yet, as the next run would freeze it if it were due.",
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
    context: Context,
    channel_id: str | None,
    since: timedelta,
    pending: bool,
    format_: str,
    out: Path | None,
) -> int:
    """Preview a digest of the last hours; sends nothing and marks nothing.

    A platform's payload is that of --channel where that is its platform, else of the first channel of the platform,
    else it is drawn with placeholders for what only a channel knows.
    """
    from alerts.cycle import console_channel
    from crawler.clock import utc_now

    config = context.load()
    platforms = known_platforms(config, format_)
    if format_ not in (*_OWN_FORMATS, *platforms):
        formats = ", ".join((*_OWN_FORMATS, *platforms))
        raise click.UsageError(f"no format {format_!r}; formats: {formats}")
    if pending and channel_id is None:
        raise click.UsageError("--pending needs --channel ID: each channel has been told something else")
    channel = find_channel(config, channel_id) if channel_id else console_channel(config)
    digests = preview(config, channel, None if pending else since, utc_now())
    if not digests:
        context.say(f"newswatch: {channel.id} has been told everything")
    text = "".join(_write(digest, config, channel, format_, is_shown=out is None) for digest in digests)
    if out is None:
        click.echo(text, nl=False)
        return 0
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{out}: cannot be written: {error.strerror}") from error
    return 0


def preview(config: Config, channel: Channel, since: timedelta | None, now: datetime) -> tuple[Digest, ...]:
    """Return the digest of everything *since*, or with None the digests that a run would freeze for *channel*."""
    from alerts.delivery.channelstate import ChannelStates
    from alerts.delivery.outbox import Outbox
    from alerts.digesting import Digester
    from alerts.operators.incident import Incidents
    from alerts.records.archive import Archive
    from crawler.records.store import Store

    store = Store.open(config.crawl.database_url)
    archive, engine = Archive.open(store.engine), store.engine
    digester = Digester(config, store, archive, Outbox(engine), Incidents(engine), ChannelStates(engine))
    try:
        if since is None:
            return digester.untold(channel, now)
        stories = archive.stories_since(channel.id, channel.topics, now - since)
        return (digester.select(channel, stories, now).digest,)
    finally:
        engine.dispose()


def known_platforms(config: Config, wanted: str = "") -> dict[str, Platform]:
    """Return the platforms by name: ours, those of configured channels, and *wanted* where it is a module's path."""
    from alerts.channels import PLATFORMS
    from alerts.platformname import find_platform

    known = {**PLATFORMS, **{channel.platform.name: channel.platform for channel in config.channels}}
    if wanted not in known and ("." in wanted or ":" in wanted):
        try:
            known[wanted] = find_platform(wanted)
        except ValueError as fault:
            raise click.UsageError(str(fault)) from None
    return known


def payload(digest: Digest, config: Config, channel: Channel, platform: Platform) -> list[bytes]:
    """Return the bodies that *platform* would be sent."""
    from alerts.message.platform import Style
    from alerts.transport import adapter

    keys = _keys_for(config, channel, platform)
    return [part.body for part in adapter.render(platform, digest, keys, Style.RICH)]


def _keys_for(config: Config, channel: Channel, platform: Platform) -> ChannelKeys:
    from pydantic import ValidationError

    for each in (channel, *config.channels):
        if each.platform is platform:
            return each.keys
    try:
        return platform.keys.model_validate(dict(platform.placeholder))
    except ValidationError as error:
        raise click.UsageError(
            f"{platform.name} needs a channel of its own to be shown: --channel ID"
        ) from error


def _write(digest: Digest, config: Config, channel: Channel, format_: str, *, is_shown: bool) -> str:
    """Return *digest* in the format; text *is_shown* on a terminal is as wide as that, and in colour."""
    from alerts.channels.console import COLUMNS, colour, write_text
    from alerts.channels.webhook import describe
    from alerts.digest.page import render_page
    from alerts.terminal import columns_of, wants_colour

    if format_ == "html":
        return render_page(digest)
    if format_ == "json":
        return json.dumps(describe(digest), ensure_ascii=False, indent=2) + "\n"
    if format_ == "text":
        text = write_text(digest, (columns_of(sys.stdout, COLUMNS) or COLUMNS) if is_shown else COLUMNS)
        return colour(text) if is_shown and wants_colour(sys.stdout) else text
    bodies = [
        body.decode("utf-8")
        for body in payload(digest, config, channel, known_platforms(config, format_)[format_])
    ]
    return "".join(body if body.endswith("\n") else f"{body}\n" for body in bodies)
