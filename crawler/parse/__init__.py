"""Bytes to values: feeds, REST answers, sitemaps, lists and pages of any kind. Runs in the child; no I/O, no clock."""
