"""Who published what an aggregator carries."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("entry", Column("publisher", Text))
    op.add_column("article", Column("publisher", Text))
