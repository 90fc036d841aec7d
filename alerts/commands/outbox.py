"""``newswatch outbox``: the delivery queue, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from alerts.commands.context import Context

if TYPE_CHECKING:
    from alerts.delivery.attempt import State
    from alerts.delivery.deliveryrow import QueuedPart
    from alerts.delivery.outbox import Outbox


@click.group("outbox")
def command() -> None:
    """Look at messages that wait, were sent or were given up, and move them by hand."""


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Sent and replaced messages too.")
@click.option("--channel", metavar="ID", help="Only this channel.")
@click.pass_obj
def list_parts(context: Context, everything: bool, channel: str | None) -> int:
    """List messages that are not settled, newest first."""
    from alerts.delivery.attempt import OPEN_STATES, State

    states = () if everything else (*OPEN_STATES, State.DOUBTFUL, State.HELD, State.DEAD)
    outbox = _open(context)
    if channel:
        _require_channel(context, outbox, channel)
    parts = outbox.parts(states, channel)
    for part in parts:
        click.echo(_line(part))
    if not parts:
        click.echo("the outbox is empty" if not everything else "no message yet")
    return 0


@command.command("show")
@click.argument("number", type=int)
@click.pass_obj
def show(context: Context, number: int) -> int:
    """Show one message: its state and the exact bytes."""
    from alerts.message.changenote import note_line

    part = _find(_open(context), number)
    click.echo(_line(part))
    place = f"part {part.part} of {part.parts}" if part.edits is None else f"an edit of message {part.edits}"
    click.echo(f"digest {part.digest_id}, {place}, {part.style.value}, key {part.idempotency_key}")
    for note in part.notes:
        click.echo(note_line(note))
    if part.message_id:
        click.echo(f"known to the platform as {part.message_id}")
    click.echo(part.body.decode("utf-8", "replace"))
    return 0


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


def _line(part: QueuedPart) -> str:
    place = f"{part.part}/{part.parts}" if part.edits is None else f"edits {part.edits}"
    line = f"{part.delivery_id:>6}  {part.channel_id}  {part.digest_id}  {place}  {part.state.value}"
    line += f"  {part.updated:%Y-%m-%d %H:%M}Z"
    if part.attempts:
        line += f"  {part.attempts} attempt{'s' if part.attempts != 1 else ''}"
    if part.not_before:
        line += f", not before {part.not_before:%H:%M}Z"
    return line + (f"  {part.reason}" if part.reason else "")
