"""Runs of the whole program in this process, under a clock that the test moves: what was read, stored and told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from alerts.commands.status import collect, status_lines
from alerts.config import Config, load_config
from alerts.cycle import RunOptions, Surroundings, run_cycle
from alerts.runreport import as_json
from crawler.db.engine import open_engine
from crawler.db.schema import article, entry, source_state
from tests.builders import NOW
from tests.e2e.program import Program

SCREEN = {"id": "screen", "platform": "console"}


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: its report as JSON, and what was told on the screen."""

    at: datetime
    report: dict[str, Any]
    told: str
    status: str = ""

    def problem(self, source_id: str) -> str:
        """Return what the report says of a source, "" when it says nothing."""
        return "; ".join(
            item["problem"] for item in self.report["problems"] if item.get("source") == source_id
        )


@dataclass(slots=True)
class Watch:
    """A configured program with a screen for digests and notices. ``now`` stands still until a run moves it."""

    config: Config
    now: datetime = NOW
    runs: list[Ran] = field(default_factory=list)

    @classmethod
    def open(cls, home: Path, sources: Sequence[Mapping[str, Any]]) -> Watch:
        """Write the configuration into *home*."""
        program = Program(home)
        program.configure(sources, [SCREEN], operators=["screen"])
        return cls(load_config(program.config, environ={}))

    def run(self, *only: str, after: timedelta = timedelta(0), force: bool = False) -> Ran:
        """Move the clock by *after* and do one run."""
        self.now += after
        told: list[str] = []
        around = Surroundings(lambda: self.now, told.append, lambda _: None)
        result = asyncio.run(run_cycle(self.config, RunOptions(only=only, force=force), around))
        assert result.report is not None
        self.runs.append(Ran(self.now, as_json(result.report), "\n".join(told), self.status()))
        return self.runs[-1]

    def status(self) -> str:
        """Return what ``newswatch status`` prints."""
        return "\n".join(status_lines(collect(self.config, self.now), self.now))

    def told(self, words: str) -> int:
        """Return in how many runs *words* were told."""
        return sum(words in " ".join(ran.told.split()) for ran in self.runs)

    def state(self, source_id: str) -> Row[Any]:
        """Return the row of a source."""
        (row,) = self._rows(select(source_state).where(source_state.c.source_id == source_id))
        return row

    def articles(self, source_id: str) -> dict[str, Row[Any]]:
        """Return the articles of a source's entries by the entry's title."""
        query = select(entry.c.title.label("entry_title"), entry.c.state, entry.c.problem, article)
        query = query.join(article, entry.c.article_id == article.c.id).where(entry.c.source_id == source_id)
        return {row.entry_title: row for row in self._rows(query)}

    def _rows(self, query: Any) -> list[Row[Any]]:
        engine = open_engine(self.config.crawl.database_url)
        try:
            with engine.connect() as connection:
                return list(connection.execute(query))
        finally:
            engine.dispose()
