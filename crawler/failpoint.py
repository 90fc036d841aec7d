"""Named commit edges. A test names one, and the process dies there as if the machine had lost power.

``NEWSWATCH_CRASH_AT=after_send`` kills at the first pass, ``after_send:3`` at the third. Unset, a pass costs one
dictionary look-up. `EDGES` is the whole list: the sweep in the tests fails when an edge is never reached.
"""

from __future__ import annotations

import os
import signal

EDGES = (
    "before_poll_commit",
    "after_poll_commit",
    "before_article_commit",
    "after_article_commit",
    "before_revision_commit",
    "after_revision_commit",
    "before_match_commit",
    "after_match_commit",
    "before_change_commit",
    "after_change_commit",
    "before_enqueue_commit",
    "after_enqueue_commit",
    "before_claim_commit",
    "before_send",
    "after_send",
    "before_record_commit",
    "after_record_commit",
    "before_report_commit",
)

LATER_EDGES = EDGES[4:6] + EDGES[8:10]  # reached only when a told article has changed

_passes: dict[str, int] = {}


def reach(edge: str) -> None:
    """Die by SIGKILL if the environment asks for a crash at *edge*; otherwise do nothing."""
    wanted = os.environ.get("NEWSWATCH_CRASH_AT")
    if not wanted:
        return
    name, _, count = wanted.partition(":")
    if name != edge:
        return
    _passes[edge] = _passes.get(edge, 0) + 1
    if _passes[edge] >= int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
