"""A page's bytes to its article: what is the story, what is furniture, which text an entry gets. No I/O."""
