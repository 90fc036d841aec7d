"""The labelled articles and the real pages beside the checkout, served on loopback and told to every chat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.chatroom import Chatroom
from tests.contract.verify import VERIFIERS
from tests.e2e.newsdesk import hook, slack
from tests.e2e.program import Finished, Program, a_source, publish, rss
from tests.newsroom import Newsroom
from tests.quality.matching import FLOORS

pytestmark = pytest.mark.slow  # the whole corpus through every chat

LISTINGS = 4  # of the real pages: lists of headlines, which are no articles and are refused
LANGUAGES = {"my": "my", "my-zawgyi": "my", "mixed": "my"}


@dataclass(frozen=True, slots=True)
class CorpusRun:
    """Two runs over the corpus."""

    articles: tuple[dict[str, Any], ...]
    program: Program
    first: Finished
    second: Finished
    chatroom: Chatroom
    found: dict[str, set[str]]  # article id -> topics


@pytest.fixture(scope="module")
def corpus_run(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CorpusRun]:
    """Serve corpus/dev as five feeds and corpus/raw as one, run twice."""
    lines = (shared / "corpus" / "dev" / "articles.jsonl").read_text("utf-8").splitlines()
    articles = tuple(json.loads(line) for line in lines)
    with Newsroom() as newsroom, Chatroom() as chatroom:
        sources = []
        for number in range(5):
            some = [{**item, "language": LANGUAGES.get(item["lang"], "en")} for item in articles[number::5]]
            sources.append(a_source(f"dev-{number}", publish(newsroom, f"/dev-{number}/feed", some)))
        raw = sorted((shared / "corpus" / "raw").glob("*.html"))
        for path in raw:
            newsroom.add(f"/raw/{path.name}", path.read_bytes(), "text/html; charset=utf-8")
        items = [{"title": f"Page {path.stem}", "link": newsroom.url(f"/raw/{path.name}")} for path in raw]
        newsroom.add("/raw/feed", rss(items), "application/rss+xml")
        sources.append(a_source("raw", newsroom.url("/raw/feed")))
        program = Program(tmp_path_factory.mktemp("corpus"))
        discord = {"id": "discord", "platform": "discord", "url": chatroom.url("/api/webhooks/1/token")}
        telegram = {
            "id": "telegram",
            "platform": "telegram",
            "token": "1:test",
            "chat": "-1001",
            "api": chatroom.url(""),
        }
        more = {"max_stories": 100}
        channels = [
            slack(chatroom, **more),
            {**discord, **more},
            {**telegram, **more},
            hook(chatroom, **more),
        ]
        program.configure(sources, channels)
        first = program.do("run", "--force", "--json", timeout_s=240)
        sent = len(chatroom.posts)
        second = program.run()
        assert len(chatroom.posts) == sent, "the second run sent something"
        rows = program.rows("SELECT a.url, m.topic_id FROM article a JOIN match m ON m.article_id = a.id")
        found: dict[str, set[str]] = {}
        for url, topic in rows:
            found.setdefault(url.rsplit("/", 1)[1], set()).add(topic)
        yield CorpusRun(articles, program, first, second, chatroom, found)


def test_counts_are_right(corpus_run: CorpusRun) -> None:
    assert corpus_run.first.status == 0, corpus_run.first.err
    report = corpus_run.first.report
    assert report["sources"] == {"due": 6, "polled": 6, "not_modified": 0, "failed": 0}
    assert report["entries"] == {"seen": 166, "new": 166}
    assert sum(report["articles"].values()) == 166
    assert report["articles"]["failed"] == LISTINGS
    assert report["matches"]["loikaw"] == sum("loikaw" in topics for topics in corpus_run.found.values())
    assert (
        report["deliveries"]["pending"]
        == report["deliveries"]["unknown"]
        == report["deliveries"]["failed"]
        == 0
    )


def test_second_run_is_all_304(corpus_run: CorpusRun) -> None:
    report = corpus_run.second.report
    assert report["sources"] == {"due": 6, "polled": 6, "not_modified": 6, "failed": 0}
    assert report["deliveries"]["sent"] == 0


@pytest.mark.parametrize("topic", FLOORS)
def test_topics_are_found_through_extraction(topic: str, corpus_run: CorpusRun) -> None:
    wanted = {item["id"] for item in corpus_run.articles if topic in item["topics"]}
    found = {article_id for article_id, topics in corpus_run.found.items() if topic in topics}
    false = sorted(found - wanted)
    missed = sorted(wanted - found)
    assert len(wanted & found) / len(found) >= FLOORS[topic], f"false: {false}"
    assert len(wanted & found) / len(wanted) >= FLOORS[topic], f"missed: {missed}"


def test_no_page_furniture_alerts(corpus_run: CorpusRun) -> None:
    traps = {item["id"] for item in corpus_run.articles if item["trap"] == "chrome" and not item["topics"]}
    assert traps
    assert not traps & corpus_run.found.keys()
    assert not [name for name in corpus_run.found if name.endswith(".html")]


@pytest.mark.parametrize("name", ["slack", "discord", "telegram"])
def test_payloads_keep_the_platform_limits(name: str, corpus_run: CorpusRun) -> None:
    path = {"slack": "/services/", "discord": "/api/webhooks/", "telegram": "/bot"}[name]
    bodies = [post.request.body for post in corpus_run.chatroom.posts if post.request.path.startswith(path)]
    assert bodies
    for body in bodies:
        VERIFIERS[name](body)


def test_every_matched_article_reached_every_chat(corpus_run: CorpusRun) -> None:
    # identical headlines and Zawgyi ones are told in another form: the link is what every platform carries
    urls = [
        row[0]
        for row in corpus_run.program.rows("SELECT url FROM article JOIN match ON article_id = article.id")
    ]
    body = "\n".join(
        post.request.body.decode("utf-8")
        for post in corpus_run.chatroom.posts
        if "/hooks/" in post.request.path
    )
    assert [url for url in urls if url not in body] == []
