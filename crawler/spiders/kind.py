"""The port that every kind of route fills: what to ask, and how to read the answer into entries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.model import ParsedFeed

if TYPE_CHECKING:
    from crawler.child import Worker


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete body that came with status 200. Header names are lower case."""

    url: str  # after redirects
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of route.

    ``accept`` is the Accept header; ``read(answer, worker)`` returns the entries or raises `ParseError`;
    parsing runs in the worker, never in this process.
    """

    name: str
    accept: str
    read: Callable[[Answer, Worker], Awaitable[ParsedFeed]]
