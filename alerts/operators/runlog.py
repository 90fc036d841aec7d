"""The list of runs: when each began and ended and what it reported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median_high
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update
from ulid import ULID

from alerts.records.tables import run
from crawler.clock import to_ms
from crawler.db.engine import transaction

KEPT_FOR = timedelta(days=30)
GAPS = 5  # between the latest runs, of which the middle one is usual


class RunLog:
    """The runs in one database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def begin(self, now: datetime) -> str:
        """Note that a run begins; return its id, a ULID (they sort by time)."""
        run_id = str(ULID.from_datetime(now))
        with transaction(self.engine) as connection:
            connection.execute(insert(run).values(id=run_id, started_at=to_ms(now)))
        return run_id

    def end(self, run_id: str, now: datetime, report: Mapping[str, Any]) -> None:
        """Store a run's report, and forget runs of a month ago."""
        with transaction(self.engine) as connection:
            values = {"finished_at": to_ms(now), "report": json.dumps(report, ensure_ascii=False)}
            connection.execute(update(run).where(run.c.id == run_id).values(values))
            connection.execute(delete(run).where(run.c.started_at < to_ms(now - KEPT_FOR)))

    def usual_gap(self, now: datetime) -> timedelta | None:
        """Return the time from one run to the next as it lately was, None when too few are known to say."""
        query = (
            select(run.c.started_at).where(run.c.started_at <= to_ms(now)).order_by(run.c.started_at.desc())
        )
        with transaction(self.engine) as connection:
            starts = [int(start) for start in connection.execute(query.limit(GAPS + 1)).scalars()]
        gaps = [later - earlier for later, earlier in pairwise(starts)]
        return timedelta(milliseconds=median_high(gaps)) if len(gaps) >= 2 else None

    def latest(self, limit: int) -> list[dict[str, Any]]:
        """Return the newest reports; a run that did not finish has only its id."""
        query = select(run).order_by(run.c.started_at.desc()).limit(limit)
        with transaction(self.engine) as connection:
            return [
                json.loads(row.report) if row.report else {"run": row.id, "unfinished": True}
                for row in connection.execute(query)
            ]
