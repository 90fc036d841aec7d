"""A loopback mail server with scripted replies: refusals at every step, and connections that break off.

It keeps what it took. Only what an SMTP client of today says is understood; TLS is not offered.
"""

from __future__ import annotations

import base64
import email
import email.policy
import socketserver
import threading
from collections.abc import Mapping
from typing import Self

HANG_UP = 0  # in the place of a code: close the connection instead of replying


class Mailroom:
    """A mail server on 127.0.0.1; *replies* has codes for steps: greeting, ehlo, auth, mail, rcpt, data, content."""

    def __init__(self, replies: Mapping[str, int] | None = None) -> None:
        self.replies = dict(replies or {})
        self.mails: list[bytes] = []
        self.logins: list[str] = []
        self.senders = 0
        room = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                room.converse(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def texts(self) -> list[str]:
        """Return the plain text of every mail that was taken; a mail with another form fails the test."""
        found = []
        for raw in self.mails:
            message = email.message_from_bytes(raw, policy=email.policy.default)
            assert {part.get_content_type() for part in message.walk()} <= {"text/plain", "multipart/mixed"}
            body = message.get_body(("plain",))
            assert body is not None
            found.append(body.get_content().replace("\r\n", "\n").rstrip())
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening; conversations that go on are not waited for."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def converse(self, talk: socketserver.StreamRequestHandler) -> None:
        """Speak SMTP (RFC 5321) with one client."""
        if not self._reply(talk, "greeting", 220):
            return
        while line := talk.rfile.readline(4096):
            verb = line.strip().decode("ascii", "replace").partition(" ")[0].lower()
            if verb == "ehlo":
                if not self._reply(talk, "ehlo", 250, more=b"250-mailroom\r\n250-AUTH PLAIN\r\n"):
                    return
            elif verb == "auth":
                self.logins.append(base64.b64decode(line.split()[-1]).decode())
                if not self._reply(talk, "auth", 235):
                    return
            elif verb == "data":
                if not self._take(talk):
                    return
            elif verb == "quit":
                talk.wfile.write(b"221 bye\r\n")
                return
            elif not self._reply(talk, verb, 250):
                return

    def _take(self, talk: socketserver.StreamRequestHandler) -> bool:
        code = self.replies.get("data", 354)
        if not self._reply(talk, "data", 354) or code != 354:
            return code != HANG_UP
        lines = []
        while (line := talk.rfile.readline(4096)) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if 200 <= self.replies.get("content", 250) < 300 or self.replies.get("content") == HANG_UP:
            self.mails.append(b"".join(lines))
        return self._reply(talk, "content", 250)

    def _reply(
        self, talk: socketserver.StreamRequestHandler, step: str, usual: int, more: bytes = b""
    ) -> bool:
        code = self.replies.get(step, usual)
        if code == HANG_UP:
            return False
        talk.wfile.write((more if code == usual else b"") + f"{code} so it is\r\n".encode())
        return True
