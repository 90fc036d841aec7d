"""``newswatch explain``: what became of one entry, concluded from its rows and told in lines or as JSON."""
