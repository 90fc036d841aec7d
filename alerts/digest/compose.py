"""Turn untold stories into a digest. Pure: rows and names in, `Digest` out; platforms decide how it looks."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alerts.digest.change import change_line, change_words
from alerts.lead.figures import Voice, find_tallies
from alerts.lead.writer import LeadWriter
from alerts.message.moment import local_time
from alerts.message.plaintext import cut_text
from alerts.model import ChangeNote, Coverage, Digest, Grade, Hit, Report, Severity, Story, ToldIn, Volume
from alerts.operators.incident import OFFLINE, SILENT
from alerts.records.archive import PendingReport, PendingStory
from alerts.records.storyrow import Member
from alerts.text.zawgyi import to_unicode
from crawler.model import PollState, StoredArticle

if TYPE_CHECKING:
    from alerts.digest.changing import PendingChange

COUNTED_BEYOND = 5  # more than five times max_stories at once is a flood: not all of it is listed
BRIEF_IN_FLOOD = 3  # times max_stories that are then still named in one line each; the rest is counted

_CARRIERS = ("aggregator", "humanitarian")  # perspectives of sources that carry others' articles
_PUBLISHER_CHARS = 36  # beside the source's name, which is cut with it


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What a digest says of a source."""

    name: str
    perspective: str
    encoding: str | None = None  # "zawgyi" where the source is known to write it


@dataclass(frozen=True, slots=True)
class Selection:
    """A digest and the alerts that it settles: told in it, or only counted."""

    digest: Digest
    told: tuple[int, ...]
    counted: tuple[int, ...]
    changed: tuple[int, ...] = ()  # of `PendingChange`
    notes: tuple[ChangeNote, ...] = ()  # for the earlier messages that tell what was changed


def new_digest_id(
    channel_id: str, now: datetime, alert_ids: Sequence[int], notices: Sequence[str] = ()
) -> str:
    """Return eight hex characters that follow from what is told, where and when."""
    seed = "\0".join((channel_id, now.isoformat(), ",".join(map(str, alert_ids)), *notices))
    return hashlib.sha256(seed.encode()).hexdigest()[:8]


def compose_digest(
    stories: Sequence[PendingStory],
    *,
    channel_id: str,
    title: str,
    now: datetime,
    timezone: str,
    max_stories: int,
    topic_names: Mapping[str, str],
    sources: Mapping[str, SourceFacts],
    coverage: Coverage | None,
    volumes: Sequence[Volume] = (),
    writer: LeadWriter,
    grades: Mapping[int, Grade] | None = None,
    held: int = 0,
    answers: ToldIn | None = None,
    template: str = "",
    notices: Sequence[str] = (),
    is_catch_up: bool = False,
    changes: Sequence[PendingChange] = (),
) -> Selection:
    """Write down what the next digest tells: all of *stories*, the gravest first, of equal ones the newest.

    The first *max_stories* are told in full and the next in one line each; of a flood the rest is counted, so that
    an outage of days never ends in a hundred messages. *grades* are those of the reports' articles, by id; *held*
    is the number of stories that are kept back for the next digest, as quiet hours keep what is not urgent.
    """
    grades = grades or {}
    ranked = sorted(stories, key=lambda item: _rank(item, grades), reverse=True)
    full, others = ranked[:max_stories], ranked[max_stories:]
    floods = len(ranked) > max_stories * COUNTED_BEYOND
    listed = max_stories * BRIEF_IN_FLOOD if floods else len(others)
    brief, counted = others[:listed], others[listed:]
    told = [report.alert_id for item in (*full, *brief) for report in item.reports]
    counted_ids = [report.alert_id for item in counted for report in item.reports]
    changed = [item.alert_id for item in changes]
    digest = Digest(
        digest_id=new_digest_id(
            channel_id, now, [*told, *counted_ids, *(-each for each in changed)], notices
        ),
        title=title,
        created=now,
        timezone=timezone,
        stories=tuple(_story(item, topic_names, sources, grades, writer) for item in full),
        brief=(
            *(line for item in changes for line in _change_lines(item, sources)),
            *(_brief(item, sources, grades, writer) for item in brief),
        ),
        more=len(counted),
        queued=held,
        coverage=coverage,
        volumes=tuple(volumes),
        notices=tuple(notices),
        is_catch_up=is_catch_up,
        answers=answers,
        template=template,
    )
    notes = tuple(_note(item, sources, local_time(now, timezone)) for item in changes)
    return Selection(digest, tuple(told), tuple(counted_ids), tuple(changed), notes)


