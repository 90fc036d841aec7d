"""Schema history of the crawl's tables."""
