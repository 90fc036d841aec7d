"""Loopback twins of the default sources: the whole shipped configuration is crawled by ``python -m tests.twins``."""
