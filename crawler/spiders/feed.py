"""Kind ``feed``: RSS, RDF, Atom and JSON Feed at one address."""

from __future__ import annotations

from crawler.spiders.kind import Kind

FEED = Kind(
    name="feed",
    accept=(
        "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
        "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
    ),
    ask=str,
)