def compose_heartbeat(
    *,
    channel_id: str,
    topic_names: Mapping[str, str],
    since: datetime,
    now: datetime,
    timezone: str,
    states: Mapping[str, PollState],
    sources: Mapping[str, SourceFacts],
) -> Selection:
    """Write down that nothing was found since *since*, and which sources were read in that time."""
    hours = round((now - since).total_seconds() / 3600)
    read = [name for name in sources if (state := states.get(name)) and _read_at(state) >= since]
    failed = []
    for source_id, facts in sources.items():
        if source_id not in read:
            last = states[source_id].last_ok_at if source_id in states else None
            failed.append(
                f"{facts.name} ({f'not since {local_time(last, timezone)}' if last else 'never read'})"
            )
    topics = ", ".join(topic_names.values()) or "any topic"
    line = f"Nothing new on {topics} in {hours} h."
    if not read:
        line = f"No source could be read in {hours} h: whether there is news on {topics} is not known."
    digest = Digest(
        digest_id=new_digest_id(channel_id, now, ()),
        title=" · ".join(topic_names.values()),
        created=now,
        timezone=timezone,
        coverage=Coverage(read=len(read), total=len(sources), failed=tuple(failed)),
        notices=(line,),
        is_heartbeat=True,
    )
    return Selection(digest, (), ())


def _read_at(state: PollState) -> datetime:
    return state.last_ok_at or datetime.min.replace(tzinfo=UTC)


def coverage_of(
    states: Mapping[str, PollState], sources: Mapping[str, SourceFacts], incidents: Collection[str] = ()
) -> Coverage:
    """Return which of the configured sources were read at their last poll, and why the others were not.

    *incidents* are the subjects of those that are open: a source that fell silent was read.
    """
    failed = []
    read = 0
    for source_id, facts in sources.items():
        state = states.get(source_id)
        if state is None or (state.last_ok_at is None and not state.failures):
            continue  # never polled: neither read nor failed
        if state.failures:
            failed.append(f"{facts.name} ({state.problem})" if state.problem else facts.name)
        else:
            read += 1
    silent = [
        facts.name
        for source_id, facts in sources.items()
        if f"{SILENT}:{source_id}" in incidents and source_id in states and not states[source_id].failures
    ]
    return Coverage(read, len(sources), tuple(failed), tuple(silent), offline=OFFLINE in incidents)


def severity_of(pending: PendingStory, grades: Mapping[int, Grade]) -> Severity:
    """Return how grave a story is: as its gravest report."""
    return max(_grade(report, grades).severity for report in pending.reports)


def _grade(pending: PendingReport, grades: Mapping[int, Grade]) -> Grade:
    return grades.get(pending.article.article_id, Grade())


def _rank(pending: PendingStory, grades: Mapping[int, Grade]) -> tuple[Severity, datetime, int]:
    newest = max(report.article.first_seen for report in pending.reports)
    return severity_of(pending, grades), newest, max(report.alert_id for report in pending.reports)


def _brief(
    pending: PendingStory,
    sources: Mapping[str, SourceFacts],
    grades: Mapping[int, Grade],
    writer: LeadWriter,
) -> Report:
    gravest = max((_grade(report, grades) for report in pending.reports), key=lambda grade: grade.severity)
    return replace(_report(matched_first(pending)[0], sources, gravest, writer), story_id=pending.story_id)


def _story(
    pending: PendingStory,
    topic_names: Mapping[str, str],
    sources: Mapping[str, SourceFacts],
    grades: Mapping[int, Grade],
    writer: LeadWriter,
) -> Story:
    found = pending.topics or {topic_id for report in pending.reports for topic_id in report.hits}
    outlets = {member.article_id: _outlet_of(member, sources) for member in pending.members}
    origin_of = {member.article_id: member.origin_id for member in pending.members}
    return Story(
        story_id=pending.story_id,
        topics=tuple(name for topic_id, name in topic_names.items() if topic_id in found),
        reports=tuple(
            replace(
                _report(report, sources, _grade(report, grades), writer),
                copy_of=_copied(report.article.article_id, origin_of, outlets),
            )
            for report in matched_first(pending)
        ),
        is_update=bool(pending.told_source_ids),
        known_outlets=tuple(_facts(sources, source_id).name for source_id in pending.told_source_ids),
        severity=severity_of(pending, grades),
        tallies=find_tallies(
            _voice(report, sources, origin_of) for report in (*pending.reports, *pending.earlier)
        ),
        outlets=len(set(outlets.values())),
        origins=len(set(origin_of.values())),
    )


