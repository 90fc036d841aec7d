"""What is odd about a source that answers, and its newest entries found without a walk through all of them."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "oddity",
        Column("source_id", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("url", Text, nullable=False),
        Column("said", Text, nullable=False),
        Column("polls", Integer, nullable=False),
        Column("since_at", BigInteger, nullable=False),
        Column("last_at", BigInteger, nullable=False),
        Column("is_usual", Integer, nullable=False),
        PrimaryKeyConstraint("source_id", "kind"),
    )
    op.create_index("entry_source", "entry", ["source_id", "id"])
