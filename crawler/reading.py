"""Whether the answer to what was asked of a source holds entries. Decides nothing that follows from it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scrapy.http import Response

from crawler.errors import FetchError
from crawler.model import ParsedFeed
from crawler.net.exchange import read_as, sha256
from crawler.net.failure import describe_failure, describe_status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.asked import Asked
    from crawler.child import Worker


class Reader:
    """Reads answers in the child *worker*; when *stopping* is set, they do not count any more."""

    def __init__(self, worker: Worker, stopping: asyncio.Event) -> None:
        self._worker, self._stopping = worker, stopping

    async def read(self, response: Response, headers: Mapping[str, str], asked: Asked) -> ParsedFeed | None:
        """Return the entries, or None when they are those that we have. Raises `FetchError` and `ParseError`."""
        if response.status == 304:
            if not asked.conditional:
                raise FetchError("304 to an unconditional request", status=304)
            return None
        if response.status != 200:
            raise describe_status(response.status, headers, response.body)
        if asked.validators.body_sha256 and asked.validators.body_sha256 == sha256(response.body):
            return None
        route = asked.source.routes[asked.route]
        url = read_as(response.url, str(route.url))
        return await self._worker.parse(route.kind, response.body, headers.get("content-type"), url)

    def failure_of(self, error: Exception) -> FetchError | None:
        """Return why an answer is of no use, None when it does not count any more: the worker is closed."""
        if self._stopping.is_set():
            return None
        if isinstance(error, RuntimeError):
            raise error
        return describe_failure(error)
