"""The walk back through archives: one crawl over many sources, resumable, a page a commit."""
