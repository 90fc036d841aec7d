"""A server that speaks Discord's published schema: Prism on a loopback port, with the file of the contract tests."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from tests.contract.schemas import HERE
from tests.peers.peer import need

START_TIMEOUT_S = 60.0  # 2 s on an idle machine
_MAIN = "dist/index.js"


class Prism:
    """The mock server; what it objects to stands in its log, the *folder*'s ``prism.log``."""

    def __init__(self, folder: Path) -> None:
        self._program = need("Prism") / _MAIN
        self._log = folder / "prism.log"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])

    def __enter__(self) -> Self:
        command = ["node", str(self._program), "mock", "-h", "127.0.0.1", "-p", str(self.port)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, str(HERE / "discord.json")], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return self
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                raise AssertionError(f"Prism did not start: {self.log()}")

    def __exit__(self, *exc_info: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    def webhook(self, token: str = "token", query: str = "") -> str:
        """Return the address of a webhook."""
        return f"http://127.0.0.1:{self.port}/webhooks/1/{token}{query}"

    def log(self) -> str:
        """Return the end of what the server has printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-3000:]
