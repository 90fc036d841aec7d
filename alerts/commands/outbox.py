"""``newswatch outbox``: the delivery queue, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from alerts.commands.context import Context

if TYPE_CHECKING:
    from alerts.outbox import Outbox, QueuedPart


@click.group("outbox")
def command() -> None:
    """Look at messages that wait, were sent or were given up, and move them by hand."""


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Sent and replaced messages too.")
@click.option("--channel", metavar="ID", help="Only this channel.")
@click.pass_obj
def list_parts(context: Context, everything: bool, channel: str | None) -> int:
    """List messages that are not settled, newest first."""
    from alerts.attempt import OPEN_STATES, State

    states = () if everything else (*OPEN_STATES, State.HELD, State.DEAD)
    parts = _open(context).parts(states, channel)
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
    part = _find(_open(context), number)
    click.echo(_line(part))
    click.echo(
        f"digest {part.digest_id}, part {part.part} of {part.parts}, {part.style.value}, key {part.idempotency_key}"
    )
    if part.message_id:
        click.echo(f"known to the platform as {part.message_id}")
    click.echo(part.body.decode("utf-8", "replace"))
    return 0


def _mover(name: str, state_name: str, reason: str, summary: str) -> click.Command:
    @click.command(name, help=summary)
    @click.argument("numbers", type=int, nargs=-1)
    @click.option("--channel", metavar="ID", help="All unsettled messages of this channel.")
    @click.pass_obj
    def move(context: Context, numbers: Sequence[int], channel: str | None) -> int:
        from alerts.attempt import OPEN_STATES, State
        from alerts.channelstate import ChannelStates
        from crawler.clock import utc_now
        from crawler.db.lock import run_lock

        if not numbers and not channel:
            raise click.UsageError("name message numbers (see `newswatch outbox list`) or --channel ID")
        outbox = _open(context)
        with run_lock(outbox.engine) as held_by:
            if held_by is not None:
                raise click.ClickException(f"a run is in progress ({held_by}); try again when it has ended")
            chosen = list(numbers)
            if channel:
                unsettled = (*OPEN_STATES, State.HELD, State.DEAD)
                chosen += [part.delivery_id for part in outbox.parts(unsettled, channel, limit=10_000)]
            changed = outbox.set_state(chosen, State(state_name), reason, utc_now())
            if state_name == "pending":
                states = ChannelStates(outbox.engine)
                touched = {_find(outbox, number).channel_id for number in numbers} | (
                    {channel} if channel else set()
                )
                for channel_id in touched:
                    states.resume(channel_id, utc_now())
        context.say(f"newswatch: {changed} message{'s' if changed != 1 else ''}: {reason}")
        return 0

    return move


command.add_command(
    _mover(
        "retry",
        "pending",
        "to be tried again",
        "Try messages again at the next run, and resume their channel.",
    )
)
command.add_command(_mover("hold", "held", "held by hand", "Keep messages back until `outbox retry`."))
command.add_command(_mover("drop", "dead", "dropped by hand", "Give messages up; they stay in the list."))


def _open(context: Context) -> Outbox:
    from alerts.archive import Archive
    from alerts.outbox import Outbox
    from crawler.store import Store

    store = Store.open(context.load().crawl.database_url)
    Archive.open(store.engine)
    return Outbox(store.engine)


def _find(outbox: Outbox, number: int) -> QueuedPart:
    found = outbox.part(number)
    if found is None:
        raise click.UsageError(f"no message {number}; see `newswatch outbox list`")
    return found


def _line(part: QueuedPart) -> str:
    line = f"{part.delivery_id:>6}  {part.channel_id}  {part.digest_id}  {part.part}/{part.parts}  {part.state.value}"
    line += f"  {part.updated:%Y-%m-%d %H:%M}Z"
    if part.attempts:
        line += f"  {part.attempts} attempt{'s' if part.attempts != 1 else ''}"
    if part.not_before:
        line += f", not before {part.not_before:%H:%M}Z"
    return line + (f"  {part.reason}" if part.reason else "")
