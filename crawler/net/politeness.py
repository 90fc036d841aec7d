"""What the configuration says of the network, as Scrapy settings; how asking ends; which log lines are hushed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from scrapy.core.engine import ExecutionEngine

    from crawler.config import CrawlConfig


def network_settings(config: CrawlConfig) -> dict[str, object]:
    """Return the settings that follow from *config*: who we are, how long we wait, where we may connect."""
    network = config.settings.network
    routes = [(source, urlsplit(str(route.url))) for source in config.sources for route in source.routes]
    slots: dict[str, dict[str, float]] = {}
    for source, parts in routes:
        if source.delay is not None and parts.hostname:
            delay_s = max(source.delay.total_seconds(), slots.get(parts.hostname, {}).get("delay", 0.0))
            slots[parts.hostname] = {"delay": delay_s}
    return {
        "USER_AGENT": config.settings.user_agent,
        "ROBOTSTXT_USER_AGENT": "newswatch",
        "DOWNLOAD_DELAY": network.delay.total_seconds(),
        "DOWNLOAD_SLOTS": slots,
        "NEWSWATCH_ALLOW_PRIVATE": network.allow_private_addresses,
        "NEWSWATCH_PORTS": sorted({port for _, parts in routes if (port := parts.port)}),
    }


def hush_loggers() -> None:
    """Keep addresses, which may hold keys, out of the log; the causes of failures are in the report."""
    for name in ("scrapy", "aiohttp", "asyncio", "protego"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("scrapy.downloadermiddlewares", "scrapy.core.downloader", "scrapy.core.scraper"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def ask_no_more(engine: ExecutionEngine) -> None:
    """Hand every waiting request to the download handler at once, which refuses them when the crawl is stopping."""
    for slot in engine.downloader.slots.values():
        slot.delay = 0.0
        slot.close()
        engine.downloader._process_queue(slot)
