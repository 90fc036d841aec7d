"""When to ask a source again, and when its silence is no longer chance."""
