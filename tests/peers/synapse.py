"""A real homeserver: Synapse from its package, on a loopback port of its own, and the requests that tests make of it.

Settings from https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html; nothing leaves
this machine: no federation, no key servers, no previews, no statistics.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

import yaml

from alerts.channels.matrix import MatrixKeys
from tests.peers.peer import need
from tests.peers.tally import count

START_TIMEOUT_S = 120.0  # 4 s on an idle machine; CI may be busy
REGISTRATION_SECRET = "registration for tests only"
UNLIMITED = {"per_second": 10_000, "burst_count": 10_000}
V3 = "/_matrix/client/v3"
_opener = build_opener(ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Account:
    """A registered user and the access token of one device."""

    user_id: str
    token: str


@dataclass(frozen=True, slots=True)
class Answered:
    """Status and JSON of an answer."""

    status: int
    content: dict[str, Any]


class Homeserver:
    """Synapse with its database in *folder*; `stop` and `start` are a restart on the same port.

    *message_rate* is Synapse's ``rc_message``; by default nothing is limited.
    """

    def __init__(self, folder: Path, message_rate: Mapping[str, float] = UNLIMITED) -> None:
        self._python = need("Synapse")
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._write_settings(message_rate)
        self._run("--generate-keys")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self._folder / "output.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                if self.ask("GET", "/_matrix/client/versions").status == 200:
                    return
            except URLError:
                time.sleep(0.1)
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                raise AssertionError(f"Synapse did not start: {self._last_words()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the server: as systemd would, or with SIGKILL as a power cut would."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(30)
        self._process = None

    def ask(self, method: str, path: str, token: str = "", body: object = None) -> Answered:
        """Return the answer to one request; ``URLError`` where nobody answers."""
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.base_url + path, data, headers, method=method)
        try:
            with _opener.open(request, timeout=60) as answer:
                found = Answered(answer.status, json.loads(answer.read()))
        except HTTPError as refusal:
            with refusal:
                found = Answered(refusal.code, json.loads(refusal.read() or b"{}"))
        count("Synapse")
        return found

    def get(self, path: str, account: Account, **query: str) -> dict[str, Any]:
        """Return what *account* is told at *path*."""
        return self._expect("GET", f"{path}?{urlencode(query)}" if query else path, account.token)

    def post(self, path: str, account: Account, body: object) -> dict[str, Any]:
        """Return the answer to *account*'s post; anything but success fails the test."""
        return self._expect("POST", path, account.token, body)

    def _expect(self, method: str, path: str, token: str, body: object = None) -> dict[str, Any]:
        found = self.ask(method, path, token, body)
        assert found.status == 200, found
        return found.content

    def register(self, name: str) -> Account:
        """Register a user with the shared secret of the settings.

        https://element-hq.github.io/synapse/latest/admin_api/register_api.html
        """
        path, password = "/_synapse/admin/v1/register", secrets.token_hex(8)
        nonce = self._expect("GET", path, "")["nonce"]
        signed = "\0".join((nonce, name, password, "notadmin")).encode()
        mac = hmac.new(REGISTRATION_SECRET.encode(), signed, hashlib.sha1).hexdigest()
        wanted = {"nonce": nonce, "username": name, "password": password, "admin": False, "mac": mac}
        made = self._expect("POST", path, "", wanted)
        return Account(made["user_id"], made["access_token"])

    def create_room(self, owner: Account, *members: Account) -> str:
        """Return the id of a new room with *members* in it."""
        wanted = {"preset": "private_chat", "invite": [member.user_id for member in members]}
        room = str(self.post(f"{V3}/createRoom", owner, wanted)["room_id"])
        for member in members:
            self.post(f"{V3}/join/{quote(room, safe='')}", member, {})
        return room

    def keys(self, account: Account, room: str, homeserver: str = "") -> MatrixKeys:
        """Return the channel's keys for *account* in *room*; *homeserver* where a proxy stands before it."""
        found = {"homeserver": homeserver or self.base_url, "token": account.token, "room": room}
        return MatrixKeys.model_validate(found)

    def messages(self, reader: Account, room: str) -> list[dict[str, Any]]:
        """Return every message event of *room* in its order."""
        path, found = f"{V3}/rooms/{quote(room, safe='')}/messages", []
        at: str | None = None
        while True:
            page = self.get(path, reader, dir="f", limit="500", **({"from": at} if at else {}))
            found += [event for event in page["chunk"] if event["type"] == "m.room.message"]
            at = page.get("end")
            if not at:
                return found

    def highlights(self, reader: Account, room: str) -> dict[str, int]:
        """Return the reader's unread counts of *room*: ``notification_count`` and ``highlight_count``."""
        joined = self.get(f"{V3}/sync", reader, timeout="0")["rooms"]["join"]
        return dict(joined[room]["unread_notifications"])

    def _command(self, *more: str) -> list[str]:
        settings = str(self._folder / "homeserver.yaml")
        return [str(self._python), "-m", "synapse.app.homeserver", "-c", settings, *more]

    def _run(self, *more: str) -> None:
        done = subprocess.run(
            self._command(*more), cwd=self._folder, capture_output=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr.decode()[-2000:]

    def _last_words(self) -> str:
        logs = (self._folder / name for name in ("output.log", "homeserver.log"))
        return "\n".join(log.read_text()[-2000:] for log in logs if log.exists())

    def _write_settings(self, message_rate: Mapping[str, float]) -> None:
        log = {
            "version": 1,
            "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
            "handlers": {
                "file": {
                    "class": "logging.FileHandler",
                    "filename": str(self._folder / "homeserver.log"),
                    "formatter": "plain",
                }
            },
            "root": {"level": "WARNING", "handlers": ["file"]},
            "disable_existing_loggers": False,
        }
        settings = {
            "server_name": "localhost",
            "pid_file": str(self._folder / "homeserver.pid"),
            "listeners": [
                {
                    "port": self.port,
                    "bind_addresses": ["127.0.0.1"],
                    "type": "http",
                    "tls": False,
                    "resources": [{"names": ["client"], "compress": False}],
                }
            ],
            "database": {"name": "sqlite3", "args": {"database": str(self._folder / "homeserver.db")}},
            "log_config": str(self._folder / "log.yaml"),
            "media_store_path": str(self._folder / "media"),
            "registration_shared_secret": REGISTRATION_SECRET,
            "macaroon_secret_key": "macaroons for tests only",
            "form_secret": "forms for tests only",
            "signing_key_path": str(self._folder / "signing.key"),
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "report_stats": False,
            "url_preview_enabled": False,
            "caches": {"sync_response_cache_duration": "0s"},  # a test that asks twice means it
            "rc_message": dict(message_rate),
            "rc_login": {"address": UNLIMITED, "account": UNLIMITED},
            "rc_joins": {"local": UNLIMITED},
            "rc_room_creation": UNLIMITED,  # a room for each test
            "rc_invites": {"per_room": UNLIMITED, "per_user": UNLIMITED, "per_issuer": UNLIMITED},
        }
        (self._folder / "log.yaml").write_text(yaml.safe_dump(log))
        (self._folder / "homeserver.yaml").write_text(yaml.safe_dump(settings))
