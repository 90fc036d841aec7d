"""What became of one entry: its rows from the feed to the chat, and why each channel has been told or not.

Reads only. It tries no rule again (`alerts.backtest` does) and prints nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Row, func, or_, select

from alerts.archive import stored_article
from alerts.attempt import State
from alerts.channelstate import ChannelState, ChannelStates
from alerts.configkeys import At, Every, Instant
from alerts.due import interval_passed, is_quiet
from alerts.model import Hit
from alerts.outbox import Outbox
from alerts.tables import alert, delivery, digest, examined, match, story_article
from crawler.clock import from_ms
from crawler.db.engine import transaction
from crawler.db.schema import article, entry
from crawler.identity import entry_identity
from crawler.model import FeedEntry, StoredArticle
from crawler.urls import identity_key, is_http_url

if TYPE_CHECKING:
    from alerts.config import Channel, Config

MOST_CANDIDATES = 50

Standing = Literal["told", "counted", "waits", "failed", "not told"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that an address or a part of one may mean: an article, or an entry that has none yet."""

    article_id: int | None
    entry_id: int | None
    url: str | None
    title: str


@dataclass(frozen=True, slots=True)
class Brought:
    """An entry of a feed, and how far its page came."""

    entry_id: int
    source_id: str
    url: str | None
    title: str
    published: datetime | None
    first_seen: datetime
    first_poll: bool
    state: str  # new, retry, settled
    attempts: int
    next_attempt: datetime | None
    problem: str | None
    feed_chars: int  # of the feed's own words: content, else summary


@dataclass(frozen=True, slots=True)
class Examination:
    """When an article was matched, and under which rules."""

    revision: int
    rules_hash: str
    at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a topic when the article was matched."""

    hits: tuple[Hit, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One frozen message of a digest; *number* is what ``newswatch outbox show`` takes."""

    number: int
    part: int
    parts: int
    state: State
    attempts: int
    not_before: datetime | None
    reason: str | None
    message_id: str | None
    updated: datetime


@dataclass(frozen=True, slots=True)
class Queued:
    """An article in a channel's queue, and in a digest once there is one; its messages with it."""

    channel_id: str
    queued: datetime
    digest_id: str | None
    digest_at: datetime | None
    counted: bool
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """Everything stored of one entry and its article."""

    entries: tuple[Brought, ...]
    article: StoredArticle | None = None
    revision: int = 0
    examination: Examination | None = None
    found: Mapping[str, Found] | None = None
    story_id: int | None = None
    others: tuple[StoredArticle, ...] = ()  # of the same story, oldest first
    queued: tuple[Queued, ...] = ()

    @property
    def is_examined(self) -> bool:
        """Tell whether the text as it is now has been matched."""
        return self.examination is not None and self.examination.revision >= self.revision


@dataclass(frozen=True, slots=True)
class ChannelFate:
    """How a channel stands to an article, in a word and in a sentence."""

    channel_id: str
    standing: Standing
    reason: str
    at: datetime | None = None
    queued: Queued | None = None


