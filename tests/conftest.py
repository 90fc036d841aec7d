"""A clean environment for every test, the loopback servers, and which tests run when none are chosen.

Sockets off loopback are refused by pytest-socket (``addopts`` in pyproject.toml), not here.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chatroom import Chatroom
    from tests.newsroom import Newsroom

pytest_plugins = ("tests.database", "tests.peers.tally")
pytest.register_assert_rewrite("tests.goldenfile")  # a failed expectation shows its difference

ROOT = Path(__file__).resolve().parent.parent

# The papers and labelled corpora beside the checkout. Not part of the product: without them their tests skip.
SHARED = Path(os.environ.get("NEWSWATCH_SHARED") or ROOT.parent / "shared")

LEFT_TO_CI = ("slow", "peers")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow sweeps and the peers' tests to .ci/run, unless ``-m`` says what to run."""
    if config.option.markexpr:
        return
    left = [item for item in items if _is_left_to_ci(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not _is_left_to_ci(item)]


def _is_left_to_ci(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(mark) for mark in LEFT_TO_CI)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide the caller's proxies, settings and time zone from the test and from what it starts."""
    for name in list(os.environ):
        ours = name.startswith("NEWSWATCH_") and name != "NEWSWATCH_SHARED"
        if ours or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    with monkeypatch.context() as in_utc:
        in_utc.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of papers and corpora beside the checkout, or skip the test."""
    if not SHARED.is_dir():
        pytest.skip("no shared/ folder beside the checkout, and NEWSWATCH_SHARED names none")
    return SHARED


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    """Yield a loopback news server whose paths are behaviours."""
    from tests.newsroom import Newsroom

    with Newsroom() as server:
        yield server


@pytest.fixture
def chatroom() -> Iterator[Chatroom]:
    """Yield a loopback chat server that answers as it is told and keeps what it received."""
    from tests.chatroom import Chatroom

    with Chatroom() as server:
        yield server
