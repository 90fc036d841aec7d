"""When a source was not listened to: what comes to no poll is no silence."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "deaf",
        Column("source_id", Text, nullable=False),
        Column("since_at", BigInteger, nullable=False),
        Column("until_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("source_id", "since_at"),
    )
