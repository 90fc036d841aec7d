"""One run at a time on one database of every kind, and a lock that dies with its holder."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from crawler.db.engine import open_engine, sqlite_path
from crawler.db.lock import run_lock
from crawler.errors import StoreError
from tests.database import PostgresServer

HOLDER = """
import sys
from crawler.db.engine import open_engine
from crawler.db.lock import run_lock
with run_lock(open_engine(sys.argv[1])) as held_by:
    print(held_by, flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(database_url: str) -> Iterator[subprocess.Popen[str]]:
    """Run another process that asks for the lock, and wait until it has its answer in ``stdout``."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, database_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_lock_is_seen_by_others_and_freed_by_a_kill(database_url: str, how: signal.Signals) -> None:
    engine = open_engine(database_url)
    with holder(database_url) as first:
        assert answer(first) == "None"
        with run_lock(engine) as held_by:
            assert held_by is not None
            expected = f"process {first.pid}" if sqlite_path(engine.url) else "another process"
            assert held_by.startswith(expected)
        first.send_signal(how)
        first.wait(20)
        for _ in range(200):  # PostgreSQL notices the closed socket a moment later
            with run_lock(engine) as held_by:
                if held_by is None:
                    break
        assert held_by is None
    engine.dispose()


def test_lock_is_freed_at_the_end_of_the_block_even_after_an_error(database_url: str) -> None:
    engine = open_engine(database_url)
    with pytest.raises(ZeroDivisionError), run_lock(engine) as held_by:
        assert held_by is None
        with holder(database_url) as second:
            assert answer(second) not in ("", "None")
        raise ZeroDivisionError
    with holder(database_url) as third:
        assert answer(third) == "None"
    engine.dispose()


@pytest.mark.parametrize("names", [("one.db", "other.db"), ("news.a", "news.b"), ("news", "news.db")])
def test_two_databases_have_two_locks(tmp_path: Path, names: tuple[str, str]) -> None:
    one, other = (open_engine(f"sqlite:///{tmp_path / name}") for name in names)
    with run_lock(one) as first, run_lock(other) as second:
        assert (first, second) == (None, None)


def test_database_in_memory_needs_no_lock() -> None:
    engine = create_engine("sqlite://")
    with run_lock(engine) as held_by:
        assert held_by is None
    engine.dispose()


def test_server_that_restarts_during_a_run_does_not_hide_how_the_run_ended(postgres: PostgresServer) -> None:
    engine = open_engine(url := postgres.create())
    with pytest.raises(ZeroDivisionError), run_lock(engine):
        postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )
        raise ZeroDivisionError
    with run_lock(engine) as held_by:
        assert held_by is None
    engine.dispose()
    postgres.drop(url)


def test_server_that_is_gone_is_a_store_error() -> None:
    engine = create_engine("postgresql+psycopg://user:hunter2@127.0.0.1:1/db")
    with pytest.raises(StoreError, match="run lock") as caught, run_lock(engine):
        pass
    assert "hunter2" not in str(caught.value)


def test_lock_beside_a_database_in_a_missing_folder_is_a_store_error(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'missing' / 'newswatch.db'}")
    with pytest.raises(StoreError, match="lock file"), run_lock(engine):
        pass


def test_connection_that_went_back_to_the_pool_does_not_hold_the_lock(postgres: PostgresServer) -> None:
    engine = open_engine(url := postgres.create())
    with run_lock(engine) as held_by:
        assert held_by is None
    with engine.connect() as connection:  # the one that held it
        connection.execute(text("SELECT 1"))
        with holder(url) as second:
            assert answer(second) == "None"
    engine.dispose()
    postgres.drop(url)
