"""The crawl's rows: entries, articles, what is remembered of a source. One method of the store, one transaction."""
