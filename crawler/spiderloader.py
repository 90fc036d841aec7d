"""One YAML entry, one spider: ``scrapy list`` shows every source and ``scrapy crawl ID`` reads it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.config import CrawlConfig, load_crawl_config

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.settings import BaseSettings


class SourceSpiderLoader:
    """Scrapy's spider loader over ``config/sources.yaml`` (folder: ``NEWSWATCH_CONFIG``, else ``./config``)."""

    def __init__(self, config: CrawlConfig) -> None:
        self._config = config

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> SourceSpiderLoader:
        """Read the configuration; its errors end the command."""
        folder = Path(os.environ.get("NEWSWATCH_CONFIG") or "config")
        return cls(load_crawl_config(folder, os.environ.get("NEWSWATCH_DATABASE")))

    def load(self, spider_name: str) -> type[Spider]:
        """Return the spider of one source; ``KeyError`` when there is none."""
        from crawler.spider import SourceSpider

        if spider_name not in self.list():
            raise KeyError(f"no source with id {spider_name!r}; `scrapy list` shows all")
        attributes = {"name": spider_name, "config": self._config, "source_ids": (spider_name,)}
        return type("SourceSpider", (SourceSpider,), attributes)

    def list(self) -> list[str]:
        """Return the ids of all sources, in configuration order."""
        return [source.id for source in self._config.sources]

    def find_by_request(self, request: Request) -> list[str]:  # type: ignore[valid-type]  # `list` is the protocol's method name
        """Return the sources that have a route on the request's host."""
        from urllib.parse import urlsplit

        host = urlsplit(request.url).hostname
        return [
            source.id
            for source in self._config.sources
            if any(urlsplit(str(route.url)).hostname == host for route in source.routes)
        ]
