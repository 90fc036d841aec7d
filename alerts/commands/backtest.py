"""``newswatch backtest``: what a topic would have found in the archive, and what a change of its rule changes."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from alerts.commands.context import Context
from alerts.commands.run import DurationType

if TYPE_CHECKING:
    from alerts.backtest import Backtest, Sample, Tally
    from alerts.config import Config
    from alerts.match.rule import TopicRule
    from alerts.terminal import Pen

MOST_DAYS = 62  # a longer span is drawn by the week
BAR_COLUMNS = 40
SENTENCE_CHARS = 320  # of a sample's sentence; a longer one is cut round its words
PROGRESS_AFTER_S = 1.0
_COPY_RULE = "same text as an earlier hit, or the same title (spelling, case and spaces aside)"


@click.command("backtest")
@click.option(
    "--topic", "topics", multiple=True, metavar="ID", help="A topic of topics.yaml; may be repeated."
)
@click.option(
    "--query",
    "queries",
    multiple=True,
    metavar="TERM",
    help="Words or @concept, any of which must stand: a trial topic; with one --topic, in the place of its `any`.",
)
@click.option(
    "--since", type=DurationType(), default="30d", show_default=True, help="Articles first seen within."
)
@click.option(
    "--samples", type=click.IntRange(0, 1000), default=10, show_default=True, help="How many to show."
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_obj
def command(
    context: Context,
    topics: tuple[str, ...],
    queries: tuple[str, ...],
    since: timedelta,
    samples: int,
    as_json: bool,
) -> int:
    """Show what a topic would have found in the archive; sends nothing and changes nothing.

    Change config/topics.yaml or lexicon.csv, look here at what is found a day, how much of it is copies, and what the
    change adds and drops against what is stored; the next run uses the new rules for new articles.

    \b
        newswatch backtest --topic loikaw --since 7d
        newswatch backtest --query "@demoso" --query Hpruso
    """
    from alerts.backtest import Backtest, count_articles, read_filed
    from alerts.records.archive import Archive
    from alerts.secrets import redact
    from alerts.terminal import MAX_COLUMNS, Pen
    from crawler.clock import utc_now
    from crawler.records.store import Store

    config, now = context.load(), utc_now()
    rules = _choose(config, topics, queries)
    engine = Archive.open(Store.open(config.crawl.database_url).engine).engine
    try:
        start = now - since
    except OverflowError:
        start = datetime(1970, 1, 1, tzinfo=now.tzinfo)
    zone = ZoneInfo(config.crawl.settings.timezone)
    is_adhoc = not topics  # words of the command line alone: nothing is stored of them
    tried = Backtest(rules, config.lexicon, config.crawl.sources, zone, samples, is_adhoc=is_adhoc)
    total = count_articles(engine, start)
    progress = _Progress(total, is_wanted=sys.stderr.isatty() and not context.quiet)
    for batch in read_filed(engine, start, () if is_adhoc else [rule.id for rule in rules]):
        for filed in batch:
            tried.look_at(filed)
            progress.step()
    progress.end()
    pen = Pen.for_stream(sys.stdout, piped=MAX_COLUMNS)
    for line in [_as_json(tried, start, now)] if as_json else _lines(tried, config, start, now, pen):
        click.echo(redact(line), color=pen.colour)
    return 0


def _choose(config: Config, topics: Sequence[str], queries: Sequence[str]) -> tuple[TopicRule, ...]:
    """Return the rules to try, or raise a usage error that says what is wrong with the words given."""
    from alerts.backtest import QUERY
    from alerts.match.rule import TopicRule
    from alerts.match.topic import find_rule_problems

    known = {topic.id: topic for topic in config.topics}
    if not topics and not queries:
        raise click.UsageError(
            f"name a topic (--topic ID; topics: {', '.join(known)}) or try words (--query TERM)"
        )
    for name in topics:
        if name not in known:
            raise click.UsageError(f"no topic {name!r} in topics.yaml; topics: {', '.join(known)}")
    if queries and len(set(topics)) > 1:
        raise click.UsageError("--query takes the place of one topic's `any`: name one --topic at most")
    rules = tuple(known[name] for name in dict.fromkeys(topics))
    if queries:
        base = rules[0] if rules else TopicRule(QUERY, QUERY)
        rules = (replace(base, any=tuple(queries)),)
        if problems := find_rule_problems(rules, config.lexicon):
            raise click.UsageError("; ".join(f"--query: {problem.message}" for problem in problems))
    return rules


class _Progress:
    """A counter on stderr, once the work has taken a second."""

    def __init__(self, total: int, *, is_wanted: bool) -> None:
        self._total, self._is_wanted = total, is_wanted
        self._done, self._shown = 0, False
        self._begun_s = time.monotonic()

    def step(self) -> None:
        self._done += 1
        if not self._is_wanted or self._done % 100 or time.monotonic() - self._begun_s < PROGRESS_AFTER_S:
            return
        self._shown = True
        click.echo(f"\rread {self._done:,} of {self._total:,} articles", nl=False, err=True)

    def end(self) -> None:
        if self._shown:
            click.echo("\r" + " " * 60 + "\r", nl=False, err=True)


# -- for people -----------------------------------------------------------------------------------------------------


def _lines(tried: Backtest, config: Config, start: datetime, now: datetime, pen: Pen) -> Iterator[str]:
    from alerts.terminal import Span

    zone = ZoneInfo(config.crawl.settings.timezone)
    last = now.astimezone(zone).date()
    first = tried.first_day or last  # of what is in the archive: days before it say nothing
    since = f"{start.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
    begins = (
        f", the first on {first:%Y-%m-%d}" if first > start.astimezone(zone).date() and tried.articles else ""
    )
    yield from pen.paragraph(f"{tried.articles:,} articles first seen since {since}{begins}")
    if tried.removed:
        yield from pen.paragraph(
            f"{tried.removed:,} more have lost their text to retention and cannot be tried"
        )
    if tried.waiting:
        yield f"{tried.waiting:,} of them wait to be matched by the next run"
    for tally in tried.tallies():
        yield ""
        yield pen.paint(Span(tally.topic_id, bold=True), Span(f": {_counts(tally)}"))
        if tally.hits:
            share = f"{tally.copies / tally.hits:.0%}"
            yield from pen.paragraph(f"Copies: {tally.copies} ({share}): {_COPY_RULE}", "  ")
            yield ""
            yield from _chart(tally, first, last, pen)
            yield ""
            yield from _table("Outlets", tally.sources, pen)
            yield from _table("Forms", tally.forms, pen)
        yield from _samples("Newest", tally.samples, tally.hits, zone, pen)
        if tried.is_compared:
            yield from _differences(tally, zone, pen)


def _counts(tally: Tally) -> str:
    told = f"{tally.hits:,} hit{'' if tally.hits == 1 else 's'}"
    if tally.backlog:
        told += f", {tally.backlog:,} of them backlog of a new source, which is never sent"
    return told


def _chart(tally: Tally, first: date, last: date, pen: Pen) -> Iterator[str]:
    """Yield a bar for every day, also those without hits; by the week when there are too many days."""
    from alerts.terminal import CYAN, Span

    step = 1 if (last - first).days < MOST_DAYS else 7
    starts = [first + timedelta(days=days) for days in range(0, (last - first).days + 1, step)]
    rows = []
    for begin in starts:
        days = [begin + timedelta(days=offset) for offset in range(step)]
        rows.append(
            (begin, sum(tally.days[day] for day in days), sum(tally.backlog_days[day] for day in days))
        )
    most = max(1, *(hits for _, hits, _ in rows))
    scale = min(1.0, BAR_COLUMNS / most)
    yield f"  Hits a {'day' if step == 1 else 'week, by its first day'}" + (
        " (░ backlog)" if tally.backlog else ""
    )
    for begin, hits, backlog in rows:
        whole = max(1, round(hits * scale)) if hits else 0
        pale = min(whole, round(backlog * scale)) if backlog < hits else whole
        day = f"  {begin:%a %Y-%m-%d}  "
        if hits:
            yield pen.paint(Span(day), Span("█" * (whole - pale), colour=CYAN), Span(f"{'░' * pale} {hits}"))
        else:
            yield pen.paint(Span(f"{day}·", dim=True))


def _table(heading: str, counts: Counter[str], pen: Pen, most: int = 12) -> Iterator[str]:
    if not counts:
        return
    named = [f"{name} ×{number}" for name, number in counts.most_common(most)]
    more = f" +{len(counts) - most} more" if len(counts) > most else ""
    yield from pen.paragraph(", ".join(named) + more, f"  {heading:<9}", " " * 11)


def _samples(heading: str, samples: Sequence[Sample], total: int, zone: ZoneInfo, pen: Pen) -> Iterator[str]:
    from alerts.terminal import Span

    if not samples:
        return
    indent = " " * 15
    yield ""
    shown = f" {len(samples)} of {total:,}" if total > len(samples) else ""
    yield pen.paint(Span(f"  {heading}", bold=True), Span(shown))
    for sample in samples:
        seen = f"{sample.first_seen.astimezone(zone):%m-%d %H:%M}"
        facts = f"{sample.source_id} · article {sample.article_id}" + (" · copy" if sample.is_copy else "")
        yield pen.paint(Span(f"  {seen}  "), Span(facts, dim=True))
        yield from pen.paragraph(sample.title or "(no title)", indent)
        if sample.sentence.text:
            yield from pen.quote(sample.sentence, indent, SENTENCE_CHARS)
        for reason in sample.reasons:
            yield from pen.paragraph(f"now: {reason}", indent)


def _differences(tally: Tally, zone: ZoneInfo, pen: Pen) -> Iterator[str]:
    yield ""
    changed = f"add {tally.added:,}, drop {tally.dropped:,}"
    if not tally.added and not tally.dropped:
        changed = "add none and drop none"
    told = f"Against the {tally.stored:,} stored matches: today's rules {changed}."
    yield from pen.paragraph(told, "  ")
    yield from _samples("Added", tally.added_samples, tally.added, zone, pen)
    yield from _samples("Dropped", tally.dropped_samples, tally.dropped, zone, pen)


# -- for programs ---------------------------------------------------------------------------------------------------


def _as_json(tried: Backtest, start: datetime, now: datetime) -> str:
    from alerts.jsontext import dump

    facts: dict[str, Any] = {
        "since": start,
        "until": now,
        "articles": tried.articles,
        "text_removed": tried.removed,
        "waiting": tried.waiting,
        "compared": tried.is_compared,
        "topics": {tally.topic_id: tally for tally in tried.tallies()},
    }
    return dump(facts)
