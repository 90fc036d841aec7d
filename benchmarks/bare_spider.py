"""The peer of quiet_tick.py: the smallest Scrapy spider that asks for every feed with its validator.

It has no storage, no robots.txt, no configuration; run as ``python bare_spider.py BASE_URL FEEDS ETAG``.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import scrapy
from scrapy.crawler import CrawlerProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy.http import Response


class BareSpider(scrapy.Spider):
    """Asks for FEEDS feeds and counts the 304s."""

    name = "bare"

    handle_httpstatus_list = [304]  # noqa: RUF012 (idem)
    not_modified = 0

    async def start(self) -> AsyncIterator[Any]:
        base_url, feeds, etag = sys.argv[1:]
        for number in range(int(feeds)):
            yield scrapy.Request(f"{base_url}/feed/{number}", headers={"If-None-Match": etag})

    def parse(self, response: Response) -> None:
        BareSpider.not_modified += response.status == 304


if __name__ == "__main__":
    process = CrawlerProcess({"LOG_LEVEL": "WARNING"})
    process.crawl(BareSpider)
    process.start()
    print(json.dumps({"not_modified": BareSpider.not_modified}))
