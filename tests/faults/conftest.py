"""What the tests of faults read: crawls of misbehaving newsrooms, done once for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.polling import Polls, crawl_thrice


@pytest.fixture(scope="session")
def polls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Polls]:
    """Yield three crawls of sources that answer in every way, good and bad."""
    with crawl_thrice(tmp_path_factory.mktemp("polls")) as done:
        yield done
