"""The command line: options, help, error lines and exit statuses. What a command does is in ``alerts/commands``."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from alerts.commands.context import Context
from alerts.secrets import RedactingFilter, redact
from crawler.errors import ConfigError, NewswatchError

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130

COMMANDS = {
    "demo": "alerts.commands.demo",
    "run": "alerts.commands.run",
    "serve": "alerts.commands.serve",
    "check": "alerts.commands.check",
    "sources": "alerts.commands.sources",
    "try": "alerts.commands.try_",
    "explain": "alerts.commands.explain",
    "backtest": "alerts.commands.backtest",
    "search": "alerts.commands.search",
    "backfill": "alerts.commands.backfill",
    "digest": "alerts.commands.digest",
    "send-test": "alerts.commands.send_test",
    "status": "alerts.commands.status",
    "outbox": "alerts.commands.outbox",
    "purge": "alerts.commands.purge",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used: ``run`` must not pay for ``demo``."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = import_module(COMMANDS[name]).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(context, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; commands: {', '.join(COMMANDS)}"
            raise click.UsageError(f"no command {args[0]!r}{hint}", context) from error


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--config",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Configuration folder. Default: $NEWSWATCH_CONFIG, else ./config.",
)
@click.option("--database", metavar="URL", help="Use this database instead of the configured one.")
@click.option("-v", "--verbose", count=True, help="Say more; with an error, print the traceback.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
@click.version_option("0.1.0", prog_name="newswatch")
@click.pass_context
def cli(context: click.Context, folder: Path | None, database: str | None, verbose: int, quiet: bool) -> None:
    """Watch Myanmar news feeds and send digests to chat.

    Try `newswatch demo` first: it needs no network and no configuration. Then edit the files in config/, look at them
    with `newswatch check`, and put `newswatch run` into your crontab.
    """
    chosen = folder or Path(os.environ.get("NEWSWATCH_CONFIG") or "config")
    context.obj = Context(chosen, database or os.environ.get("NEWSWATCH_DATABASE") or None, verbose, quiet)
    _set_up_logging(verbose, quiet)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status. An error is one line on stderr, without secrets."""
    try:
        return _run(arguments)
    finally:
        try:
            sys.stdout.flush()
        except OSError:  # a full disk behind it was told already; the interpreter would end with 120 for it
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _run(arguments: Sequence[str] | None) -> int:
    os.umask(0o077)  # the database holds what a person follows
    words = list(sys.argv[1:] if arguments is None else arguments)
    verbose = any(word in ("-v", "-vv", "--verbose") for word in words)
    try:
        outcome: Any = cli.main(words, prog_name="newswatch", standalone_mode=False)
        return outcome if isinstance(outcome, int) else EXIT_OK
    except click.exceptions.Exit as request:
        return int(request.exit_code)
    except click.UsageError as error:
        where = f" (see `{error.ctx.command_path} --help`)" if error.ctx else ""
        _say(f"{error.format_message()}{where}")
        return EXIT_USAGE
    except click.ClickException as error:
        _say(error.format_message())
        return EXIT_USAGE
    except ConfigError as error:
        for problem in error.problems:
            _say(str(problem))
        return EXIT_USAGE
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone: `newswatch status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_OK
    except NewswatchError as error:
        _explain(error, verbose)
        return EXIT_FAILED
    except Exception as error:
        _explain(error, verbose)
        if not verbose:
            _say("this is a defect; run again with -v for the details")
        return EXIT_FAILED


def _explain(error: Exception, verbose: bool) -> None:
    if verbose:
        import traceback

        click.echo(redact("".join(traceback.format_exception(error))), err=True)
    text = str(error) if isinstance(error, NewswatchError) else f"{type(error).__name__}: {error}"
    _say(text)


def _say(text: str) -> None:
    click.echo(f"newswatch: {redact(text)}", err=True)


def _set_up_logging(verbose: int, quiet: bool) -> None:
    handler = logging.StreamHandler()
    handler.addFilter(RedactingFilter())
    handler.setLevel(logging.ERROR if quiet or not verbose else logging.INFO)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
