"""The child process that sends one text through the package apprise: ``python -P -m alerts.transport.courier``.

The only user of apprise. It reads address and text from stdin, never from its arguments or environment, and writes
what it sees as JSON lines. It reads no configuration and no plugin from disk, keeps nothing, splits nothing and repeats
nothing.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, TextIO

from alerts.transport import watched
from alerts.transport.failure import NO_PROXY
from alerts.transport.watched import END, LOST, READY, REFUSED
from crawler.confinement import confine

if TYPE_CHECKING:
    from apprise.plugins import NotifyBase

_LAST_S = 60  # for a child whose parent cannot end it


def main() -> None:
    """Send what stdin holds, tell what happened, end."""
    order: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # what a library prints may hold the address
        os.dup2(null, standard)
    confine()
    logging.disable(logging.CRITICAL)
    signal.alarm(_LAST_S)
    _Courier(told, order).run()
    told.flush()
    os._exit(0)  # no library's farewell: some wait for threads of theirs


class _Courier:
    def __init__(self, told: TextIO, order: dict[str, Any]) -> None:
        self._told = told
        self._order = order

    def note(self, at: str, **facts: object) -> None:
        self._told.write(json.dumps({"at": at, **facts}) + "\n")
        self._told.flush()

    def run(self) -> None:
        from crawler.proxyaddress import parse_proxy

        proxy = parse_proxy(self._order["proxy"]) if self._order["proxy"] else None
        try:
            plugin = self._load()
        except ImportError:
            return self.note(REFUSED, why="the package apprise is not installed")
        if isinstance(plugin, str):
            return self.note(REFUSED, why=plugin)
        if self._order["body"] is None:
            return self.note(END, taken=None, service=str(plugin.service_name), letters=plugin.body_maxlen)
        watched.watch_sockets(self.note)
        watched.watch_http(self.note, self._order["user_agent"], proxy, *self._order["timeouts_s"])
        watched.watch_mail(self.note)
        self.note(READY)
        try:
            watched.guard(self.note, proxy)
        except OSError:
            return self.note(LOST, why=NO_PROXY)
        taken = None
        with contextlib.suppress(Exception):  # what it raises says less than what was seen
            taken = self._send(plugin)
        return self.note(END, taken=taken)

    def _load(self) -> NotifyBase | str:
        """Return the service that the address names, or why there is none that can be used."""
        from apprise import Apprise, AppriseAsset

        asset = AppriseAsset(
            app_id="newswatch",
            app_desc="newswatch",
            app_url="",
            image_url_mask="",  # no picture that a chat would fetch from elsewhere
            image_url_logo="",
            image_path_mask=False,
            async_mode=False,
            http_redirects=False,
            interpret_emojis=False,
            storage_mode="memory",
            pgp_autogen=False,
            pem_autogen=False,
        )
        plugin = Apprise.instantiate(self._order["address"], asset=asset)
        if plugin is None:
            return _why_none(self._order["address"])
        plugin.retry, plugin.wait, plugin.optional = 0, 0.0, False
        copies = sum(len(getattr(plugin, name, None) or ()) for name in ("cc", "bcc"))
        if len(plugin) + copies != 1:
            return (
                "the address names several recipients; make a channel of each, or none can be repeated alone"
            )
        return plugin

    def _send(self, plugin: NotifyBase) -> bool:
        from apprise import NotifyFormat, NotifyType, OverflowMode

        plugin.overflow_mode = OverflowMode.UPSTREAM
        plugin.persistent_storage = False
        plugin.redirects = False
        plugin._format_override = None
        formats = plugin._formats()
        if NotifyFormat.TEXT not in formats:  # our text as it is, whatever markup the service would like
            plugin.notify_format = NotifyFormat.TEXT
        body: str = self._order["body"]
        return bool(
            plugin.notify(
                body=body,
                title=body.partition("\n")[0] if hasattr(plugin, "cc") else "",  # the subject of a mail
                notify_type=NotifyType.INFO,
                body_format=NotifyFormat.TEXT,
                overflow=OverflowMode.UPSTREAM,
            )
        )


def _why_none(address: str) -> str:
    """Return why Apprise makes nothing of *address*: a service without its package, or no service."""
    from apprise.plugins import N_MGR

    schema = address.partition("://")[0].lower()
    if schema in N_MGR and not N_MGR[schema].enabled:
        wanted = N_MGR[schema].requirements.get("packages_required") or ()
        names = ", ".join([wanted] if isinstance(wanted, str) else wanted)
        return f"this service does not work here{f': it needs {names}' if names else ''}"
    return "Apprise does not understand this address"


if __name__ == "__main__":
    main()
