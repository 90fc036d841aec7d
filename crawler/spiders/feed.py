"""Kind ``feed``: RSS, RDF, Atom and JSON Feed at one address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.model import ParsedFeed
from crawler.spiders.kind import Answer, Kind

if TYPE_CHECKING:
    from crawler.child import Worker


async def read(answer: Answer, worker: Worker) -> ParsedFeed:
    """Parse the feed in *answer*; `ParseError` names what came instead."""
    return await worker.parse_feed(answer.body, answer.headers.get("content-type"), answer.url)


FEED = Kind(
    name="feed",
    accept=(
        "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
        "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
    ),
    read=read,
)
