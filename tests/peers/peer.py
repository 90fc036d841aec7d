"""Which peers there are, where each is found and in which version; without one a test skips and says so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

from tests.conftest import ROOT

# As CI sets it: an absent peer fails its tests, and one that was never asked fails the run.
REQUIRED = os.environ.get("NEWSWATCH_REQUIRE_PEERS") == "1"
FOLDER = ROOT / ".peers"
NODE_MODULES = FOLDER / "node_modules"
PYTHON = FOLDER / "venv" / "bin" / "python"


@dataclass(frozen=True, slots=True)
class Found:
    """A peer that is there. ``path`` is what to start or import: a program, or a package's folder."""

    path: Path
    version: str


@dataclass(frozen=True, slots=True)
class Peer:
    """A program or library of others; *asked* says what tests ask it; *demanded* ones must be asked in CI."""

    name: str
    package: str
    find: Callable[[str], Found | None]
    asked: str
    demanded: bool = True


def _in_our_lock(package: str) -> Found | None:
    try:
        found = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return None
    return Found(Path(str(found.locate_file(""))), found.version)


def _in_peers_venv(package: str) -> Found | None:
    if not (FOLDER / "venv.installed").is_file():
        return None
    folders = [str(folder) for folder in PYTHON.parent.parent.glob("lib/python3*/site-packages")]
    for found in metadata.distributions(name=package, path=folders):
        return Found(PYTHON, found.version)
    return None


def _in_node(package: str) -> Found | None:
    manifest = NODE_MODULES / package / "package.json"
    if (
        not (FOLDER / "node_modules.installed").is_file()
        or not manifest.is_file()
        or not shutil.which("node")
    ):
        return None
    return Found(manifest.parent, json.loads(manifest.read_bytes())["version"])


def _on_the_path(program: str) -> Found | None:
    path = shutil.which(program)
    if path is None:
        return None
    told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=False)
    version = next((word for word in told.stdout.split() if word[0].isdigit()), "?")
    return Found(Path(path), version)


PEERS = (
    Peer("Synapse", "matrix-synapse", _in_peers_venv, "requests of a homeserver"),
    Peer("tdjson", "tdjson", _in_our_lock, "Telegram texts parsed"),
    Peer("Prism", "@stoplight/prism-cli", _in_node, "requests to Discord's schema as a server"),
    Peer("slack_sdk", "slack-sdk", _in_our_lock, "Slack messages read"),
    Peer("adaptivecards", "adaptivecards", _in_node, "Teams cards rendered"),
    Peer("standardwebhooks", "standardwebhooks", _in_our_lock, "signatures verified"),
    Peer("Chromium", "chromium", _on_the_path, "pages rendered", demanded=False),
    Peer("markdown-it", "markdown-it", _in_node, "texts rendered", demanded=False),
    Peer("message-parser", "@rocket.chat/message-parser", _in_node, "Rocket.Chat texts", demanded=False),
    Peer("discord-markdown-parser", "discord-markdown-parser", _in_node, "Discord texts", demanded=False),
    Peer("Apprise", "apprise", _in_our_lock, "messages handed over", demanded=False),
)
BY_NAME = {peer.name: peer for peer in PEERS}


@cache
def find(name: str) -> Found | None:
    """Return where the peer *name* is and in which version; None where it is not installed."""
    peer = BY_NAME[name]
    return peer.find(peer.package)


def need(name: str) -> Path:
    """Return the path of the peer *name*; without it the test skips, or fails where peers are required."""
    found = find(name)
    if found is not None:
        return found.path
    reason = f"{name} ({BY_NAME[name].package}) is not installed: run .ci/peers"
    if REQUIRED:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
