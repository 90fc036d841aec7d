"""``newswatch outbox``: the delivery queue, by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from alerts.commands.context import Context
from alerts.secrets import redact

if TYPE_CHECKING:
    from alerts.delivery.attempt import State
    from alerts.delivery.deliveryrow import QueuedPart
    from alerts.delivery.outbox import Outbox
    from alerts.message.platform import Platform


@click.group("outbox")
def command() -> None:
    """Look at messages that wait, were sent or were given up, and move them by hand."""


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Sent and replaced messages too.")
@click.option("--channel", metavar="ID", help="Only this channel.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a message.")
@click.pass_obj
def list_parts(context: Context, everything: bool, channel: str | None, as_json: bool) -> int:
    """List messages that are not settled, newest first, and what would help each."""
    from alerts.delivery.attempt import OPEN_STATES, State
    from crawler.clock import utc_now

    states = () if everything else (*OPEN_STATES, State.DOUBTFUL, State.HELD, State.DEAD)
    outbox = _open(context)
    if channel:
        _require_channel(context, outbox, channel)
    platforms = {each.id: each.platform for each in context.load().channels}
    parts, now, told = outbox.parts(states, channel), utc_now(), set()
    for part in parts:
        helps = _help_for(platforms, part)
        if as_json:
            click.echo(redact(json.dumps(_as_json(part, helps), ensure_ascii=False)))
            continue
        click.echo(redact(_line(part, now)))
        if helps and (part.channel_id, helps) not in told:  # said once a channel
            click.echo(f"        {helps}")
            told.add((part.channel_id, helps))
    if not parts and not as_json:
        click.echo("the outbox is empty" if not everything else "no message yet")
    return 0


@command.command("show")
@click.argument("number", type=int)
@click.option("--raw", is_flag=True, help="Print the exact bytes of the message and nothing else.")
@click.pass_obj
def show(context: Context, number: int, raw: bool) -> int:
    """Show one message: its state, what happened to it, what would help, and what it says.

    Secrets are masked, but in --raw: ntfy is told its topic in the message itself.
    """
    from alerts.message.changenote import note_line
    from crawler.clock import utc_now

    outbox = _open(context)
    part = _find(outbox, number)
    if raw:
        click.echo(part.body, nl=False)
        return 0
    click.echo(redact(_line(part, utc_now())))
    platforms = {each.id: each.platform for each in context.load().channels}
    if helps := _help_for(platforms, part):
        click.echo(helps)
    click.echo(f"written {part.created:%Y-%m-%d %H:%M:%S}Z, {part.style.value}, {len(part.body)} bytes")
    known = f", known to the platform as {part.message_id}" if part.message_id else ""
    click.echo(f"key {part.idempotency_key}{known}")
    for event in outbox.events(number):
        said = f"  {event.reason}" if event.reason else ""
        click.echo(
            f"  {event.at:%Y-%m-%d %H:%M:%S}Z  attempt {event.attempt}  {event.state.value}{redact(said)}"
        )
    for note in part.notes:
        click.echo(note_line(note))
    click.echo(redact(_readable(part.body)))
    return 0


def _readable(body: bytes) -> str:
    """Return JSON in lines, any other message as it is."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body.decode("utf-8", "replace")


def _help_for(platforms: Mapping[str, Platform], part: QueuedPart) -> str:
    """Return what a person can do for a message that is not sent, "" where nothing needs doing."""
    from alerts.delivery.attempt import State
    from alerts.delivery.channelstate import HELD_BY_HAND
    from alerts.transport.remedy import find_remedy

    platform, reason = platforms.get(part.channel_id), part.reason or ""
    if part.state in (State.SENT, State.SUPERSEDED, State.NOT_POSSIBLE, State.PENDING, State.SENDING):
        return ""
    if platform is None:
        return "Its channel is not configured, or its secret is unset: `newswatch check`."
    retry = f"`newswatch outbox retry {part.delivery_id}`"
    if part.state is State.DOUBTFUL:
        return f"Look for digest {part.digest_id} in the channel; if it is missing {retry}, else drop it."
    found = find_remedy(platform, reason)
    if part.state is State.HELD:
        then = retry if reason == HELD_BY_HAND else f"`newswatch outbox retry --channel {part.channel_id}`"
        return f"{found} Then {then}." if found else f"It waits for {then}."
    if part.state is State.DEAD:
        return f"{found} Then {retry}." if found else f"{retry} tries it again."
    return found


def _as_json(part: QueuedPart, helps: str) -> dict[str, object]:
    def moment(value: datetime | None) -> str | None:
        return None if value is None else f"{value:%Y-%m-%dT%H:%M:%SZ}"

    return {
        "message": part.delivery_id,
        "channel": part.channel_id,
        "digest": part.digest_id,
        "part": part.part,
        "parts": part.parts,
        "edits": part.edits,
        "state": part.state.value,
        "created": moment(part.created),
        "updated": moment(part.updated),
        "not_before": moment(part.not_before),
        "attempts": part.attempts,
        "reason": part.reason,
        "help": helps or None,
    }


_NUMBERS = click.argument("numbers", type=int, nargs=-1)
_CHANNEL = click.option("--channel", metavar="ID", help="All messages of this channel that wait or are held.")


