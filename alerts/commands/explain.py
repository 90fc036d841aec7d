"""``newswatch explain``: the stages that one entry went through, and why each channel was told of it or not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from alerts.commands.context import Context

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alerts.history import Candidate, History


@click.command("explain")
@click.argument("name", metavar="URL-or-ID")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_obj
def command(context: Context, name: str, as_json: bool) -> int:
    """Tell what became of an entry: every stage, and why it was or was not sent.

    URL-or-ID is the address of an article in any spelling (with or without www, tracking parameters, /amp ...), a part
    of it that no other has, or an article's number. An address that no source has brought is explained too.

    A number only means an article; for one that stands in an address write what is beside it too: /4711.

    Topics are tried again with today's rules, so that what changed since is seen.
    """
    from alerts.explanation import jsonobject, show
    from alerts.explanation.finding import explain_life, explain_unknown
    from alerts.history import History
    from alerts.records.archive import Archive
    from alerts.secrets import redact
    from alerts.terminal import MAX_COLUMNS, Pen
    from crawler.clock import utc_now
    from crawler.records.store import Store

    config, now = context.load(), utc_now()
    store = Store.open(config.crawl.database_url)
    history = History(Archive.open(store.engine).engine)
    states = store.poll_states()
    found = history.find(name)
    pen = Pen.for_stream(sys.stdout, piped=MAX_COLUMNS)
    lines: Iterable[str]
    if found:
        life = history.read(_only(name, found))
        told = explain_life(config, history, life, states, now)
        lines = [jsonobject.tell_entry(told)] if as_json else show.entry_lines(told, config, pen)
    else:
        unknown = explain_unknown(config, history, states, _require_address(name, history))
        lines = [jsonobject.tell_unknown(unknown)] if as_json else show.unknown_lines(unknown, config, pen)
    for line in lines:
        click.echo(redact(line), color=pen.colour)
    return 0


def _only(name: str, found: Sequence[Candidate]) -> Candidate:
    """Return what was found, or raise an error that lists all that *name* may mean."""
    from alerts.message.plaintext import clean_line

    if len(found) == 1:
        return found[0]
    listed = [
        f"  {item.article_id or 'no article yet':>6}  {clean_line(item.url or item.title)}"
        for item in found[:20]
    ]
    listed += [f"  and {len(found) - 20} more"] if len(found) > 20 else []
    listing = "\n".join(listed)
    raise click.ClickException(f"{name!r} is a part of {len(found)} addresses; name one:\n{listing}")


def _require_address(name: str, history: History) -> str:
    """Return *name*, which nothing stored is called, as an address, or raise a usage error."""
    from alerts.history import is_number
    from crawler.urls import is_http_url

    url = name if "://" in name else f"https://{name}"
    if is_http_url(url) and "." in url and "/" in url.partition("://")[2]:
        return url
    newest = history.newest_id()
    known = f"articles have the numbers 1 to {newest}" if newest else "the archive is empty"
    if is_number(name):
        number = name.strip()
        raise click.UsageError(
            f"there is no article {number}: {known}; as a part of an address write it with what is beside it: /{number}"
        )
    raise click.UsageError(f"nothing stored is named {name!r}; {known}, and any part of an address will do")
