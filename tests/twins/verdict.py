"""What each twin should have led to, held against what was stored: faults in words. Pure; it reads no database."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from alerts.demo.outlets import load_furniture
from alerts.text.zawgyi import to_unicode
from tests.twins.crawl import Crawled, Pass, Reading, Stored
from tests.twins.feeds import RELIEF_PUBLISHER, excerpt, publisher_of
from tests.twins.outlet import Story, Twin
from tests.twins.pages import furniture_of
from tests.twins.telegram import post_text

LEAST_F1 = 0.95  # of a page's text against the invented one: two hashtags may stay, a rail may not
PAGE_PROBLEMS = {"/404": "404 not found", "/hang": "no answer in time"}
_NO_TEXT = re.compile(r"\d+ of \d+ articles by headline or summary only in 7 days: no text of their pages")
_WAY = re.compile(
    r"read by route \d of \d, \w+ at [\w.]+: those before it did not serve; `check --online` says why"
)
_TOKEN = re.compile(
    "[\u1000-\u109f\uaa60-\uaa7f]|[^\\W_]+"
)  # a Burmese letter or mark, a word of other scripts


@dataclass(frozen=True, slots=True)
class Wanted:
    """An article that a source should have led to."""

    url: str
    title: str
    origin: str
    required: tuple[str, ...]  # lines that its text must hold
    text: str  # all that was written; "" where only a headline is had
    topics: frozenset[str]
    zawgyi: bool
    truncated: bool
    publisher: str | None
    problem: str | None  # of its entry
    is_page_wanted: bool  # the configuration wants its page, not only the words of a feed
    entries: int = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a source fared; `faults` is empty when everything was as it should be."""

    twin: Twin
    reading: Reading
    required: int
    found: int
    unwanted: int
    f1: float | None  # the mean of its articles that have a text
    faults: tuple[str, ...]


def judge(crawled: Crawled) -> tuple[Verdict, ...]:
    """Return the verdict on every twin, in the order of the configuration."""
    stories = {story.key: (twin, story) for twin in crawled.twins for story in twin.stories}
    return tuple(
        judge_source(twin, crawled.first.readings[twin.source_id], expect(twin, stories, crawled.opened))
        for twin in crawled.twins
    )


def expect(twin: Twin, stories: Mapping[str, tuple[Twin, Story]], opened: datetime) -> tuple[Wanted, ...]:
    """Return what *twin* should lead to; *stories* are those of all twins by key."""
    return tuple(_want(twin, story, stories, opened) for story in twin.stories)


def judge_second(crawled: Crawled) -> tuple[str, ...]:
    """Return what is wrong with the second run: only routes are asked, nothing is new, nothing is sent again."""
    number = len(crawled.twins)
    wanted = {"due": number, "polled": number, "not_modified": number, "failed": 0}
    routes = {url.partition("#")[0] for twin in crawled.twins for url in twin.route_urls}
    pages = [
        visit.url
        for visit in crawled.second.visits
        if visit.url not in routes and "/wp/v2/posts" not in visit.request.target
    ]
    return (*_news_of("second", crawled.second, wanted), *(f"second run: asked for {url}" for url in pages))


def judge_third(crawled: Crawled) -> tuple[str, ...]:
    """Return what is wrong with the third run: the next routes serve, and what they carry is known."""
    faults = [
        f"third run: {twin.source_id}: route {reading.route} served, not {expected}"
        for twin in crawled.twins
        if (reading := crawled.third.readings[twin.source_id]).route
        != (expected := twin.serves if twin.falls_to is None else twin.falls_to)
    ]
    if crawled.third.articles != crawled.first.articles:
        faults.append(f"third run: {crawled.third.articles} articles, before {crawled.first.articles}")
    return (*faults, *_news_of("third", crawled.third, None), *map(repr, crawled.third.repeated))


def judge_manners(crawled: Crawled) -> tuple[str, ...]:
    """Return where a host was treated otherwise than it asks in its robots.txt, or was not told who asks."""
    faults = [
        f"{visit.url} was asked without our name"
        for done in (crawled.first, crawled.second, crawled.third)
        for visit in done.visits
        if not visit.request.headers.get("user-agent", "").startswith("newswatch/")
    ]
    for done in (crawled.first, crawled.second, crawled.third):
        asked: dict[str, list[float]] = {}
        for visit in done.visits:
            asked.setdefault(visit.host, []).append(visit.request.at_s)
        for host, delay_s in crawl_delays(crawled.twins).items():
            moments = asked.get(host, [])[1:]  # the first is robots.txt itself, where it is asked
            gaps = [later - earlier for earlier, later in pairwise(moments)]
            faults += [f"{host}: asked again after {gap:.1f} s" for gap in gaps if gap < delay_s - 0.5]
    return tuple(faults)


def crawl_delays(twins: Sequence[Twin]) -> dict[str, float]:
    """Return what robots.txt of the twins' hosts ask for, in seconds."""
    found = {
        host: re.search(r"^User-agent: \*\nCrawl-delay: (\d+)", text, re.MULTILINE)
        for twin in twins
        for host, text in twin.robots.items()
    }
    return {host: float(match[1]) for host, match in found.items() if match}


def _news_of(name: str, done: Pass, sources: Mapping[str, int] | None) -> list[str]:
    report = done.finished.report
    faults = [f"{name} run: sources {report['sources']}"] if sources and report["sources"] != sources else []
    if report["entries"]["new"] and sources:
        faults.append(f"{name} run: entries {report['entries']}")
    if report["articles"]["fetched"]:
        faults.append(f"{name} run: articles {report['articles']}")
    if report["deliveries"]["sent"]:
        faults.append(f"{name} run: something was sent again")
    return faults


