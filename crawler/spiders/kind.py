"""The port that every kind of route fills: which address to ask. The worker reads the answer into entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _no_others(_url: str) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of route.

    ``accept`` is the Accept header; ``ask`` turns a route's address into the one to ask, the newest entries
    first; ``others`` gives further spellings of it, tried when it is refused. The answer is read by
    ``parse_<name>`` in the worker (`crawler.worker.PARSERS`), never in this process.
    """

    name: str
    accept: str
    ask: Callable[[str], str]
    others: Callable[[str], tuple[str, ...]] = _no_others
