"""``newswatch purge``: retention by hand."""

from __future__ import annotations

from datetime import timedelta

import click

from alerts.commands.context import Context
from alerts.commands.run import DurationType


@click.command("purge")
@click.option("--older-than", type=DurationType(), required=True, metavar="AGE", help="For example 90d.")
@click.pass_obj
def command(context: Context, older_than: timedelta) -> int:
    """Remove the texts of articles older than AGE.

    Their identities stay, so that an old article that comes up again is not taken for news. The setting `retention`
    does the same after every run.
    """
    from crawler.clock import utc_now
    from crawler.records.store import Store

    config = context.load()
    count = Store.open(config.crawl.database_url).purge(utc_now() - older_than)
    context.say(f"newswatch: texts of {count} articles removed")
    return 0
