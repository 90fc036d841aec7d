"""A queue of digests sent by the real sender over a way that loses answers, from a process that is killed."""
