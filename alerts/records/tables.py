"""Tables of matches, stories, digests, deliveries, the state of search. Instants are Unix milliseconds, UTC."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from crawler.db.schema import Id

metadata = MetaData()

examined = Table(
    "examined",
    metadata,
    Column("article_id", Id, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
    Column("rules_hash", Text, nullable=False),
    Column("examined_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),  # begun since it was last examined to the end
    Index("examined_attempts", "attempts"),
)

match = Table(
    "match",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("article_id", Id, nullable=False),
    Column("topic_id", Text, nullable=False),
    Column("hits", Text, nullable=False),  # JSON of alerts.model.Hit
    Column("matched_at", BigInteger, nullable=False),
    UniqueConstraint("article_id", "topic_id", name="match_once"),
)

story = Table(
    "story",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
)

story_article = Table(
    "story_article",
    metadata,
    Column("article_id", Id, primary_key=True, autoincrement=False),
    Column("story_id", Id, ForeignKey("story.id"), nullable=False),
    Column("origin_id", Id),  # the article that it repeats; null: none, it is an origin itself
    Column("reason", Text),  # JSON: why it joined; null: it founded the story, or is a word-for-word copy
    Index("story_article_story", "story_id"),
)

story_core = Table(  # the reports that new articles are compared with
    "story_core",
    metadata,
    Column("article_id", Id, primary_key=True, autoincrement=False),
    Column("story_id", Id, ForeignKey("story.id"), nullable=False),
    Column("stored_at", BigInteger, nullable=False),
    Column("fingerprint", Text, nullable=False),  # JSON of alerts.story.stored
    Index("story_core_story", "story_id"),
    Index("story_core_stored", "stored_at"),
)

story_key = Table(  # under what a report of a core is found again
    "story_key",
    metadata,
    Column(
        "key", BigInteger, primary_key=True, autoincrement=False
    ),  # hash of a feature or of a band of its sketch
    Column("article_id", Id, primary_key=True, autoincrement=False),
    Column("story_id", Id, nullable=False),
    Column("at", BigInteger, nullable=False),  # when the article was published, or first seen
    Index("story_key_at", "key", "at"),
    Index("story_key_article", "article_id"),
)

story_link = Table(  # stories near each other; the later one names the earlier
    "story_link",
    metadata,
    Column("story_id", Id, primary_key=True, autoincrement=False),
    Column("other_id", Id, primary_key=True, autoincrement=False),
    Column("created_at", BigInteger, nullable=False),
)

story_rarity = Table(  # in how many articles a feature stood; "" counts all articles
    "story_rarity",
    metadata,
    Column("feature", Text, primary_key=True),
    Column("articles", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)

digest = Table(
    "digest",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("content", Text, nullable=False),  # JSON of alerts.model.Digest
)

alert = Table(
    "alert",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("channel_id", Text, nullable=False),
    Column("article_id", Id, nullable=False),
    Column("story_id", Id, ForeignKey("story.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("digest_id", Text, ForeignKey("digest.id")),  # null: not yet in any digest
    Column("counted", Integer, nullable=False, default=0),  # named only in a "+N more" line
    UniqueConstraint("channel_id", "article_id", name="alert_once"),
    Index("alert_pending", "channel_id", "digest_id"),
)

compared = Table(  # revisions of told articles, and what each changed
    "compared",
    metadata,
    Column("revision_id", Id, primary_key=True, autoincrement=False),
    Column("changes", Text, nullable=False),  # JSON of alerts.digest.change.Change
    Column("compared_at", BigInteger, nullable=False),
)

change_alert = Table(  # what a channel is owed of an article that it was told
    "change_alert",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("channel_id", Text, nullable=False),
    Column("revision_id", Id, nullable=False),
    Column("article_id", Id, nullable=False),
    Column("story_id", Id, ForeignKey("story.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("digest_id", Text, ForeignKey("digest.id")),  # null: not yet told
    UniqueConstraint("channel_id", "revision_id", name="change_alert_once"),
    Index("change_alert_pending", "channel_id", "digest_id"),
    Index("change_alert_article", "article_id"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("digest_id", Text, ForeignKey("digest.id"), nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("style", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # frozen before the first send
    Column("story_ids", Text, nullable=False),  # JSON list: what a refused part is split by
    Column("idempotency_key", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),  # alerts.delivery.outbox.State
    Column("attempts", Integer, nullable=False, default=0),
    Column("repeats", Integer, nullable=False, default=0),  # sends after an unknown outcome
    Column("owner", Text),
    Column("not_before", BigInteger),
    Column("reason", Text),
    Column("message_id", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("edits", Id),  # the delivery whose message this one changes; null: it is a message of its own
    Column(
        "notes", Text
    ),  # JSON of alerts.model.ChangeNote, newest first: what such a message is marked with
    Index("delivery_queue", "channel_id", "state", "id"),
    Index("delivery_edits", "edits"),
)

delivery_event = Table(  # what became of a delivery, step by step
    "delivery_event",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("delivery_id", Id, ForeignKey("delivery.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", Text, nullable=False),  # alerts.delivery.attempt.State
    Column("reason", Text),
    Index("delivery_event_delivery", "delivery_id"),
    Index("delivery_event_at", "at"),
)

channel_state = Table(
    "channel_state",
    metadata,
    Column("channel_id", Text, primary_key=True),
    Column("keys_hash", Text),
    Column("last_digest_at", BigInteger),
    Column("checked_at", BigInteger),  # when its schedule was last looked at
    Column("sent_at", BigInteger),  # last message that the platform took
    Column("paused_at", BigInteger),
    Column("paused_reason", Text),
    Column(
        "spoken_at", BigInteger
    ),  # when anything was last written for it, or its silence was first looked at
)

incident = Table(
    "incident",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("subject", Text, nullable=False),  # "source:dvb-my", "channel:desk", "network"
    Column("text", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("told_at", BigInteger),
    Column("closed_at", BigInteger),
    Column("closing_told_at", BigInteger),
    Column("told_in", Text),  # the digest that told its beginning
    Index("incident_subject", "subject", "closed_at"),
)

run = Table(
    "run",
    metadata,
    Column("id", Text, primary_key=True),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("report", Text),  # JSON, as `run --json` prints it
)

search_state = Table(
    "search_state",
    metadata,
    Column("article_id", Id, primary_key=True, autoincrement=False),
    Column("source_id", Text, nullable=False),
    Column("revision", Integer, nullable=False),  # the article's, when it was indexed
    Column("shown_at", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),  # the rules that made its tokens
    Column("content", Text, nullable=False),  # alerts.search.index: whole, partial, title, purged
    Index("search_state_made_by", "source_id", "made_by"),
    Index("search_state_content", "content"),
)
