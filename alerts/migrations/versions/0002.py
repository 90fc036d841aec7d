"""What full-text search has indexed. In SQLite the tokens' own table is made by the first search: it needs FTS5."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, Text

revision = "0002"
down_revision = "0001"

Id = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "search_state",
        Column("article_id", Id, primary_key=True, autoincrement=False),
        Column("source_id", Text, nullable=False),
        Column("revision", Integer, nullable=False),
        Column("shown_at", BigInteger, nullable=False),
        Column("made_by", Text, nullable=False),
        Column("content", Text, nullable=False),
    )
    op.create_index("search_state_made_by", "search_state", ["source_id", "made_by"])
    op.create_index("search_state_content", "search_state", ["content"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE search_tokens (article_id BIGINT PRIMARY KEY, tokens TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX search_tokens_gin ON search_tokens USING gin (tokens)")
