"""``newswatch demo``: the whole pipeline on this machine alone, in under twenty seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from alerts.commands.context import Context


@click.command("demo")
@click.pass_obj
def command(context: Context) -> int:
    """Show the whole thing without network or configuration.

    Starts sample outlets and a sample chat room on loopback, runs the real pipeline twice and prints what the chat room
    received: first a digest, then an update and no repeat. Nothing is written outside a temporary folder.
    """
    from alerts.demo import run_demo
    from alerts.terminal import MAX_COLUMNS, columns_of, wants_colour

    def run_cycle(folder: Path) -> int:
        words = [sys.executable, "-P", "-m", "alerts", "--config", str(folder), "-q", "run", "--force"]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("NEWSWATCH_")}
        return subprocess.run(words, env=environment, check=False, timeout=120).returncode  # noqa: S603 - ourselves

    columns = columns_of(sys.stdout) or MAX_COLUMNS
    return run_demo(run_cycle, _lexicon(), sys.stdout, wants_colour(sys.stdout), columns)


def _lexicon() -> Path:
    """Return the shipped lexicon: beside the packages in a checkout, inside them in an installed wheel."""
    checkout = Path(__file__).resolve().parents[2] / "config" / "lexicon.csv"
    return checkout if checkout.exists() else Path(__file__).resolve().parents[1] / "shipped" / "lexicon.csv"
