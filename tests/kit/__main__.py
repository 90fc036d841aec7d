"""Print the table of the contract kit: ``python -m tests.kit [--thorough] [PLATFORM...]``.

A cell is the number of checks that held, FAIL, or a dash with its reason below.
"""

from __future__ import annotations

import argparse
import sys

from tests.kit.platforms import PROFILES, subject
from tests.kit.properties import PROPERTIES, Verdict, judge


def main() -> int:
    """Print the table; return 1 when a cell fails or is empty."""
    parser = argparse.ArgumentParser(prog="python -m tests.kit", description=__doc__)
    parser.add_argument("platforms", nargs="*", help="only these", default=list(PROFILES))
    parser.add_argument("--thorough", action="store_true", help="the long sweeps too, as the slow tests do")
    options = parser.parse_args()
    cells = {
        (name, asked.name): judge(subject(name), asked, thorough=options.thorough)
        for name in options.platforms
        for asked in PROPERTIES
    }
    _print_table(options.platforms, cells)
    return _print_end(cells)


def _print_table(names: list[str], cells: dict[tuple[str, str], Verdict]) -> None:
    print(f"{'':10}" + "".join(f"{name:>11}" for name in names) + f"{'in all':>9}")
    for asked in PROPERTIES:
        row = [cells[name, asked.name] for name in names]
        total = sum(cell.checks for cell in row)
        print(f"{asked.name:10}" + "".join(f"{_shown(cell):>11}" for cell in row) + f"{total:9,}")
    print()
    for asked in PROPERTIES:
        print(f"{asked.name:10}{asked.promise}")


def _shown(cell: Verdict) -> str:
    if cell.fault:
        return "FAIL"
    return "-" if cell.skipped else f"{cell.checks:,}"


def _print_end(cells: dict[tuple[str, str], Verdict]) -> int:
    reasons: dict[str, list[str]] = {}
    for cell in cells.values():
        if cell.skipped:
            reasons.setdefault(f"{cell.platform}: {cell.skipped}", []).append(cell.asked)
    print()
    for reason, properties in reasons.items():
        print(f"- {', '.join(properties)} of {reason}")
    failed = [cell for cell in cells.values() if cell.fault]
    for cell in failed:
        print(f"\nFAIL {cell.asked} of {cell.platform}: {cell.fault}")
    empty = sum(cell.is_empty for cell in cells.values())
    held = sum(bool(cell.checks) for cell in cells.values())
    skipped = sum(bool(cell.skipped) for cell in cells.values())
    checks = sum(cell.checks for cell in cells.values())
    print(
        f"\n{len(cells)} cells: {held} hold with {checks:,} checks, {skipped} skipped with a reason,", end=" "
    )
    print(f"{len(failed)} fail, {empty} empty")
    return 1 if failed or empty else 0


if __name__ == "__main__":
    sys.exit(main())
