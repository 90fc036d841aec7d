"""Where tokens are kept: an FTS5 table in SQLite, a tsvector column in PostgreSQL; the same question, the same answer.

Both are given ready tokens and no language of theirs: neither stems, folds nor splits anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from alerts.search.token import Need
from crawler.errors import StoreError

# All of these; each a need of one term. An empty one rules nothing out.
Needs = Sequence[Need]


class Backend(Protocol):
    """The part of the index that differs between databases. Every method runs in the caller's transaction."""

    def prepare(self, connection: Connection) -> bool:
        """Make the table where it is missing; tell whether it was."""

    def replace(self, connection: Connection, tokens: Mapping[int, Iterable[str]]) -> None:
        """Store the tokens of articles, in place of those stored before."""

    def remove(self, connection: Connection, article_ids: Sequence[int]) -> None:
        """Forget the tokens of articles."""

    def find(self, connection: Connection, readings: Sequence[Needs]) -> set[int]:
        """Return the articles that have what one of *readings* needs."""


class Fts5:
    """SQLite. The tokenizer ``ascii`` takes every character past ASCII as part of a word: all Myanmar marks too.

    No positions are kept (``detail=none``): the index only proposes, so it stays small.
    """

    def prepare(self, connection: Connection) -> bool:
        known = "SELECT 1 FROM sqlite_master WHERE name = 'search_tokens'"
        is_missing = connection.execute(text(known)).first() is None
        try:
            if is_missing:
                connection.execute(
                    text(
                        "CREATE VIRTUAL TABLE search_tokens USING fts5("
                        "tokens, tokenize = 'ascii', detail = none, columnsize = 0)"
                    )
                )
            else:
                connection.execute(text("SELECT rowid FROM search_tokens WHERE rowid = 0"))
        except DBAPIError as error:
            if "no such module" not in str(error.orig):
                raise
            raise StoreError(
                "this Python's SQLite was built without FTS5, which search needs: use another Python "
                "(python.org's, uv's and Debian's have it) or a PostgreSQL database; all other commands work"
            ) from error
        return is_missing

    def replace(self, connection: Connection, tokens: Mapping[int, Iterable[str]]) -> None:
        self.remove(connection, list(tokens))
        rows = [{"id": article_id, "tokens": " ".join(sorted(found))} for article_id, found in tokens.items()]
        if rows:
            connection.execute(text("INSERT INTO search_tokens (rowid, tokens) VALUES (:id, :tokens)"), rows)

    def remove(self, connection: Connection, article_ids: Sequence[int]) -> None:
        rows = [{"id": article_id} for article_id in article_ids]
        if rows:
            connection.execute(text("DELETE FROM search_tokens WHERE rowid = :id"), rows)

    def find(self, connection: Connection, readings: Sequence[Needs]) -> set[int]:
        every = "SELECT rowid FROM search_tokens"
        asking = f"{every} WHERE search_tokens MATCH :asked"
        asked = (_write(needs, _quote_for_fts5, "AND", "OR") for needs in readings)
        return _find(connection, every, asking, asked)


class TextSearch:
    """PostgreSQL. ``array_to_tsvector`` stores the tokens as they are, past every parser and dictionary."""

    def prepare(self, _connection: Connection) -> bool:
        return False  # the migration made the table

    def replace(self, connection: Connection, tokens: Mapping[int, Iterable[str]]) -> None:
        rows = [{"id": article_id, "tokens": sorted(found)} for article_id, found in tokens.items()]
        if rows:
            connection.execute(
                text(
                    "INSERT INTO search_tokens (article_id, tokens) "
                    "VALUES (:id, array_to_tsvector(CAST(:tokens AS text[]))) "
                    "ON CONFLICT (article_id) DO UPDATE SET tokens = excluded.tokens"
                ),
                rows,
            )

    def remove(self, connection: Connection, article_ids: Sequence[int]) -> None:
        statement = text("DELETE FROM search_tokens WHERE article_id = ANY(:ids)")
        connection.execute(statement, {"ids": list(article_ids)})

    def find(self, connection: Connection, readings: Sequence[Needs]) -> set[int]:
        every = "SELECT article_id FROM search_tokens"
        asking = f"{every} WHERE tokens @@ CAST(:asked AS tsquery)"
        asked = (_write(needs, _quote_for_tsquery, "&", "|") for needs in readings)
        return _find(connection, every, asking, asked)


def _find(connection: Connection, every: str, asking: str, asked: Iterable[str]) -> set[int]:
    """Return what *asking* finds for any of *asked*; an empty one rules nothing out."""
    found: set[int] = set()
    for words in asked:
        query = (
            connection.execute(text(asking), {"asked": words}) if words else connection.execute(text(every))
        )
        found.update(query.scalars())
    return found


def _write(needs: Needs, quote: Callable[[str], str], all_of: str, any_of: str) -> str:
    """Write *needs* in the database's own words for "all of these" and "any of these"."""

    def join(parts: Iterable[str], word: str) -> str:
        return f" {word} ".join(f"({part})" for part in parts)

    return join(
        (
            join((f" {all_of} ".join(map(quote, sorted(one))) for one in _sorted(need)), any_of)
            for need in needs
            if is_useful(need)
        ),
        all_of,
    )


def _quote_for_fts5(token: str) -> str:
    return f'"{token[:-1]}"*' if token.endswith("*") else f'"{token}"'


def _quote_for_tsquery(token: str) -> str:
    return f"'{token[:-1]}':*" if token.endswith("*") else f"'{token}'"


def is_useful(need: Need) -> bool:
    """Tell whether *need* rules any article out."""
    return bool(need) and frozenset() not in need


def _sorted(need: Need) -> list[frozenset[str]]:
    return sorted(need, key=sorted)


BACKENDS: Mapping[str, Backend] = {"sqlite": Fts5(), "postgresql": TextSearch()}
