"""Where reading back older entries stopped, and which address brought an entry."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("source_state", Column("gap", Text))
    op.add_column("source_state", Column("gap_pages", Integer, nullable=False, server_default="0"))
    op.add_column("source_state", Column("gap_since", BigInteger))
    op.add_column("entry", Column("route", Text))
