"""What every chat platform, source kind and database must keep to."""