@command.command("retry")
@_NUMBERS
@_CHANNEL
@click.option("--dead", is_flag=True, help="With --channel: those that were given up or dropped as well.")
@click.pass_obj
def retry(context: Context, numbers: Sequence[int], channel: str | None, dead: bool) -> int:
    """Try messages again at the next run, and resume their channel."""
    from alerts.delivery.attempt import State

    if dead and not channel:
        raise click.UsageError("--dead needs --channel ID; a single message is named by its number")
    return _move(context, numbers, channel, State.PENDING, "to be tried again", with_dead=dead)


@command.command("hold")
@_NUMBERS
@_CHANNEL
@click.pass_obj
def hold(context: Context, numbers: Sequence[int], channel: str | None) -> int:
    """Keep messages back until `outbox retry`."""
    from alerts.delivery.attempt import State
    from alerts.delivery.channelstate import HELD_BY_HAND

    return _move(context, numbers, channel, State.HELD, HELD_BY_HAND)


@command.command("drop")
@_NUMBERS
@_CHANNEL
@click.pass_obj
def drop(context: Context, numbers: Sequence[int], channel: str | None) -> int:
    """Give messages up; they stay in the list."""
    from alerts.delivery.attempt import State

    return _move(context, numbers, channel, State.DEAD, "dropped by hand")


def _move(
    context: Context,
    numbers: Sequence[int],
    channel: str | None,
    state: State,
    reason: str,
    *,
    with_dead: bool = False,
) -> int:
    from alerts.delivery.attempt import OPEN_STATES, State
    from alerts.delivery.channelstate import ChannelStates
    from alerts.operators.incident import Incidents
    from crawler.clock import utc_now
    from crawler.db.lock import run_lock

    if not numbers and not channel:
        raise click.UsageError("name message numbers (see `newswatch outbox list`) or --channel ID")
    outbox = _open(context)
    with run_lock(outbox.engine) as held_by:
        if held_by is not None:
            raise click.ClickException(f"a run is in progress ({held_by}); try again when it has ended")
        named = [_find_movable(outbox, number) for number in numbers]
        chosen = [part.delivery_id for part in named]
        if channel:
            _require_channel(context, outbox, channel)
            wanted = (*OPEN_STATES, State.DOUBTFUL, State.HELD, *((State.DEAD,) if with_dead else ()))
            chosen += [part.delivery_id for part in outbox.parts(wanted, channel, limit=10_000)]
        changed = outbox.set_state(chosen, state, reason, utc_now())
        channels = {part.channel_id for part in named} | ({channel} if channel else set())
        for channel_id in channels:
            if state is State.PENDING:
                ChannelStates(outbox.engine).resume(channel_id, utc_now())
            if not outbox.parts((State.DOUBTFUL,), channel_id, limit=1):
                Incidents(outbox.engine).end(f"doubtful:{channel_id}", utc_now(), silently=True)
    context.say(f"newswatch: {changed} message{'s' if changed != 1 else ''}: {reason}")
    return 0


def _open(context: Context) -> Outbox:
    from alerts.delivery.outbox import Outbox
    from alerts.records.archive import Archive
    from crawler.records.store import Store

    store = Store.open(context.load().crawl.database_url)
    Archive.open(store.engine)
    return Outbox(store.engine)


def _find(outbox: Outbox, number: int) -> QueuedPart:
    found = outbox.part(number)
    if found is None:
        raise click.UsageError(f"no message {number}; see `newswatch outbox list`")
    return found


def _find_movable(outbox: Outbox, number: int) -> QueuedPart:
    from alerts.delivery.attempt import State

    found = _find(outbox, number)
    if found.state in (State.SENT, State.SUPERSEDED, State.NOT_POSSIBLE):
        raise click.ClickException(
            f"message {number} is {found.state.value}: nothing can be changed any more"
        )
    return found


def _require_channel(context: Context, outbox: Outbox, channel_id: str) -> None:
    """Refuse an id that is neither configured nor left over from a former configuration."""
    from alerts.delivery.channelstate import ChannelStates

    config = context.load()
    configured = {channel.id for channel in config.channels} | {skipped.id for skipped in config.skipped}
    known = configured | ChannelStates(outbox.engine).known_channel_ids()
    if channel_id not in known and not outbox.parts(channel_id=channel_id, limit=1):
        raise click.UsageError(
            f"no channel {channel_id!r}: neither in channels.yaml nor in the outbox "
            f"(channels: {', '.join(sorted(known)) or 'none'})"
        )


def _line(part: QueuedPart, now: datetime) -> str:
    from alerts.message.moment import age

    place = f"{part.part}/{part.parts}" if part.edits is None else f"edits {part.edits}"
    line = f"{part.delivery_id:>6}  {part.channel_id}  {part.digest_id}  {place}  {part.state.value}"
    line += f"  {age(part.created, now)}"
    if part.attempts:
        line += f"  {part.attempts} attempt{'s' if part.attempts != 1 else ''}"
    if part.not_before and part.not_before > now:
        line += f", not before {part.not_before:%H:%M}Z"
    return line + (f"  {part.reason}" if part.reason else "")
