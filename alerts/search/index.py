"""The index of articles that may hold words: kept up to date by search itself, never by a run; only proposes.

All of it is derived from the crawl's articles and can be made again. One batch is one commit, so an indexing
that is killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, or_, select, text

from alerts.records.storyrow import stored_article
from alerts.records.tables import search_state
from alerts.search.backend import BACKENDS, Needs
from alerts.search.token import REVISION, find_tokens, read_fields
from crawler.clock import from_ms, to_ms
from crawler.db.engine import transaction
from crawler.db.schema import article
from crawler.model import StoredArticle
from crawler.records.identity import text_hash

BATCH = 100
MAX_TOKENS_BYTES = 400_000  # of one article; PostgreSQL takes 1 MB

# What search_state.content says of an article:
_WHOLE, _PARTIAL = "whole", "partial"  # all its tokens are stored; too many, so it is always proposed
_TITLE, _PURGED = "title", "purged"  # it never had a text; its text was removed, and with it its tokens

_STATE = search_state.c.keys()
_REMEMBER = text(  # two searches at once may index the same article
    f"INSERT INTO search_state ({', '.join(_STATE)}) VALUES (:{', :'.join(_STATE)}) "  # noqa: S608 - our constants
    f"ON CONFLICT (article_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _STATE[1:])}"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which articles are searched at all."""

    since: datetime | None = None
    until: datetime | None = None
    source_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Searched:
    """How many articles a scope holds, and from when they are."""

    count: int
    oldest: datetime | None
    newest: datetime | None


