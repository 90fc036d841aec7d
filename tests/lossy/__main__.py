"""Print what Slack, Discord and Telegram show of two hundred digests when 30 % of the answers get lost.

``python -m tests.lossy [SEED ...]``: one ordeal for each seed, with two kills of the sender and an outage.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.lossy.test_sinks import DIGESTS, an_ordeal, down, look
from tests.lossy.way import Odds


def main(seeds: list[int]) -> int:
    """Return 1 when a message was lost or a promise broken, else 0."""
    broken = False
    for seed in seeds:
        print(f"seed {seed}: {DIGESTS} digests for each channel, 30 % of the answers withheld")
        with (
            tempfile.TemporaryDirectory() as folder,
            an_ordeal(Path(folder), Odds(0.3), seed, DIGESTS) as ordeal,
        ):
            sending, chatroom = ordeal
            sending.run(kill_at=(40, 170), outage_at=100, outage=down(sending.lines))
            for figures in look(sending, chatroom):
                broken |= bool(figures.lost or figures.faults)
                for fault in figures.faults:
                    print(f"{figures.channel}: {fault}")
    return int(broken)


if __name__ == "__main__":
    sys.exit(main([int(seed) for seed in sys.argv[1:]] or [6]))
