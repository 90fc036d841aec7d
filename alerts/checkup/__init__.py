"""What ``newswatch check --online`` asks of channels, and how it tells what was found. Posts and stores nothing."""
