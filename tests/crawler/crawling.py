"""Crawl loopback newsrooms in this process, with a clock that the test moves, and read what was stored."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from crawler.config import CrawlConfig, load_crawl_config
from crawler.db.schema import article, entry, source_state
from crawler.model import CrawlReport, Problem
from crawler.records.store import Store
from crawler.run import crawl
from tests.builders import NOW

# Whole seconds instead of tens, and many connections to the one host that plays all of them.
QUICK: Mapping[str, object] = {
    "DOWNLOAD_TIMEOUT": 2.0,
    "DOWNLOAD_MAXSIZE": 1 << 20,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
}
PROSE = "".join(
    f"On the {day} of the month volunteers said that the road had been open since the morning and that {number} "
    "lorries with rice were on their way. Nobody gave a number of the people who still wait in the hills.\n"
    for day, number in (("third", 12), ("fifth", 40), ("ninth", 7), ("last", 61))
)


@dataclass(frozen=True, slots=True)
class Crawled:
    """How one crawl ended: counts, causes by source id, and what was logged from WARNING up."""

    report: CrawlReport
    problems: Mapping[str, Problem]
    log: tuple[str, ...]
    seconds: float

    def cause(self, source_id: str) -> str:
        """Return why a source failed, "" when it did not."""
        return self.problems[source_id].problem if source_id in self.problems else ""


class Records(logging.Handler):
    """Keep what is logged from WARNING up."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(logging.WARNING)
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)


@dataclass(slots=True)
class Desk:
    """A configuration folder with its database. ``now`` stands still until the test moves it."""

    config: CrawlConfig
    store: Store
    now: datetime = NOW

    @classmethod
    def open(
        cls,
        home: Path,
        sources: Sequence[Mapping[str, Any]],
        *,
        allow_private: bool = True,
        delay: str = "0s",
        proxy: str | None = None,
    ) -> Desk:
        """Write the two files of a crawl into *home* and make the database."""
        folder = home / "config"
        folder.mkdir()
        network = {"allow_private_addresses": allow_private, "delay": delay, "proxy": proxy}
        settings = {"network": network, "contact": "https://example.org/tests"}
        for name, content in (("settings", settings), ("sources", {"sources": list(sources)})):
            (folder / f"{name}.yaml").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        config = load_crawl_config(folder, f"sqlite:///{home / 'crawl.db'}", environ={})
        return cls(config, Store.open(config.database_url, config.settings.first_run_window))

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.store.engine.dispose()

    def crawl(
        self,
        *only: str,
        after: timedelta = timedelta(0),
        force: bool = True,
        settings: Mapping[str, object] = QUICK,
        deadline_s: float = 60.0,
    ) -> Crawled:
        """Move the clock by *after*, then read the sources *only* (all when none is named)."""
        self.now += after
        records: list[logging.LogRecord] = []
        handler = Records(records)
        logging.getLogger().addHandler(handler)
        begun = time.monotonic()
        try:
            report, problems = asyncio.run(
                crawl(
                    self.config,
                    self.store,
                    lambda: self.now,
                    only=only,
                    force=force,
                    deadline_s=deadline_s,
                    settings=settings,
                )
            )
        finally:
            logging.getLogger().removeHandler(handler)
        log = tuple(f"{record.levelname} {record.name}: {record.getMessage()}" for record in records)
        by_source = {problem.source_id: problem for problem in problems}
        return Crawled(report, by_source, log, time.monotonic() - begun)

    def state(self, source_id: str) -> Row[Any] | None:
        """Return the row of a source, None when nothing is remembered of it."""
        with self.store.engine.connect() as connection:
            return connection.execute(
                select(source_state).where(source_state.c.source_id == source_id)
            ).first()

    def entries(self, source_id: str) -> list[Row[Any]]:
        """Return a source's entries, oldest first."""
        query = select(entry).where(entry.c.source_id == source_id).order_by(entry.c.id)
        with self.store.engine.connect() as connection:
            return list(connection.execute(query))

    def articles(self, source_id: str) -> list[Row[Any]]:
        """Return the articles that a source's entries are linked to, in the order of the entries."""
        query = select(article).join(entry, entry.c.article_id == article.c.id)
        query = query.where(entry.c.source_id == source_id).order_by(entry.c.id)
        with self.store.engine.connect() as connection:
            return list(connection.execute(query))


def a_feed(*items: Mapping[str, str], newest: str = "") -> bytes:
    """Return an RSS 2.0 feed of *items*: title, link, and perhaps guid, summary, content, date."""
    written = "".join(
        f"<item><title>{escape(item['title'])}</title><link>{escape(item['link'])}</link>"
        f"<guid isPermaLink='false'>{escape(item.get('guid', item['link']))}</guid>"
        f"<description>{escape(item.get('summary', 'A summary.'))}</description>"
        + (f"<pubDate>{item['date']}</pubDate>" if "date" in item else "")
        + (f"<content:encoded>{escape(item['content'])}</content:encoded>" if "content" in item else "")
        + "</item>"
        for item in items
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
        f"<channel><title>Test feed</title><link>https://example.org/</link>{newest}{written}</channel></rss>"
    ).encode()


def told(name: str, **more: str) -> dict[str, str]:
    """Return a feed item that carries its own full text, so that a source with ``full_text: feed`` asks no page."""
    link = more.pop("link", f"https://example.org/news/{name}.html")
    return {"title": f"News of {name}", "link": link, "content": f"{PROSE}{name}", **more}
