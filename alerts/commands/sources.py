"""``newswatch sources``: the outlets that are read, as a list and as OPML; nothing is asked of the network."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, get_args

import click

from alerts.commands.context import Context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.config import Config
    from alerts.terminal import Pen
    from crawler.config import Source
    from crawler.discovery.opml import Reading
    from crawler.model import PollState


@click.group("sources")
def command() -> None:
    """List the outlets that are read; exchange them with feed readers as OPML.

    Nothing is asked of the network: `newswatch check --online` does that.
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_obj
def list_sources(context: Context, as_json: bool) -> int:
    """List every source, how it is reached and how it did last.

    What it did comes from the database, where there is one already; none is made.
    """
    from alerts.jsontext import dump
    from alerts.secrets import redact
    from alerts.terminal import MAX_COLUMNS, Pen
    from crawler.clock import utc_now

    config = context.load()
    states = _known_states(context, config)
    if as_json:
        click.echo(redact(dump([_data(source, states.get(source.id)) for source in config.crawl.sources])))
        return 0
    pen = Pen.for_stream(sys.stdout, piped=MAX_COLUMNS)
    now = utc_now()
    width = max(len(source.id) for source in config.crawl.sources)
    for source in config.crawl.sources:
        for line in _lines(source, states.get(source.id), now, pen, width):
            click.echo(redact(line), color=pen.colour)
    enabled = sum(source.enabled for source in config.crawl.sources)
    context.say(f"{len(config.crawl.sources)} sources, {enabled} enabled")
    return 0


@command.command("export")
@click.option("--all", "everything", is_flag=True, help="Disabled sources too.")
@click.pass_obj
def export(context: Context, everything: bool) -> int:
    """Write the sources as OPML 2.0 to stdout: newswatch sources export > sources.opml

    A feed reader takes the first feed of each. Other routes, perspective and rhythm are kept in attributes of
    newswatch's own, so that `newswatch sources import` gives the same sources back. Headers, proxies and topics are
    not written.
    """
    from crawler.clock import utc_now
    from crawler.discovery.opml import write_opml

    config = context.load()
    chosen = [source for source in config.crawl.sources if source.enabled or everything]
    sys.stdout.buffer.write(write_opml(chosen, utc_now()))
    sys.stdout.buffer.flush()
    return 0


def _perspectives() -> list[str]:
    from crawler.config import Perspective

    return list(get_args(Perspective))


@command.command("import")
@click.argument("file", type=click.File("rb"), metavar="FILE.opml")
@click.option("--write", is_flag=True, help="Append the entries to sources.yaml; its comments stay.")
@click.option("--language", metavar="CODE", help="For outlines that name none, such as en or my.")
@click.option("--perspective", metavar="WORD", help="For outlines that name none, such as independent.")
@click.pass_obj
def import_(
    context: Context, file: BinaryIO, write: bool, language: str | None, perspective: str | None
) -> int:
    """Turn the feeds of an OPML file into entries of sources.yaml, and print them.

    FILE.opml is what feed readers export; - reads stdin. A feed that is configured already is told and left out. What
    OPML does not say is guessed and marked: an outlet with a Burmese title is taken for Burmese, another for English,
    and everybody for independent. --language and --perspective say better.

        newswatch sources import feeds.opml --perspective ethnic --write
    """
    from crawler.configvalue import check_language
    from crawler.discovery.opml import MAX_BYTES, read_opml, write_entry
    from crawler.errors import ParseError

    if perspective is not None and perspective not in _perspectives():
        raise click.UsageError(f"--perspective {perspective!r}: allowed are {', '.join(_perspectives())}")
    try:
        language = check_language(language) if language is not None else None
    except ValueError as error:
        raise click.UsageError(f"--language {language!r}: {error}") from None
    config = context.load()
    try:
        reading = read_opml(
            file.read(MAX_BYTES + 1), config.crawl.sources, language=language, perspective=perspective
        )
    except ParseError as error:
        raise click.UsageError(f"{file.name}: {error}") from None
    except OSError as error:
        raise click.UsageError(f"{file.name}: cannot be read: {error.strerror}") from None
    _tell_left_out(context, reading)
    if write and reading.proposals:
        from crawler.discovery.sourcesfile import append_entries

        path = append_entries(config.crawl.folder / "sources.yaml", reading.proposals)
        for proposal in reading.proposals:
            click.echo(f"added {proposal.entry['id']}: {proposal.entry['name']}")
        context.say(f"{path}: {len(reading.proposals)} added; now look at them: newswatch check --online")
        return 0
    for proposal in reading.proposals:
        click.echo(write_entry(proposal))
    if reading.proposals:
        context.say("put these below `sources:` in sources.yaml, or run this again with --write")
    else:
        context.say("nothing to add")
    return 0


