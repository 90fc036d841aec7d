"""Matches, stories, digests, deliveries, channels, incidents, runs."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Integer, LargeBinary, Text, UniqueConstraint

revision = "0001"
down_revision = None

Id = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "examined",
        Column("article_id", Id, primary_key=True, autoincrement=False),
        Column("revision", Integer, nullable=False),
        Column("rules_hash", Text, nullable=False),
        Column("examined_at", BigInteger, nullable=False),
        Column("attempts", Integer, nullable=False),
    )
    op.create_index("examined_attempts", "examined", ["attempts"])
    op.create_table(
        "match",
        Column("id", Id, Identity(), primary_key=True),
        Column("article_id", Id, nullable=False),
        Column("topic_id", Text, nullable=False),
        Column("hits", Text, nullable=False),
        Column("matched_at", BigInteger, nullable=False),
        UniqueConstraint("article_id", "topic_id", name="match_once"),
    )
    op.create_table(
        "story",
        Column("id", Id, Identity(), primary_key=True),
        Column("created_at", BigInteger, nullable=False),
    )
    op.create_table(
        "story_article",
        Column("article_id", Id, primary_key=True, autoincrement=False),
        Column("story_id", Id, ForeignKey("story.id"), nullable=False),
    )
    op.create_table(
        "digest",
        Column("id", Text, primary_key=True),
        Column("channel_id", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("content", Text, nullable=False),
    )
    op.create_table(
        "alert",
        Column("id", Id, Identity(), primary_key=True),
        Column("channel_id", Text, nullable=False),
        Column("article_id", Id, nullable=False),
        Column("story_id", Id, ForeignKey("story.id"), nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("digest_id", Text, ForeignKey("digest.id")),
        Column("counted", Integer, nullable=False),
        UniqueConstraint("channel_id", "article_id", name="alert_once"),
    )
    op.create_table(
        "delivery",
        Column("id", Id, Identity(), primary_key=True),
        Column("digest_id", Text, ForeignKey("digest.id"), nullable=False),
        Column("channel_id", Text, nullable=False),
        Column("part", Integer, nullable=False),
        Column("parts", Integer, nullable=False),
        Column("style", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("story_ids", Text, nullable=False),
        Column("idempotency_key", Text, nullable=False, unique=True),
        Column("state", Text, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("repeats", Integer, nullable=False),
        Column("owner", Text),
        Column("lease_until", BigInteger),
        Column("not_before", BigInteger),
        Column("reason", Text),
        Column("message_id", Text),
        Column("created_at", BigInteger, nullable=False),
        Column("updated_at", BigInteger, nullable=False),
    )
    op.create_table(
        "channel_state",
        Column("channel_id", Text, primary_key=True),
        Column("keys_hash", Text),
        Column("last_digest_at", BigInteger),
        Column("checked_at", BigInteger),
        Column("sent_at", BigInteger),
        Column("paused_at", BigInteger),
        Column("paused_reason", Text),
    )
    op.create_table(
        "incident",
        Column("id", Id, Identity(), primary_key=True),
        Column("subject", Text, nullable=False),
        Column("text", Text, nullable=False),
        Column("opened_at", BigInteger, nullable=False),
        Column("told_at", BigInteger),
        Column("closed_at", BigInteger),
        Column("closing_told_at", BigInteger),
    )
    op.create_table(
        "run",
        Column("id", Text, primary_key=True),
        Column("started_at", BigInteger, nullable=False),
        Column("finished_at", BigInteger),
        Column("report", Text),
    )
    op.create_index("story_article_story", "story_article", ["story_id"])
    op.create_index("alert_pending", "alert", ["channel_id", "digest_id"])
    op.create_index("delivery_queue", "delivery", ["channel_id", "state", "id"])
    op.create_index("incident_subject", "incident", ["subject", "closed_at"])
