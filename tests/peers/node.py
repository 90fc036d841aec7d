"""Programs of Node that are asked once with all questions: a package's parser on many texts."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.peers.peer import NODE_MODULES, need
from tests.peers.tally import count

_ASK = (
    "const told=require('fs').readFileSync(0,'utf8');console.log(JSON.stringify(JSON.parse(told).map(%s)));"
)


def ask(peer: str, function: str, texts: list[str]) -> list[Any]:
    """Return what *function* of JavaScript, which may require packages of the peers, makes of each text."""
    need(peer)
    done = subprocess.run(
        ["node", "-e", _ASK % function],
        input=json.dumps(texts),
        env={"NODE_PATH": str(NODE_MODULES), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    count(peer, len(texts))
    found: list[Any] = json.loads(done.stdout)
    return found
