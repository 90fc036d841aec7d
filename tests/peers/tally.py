"""How often tests really asked each peer: counted where it happens, shown at the end, demanded in CI.

Registered as a plugin by tests/conftest.py, because pytest-xdist's controller collects nothing by itself.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.peers.peer import BY_NAME, PEERS, REQUIRED, find

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

_asked: Counter[tuple[str, str]] = Counter()


def count(peer: str, times: int = 1, what: str = "") -> None:
    """Note that the peer *peer* was asked *times* more; *what* says for what, where it is not its usual task."""
    _asked[peer, what or BY_NAME[peer].asked] += times


def unasked() -> list[str]:
    """Return the demanded peers that no test has asked anything."""
    asked = {peer for (peer, _), times in _asked.items() if times}
    return [peer.name for peer in PEERS if peer.demanded and peer.name not in asked]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what a worker of pytest-xdist has counted."""
    for peer, what, times in getattr(node, "workeroutput", {}).get("peers", ()):
        _asked[peer, what] += times


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand a worker's counts to the controller; there, fail a run in which a demanded peer was left out."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["peers"] = [(peer, what, times) for (peer, what), times in _asked.items()]
    elif _is_demanding(session.config) and unasked() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Print a table of the peers that were asked, and name those that should have been."""
    is_demanding = _is_demanding(config)
    if not _asked and not is_demanding:
        return
    terminalreporter.write_sep("=", "asked of others")
    terminalreporter.write_line(f"{'peer':<24} {'version':<16} {'times':>8}  what")
    for peer in PEERS:
        found = find(peer.name)
        for (name, what), times in sorted(_asked.items()):
            if name == peer.name:
                version = found.version if found else "?"
                terminalreporter.write_line(f"{name:<24} {version:<16} {times:>8,}  {what}")
    for name in unasked() if is_demanding else ():
        terminalreporter.write_line(f"FAILED: no test asked {name} anything", red=True)


def _is_demanding(config: pytest.Config) -> bool:
    return REQUIRED and config.option.markexpr == "peers" and not config.option.collectonly
