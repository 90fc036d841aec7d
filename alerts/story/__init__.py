"""Which articles report one event: fingerprints, evidence, stories that only grow. Pure: no clock, no storage."""
