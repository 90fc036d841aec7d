"""Two hundred digests into a real room while answers get lost, the sender is killed and the homeserver restarts.

``python -m tests.peers.lossyroom [SEED ...]`` prints what came of it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from alerts.transport.http import Timeouts
from tests.lossy.figures import HEAD, Figures, judge
from tests.lossy.ordeal import Line, Ordeal, digests
from tests.lossy.way import LossyWay, Odds
from tests.peers.synapse import Account, Homeserver

DIGESTS = 200
TIMEOUTS = Timeouts(connect_s=5, read_s=0.5, total_s=30)


@contextmanager
def restarted(homeserver: Homeserver, way: LossyWay) -> Iterator[None]:
    """Stop the homeserver for the block; nobody listens meanwhile."""
    homeserver.stop()
    way.refuse()
    yield
    homeserver.start()
    way.listen_again()


def send_digests(
    folder: Path, homeserver: Homeserver, sender: Account, reader: Account, seed: int, count: int = DIGESTS
) -> tuple[Figures, str]:
    """Send *count* digests with every fault; return what the reader then sees, and a line about the runs."""
    room = homeserver.create_room(sender, reader)
    with LossyWay(homeserver.port, Odds(withheld=0.3), seed) as way:
        keys = {"homeserver": way.base_url, "token": sender.token, "room": room}
        line = Line("matrix", "matrix", keys, way)
        with Ordeal(folder, [line], seed, TIMEOUTS) as ordeal:
            ordeal.queue(digests(count))
            ordeal.run((count // 4, count), count // 2, restarted(homeserver, way))
            about = f"{ordeal.runs} runs, {ordeal.kills} kills, {ordeal.outages} restart of the homeserver"
        shown = as_queued(line, homeserver.messages(reader, room))
        return judge(line, shown), about


def as_queued(line: Line, events: list[dict[str, Any]]) -> list[bytes]:
    """Return the bodies behind *events*: a homeserver keeps an event's content, not its bytes."""
    queued = {_canonical(json.loads(body)): body for post in line.posts for body in (post.body, post.marked)}
    found = [_canonical(event["content"]) for event in events]
    return [queued.get(content, content) for content in found]


def _canonical(content: object) -> bytes:
    return json.dumps(content, sort_keys=True).encode()


def main(seeds: list[int]) -> int:
    """Return 1 when a message was lost, doubled or out of its order, else 0."""
    broken = False
    for seed in seeds:
        with ExitStack() as stack:
            server, folder = (Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2))
            homeserver = stack.enter_context(Homeserver(server))
            accounts = homeserver.register("newswatch"), homeserver.register("reader")
            figures, about = send_digests(folder, homeserver, *accounts, seed)
        print(f"seed {seed}", HEAD, figures, about, *figures.faults, sep="\n")
        broken |= bool(figures.lost or figures.repeats or figures.faults)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main([int(seed) for seed in sys.argv[1:]] or [6]))
