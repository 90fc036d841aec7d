"""Throw-away databases of both kinds, and short ways to fill them. The PostgreSQL server is started here, on a socket.

Registered as a plugin by tests/conftest.py. Nothing outside a temporary folder is read or written.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.engine import URL, make_url

from alerts.delivery.outbox import Outbox
from alerts.digest.changing import PendingChange
from alerts.digest.compose import Selection, compose_digest
from alerts.message.platform import Part
from alerts.records.archive import Archive, Examined, MatchCounts, PendingStory
from crawler.db.engine import state_marker
from crawler.model import PendingEntry
from crawler.records.store import Store
from tests.builders import NOW, a_hit, a_poll, a_writer, an_article, an_entry

REQUIRED = os.environ.get("NEWSWATCH_REQUIRE_POSTGRES") == "1"
TEMPLATE = "newswatch_template"
START_TIMEOUT_S = 60.0
SETTINGS = (
    "listen_addresses=",
    "max_connections=50",
    "shared_buffers=32MB",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
)


@dataclass(slots=True)
class PostgresServer:
    """A running server that nobody else can reach: it listens on a Unix socket in *folder* only."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy address of *database*."""
        query = {"host": str(self.folder)}
        return URL.create("postgresql+psycopg", "postgres", database=database, query=query).render_as_string()

    def execute(self, statement: str, *names: str) -> None:
        """Run one statement outside a transaction; each ``{}`` in it takes one of *names*."""
        with psycopg.connect(
            host=str(self.folder), user="postgres", dbname="postgres", autocommit=True
        ) as link:
            link.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    @property
    def admin(self) -> str:
        """Return the address of the server's own database."""
        return self.url("postgres")

    def create(self, template: str = "template0") -> str:
        """Return the address of a new database, a copy of *template*."""
        name = f"test_{next(self._numbers)}"
        self.execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove the database at *url*, whoever is connected to it."""
        self.execute("DROP DATABASE {} WITH (FORCE)", make_url(url).database or "")


def find_binaries() -> Path | None:
    """Return the folder with ``initdb`` and ``postgres``, the newest where there are several."""
    known = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True
    )
    on_path = shutil.which("initdb")
    for folder in (*([Path(on_path).resolve().parent] if on_path else []), *known):
        if all((folder / name).exists() for name in ("initdb", "postgres")):
            return folder
    return None


def _unprivileged() -> dict[str, Any]:
    """Return the arguments that make a child run as somebody else than root, as PostgreSQL demands."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
    pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Yield a throw-away PostgreSQL server; skip where no server is installed."""
    binaries = find_binaries()
    if binaries is None:
        message = "no PostgreSQL server here: initdb is neither on the PATH nor below /usr/lib/postgresql"
        if REQUIRED:
            pytest.fail(message)
        pytest.skip(message)
    who = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="nwpg"))  # short: a socket's path has at most 107 characters
    try:
        if who:
            os.chown(folder, who["user"], who["group"])
        environment = {"PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC", "LC_ALL": "C"}
        options: dict[str, Any] = {"cwd": folder, "env": environment, **who}
        initdb = [
            str(binaries / "initdb"),
            "-D",
            str(folder / "data"),
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-sync",
        ]
        for locale in ("C.UTF-8", "C"):
            shutil.rmtree(folder / "data", ignore_errors=True)
            made = subprocess.run(
                [*initdb, "-E", "UTF8", "--locale", locale],
                capture_output=True,
                text=True,
                check=False,
                **options,
            )
            if made.returncode == 0:
                break
        else:
            pytest.fail(f"initdb failed: {made.stderr}")
        with (folder / "log").open("wb") as log:
            settings = [part for each in SETTINGS for part in ("-c", each)]
            server = subprocess.Popen(
                [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is for the tests; they then stop the server themselves
                **options,
            )
        try:
            found = PostgresServer(folder)
            _wait_until_ready(found, server)
            found.execute("CREATE DATABASE {} TEMPLATE template0", TEMPLATE)
            _migrate(found.url(TEMPLATE))
            yield found
        finally:
            server.send_signal(signal.SIGINT)  # "fast shutdown": open connections are cut
            server.wait(START_TIMEOUT_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(found: PostgresServer, server: subprocess.Popen[Any]) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            found.execute("SELECT 1")
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline_s:
                pytest.fail(f"PostgreSQL did not start: {(found.folder / 'log').read_text(errors='replace')}")
            time.sleep(0.05)
        else:
            return


def _migrate(url: str) -> None:
    store = Store.open(url)
    Archive.open(store.engine)
    store.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file with all tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the address of a database without any table, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'newswatch.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the address of a fresh database with all tables, of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "newswatch.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        state_marker(path).touch()
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create(TEMPLATE)
    yield url
    server.drop(url)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """Yield the crawl's store on a fresh database of each kind."""
    opened = Store.open(database_url, timedelta(hours=24))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def archive(store: Store) -> Archive:
    """Return the alerts' archive on the same database as ``store``."""
    return Archive.open(store.engine)


@pytest.fixture
def outbox(store: Store) -> Outbox:
    """Return the outbox on the same database as ``store``."""
    return Outbox(store.engine)


def rows(engine: Engine, query: Any) -> list[Any]:
    """Return what *query* finds."""
    with engine.connect() as connection:
        return list(connection.execute(query))


def keep_entry(
    store: Store, number: int = 1, now: datetime = NOW, source_id: str = "irrawaddy-en"
) -> PendingEntry:
    """Store one new entry of a source that has been polled before, and return it."""
    state = store.poll_states().get(source_id)
    known = NOW - timedelta(days=30) if state is None else state.first_polled_at
    poll = a_poll(an_entry(number), source_id=source_id, first_polled_at=known)
    (pending,) = store.save_poll(poll, now)
    return pending


def keep_article(
    store: Store, number: int = 1, now: datetime = NOW, source_id: str = "irrawaddy-en", **changes: Any
) -> int:
    """Store one new entry with its article; return the article's id."""
    facts = {"text": f"Number {number}: fighting near Loikaw went on.", "canonical_url": None} | changes
    return store.save_article(keep_entry(store, number, now, source_id), an_article(**facts), now)


def examine_all(
    archive: Archive, channels: Mapping[str, Sequence[str]], now: datetime = NOW, topic: str | None = "loikaw"
) -> MatchCounts:
    """Match everything that waits, as if all of it were about *topic*; None finds nothing."""
    batch = [
        (Examined(article, {topic: (a_hit(article.text),)} if topic else {}), revision)
        for article, revision in archive.to_examine(1000)
    ]
    return archive.save_examined(batch, "rules-1", channels, now)


def select_digest(
    stories: Sequence[PendingStory],
    now: datetime = NOW,
    channel_id: str = "desk",
    max_stories: int = 20,
    changes: Sequence[PendingChange] = (),
) -> Selection:
    """Return the digest that *channel_id* gets of *stories*."""
    return compose_digest(
        stories,
        channel_id=channel_id,
        title="Loikaw",
        now=now,
        timezone="Asia/Yangon",
        max_stories=max_stories,
        topic_names={"loikaw": "Loikaw"},
        sources={},
        coverage=None,
        writer=a_writer(),
        changes=changes,
    )


def part_of(*story_ids: int, text: str = "part") -> Part:
    """Return a message that tells *story_ids*."""
    return Part(f"{text} {story_ids}".encode(), story_ids)
