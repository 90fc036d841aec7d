"""Eight situations of a newsroom's day as the digests that the program itself makes of invented articles.

Topics, hits, figures, leads, glosses and grades are the program's own, with the shipped configuration; only which
articles tell one story is said here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from alerts.config import load_config
from alerts.digest.change import Change, Kind, Version, find_changes
from alerts.digest.changing import PendingChange
from alerts.digest.compose import compose_digest, compose_heartbeat
from alerts.match.matcher import compile_topics
from alerts.model import Coverage, Volume
from alerts.records.archive import PendingReport, PendingStory
from alerts.records.storyrow import Member
from alerts.severity.grade import Grader
from crawler.model import PollState, StoredArticle
from tests.builders import NOW, a_writer
from tests.conftest import ROOT
from tests.invented import (
    BATTLE,
    BRIDGE,
    CLINIC,
    CORRECTED,
    HOSTS,
    NURSES,
    REWORDED,
    SOURCES,
    TAKEN_DOWN,
    Written,
    is_burmese,
    sixty_stories,
)
from tests.zawgyi_writer import write_zawgyi

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.match.matcher import Matcher
    from alerts.model import Digest, Grade

NIGHT = NOW + timedelta(hours=11)  # 23:24 in Yangon
TOPICS = {"loikaw": "Loikaw", "operation-1111": "Operation 1111"}
_COPIED_CHARS = 100  # articles that open alike are one agency's
VOLUMES = (
    Volume("Loikaw", (2, 4, 1, 0, 3, 3, 7, 5, 2, 0, 1, 6, 12, 9)),
    Volume("Operation 1111", (0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 1, 4, 2)),
)
COVERAGE = Coverage(read=28, total=28)


@cache
def configuration() -> Config:
    """Return the shipped configuration."""
    return load_config(ROOT / "config", environ={})


@cache
def _matcher() -> Matcher:
    return compile_topics(configuration().topics, configuration().lexicon)


@cache
def _grader() -> Grader:
    return Grader(configuration().lexicon)


def pend(written: Written, number: int, now: datetime = NOW) -> PendingReport:
    """Return the article as the archive would hold it for a channel, with the hits that the matcher finds."""
    encoding = SOURCES[written.source].encoding or "unicode"
    title, text = written.title, written.text
    if encoding == "zawgyi":
        title, text = write_zawgyi(title), write_zawgyi(text)
    seen = now - timedelta(hours=written.hours)
    article = StoredArticle(
        article_id=number,
        source_id=written.source,
        url=f"https://{HOSTS.get(written.source, written.source + '.example')}/2026/11/{number}",
        title=title,
        text=text,
        language="my" if is_burmese(written.text) else "en",
        author=None,
        published=seen - timedelta(minutes=4),
        first_seen=seen,
        origin="page",
        truncated=False,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        backlog=False,
    )
    found = _matcher().find_matches(title, text, article.language, encoding)
    return PendingReport(1000 + number, article, found.topics)


def grade(report: PendingReport) -> Grade:
    """Return what the grader says of *report*."""
    article = report.article
    encoding = SOURCES[article.source_id].encoding or "unicode"
    hits = [hit for found in report.hits.values() for hit in found]
    return _grader().grade(article.title, article.text, hits, encoding, article.first_seen)


def stories_of(
    *groups: tuple[Written, ...], now: datetime = NOW, told: tuple[str, ...] = ()
) -> list[PendingStory]:
    """Return one story a group, numbered on; *told* are sources whose report of the first the channel has."""
    number = 0
    stories = []
    for story_id, group in enumerate(groups, start=1):
        reports, members = [], []
        origins: dict[str, int] = {}
        for written in group:
            number += 1
            reports.append(pend(written, number, now))
            origin = origins.setdefault(written.text[:_COPIED_CHARS], number)
            members.append(Member(number, written.source, None, origin))
        before = told if story_id == 1 else ()
        members += [Member(900 + each, source, None, 900 + each) for each, source in enumerate(before)]
        stories.append(PendingStory(story_id, tuple(reports), before, members=tuple(members)))
    return stories


def change_of(old: Written, new: Written | None, number: int) -> PendingChange:
    """Return what became of an article that was told: *new* is what stands there now, None for nothing."""
    before = pend(old, number)
    changes = (Change(Kind.REMOVED),)
    if new is not None:
        changes = find_changes(_version(before), _version(pend(new, number)))
    return PendingChange(500 + number, 40 + number, before.article, changes)


def _version(report: PendingReport) -> Version:
    hits = [hit for found in report.hits.values() for hit in found]
    encoding = SOURCES[report.article.source_id].encoding or "unicode"
    return Version(report.article.title, report.article.text, hits, encoding)


def compose(
    stories: list[PendingStory],
    *,
    now: datetime = NOW,
    coverage: Coverage | None = COVERAGE,
    max_stories: int = 20,
    held: int = 0,
    is_catch_up: bool = False,
    changes: tuple[PendingChange, ...] = (),
) -> Digest:
    """Return the digest that a channel on both topics would get of *stories*."""
    return compose_digest(
        stories,
        channel_id="desk",
        title=" · ".join(TOPICS.values()),
        now=now,
        timezone="Asia/Yangon",
        max_stories=max_stories,
        topic_names=TOPICS,
        sources=SOURCES,
        coverage=coverage,
        volumes=VOLUMES if stories else (),
        writer=a_writer(),
        grades={report.article.article_id: grade(report) for item in stories for report in item.reports},
        held=held,
        is_catch_up=is_catch_up,
        changes=changes,
    ).digest


def _nothing_new() -> Digest:
    read = {source: PollState(source, last_ok_at=NOW - timedelta(minutes=20)) for source in SOURCES}
    read["globe"] = PollState("globe", last_ok_at=NOW - timedelta(days=2), failures=40, problem="HTTP 403")
    read["mirror"] = PollState("mirror", failures=90, problem="the server's name does not exist")
    return compose_heartbeat(
        channel_id="desk",
        topic_names=TOPICS,
        since=NOW - timedelta(hours=24),
        now=NOW,
        timezone="Asia/Yangon",
        states=read,
        sources=SOURCES,
    ).digest


SITUATIONS: Mapping[str, Callable[[], Digest]] = {
    "one-story": lambda: compose(stories_of((BRIDGE,))),
    "ten-outlets": lambda: compose(stories_of(CLINIC)),
    "disagreeing-figures": lambda: compose(
        stories_of(BATTLE), coverage=Coverage(27, 28, ("Globe Agency (HTTP 403)",), ("Hill Voice",))
    ),
    "correction": lambda: compose(stories_of(CORRECTED, told=("wire",)), changes=(change_of(*REWORDED, 7),)),
    "removed-article": lambda: compose([], changes=(change_of(TAKEN_DOWN, None, 8),)),
    "outage": lambda: compose(
        stories_of(*sixty_stories()),
        max_stories=10,
        is_catch_up=True,
        coverage=Coverage(26, 28, ("Globe Agency (HTTP 403)",)),
    ),
    "nothing-new": _nothing_new,
    "urgent-at-night": lambda: compose(stories_of((NURSES,), now=NIGHT), now=NIGHT, held=3),
}


@cache
def digest_of(situation: str) -> Digest:
    """Return the digest of one situation, composed once."""
    return SITUATIONS[situation]()
