"""Attempts at examining an article, and indexes so that a quiet tick need not read the whole archive."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("examined", Column("attempts", Integer, nullable=False, server_default="0"))
    op.create_index("examined_attempts", "examined", ["attempts"])
    op.create_index("article_revision", "article", ["revision"])  # the crawl's table, but only we ask by it
