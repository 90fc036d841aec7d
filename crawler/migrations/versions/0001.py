"""Sources, robots.txt copies, entries, articles."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Integer, LargeBinary, Text, UniqueConstraint

revision = "0001"
down_revision = None

Id = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "source_state",
        Column("source_id", Text, primary_key=True),
        Column("route", Integer, nullable=False),
        Column("url", Text),
        Column("etag", Text),
        Column("last_modified", Text),
        Column("body_sha256", Text),
        Column("next_poll_at", BigInteger),
        Column("first_polled_at", BigInteger),
        Column("last_ok_at", BigInteger),
        Column("last_item_at", BigInteger),
        Column("failures", Integer, nullable=False),
        Column("failing_since", BigInteger),
        Column("problem", Text),
        Column("unconditional_at", BigInteger),
    )
    op.create_table(
        "robots",
        Column("origin", Text, primary_key=True),
        Column("status", Integer, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("fetched_at", BigInteger, nullable=False),
    )
    op.create_table(
        "article",
        Column("id", Id, Identity(), primary_key=True),
        Column("identity", Text, nullable=False, unique=True),
        Column("source_id", Text, nullable=False),
        Column("url", Text),
        Column("title", Text, nullable=False),
        Column("text", Text, nullable=False),
        Column("language", Text),
        Column("author", Text),
        Column("published_at", BigInteger),
        Column("first_seen_at", BigInteger, nullable=False),
        Column("origin", Text, nullable=False),
        Column("truncated", Integer, nullable=False),
        Column("backlog", Integer, nullable=False),
        Column("text_sha256", Text, nullable=False),
        Column("revision", Integer, nullable=False),
    )
    op.create_index("article_text", "article", ["text_sha256"])
    op.create_index("article_seen", "article", ["first_seen_at"])
    op.create_index("article_revision", "article", ["revision"])
    op.create_table(
        "entry",
        Column("id", Id, Identity(), primary_key=True),
        Column("source_id", Text, nullable=False),
        Column("identity", Text, nullable=False),
        Column("guid", Text),
        Column("url", Text),
        Column("title", Text, nullable=False),
        Column("summary", Text, nullable=False),
        Column("content", Text, nullable=False),
        Column("author", Text),
        Column("published_at", BigInteger),
        Column("first_seen_at", BigInteger, nullable=False),
        Column("first_poll", Integer, nullable=False),
        Column("state", Text, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("next_attempt_at", BigInteger),
        Column("problem", Text),
        Column("article_id", Id, ForeignKey("article.id")),
        UniqueConstraint("source_id", "identity", name="entry_identity"),
    )
    op.create_index("entry_state", "entry", ["state", "next_attempt_at"])
    op.create_index("entry_article", "entry", ["article_id"])