def _tell_left_out(context: Context, reading: Reading) -> None:
    from alerts.message.plaintext import clean_line

    for line in reading.left_out[:50]:
        context.say(f"left out: {clean_line(line)}")
    if len(reading.left_out) > 50:
        context.say(f"left out: {len(reading.left_out) - 50} more")
    guessed = [proposal for proposal in reading.proposals if proposal.guessed]
    if guessed:
        keys = sorted({key for proposal in guessed for key in proposal.guessed})
        context.say(f"guessed for {len(guessed)} of {len(reading.proposals)}: {', '.join(keys)}")


def _known_states(context: Context, config: Config) -> Mapping[str, PollState]:
    """Return what is remembered of the sources; nothing is made where there is no database yet."""
    from crawler.errors import StoreError
    from crawler.records.store import Store

    url = config.crawl.database_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///").partition("?")[0]).exists():
        return {}
    try:
        return Store.open(url).poll_states()
    except StoreError as error:
        context.say(f"newswatch: how they did is not known: {error}")
        return {}


def _data(source: Source, state: PollState | None) -> dict[str, object]:
    from crawler.configvalue import format_duration

    return {
        "id": source.id,
        "name": source.name,
        "language": source.language,
        "perspective": source.perspective,
        "every": format_duration(source.every),
        "routes": [{"kind": route.kind, "url": str(route.url)} for route in source.routes],
        "enabled": source.enabled,
        "last_ok": state and state.last_ok_at,
        "problem": state and state.problem,
        "failing_since": state and state.failing_since,
    }


def _lines(source: Source, state: PollState | None, now: datetime, pen: Pen, width: int) -> list[str]:
    from urllib.parse import urlsplit

    from alerts.message.plaintext import clean_line
    from alerts.terminal import YELLOW, Span
    from crawler.configvalue import format_duration

    facts = f"{source.language:<3} {source.perspective:<12}  {format_duration(source.every):>4}  "
    how, is_bad = _health(source, state, now)
    spans = [
        Span(f"{source.id:<{width}}  ", bold=source.enabled, dim=not source.enabled),
        Span(facts, dim=not source.enabled),
        Span(clean_line(source.name), bold=source.enabled, dim=not source.enabled),
    ]
    indent = " " * (width + 2)
    routes: list[Span] = []
    for route in source.routes:
        told = f"{route.kind} {clean_line(urlsplit(str(route.url)).hostname or '')}"
        routes += [Span(" · ", dim=True)] * bool(routes) + [Span(told, dim=True, whole=True)]
    lines = pen.wrap(spans, "", indent)
    lines += pen.wrap([Span(how, colour=YELLOW if is_bad else None)], indent)
    return lines + pen.wrap(routes, indent)


def _health(source: Source, state: PollState | None, now: datetime) -> tuple[str, bool]:
    from alerts.message.moment import age

    if not source.enabled:
        return "disabled", False
    if state is None or (state.last_ok_at is None and not state.problem):
        return "not read yet", False
    read = f"read {age(state.last_ok_at, now)}" if state.last_ok_at else "never read"
    if not state.failures:
        return read, False
    since = f", failing since {age(state.failing_since, now)}" if state.failing_since else ""
    return f"{read}{since}: {state.problem}", True
