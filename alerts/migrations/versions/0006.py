"""What became of a message at each attempt; in which digest operators were told; no lease, which nobody ever read."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Integer, Text

revision = "0006"
down_revision = "0005"

Id = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    op.drop_column("delivery", "lease_until")
    op.create_table(
        "delivery_event",
        Column("id", Id, Identity(), primary_key=True),
        Column("delivery_id", Id, ForeignKey("delivery.id"), nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("state", Text, nullable=False),
        Column("reason", Text),
    )
    op.create_index("delivery_event_delivery", "delivery_event", ["delivery_id"])
    op.create_index("delivery_event_at", "delivery_event", ["at"])
    op.add_column("incident", Column("told_in", Text))
