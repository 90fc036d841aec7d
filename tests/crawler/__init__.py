"""Tests of ``crawler``, module by module."""
