"""Print the failure catalogue: each fault, how many tests are named after it, fast and slow, and which they are."""

from __future__ import annotations

import sys

from tests.faults.catalogue import FAULTS, by_fault, named_tests


def main() -> int:
    """Print the table; return 1 when a fault that must have a test has none."""
    table = by_fault(named_tests())
    for fault, tests in table.items():
        slow = sum(test.slow for test in tests)
        print(f"{fault:<4} {len(tests) - slow:>3} fast {slow:>2} slow  {FAULTS.get(fault, '')}")
        for test in tests:
            print(f"      {test.file}::{test.name}{'  (slow)' if test.slow else ''}")
    missing = [fault for fault in FAULTS if not table[fault]]
    shown = sum(map(len, table.values()))
    print(f"\n{len(FAULTS) - len(missing)} of {len(FAULTS)} faults have a test, {shown} tests in all")
    if missing:
        print(f"without a test: {', '.join(missing)}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
