"""``newswatch run``: the cron job."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from alerts.commands.context import Context, warn_of_skipped

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.cycle import RunOptions, RunResult

EXIT_STOPPED = 143  # 128 + SIGTERM, as shells report it
HARD_STOP_S = 6.0  # after a signal: whatever still runs is left to the next run
_kept: list[socket.socket] = []  # the wake-up pipe lives as long as the process
OVERTIME_S = 120.0  # past the time budget the run ends itself


class DurationType(click.ParamType[timedelta]):
    """A duration such as 90s, 10m or 2h."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, context: click.Context | None
    ) -> timedelta:
        from crawler.configvalue import parse_positive_duration

        if isinstance(value, timedelta):
            return value
        try:
            return parse_positive_duration(value)
        except ValueError as error:
            self.fail(str(error), param, context)


@click.command("run")
@click.option("--dry-run", is_flag=True, help="Print the digests; send nothing, mark nothing as sent.")
@click.option("--only", multiple=True, metavar="SOURCE", help="Poll only this source; may be repeated.")
@click.option("--force", is_flag=True, help="Poll even what is not due yet.")
@click.option(
    "--time-budget", type=DurationType(), default="10m", show_default=True, help="Stop polling before this."
)
@click.option("--json", "as_json_", is_flag=True, help="Print the report as JSON on stdout, nothing else.")
@click.pass_obj
def command(
    context: Context,
    dry_run: bool,
    only: tuple[str, ...],
    force: bool,
    time_budget: timedelta,
    as_json_: bool,
) -> int:
    """Poll what is due, match, group, and send the digests that are due; then report and exit.

    This is the cron job. Example crontab line:

        */15 * * * * /opt/newswatch/newswatch -q run

    A run that is killed loses nothing: the next one goes on where it stopped. A second run at the same time says so
    and exits with 0. Exit status: 0 done, 1 nothing could be done, 2 the configuration is wrong.
    """
    from alerts.cycle import RunOptions

    config = context.load()
    known = {source.id for source in config.crawl.sources}
    for name in only:
        if name not in known:
            raise click.UsageError(f"no source {name!r} in sources.yaml; `newswatch status` lists them")
    warn_of_skipped(context, config)
    options = RunOptions(only=only, force=force, dry_run=dry_run, time_budget=time_budget)
    return _run(context, config, options, as_json_)


def _run(context: Context, config: Config, options: RunOptions, as_json_: bool) -> int:
    from alerts.cycle import Surroundings, run_cycle
    from crawler.clock import utc_now

    on_terminal = sys.stderr.isatty()

    def write(text: str) -> None:
        _print_digest(text, to_stderr=as_json_)

    def progress(text: str) -> None:
        if on_terminal and not context.quiet:
            context.say(f"newswatch: {text}")

    async def go() -> int:
        around = Surroundings(utc_now, write, progress)
        _heed_signals(asyncio.get_running_loop(), around.stop)
        result = await run_cycle(config, options, around)
        return _report(context, result, len(config.crawl.sources), as_json_)

    watchdog = threading.Timer(
        options.time_budget.total_seconds() + OVERTIME_S, _end, (1, "hung: ended itself")
    )
    watchdog.daemon = True
    watchdog.start()
    try:
        return asyncio.run(go())
    finally:
        watchdog.cancel()


def _heed_signals(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Let SIGTERM and SIGINT stop the run, and end the process soon even when Python code cannot run.

    A database that waits for a lock blocks this thread and so every Python signal handler; the wake-up pipe is
    written by the interpreter itself, and a thread of its own reads it.
    """

    def handle(_number: int, _frame: object) -> None:
        stop.set()
        loop.call_soon_threadsafe(lambda: None)

    waking, woken = socket.socketpair()
    woken.setblocking(False)

    def end_soon() -> None:
        if waking.recv(1):
            time.sleep(HARD_STOP_S)
            _end(EXIT_STOPPED, "stopped; the next run goes on from here")

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
    signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    _kept.append(woken)
    threading.Thread(target=end_soon, daemon=True).start()


def _end(status: int, why: str) -> None:
    os.write(2, f"newswatch: {why}\n".encode())
    os._exit(status)


def _report(context: Context, result: RunResult, source_total: int, as_json_: bool) -> int:
    import json

    from alerts.runreport import as_json, as_text, new_problems
    from alerts.secrets import redact

    if result.held_by is not None:
        if as_json_:
            click.echo(json.dumps({"run": None, "held_by": result.held_by}))
        click.echo(f"newswatch: another run is in progress ({result.held_by}); nothing to do", err=True)
        return 0
    assert result.report is not None
    if as_json_:
        click.echo(redact(json.dumps(as_json(result.report), ensure_ascii=False)))
    else:
        for line in as_text(result.report, source_total):
            context.say(redact(line))
    if (context.quiet or as_json_) and not result.unreachable:
        for line in new_problems(result.report):
            click.echo(f"newswatch: {redact(line)}", err=True)
    crawled = result.report.crawl
    if result.unreadable and not result.unreachable:
        click.echo(
            f"newswatch: none of {crawled.failed} sources could be read; see `newswatch status`", err=True
        )
        return 1
    if result.unreachable:
        click.echo(
            "newswatch: no source could be reached: is this machine offline, or its proxy down? State is untouched.",
            err=True,
        )
        return 1
    if result.undeliverable:
        click.echo("newswatch: no channel took a message; everything is kept for the next run", err=True)
        return 1
    return EXIT_STOPPED if result.stopped else 0


def _print_digest(text: str, *, to_stderr: bool) -> None:
    """Print a console digest, coloured on a terminal."""
    from alerts.terminal import wants_colour

    stream = sys.stderr if to_stderr else sys.stdout
    if wants_colour(stream):
        from alerts.channels.console import colour

        text = colour(text)
    click.echo(text, file=stream)
    stream.flush()
