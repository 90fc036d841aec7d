"""How grave an article's news is near the words that a topic was found by."""
