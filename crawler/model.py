"""The values that travel through the crawl: what a feed said, what a page held, how a poll ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One item of a feed as its publisher wrote it; text fields are plain NFC text, never markup."""

    title: str
    url: str | None = None  # absolute http(s) link of the article
    guid: str | None = None
    summary: str = ""  # plain text, paragraphs separated by "\n"
    content: str = ""  # the feed's own full text, plain; "" when the feed carries none
    author: str | None = None
    published: datetime | None = None  # aware UTC; the publisher's word, for display only
    publisher: str | None = None  # whose article it is, where the feed carries others' articles


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed body that could be read, wholly or up to where it was damaged."""

    entries: tuple[FeedEntry, ...]
    title: str = ""
    language: str | None = None  # BCP 47 as the feed declares it
    ttl: timedelta | None = None  # RSS <ttl>: do not ask sooner
    damaged: str | None = None  # why later entries may be missing; such a feed's validators are not kept
    older: str | None = None  # address of the page with the entries before these
    moved: str | None = None  # new address that the feed itself names
    parts: tuple[str, ...] = ()  # documents listed here that hold the entries, newest first


@dataclass(frozen=True, slots=True)
class ExtractRules:
    """What a source's configuration says of its pages; selectors are CSS that has been checked."""

    keep: tuple[str, ...] = ()  # where the story stands
    drop: tuple[str, ...] = ()  # what goes before anything is read
    min_chars: int | None = None  # a shorter text is none


@dataclass(frozen=True, slots=True)
class ExtractedPage:
    """The article of a page, without the page's furniture."""

    text: str  # paragraphs separated by "\n"; "" when the page holds no article text
    title: str | None = None
    language: str | None = None  # ISO 639-1
    author: str | None = None
    published: datetime | None = None  # aware UTC
    canonical_url: str | None = None  # absolute, as declared by the page; not yet trusted
    truncated: bool = False  # a paywall or "subscribe to read on" cut the text
    several: bool = False  # strings many reports together: a live blog
    keep_missed: bool = False  # what the source's configuration keeps is not on the page


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes the next request for the same resource conditional (RFC 9110 §13.1)."""

    etag: str | None = None
    last_modified: str | None = None
    body_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How much a source brings and when, as `crawler.cadence.pace` learned it; *hours*, *weekdays*: factors round 1."""

    learned_at: datetime
    items_per_hour: float
    arrivals_per_hour: float  # polls that bring something: items come in bursts
    hours: tuple[float, ...]  # by local hour
    weekdays: tuple[float, ...]  # Monday first
    spread: float  # variance of a day's factor


@dataclass(frozen=True, slots=True)
class Hold:
    """A server that asked for time (``Retry-After``): *origin*, scheme://host:port, is not asked before *until*."""

    origin: str
    until: datetime


@dataclass(frozen=True, slots=True)
class PollState:
    """What is remembered of a source between polls. All instants aware UTC."""

    source_id: str
    route: int = 0  # index of the route that served last
    url: str | None = None  # the address that the validators belong to
    validators: Validators = Validators()
    next_poll_at: datetime | None = None  # None: never polled, due now
    next_poll_why: str | None = None  # a value of `crawler.cadence.schedule.Why`
    first_polled_at: datetime | None = None  # first success; None: the source is new
    last_ok_at: datetime | None = None
    last_item_at: datetime | None = None  # newest first-seen
    failures: int = 0  # consecutive
    failing_since: datetime | None = None
    problem: str | None = None  # cause of the last failure, for people
    unconditional_at: datetime | None = None  # last request without validators
    gap: str | None = None  # page of older entries still to be read: the last poll met nothing known
    gap_pages: int = 0  # read of this gap so far
    gap_since: datetime | None = None  # when it opened: an entry known before then ends it
    window: int | None = None  # entries that its last document showed
    pace: Pace | None = None  # None: nothing learned yet
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class PendingEntry:
    """A stored entry whose article text has not been settled yet."""

    entry_id: int
    source_id: str
    entry: FeedEntry
    first_seen: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Article:
    """An article to be stored: the text that is matched and the facts that are shown."""

    canonical_url: str | None
    title: str
    text: str
    language: str | None
    author: str | None
    published: datetime | None
    origin: str  # "page", "feed" or "summary": where the text comes from
    truncated: bool = False
    publisher: str | None = None  # as `FeedEntry.publisher`
    several: bool = False  # tells several stories, so that its title may be that of another
    doubt: str | None = None  # what is odd about the page's text, in words


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as read back for the later stages."""

    article_id: int
    source_id: str  # the source that brought it first
    url: str | None  # the link to show
    title: str
    text: str
    language: str | None
    author: str | None
    published: datetime | None
    first_seen: datetime
    origin: str
    truncated: bool
    text_sha256: str  # of the white-space-normalised text: equal for verbatim copies
    backlog: bool  # came with a new source's first poll, older than the first-run window: never alerted
    publisher: str | None = None  # whose article it is, where its source carries others' articles
    several: bool = False  # tells several stories: quote the paragraph, not the title
    doubt: str | None = None  # what is odd about the page's text, in words


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong with one source, said once in the report and the digest's last line."""

    source_id: str
    problem: str
    since: datetime | None = None


@dataclass(slots=True)
class CrawlReport:
    """Counts of one crawl, in the words of ``run --json``."""

    due: int = 0
    polled: int = 0
    not_modified: int = 0
    failed: int = 0
    entries_seen: int = 0
    entries_new: int = 0
    fetched: int = 0
    from_feed: int = 0
    summary_only: int = 0
    article_failures: int = 0
    all_failed: bool = False  # not one source could be read
    asked: int = 0  # sources whose server was asked for anything, a feed or a page
    unanswered: int = 0  # of them: gave no answer at all
    unreachable: bool = False  # hardly any gave one: the network is down
