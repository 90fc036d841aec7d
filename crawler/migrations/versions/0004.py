"""How far a walk back through a source's archive has come."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, Text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "backfill",
        Column("source_id", Text, primary_key=True),
        Column("route", Text, nullable=False),
        Column("since", BigInteger, nullable=False),
        Column("begun_at", BigInteger, nullable=False),
        Column("next", Text),
        Column("pages", Integer, nullable=False),
        Column("stored", Integer, nullable=False),
        Column("oldest_at", BigInteger),
        Column("finished_at", BigInteger),
    )
