"""Four days with sources that fail or answer oddly: how often they are asked, and what operators hear, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from crawler.cadence.schedule import GONE_BACKOFF, JITTER, poll_after_failure
from crawler.clock import from_ms
from tests.builders import NOW
from tests.crawler.crawling import a_feed, told
from tests.e2e.program import a_source
from tests.faults.polling import BURMESE, EVERY
from tests.faults.watching import Watch
from tests.newsroom import Newsroom

RSS = "application/rss+xml"
HOURS = (0, 1, 3, 7, 25, 60, 90)
ODD = (
    "scrambled",
    "moved",
    "shortly-moved",
    "emptied",
    "often-empty",
    "churning",
    "stuck",
    "scrolling",
    "damaged",
)


@dataclass(slots=True)
class Days:
    """Runs at `HOURS` after the beginning, by cron: only what is due is asked."""

    watch: Watch
    asked: dict[str, list[int]]  # path: in which hours it was asked for

    def hours(self, source_id: str) -> list[int]:
        """Return in which hours a source was asked."""
        return self.asked.get(f"/{source_id}", [])


def publish(newsroom: Newsroom, hour: int) -> None:
    """Serve what the sources show at *hour*; each is at the path of its name."""
    run = HOURS.index(hour)
    newsroom.behave("/missing", "/404")
    newsroom.behave("/gone", "/410")
    newsroom.behave("/challenge", "/403-challenge")
    newsroom.behave("/returning", "/404")
    if hour >= 60:
        newsroom.add("/returning", a_feed(told("returning")), RSS)
    newsroom.add("/new-home", a_feed(told("moved")), RSS)
    newsroom.behave("/moved", "/301?to=/new-home")
    newsroom.behave("/shortly-moved", "/308?to=/new-home")
    if hour >= 7:
        newsroom.add("/shortly-moved", a_feed(told("shortly")), RSS)
    newsroom.add("/emptied", a_feed() if run else a_feed(told("emptied")), RSS)
    newsroom.add("/often-empty", a_feed() if run in (1, *range(3, 9)) else a_feed(told("often")), RSS)
    churned = [told(f"churn-{number}", guid=f"{hour}-{number}") for number in range(3)]
    newsroom.add("/churning", a_feed(*churned), RSS, etag=None)
    stuck = [told("stuck-2"), told("stuck-1")] if hour >= 3 else [told("stuck-1")]
    newsroom.add("/stuck", a_feed(*stuck), RSS, etag='"for-ever"')
    page = 1 if hour < 7 else 2  # ten at a time, and from one run to the next all of them are new
    newsroom.add("/scrolling", a_feed(*[told(f"scrolled-{page}-{number}") for number in range(10)]), RSS)
    cut = a_feed(told("whole"), told("cut"))
    newsroom.add("/damaged", cut[: cut.index(b"News of cut") + 4], RSS)
    scrambled = a_feed(told("scrambled", title=f"Rice {BURMESE}")).replace(b"Rice", b"R\xffce")
    newsroom.add("/scrambled", scrambled + b" " * run, RSS, etag=None)
    newsroom.add("/steady", a_feed(told("steady")), RSS)


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    """Run the program seven times in four days."""
    names = ("missing", "gone", "challenge", "returning", "steady", *ODD)
    with Newsroom() as newsroom:
        sources = [a_source(name, newsroom.url(f"/{name}"), full_text="feed") for name in names]
        watch = Watch.open(tmp_path_factory.mktemp("days"), sources)
        asked: dict[str, list[int]] = {}
        for before, hour in zip((0, *HOURS), HOURS, strict=False):
            publish(newsroom, hour)
            newsroom.forget_requests()
            watch.run(after=timedelta(hours=hour - before))
            for path in dict.fromkeys(request.path for request in newsroom.requests):
                asked.setdefault(path, []).append(hour)
        yield Days(watch, asked)


def test_f01_missing_feed_is_asked_ever_more_rarely_and_for_ever(days: Days) -> None:
    assert days.hours("missing")[-1] == HOURS[-1]
    rest = from_ms(days.watch.state("missing").next_poll_at) - days.watch.now
    assert rest > 8 * timedelta(hours=1) > 8 * EVERY
    wait = poll_after_failure(NOW, EVERY, 99, source_id="missing", status=404).at - NOW
    assert timedelta(days=1) * (1 - JITTER) <= wait <= timedelta(days=1)


def test_f01_operators_hear_of_a_missing_feed_once_after_a_day(days: Days) -> None:
    watch = days.watch
    words = "Source Missing (missing) cannot be read since 22 Nov 05:54 UTC: 404 not found."
    assert watch.told(words) == 1
    assert watch.told("Source Missing") == 1
    (run,) = [ran for ran in watch.runs if words in " ".join(ran.told.split())]
    assert timedelta(hours=20) <= run.at - NOW <= timedelta(hours=28)


def test_f01_feed_that_comes_back_is_told_once_and_read(days: Days) -> None:
    assert days.watch.told("Source returning works again") == 1
    assert days.watch.state("returning").failures == 0


def test_f02_feed_that_is_gone_is_marked_and_told_at_once_and_once(days: Days) -> None:
    watch = days.watch
    assert "gone for good" in " ".join(watch.runs[0].told.split())
    assert watch.told("Source Gone (gone)") == 1
    assert "410 gone" in watch.runs[-1].status


def test_f02_feed_that_is_gone_is_asked_ever_more_rarely_and_then_weekly(days: Days) -> None:
    rest = from_ms(days.watch.state("gone").next_poll_at) - days.watch.now
    assert rest > timedelta(hours=8)
    wait = poll_after_failure(NOW, EVERY, 20, source_id="gone", status=410).at - NOW
    assert GONE_BACKOFF * (1 - JITTER) <= wait <= GONE_BACKOFF


def test_f03_address_that_redirects_for_good_is_proposed_after_a_day_and_never_written(
    days: Days,
) -> None:
    watch = days.watch
    assert [row.title for row in watch.articles("moved").values()] == ["News of moved"]
    new = str(watch.config.crawl.sources[0].routes[0].url).replace("/missing", "/new-home")
    assert watch.told(f"in sources.yaml write {new}") == 1
    first = next(ran for ran in watch.runs if "sources.yaml" in ran.told)
    assert first.at - NOW >= timedelta(hours=24)
    assert new in watch.runs[-1].status
    assert new in watch.runs[-1].problem("moved")
    written = (watch.config.crawl.folder / "sources.yaml").read_text("utf-8")
    assert "/moved" in written
    assert "new-home" not in written


def test_f03_maintenance_of_some_hours_is_no_new_address(days: Days) -> None:
    assert days.watch.told("Source Shortly-Moved") == 0
    assert days.watch.runs[-1].problem("shortly-moved") == ""


def test_f06_feed_that_lost_its_items_is_suspicious_after_three_polls(days: Days) -> None:
    watch = days.watch
    said = ["without items" in ran.problem("emptied") for ran in watch.runs]
    assert said[:4] == [False, False, False, True]
    assert watch.told("Source Emptied (emptied): its feed is without items") == 1
    assert "used to have some" in watch.runs[-1].status


def test_f06_feed_that_was_empty_before_is_left_alone(days: Days) -> None:
    assert not any(ran.problem("often-empty") for ran in days.watch.runs)
    assert days.watch.told("Source Often-Empty") == 0


def test_f08_damaged_feed_is_marked_in_status_and_its_operators_are_left_alone(days: Days) -> None:
    assert "its feed is damaged: cut off after entry 1" in days.watch.runs[0].status
    assert days.watch.told("Source Damaged") == 0


def test_f09_characters_that_no_encoding_reads_are_counted_in_status(days: Days) -> None:
    assert f"R\ufffdce {BURMESE}" in days.watch.articles("scrambled")
    assert "1 characters of its entries are lost" in days.watch.runs[-1].status
    assert days.watch.told("Source Scrambled") == 0


def test_f21_identifiers_that_change_at_every_poll_bring_no_repeat_and_are_told(days: Days) -> None:
    watch = days.watch
    assert len(watch.articles("churning")) == 3
    said = ["identifiers of its entries change" in ran.problem("churning") for ran in watch.runs]
    assert said[:4] == [False, False, False, True]
    assert watch.told("Source Churning (churning): the identifiers of its entries change") == 1


def test_f24_feed_without_anything_of_the_poll_before_may_have_a_gap_and_it_is_told(
    days: Days,
) -> None:
    watch = days.watch
    assert len(watch.articles("scrolling")) == 20
    at = [ran.at - NOW for ran in watch.runs if "possible gap" in ran.problem("scrolling")]
    assert at == [timedelta(hours=7)]
    assert watch.told("Source Scrolling (scrolling): possible gap") == 1


def test_f26_validator_that_stays_while_the_feed_changes_is_found_within_a_day_and_used_no_more(
    days: Days,
) -> None:
    watch = days.watch
    assert len(watch.articles("stuck")) == 2
    found = [ran.at - NOW for ran in watch.runs if "its validators stay" in ran.problem("stuck")]
    assert found[0] <= timedelta(hours=28)
    assert watch.told("Source Stuck (stuck): its validators stay") == 1


def test_healthy_source_is_never_told(days: Days) -> None:
    assert days.watch.told("Source Steady") == 0
