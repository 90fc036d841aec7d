"""Poll feeds, extract article text, store both. Knows nothing of keywords or chat."""
