"""Walk back through archives inside an asyncio loop: one Scrapy engine, one deadline. Entry point of the backfill."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.archivestore import ArchiveStore
from crawler.config import CrawlConfig
from crawler.model import CrawlReport, Problem
from crawler.trip import Trip

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.archivespider import ArchiveSpider

GRACE_S = 3.0  # for answers under way when the time is up; then they are dropped and come again next time


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
    from scrapy.crawler import Crawler
    from scrapy.settings import Settings

    from crawler.archivespider import ArchiveSpider

    scrapy_settings = Settings()
    scrapy_settings.setmodule("crawler.settings", priority="project")
    scrapy_settings.update(dict(settings or {}), priority="cmdline")
    attributes = {"config": config, "trips": tuple(trips), "clock": staticmethod(clock)}
    crawler = Crawler(type("BackfillSpider", (ArchiveSpider,), attributes), scrapy_settings)
    task = asyncio.create_task(crawler.crawl_async(store=store))
    stopping = asyncio.create_task((stop or asyncio.Event()).wait())
    try:
        done, _ = await asyncio.wait(
            {task, stopping}, timeout=deadline_s, return_when=asyncio.FIRST_COMPLETED
        )
        if task not in done:
            await _end_early(crawler, task)
        elif not task.cancelled() and (error := task.exception()):
            raise error
    finally:
        stopping.cancel()
        spider: ArchiveSpider | None = crawler.spider  # type: ignore[assignment]  # our class, made above
        if spider is not None:
            await spider.worker.close()
    assert spider is not None
    if spider.fault is not None:
        raise spider.fault
    return spider.report, tuple(spider.problems)


async def _end_early(crawler: Crawler, task: asyncio.Task[None]) -> None:
    spider: ArchiveSpider | None = crawler.spider  # type: ignore[assignment]  # our class, made above
    stopping = asyncio.create_task(crawler.stop_async())
    await asyncio.wait({task}, timeout=GRACE_S)
    if spider is not None and not task.done():
        await spider.end_now()
        await asyncio.wait({task}, timeout=GRACE_S)
    for left in (task, stopping):
        left.cancel()
    await asyncio.gather(task, stopping, return_exceptions=True)
