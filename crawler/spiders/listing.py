"""Kind ``listing``: a page of headlines, such as a category or the results of a search."""

from __future__ import annotations

from crawler.spiders.kind import Kind

# The fragment of the address stays: it may hold selectors, and never leaves this machine.
LISTING = Kind(
    name="listing",
    accept="text/html, application/xhtml+xml;q=0.9, */*;q=0.5",
    ask=str,
)
