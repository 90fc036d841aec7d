"""A share of the random digests of ``python -m tests.peers.sweep``."""

from __future__ import annotations

import pytest

from tests.peers.sweep import sweep, table


@pytest.mark.parametrize("seed", range(6))
def test_random_digests_are_within_limits_inert_and_whole_everywhere(seed: int) -> None:
    tally = sweep(50, 7_000 + seed)
    assert tally.digests == 50
    assert not tally.faults, "\n".join([*tally.examples[:3], table(tally)])
