"""The program on the shipped configuration and on the twins: three runs, and what they stored, reported and asked for.

The configuration is a copy of ``config/`` with a ``settings.yaml`` that names the loopback proxy. What came of it is
read as a user's tools could read it: from the JSON of ``run`` and ``status``, and from the database.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.clock import utc_now
from tests.conftest import ROOT
from tests.e2e.program import Finished, Program
from tests.twins.outlet import Twin, load_twins
from tests.twins.server import TwinServer, Visit
from tests.twins.world import GONE, build_world

SOURCES = ROOT / "config" / "sources.yaml"
SETTINGS = """\
# what differs from the shipped file: a proxy that plays every host, no wait of our own between two requests
database: sqlite:///var/newswatch.db
network: {{proxy: "{proxy}", delay: 0s}}
"""
CHANNELS = "channels: [{id: terminal, platform: console}]\n"
MOST_S = 240.0
_ARTICLES = """
    SELECT entry.source_id, article.id, entry.problem, article.url, article.title, article.text, article.language,
           article.origin, article.truncated, article.publisher, story_article.story_id
    FROM entry JOIN article ON article.id = entry.article_id
    LEFT JOIN story_article ON story_article.article_id = article.id
    ORDER BY entry.id
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """An article as the database holds it, for one entry that led to it."""

    article_id: int
    problem: str | None  # of the entry
    url: str
    title: str
    text: str
    language: str | None
    origin: str  # page, feed, summary
    truncated: bool
    publisher: str | None
    story_id: int | None
    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one source: the route that served, its entries as they arrived, what was told of it."""

    route: int | None
    entries: tuple[Stored, ...]
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pass:
    """One run of the program."""

    finished: Finished
    visits: tuple[Visit, ...]
    readings: dict[str, Reading]
    articles: int  # rows in the database
    repeated: tuple[str, ...]  # addresses that are stored twice


@dataclass(frozen=True, slots=True)
class Crawled:
    """Three runs; before the third, the routes that served are gone where the outlet has another way of its own."""

    twins: tuple[Twin, ...]
    opened: datetime
    first: Pass
    second: Pass
    third: Pass


def crawl_twins(home: Path) -> Crawled:
    """Run the program on the twins, its configuration and its database below *home*."""
    twins, opened = load_twins(SOURCES), utc_now()
    world = build_world(twins, opened)
    with TwinServer(world) as server:
        program = _set_up(home, server)
        first = _run(program, server, twins)
        second = _run(program, server, twins)
        for twin in twins:
            if twin.falls_to is not None:
                world.behave(twin.route_urls[twin.serves], GONE)
        return Crawled(twins, opened, first, second, _run(program, server, twins))


def _set_up(home: Path, server: TwinServer) -> Program:
    authority = home / "authority.pem"
    server.write_authority(authority)
    shutil.copytree(ROOT / "config", home / "config")
    (home / "config" / "settings.yaml").write_text(SETTINGS.format(proxy=server.base_url), "utf-8")
    (home / "config" / "channels.yaml").write_text(CHANNELS, "utf-8")
    return Program(home, {"SSL_CERT_FILE": str(authority)})


def _run(program: Program, server: TwinServer, twins: tuple[Twin, ...]) -> Pass:
    server.forget_visits()
    finished = program.do("run", "--force", "--json", timeout_s=MOST_S)
    assert finished.status == 0, finished.err
    twice = program.rows("SELECT url FROM article GROUP BY url HAVING count(*) > 1")
    return Pass(
        finished,
        server.visits,
        _read(program, finished, twins),
        int(program.rows("SELECT count(*) FROM article")[0][0]),
        tuple(str(row[0]) for row in twice),
    )


def _read(program: Program, run: Finished, twins: tuple[Twin, ...]) -> dict[str, Reading]:
    topics: dict[int, set[str]] = defaultdict(set)
    for article_id, topic_id in program.rows("SELECT article_id, topic_id FROM match"):
        topics[article_id].add(topic_id)
    told: dict[str, list[str]] = defaultdict(list)
    for problem in run.report["problems"]:
        told[problem.get("source", "")].append(problem["problem"])
    for source in program.do("status", "--json").report["sources"]:
        told[source["id"]] += source["notes"]
    routes = dict(program.rows("SELECT source_id, route FROM source_state WHERE last_ok_at IS NOT NULL"))
    entries: dict[str, list[Stored]] = defaultdict(list)
    for source_id, *row in program.rows(_ARTICLES):
        entries[source_id].append(_stored(row, topics))
    ids = [twin.source_id for twin in twins]
    return {name: Reading(routes.get(name), tuple(entries[name]), tuple(told[name])) for name in ids}


def _stored(row: list[Any], topics: dict[int, set[str]]) -> Stored:
    article_id, problem, url, title, text, language, origin, truncated, publisher, story_id = row
    return Stored(
        article_id=article_id,
        problem=problem,
        url=url,
        title=title,
        text=text,
        language=language,
        origin=origin,
        truncated=bool(truncated),
        publisher=publisher,
        story_id=story_id,
        topics=frozenset(topics[article_id]),
    )
