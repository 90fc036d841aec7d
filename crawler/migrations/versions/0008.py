"""What is odd about an article's page, and the lines of a source's last pages: furniture is learned from them."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, PrimaryKeyConstraint, Text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("article", Column("several", Integer, nullable=False, server_default="0"))
    op.add_column("article", Column("doubt", Text))
    op.create_table(
        "printed",
        Column("source_id", Text, nullable=False),
        Column("article_id", BigInteger, ForeignKey("article.id"), nullable=False),
        Column("seen_at", BigInteger, nullable=False),
        Column("lines", Text, nullable=False),
        PrimaryKeyConstraint("source_id", "article_id"),
    )
