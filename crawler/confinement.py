"""What every child process of ours has in common: the environment it is given, and how it is kept small and mortal.

Owns no job: what a child may do, and what it is forbidden, is its own module's business.
"""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import signal
import sys
from pathlib import Path

MEMORY_BYTES = 1 << 30
_PR_SET_PDEATHSIG = 1  # prctl(2), Linux: signal me when my parent dies
_PARENT = "NEWSWATCH_PARENT"
# A child gets no secret: webhook addresses live in the environment.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "LD_LIBRARY_PATH", "TMPDIR", "HOME")


def child_environment() -> dict[str, str]:
    """Return the environment for ``python -P -m`` of a module of ours, called by the parent."""
    root = str(Path(__file__).resolve().parent.parent)
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    known = environment.get("PYTHONPATH")
    # -P keeps the working folder off the path, so that the package's own place has to be named.
    environment["PYTHONPATH"] = f"{root}{os.pathsep}{known}" if known else root
    environment[_PARENT] = str(os.getpid())
    return environment


def confine() -> None:
    """Limit the memory of this process, write no core, end with the parent, leave Ctrl-C to it; log nowhere."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):  # macOS refuses RLIMIT_AS
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its children
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.environ.get(_PARENT, "") not in ("", str(os.getppid())):
            sys.exit(0)  # the parent died before it could be watched
    logging.getLogger().addHandler(logging.NullHandler())
