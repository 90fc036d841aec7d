"""``newswatch explain``: the stages that one entry went through, and why each channel was told of it or not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from alerts.commands.backtest import has_colours, paragraph, sentence_lines
from alerts.commands.context import Context

if TYPE_CHECKING:
    from alerts.backtest import Judgement
    from alerts.config import Config
    from alerts.history import ChannelFate, History, Life
    from alerts.model import MarkedText
    from crawler.config import Source
    from crawler.model import PollState

_ORDER = ("told", "counted", "waits", "failed", "not told")


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is told of one entry."""

    life: Life
    source: Source | None
    route: str | None
    judged: Judgement | None
    fates: tuple[ChannelFate, ...]


@click.command("explain")
@click.argument("name", metavar="URL-or-ID")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_obj
def command(context: Context, name: str, as_json: bool) -> int:
    """Tell what became of an entry: every stage, and why it was or was not sent.

    URL-or-ID is the address of an article in any spelling (with or without www, tracking parameters, /amp ...), a part
    of it that no other has, or an article's number. An address that no source has brought is explained too.

    Topics are tried again with today's rules, so that what changed since is seen.
    """
    from alerts.archive import Archive
    from alerts.history import History
    from alerts.plaintext import clean_line
    from alerts.secrets import redact
    from crawler.clock import utc_now
    from crawler.store import Store
    from crawler.urls import is_http_url

    config, now = context.load(), utc_now()
    store = Store.open(config.crawl.database_url)
    history = History(Archive.open(store.engine).engine)
    found = history.find(name)
    if len(found) > 1:
        listed = [
            f"  {item.article_id or 'no article yet':>6}  {clean_line(item.url or item.title)}"
            for item in found[:20]
        ]
        more = f"\n  and {len(found) - 20} more" if len(found) > 20 else ""
        listing = "\n".join(listed) + more
        raise click.ClickException(f"{name!r} is a part of {len(found)} addresses; name one:\n{listing}")
    if not found:
        url = name if "://" in name else f"https://{name}"
        if not (is_http_url(url) and "." in url and "/" in url.partition("://")[2]):
            newest = history.newest_id()
            remedy = f"articles have the numbers 1 to {newest}" if newest else "the archive is empty"
            raise click.UsageError(
                f"nothing stored is named {name!r}; {remedy}, and any part of an address will do"
            )
        told = _unknown(config, history, store.poll_states(), url)
        lines = [json.dumps(told, ensure_ascii=False)] if as_json else list(_unknown_lines(told, config))
    else:
        explanation = _explain(config, history, history.read(found[0]), store.poll_states(), now)
        lines = [_as_json(explanation)] if as_json else list(_lines(explanation, config))
    for line in lines:
        click.echo(redact(line), color=has_colours())
    return 0


def _explain(
    config: Config, history: History, life: Life, states: dict[str, PollState], now: datetime
) -> Explanation:
    from alerts.backtest import judge
    from alerts.cycle import console_channel
    from alerts.history import tell_fates

    source_id = life.article.source_id if life.article else life.entries[0].source_id
    source = next((source for source in config.crawl.sources if source.id == source_id), None)
    route = None
    if source is not None:
        served = states[source_id].route if source_id in states else 0
        last = source.routes[served if served < len(source.routes) else 0]
        route = f"{last.kind} {last.url}"
    channels = config.channels or (console_channel(config),)
    fates = tell_fates(config, history.engine, life, channels, now)
    judged = judge(config, life.article, life.found or {}) if life.article else None
    return Explanation(life, source, route, judged, fates)


# -- an address that nobody brought ---------------------------------------------------------------------------------


def _unknown(config: Config, history: History, states: dict[str, PollState], url: str) -> dict[str, Any]:
    brought = history.sources_of_host(url)
    sources = []
    for source in config.crawl.sources:
        reads = any(_site_of(route.url) == _site_of(url) for route in source.routes)
        if not reads and source.id not in brought:
            continue
        state = states.get(source.id)
        sources.append(
            {
                "id": source.id,
                "name": source.name,
                "enabled": source.enabled,
                "entries_of_this_host": brought.get(source.id, 0),
                "last_read": _iso(state.last_ok_at) if state else None,
                "last_item": _iso(state.last_item_at) if state else None,
                "next_poll": _iso(state.next_poll_at) if state else None,
                "failures": state.failures if state else 0,
                "failing_since": _iso(state.failing_since) if state else None,
                "problem": state.problem if state else None,
            }
        )
    return {"url": url, "known": False, "verdict": "no source has brought this address", "sources": sources}


def _site_of(url: str) -> str:
    """Return what the addresses of one owner share: the registrable domain, or the host where there is none."""
    from courlan import extract_domain

    from crawler.urls import identity_key

    host = identity_key(url).partition("/")[0]
    return extract_domain(f"https://{host}/") or host


