"""Marks every test of this folder as one against a peer, and starts the homeserver for those that need it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alerts.channels.matrix import MatrixKeys
from tests.peers.synapse import Account, Homeserver

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the mark ``peers`` to what stands here, so that none is forgotten."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.peers)


@dataclass(frozen=True, slots=True)
class Room:
    """A room of our sender and one reader on a real homeserver."""

    homeserver: Homeserver
    sender: Account
    reader: Account
    room_id: str

    @property
    def keys(self) -> MatrixKeys:
        """Return the channel's keys."""
        return self.homeserver.keys(self.sender, self.room_id)

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages that the reader sees, in their order."""
        return self.homeserver.messages(self.reader, self.room_id)


@pytest.fixture(scope="session")
def homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """Yield a running Synapse without rate limits; one for all tests."""
    with Homeserver(tmp_path_factory.mktemp("synapse")) as server:
        yield server


@pytest.fixture(scope="session")
def accounts(homeserver: Homeserver) -> tuple[Account, Account]:
    """Return a sender and a reader."""
    return homeserver.register("newswatch"), homeserver.register("reader")


@pytest.fixture
def room(homeserver: Homeserver, accounts: tuple[Account, Account]) -> Room:
    """Return a new room."""
    sender, reader = accounts
    return Room(homeserver, sender, reader, homeserver.create_room(sender, reader))
