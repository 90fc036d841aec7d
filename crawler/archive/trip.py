"""Walks back through archives as they stand: which are to be done, which go on where they stopped. Asks nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crawler.archive.route import archive_routes, first_addresses
from crawler.archive.store import ArchiveStore, Walk

if TYPE_CHECKING:
    from crawler.config import Route, Source

SAME_JOB = timedelta(days=7)  # a command given again spares what it has walked, but not for ever


@dataclass(slots=True)
class Trip:
    """The walk through one source, as it goes on now."""

    source: Source
    walk: Walk
    is_resumed: bool = False
    note: str = ""  # why it stopped, or what was wrong on the way
    failed: list[str] = field(default_factory=list)  # addresses that did not answer: for another time
    met: set[str] = field(default_factory=set)  # identities of entries
    asked: set[str] = field(default_factory=set)
    idle: int = 0
    reached: bool = False  # entries of before the bound came

    @property
    def route(self) -> Route:
        """Return the route that is being walked."""
        return _route(self.source, self.walk) or archive_routes(self.source)[0]


def plan_trips(
    store: ArchiveStore, sources: Sequence[Source], since: datetime, now: datetime
) -> tuple[Trip, ...]:
    """Return the walks to do, and store those that begin.

    A walk that stopped on the way goes on, unless it reaches less far back than *since*. What the same command
    has walked to the end is then spared; a command that left nothing to do walks everything anew.
    """
    known = {walk.source_id: walk for walk in store.walks().values() if walk.reaches(since)}
    stopped = {
        source.id
        for source in sources
        if (walk := known.get(source.id)) and walk.addresses and not walk.finished and _route(source, walk)
    }
    jobs = {known[source_id].begun for source_id in stopped}
    trips: list[Trip] = []
    for source in sources:
        routes, walk = archive_routes(source), known.get(source.id)
        if walk is not None and source.id in stopped:
            walk.since = max(walk.since, since)
            trips.append(Trip(source, walk, is_resumed=True))
        elif walk and walk.finished and walk.begun in jobs and now - walk.finished < SAME_JOB:
            continue
        elif routes:
            first = first_addresses(routes[0], since, now)[:1]
            begun = Walk(source.id, str(routes[0].url), since, now, list(first))
            store.save_walk(begun)
            trips.append(Trip(source, begun))
    return tuple(trips)


def _route(source: Source, walk: Walk) -> Route | None:
    """Return the route that *walk* was on, None when it was edited away since."""
    return next((route for route in archive_routes(source) if str(route.url) == walk.route), None)