def _unknown_lines(told: dict[str, Any], config: Config) -> Iterator[str]:
    yield click.style(told["url"], bold=True)
    yield f"No source has brought this address. Times in {config.crawl.settings.timezone}."
    if not told["sources"]:
        yield "No source in sources.yaml reads this site, so its articles can only come through others."
        return
    yield "Sources of this site:"
    for source in told["sources"]:
        yield f"  {click.style(source['id'], bold=True)}  {source['name']}"
        if not source["enabled"]:
            yield "      switched off (enabled: false)"
        if not source["last_read"]:
            yield from paragraph(
                "never read yet" + (f": {source['problem']}" if source["problem"] else ""), " " * 6
            )
            continue
        when, item = _local(source["last_read"], config), _local(source["last_item"], config)
        yield f"      last read {when}, last new item {item}, next poll {_local(source['next_poll'], config)}"
        if source["failures"]:
            since = _local(source["failing_since"], config)
            words = f"failing since {since}, {_times(source['failures'], 'time')}: {source['problem']}"
            yield from paragraph(words, " " * 6)
    yield "A page that stood in their feeds only between two polls, or never, cannot be known."


# -- for people -----------------------------------------------------------------------------------------------------


def _lines(told: Explanation, config: Config) -> Iterator[str]:
    from alerts.plaintext import clean_line
    from alerts.text.zawgyi import to_unicode

    life, article = told.life, told.life.article
    first = life.entries[0] if life.entries else None
    default = (told.source.encoding if told.source else None) or "unicode"
    title = to_unicode((article or first).title if article or first else "", default).text  # type: ignore[union-attr]  # one is there
    yield from (click.style(line, bold=True) for line in paragraph(title or "(no title)", ""))
    url = (article.url if article else None) or (first.url if first else None)
    if url:
        yield clean_line(url)
    number = f"article {article.article_id}" if article else "no article yet"
    yield click.style(f"{number} · times in {config.crawl.settings.timezone}", dim=True)
    standings: dict[str, list[str]] = {}
    for fate in sorted(told.fates, key=lambda fate: _ORDER.index(fate.standing)):
        standings.setdefault(fate.standing, []).append(fate.channel_id)
    summary = " · ".join(f"{standing}: {', '.join(names)}" for standing, names in standings.items())
    yield from (click.style(line, bold=True) for line in paragraph(summary, ""))
    yield ""
    for label, rows in (
        ("Seen", _seen_rows(told, config)),
        ("Text", _text_rows(told, config)),
        ("Matched", _matched_rows(told, config)),
        ("Topics", _topic_rows(told, config)),
        ("Story", _story_rows(told, config)),
        ("Channels", _channel_rows(told, config)),
    ):
        told_rows = list(rows)
        width = max((len(key) + 2 for key, _, _ in told_rows if key), default=0)
        for index, (key, text, sentence) in enumerate(told_rows):
            lead = f"{label if not index else '':<10}{key:<{width}}"
            for line in paragraph(text, lead, " " * (10 + width)):
                yield click.style(line[:10], fg="cyan") + line[10:]
            if sentence is not None and sentence.text:
                yield from sentence_lines(sentence, " " * (10 + width))


Rows = Iterator[tuple[str, str, "MarkedText | None"]]  # what is spoken of, what is said, what was found


def _seen_rows(told: Explanation, config: Config) -> Rows:
    for index, item in enumerate(told.life.entries):
        name = next(
            (each.name for each in config.crawl.sources if each.id == item.source_id), "left sources.yaml"
        )
        text = f"{_when(item.first_seen, config)} in {item.source_id} ({name})"
        text += ", with its first poll" if item.first_poll else ""
        text += (
            f"; published {_when(item.published, config)} by its own word" if item.published else "; undated"
        )
        yield "", text, None
        if not index and told.route:
            yield "", f"that source was last read through {told.route}", None
    if not told.life.entries:
        yield "", "by an entry that is not stored any more", None


def _text_rows(told: Explanation, config: Config) -> Rows:
    from alerts.backtest import is_removed
    from alerts.layout import language_name

    life, article = told.life, told.life.article
    for item in life.entries[:1]:
        tries = f" ({_times(item.attempts, 'attempt')})" if item.attempts else ""
        again = f"; tried again {_when(item.next_attempt, config)}" if item.next_attempt else ""
        if article is None:
            yield "", f"the page has not been read yet{tries}", None
        elif item.problem:
            yield "", f"page not read: {item.problem}{tries}{again}", None
        elif item.url is None:
            yield "", "the feed names no page", None
        elif article.origin != "page":
            wish = told.source.full_text if told.source else "page"
            asked = (
                "the page was asked for, and the feed had more"
                if item.attempts
                else "the page was not asked for"
            )
            yield "", f"{asked} (full_text: {wish})", None
    if article is None:
        return
    if is_removed(article):
        yield "", "the text was removed by retention", None
        return
    kind = {"page": "from the page", "feed": "the feed's own text", "summary": "summary only"}[article.origin]
    facts = [f"{len(article.text):,} characters", kind, language_name(article.language) or "unknown language"]
    facts += [told.judged.encoding] if told.judged and told.judged.encoding != "unicode" else []
    facts += ["cut short by a paywall"] if article.truncated else []
    facts += [f"version {life.revision}"] if life.revision > 1 else []
    facts += [f"dated {_when(article.published, config)}"] if article.published else ["undated"]
    yield "", " · ".join(facts), None


