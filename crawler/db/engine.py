"""Open the database and run transactions. Knows SQLite and PostgreSQL, and nothing of any table.

A SQLite file where state existed must never be re-created in silence: SQLite opens a missing or empty file as a
new database, and every watcher would then see a first run. A marker beside the file remembers that it was there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from crawler.errors import StoreError

APPLICATION_ID = 0x4E_57_53_57  # "NWSW": file(1) and we can tell this database from another program's
BUSY_TIMEOUT_MS = 30_000


def sqlite_path(url: URL) -> Path | None:
    """Return the file behind a SQLite URL, None for another database or one in memory."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def state_marker(database: Path) -> Path:
    """Return the file that remembers that *database* held state."""
    return beside(database, ".initialised")


def beside(database: Path, suffix: str) -> Path:
    """Return the file of *database*, and of no other, with the *suffix*: ``newswatch.lock`` for ``newswatch.db``.

    Never one that ``rm newswatch.db*`` would take along.
    """
    if database.suffix == ".db":
        return database.with_suffix(suffix)
    return database.with_name(f".{database.name}{suffix}")


def open_engine(database_url: str) -> Engine:
    """Return an engine on *database_url*, with its folder made and a lost database refused.

    Raises `StoreError` for an address that cannot be used, a missing or zero-byte file where state
    existed, a file of another program, or a server that does not answer.
    """
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise StoreError(
            f"database address {_without_password(database_url)!r} is not a database URL"
        ) from error
    path = sqlite_path(url)
    if path is not None:
        try:
            _refuse_lost_state(path)
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot use the folder {path.parent}: {error.strerror}") from error
    try:
        engine = _create(url)
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(
            f"no driver for {url.drivername!r}; use sqlite:///file or postgresql+psycopg://user@host/db"
        ) from error
    except SQLAlchemyError as error:
        raise StoreError(f"cannot open {url.render_as_string()}: {cause_of(error)}") from error
    if path is not None and not state_marker(path).exists():
        try:
            state_marker(path).touch()
        except OSError as error:
            raise StoreError(f"cannot write beside {path}: {error.strerror}") from error
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Run a block as one transaction: all of it is stored, or nothing.

    Database faults (disk full, locked, lost connection) come out as `StoreError`. No network and no
    ``await`` belong inside.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StoreError(f"database: {cause_of(error)}") from error


def _create(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        # SQLAlchemy and not the driver decides when a transaction begins (see its "pysqlite" page)
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        found = cursor.execute("PRAGMA application_id").fetchone()[0]
        tables = cursor.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if found != APPLICATION_ID:
            if found != 0 or tables:
                raise sqlite3.DatabaseError("the file belongs to another program; choose another path")
            cursor.execute(f"PRAGMA application_id={APPLICATION_ID}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA trusted_schema=OFF")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # take the write lock at once: a read that is later upgraded fails with "database is locked"
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _refuse_lost_state(path: Path) -> None:
    marker = state_marker(path)
    if not marker.exists():
        return
    what = None
    if not path.exists():
        what = "is missing"
    elif path.stat().st_size == 0:
        what = "is empty (0 bytes)"
    if what:
        raise StoreError(
            f"the database {path} {what}, but it held state before: restore it from a backup, "
            f"or delete {marker} to start anew (articles already told may then be told again)"
        )


def _without_password(database_url: str) -> str:
    head, at, tail = database_url.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if at else database_url


def cause_of(error: SQLAlchemyError) -> str:
    """Return the database's own words in one line, without the statement and the link of SQLAlchemy."""
    origin: Any = getattr(error, "orig", None)
    return str(origin or error).strip().splitlines()[0]
