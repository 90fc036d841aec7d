"""How much a source brings and when, why it is polled when it is, and servers that asked for time."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, Text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("source_state", Column("next_poll_why", Text))
    op.add_column("source_state", Column("window_entries", Integer))
    op.add_column("source_state", Column("pace", Text))
    op.add_column("source_state", Column("holds", Text))