class SearchIndex:
    """The index on one database. *encodings* names the sources that write Zawgyi, by source id."""

    def __init__(self, engine: Engine, encodings: Mapping[str, str]) -> None:
        self.engine = engine
        self._backend = BACKENDS[engine.url.get_backend_name()]
        self._encodings = encodings

    def encoding_of(self, source_id: str) -> str:
        """Return what the source's texts are when they are too short to judge."""
        return self._encodings.get(source_id, "unicode")

    def update(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
        """Index what is new or changed and forget what was purged; return how many articles were read.

        *progress* is told after every commit how many of how many are done. Raises `StoreError` where the
        database lacks what search needs.
        """
        with transaction(self.engine) as connection:
            if self._backend.prepare(connection):
                connection.execute(delete(search_state))
            self._forget_other_makers(connection)
            outdated = self._find_outdated(connection)
        self._forget_purged()
        for start in range(0, len(outdated), BATCH):
            self._index(outdated[start : start + BATCH])
            progress(min(start + BATCH, len(outdated)), len(outdated))
        return len(outdated)

    def find(self, readings: Sequence[Needs], scope: Scope) -> tuple[int, ...]:
        """Return the articles that may hold what is searched for, newest first."""
        with transaction(self.engine) as connection:
            proposed = self._backend.find(connection, readings)
            partial = select(search_state.c.article_id).where(search_state.c.content == _PARTIAL)
            proposed.update(connection.execute(partial).scalars())
            newest_first = (search_state.c.shown_at.desc(), search_state.c.article_id.desc())
            query = select(search_state.c.article_id).where(_within(scope)).order_by(*newest_first)
            return tuple(found for found in connection.execute(query).scalars() if found in proposed)

    def read(self, article_ids: Sequence[int]) -> Iterator[StoredArticle]:
        """Yield articles in the order given."""
        for start in range(0, len(article_ids), BATCH):
            chunk = article_ids[start : start + BATCH]
            with transaction(self.engine) as connection:
                rows = connection.execute(select(article).where(article.c.id.in_(chunk)))
                found = {row.id: stored_article(row) for row in rows}
            yield from (found[article_id] for article_id in chunk if article_id in found)

    def measure(self, scope: Scope) -> Searched:
        """Count the articles that a search in *scope* looks at."""
        shown_at = search_state.c.shown_at
        query = select(func.count(), func.min(shown_at), func.max(shown_at)).where(_within(scope))
        with transaction(self.engine) as connection:
            count, oldest, newest = connection.execute(query).one()
        return Searched(count, from_ms(oldest) if count else None, from_ms(newest) if count else None)

    def _maker(self, source_id: str) -> str:
        return f"{REVISION}-{self.encoding_of(source_id)}"

    def _forget_other_makers(self, connection: Connection) -> None:
        """Forget what other rules made of a source's articles: they are then indexed anew."""
        made = select(search_state.c.source_id, search_state.c.made_by).distinct()
        for source_id, maker in connection.execute(made).all():
            if maker != self._maker(source_id):
                mine = and_(search_state.c.source_id == source_id, search_state.c.made_by == maker)
                connection.execute(delete(search_state).where(mine))

    def _find_outdated(self, connection: Connection) -> list[int]:
        """Return the articles whose present text is not indexed, oldest first."""
        known = and_(search_state.c.article_id == article.c.id, search_state.c.revision == article.c.revision)
        query = select(article.c.id).outerjoin(search_state, known).where(search_state.c.article_id.is_(None))
        return sorted(connection.execute(query).scalars())

    def _index(self, article_ids: Sequence[int]) -> None:
        with transaction(self.engine) as connection:
            rows = connection.execute(select(article).where(article.c.id.in_(article_ids))).all()
        states = []
        tokens: dict[int, frozenset[str]] = {}
        for row in rows:  # outside a transaction: a run that wants to write need not wait for it
            content = (
                _PURGED
                if _is_purged(row.title, row.text, row.text_sha256)
                else _WHOLE
                if row.text
                else _TITLE
            )
            if content != _PURGED:
                found, is_complete = self._find_tokens(stored_article(row))
                tokens[row.id] = found
                content = content if is_complete else _PARTIAL
            states.append(
                {
                    "article_id": row.id,
                    "source_id": row.source_id,
                    "revision": row.revision,
                    "shown_at": to_ms(shown_date(stored_article(row))),
                    "made_by": self._maker(row.source_id),
                    "content": content,
                }
            )
        with transaction(self.engine) as connection:
            self._backend.remove(connection, [row.id for row in rows if row.id not in tokens])
            self._backend.replace(connection, tokens)
            connection.execute(_REMEMBER, states)

    def _find_tokens(self, found: StoredArticle) -> tuple[frozenset[str], bool]:
        tokens: frozenset[str] = frozenset()
        is_complete = True
        for folded in read_fields(found.title, found.text, self.encoding_of(found.source_id)):
            more, are_all = find_tokens(folded)
            tokens, is_complete = tokens | more, is_complete and are_all
        if sum(len(token.encode()) for token in tokens) > MAX_TOKENS_BYTES:
            return frozenset(), False
        return tokens, is_complete

    def _forget_purged(self) -> None:
        """Forget the tokens of texts that retention removed: it takes the articles first seen first."""
        after = (-1, -1)
        while True:
            seen = article.c.first_seen_at
            later = or_(seen > after[0], and_(seen == after[0], article.c.id > after[1]))
            query = (
                select(article.c.id, seen, (article.c.text == "").label("is_empty"))
                .join(search_state, search_state.c.article_id == article.c.id)
                .where(search_state.c.content.in_((_WHOLE, _PARTIAL)), later)
                .order_by(seen, article.c.id)
                .limit(BATCH)
            )
            with transaction(self.engine) as connection:
                rows = connection.execute(query).all()
                purged = [row.id for row in rows if row.is_empty]
                if not purged:
                    return
                self._backend.remove(connection, purged)
                mine = search_state.c.article_id.in_(purged)
                connection.execute(search_state.update().where(mine).values(content=_PURGED))
            after = (rows[-1].first_seen_at, rows[-1].id)


def _is_purged(title: str, text: str, text_sha256: str) -> bool:
    """Tell a text that was removed from one that never was: the hash is still the old text's."""
    return not text and text_sha256 != text_hash(title, text)


def shown_date(found: StoredArticle) -> datetime:
    """Return the publisher's date, or when we first saw the article: an article is not younger than that."""
    return min(found.published or found.first_seen, found.first_seen)


def _within(scope: Scope) -> ColumnElement[bool]:
    conditions = [search_state.c.content != _PURGED]
    if scope.since is not None:
        conditions.append(search_state.c.shown_at >= to_ms(scope.since))
    if scope.until is not None:
        conditions.append(search_state.c.shown_at < to_ms(scope.until))
    if scope.source_ids:
        conditions.append(search_state.c.source_id.in_(scope.source_ids))
    return and_(*conditions)
