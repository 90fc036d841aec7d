"""What the configuration says of the network, as Scrapy settings; how asking ends; which log lines are hushed."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from scrapy.core.engine import ExecutionEngine

    from crawler.config import CrawlConfig


def network_settings(config: CrawlConfig) -> dict[str, object]:
    """Return the settings that follow from *config*: who we are, how long we wait, where we may connect."""
    network = config.settings.network
    routes = [(source, urlsplit(str(route.url))) for source in config.sources for route in source.routes]
    return {
        "USER_AGENT": config.settings.user_agent,
        "ROBOTSTXT_USER_AGENT": "newswatch",
        "DOWNLOAD_DELAY": network.delay.total_seconds(),
        "DOWNLOAD_SLOTS": {host: {"delay": delay_s} for host, delay_s in _own_delays(config).items()},
        "NEWSWATCH_ALLOW_PRIVATE": network.allow_private_addresses,
        "NEWSWATCH_PORTS": sorted({port for _, parts in routes if (port := parts.port)}),
    }


def _own_delays(config: CrawlConfig) -> dict[str, float]:
    """Return the delays in seconds that sources have of their own, by host; of several the longest.

    They hold for the host of a source's first route, and for those that no other source names: what one outlet asks
    for must not slow down the search or the chat that stands last in the routes of all.
    """
    hosts = {
        source.id: [urlsplit(str(route.url)).hostname or "" for route in source.routes]
        for source in config.sources
    }
    named = Counter(host for names in hosts.values() for host in set(names))
    delays: dict[str, float] = {}
    for source in config.sources:
        if source.delay is None:
            continue
        for host in hosts[source.id]:
            if host == hosts[source.id][0] or named[host] == 1:
                delays[host] = max(source.delay.total_seconds(), delays.get(host, 0.0))
    return delays


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
