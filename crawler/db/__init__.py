"""Engines, transactions, migrations and the run lock, for every database the program runs on."""
