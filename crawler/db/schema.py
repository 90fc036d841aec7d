"""Tables of the crawl. Instants are Unix milliseconds, UTC; booleans are 0 and 1 in every database."""

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

metadata = MetaData()

Id = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers only INTEGER PRIMARY KEY by itself

source_state = Table(
    "source_state",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("route", Integer, nullable=False, default=0),
    Column("url", Text),  # the address that the validators belong to
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_sha256", Text),
    Column("next_poll_at", BigInteger),
    Column("first_polled_at", BigInteger),
    Column("last_ok_at", BigInteger),
    Column("last_item_at", BigInteger),
    Column("failures", Integer, nullable=False, default=0),
    Column("failing_since", BigInteger),
    Column("problem", Text),
    Column("unconditional_at", BigInteger),
    Column("gap", Text),
    Column("gap_pages", Integer, nullable=False, default=0),
    Column("gap_since", BigInteger),
    Column("next_poll_why", Text),
    Column("window_entries", Integer),  # that the last document showed
    Column("pace", Text),  # JSON: how much it brings and when
    Column("holds", Text),  # JSON: servers that asked for time, and until when
)

deaf = Table(  # long stretches between two polls: nothing is known of them
    "deaf",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("since_at", BigInteger, primary_key=True, autoincrement=False),
    Column("until_at", BigInteger, nullable=False),
)

oddity = Table(  # what is odd about a source that answers
    "oddity",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("url", Text, nullable=False),  # that was asked
    Column("said", Text, nullable=False),
    Column("polls", Integer, nullable=False),  # in a row
    Column("since_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("is_usual", Integer, nullable=False),  # has passed before: the source is like that
)

robots = Table(
    "robots",
    metadata,
    Column("origin", Text, primary_key=True),  # scheme://host:port
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("fetched_at", BigInteger, nullable=False),
)

article = Table(
    "article",
    metadata,
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
    Column("truncated", Integer, nullable=False, default=0),
    Column("backlog", Integer, nullable=False, default=0),
    Column("text_sha256", Text, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
    Column("publisher", Text),  # of an article that its source carries for another
    Column("several", Integer, nullable=False, default=0),
    Column("doubt", Text),
    Index("article_text", "text_sha256"),
    Index("article_seen", "first_seen_at"),
    Index("article_revision", "revision"),
)

entry = Table(
    "entry",
    metadata,
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
    Column("first_poll", Integer, nullable=False, default=0),
    Column("state", Text, nullable=False),  # new, retry, settled
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at", BigInteger),
    Column("problem", Text),
    Column("article_id", Id, ForeignKey("article.id")),
    Column("route", Text),  # the address that it was read from
    Column("publisher", Text),
    UniqueConstraint("source_id", "identity", name="entry_identity"),
    Index("entry_state", "state", "next_attempt_at"),
    Index("entry_source", "source_id", "id"),
    Index("entry_article", "article_id"),
)

printed = Table(  # the last pages of a source by their lines: what stands on most of them is furniture
    "printed",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("lines", Text, nullable=False),  # signs of lines, separated by spaces
)

reread = Table(  # articles that were told: their pages are read again a few times
    "reread",
    metadata,
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    Column("told_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("tries", Integer, nullable=False),
    Column("read_at", BigInteger),
    Column("absences", Integer, nullable=False),  # in a row
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_sha256", Text),
    Index("reread_due", "due_at"),
)

revision = Table(  # what an article said before its outlet changed or removed it
    "revision",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    Column("kind", Text, nullable=False),  # crawler.records.revision.Kind
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("replaced_at", BigInteger, nullable=False),
    Index("revision_article", "article_id", "id"),
)

backfill = Table(
    "backfill",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("route", Text, nullable=False),  # the configured address that is being walked
    Column("since", BigInteger, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("next", Text),  # JSON: addresses still to be read, the next first
    Column("pages", Integer, nullable=False, default=0),
    Column("stored", Integer, nullable=False, default=0),  # entries that were new
    Column("oldest_at", BigInteger),  # publication date that the walk has come back to
    Column("finished_at", BigInteger),
)
