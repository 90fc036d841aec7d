"""Try every way to a source, configured or found, and tell how each one stands. Nothing is stored.

All asking goes through `onepage`, so it is as polite as a crawl. What a home page says is `discovery`'s
business, which route is better `routechoice`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urljoin, urlsplit

from crawler.cadence.polling import find_staleness
from crawler.discovery.autodiscovery import (
    Candidate,
    HomePage,
    RobotsWord,
    find_home,
    read_home,
    read_robots,
    usual_places,
)
from crawler.discovery.routechoice import (
    RouteProbe,
    Suggestion,
    is_foreign,
    judge_text,
    newest_of,
    suggest_routes,
)
from crawler.errors import FetchError, ParseError, RunEndsError
from crawler.model import ParsedFeed
from crawler.onepage import Asker, ask_within_crawl
from crawler.spiders import KINDS
from crawler.urls import identity_key

if TYPE_CHECKING:
    from crawler.config import CrawlConfig, Source

AGENT = "newswatch"  # by which robots.txt knows us: `crawler.net.politeness`
MOST_PARTS = 2  # of an index that are read: enough to see that it works
ENOUGH_SITEMAPS = 1  # that work; the others are not asked for
TIME_IS_UP = "not known: the time was up"


@dataclass(frozen=True, slots=True)
class SourceProbe:
    """How a source stands. *routes* are the configured ones in their order, *found* the others that answered."""

    source_id: str
    name: str
    routes: tuple[RouteProbe, ...]
    answered: bool  # some server did, if only to refuse
    home: str | None = None  # None: the outlet's own site is not known
    home_problem: str | None = None
    cms: str | None = None
    robots: str = "not read"  # in words
    delay_s: float | None = None  # that robots.txt asks for
    found: tuple[RouteProbe, ...] = ()
    suggestion: Suggestion | None = None
    is_complete: bool = True
    proxy: str | None = None  # that it was asked through, without its login

    @property
    def works(self) -> bool:
        """Tell whether a run could read the source."""
        return any(route.works for route in self.routes)

    @property
    def fails(self) -> bool:
        """Tell whether a run could not; false as well while a route has not been tried."""
        return not self.works and all(route.problem != TIME_IS_UP for route in self.routes)


Progress = Callable[[SourceProbe], None]


async def probe_sources(
    config: CrawlConfig,
    sources: Sequence[Source],
    now: datetime,
    *,
    budget_s: float,
    on_done: Progress = lambda _probe: None,
) -> tuple[SourceProbe, ...]:
    """Return a probe of every one of *sources*, in their order; *on_done* hears of each as it ends.

    After *budget_s* what was not asked yet is told as not tried. *now* is for ages and staleness.
    """

    async def probe_all(asker: Asker) -> tuple[SourceProbe, ...]:
        tasks = [asyncio.create_task(_Probing(asker, source, now, on_done).run()) for source in sources]
        _, late = await asyncio.wait(tasks, timeout=budget_s)
        if late:
            await asker.end()
        return tuple(await asyncio.gather(*tasks))

    return await ask_within_crawl(config, probe_all) if sources else ()


@dataclass(slots=True)
class _Probing:
    """One source while it is being tried."""

    asker: Asker
    source: Source
    now: datetime
    on_done: Progress
    routes: list[RouteProbe] = field(default_factory=list)
    found: list[RouteProbe] = field(default_factory=list)
    home: str | None = None
    home_problem: str | None = None
    page: HomePage = field(default_factory=HomePage)

    async def run(self) -> SourceProbe:
        """Try the configured routes, then look for others; what the time cuts off is told as not tried."""
        routes = self.source.routes
        homes = (find_home(route.kind, str(route.url)) for route in routes)
        self.home = next((home for home in homes if home), None)
        is_complete = True
        try:
            for route in routes:
                self.routes.append(await self._try(route.kind, str(route.url)))
            if self.home:
                await self._look_around(self.home)
        except RunEndsError:
            is_complete = False
            for route in routes[len(self.routes) :]:
                self.routes.append(RouteProbe(route.kind, str(route.url), TIME_IS_UP))
        probe = self._conclude(is_complete=is_complete)
        self.on_done(probe)
        return probe

    def _conclude(self, *, is_complete: bool) -> SourceProbe:
        asked = [KINDS[route.kind].ask(str(route.url)) for route in self.source.routes]
        words = [(url, word) for url in asked if (word := self._robots(url))]
        forbidden = [
            number for number, url in enumerate(asked, 1) if any(u == url and not w.allowed for u, w in words)
        ]
        robots = "not read"
        if words:
            which = ", ".join(str(number) for number in forbidden)
            robots = f"forbids route {which}" if forbidden else "allowed"
        kept = [probe for probe in self.found if probe.problem is None and probe.items]
        return SourceProbe(
            self.source.id,
            self.source.name,
            tuple(self.routes),
            answered=any(map(self.asker.has_answered, [*asked, self.home or ""])),
            home=self.home,
            home_problem=self.home_problem,
            cms=self.page.cms,
            robots=robots,
            delay_s=max((word.delay_s for _, word in words if word.delay_s), default=None),
            found=tuple(kept),
            # Half a look proves nothing: a route that was not tried may be the best.
            suggestion=suggest_routes(self.routes, kept) if is_complete else None,
            is_complete=is_complete,
            proxy=str(proxy) if (proxy := self.asker.proxy_for(self.source)) else None,
        )

    # -- one route ----------------------------------------------------------------------------------------------

    async def _try(self, kind: str, url: str, found_by: str | None = None) -> RouteProbe:
        """Ask a route under each of its addresses until one serves."""
        port = KINDS[kind]
        probe = RouteProbe(kind, url, found_by=found_by)
        refusal: str | None = None
        for address in (port.ask(url), *port.others(url)):
            try:
                feed = await self._read(kind, url, address)
            except (FetchError, ParseError) as error:
                refusal = refusal or str(error)
                if isinstance(error, FetchError) and error.transport:
                    break
                continue
            return self._judge(probe, feed)
        return replace(probe, problem=refusal)

    async def _read(self, kind: str, url: str, address: str) -> ParsedFeed:
        feed = await self._read_document(kind, url, address)
        if not feed.parts:
            return feed
        entries, problem = list(feed.entries), ""
        for part in feed.parts[:MOST_PARTS]:
            try:
                entries += (await self._read_document(kind, url, part)).entries
            except (FetchError, ParseError) as error:
                problem = problem or str(error)
        if problem and not entries:
            raise FetchError(f"none of its parts can be read: {problem}")
        return replace(feed, entries=tuple(entries), damaged=feed.damaged or problem or None)

    async def _read_document(self, kind: str, url: str, address: str) -> ParsedFeed:
        answer = await self.asker.ask(address, self.source, KINDS[kind].accept, None)
        answer.require_success()
        fragment = urldefrag(url).fragment  # how a listing or a shared sitemap is read
        base = urldefrag(answer.url).url
        try:
            return await self.asker.worker.parse(
                kind,
                answer.body,
                answer.headers.get("content-type"),
                f"{base}#{fragment}" if fragment else base,
            )
        except (ParseError, RuntimeError) as error:
            if self.asker.has_ended:  # the worker was closed in the middle of it
                raise RunEndsError("the time was up") from error
            raise

    def _judge(self, probe: RouteProbe, feed: ParsedFeed) -> RouteProbe:
        return replace(
            probe,
            items=len(feed.entries),
            newest=newest_of(feed.entries, self.now),
            text=judge_text(feed.entries),
            stale=find_staleness(feed.entries, self.now),
            foreign=is_foreign(feed.entries, self.source.language),
            damaged=feed.damaged,
        )

    # -- other routes -------------------------------------------------------------------------------------------

    async def _look_around(self, home: str) -> None:
        front = urljoin(home, "/")
        for address in dict.fromkeys((home, front)):  # a section without a page of its own: its site has one
            try:
                answer = (await self.asker.ask(address, self.source)).require_success()
            except FetchError as error:
                self.home_problem = self.home_problem or str(error)
                if error.transport:  # nobody is there: guessing would only add to the silence
                    return
                continue
            self.home = home = address
            self.home_problem = None
            self.page = read_home(answer.body, answer.headers, answer.url)
            break
        known = {self._key(route.kind, str(route.url)) for route in self.source.routes}
        has_feed = any(p.works and p.kind == "feed" and self._is_own(p.url) for p in self.routes)
        await self._try_each(self.page.feeds or (() if has_feed else usual_places(home, "feed")), known)
        if self.page.wordpress:
            await self._try_each((self.page.wordpress,), known)
        word = self._robots(home)
        named = word.sitemaps if word else ()
        if not any(route.kind == "sitemap" for route in self.source.routes):
            await self._try_each(named or usual_places(home, "sitemap"), known, ENOUGH_SITEMAPS)
        await self._try_each(self.page.channels, known)

    async def _try_each(
        self, candidates: Sequence[Candidate], known: set[str], enough: int | None = None
    ) -> None:
        working = 0
        for candidate in candidates:
            key = self._key(candidate.kind, candidate.url)
            if key in known:
                continue
            known.add(key)
            probe = await self._try(candidate.kind, candidate.url, candidate.found_by)
            self.found.append(probe)
            working += probe.works
            is_guess = candidate.found_by == "the usual place"
            if working >= (enough or len(candidates)) or (working and is_guess):
                return

    def _robots(self, url: str) -> RobotsWord | None:
        """Return what the robots.txt of *url* says, None when it was not read."""
        copy = self.asker.robots(url)
        return read_robots(copy.status, copy.body, url, AGENT) if copy else None

    def _is_own(self, url: str) -> bool:
        return urlsplit(url).hostname == urlsplit(self.home or "").hostname

    @staticmethod
    def _key(kind: str, url: str) -> str:
        return f"{kind} {identity_key(KINDS[kind].ask(url))}"
