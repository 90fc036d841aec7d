"""Put together what is told of one entry, or of an address that nobody brought. Prints nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from courlan import extract_domain

from alerts.cycle import console_channel
from alerts.fate import ChannelFate, tell_fates
from alerts.model import Severity
from alerts.whynot import Judgement, judge_article
from crawler.urls import identity_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.config import Config
    from alerts.history import History, Life
    from crawler.config import Source
    from crawler.model import PollState


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is told of one entry."""

    life: Life
    source: Source | None
    route: str | None
    judged: Judgement | None
    fates: tuple[ChannelFate, ...]


@dataclass(frozen=True, slots=True)
class SourceOfSite:
    """A source that reads the site of an address, and how it fares; fields are named as in the JSON."""

    id: str
    name: str
    enabled: bool
    entries_of_this_host: int
    last_read: datetime | None
    last_item: datetime | None
    next_poll: datetime | None
    failures: int
    failing_since: datetime | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class UnknownAddress:
    """An address that no source has brought, and the sources that might have."""

    url: str
    sources: tuple[SourceOfSite, ...]


def explain_life(
    config: Config, history: History, life: Life, states: Mapping[str, PollState], now: datetime
) -> Explanation:
    """Judge the article of *life* by today's rules and say how every channel stands to it."""
    source_id = life.article.source_id if life.article else life.entries[0].source_id
    source = next((source for source in config.crawl.sources if source.id == source_id), None)
    route = None
    if source is not None:
        served = states[source_id].route if source_id in states else 0
        last = source.routes[served if served < len(source.routes) else 0]
        route = f"{last.kind} {last.url}"
    channels = config.channels or (console_channel(config),)
    judged = judge_article(config, life.article, life.found or {}) if life.article else None
    severity = judged.grade.severity if judged else Severity.ROUTINE
    fates = tell_fates(config, history.engine, life, channels, now, severity)
    return Explanation(life, source, route, judged, fates)


def explain_unknown(
    config: Config, history: History, states: Mapping[str, PollState], url: str
) -> UnknownAddress:
    """Name the sources that read the site of *url* or have brought addresses of its host."""
    brought = history.sources_of_host(url)
    site = _site_of(url)
    sources = []
    for source in config.crawl.sources:
        if source.id not in brought and all(_site_of(route.url) != site for route in source.routes):
            continue
        state = states.get(source.id)
        sources.append(
            SourceOfSite(
                id=source.id,
                name=source.name,
                enabled=source.enabled,
                entries_of_this_host=brought.get(source.id, 0),
                last_read=state.last_ok_at if state else None,
                last_item=state.last_item_at if state else None,
                next_poll=state.next_poll_at if state else None,
                failures=state.failures if state else 0,
                failing_since=state.failing_since if state else None,
                problem=state.problem if state else None,
            )
        )
    return UnknownAddress(url, tuple(sources))


def _site_of(url: str) -> str:
    """Return what the addresses of one owner share: the registrable domain, or the host where there is none."""
    host = identity_key(url).partition("/")[0]
    return extract_domain(f"https://{host}/") or host