def _matched_rows(told: Explanation, config: Config) -> Rows:
    done, judged = told.life.examination, told.judged
    if done is None or not done.revision:
        tried = f"; begun {_times(done.attempts, 'time')} and never ended" if done and done.attempts else ""
        yield "", f"not yet: the next run will{tried}", None
        return
    is_same = judged is not None and judged.rules_hash == done.rules_hash
    rules = "today's rules" if is_same else "other rules than today's (topics.yaml or lexicon.csv changed)"
    stale = "" if told.life.is_examined else "; the text has changed since, the next run matches it again"
    yield "", f"{_when(done.at, config)} under {rules}{stale}", None
    if told.life.article and told.life.article.backlog:
        yield (
            "",
            "backlog: it came with the first poll, older than first_run_window, so it is never sent",
            None,
        )


def _topic_rows(told: Explanation, config: Config) -> Rows:
    for verdict in told.judged.verdicts if told.judged else ():
        forms = Counter(hit.form for hit in verdict.hits).most_common(6)
        counted = ", ".join(f"{form} ×{number}" for form, number in forms)
        why = "; ".join(verdict.reasons)
        is_done = told.life.is_examined
        match (verdict.then is not None, verdict.holds):
            case (True, True):
                text = f"yes: {counted or 'every article of this source counts'}"
            case (True, False):
                text = f"found {_when(verdict.then, config)} ({counted}), but would not be today: {why}"
            case (True, None):
                text = f"found {_when(verdict.then, config)} ({counted}); the text is gone since"
            case (False, True):
                later = "not then, but would be under today's rules" if is_done else "yes, when it is matched"
                text = f"{later}: {counted}"
            case (False, False):
                text = f"no: {why}"
            case _:
                text = "not found then; the text is gone since"
        yield verdict.topic_id, text, verdict.sentence


def _story_rows(told: Explanation, config: Config) -> Rows:
    life = told.life
    if life.story_id is None:
        yield "", "in none: only what belongs to a topic is grouped", None
        return
    others = f", with {_times(len(life.others), 'other report')}" if life.others else ", alone in it"
    yield "", f"number {life.story_id}{others}", None
    for other in life.others[:10]:
        when = _when(other.first_seen, config)
        yield "", f"{when} {other.source_id}: {other.title} (article {other.article_id})", None


def _channel_rows(told: Explanation, config: Config) -> Rows:
    untold: dict[str, list[str]] = {}
    for fate in told.fates:
        if fate.queued is None:
            untold.setdefault(fate.reason, []).append(fate.channel_id)
            continue
        at = f" {_when(fate.at, config)}" if fate.at else ""
        yield fate.channel_id, f"{fate.standing}{at} · {fate.reason}", None
        for message in fate.queued.messages:
            part = f", part {message.part} of {message.parts}" if message.parts > 1 else ""
            text = f"message {message.number}{part}: {message.state.value}"
            text += f" {_when(message.updated, config)}, {_times(message.attempts, 'attempt')}"
            text += f", not before {_when(message.not_before, config)}" if message.not_before else ""
            yield "", text + (f" ({message.reason})" if message.reason else ""), None
    for reason, names in untold.items():
        if len(names) == 1:
            yield names[0], f"not told · {reason}", None
        else:
            yield "", f"not told: {', '.join(names)} · {reason}", None


def _when(moment: datetime | None, config: Config) -> str:
    zone = ZoneInfo(config.crawl.settings.timezone)
    return "never" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _local(moment: str | None, config: Config) -> str:
    return _when(datetime.fromisoformat(moment) if moment else None, config)


def _times(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# -- for programs ---------------------------------------------------------------------------------------------------


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _as_json(told: Explanation) -> str:
    from pydantic import TypeAdapter

    life, judged = told.life, told.judged
    article: dict[str, Any] = asdict(life.article) if life.article else {}
    done = life.examination
    facts = {
        "known": True,
        "article": article | {"text": None, "text_chars": len(article["text"])} if article else None,
        "entries": life.entries,
        "route": told.route,
        "encoding": judged.encoding if judged else None,
        "examined": asdict(done) | {"same_rules": judged.rules_hash == done.rules_hash}
        if done and judged
        else None,
        "topics": {verdict.topic_id: verdict for verdict in judged.verdicts} if judged else {},
        "story": {"id": life.story_id, "others": [other.article_id for other in life.others]},
        "channels": {fate.channel_id: fate for fate in told.fates},
    }
    return TypeAdapter(Any).dump_json(facts).decode("utf-8")
