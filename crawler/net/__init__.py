"""How requests leave and answers come back: the guarded handler, redirects, robots.txt, causes in words."""
