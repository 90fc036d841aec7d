"""The report of a run: the JSON that scripts read and the few lines that people read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alerts.delivery.attempt import State
from alerts.delivery.deliver import DeliveryReport
from alerts.matching import MatchReport
from crawler.model import CrawlReport, Problem


@dataclass(slots=True)
class RunReport:
    """Everything that one run did."""

    run_id: str
    started: datetime
    finished: datetime | None = None
    crawl: CrawlReport = field(default_factory=CrawlReport)
    matching: MatchReport = field(default_factory=MatchReport)
    delivery: DeliveryReport = field(default_factory=DeliveryReport)
    open_parts: Mapping[State, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unable_channels: int = 0  # paused, or with a message that would not go out
    channel_problems: list[tuple[str, str]] = field(default_factory=list)


def as_json(report: RunReport) -> dict[str, Any]:
    """Return the report as ``run --json`` prints it."""
    finished = report.finished or report.started
    crawl, delivery = report.crawl, report.delivery
    problems: list[dict[str, Any]] = [
        {"source": item.source_id, "problem": item.problem, "since": _iso(item.since)}
        for item in report.problems
    ]
    problems += [
        {"channel": channel_id, "problem": reason, "since": None}
        for channel_id, reason in report.channel_problems
    ]
    return {
        "run": report.run_id,
        "started": _iso(report.started),
        "finished": _iso(finished),
        "seconds": round((finished - report.started).total_seconds(), 1),
        "sources": {
            "due": crawl.due,
            "polled": crawl.polled,
            "not_modified": crawl.not_modified,
            "failed": crawl.failed,
        },
        "entries": {"seen": crawl.entries_seen, "new": crawl.entries_new},
        "articles": {
            "fetched": crawl.fetched,
            "from_feed": crawl.from_feed,
            "summary_only": crawl.summary_only,
            "failed": crawl.article_failures,
        },
        "matches": dict(report.matching.by_topic),
        "stories": {"new": len(report.matching.new_stories), "updated": len(report.matching.grown_stories)},
        "deliveries": {
            "sent": delivery.sent,
            "pending": sum(
                report.open_parts.get(state, 0)
                for state in (State.PENDING, State.RETRY, State.SENDING, State.HELD)
            ),
            "unknown": sum(report.open_parts.get(state, 0) for state in (State.UNKNOWN, State.DOUBTFUL)),
            "failed": delivery.failed,
        },
        "problems": problems,
    }


def as_text(report: RunReport, source_total: int) -> list[str]:
    """Return the report in a few lines for a terminal or a cron mail."""
    data = as_json(report)
    sources, entries, articles = data["sources"], data["entries"], data["articles"]
    read = sources["polled"] - sources["failed"]
    lines = [
        f"{read} of {sources['due']} due sources read ({source_total} in all, {sources['not_modified']} unchanged); "
        f"{_count(entries['new'], 'new entry', 'new entries')}, {_count(articles['fetched'], 'page')} fetched"
        + (f", {articles['summary_only']} by summary only" if articles["summary_only"] else "")
    ]
    matches = ", ".join(f"{topic_id} {number}" for topic_id, number in data["matches"].items())
    deliveries = data["deliveries"]
    lines.append(
        f"matches: {matches or 'none'}; {_count(data['stories']['new'], 'new story', 'new stories')}; "
        f"{_count(deliveries['sent'], 'message')} sent"
        + "".join(f", {deliveries[key]} {key}" for key in ("pending", "unknown", "failed") if deliveries[key])
        + f"; {data['seconds']} s"
    )
    for problem in data["problems"]:
        subject = problem.get("source") or f"channel {problem.get('channel')}"
        lines.append(f"problem: {subject}: {problem['problem']}")
    return lines


def new_problems(report: RunReport) -> list[str]:
    """Return what began to go wrong in this run, a line each: what a quiet cron job still mails."""
    crawl = report.crawl
    if crawl.unreachable:
        lines = [f"{crawl.unanswered} of {crawl.asked} sources gave no answer: is this machine offline?"]
    else:
        began = [item for item in report.problems if item.since is not None and item.since >= report.started]
        lines = [f"source {item.source_id} cannot be read: {item.problem}" for item in began]
    return lines + [f"channel {channel_id}: {reason}" for channel_id, reason in report.channel_problems]


def _count(number: int, noun: str, plural: str | None = None) -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
