"""SQLite files: what is lost is never re-created in silence, what is not ours is refused, no full disk breaks it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import text

from crawler.db.engine import APPLICATION_ID, BUSY_TIMEOUT_MS, open_engine, state_marker, transaction
from crawler.errors import StoreError
from crawler.records.store import Store
from tests.builders import NOW
from tests.database import keep_article, keep_entry

NOBODY = "os.setgid(65534); os.setuid(65534)" if os.geteuid() == 0 else ""  # root may write anywhere

# Imports first: as nobody, the interpreter's own folder may be unreadable.
PRELUDE = """
import os, resource, sys
import alembic.migration, alembic.operations, alembic.script, sqlalchemy.dialects.sqlite
from crawler.errors import StoreError
from crawler.records.store import Store
from tests.builders import NOW
from tests.database import keep_entry
path = sys.argv[1]
"""
OPEN = """
try:
    keep_entry(Store.open(f"sqlite:///{path}"), 1)
except StoreError as error:
    print(error)
"""


def run_apart(code: str, path: Path, *, as_nobody: bool = False) -> subprocess.CompletedProcess[str]:
    """Run *code* in another process, where limits and rights can be given up."""
    script = PRELUDE + (NOBODY if as_nobody else "") + "\n" + code
    return subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).parent.parent.parent,
    )


def check_integrity(path: Path) -> int:
    """Return how many entries a file holds, after SQLite found nothing wrong in it."""
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (entries,) = connection.execute("SELECT count(*) FROM entry").fetchone()
    connection.close()
    return int(entries)


@pytest.fixture
def path(tmp_path: Path, sqlite_template: Path) -> Path:
    """Return a database file that held state."""
    found = tmp_path / "newswatch.db"
    shutil.copyfile(sqlite_template, found)
    state_marker(found).touch()
    return found


# -- lost state -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["missing", "empty"])
def test_lost_database_is_refused_with_a_remedy_and_not_made_anew(path: Path, how: str) -> None:
    path.unlink()
    if how == "empty":
        path.touch()
    with pytest.raises(StoreError, match=f"is {how}.*restore it from a backup.*delete") as caught:
        Store.open(f"sqlite:///{path}")
    assert str(state_marker(path)) in str(caught.value)
    assert path.exists() is (how == "empty")
    assert not path.exists() or path.stat().st_size == 0
    state_marker(path).unlink()
    Store.open(f"sqlite:///{path}").engine.dispose()
    assert check_integrity(path) == 0


def test_first_use_makes_folder_file_and_marker(tmp_path: Path) -> None:
    path = tmp_path / "var" / "deep" / "newswatch.db"
    Store.open(f"sqlite:///{path}").engine.dispose()
    assert path.exists()
    assert state_marker(path).exists()


# -- what is not ours -----------------------------------------------------------------------------------------------


def test_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    for statement in ("CREATE TABLE theirs (id INTEGER)", "PRAGMA application_id=1234"):
        with sqlite3.connect(path) as connection:
            connection.execute(statement)
        connection.close()
        before = path.read_bytes()
        with pytest.raises(StoreError, match="belongs to another program"):
            Store.open(f"sqlite:///{path}")
        assert path.read_bytes() == before
        assert not state_marker(path).exists()


@pytest.mark.parametrize("damage", [b"To whom it may concern, " * 100, b"\x00" * 4096])
def test_file_that_is_no_database_is_refused_and_left_alone(path: Path, damage: bytes) -> None:
    content = damage + path.read_bytes()[len(damage) :]
    path.write_bytes(content)
    with pytest.raises(StoreError, match="cannot open"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == content


def test_folder_in_the_place_of_the_database_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "newswatch.db").mkdir()
    with pytest.raises(StoreError, match="cannot open"):
        Store.open(f"sqlite:///{tmp_path / 'newswatch.db'}")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot use the folder"):
        Store.open(f"sqlite:///{tmp_path / 'file' / 'newswatch.db'}")


# -- how it is opened -----------------------------------------------------------------------------------------------


def test_every_connection_is_durable_and_strict(path: Path) -> None:
    engine = open_engine(f"sqlite:///{path}")
    for _ in range(2):
        with engine.connect() as connection:
            settings = {
                name: connection.execute(text(f"PRAGMA {name}")).scalar()
                for name in (
                    "journal_mode",
                    "synchronous",
                    "foreign_keys",
                    "application_id",
                    "trusted_schema",
                    "busy_timeout",
                )
            }
        assert settings == {
            "journal_mode": "wal",
            "synchronous": 2,  # FULL
            "foreign_keys": 1,
            "application_id": APPLICATION_ID,
            "trusted_schema": 0,
            "busy_timeout": BUSY_TIMEOUT_MS,
        }
        engine.dispose()


def test_rows_without_their_parents_are_refused(path: Path) -> None:
    engine = open_engine(f"sqlite:///{path}")
    orphan = "INSERT INTO story_article (article_id, story_id) VALUES (1, 999)"
    with pytest.raises(StoreError, match="FOREIGN KEY"), transaction(engine) as connection:
        connection.execute(text(orphan))
    engine.dispose()


def test_transaction_holds_the_write_lock_from_its_first_moment(path: Path) -> None:
    engine = open_engine(f"sqlite:///{path}")
    with transaction(engine) as connection:
        connection.execute(text("SELECT 1"))
        other = sqlite3.connect(path, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
    engine.dispose()


def test_row_that_was_committed_survives_a_kill(path: Path) -> None:
    code = "keep_entry(Store.open(f'sqlite:///{path}'), 1); os.kill(os.getpid(), 9)"
    assert run_apart(code, path).returncode == -9
    assert check_integrity(path) == 1


# -- no right, no room ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exists", [True, False], ids=["database", "no-database"])
def test_folder_that_may_not_be_written_is_a_store_error(sqlite_template: Path, exists: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is closed to others from above
        path = Path(folder) / "newswatch.db"
        if exists:
            shutil.copyfile(sqlite_template, path)
            state_marker(path).touch()
        before = sorted(path.parent.iterdir())
        path.parent.chmod(0o555)
        done = run_apart(OPEN, path, as_nobody=True)
        path.parent.chmod(0o755)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"cannot open sqlite:///{path}: "), "before anything is fetched"
        assert sorted(path.parent.iterdir()) == before


def test_folder_that_may_not_be_entered_is_a_store_error(path: Path) -> None:
    path.parent.chmod(0o600)
    done = run_apart(OPEN, path, as_nobody=True)
    path.parent.chmod(0o700)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"cannot use the folder {path.parent}: Permission denied\n"


def test_full_disk_is_a_store_error_and_leaves_the_database_as_it_was(path: Path) -> None:
    code = """
store = Store.open(f"sqlite:///{path}")
keep_entry(store, 1)
size = max(os.path.getsize(path + tail) for tail in ("", "-wal"))
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000, resource.RLIM_INFINITY))
stored = 1
try:
    while stored < 5_000:
        keep_entry(store, stored + 1)
        stored += 1
except StoreError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
keep_entry(store, stored + 1)  # there is room again
print(stored + 1)
"""
    done = run_apart(code, path)
    assert done.returncode == 0, done.stderr
    reason, stored = done.stdout.splitlines()
    assert reason.startswith("database: ")
    assert check_integrity(path) == int(stored) > 1


def test_two_databases_may_lie_in_one_folder(path: Path) -> None:
    store = Store.open(f"sqlite:///{path.with_name('second.db')}")
    keep_entry(store)
    assert keep_article(store, 2, NOW) == 1
    store.engine.dispose()
