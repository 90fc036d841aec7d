"""Articles that are read again after they were told, and the texts that were replaced since."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Integer, Text

revision = "0009"
down_revision = "0008"

_ID = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reread",
        Column("article_id", _ID, ForeignKey("article.id"), primary_key=True, autoincrement=False),
        Column("told_at", BigInteger, nullable=False),
        Column("due_at", BigInteger),
        Column("tries", Integer, nullable=False),
        Column("read_at", BigInteger),
        Column("absences", Integer, nullable=False),
        Column("etag", Text),
        Column("last_modified", Text),
        Column("body_sha256", Text),
    )
    op.create_index("reread_due", "reread", ["due_at"])
    op.create_table(
        "revision",
        Column("id", _ID, Identity(), primary_key=True),
        Column("article_id", _ID, ForeignKey("article.id"), nullable=False),
        Column("kind", Text, nullable=False),
        Column("title", Text, nullable=False),
        Column("text", Text, nullable=False),
        Column("replaced_at", BigInteger, nullable=False),
    )
    op.create_index("revision_article", "revision", ["article_id", "id"])
