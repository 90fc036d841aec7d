"""Tests that start the program as its users do."""
