"""The watch's rows: matches, stories and what waits for a digest."""
