"""``newswatch send-test``: one labelled message to a channel, and what the answer means."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, assert_never

import click

from alerts.commands.context import Context, find_channel

if TYPE_CHECKING:
    from alerts.config import Channel, Config
    from alerts.message.platform import Outcome
    from alerts.model import Digest


@click.command("send-test")
@click.argument("channel")
@click.pass_obj
def command(context: Context, channel: str) -> int:
    """Send one test message to CHANNEL and explain the answer.

    The message is labelled as a test. Nothing is stored but that the channel works: one that was paused is resumed.
    """
    from alerts.message.platform import Sent

    config = context.load()
    found = find_channel(config, channel)
    outcome = asyncio.run(_send(config, found))
    click.echo(_explain(found, outcome))
    if not isinstance(outcome, Sent):
        return 1
    _resume(config, found)
    return 0


async def _send(config: Config, channel: Channel) -> Outcome:
    from alerts.delivery import adapter
    from alerts.delivery.carrier import Carrier
    from alerts.message.platform import Delivery, Sent, Style
    from crawler.clock import utc_now

    digest = _test_digest(config, channel)
    part = adapter.render(channel.platform, digest, channel.keys, Style.RICH)[0]
    if channel.platform.local:
        click.echo(part.body.decode("utf-8"))
        return Sent()
    delivery = Delivery(part.body, f"test-{digest.digest_id}", utc_now())
    async with Carrier(config.crawl.settings) as carrier:
        return await carrier.carry(channel, delivery)


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


def _explain(channel: Channel, outcome: Outcome) -> str:
    from alerts.message.platform import Rejected, RetryLater, Sent, TargetDead, Unknown

    name = f"{channel.id} ({channel.platform.name})"
    match outcome:
        case Sent(message_id):
            return f"{name}: the platform took the message" + (f" (id {message_id})" if message_id else "")
        case RetryLater(reason, after):
            wait = f"; it asks to wait {after.total_seconds():.0f} s" if after else ""
            return (
                f"{name}: not delivered: {reason}{wait}. Nothing is wrong with the message; try again later."
            )
        case Unknown(reason):
            return f"{name}: no clear answer: {reason}. Look into the channel: the message may be there."
        case Rejected(reason):
            return f"{name}: the platform refused this message: {reason}. See docs/channels/{channel.platform.name}.md."
        case TargetDead(reason):
            page = f"docs/channels/{channel.platform.name}.md"
            return f"{name}: this address or token does not work: {reason}. Make a new one: {page}."
        case _ as never:
            assert_never(never)


def _resume(config: Config, channel: Channel) -> None:
    from alerts.delivery.channelstate import ChannelStates
    from alerts.operators.incident import Incidents
    from alerts.records.archive import Archive
    from crawler.clock import utc_now
    from crawler.records.store import Store

    store = Store.open(config.crawl.database_url)
    Archive.open(store.engine)
    ChannelStates(store.engine).resume(channel.id, utc_now())
    Incidents(store.engine).end(f"channel:{channel.id}", utc_now())
