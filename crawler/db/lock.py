"""One run at a time on one database, whatever kills the holder: the kernel or the server frees the lock."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from crawler.db.engine import APPLICATION_ID, beside, sqlite_path
from crawler.errors import StoreError

_ADVISORY_KEY = APPLICATION_ID


@contextmanager
def run_lock(engine: Engine) -> Iterator[str | None]:
    """Hold the run lock for the block; yields None when it is ours, else a word about who holds it.

    SQLite: ``flock`` on a file beside the database. PostgreSQL: a session advisory lock. Raises `StoreError`
    when the lock cannot even be asked for.
    """
    path = sqlite_path(engine.url)
    if engine.url.get_backend_name() == "sqlite":
        if path is None:
            yield None  # a database in memory has no second user
            return
        with _flock(beside(path, ".lock")) as holder:
            yield holder
        return
    try:
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        got = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY_KEY}).scalar()
    except SQLAlchemyError as error:
        raise StoreError(f"cannot ask for the run lock on {engine.url.render_as_string()}") from error
    with connection:
        if not got:
            yield "another process on this database"
            return
        try:
            yield None
        finally:
            with suppress(SQLAlchemyError):  # the server is gone, and the lock with it
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_KEY})


@contextmanager
def _flock(path: Path) -> Iterator[str | None]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"cannot open the lock file {path}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield os.read(descriptor, 200).decode(errors="replace").strip() or "another process"
            return
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()}".encode(), 0)
        yield None
    finally:
        os.close(descriptor)
