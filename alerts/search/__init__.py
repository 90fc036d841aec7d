"""Full-text search of the archive: tokens, the index of candidates, the query. What it stores is derived."""
