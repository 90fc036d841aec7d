"""When a channel was last told anything: what a heartbeat counts from."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("channel_state", Column("spoken_at", BigInteger))
