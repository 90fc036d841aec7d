"""Tests of ``alerts``, module by module."""
