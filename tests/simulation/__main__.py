"""Print sixty simulated days: ``python -m tests.simulation [SEED]``. Takes about two minutes."""

from __future__ import annotations

import sys

from tests.simulation.report import run_simulation, table, the_plan


def main() -> None:
    """Run the plan once and print what it showed."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1111
    for line in table(run_simulation(the_plan(), "sqlite://", seed)):
        print(line)


if __name__ == "__main__":
    main()
