"""``newswatch send-test``: one labelled message to each channel, what the answer means, and what to do about it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import click

from alerts.commands.context import Context, find_channel
from alerts.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.config import Channel, Config
    from alerts.message.platform import Outcome
    from alerts.model import Digest
    from alerts.transport.carrier import Carrier


@click.command("send-test")
@click.argument("channels", metavar="CHANNEL...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every channel that can be used.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a channel.")
@click.pass_obj
def command(context: Context, channels: tuple[str, ...], everything: bool, as_json: bool) -> int:
    """Send one test message to each CHANNEL and explain the answer.

    The message is labelled as a test. Nothing is stored but that the channel works: one that was paused is resumed.
    Exit status: 0 every platform took its message, 1 one did not.
    """
    config = context.load()
    if everything == bool(channels):
        raise click.UsageError("name channels, or --all")
    chosen = [find_channel(config, name) for name in dict.fromkeys(channels)] if channels else config.channels
    if not chosen:
        raise click.ClickException("no channel can be used; `newswatch check` says what is missing")
    outcomes = asyncio.run(_send_all(config, chosen))
    for channel, outcome in zip(chosen, outcomes, strict=True):
        said = json.dumps(_as_json(channel, outcome)) if as_json else _as_text(channel, outcome)
        click.echo(redact(said))
    if everything and not as_json:
        for skipped in config.skipped:
            click.echo(f"{skipped.id}: not tried: set {', '.join(skipped.variables)}")
    working = [channel for channel, outcome in zip(chosen, outcomes, strict=True) if _is_sent(outcome)]
    _resume(config, working)
    return 0 if len(working) == len(chosen) else 1


async def _send_all(config: Config, channels: Sequence[Channel]) -> list[Outcome]:
    from alerts.transport.carrier import Carrier

    async with Carrier(config.crawl.settings) as carrier:
        return await asyncio.gather(*(_send(carrier, config, channel) for channel in channels))


async def _send(carrier: Carrier, config: Config, channel: Channel) -> Outcome:
    from alerts.message.platform import Delivery, Sent, Style
    from alerts.transport import adapter
    from crawler.clock import utc_now

    digest = _test_digest(config, channel)
    try:
        part = adapter.render(channel.platform, digest, channel.keys, Style.RICH)[0]
        if channel.platform.local:
            click.echo(part.body.decode("utf-8"))
            return Sent()
        return await carrier.carry(channel, Delivery(part.body, f"test-{digest.digest_id}", utc_now()))
    except adapter.DefectError as defect:
        return defect.outcome


def _test_digest(config: Config, channel: Channel) -> Digest:
    from alerts.digest.compose import new_digest_id
    from alerts.model import Coverage, Digest
    from crawler.clock import utc_now

    now = utc_now()
    names = [topic.name for topic in config.topics if topic.id in channel.topics]
    return Digest(
        digest_id=new_digest_id(channel.id, now, ()),
        title=" · ".join(names),
        created=now,
        timezone=config.crawl.settings.timezone,
        coverage=Coverage(0, sum(source.enabled for source in config.crawl.sources)),
        notices=("This is a test. Digests on these topics will arrive here.",),
        is_test=True,
    )


def _is_sent(outcome: Outcome) -> bool:
    from alerts.message.platform import Sent

    return isinstance(outcome, Sent)


def _as_text(channel: Channel, outcome: Outcome) -> str:
    from alerts.channels import PLATFORMS
    from alerts.transport.remedy import explain

    text = f"{channel.id} ({channel.platform.name}): {explain(channel.platform, outcome)}"
    page = f" More: docs/channels/{channel.platform.name}.md" if channel.platform.name in PLATFORMS else ""
    return text if _is_sent(outcome) else f"{text}{page}"


def _as_json(channel: Channel, outcome: Outcome) -> dict[str, Any]:
    from alerts.message.platform import RetryLater, Sent
    from alerts.transport.remedy import explain

    wait = outcome.after if isinstance(outcome, RetryLater) else None
    words = {"RetryLater": "retry", "TargetDead": "dead"}
    name = type(outcome).__name__
    return {
        "channel": channel.id,
        "platform": channel.platform.name,
        "outcome": words.get(name, name.lower()),  # sent, retry, unknown, rejected, dead
        "reason": None if isinstance(outcome, Sent) else outcome.reason,
        "message_id": outcome.message_id if isinstance(outcome, Sent) else None,
        "wait_seconds": None if wait is None else wait.total_seconds(),
        "explanation": explain(channel.platform, outcome),
    }


def _resume(config: Config, channels: Sequence[Channel]) -> None:
    from alerts.delivery.channelstate import ChannelStates
    from alerts.operators.incident import Incidents
    from alerts.records.archive import Archive
    from crawler.clock import utc_now
    from crawler.records.store import Store

    if not channels:
        return
    store = Store.open(config.crawl.database_url)
    Archive.open(store.engine)
    for channel in channels:
        ChannelStates(store.engine).resume(channel.id, utc_now())
        Incidents(store.engine).end(f"channel:{channel.id}", utc_now())
    store.engine.dispose()
