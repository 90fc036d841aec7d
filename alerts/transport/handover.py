"""The parent's side of `alerts.transport.courier`: one child for one message, with a deadline, killed when it is over.

Address and text go through the child's stdin. Of what it says only events are read, and put into our own words.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alerts.message.platform import Outcome, RetryLater
from alerts.transport.evidence import judge
from alerts.transport.watched import END, READY, REFUSED
from crawler.confinement import child_environment

if TYPE_CHECKING:
    from alerts.message.platform import Handover
    from alerts.transport.evidence import Event
    from alerts.transport.http import Timeouts
    from crawler.proxyaddress import Proxy

_READING_S = 25.0  # for what an address means: nobody is asked
_START_S = 60.0  # interpreter and imports on a loaded small machine; half a second on an idle one
_MAX_LINE_BYTES = 4096
_SHORT_LETTERS = 500
_MAX_EVENTS = 200  # one message is a dozen


@dataclass(frozen=True, slots=True)
class Service:
    """What an address names, as Apprise understands it; *problem* says why it names nothing that can be used."""

    name: str = ""
    most_letters: int = 0  # that Apprise knows the service to take in one message
    problem: str = ""

    @property
    def is_short(self) -> bool:
        """Tell whether no digest fits one of its messages; Apprise knows that of SMS and pagers."""
        return 0 < self.most_letters < _SHORT_LETTERS


async def hand_over(message: Handover, user_agent: str, proxy: Proxy | None, timeouts: Timeouts) -> Outcome:
    """Have *message* sent once and return how it went, by what was seen of it.

    The whole of *timeouts* counts from the moment from which something may leave this machine.
    """
    order = _order(message.address, user_agent, proxy) | {
        "body": message.body.decode("utf-8"),
        "timeouts_s": [timeouts.connect_s, timeouts.read_s],
    }
    try:
        events, ending = await _run(order, timeouts.total_s)
    except OSError as error:  # no memory, no process left
        return RetryLater(f"the sending process did not start: {error.strerror}")
    return judge(events, ending)


async def ask_service(address: str) -> Service:
    """Return which service *address* names. Nothing is sent and nobody is asked."""
    try:
        events, ending = await _run(_order(address, "", None) | {"body": None}, _READING_S)
    except OSError as error:
        return Service(problem=f"the process that reads the address did not start: {error.strerror}")
    for event in events:
        if event.get("at") == REFUSED:
            return Service(problem=str(event["why"]))
        if event.get("at") == END:
            return Service(str(event["service"]), int(event["letters"]))
    return Service(problem=ending or "the address could not be read")


def _order(address: str, user_agent: str, proxy: Proxy | None) -> dict[str, Any]:
    return {"address": address, "user_agent": user_agent, "proxy": proxy.address if proxy else None}


async def _run(order: dict[str, Any], deadline_s: float) -> tuple[list[Event], str]:
    """Return the events of one child, and how it ended where it did not end by itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-W", "ignore", "-m", "alerts.transport.courier"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_MAX_LINE_BYTES,
        env=child_environment(),
    )
    events: list[Event] = []
    ending = ""
    try:
        async with asyncio.timeout(_START_S) as limit:
            await _tell(process, order)
            async for event in _listen(process):
                events.append(event)
                if event.get("at") == READY:
                    limit.reschedule(asyncio.get_running_loop().time() + deadline_s)
        if not events or events[-1].get("at") not in (END, REFUSED):
            ending = "the sending process ended before the message was through"
    except TimeoutError:
        ending = "no complete answer in time"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.shield(process.wait())
    return events, ending


async def _tell(process: asyncio.subprocess.Process, order: dict[str, Any]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):  # it has ended already: what it said, or did not, tells
        process.stdin.write(json.dumps(order).encode())
        await process.stdin.drain()
        process.stdin.close()


async def _listen(process: asyncio.subprocess.Process) -> Any:
    assert process.stdout is not None
    for _ in range(_MAX_EVENTS):
        try:
            line = await process.stdout.readline()
        except ValueError:  # a line beyond all bounds is none of ours
            return
        if not line:
            return
        event = json.loads(line)
        yield event
        if event.get("at") in (END, REFUSED):
            return
