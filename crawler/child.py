"""The parent's side of ``worker``: jobs to children with a deadline, killed and replaced when they fail.

A parser cannot be stopped from inside its own process, so it is given one that can be killed. Nothing is
parsed here; a document that kills its child costs that document only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from typing import cast

from crawler.confinement import child_environment
from crawler.errors import ParseError
from crawler.model import ExtractedPage, ExtractRules, ParsedFeed
from crawler.worker import FRAME, STARTED, feed_from_json, page_from_json, rules_to_json

DEADLINE_S = 8.0  # twenty times the slowest honest page measured (0.45 s)
_START_S = 60.0  # interpreter and imports on a loaded small machine; 0.5 s on an idle one
_QUEUE_FOR_ANOTHER = 8  # waiting jobs that are worth a second start-up (0.5 s): a quiet run needs one child
_MAX_ANSWER_BYTES = 64 << 20
_LAST_MOMENT_S = 2.0  # from hanging up to the end of a process
_PIPE_BYTES = 1 << 20
# Sent by the kernel when memory is short, or by a person: no document can make them come.
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Worker:
    """Up to *children* parser processes: one at the first job, another when a queue has formed.

    Jobs of several coroutines are queued. Use it within one event loop and `close` it there.
    """

    def __init__(self, *, children: int = 2, deadline_s: float = DEADLINE_S) -> None:
        self._deadline_s = deadline_s
        self._slots = asyncio.Semaphore(1)
        self._unused_slots = children - 1
        self._waiting = 0
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._closed = False

    async def parse(self, kind: str, body: bytes, content_type: str | None, url: str) -> ParsedFeed:
        """Return the entries that a route of *kind* answered; raises ``ParseError`` as `extract_page` does."""
        return feed_from_json(await self._run(kind, body, content_type, url))

    async def extract_page(
        self, body: bytes, content_type: str | None, url: str, rules: ExtractRules | None = None
    ) -> ExtractedPage:
        """Return `crawler.article.extract.extract_page` of these.

        Raises ``ParseError``: its own causes, "too slow …", "too much memory", "parser crashed …".
        """
        told = rules_to_json(rules) if rules else None
        return page_from_json(await self._run("extract_page", body, content_type, url, told))

    async def close(self) -> None:
        """Kill every child at once; jobs in flight raise ``ParseError``. Later jobs raise ``RuntimeError``."""
        self._closed = True
        children = [*self._idle, *self._busy]
        self._idle.clear()
        for child in children:
            child.kill()
        for child in children:
            await child.reap()

    async def _run(
        self,
        job: str,
        body: bytes,
        content_type: str | None,
        url: str,
        rules: dict[str, object] | None = None,
    ) -> dict[str, object]:
        self._waiting += 1
        if self._waiting > _QUEUE_FOR_ANOTHER and self._unused_slots:
            self._unused_slots -= 1
            self._slots.release()
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            if self._closed:
                raise RuntimeError("this worker is closed")
            child = await self._take()
            self._busy.add(child)
            try:
                order: dict[str, object] = {
                    "job": job,
                    "content_type": content_type,
                    "url": url,
                    "rules": rules,
                    "deadline_s": self._deadline_s,
                }
                answer = await child.ask(order, body, self._deadline_s)
            except BaseException:  # cancelled too: a child in the middle of a job is of no use
                child.kill()
                await asyncio.shield(child.reap())
                raise
            finally:
                self._busy.discard(child)
            if child.alive and not self._closed and answer.get("error") != "too much memory":
                self._idle.append(child)
            else:
                child.kill()
                await asyncio.shield(child.reap())
        finally:
            self._slots.release()
        if isinstance(answer.get("error"), str):
            raise ParseError(str(answer["error"]))
        return cast("dict[str, object]", answer["result"])

    async def _take(self) -> _Child:
        while self._idle:
            child = self._idle.pop()
            if child.alive:
                return child
            await child.reap()  # died between two jobs: the next document is not to blame
        return _Child()


class _Child:
    """One process, which answers one job at a time."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._killed = False

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None and not self._killed

    async def ask(self, order: dict[str, object], body: bytes, deadline_s: float) -> dict[str, object]:
        """Send a job and return the answer; raises ``ParseError`` when the child fails at it."""
        if self._process is None:
            try:
                self._process = await _start()
            except OSError as error:  # no memory, no process left
                cause = f"the parser did not start: {error.strerror}"
                raise ParseError(cause, temporary=True) from error
            if self._killed:  # closed while it started
                self.kill()
        meta = json.dumps(order).encode()
        started = False
        try:
            async with asyncio.timeout(_START_S):
                await self._send(FRAME.pack(len(meta), len(body)) + meta + body)
                answer = await self._receive()
                started = True
            if answer == STARTED:
                async with asyncio.timeout(deadline_s):
                    answer = await self._receive()
        except TimeoutError as error:
            late = f"not parsed within {deadline_s:g} s" if started else "the parser did not start"
            raise ParseError(f"too slow: {late}", temporary=not started) from error
        except (EOFError, OSError) as error:
            cause, temporary = await self._obituary()
            raise ParseError(cause, temporary=temporary or not started) from error
        return answer

    async def _send(self, frame: bytes) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(frame)
        await self._process.stdin.drain()

    async def _receive(self) -> dict[str, object]:
        assert self._process is not None and self._process.stdout is not None
        json_bytes, _ = FRAME.unpack(await self._process.stdout.readexactly(FRAME.size))
        if json_bytes > _MAX_ANSWER_BYTES:
            raise ParseError("too much text in one document")
        answer: dict[str, object] = json.loads(await self._process.stdout.readexactly(json_bytes))
        return answer

    async def _obituary(self) -> tuple[str, bool]:
        """Return what ended the process, and whether that was no document's fault."""
        assert self._process is not None
        if self._killed:
            return "stopped: the run ends", True
        # It has hung up, so it is about to end. Killing asks the system for its status, and whoever asks first takes it
        # away from asyncio: a child is given a moment to end by itself.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), _LAST_MOMENT_S)
        self.kill()
        await self.reap()
        status = self._process.returncode or 0
        if status == -signal.SIGALRM:
            return "too slow", False
        if status < 0:
            what = signal.strsignal(-status) or f"signal {-status}"
            return f"parser crashed: {what}", -status in _FROM_OUTSIDE
        # asyncio says 255 where its watcher found nothing to wait for, and nobody knows how the child ended
        return f"parser crashed: exit status {status}", status == 255

    def kill(self) -> None:
        """Kill the process, whatever it does; harmless when it is gone."""
        self._killed = True
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def reap(self) -> None:
        """Wait for a killed process and close its pipes: no zombie, no open descriptor."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        if process.stdout is not None:
            with contextlib.suppress(RuntimeError, OSError):  # a job in flight may be reading already
                while await process.stdout.read(_PIPE_BYTES):
                    pass
        await process.wait()


async def _start() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-W", "ignore", "-m", "crawler.worker"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_PIPE_BYTES,
        env=child_environment(),
    )