def token_f1(stored: str, written: str) -> float:
    """Return the harmonic mean of precision and recall of *stored*'s words against those *written*."""
    mine, theirs = Counter(_TOKEN.findall(stored)), Counter(_TOKEN.findall(written))
    shared = sum((mine & theirs).values())
    return 2 * shared / (mine.total() + theirs.total()) if shared else 0.0


def _want(twin: Twin, story: Story, stories: Mapping[str, tuple[Twin, Story]], opened: datetime) -> Wanted:
    does = twin.routes[twin.serves]
    home, told = twin, story
    if story.announces:
        home, told = stories[story.announces]
    url = home.url_of(told, opened) if home.address else story.redirect
    origin, lines = "page", told.visible
    if does == "google":
        url, origin, lines = story.redirect, "summary", ()
    elif does == "telegram" and not story.announces:
        origin, lines = "feed", post_text(story)
    elif story.page:
        origin, lines = "summary", (excerpt(story),)
    publisher = RELIEF_PUBLISHER if twin.theme == "reliefweb" else None
    lines = tuple(
        unicodedata.normalize("NFC", line) for line in lines
    )  # as everything is stored; it moves Zawgyi marks
    if does == "telegram" and not story.announces:
        lines = lines[1:]  # the first is its headline
    return Wanted(
        url=url,
        title=unicodedata.normalize("NFC", story.title),
        origin=origin,
        required=lines,
        text="\n".join(lines),
        topics=frozenset(story.topics),
        zawgyi=story.zawgyi,
        truncated=story.shown is not None,
        publisher=publisher_of(twin, story) if does == "google" else publisher,
        problem=PAGE_PROBLEMS.get(story.page or ""),
        is_page_wanted=twin.full_text == "page",
        entries=2 if story.twice else 1,
    )


def judge_source(twin: Twin, reading: Reading, wanted: Sequence[Wanted]) -> Verdict:
    """Return the verdict on one source: what it led to against what it should have."""
    faults: list[str] = []
    if reading.route != twin.serves:
        faults.append(f"route {reading.route} served, not {twin.serves}")
    faults += _untold(twin, reading, wanted)
    by_url: dict[str, list[Stored]] = {}
    for entry in reading.entries:
        by_url.setdefault(entry.url, []).append(entry)
    required = found = unwanted = 0
    scores: list[float] = []
    for want in wanted:
        entries = by_url.pop(want.url, [])
        required += len(want.required)
        if len(entries) != want.entries:
            faults.append(f"{want.url}: {len(entries)} entries, not {want.entries}")
        if not entries:
            continue
        held = entries[0]
        found += sum(line in held.text for line in want.required)
        leaked = [words for words in _unwanted(twin, want) if words in held.text]
        unwanted += len(leaked)
        faults += [f"{want.url}: {fault}" for fault in (*_differences(held, want), *map(repr, leaked))]
        if want.text:
            scores.append(token_f1(held.text, want.text))
            if want.origin == "page" and scores[-1] < LEAST_F1:
                faults.append(f"{want.url}: F1 {scores[-1]:.3f}")
    faults += [f"stored and not expected: {url}" for url in by_url]
    mean = sum(scores) / len(scores) if scores else None
    return Verdict(twin, reading, required, found, unwanted, mean, tuple(faults))


def _untold(twin: Twin, reading: Reading, wanted: Sequence[Wanted]) -> list[str]:
    """Return what was told and should not have been, and what should: another route, articles without a text."""
    should = {
        "another route serves": (_WAY, twin.serves > 0),
        "articles without a text": (
            _NO_TEXT,
            any(want.origin == "summary" and want.is_page_wanted for want in wanted),
        ),
    }
    faults = []
    rest = list(reading.told)
    for name, (words, is_so) in should.items():
        said = [told for told in rest if words.fullmatch(told)]
        rest = [told for told in rest if told not in said]
        if bool(said) != is_so:
            faults.append(f"told: {said[0]}" if said else f"not told: {name}")
    return [*faults, *(f"told: {told}" for told in rest)]


def _unwanted(twin: Twin, want: Wanted) -> tuple[str, ...]:
    if want.origin == "page":
        return furniture_of(twin)
    quoted = tuple(story.quotes for story in twin.stories if story.quotes)
    return (
        *quoted,
        "Forwarded from",
        "News of Loikaw and of Operation 1111",
        *load_furniture("en")["related"],
    )


def _differences(held: Stored, want: Wanted) -> list[str]:
    """Return in what a stored article is not what it should be."""
    differences = [f"does not hold {line!r}" for line in want.required if line not in held.text]
    encoding = to_unicode(f"{held.title}\n{held.text}").encoding
    pairs = {
        "title": (held.title, want.title),
        "origin": (held.origin, want.origin),
        "topics": (held.topics, want.topics),
        "truncated": (held.truncated, want.truncated),
        "publisher": (held.publisher, want.publisher),
        "problem": (held.problem, want.problem),
        "encoding": (encoding, "zawgyi" if want.zawgyi else "unicode"),
        "language": (
            held.language,
            "my" if any("\u1000" <= letter <= "\u109f" for letter in want.title) else "en",
        ),
    }
    differences += [
        f"{name} {had!r}, not {should!r}" for name, (had, should) in pairs.items() if had != should
    ]
    return differences
