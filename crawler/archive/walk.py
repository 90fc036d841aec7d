"""Walk back through archives inside an asyncio loop: one Scrapy engine, one deadline. Entry point of the backfill."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from crawler.archive.store import ArchiveStore
from crawler.archive.trip import Trip
from crawler.config import CrawlConfig
from crawler.model import CrawlReport, Problem
from crawler.run import run_spider


async def walk_back(
    config: CrawlConfig,
    store: ArchiveStore,
    clock: Callable[[], datetime],
    trips: Sequence[Trip],
    *,
    deadline_s: float | None = None,
    stop: asyncio.Event | None = None,
    settings: Mapping[str, object] | None = None,
) -> tuple[CrawlReport, tuple[Problem, ...]]:
    """Walk *trips* and settle what they bring; return the counts and what went wrong. The trips say how far they came.

    Ends early, with everything so far stored, after *deadline_s* seconds or when *stop* is set. *settings* are
    Scrapy settings that win over the fixed and the configured ones.
    """
    from crawler.archive.spider import ArchiveSpider

    attributes = {"config": config, "trips": tuple(trips), "clock": staticmethod(clock)}
    spider = await run_spider(ArchiveSpider, attributes, settings, deadline_s, stop, store=store)
    return spider.report, tuple(spider.problems)
