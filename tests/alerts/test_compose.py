"""What a digest tells, names, counts or leaves for the next: every untold alert is in exactly one of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.digest.compose import (
    BRIEF_IN_FLOOD,
    COUNTED_BEYOND,
    Selection,
    SourceFacts,
    compose_digest,
    coverage_of,
    new_digest_id,
    severity_of,
)
from alerts.message.layout import remainder_line
from alerts.model import Grade, MarkedText, Severity
from alerts.records.archive import PendingReport, PendingStory
from crawler.model import PollState, StoredArticle
from tests.builders import NOW, a_hit, a_writer

SOURCES = {
    "irrawaddy-en": SourceFacts("The Irrawaddy", "independent"),
    "zawgyi": SourceFacts("Old Font News", "ethnic", "zawgyi"),
}
TOPICS = {"loikaw": "Loikaw", "operation-1111": "Operation 1111"}
TEXT = "First sentence. Fighting near Loikaw went on. Last sentence."


def a_pending_report(number: int = 1, **changes: Any) -> PendingReport:
    facts: dict[str, Any] = {
        "article_id": number,
        "source_id": "irrawaddy-en",
        "url": f"https://news.example/{number}",
        "title": f"Clashes near Loikaw, day {number}",
        "text": TEXT,
        "language": "en",
        "author": None,
        "published": None,
        "first_seen": NOW,
        "origin": "page",
        "truncated": False,
        "text_sha256": "0" * 64,
        "backlog": False,
    }
    hits = changes.pop("hits", {"loikaw": (a_hit(TEXT),)})
    return PendingReport(1000 + number, StoredArticle(**(facts | changes)), hits)


def some_stories(*sizes: int) -> tuple[PendingStory, ...]:
    """Return stories of so many reports each."""
    numbers = iter(range(1, sum(sizes) + 1))
    return tuple(
        PendingStory(story_id, tuple(a_pending_report(next(numbers)) for _ in range(size)))
        for story_id, size in enumerate(sizes, start=1)
    )


def compose(*stories: PendingStory, max_stories: int = 20, **changes: Any) -> Selection:
    facts: dict[str, Any] = {
        "channel_id": "desk",
        "title": "Loikaw",
        "now": NOW,
        "timezone": "Asia/Yangon",
        "topic_names": TOPICS,
        "sources": SOURCES,
        "coverage": None,
        "writer": a_writer(),
    }
    return compose_digest(stories, max_stories=max_stories, **(facts | changes))


@settings(deadline=None, max_examples=100)
@given(sizes=st.lists(st.integers(1, 3), max_size=40), max_stories=st.integers(1, 8), data=st.data())
def test_every_alert_is_told_or_counted_and_none_is_left_behind(
    sizes: list[int], max_stories: int, data: st.DataObject
) -> None:
    stories = some_stories(*sizes)
    grades = {
        report.article.article_id: Grade(data.draw(st.sampled_from(Severity)))
        for story in stories
        for report in story.reports
    }
    selection = compose(*stories, max_stories=max_stories, grades=grades)
    digest = selection.digest
    ids = [report.alert_id for story in stories for report in story.reports]
    assert sorted((*selection.told, *selection.counted)) == ids
    assert len(digest.stories) + len(digest.brief) + digest.more == len(stories)
    assert len(digest.stories) == min(len(stories), max_stories)
    is_flood = len(stories) > COUNTED_BEYOND * max_stories
    assert (digest.more > 0) is is_flood
    assert not is_flood or len(digest.brief) == BRIEF_IN_FLOOD * max_stories
    told = [story.severity for story in digest.stories] + [report.grade.severity for report in digest.brief]
    assert told == sorted(told, reverse=True), "the gravest first"
    counted = [
        severity_of(story, grades) for story in stories if story.reports[0].alert_id in selection.counted
    ]
    assert not counted or max(counted) <= min(told), "what is only counted is no graver than what is told"


def test_of_equally_grave_stories_the_newest_comes_first() -> None:
    def story(number: int, hours: int) -> PendingStory:
        return PendingStory(number, (a_pending_report(number, first_seen=NOW - timedelta(hours=hours)),))

    grades = {1: Grade(Severity.NOTABLE), 2: Grade(Severity.URGENT, ("bombed", "met hospital"))}
    digest = compose(story(1, 1), story(2, 9), story(3, 2), story(4, 5), grades=grades).digest
    assert [item.story_id for item in digest.stories] == [2, 1, 3, 4]
    assert digest.stories[0].reports[0].grade.reasons == ("bombed", "met hospital")


def test_story_is_as_grave_as_its_gravest_report_in_full_and_in_brief() -> None:
    stories = some_stories(1, 2)
    grades = {3: Grade(Severity.GRAVE)}
    digest = compose(*stories, grades=grades).digest
    assert [(item.story_id, item.severity) for item in digest.stories] == [(2, 2), (1, 0)]
    digest = compose(*stories, grades=grades | {1: Grade(Severity.URGENT)}, max_stories=1).digest
    assert digest.brief[0].grade.severity is Severity.GRAVE


def test_what_quiet_hours_keep_back_is_announced() -> None:
    digest = compose(*some_stories(1), held=3).digest
    assert remainder_line(digest) == "3 stories to follow in the next digest."


@pytest.mark.parametrize("backlog", [3, 80, 99, 100, 101, 5000])
def test_outage_of_days_ends_after_one_digest(backlog: int) -> None:
    settled = compose(*some_stories(*[1] * backlog))
    assert len({*settled.told, *settled.counted}) == backlog
    assert len(settled.digest.stories) + len(settled.digest.brief) <= 20 * COUNTED_BEYOND


@pytest.mark.parametrize(
    ("perspective", "publisher", "outlet"),
    [
        ("aggregator", "Hill Courier", "Hill Courier via Carrier"),
        ("humanitarian", "Lake Relief", "Lake Relief via Carrier"),
        ("independent", "hillcourier.example", "Carrier"),  # an outlet that is read through a news search
        ("aggregator", None, "Carrier"),
        ("aggregator", "H" * 50, f"{'H' * 35}… via Carrier"),
    ],
)
def test_what_is_carried_for_others_names_its_publisher(
    perspective: str, publisher: str | None, outlet: str
) -> None:
    story = PendingStory(1, (a_pending_report(1, publisher=publisher, source_id="s"),))
    digest = compose(story, sources={"s": SourceFacts("Carrier", perspective)}).digest
    assert digest.stories[0].reports[0].outlet == outlet


def test_digest_id_follows_from_what_is_told_where_and_when() -> None:
    first = compose(*some_stories(1, 1)).digest.digest_id
    assert first == compose(*some_stories(1, 1)).digest.digest_id
    assert len(first) == 8
    assert int(first, 16) >= 0
    others = {
        compose(*some_stories(1, 1), channel_id="tg").digest.digest_id,
        compose(*some_stories(1, 1), now=NOW + timedelta(milliseconds=1)).digest.digest_id,
        compose(*some_stories(1)).digest.digest_id,
        new_digest_id("desk", NOW, []),
    }
    assert len(others | {first}) == 5


def test_story_names_its_topics_in_order_of_the_configuration_and_what_is_known() -> None:
    both = a_pending_report(hits={"operation-1111": (), "loikaw": (a_hit(TEXT),)})
    told_before = PendingStory(7, (both, a_pending_report(2)), ("zawgyi", "removed-source"))
    (story,) = compose(told_before).digest.stories
    assert (story.story_id, story.topics, len(story.reports)) == (7, ("Loikaw", "Operation 1111"), 2)
    assert (story.is_update, story.known_outlets) == (True, ("Old Font News", "removed-source"))
    (new,) = compose(*some_stories(1)).digest.stories
    assert (new.is_update, new.known_outlets) == (False, ())


def test_report_shows_the_matched_sentence_and_its_source() -> None:
    (story,) = compose(*some_stories(1)).digest.stories
    (report,) = story.reports
    assert report.sentence == MarkedText("Fighting near Loikaw went on.", ((14, 20),))
    assert (report.outlet, report.perspective, report.headline) == (
        "The Irrawaddy",
        "independent",
        "Clashes near Loikaw, day 1",
    )
    assert (report.converted, report.summary_only) == (False, False)


@pytest.mark.parametrize(
    ("changes", "headline", "has_sentence"),
    [
        ({"title": ""}, "https://news.example/1", True),
        ({"title": "", "url": None}, "(no title)", True),
        (
            {"hits": {"loikaw": ()}},
            "Clashes near Loikaw, day 1",
            False,
        ),  # an outlet whose every article counts
        ({"hits": {"loikaw": (replace(a_hit(TEXT), field="title"),)}}, "Clashes near Loikaw, day 1", False),
        ({"text": ""}, "Clashes near Loikaw, day 1", False),  # purged while it waited
        (
            {"text": "Short."},
            "Clashes near Loikaw, day 1",
            False,
        ),  # replaced by a text that no longer matches
    ],
)
def test_poor_report_still_says_what_it_can(
    changes: dict[str, Any], headline: str, has_sentence: bool
) -> None:
    (story,) = compose(PendingStory(1, (a_pending_report(**changes),))).digest.stories
    (report,) = story.reports
    assert report.headline == headline
    assert bool(report.sentence and report.sentence.text) is has_sentence
    if report.sentence:
        assert all(0 <= start < end <= len(report.sentence.text) for start, end in report.sentence.marks)


def test_summary_only_and_unknown_sources_are_said() -> None:
    report = a_pending_report(origin="summary", source_id="removed-source")
    (story,) = compose(PendingStory(1, (report,))).digest.stories
    assert (story.reports[0].summary_only, story.reports[0].outlet) == (True, "removed-source")
    assert story.reports[0].perspective == "unknown"


def test_coverage_tells_silence_from_breakage() -> None:
    states = {
        "irrawaddy-en": PollState("irrawaddy-en", last_ok_at=NOW),
        "zawgyi": PollState("zawgyi", last_ok_at=NOW, failures=2, problem="403 challenge page"),
        "removed-source": PollState("removed-source", failures=9, problem="DNS"),
    }
    sources = SOURCES | {"new": SourceFacts("Never polled", "independent")}
    coverage = coverage_of(states, sources)
    assert (coverage.read, coverage.total) == (1, 3)
    assert coverage.failed == ("Old Font News (403 challenge page)",)
    assert coverage_of({}, sources).read == 0
    open_now = {"silent:irrawaddy-en", "silent:zawgyi", "silent:removed-source", "offline:network"}
    coverage = coverage_of(states, sources, open_now)
    assert (coverage.read, coverage.silent, coverage.offline) == (1, ("The Irrawaddy",), True)


def test_digest_of_notices_alone_settles_no_alert() -> None:
    selection = compose(notices=["DVB cannot be read."])
    assert (selection.told, selection.counted) == ((), ())
    assert (selection.digest.stories, selection.digest.notices) == ((), ("DVB cannot be read.",))
