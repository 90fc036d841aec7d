"""Which revisions of told articles were compared, what they changed, and which channels are to be told."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Integer, Text, UniqueConstraint

revision = "0004"
down_revision = "0003"

_ID = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "compared",
        Column("revision_id", _ID, primary_key=True, autoincrement=False),
        Column("changes", Text, nullable=False),
        Column("compared_at", BigInteger, nullable=False),
    )
    op.create_table(
        "change_alert",
        Column("id", _ID, Identity(), primary_key=True),
        Column("channel_id", Text, nullable=False),
        Column("revision_id", _ID, nullable=False),
        Column("article_id", _ID, nullable=False),
        Column("story_id", _ID, ForeignKey("story.id"), nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("digest_id", Text, ForeignKey("digest.id")),
        UniqueConstraint("channel_id", "revision_id", name="change_alert_once"),
    )
    op.create_index("change_alert_pending", "change_alert", ["channel_id", "digest_id"])
    op.create_index("change_alert_article", "change_alert", ["article_id"])
