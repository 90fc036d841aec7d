"""Tests against parsers and servers that we did not write; `.ci/peers` installs them, `-m peers` runs the tests."""
