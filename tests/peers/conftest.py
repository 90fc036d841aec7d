"""Marks every test of this folder as one against a peer, and starts the homeserver for those that need it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.room import Room
from tests.peers.synapse import Account, Homeserver

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the mark ``peers`` to what stands here, so that none is forgotten."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.peers)


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
