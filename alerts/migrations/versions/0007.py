"""Edits of earlier messages, in the same queue."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, Text

revision = "0007"
down_revision = "0006"

Id = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("delivery", Column("edits", Id))
    op.add_column("delivery", Column("notes", Text))
    op.create_index("delivery_edits", "delivery", ["edits"])
