"""Sixty days of the shipped sources, tick by tick; ``python -m tests.simulation`` prints the tables.

The world (`world`) publishes by a gamma-mixed Poisson process with days, nights, weekends and bursts, which shares no
code with what learns and judges it, and answers as feeds do, with faults and outages. The program is the real one:
`crawler.polls`, its schedule and its database, `alerts.operators.watch` and the list of incidents. Only the network
and the parsing child are left out, and the fallback routes, which would hide the outages.
"""
