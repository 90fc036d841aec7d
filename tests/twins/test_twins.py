"""Every default source has a twin, and the shipped configuration brings of each what it should."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import yaml

from crawler.clock import utc_now
from tests.twins.crawl import SOURCES, Crawled, Reading, Stored, crawl_twins
from tests.twins.outlet import load_twins
from tests.twins.verdict import (
    Verdict,
    crawl_delays,
    expect,
    judge,
    judge_manners,
    judge_second,
    judge_source,
    judge_third,
    token_f1,
)
from tests.twins.world import build_world

IDS = [source["id"] for source in yaml.safe_load(SOURCES.read_text("utf-8"))["sources"]]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """Run the program three times on the twins."""
    return crawl_twins(tmp_path_factory.mktemp("twins"))


@pytest.fixture(scope="module")
def verdicts(crawled: Crawled) -> dict[str, Verdict]:
    """Return what is said of each source after the first run."""
    return {verdict.twin.source_id: verdict for verdict in judge(crawled)}


def test_every_default_source_has_its_twin_and_its_articles() -> None:
    twins = load_twins(SOURCES)  # it raises when one is missing, or plays another number of routes
    assert [twin.source_id for twin in twins] == IDS
    assert [twin.source_id for twin in twins if len(twin.stories) < 3] == []
    assert [twin.source_id for twin in twins if not any(story.topics for story in twin.stories)] == []


def test_every_address_that_a_twin_names_is_played() -> None:
    twins, opened = load_twins(SOURCES), utc_now()
    world = build_world(twins, opened)
    assert [url for twin in twins for url in twin.route_urls if not world.plays(url.split("/")[2])] == []
    ages = [story.age for twin in twins for story in twin.stories]
    assert min(ages) > timedelta(0)


def test_quality_counts_words_and_burmese_letters() -> None:
    assert token_f1("The road is open", "The road is open") == 1.0
    assert token_f1("The road is open. Most read: Loikaw", "The road is open") == pytest.approx(8 / 11)
    assert token_f1("", "The road") == 0.0
    assert 0 < token_f1("လမ်း", "လမ်းပိတ်") < 1  # "road", "road closed"


def test_what_is_missing_leaked_misread_or_untold_is_a_fault() -> None:
    twins, opened = load_twins(SOURCES), utc_now()
    stories = {story.key: (twin, story) for twin in twins for story in twin.stories}
    twin = next(twin for twin in twins if twin.source_id == "ktnews-en")
    wanted = expect(twin, stories, opened)
    right = tuple(
        Stored(
            article_id=number,
            problem=want.problem,
            url=want.url,
            title=want.title,
            text=want.text,
            language="en",
            origin=want.origin,
            truncated=want.truncated,
            publisher=want.publisher,
            story_id=None,
            topics=want.topics,
        )
        for number, want in enumerate(wanted)
    )
    first = right[0]

    def faults(*entries: Stored, route: int = 0, told: tuple[str, ...] = ()) -> str:
        return "\n".join(judge_source(twin, Reading(route, entries, told), wanted).faults)

    assert faults(*right) == ""
    assert f"{first.url}: 0 entries" in faults(*right[1:])
    assert "2 entries" in faults(*right, first)
    assert "route 1 served" in faults(*right, route=1)
    assert "told: stale" in faults(*right, told=("stale",))
    assert "topics" in faults(replace(first, topics=frozenset()), *right[1:])
    assert "does not hold" in faults(replace(first, text=first.text.partition("\n")[2]), *right[1:])
    leak = "Loikaw market day moves to Sunday"  # of the box of related posts
    assert leak in faults(replace(first, text=f"{first.text}\n{leak}"), *right[1:])
    assert "F1" in faults(replace(first, text=first.text + "\nAnother story. " * 9), *right[1:])
    assert "not expected" in faults(*right, replace(first, url="https://ktnews.org/tag/loikaw/"))


@pytest.mark.slow
@pytest.mark.parametrize("source_id", IDS)
def test_default_source_brings_its_articles_and_nothing_else(
    source_id: str, verdicts: dict[str, Verdict]
) -> None:
    verdict = verdicts[source_id]
    assert verdict.faults == ()
    assert (verdict.found, verdict.unwanted) == (verdict.required, 0)


@pytest.mark.slow
def test_second_run_reads_nothing_twice(crawled: Crawled) -> None:
    assert judge_second(crawled) == ()


@pytest.mark.slow
def test_next_route_serves_when_the_first_is_gone_and_brings_no_article_again(crawled: Crawled) -> None:
    assert judge_third(crawled) == ()


@pytest.mark.slow
def test_hosts_are_asked_as_their_robots_txt_wants(crawled: Crawled) -> None:
    assert {"burma.irrawaddy.com": 10.0, "english.dvb.no": 2.0}.items() <= crawl_delays(crawled.twins).items()
    assert judge_manners(crawled) == ()


@pytest.mark.slow
def test_an_article_that_two_sources_carry_is_stored_once(
    crawled: Crawled, verdicts: dict[str, Verdict]
) -> None:
    assert crawled.first.repeated == ()
    urls = {
        name: {entry.url: entry.article_id for entry in verdicts[name].reading.entries}
        for name in ("irrawaddy-tg", "irrawaddy-my", "gnews-karenni-en", "irrawaddy-en")
    }
    for one, other in (("irrawaddy-tg", "irrawaddy-my"), ("gnews-karenni-en", "irrawaddy-en")):
        (shared,) = urls[one].keys() & urls[other].keys()
        assert urls[one][shared] == urls[other][shared]


@pytest.mark.slow
def test_copies_by_other_outlets_are_articles_of_one_story(verdicts: dict[str, Verdict]) -> None:
    titled = [
        entry
        for name in ("ktnews-en", "bni-en")
        for entry in verdicts[name].reading.entries
        if entry.title == "Two wards of Loikaw get their water back after a month"
    ]
    assert len({entry.article_id for entry in titled}) == 2
    assert len({entry.story_id for entry in titled}) == 1
    assert titled[0].story_id is not None
