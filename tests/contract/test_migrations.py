"""A database of every kind comes to the program's schema from nothing, wholly or not at all; a newer one is refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from alerts.records.archive import MIGRATIONS as ALERTS_MIGRATIONS
from alerts.records.archive import Archive
from crawler.db.engine import open_engine
from crawler.db.migrate import migrate
from crawler.errors import StoreError
from crawler.records.store import MIGRATIONS, Store
from tests.database import rows

LAST = max(path.name[:4] for path in (MIGRATIONS / "versions").glob("0*.py"))


def test_migrations_make_every_table_from_nothing_and_again_change_nothing(empty_database_url: str) -> None:
    newest = max(path.stem for path in (ALERTS_MIGRATIONS / "versions").glob("[0-9]*.py"))
    for _ in range(2):
        store = Store.open(empty_database_url)
        Archive.open(store.engine)
        names = set(inspect(store.engine).get_table_names())
        assert {
            "entry",
            "article",
            "source_state",
            "robots",
            "alert",
            "delivery",
            "examined",
            "incident",
        } <= names
        assert rows(store.engine, text("SELECT version_num FROM crawler_version")) == [(LAST,)]
        assert rows(store.engine, text("SELECT version_num FROM alerts_version")) == [(newest,)]
        store.engine.dispose()


def test_migrated_tables_have_the_columns_that_the_code_names(store: Store, archive: Archive) -> None:
    from alerts.records import tables
    from crawler.db import schema

    found = inspect(store.engine)
    for table in (*schema.metadata.sorted_tables, *tables.metadata.sorted_tables):
        assert [column["name"] for column in found.get_columns(table.name)] == list(table.columns.keys())
        nullable = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert nullable == {column.name: column.nullable for column in table.columns}
        indexes = {index["name"] for index in found.get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= indexes


def test_database_of_a_newer_program_is_refused_and_left_alone(database_url: str, store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE crawler_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"newer version .*9999.*update the program"):
        Store.open(database_url)
    assert rows(store.engine, text("SELECT version_num FROM crawler_version")) == [("9999",)]


def test_failed_migration_leaves_the_database_as_it_was(empty_database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    (folder / "versions" / "9998.py").write_text(
        f"from alembic import op\nrevision, down_revision = '9998', '{LAST}'\n"
        "def upgrade():\n    op.execute('CREATE TABLE half (id INTEGER)')\n    op.execute('NO SUCH STATEMENT')\n"
    )
    engine = open_engine(empty_database_url)
    with pytest.raises(StoreError, match="cannot prepare the database") as caught:
        migrate(engine, folder, "crawler_version")
    assert len(str(caught.value).splitlines()) == 1
    assert inspect(engine).get_table_names() == []
    migrate(engine, MIGRATIONS, "crawler_version")
    with pytest.raises(StoreError, match="cannot prepare the database"):
        migrate(engine, folder, "crawler_version")
    assert "half" not in inspect(engine).get_table_names()
    assert rows(engine, text("SELECT version_num FROM crawler_version")) == [(LAST,)]
    engine.dispose()


def test_two_programs_may_make_the_same_database_at_once(empty_database_url: str) -> None:
    make = "import sys; from crawler.records.store import Store; sys.stdin.read(); Store.open(sys.argv[1])"
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", make, empty_database_url], stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    time.sleep(0.5)  # until they all wait for the signal
    for maker in makers:
        assert maker.stdin is not None
        maker.stdin.close()
    for maker in makers:
        maker.stdin = None
        assert maker.communicate(timeout=60)[1] == b""
        assert maker.returncode == 0
