"""``newswatch check``: is the configuration right, and what will it do; with ``--online``, does it work."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from alerts.commands.context import Context
from alerts.commands.run import DurationType

if TYPE_CHECKING:
    from alerts.checkup.channel import ChannelProbe
    from alerts.config import Config
    from crawler.config import CrawlConfig, Source
    from crawler.discovery.probe import SourceProbe


@click.command("check")
@click.option("--online", is_flag=True, help="Ask every source and every channel's address. Posts nothing.")
@click.option(
    "--source", "only", multiple=True, metavar="ID", help="With --online: this source only; may be repeated."
)
@click.option(
    "--time-budget",
    type=DurationType(),
    default="5m",
    show_default=True,
    help="With --online: tell after this what is known by then.",
)
@click.option("--json", "as_json", is_flag=True, help="With --online: print one object for programs.")
@click.pass_obj
def command(
    context: Context, online: bool, only: tuple[str, ...], time_budget: timedelta, as_json: bool
) -> int:
    """Validate the configuration; without --online no request is made.

    Every problem is printed with its file, line and remedy, all at once; then the exit status is 2. A channel whose
    secret is not set is no problem, but it is named: nothing will be sent to it.

    With --online each route of each source is asked as a run would ask it, and the outlet's site is searched for
    others: feeds, WordPress, sitemaps, a Telegram channel. Where one is better than the first configured route, the
    lines for sources.yaml are printed. Channels are asked without posting. Nothing is stored. The exit status is 1
    only when nobody answered at all.

        newswatch check --online --source irrawaddy-en
    """
    if not online and (only or as_json):
        raise click.UsageError("--source and --json go with --online")
    config = context.load()
    wanted = _choose(config, only)
    unusable = False
    if not as_json and not only:
        unusable = _tell_configuration(config)
    if unusable:
        return 2
    if not online:
        click.echo("no problems found")
        return 0
    return _go_online(context, config, wanted, time_budget, as_json=as_json, with_channels=not only)


def _choose(config: Config, only: Sequence[str]) -> list[Source]:
    """Return the sources to probe; one that is named may be disabled: it is named to be tried."""
    from crawler.validation import suggest

    named = {source.id: source for source in config.crawl.sources}
    for name in only:
        if name not in named:
            raise click.UsageError(f"no source {name!r} in sources.yaml; {suggest(name, named)}")
    return [source for source in named.values() if (source.id in only if only else source.enabled)]


def _go_online(
    context: Context,
    config: Config,
    wanted: Sequence[Source],
    budget: timedelta,
    *,
    as_json: bool,
    with_channels: bool,
) -> int:
    import asyncio

    from alerts.checkup.channel import Standing, probe_channels
    from crawler.clock import utc_now
    from crawler.discovery.probe import probe_sources

    now = utc_now()
    done = 0

    def tell_progress(probe: SourceProbe) -> None:
        nonlocal done
        done += 1
        works = sum(route.works for route in probe.routes)
        context.say(f"{done}/{len(wanted)} {probe.source_id}: {works} of {len(probe.routes)} routes work")

    async def go() -> tuple[tuple[ChannelProbe, ...], tuple[SourceProbe, ...]]:
        channels = await probe_channels(config.crawl.settings, config.channels if with_channels else ())
        sources = await probe_sources(
            config.crawl, wanted, now, budget_s=budget.total_seconds(), on_done=tell_progress
        )
        return channels, sources

    context.say(
        f"asking {len(wanted)} source{'s' * (len(wanted) != 1)}; one host is asked one thing at a time"
    )
    channels, sources = asyncio.run(go())
    if as_json:
        _print_json(config, channels, sources)
    else:
        _print_findings(channels, sources, now)
    answered = any(probe.answered for probe in sources)
    heard = any(probe.standing in (Standing.GOOD, Standing.REACHABLE) for probe in channels)
    if answered or heard or not (sources or channels):
        return 0
    context.say("newswatch: nobody answered: this machine is offline, or something keeps it from the network")
    return 1


def _print_findings(channels: Sequence[ChannelProbe], sources: Sequence[SourceProbe], now: datetime) -> None:
    from alerts.checkup.show import channel_lines, source_lines, summary_lines
    from alerts.secrets import redact
    from alerts.terminal import MAX_COLUMNS, Pen, Span

    pen = Pen.for_stream(sys.stdout, piped=MAX_COLUMNS)
    lines = [""]
    for probe in sources:
        lines += source_lines(probe, now, pen)
    if channels:
        lines += [pen.paint(Span("CHANNELS", bold=True)), *channel_lines(channels, pen), ""]
    lines += summary_lines(sources, channels, pen)
    for line in lines:
        click.echo(redact(line), color=pen.colour)


def _print_json(config: Config, channels: Sequence[ChannelProbe], sources: Sequence[SourceProbe]) -> None:
    from alerts.checkup.show import channel_data, source_data
    from alerts.jsontext import dump
    from alerts.secrets import redact

    found = {
        "sources": [source_data(probe) for probe in sources],
        "channels": [channel_data(probe) for probe in channels],
        "skipped": [{"id": skipped.id, "unset": skipped.variables} for skipped in config.skipped],
        "warnings": config.warnings,
    }
    click.echo(redact(dump(found)))


def _tell_configuration(config: Config) -> bool:
    """Print what is configured; tell whether a channel's address is one that nobody can use."""
    from crawler.spiders import KINDS

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
    _tell_ways(config.crawl, enabled)
    for topic in config.topics:
        terms = [*topic.any, *topic.all, *topic.title]
        click.echo(f"topic {topic.id}: {topic.name} ({', '.join(terms)})")
    unusable = _tell_channels(config)
    for warning in config.warnings:
        click.echo(f"warning: {warning}")
    return unusable


def _tell_ways(config: CrawlConfig, enabled: Sequence[Source]) -> None:
    """Say who goes through which proxy, by its host: a login is nobody's business here."""
    own = config.settings.network.way_out
    ways = {source.id: config.proxy_for(source) for source in enabled}
    if own is None and not any(ways.values()):
        return
    click.echo(f"messages: {f'through {own}' if own else 'directly'}")
    for proxy in dict.fromkeys(ways.values()):
        names = [source_id for source_id, way in ways.items() if way == proxy]
        told = ", ".join(names) if len(names) < len(ways) else "all"
        click.echo(f"sources {f'through {proxy}' if proxy else 'directly'}: {told}")


def _tell_channels(config: Config) -> bool:
    import asyncio

    from alerts.checkup.service import services_of
    from alerts.configkeys import At, Every
    from crawler.clock import utc_now

    services = asyncio.run(services_of(config.channels, utc_now()))
    for channel in config.channels:
        send = "as it comes"
        if isinstance(channel.send, Every):
            send = f"every {channel.send.interval}"
        elif isinstance(channel.send, At):
            send = "at " + ", ".join(f"{moment:%H:%M}" for moment in channel.send.times)
        service = services.get(channel.id)
        named = f" ({service.name})" if service and service.name else ""
        click.echo(
            f"channel {channel.id}: {channel.platform.name}{named}, {send}; topics {', '.join(channel.topics)}"
        )
        if service and service.problem:
            click.echo(f"  cannot be used: {service.problem}")
        elif service and service.is_short:
            click.echo(f"  takes {service.most_letters} letters in a message: digests will be cut or refused")
    for skipped in config.skipped:
        click.echo(f"channel {skipped.id}: skipped until {', '.join(skipped.variables)} is set")
    if not config.channels:
        click.echo("no channel can be used yet: `newswatch run` will print its digests on the terminal")
    return any(service.problem for service in services.values())
