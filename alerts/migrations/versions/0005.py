"""Stories of reports in other words: what is compared, by what it is found, links, how rare a feature is."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text

revision = "0005"
down_revision = "0004"

Id = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("story_article", Column("origin_id", Id))
    op.add_column("story_article", Column("reason", Text))
    op.create_table(
        "story_core",
        Column("article_id", Id, primary_key=True, autoincrement=False),
        Column("story_id", Id, ForeignKey("story.id"), nullable=False),
        Column("stored_at", BigInteger, nullable=False),
        Column("fingerprint", Text, nullable=False),
    )
    op.create_index("story_core_story", "story_core", ["story_id"])
    op.create_index("story_core_stored", "story_core", ["stored_at"])
    op.create_table(
        "story_key",
        Column("key", BigInteger, primary_key=True, autoincrement=False),
        Column("article_id", Id, primary_key=True, autoincrement=False),
        Column("story_id", Id, nullable=False),
        Column("at", BigInteger, nullable=False),
    )
    op.create_index("story_key_at", "story_key", ["key", "at"])
    op.create_index("story_key_article", "story_key", ["article_id"])
    op.create_table(
        "story_link",
        Column("story_id", Id, primary_key=True, autoincrement=False),
        Column("other_id", Id, primary_key=True, autoincrement=False),
        Column("created_at", BigInteger, nullable=False),
    )
    op.create_table(
        "story_rarity",
        Column("feature", Text, primary_key=True),
        Column("articles", BigInteger, nullable=False),
        Column("seen_at", BigInteger, nullable=False),
    )
