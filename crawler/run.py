"""Run one crawl inside an asyncio loop: all due sources, one Scrapy engine, one deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.config import CrawlConfig
from crawler.model import CrawlReport, Problem
from crawler.store import Store

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.spider import SourceSpider

GRACE_S = 3.0  # for answers under way when the time is up; then they are dropped and come again next time


async def crawl(
    config: CrawlConfig,
    store: Store,
    clock: Callable[[], datetime],
    *,
    only: Sequence[str] = (),
    force: bool = False,
    deadline_s: float | None = None,
    stop: asyncio.Event | None = None,
    settings: Mapping[str, object] | None = None,
) -> tuple[CrawlReport, tuple[Problem, ...]]:
    """Poll the due sources and settle new entries; return the counts and what went wrong.

    Ends early, with everything so far stored, after *deadline_s* seconds or when *stop* is set. *settings* are
    Scrapy settings that win over the fixed and the configured ones.
    """
    from scrapy.crawler import Crawler
    from scrapy.settings import Settings

    from crawler.spider import SourceSpider

    scrapy_settings = Settings()
    scrapy_settings.setmodule("crawler.settings", priority="project")
    scrapy_settings.update(dict(settings or {}), priority="cmdline")
    spider_class = type(
        "CycleSpider",
        (SourceSpider,),
        {"config": config, "source_ids": tuple(only), "clock": staticmethod(clock)},
    )
    # no runner: it would make the spider loader read a configuration of its own
    crawler = Crawler(spider_class, scrapy_settings)
    task = asyncio.create_task(crawler.crawl_async(store=store, force=force))
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
        spider: SourceSpider | None = crawler.spider  # type: ignore[assignment]  # our class, made above
        if spider is not None:
            await spider.worker.close()
    assert spider is not None
    if spider.fault is not None:
        raise spider.fault
    return spider.report, tuple(spider.problems)


async def _end_early(crawler: Crawler, task: asyncio.Task[None]) -> None:
    stopping = asyncio.create_task(crawler.stop_async())
    await asyncio.wait({task}, timeout=GRACE_S)
    spider: SourceSpider | None = crawler.spider  # type: ignore[assignment]  # our class, made above
    if spider is not None and not task.done():
        await spider.end_now()
        await asyncio.wait({task}, timeout=GRACE_S)
    for left in (task, stopping):
        left.cancel()
    await asyncio.gather(task, stopping, return_exceptions=True)
