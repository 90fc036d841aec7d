"""Bring a database to the schema of this program, one owner of tables at a time.

Alembic is imported only when there is something to do: a quiet tick must not pay for it.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from crawler.db.engine import APPLICATION_ID, cause_of
from crawler.errors import StoreError

_ADVISORY_KEY = APPLICATION_ID + 1  # the run lock has the number itself


def migrate(engine: Engine, folder: Path, version_table: str) -> None:
    """Apply the migrations in *folder* that *version_table* does not yet record, in one transaction.

    The newest migration is the greatest file name. Raises `StoreError` when the database was written
    by a newer program, or when a migration fails (the database is then as before).
    """
    newest = max(path.stem for path in (folder / "versions").glob("[0-9]*.py"))
    try:
        with engine.begin() as connection:
            current = _current(connection, version_table)
            if current == newest:
                return
            if connection.dialect.name == "postgresql":  # SQLite's transaction holds the write lock already
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_KEY})
                current = _current(connection, version_table)  # another program may have been quicker
                if current == newest:
                    return
            if current is not None and current > newest:
                raise StoreError(
                    f"the database is of a newer version ({current}; this one knows {newest}): update the program"
                )
            _upgrade(connection, folder, version_table)
    except SQLAlchemyError as error:
        raise StoreError(f"cannot prepare the database: {cause_of(error)}") from error


def _current(connection: Connection, version_table: str) -> str | None:
    if not inspect(connection).has_table(version_table):
        return None
    row = connection.execute(text(f"SELECT version_num FROM {version_table}")).first()  # noqa: S608 - our constant
    return None if row is None else str(row[0])


def _upgrade(connection: Connection, folder: Path, version_table: str) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(folder))

    def steps(current: object, _context: MigrationContext) -> list[object]:
        return script._upgrade_revs("head", current)  # type: ignore[arg-type, return-value]  # as alembic's own env.py does

    context = MigrationContext.configure(connection, opts={"version_table": version_table, "fn": steps})
    with Operations.context(context):
        context.run_migrations()
