"""Run one crawl inside an asyncio loop: one Scrapy engine, one deadline. Entry point of a run's polls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar, cast

from crawler.config import CrawlConfig
from crawler.model import CrawlReport, Problem
from crawler.records.store import Store

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler

    from crawler.spider import SourceSpider

GRACE_S = 3.0  # for answers under way when the time is up; then they are dropped and come again next time
SpiderT = TypeVar("SpiderT", bound="SourceSpider")


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
    from crawler.spider import SourceSpider

    attributes = {"config": config, "source_ids": tuple(only), "clock": staticmethod(clock)}
    spider = await run_spider(SourceSpider, attributes, settings, deadline_s, stop, store=store, force=force)
    return spider.report, tuple(spider.problems)


def make_crawler(
    spider_class: type[Spider],
    attributes: Mapping[str, object],
    settings: Mapping[str, object] | None = None,
) -> Crawler:
    """Return a crawler of our fixed settings, for *spider_class* with these class attributes."""
    from scrapy.crawler import Crawler
    from scrapy.settings import Settings

    fixed = Settings()
    fixed.setmodule("crawler.settings", priority="project")
    fixed.update(dict(settings or {}), priority="cmdline")
    # no runner: it would make the spider loader read a configuration of its own
    return Crawler(type(f"Configured{spider_class.__name__}", (spider_class,), dict(attributes)), fixed)


async def run_spider(
    spider_class: type[SpiderT],
    attributes: Mapping[str, object],
    settings: Mapping[str, object] | None,
    deadline_s: float | None,
    stop: asyncio.Event | None,
    **arguments: object,
) -> SpiderT:
    """Crawl to the end, to the deadline or until *stop*; return the spider, raise its fault.

    *arguments* are those of *spider_class*, the rest is as for `crawl` and `make_crawler`.
    """
    crawler = make_crawler(spider_class, attributes, settings)
    task = asyncio.create_task(crawler.crawl_async(**arguments))
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
        spider = cast("SpiderT | None", crawler.spider)
        if spider is not None:
            await spider.worker.close()
    assert spider is not None
    if spider.fault is not None:
        raise spider.fault
    return spider


async def _end_early(crawler: Crawler, task: asyncio.Task[None]) -> None:
    stopping = asyncio.create_task(crawler.stop_async())
    await asyncio.wait({task}, timeout=GRACE_S)
    spider = cast("SourceSpider | None", crawler.spider)
    if spider is not None and not task.done():
        await spider.end_now()
        await asyncio.wait({task}, timeout=GRACE_S)
    for left in (task, stopping):
        left.cancel()
    await asyncio.gather(task, stopping, return_exceptions=True)
