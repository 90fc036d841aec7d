"""Random hostile digests through every renderer: ``python -m tests.peers.sweep --digests 10000 --jobs 2 --seed 1``.

Each is rendered for every platform, rich and plain, and judged by `tests.contract.verify` and
`tests.contract.readback`: every message as a possible repeat, its longest form, and of every fourth digest as it is
first sent too. Prints a table and exits with 1 when anything is wrong in it.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from alerts.channels import PLATFORMS
from alerts.message.platform import Style
from tests.contract import tdlib
from tests.contract.hostile import digests
from tests.contract.readback import lost
from tests.contract.verify import VERIFIERS, LiveError, OverLimitError, RefusedError
from tests.kit.platforms import PROFILES, render

if TYPE_CHECKING:
    from alerts.model import Digest

CHUNK = 50
FAULTS = ("over limit", "refused", "live", "lost")
_NAMED = {OverLimitError: "over limit", RefusedError: "refused", LiveError: "live"}
_KEPT_FAULTS = 20

Row = tuple[str, str]  # a platform and a style


@dataclass(slots=True)
class Tally:
    """What was found, by platform, style and kind of fault."""

    digests: int = 0
    messages: Counter[Row] = field(default_factory=Counter)
    faults: Counter[tuple[Row, str]] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take over what *other* counted."""
        self.digests += other.digests
        self.messages += other.messages
        self.faults += other.faults
        self.examples = (self.examples + other.examples)[:_KEPT_FAULTS]

    def fault(self, row: Row, kind: str, what: object, digest: Digest) -> None:
        """Count one fault; the first are kept with the digest that shows them."""
        self.faults[row, kind] += 1
        if len(self.examples) < _KEPT_FAULTS:
            self.examples.append(f"{' '.join(row)}: {kind}: {what}\n  {digest!r}")


def judge(digest: Digest, tally: Tally) -> None:
    """Render *digest* everywhere and count what is wrong."""
    tally.digests += 1
    for name, platform in PLATFORMS.items():
        for style in Style:
            row = (name, style.value)
            bodies = [part.body for part in render(name, digest, style)]
            tally.messages[row] += len(bodies)
            marked = [platform.mark_repeat(each, digest.digest_id) for each in bodies]
            for body in (*marked, *(bodies if tally.digests % 4 == 0 else ())):
                try:
                    VERIFIERS[name](body)
                except (OverLimitError, RefusedError, LiveError) as error:
                    tally.fault(row, _NAMED[type(error)], error, digest)
            if missing := lost(name, digest, bodies):
                tally.fault(row, "lost", f"{missing} headlines", digest)
            # The kit's rules of thumb see commands behind foreign letters, and no bold where a match begins with a
            # space; Telegram's own parser and the rules of `verify` have judged these two.
            if name == "discord" or (name == "telegram" and tdlib.PRESENT):
                continue
            for seen in (each for body in bodies for each in PROFILES[name].read(body)):
                if seen.live:
                    tally.fault(row, "live", seen.live, digest)


def draw(how_many: int, seed: int) -> Iterator[Digest]:
    """Yield *how_many* digests, the same for the same *seed*."""
    found: list[Digest] = []

    @seeded(seed)
    @settings(
        max_examples=how_many,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(digests())
    def collect(digest: Digest) -> None:
        found.append(digest)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        collect()
    yield from found[:how_many]


def sweep(how_many: int, seed: int) -> Tally:
    """Judge *how_many* digests in this process."""
    tally = Tally()
    for digest in draw(how_many, seed):
        judge(digest, tally)
    return tally


def sweep_in_parallel(how_many: int, jobs: int, seed: int) -> Tally:
    """Judge *how_many* digests in *jobs* processes, showing progress on stderr; an interrupt ends it early."""
    whole, started = Tally(), time.monotonic()
    sizes = [min(CHUNK, how_many - first) for first in range(0, how_many, CHUNK)]
    ignore = (signal.SIGINT, signal.SIG_IGN)  # the interrupt of a terminal reaches every process
    with ProcessPoolExecutor(jobs, initializer=signal.signal, initargs=ignore) as pool:
        waiting = [pool.submit(sweep, size, seed * 1_000_003 + number) for number, size in enumerate(sizes)]
        try:
            for done in as_completed(waiting):
                whole.add(done.result())
                _show_progress(whole, how_many, time.monotonic() - started)
        except KeyboardInterrupt:
            signal.signal(*ignore)
            pool.shutdown(cancel_futures=True)
    print(file=sys.stderr)
    return whole


def _show_progress(tally: Tally, how_many: int, spent_s: float) -> None:
    messages, faults = sum(tally.messages.values()), sum(tally.faults.values())
    told = f"\r{tally.digests:,} of {how_many:,} digests, {messages:,} messages, {faults} faults, {spent_s:.0f} s "
    print(told, end="", file=sys.stderr, flush=True)


def table(tally: Tally) -> str:
    """Return the table: one line a platform and style, and their sum."""
    lines = [f"{'platform':<12} {'style':<6} {'messages':>9} " + " ".join(f"{kind:>10}" for kind in FAULTS)]
    for row in sorted(tally.messages):
        counts = " ".join(f"{tally.faults[row, kind]:>10,}" for kind in FAULTS)
        lines.append(f"{row[0]:<12} {row[1]:<6} {tally.messages[row]:>9,} {counts}")
    sums = [sum(count for (_, each), count in tally.faults.items() if each == kind) for kind in FAULTS]
    counts = " ".join(f"{count:>10,}" for count in sums)
    lines.append(f"{'all':<19} {sum(tally.messages.values()):>9,} {counts}")
    lines.append(f"{tally.digests:,} digests")
    return "\n".join(lines)


def main() -> int:
    """Run the sweep that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.sweep", description=__doc__)
    parser.add_argument("--digests", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other digests (default: 1)")
    asked = parser.parse_args()
    if not tdlib.PRESENT:
        print(f"note: {tdlib.MISSING}", file=sys.stderr)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's & has switched off
    tally = sweep_in_parallel(asked.digests, asked.jobs, asked.seed)
    for example in tally.examples:
        print(example)
    print(table(tally))
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
