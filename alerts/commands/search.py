"""``newswatch search``: full-text search of the archive."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from alerts.commands.context import Context
from alerts.commands.run import DurationType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.config import Config
    from alerts.search.finding import Finds
    from alerts.search.index import Scope, SearchIndex
    from alerts.search.query import Query

PATIENCE_S = 1.0  # work that takes longer says how far it is


class MomentType(click.ParamType[datetime | timedelta]):
    """An age such as 30d, or a day such as 2026-11-22."""

    name = "moment"

    def convert(
        self, value: object, param: click.Parameter | None, context: click.Context | None
    ) -> datetime | timedelta:
        try:
            return datetime.strptime(str(value), "%Y-%m-%d")  # noqa: DTZ007 - the zone is the configuration's
        except ValueError:
            pass
        try:
            age = DurationType().convert(value, param, context)
        except click.UsageError as error:
            self.fail(f"{value!r} is no age such as 30d and no day such as 2026-11-22", param, context)
            raise AssertionError from error
        return age


@click.command(
    "search",
    # -word leaves a word out: no letter may be an option, nor -h as in -church
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="WORDS...")
@click.option(
    "--since", type=MomentType(), metavar="WHEN", help="Not before: an age (30d) or a day (2026-11-22)."
)
@click.option("--until", type=MomentType(), metavar="WHEN", help="Not after: an age, or a day to its end.")
@click.option("--source", "sources", multiple=True, metavar="ID", help="Only this source; may be repeated.")
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="Show so many, the newest."
)
@click.option("--exact", is_flag=True, help="Take words as written: no other spelling or script of a name.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON an article.")
@click.pass_obj
def command(
    context: Context,
    words: tuple[str, ...],
    since: datetime | timedelta | None,
    until: datetime | timedelta | None,
    sources: tuple[str, ...],
    limit: int,
    exact: bool,
    as_json: bool,
) -> int:
    """Search the archive for articles that hold all WORDS, in Burmese or English.

    \b
    Loikaw             a name of the lexicon, in all its spellings and scripts
    '"Loi Kaw"'        these words beside each other, as written
    @airstrike         a concept of the lexicon
    karenn*            words that begin so; four Latin letters at least
    -Yangon            leave out what holds this

    Burmese is found with any spacing, in Unicode or Zawgyi. The first search after a run indexes what is new; when
    it is stopped, the next one goes on. How the words were read is said on stderr.
    """
    from alerts.search.finding import search
    from alerts.search.query import QueryError, read_query
    from crawler.clock import utc_now

    if "-h" in words:
        click.echo(click.get_current_context().get_help())
        return 0
    for word in words:
        if word.startswith("--"):
            raise click.UsageError(f"no such option: {word.partition('=')[0]}", click.get_current_context())
    config = context.load()
    _require_sources(config, sources)
    try:
        query = read_query(words, config.lexicon, config.topics, exact=exact)
    except QueryError as error:
        raise click.UsageError(str(error), click.get_current_context()) from error
    scope = _make_scope(since, until, sources, utc_now(), ZoneInfo(config.crawl.settings.timezone))
    context.say(f"searching for {query.described}")
    index = _open(context, config)
    finds = search(index, query, config.lexicon, scope, limit)
    _tell(context, config, finds, as_json=as_json)
    if not finds.articles:
        context.say(_nothing(query, index, scope, ZoneInfo(config.crawl.settings.timezone)))
    return 0


def _require_sources(config: Config, wanted: Sequence[str]) -> None:
    known = [source.id for source in config.crawl.sources]
    for name in wanted:
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"sources: {', '.join(sorted(known))}"
            raise click.UsageError(f"no source {name!r} in sources.yaml; {hint}")


def _make_scope(
    since: datetime | timedelta | None,
    until: datetime | timedelta | None,
    sources: tuple[str, ...],
    now: datetime,
    zone: ZoneInfo,
) -> Scope:
    from alerts.search.index import Scope

    def instant(moment: datetime | timedelta | None, *, is_end: bool) -> datetime | None:
        if isinstance(moment, datetime):
            return (moment + timedelta(days=int(is_end))).replace(tzinfo=zone)
        return None if moment is None else now - moment

    scope = Scope(instant(since, is_end=False), instant(until, is_end=True), sources)
    if scope.since and scope.until and scope.since >= scope.until:
        raise click.UsageError("--since is not before --until: no article can be between them")
    return scope


def _open(context: Context, config: Config) -> SearchIndex:
    """Return the index, brought up to date."""
    from time import monotonic

    from alerts.records.archive import Archive
    from alerts.search.index import SearchIndex
    from crawler.records.store import Store

    store = Store.open(config.crawl.database_url)
    Archive.open(store.engine)
    encodings = {source.id: source.encoding for source in config.crawl.sources if source.encoding}
    index = SearchIndex(store.engine, encodings)
    begun = told = monotonic()

    def progress(done: int, of: int) -> None:
        nonlocal told
        if monotonic() - told > PATIENCE_S or (done == of and told > begun):
            told = monotonic()
            context.say(f"indexing new articles: {done} of {of}")

    index.update(progress)
    return index


def _tell(context: Context, config: Config, finds: Finds, *, as_json: bool) -> None:
    from alerts.search.show import Shower, as_json_line
    from alerts.terminal import Pen

    if as_json:
        for found in finds.articles:
            click.echo(as_json_line(found))
    else:
        outlets = {source.id: source.name for source in config.crawl.sources}
        shower = Shower(outlets, config.crawl.settings.timezone, Pen.for_stream(sys.stdout))
        for found in finds.articles:
            click.echo("\n".join(shower.lines(found)) + "\n", color=shower.pen.colour)
    if finds.more or not finds.is_more_counted:
        count = f"{finds.more} more" if finds.is_more_counted else f"at least {finds.more} more"
        context.say(f"{count}; see them with --limit, or narrow the search with --since or another word")


def _nothing(query: Query, index: SearchIndex, scope: Scope, zone: ZoneInfo) -> str:
    searched = index.measure(scope)
    if searched.oldest is None or searched.newest is None:
        narrowed = scope.since or scope.until or scope.source_ids
        why = (
            "no article is of that time and source"
            if narrowed
            else "the archive is empty: `newswatch run` fills it"
        )
        return f"nothing found: {why}"
    first, last = (f"{moment.astimezone(zone):%Y-%m-%d}" for moment in (searched.oldest, searched.newest))
    dates = f"of {first}" if first == last else f"from {first} to {last}"
    return f"nothing found in {searched.count} article{'s' if searched.count != 1 else ''} {dates}"