class History:
    """Reads the rows of single entries in one database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def find(self, name: str) -> tuple[Candidate, ...]:
        """Return what *name* means: an article's number, an address in any spelling, or a part of one.

        A whole address never counts as a part of another. At most `MOST_CANDIDATES`, articles first.
        """
        name = name.strip()
        with transaction(self.engine) as connection:
            is_number = name.isascii() and name.isdigit() and len(name) < 19  # outlets number their pages too
            if is_number and (known := self._candidates(connection, article.c.id == int(name), None)):
                return known
            url = name if "://" in name else f"https://{name}"
            identity = entry_identity(FeedEntry("", url)) if is_http_url(url) else ""
            if identity.startswith("url:"):
                mine = article.c.identity == identity.removeprefix("url:")
                if known := self._candidates(connection, mine, entry.c.identity == identity):
                    return known
            if "://" in name or not name:
                return ()
            parts = {name.lower(), quote(name, safe="/%:@!$&'()*+,;=~-._?#").lower()}
            by_article = or_(*(func.lower(article.c.url).contains(part, autoescape=True) for part in parts))
            by_entry = or_(*(func.lower(entry.c.url).contains(part, autoescape=True) for part in parts))
            return self._candidates(connection, by_article, by_entry)

    def read(self, candidate: Candidate) -> Life:
        """Return everything stored of *candidate*."""
        with transaction(self.engine) as connection:
            if candidate.article_id is None:
                row = connection.execute(select(entry).where(entry.c.id == candidate.entry_id)).one()
                return Life((_brought(row),))
            return self._read_article(connection, candidate.article_id)

    def newest_id(self) -> int:
        """Return the highest number of an article, 0 in an empty archive."""
        with transaction(self.engine) as connection:
            return int(connection.execute(select(func.max(article.c.id))).scalar() or 0)

    def sources_of_host(self, url: str) -> dict[str, int]:
        """Return which sources brought addresses of the host of *url* or below it, with their numbers."""
        host, address = identity_key(url).partition("/")[0], func.lower(entry.c.url)
        query = (
            select(entry.c.source_id, func.count().label("number"))
            .where(or_(*(address.contains(f"{sign}{host}/", autoescape=True) for sign in ("//", "."))))
            .group_by(entry.c.source_id)
        )
        with transaction(self.engine) as connection:
            return {row.source_id: row.number for row in connection.execute(query)}

    def _candidates(self, connection: Connection, of_article: Any, of_entry: Any) -> tuple[Candidate, ...]:
        found: dict[tuple[int | None, int | None], Candidate] = {}
        articles = select(article.c.id, article.c.url, article.c.title).where(of_article)
        for one in connection.execute(articles.order_by(article.c.id.desc()).limit(MOST_CANDIDATES)):
            found[one.id, None] = Candidate(one.id, None, one.url, one.title)
        if of_entry is not None:
            entries = select(entry.c.id, entry.c.url, entry.c.title, entry.c.article_id).where(of_entry)
            for row in connection.execute(entries.order_by(entry.c.id.desc()).limit(MOST_CANDIDATES)):
                entry_id = row.id if row.article_id is None else None
                candidate = Candidate(row.article_id, entry_id, row.url, row.title)
                found.setdefault((row.article_id, entry_id), candidate)
        return tuple(found.values())[:MOST_CANDIDATES]

    def _read_article(self, connection: Connection, article_id: int) -> Life:
        def rows(query: Any) -> Sequence[Row[Any]]:
            return connection.execute(query).all()

        mine = connection.execute(select(article).where(article.c.id == article_id)).one()
        seen = rows(select(examined).where(examined.c.article_id == article_id))
        matched = rows(select(match).where(match.c.article_id == article_id).order_by(match.c.id))
        placed = select(story_article.c.story_id).where(story_article.c.article_id == article_id)
        story_id = connection.execute(placed).scalar()
        shared = select(article).join(story_article, story_article.c.article_id == article.c.id)
        others = rows(
            shared.where(story_article.c.story_id == story_id, article.c.id != article_id).order_by(
                article.c.first_seen_at, article.c.id
            )
        )
        dated = select(alert, digest.c.created_at.label("digest_at")).outerjoin(
            digest, digest.c.id == alert.c.digest_id
        )
        return Life(
            entries=tuple(
                _brought(row)
                for row in rows(select(entry).where(entry.c.article_id == article_id).order_by(entry.c.id))
            ),
            article=stored_article(mine),
            revision=mine.revision,
            examination=next((_examination(row) for row in seen), None),
            found={row.topic_id: Found(_read_hits(row.hits), from_ms(row.matched_at)) for row in matched},
            story_id=story_id,
            others=tuple(map(stored_article, others)),
            queued=tuple(
                _queued(row, _messages(connection, row))
                for row in rows(dated.where(alert.c.article_id == article_id).order_by(alert.c.id))
            ),
        )


def tell_fates(
    config: Config, engine: Engine, life: Life, channels: Sequence[Channel], now: datetime
) -> tuple[ChannelFate, ...]:
    """Return how every channel stands to the article of *life*, those that left the configuration included.

    *channels* are the usable ones; the terminal's when there is none.
    """
    states = ChannelStates(engine).load()
    outbox = Outbox(engine)
    queued = {item.channel_id: item for item in life.queued}
    usable = {channel.id: channel for channel in channels}
    skipped = {item.id: item for item in config.skipped}
    zone = ZoneInfo(config.crawl.settings.timezone)
    fates = []
    for channel_id in dict.fromkeys((*usable, *skipped, *queued)):
        channel, mine = usable.get(channel_id), queued.get(channel_id)
        unset = ", ".join(skipped[channel_id].variables) if channel_id in skipped else ""
        if mine is None:
            topics = channel.topics if channel else skipped[channel_id].topics
            reason = _why_not_queued(life, topics, unset)
            fates.append(ChannelFate(channel_id, "not told", reason))
        elif mine.digest_id is not None:
            fates.append(_in_digest(life, mine))
        else:
            if unset:
                reason = f"the channel is skipped until {unset} is set"
            elif channel is None:
                reason = "the channel is not in channels.yaml any more"
            else:
                state = states.get(channel_id, ChannelState(channel_id))
                reason = _why_waiting(channel, state, outbox, now, zone)
            fates.append(ChannelFate(channel_id, "waits", reason, mine.queued, mine))
    return tuple(fates)


def _why_not_queued(life: Life, topics: Sequence[str], unset: str) -> str:
    found = life.found or {}
    if life.article is None:
        return "there is no article yet"
    if not found:
        return "no topic was found in it" if life.is_examined else "it has not been matched yet"
    if life.article.backlog:
        return "it came with the source's first poll and was older than first_run_window"
    if not any(topic in topics for topic in found):
        return f"the channel wants {', '.join(topics)} only"
    if unset:
        return f"the channel was skipped: {unset} is not set"
    return "the channel was not there yet when it was matched, or did not want the topic then"


def _in_digest(life: Life, mine: Queued) -> ChannelFate:
    at, messages = mine.digest_at, mine.messages
    if mine.counted:
        reason = f'only counted in the line "+N more" of digest {mine.digest_id}: there were too many at once'
        return ChannelFate(mine.channel_id, "counted", reason, at, mine)
    told = f"digest {mine.digest_id}"
    if messages and all(message.state is State.SENT for message in messages):
        done = max(message.updated for message in messages)
        if life.examination and at and life.revision > 1 and at < life.examination.at:
            told += "; the fuller text that came later is not told again"
        return ChannelFate(mine.channel_id, "told", told, done, mine)
    for message in messages:
        if message.state in (State.DEAD, State.HELD):
            what = "given up" if message.state is State.DEAD else "held"
            reason = f"{told}, message {message.number} was {what}: {message.reason or 'no reason noted'}"
            return ChannelFate(mine.channel_id, "failed", reason, message.updated, mine)
    noted = next((message.reason for message in messages if message.reason), None)
    return ChannelFate(
        mine.channel_id, "waits", f"{told} is not sent yet: {noted or 'with the next run'}", at, mine
    )


def _why_waiting(channel: Channel, state: ChannelState, outbox: Outbox, now: datetime, zone: ZoneInfo) -> str:
    """Return what the digest stage would find in the way of *channel*, in its order."""
    if state.paused_at is not None:
        return f"the channel is paused: {state.paused_reason or 'no reason noted'}"
    if blocking := outbox.next_part(channel.id):
        why = f" ({blocking.reason})" if blocking.reason else ""
        return f"message {blocking.delivery_id} before it is not sent yet{why}"
    if channel.quiet and is_quiet(channel.quiet.start, channel.quiet.end, now, zone):
        return f"quiet hours until {channel.quiet.end:%H:%M}"
    match channel.send:
        case At(times):
            return f"sent with the first run after {' and '.join(f'{time:%H:%M}' for time in times)}"
        case Every(interval) if state.last_digest_at and not interval_passed(
            interval, state.last_digest_at, now
        ):
            return (
                f"the next digest is due {(state.last_digest_at + interval).astimezone(zone):%Y-%m-%d %H:%M}"
            )
        case Every() | Instant():
            return "goes out with the next run"


def _messages(connection: Connection, row: Row[Any]) -> tuple[Message, ...]:
    """Return the messages of an alert's digest that tell its story, else all: a count stands in the last."""
    query = select(delivery).where(
        delivery.c.digest_id == row.digest_id, delivery.c.state != State.SUPERSEDED.value
    )
    parts = connection.execute(query.order_by(delivery.c.part, delivery.c.id)).all() if row.digest_id else []
    mine = [part for part in parts if row.story_id in json.loads(part.story_ids)] or parts
    return tuple(
        Message(
            part.id,
            part.part,
            part.parts,
            State(part.state),
            part.attempts,
            None if part.not_before is None else from_ms(part.not_before),
            part.reason,
            part.message_id,
            from_ms(part.updated_at),
        )
        for part in mine
    )


def _queued(row: Row[Any], messages: tuple[Message, ...]) -> Queued:
    digest_at = None if row.digest_at is None else from_ms(row.digest_at)
    return Queued(
        row.channel_id, from_ms(row.created_at), row.digest_id, digest_at, bool(row.counted), messages
    )


def _examination(row: Row[Any]) -> Examination:
    return Examination(row.revision, row.rules_hash, from_ms(row.examined_at), row.attempts)


def _brought(row: Row[Any]) -> Brought:
    return Brought(
        row.id,
        row.source_id,
        row.url,
        row.title,
        None if row.published_at is None else from_ms(row.published_at),
        from_ms(row.first_seen_at),
        bool(row.first_poll),
        row.state,
        row.attempts,
        None if row.next_attempt_at is None else from_ms(row.next_attempt_at),
        row.problem,
        len(row.content or row.summary),
    )


def _read_hits(stored: str) -> tuple[Hit, ...]:
    return tuple(Hit(**values) for values in json.loads(stored))