def _change_lines(pending: PendingChange, sources: Mapping[str, SourceFacts]) -> list[Report]:
    """Return a report in one line for each change: never the story again."""
    headline = _headline(pending.article, sources)
    plain = _plain_report(pending.article, _facts(sources, pending.article.source_id), headline)
    plain = replace(plain, story_id=pending.story_id)
    return [replace(plain, change=change_line(change, headline)) for change in pending.changes]


def _note(pending: PendingChange, sources: Mapping[str, SourceFacts], when: str) -> ChangeNote:
    article = pending.article
    return ChangeNote(article.article_id, _headline(article, sources), change_words(pending.changes), when)


def _headline(article: StoredArticle, sources: Mapping[str, SourceFacts]) -> str:
    encoding = _facts(sources, article.source_id).encoding or "unicode"
    return to_unicode(article.title, default=encoding).text


def matched_first(pending: PendingStory) -> tuple[PendingReport, ...]:
    """Return a story's reports, led by one that names a topic: its sentence says why the story is told.

    What an outlet wrote before stands behind what it writes now: it may have corrected itself.
    """
    latest = {report.article.source_id: report.article.article_id for report in pending.reports}

    def order(report: PendingReport) -> tuple[bool, bool]:
        return not report.hits, latest[report.article.source_id] != report.article.article_id

    return tuple(sorted(pending.reports, key=order))


def _outlet_of(member: Member, sources: Mapping[str, SourceFacts]) -> str:
    """Return whose report it is, whoever carried it: an outlet read twice is one."""
    facts = _facts(sources, member.source_id)
    return member.publisher if member.publisher and facts.perspective in _CARRIERS else facts.name


def _copied(article_id: int, origin_of: Mapping[int, int], outlets: Mapping[int, str]) -> str | None:
    """Return the outlet whose article is repeated, None for an origin and for an outlet's second printing."""
    origin = origin_of.get(article_id, article_id)
    copied = outlets.get(origin)
    return copied if origin != article_id and copied != outlets.get(article_id) else None


def _voice(pending: PendingReport, sources: Mapping[str, SourceFacts], origin_of: Mapping[int, int]) -> Voice:
    article = pending.article
    facts = _facts(sources, article.source_id)
    return Voice(
        _outlet(article, facts),
        article.first_seen,
        article.title,
        article.text,
        [hit for hit in _hits(pending) if hit.field == "title" or _stands(hit, article)],
        origin_of.get(article.article_id, article.article_id),
        facts.encoding or "unicode",
    )


def _hits(pending: PendingReport) -> list[Hit]:
    return [hit for found in pending.hits.values() for hit in found]


def _report(
    pending: PendingReport, sources: Mapping[str, SourceFacts], grade: Grade, writer: LeadWriter
) -> Report:
    article = pending.article
    facts = _facts(sources, article.source_id)
    lead = writer.write(article.title, article.text, _hits(pending), facts.encoding or "unicode")
    return replace(
        _plain_report(article, facts, lead.headline),
        sentence=lead.sentence,
        teaser=article.truncated,
        summary_only=article.origin == "summary",
        several=article.several,
        converted=lead.converted,
        gloss=lead.gloss,
        unverified=lead.unverified,
        grade=grade,
    )


def _plain_report(article: StoredArticle, facts: SourceFacts, headline: str) -> Report:
    """Return who reports it, where and when, and nothing of its text."""
    return Report(
        article_id=article.article_id,
        headline=headline or (article.url or "(no title)"),
        outlet=_outlet(article, facts),
        perspective=facts.perspective,
        language=article.language,
        url=article.url,
        first_seen=article.first_seen,
        published=article.published,
    )


def _outlet(article: StoredArticle, facts: SourceFacts) -> str:
    """Return whose article it is: "Hill Courier via Google News" where a source carries others' articles."""
    # An outlet read through an aggregator is itself, whatever it is called there.
    if article.publisher and facts.perspective in _CARRIERS:
        return f"{cut_text(article.publisher, _PUBLISHER_CHARS)} via {facts.name}"
    return facts.name


def _stands(hit: Hit, article: StoredArticle) -> bool:
    """Tell whether *hit* is in the text as it is now: since then it may have been replaced, or purged."""
    return hit.field == "text" and article.text[hit.start : hit.end] == hit.matched


def _facts(sources: Mapping[str, SourceFacts], source_id: str) -> SourceFacts:
    return sources.get(source_id) or SourceFacts(source_id, "unknown")  # a source that left the configuration
