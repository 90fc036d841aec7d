"""Measurements beside a peer in the same run; see README.md. Never part of the test suite or the wheel."""
