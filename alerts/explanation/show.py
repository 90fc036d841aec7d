"""Tell people what became of an entry, in wrapped lines: a heading, then stage by stage. Concludes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.config import encoding_of
from alerts.message.layout import language_name
from alerts.message.plaintext import clean_line
from alerts.terminal import CYAN, Pen, Span
from alerts.text.zawgyi import to_unicode
from alerts.whynot import is_removed
from crawler.records.arrival import Arrival

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.explanation.finding import Explanation, UnknownAddress
    from alerts.model import MarkedText

_ORDER = ("told", "counted", "waits", "failed", "not told")
_LABEL_COLUMNS = 10
_SENTENCE_CHARS = 320

Rows = Iterator[tuple[str, str, "MarkedText | None"]]  # what is spoken of, what is said, what was found

_ARRIVALS = {
    Arrival.LIVE: "",
    Arrival.FIRST_POLL: ", with its first poll",
    Arrival.ARCHIVED: ", from its archive",
    Arrival.ARCHIVED_TOLD: ", from its archive, to be told",
}


def entry_lines(told: Explanation, config: Config, pen: Pen) -> Iterator[str]:
    """Yield the lines on an entry, its outcome at every channel before the stages."""
    life, article = told.life, told.life.article
    first = life.entries[0] if life.entries else None
    default = encoding_of(told.source)
    title = article.title if article else first.title if first else ""
    yield from pen.paragraph(to_unicode(title, default).text or "(no title)", bold=True)
    url = (article.url if article else None) or (first.url if first else None)
    if url:
        yield clean_line(url)
    number = f"article {article.article_id}" if article else "no article yet"
    yield pen.paint(Span(f"{number} · times in {config.crawl.settings.timezone}", dim=True))
    standings: dict[str, list[str]] = {}
    for fate in sorted(told.fates, key=lambda fate: _ORDER.index(fate.standing)):
        standings.setdefault(fate.standing, []).append(fate.channel_id)
    summary = " · ".join(f"{standing}: {', '.join(names)}" for standing, names in standings.items())
    yield from pen.paragraph(summary, bold=True)
    yield ""
    for label, rows in (
        ("Seen", _seen_rows(told, config)),
        ("Text", _text_rows(told, config)),
        ("Matched", _matched_rows(told, config)),
        ("Topics", _topic_rows(told, config)),
        ("Severity", _severity_rows(told)),
        ("Story", _story_rows(told, config)),
        ("Channels", _channel_rows(told, config)),
        ("Changes", _change_rows(told, config)),
    ):
        yield from _stage_lines(label, list(rows), pen)


def _stage_lines(label: str, rows: list[tuple[str, str, MarkedText | None]], pen: Pen) -> Iterator[str]:
    width = max((len(key) + 2 for key, _, _ in rows if key), default=0)
    indent = " " * (_LABEL_COLUMNS + width)
    for index, (key, text, sentence) in enumerate(rows):
        first, *others = pen.paragraph(text, indent)
        name = " " * _LABEL_COLUMNS if index else pen.paint(Span(f"{label:<{_LABEL_COLUMNS}}", colour=CYAN))
        yield f"{name}{key:<{width}}{first.removeprefix(indent)}"
        yield from others
        if sentence is not None and sentence.text:
            yield from pen.quote(sentence, indent, _SENTENCE_CHARS)


def unknown_lines(told: UnknownAddress, config: Config, pen: Pen) -> Iterator[str]:
    """Yield the lines on an address that no source has brought."""
    yield pen.paint(Span(clean_line(told.url), bold=True))
    zone = config.crawl.settings.timezone
    yield from pen.paragraph(f"No source has brought this address. Times in {zone}.")
    if not told.sources:
        yield from pen.paragraph(
            "No source in sources.yaml reads this site, so its articles can only come through others."
        )
        return
    yield "Sources of this site:"
    indent = " " * 6
    for source in told.sources:
        yield f"  {pen.paint(Span(source.id, bold=True))}  {source.name}"
        if not source.enabled:
            yield f"{indent}switched off (enabled: false)"
        if not source.last_read:
            why = f": {source.problem}" if source.problem else ""
            yield from pen.paragraph(f"never read yet{why}", indent)
            continue
        when, item = _when(source.last_read, config), _when(source.last_item, config)
        following = _when(source.next_poll, config)
        yield from pen.paragraph(f"last read {when}, last new item {item}, next poll {following}", indent)
        if source.failures:
            since = _when(source.failing_since, config)
            words = f"failing since {since}, {_times(source.failures, 'time')}: {source.problem}"
            yield from pen.paragraph(words, indent)
    yield from pen.paragraph(
        "A page that stood in their feeds only between two polls, or never, cannot be known."
    )


def _seen_rows(told: Explanation, config: Config) -> Rows:
    for index, item in enumerate(told.life.entries):
        name = next(
            (each.name for each in config.crawl.sources if each.id == item.source_id), "left sources.yaml"
        )
        text = f"{_when(item.first_seen, config)} in {item.source_id} ({name})"
        text += _ARRIVALS[item.arrival]
        text += (
            f"; published {_when(item.published, config)} by its own word" if item.published else "; undated"
        )
        yield "", text, None
        if not index and told.route:
            yield "", f"that source was last read through {told.route}", None
    if not told.life.entries:
        yield "", "by an entry that is not stored any more", None


def _text_rows(told: Explanation, config: Config) -> Rows:
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
            asked = f"the page was not used: {article.doubt}" if article.doubt else asked
            yield "", f"{asked} (full_text: {wish})", None
        elif article.doubt:
            yield "", f"odd about the page: {article.doubt}", None
    if article is None:
        return
    if is_removed(article):
        yield "", "the text was removed by retention", None
        return
    kind = {"page": "from the page", "feed": "the feed's own text", "summary": "summary only"}[article.origin]
    facts = [f"{len(article.text):,} characters", kind, language_name(article.language) or "unknown language"]
    facts += [told.judged.encoding] if told.judged and told.judged.encoding != "unicode" else []
    facts += ["cut short by a paywall"] if article.truncated else []
    facts += ["several stories on one page"] if article.several else []
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


def _severity_rows(told: Explanation) -> Rows:
    if told.judged and any(verdict.hits or verdict.holds for verdict in told.judged.verdicts):
        grade = told.judged.grade
        yield "", f"{grade.severity.word}{': ' if grade.reasons else ''}{', '.join(grade.reasons)}", None


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
            for mark in message.marks:
                text = f"marked as changed by message {mark.number}: {mark.state.value}"
                text += f" {_when(mark.updated, config)}"
                yield "", text + (f" ({mark.reason})" if mark.reason else ""), None
    for reason, names in untold.items():
        if len(names) == 1:
            yield names[0], f"not told · {reason}", None
        else:
            yield "", f"not told: {', '.join(names)} · {reason}", None


def _change_rows(told: Explanation, config: Config) -> Rows:
    for item in told.life.revised:
        when = _when(item.at, config)
        if item.kind == "removed":
            text = f"{when} removed by the outlet; the last known text is kept"
        elif not item.is_compared:
            text = f"{when} the text changed; the next run compares it"
        else:
            text = f"{when} the text changed{'' if item.changes else ', in nothing that is told'}"
        text += f"; told to {', '.join(item.told)}" if item.told else ""
        text += f"; waits for {', '.join(item.waits)}" if item.waits else ""
        yield "", text, None
        for change in item.changes:
            if change.new:
                words = f"«{change.old}» → «{change.new}»" if change.old else f"added «{change.new}»"
                yield "", f"{change.kind}: {words}", None


def _when(moment: datetime | None, config: Config) -> str:
    zone = ZoneInfo(config.crawl.settings.timezone)
    return "never" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _times(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
