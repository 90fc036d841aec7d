"""What a channel is told: which stories, when, how grave, what changed. Rows come in as values; it sends nothing."""
